"""What all pictures share: the stretch of time and of frequencies that they show, and images on these axes.

Conventions: arrays have their frames on the last axis and their bins on the one before; to fit on a page, magnitudes
are averaged, not decibels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from scoresep.score.pitch import pitch_name
from scoresep.values import Alignment, Array, Decomposition, Masks, Notes, Spectrogram
from scoresep.views.tempo import tempo_lines

#: Colours of parts, instruments and groups, told apart by colour-blind eyes too (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
#: How far below the loudest bin the darkest one lies (dB).
RANGE = 70.0
#: Columns and rows of an image: enough for a page, however long the recording.
MOST_COLUMNS, MOST_ROWS = 2000, 500
#: Rows and columns that an image has at least.
FINE = 500
#: Letters that have room beside the title of a panel.
BESIDE = 90
#: Columns that are made at once.
BLOCK = 128


@dataclass(frozen=True)
class View:
    """What a picture shows: from ``start`` to ``end`` seconds and up to ``fmax`` hertz."""

    start: float
    end: float
    fmax: float

    def grid(self, value: Spectrogram | Decomposition | Masks) -> Grid:
        """Return which frames and bins of a value are shown, and where."""
        frame, bin_width = 1 / value.transform.frame_rate, value.transform.sample_rate / value.transform.n_fft
        own = range(value.activations.shape[1]) if isinstance(value, Decomposition) else value.frames
        first, stop = np.floor(self.start / frame + 0.5), np.ceil(self.end / frame + 0.5)
        frames = slice(*np.clip((first - own.start, stop - own.start), 0, len(own)).astype(int).tolist())
        bins = min(int(self.fmax / bin_width) + 2, value.transform.n_bins)
        return Grid(own.start, frames, frame, bins, bin_width)

    def time_axis(self, panel: Axes, *, is_last: bool) -> None:
        """Limit the horizontal axis, and label it below the last panel."""
        panel.set_xlim(self.start, self.end)
        panel.tick_params(labelbottom=is_last)
        panel.set_xlabel("time (s)" if is_last else "")

    def frequency_axis(self, panel: Axes) -> None:
        """Limit and label the vertical axis."""
        panel.set_ylim(0, self.fmax)
        panel.set_ylabel("frequency (Hz)")


@dataclass(frozen=True)
class Grid:
    """Which ``frames`` of a value's arrays are shown, and how many ``bins`` from the lowest.

    The arrays begin at frame ``first`` of the recording; ``frame`` and ``bin_width`` are in the units of the axes.
    """

    first: int
    frames: slice
    frame: float
    bins: int
    bin_width: float

    def over_time(self, level: Callable[[slice], Array]) -> Array:
        """Return ``level`` of the frames shown, shape (rows, frames), averaged to at most `MOST_COLUMNS`."""
        start, stop, step = self.frames.start, self.frames.stop, self._column
        cuts = [*range(start, stop, step * BLOCK), stop] if stop > start else [start, start]
        blocks = [_averaged(level(slice(*cut)), step, axis=1) for cut in zip(cuts, cuts[1:], strict=False)]
        return np.concatenate(blocks, axis=1)

    def over_frequency(self, levels: Array) -> Array:
        """Return levels of the bins shown, shape (bins, columns), averaged to at most `MOST_ROWS`."""
        return _averaged(levels, self._row, axis=0)

    def times(self, picture: Array) -> tuple[float, float]:
        """Return where a picture made by `over_time` begins and ends."""
        begin = self.first + self.frames.start - 0.5
        return begin * self.frame, (begin + picture.shape[1] * self._column) * self.frame

    def frequencies(self, picture: Array) -> tuple[float, float]:
        """Return where a picture made by `over_frequency` begins and ends."""
        return -0.5 * self.bin_width, (len(picture) * self._row - 0.5) * self.bin_width

    @property
    def _column(self) -> int:
        return max(-(-len(range(self.frames.start, self.frames.stop)) // MOST_COLUMNS), 1)

    @property
    def _row(self) -> int:
        return -(-self.bins // MOST_ROWS)


def _averaged(levels: Array, size: int, *, axis: int) -> Array:
    """Return the means of ``size`` neighbours along an axis; at its end they may be fewer."""
    if size == 1:
        return levels
    starts = np.arange(0, levels.shape[axis], size)
    sizes = np.diff([*starts, levels.shape[axis]]).astype(np.float32)
    return np.asarray(np.add.reduceat(levels, starts, axis) / (sizes if axis else sizes[:, None]))


def magnitudes(value: Spectrogram, grid: Grid) -> Array:
    """Return the magnitude over all channels that a grid shows of a recording."""
    return grid.over_frequency(
        grid.over_time(lambda frames: np.sqrt(np.mean(np.abs(value.stft[:, : grid.bins, frames]) ** 2, axis=0)))
    )


def image(
    panel: Axes, picture: Array, x: tuple[float, float], y: tuple[float, float], *, unit: str = "", **how: Any
) -> None:
    """Show an array, its first row below, from ``x[0]`` to ``x[1]`` and from ``y[0]`` to ``y[1]``.

    With a ``unit`` a bar beside it tells what the colours are.  Few rows or columns are repeated, lest the smoothing
    along a long axis blur the image along the short one.
    """
    if not picture.size:
        return
    for axis in (0, 1):
        picture = picture.repeat(-(-FINE // picture.shape[axis]), axis)
    shown = panel.imshow(picture, origin="lower", aspect="auto", extent=(*x, *y), **how)
    if unit:
        panel.figure.colorbar(shown, ax=panel, label=unit, pad=0.01, fraction=0.03)


def levels_image(
    panel: Axes, picture: Array, x: tuple[float, float], y: tuple[float, float], *, depth: float = RANGE
) -> None:
    """Show magnitudes as decibels, down to ``depth`` below the maximum."""
    panel.set_facecolor("black")
    image(panel, decibels(picture), x, y, unit="dB", cmap="magma", vmin=-depth, vmax=0)


def recording(panel: Axes, value: Spectrogram, view: View, name: str = "Recording") -> None:
    """Show how loud each bin of a recording is."""
    grid = view.grid(value)
    picture = magnitudes(value, grid)
    levels_image(panel, picture, grid.times(picture), grid.frequencies(picture))
    view.frequency_axis(panel)
    title(panel, name)


def decibels(levels: Array) -> Array:
    """Return decibels below the maximum, down to -100."""
    return np.asarray(20 * np.log10(np.maximum(levels / max(float(levels.max(initial=0.0)), 1e-20), 1e-5)))


def tint(colour: str, strength: float) -> Array:
    """Return a colour mixed with white, as red, green and blue from 0 to 1."""
    return np.asarray(1 - strength * (1 - np.array(to_rgb(colour))))


def title(panel: Axes, text: str) -> None:
    """Say above a panel what it shows."""
    panel.set_title(text, loc="left", fontsize=10)


def patches(colours: Sequence[tuple[str, Any]]) -> list[Patch]:
    """Return what a legend says of colours, given as (name, colour)."""
    return [Patch(color=colour, label=name) for name, colour in colours]


def columns(handles: Sequence[Artist], letters: int) -> int:
    """Return how many columns a legend may have where so many letters have room."""
    sizes = [len(str(handle.get_label())) + 6 for handle in handles]
    return len(handles) if sum(sizes) <= letters else max(letters // max(sizes), 1)


def legend(panel: Axes, handles: Sequence[Artist] | None = None) -> None:
    """Say above a panel, beside its title, what is meant by ``handles``, or else by all that has a label."""
    handles = handles or panel.get_legend_handles_labels()[0]
    if handles:
        panel.legend(
            handles=handles,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            borderaxespad=0,
            frameon=False,
            fontsize=8,
            ncols=columns(handles, BESIDE),
        )


def pitch_axis(panel: Axes, notes: Notes) -> None:
    """Name the Cs on the vertical axis, or the outermost pitches where there are hardly any."""
    lowest, highest = int(notes.pitch.min()), int(notes.pitch.max())
    octaves = range(-(-lowest // 12) * 12, highest + 1, 12)
    named = octaves if len(octaves) > 1 else sorted({lowest, highest})
    panel.set_yticks(named, [pitch_name(pitch) for pitch in named])
    panel.set_ylim(lowest - 2, highest + 2)
    panel.set_ylabel("pitch")


def local_tempo(panel: Axes, value: Alignment) -> None:
    """Show how fast the score goes by, as a share of its written tempo."""
    for time, tempo in tempo_lines(value):
        panel.plot(time, 100 * tempo, color=COLOURS[0], linewidth=1.2)
    panel.set_ylabel("tempo (% of\nthe written)")
    panel.grid(alpha=0.3)
    title(panel, "Local tempo")
