"""Masks: which group has most of each bin, and the share of each group."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from scoresep.values import Array, Masks, Spectrogram
from scoresep.views.axes import axes_or_current, colour_patches, decibels, set_title, show_image, show_legend
from scoresep.views.colours import OTHERS_COLOUR, group_colours, tint
from scoresep.views.grid import Grid, have_one_grid
from scoresep.views.spectrogram import magnitudes
from scoresep.views.view import View

#: Groups that are told apart; more would not be legible.
MOST_GROUPS = 8
#: Bins at this level are white (dB below the loudest).
WHITE_LEVEL = -65.0
#: Bins at this level and above have the full colour of their group (dB below the loudest).
COLOURED_LEVEL = -20.0


def plot_masks(
    masks: Masks, *, spectrogram: Spectrogram | None = None, view: View | None = None, ax: Axes | None = None
) -> Axes:
    """Draw which group has the largest share of each bin.

    Parameters
    ----------
    masks : Masks
        The masks; of many groups only the largest have a colour of their own.
    spectrogram : Spectrogram, optional
        That of the recording: with it, the colour of a bin is the stronger the louder it is.
    view : View, optional
        The times and frequencies shown; by default all times, up to 4 kHz.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax = axes_or_current(ax)
    view = view or View.of([masks] if spectrogram is None else [masks, spectrogram])
    grid = view.grid(masks)
    groups = largest_groups(masks, view)
    shares = np.stack([_share(masks, group, grid) for group in groups])
    largest = np.concatenate([shares, 1 - shares.sum(axis=0, keepdims=True)]).argmax(axis=0)
    colours = [(name, colour) for g, (name, colour) in enumerate(_colours(masks).items()) if g in groups]
    if (largest == len(groups)).any():
        colours.append(("others", OTHERS_COLOUR))
    picture = np.array([tint(colour, 1.0) for _, colour in colours])[largest]
    if spectrogram is not None and have_one_grid(spectrogram, masks):
        levels = decibels(magnitudes(spectrogram, grid))
        strength = np.interp(levels, (WHITE_LEVEL, COLOURED_LEVEL), (0, 1))
        picture = 1 - strength[..., None] * (1 - picture)
    view.set_frequency_axis(ax)
    show_image(ax, picture, grid.times(picture), grid.frequencies(picture))
    view.set_time_axis(ax)
    set_title(ax, "Which group has most of each bin")
    show_legend(ax, colour_patches(colours))
    return ax


def plot_mask(masks: Masks, group: str, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw the share that a group has of each bin, from 0 to 1.

    Parameters
    ----------
    masks : Masks
        The masks; of several channels, the mean is shown.
    group : str
        The name of the group.
    view : View, optional
        The times and frequencies shown; by default all times, up to 4 kHz.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.

    Raises
    ------
    ValueError
        If there is no such group.
    """
    if group not in masks.names:
        raise ValueError(f"there is no group {group!r}; the masks have {', '.join(map(repr, masks.names))}")
    ax, view = axes_or_current(ax), view or View.of([masks])
    grid = view.grid(masks)
    picture = _share(masks, masks.names.index(group), grid)
    scale = LinearSegmentedColormap.from_list(group, ["white", _colours(masks)[group]])
    view.set_frequency_axis(ax)
    show_image(ax, picture, grid.times(picture), grid.frequencies(picture), unit="share", cmap=scale, vmin=0, vmax=1)
    view.set_time_axis(ax)
    set_title(ax, f"Mask of {group}")
    return ax


def largest_groups(masks: Masks, view: View) -> list[int]:
    """Return the `MOST_GROUPS` groups with the largest shares in a view, in the order of the masks."""
    groups = range(len(masks.names))
    if len(groups) <= MOST_GROUPS:
        return list(groups)
    grid = view.grid(masks)
    means = [_shares(masks, group, grid, grid.frames).mean() for group in groups]
    return sorted(np.argsort(means)[-MOST_GROUPS:].tolist())


def _share(masks: Masks, group: int, grid: Grid) -> Array:
    """Return the share of a group that a grid shows, shape (rows, columns)."""
    return grid.over_frequency(grid.over_time(lambda frames: _shares(masks, group, grid, frames)))


def _shares(masks: Masks, group: int, grid: Grid, frames: slice) -> Array:
    """Return the share of a group in bins and frames, the mean over the channels."""
    return np.asarray(masks.shares[group, :, : grid.n_bins, frames].mean(axis=0))


def _colours(masks: Masks) -> dict[str, str]:
    """Return the colour of each group."""
    return group_colours(masks.names, masks.notes, masks.weights)
