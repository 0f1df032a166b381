"""Masks: which group has most of each bin, and the share of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from scoresep.values import RESIDUAL, Array, Masks, Notes, Spectrogram
from scoresep.views.panels import COLOURS, Grid, View, decibels, image, legend, magnitudes, patches, tint, title

#: More panels than this would not be legible; the groups with the largest shares have one.
MOST_GROUPS = 8
#: The colours of the residual, and of the groups without a panel together.
RESIDUAL_COLOUR, OTHERS = "#999999", "#DDDDDD"
#: The levels (dB below the loudest bin) at which a bin begins to be coloured, and has its colour to the full.
FAINT, FULL = -65.0, -20.0


def masks_panels(value: Masks, view: View, spectrogram: Spectrogram | None) -> list[Callable[[Axes], None]]:
    """Return what draws the panels of masks: one of all groups, and one of each."""
    grid = view.grid(value)
    shown = _largest(value, grid)
    pictures = [grid.over_frequency(grid.over_time(partial(_share, value, grid, group))) for group in shown]
    colours = _colours([value.names[group] for group in shown], value.notes)
    whole = partial(_whole, pictures=np.stack(pictures), colours=colours, grid=grid, view=view)
    if spectrogram is not None and _fit(spectrogram, value):
        whole = partial(whole, levels=np.interp(decibels(magnitudes(spectrogram, grid)), (FAINT, FULL), (0, 1)))
    singles = zip(pictures, colours.items(), strict=True)
    return [whole, *(partial(_single, picture=one, group=group, grid=grid, view=view) for one, group in singles)]


def _share(value: Masks, grid: Grid, group: int, frames: slice) -> Array:
    """Return the share of a group in the bins shown, on an average of the channels."""
    return np.asarray(value.shares[group, :, : grid.bins, frames].mean(axis=0))


def _largest(value: Masks, grid: Grid) -> list[int]:
    """Return the groups that have a panel, in their order."""
    groups = range(len(value.names))
    if len(groups) <= MOST_GROUPS:
        return list(groups)
    means = [_share(value, grid, group, grid.frames).mean() for group in groups]
    return sorted(np.argsort(means)[-MOST_GROUPS:].tolist())


def _colours(names: Sequence[str], notes: Notes) -> dict[str, str]:
    """Return the colour of each group by its name: that of the part that is called so, else one that no part has."""
    parts = [part.casefold() for part in notes.part_names]
    colours = {RESIDUAL: RESIDUAL_COLOUR}
    for name in names:
        for part in (k for k, part in enumerate(parts) if part.startswith(name.casefold())):
            colours.setdefault(name, COLOURS[part % len(COLOURS)])
    first = len(parts) % len(COLOURS)
    spare = (colour for colour in (*COLOURS[first:], *COLOURS[:first]) if colour not in colours.values())
    return {name: colours.get(name) or next(spare) for name in names}


def _fit(spectrogram: Spectrogram, value: Masks) -> bool:
    """Whether masks have the bins and frames of a spectrogram."""
    return (spectrogram.transform, spectrogram.frames) == (value.transform, value.frames)


def _whole(
    panel: Axes, *, pictures: Array, colours: dict[str, str], grid: Grid, view: View, levels: Array | float = 1.0
) -> None:
    """Show which group has the largest share of each bin; the louder it is, the stronger is its colour."""
    others = 1 - pictures.sum(axis=0)
    largest = np.concatenate([pictures, others[None]]).argmax(axis=0)
    picture = np.array([tint(colour, 1.0) for colour in (*colours.values(), OTHERS)])[largest]
    picture = 1 - np.broadcast_to(levels, largest.shape)[..., None] * (1 - picture)
    image(panel, picture, grid.times(picture), grid.frequencies(picture))
    view.frequency_axis(panel)
    title(panel, "Which group has most of each bin")
    has_others = (largest == len(colours)).any()
    legend(panel, patches([*colours.items(), *([("others", OTHERS)] if has_others else [])]))


def _single(panel: Axes, *, picture: Array, group: tuple[str, str], grid: Grid, view: View) -> None:
    """Show the share of a group, given its name and colour."""
    name, colour = group
    scale = LinearSegmentedColormap.from_list(name, ["white", colour])
    image(panel, picture, grid.times(picture), grid.frequencies(picture), unit="share", cmap=scale, vmin=0, vmax=1)
    view.frequency_axis(panel)
    title(panel, f"Mask of {name}")
