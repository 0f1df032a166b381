"""What all pictures share: images, titles, legends and the axis of pitches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from scoresep.values import Array, Notes
from scoresep.views.note_rows import NoteRows

#: How far below the loudest bin of a spectrogram the darkest one lies (dB).
DYNAMIC_RANGE = 70.0
#: Below this level no decibels are computed (dB below the maximum).
LOWEST_LEVEL = -100.0
#: Rows and columns that an image has at least, so that smoothing does not blur its cells.
LEAST_CELLS = 500
#: Letters that have room in a legend beside a title.
LETTERS_BESIDE_TITLE = 90
#: Letters that a patch of colour in a legend takes.
LETTERS_OF_PATCH = 6
#: The size of the names of drums, which stand close together (points).
KIT_FONT = 6.5
#: The height of a note in a piano roll (semitones).
NOTE_HEIGHT = 0.8


def axes_or_current(ax: Axes | None) -> Axes:
    """Return the given axes or, as librosa and matplotlib do, the current ones."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.gca()


def show_image(
    ax: Axes,
    picture: Array,
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    unit: str = "",
    bar_width: float = 0.03,
    **style: Any,
) -> None:
    """Show an array of shape (rows, columns) or, in colour, (rows, columns, 3), its first row at the bottom.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The axes, already scaled: what is not linear is drawn cell by cell.
    picture : array
        The array; nothing is drawn if it is empty.
    x, y : pair of float
        Where the outer edges of the array lie.
    unit : str
        What the colours mean; if given, a colour bar stands beside the axes.
    bar_width : float
        The width of the colour bar, as a share of that of the axes.
    **style
        As for `matplotlib.axes.Axes.imshow`.
    """
    if not picture.size:
        return
    shown: Any
    if ax.get_yscale() == "linear":
        for axis in (0, 1):
            picture = picture.repeat(-(-LEAST_CELLS // picture.shape[axis]), axis)
        shown = ax.imshow(picture, origin="lower", aspect="auto", extent=(*x, *y), **style)
    else:
        edges = [np.linspace(*ends, cells + 1) for ends, cells in zip((x, y), picture.shape[1::-1], strict=True)]
        shown = ax.pcolormesh(*edges, picture, rasterized=True, **style)
    if unit:
        ax.figure.colorbar(shown, ax=ax, label=unit, pad=0.01, fraction=bar_width)


def show_decibels(
    ax: Axes,
    picture: Array,
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    dynamic_range: float = DYNAMIC_RANGE,
    bar_width: float = 0.03,
) -> None:
    """Show magnitudes, shape (rows, columns), as decibels down to ``dynamic_range`` below the maximum."""
    ax.set_facecolor("black")
    levels = decibels(picture)
    show_image(ax, levels, x, y, unit="dB", bar_width=bar_width, cmap="magma", vmin=-dynamic_range, vmax=0)


def decibels(magnitudes: Array) -> Array:
    """Return decibels below the maximum, down to `LOWEST_LEVEL`."""
    maximum = max(float(magnitudes.max(initial=0.0)), 1e-20)
    return np.asarray(20 * np.log10(np.maximum(magnitudes / maximum, 10 ** (LOWEST_LEVEL / 20))))


def set_title(ax: Axes, text: str) -> None:
    """Write above the axes, on the left, what they show."""
    ax.set_title(text, loc="left", fontsize=10)


def colour_patches(colours: Iterable[tuple[str, Any]]) -> list[Patch]:
    """Return the entries of a legend that tells the meaning of colours, given as (name, colour)."""
    return [Patch(color=colour, label=name) for name, colour in colours]


def legend_columns(entries: Sequence[Artist], letters: int) -> int:
    """Return how many columns a legend may have where so many letters have room."""
    sizes = [len(str(entry.get_label())) + LETTERS_OF_PATCH for entry in entries]
    return len(entries) if sum(sizes) <= letters else max(letters // max(sizes), 1)


def show_legend(ax: Axes, entries: Sequence[Artist] | None = None) -> None:
    """Show a legend above the axes, on the right, of the given entries or of all that has a label."""
    entries = entries or ax.get_legend_handles_labels()[0]
    if entries:
        ax.legend(
            handles=entries,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            borderaxespad=0,
            frameon=False,
            fontsize=8,
            ncols=legend_columns(entries, LETTERS_BESIDE_TITLE),
        )


def show_notes(ax: Axes, notes: Notes, rows: NoteRows, **style: Any) -> None:
    """Draw notes as bars over their times, at the heights of their pitches; ``style`` is that of the bars."""
    heights = rows.heights(notes.pitch, notes.is_drum)
    ax.barh(heights, notes.offset - notes.onset, left=notes.onset, height=NOTE_HEIGHT, **style)


def set_pitch_axis(ax: Axes, rows: NoteRows) -> None:
    """Name the Cs on the vertical axis, or the outermost pitches where there are fewer than two Cs; and drums."""
    ax.set_ylabel("pitch")
    if rows.stop == rows.start:
        return
    named = rows.named()
    ax.set_yticks(list(named), list(named.values()))
    for label in ax.get_yticklabels()[: len(rows.others) + len(rows.keys)]:
        label.set_fontsize(KIT_FONT)
    ax.set_ylim(rows.start - 2, rows.stop + 1)
