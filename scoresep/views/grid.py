"""Which frames and bins of a value a picture shows, and where they lie on its axes.

Conventions: arrays have their frames on the last axis and their bins on the one before; to fit on a page, magnitudes
are averaged, not decibels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scoresep.values import Array, Decomposition, Masks, Mosaic, Spectrogram

#: Columns of an image at most: enough for a page, however long the recording.
MOST_COLUMNS = 2000
#: Rows of an image at most.
MOST_ROWS = 500
#: Columns of an image that are computed at once, which limits the memory.
COLUMNS_AT_ONCE = 128

#: The values that have frames and bins.
Framed = Spectrogram | Decomposition | Masks | Mosaic


@dataclass(frozen=True)
class Grid:
    """The frames and bins of a value's arrays that a picture shows.

    Attributes
    ----------
    first_frame : int
        The frame of the recording at which the arrays begin.
    frames : slice
        The columns of the arrays that are shown.
    frame_step : float
        From one frame to the next (s).
    n_bins : int
        How many bins are shown, from the lowest.
    bin_step : float
        From one bin to the next (Hz).
    """

    first_frame: int
    frames: slice
    frame_step: float
    n_bins: int
    bin_step: float

    def over_time(self, read: Callable[[slice], Array]) -> Array:
        """Return what ``read`` gives for the frames shown, shape (rows, columns), with at most `MOST_COLUMNS`."""
        start, stop, step = self.frames.start, self.frames.stop, self._frames_per_column
        cuts = [*range(start, stop, step * COLUMNS_AT_ONCE), stop] if stop > start else [start, start]
        pieces = [averaged(read(slice(*cut)), step, axis=1) for cut in zip(cuts, cuts[1:], strict=False)]
        return np.concatenate(pieces, axis=1)

    def over_frequency(self, levels: Array) -> Array:
        """Return levels of the bins shown, shape (bins, columns), averaged to at most `MOST_ROWS` rows."""
        return averaged(levels, self._bins_per_row, axis=0)

    def times(self, picture: Array) -> tuple[float, float]:
        """Return where a picture made by `over_time` begins and ends."""
        begin = self.first_frame + self.frames.start - 0.5
        return begin * self.frame_step, (begin + picture.shape[1] * self._frames_per_column) * self.frame_step

    def frequencies(self, picture: Array) -> tuple[float, float]:
        """Return where a picture made by `over_frequency` begins and ends."""
        return -0.5 * self.bin_step, (len(picture) * self._bins_per_row - 0.5) * self.bin_step

    @property
    def _frames_per_column(self) -> int:
        n_frames: int = self.frames.stop - self.frames.start
        return max(-(-n_frames // MOST_COLUMNS), 1)

    @property
    def _bins_per_row(self) -> int:
        return -(-self.n_bins // MOST_ROWS)


def averaged(levels: Array, size: int, *, axis: int) -> Array:
    """Return the means of ``size`` neighbours along an axis; at its end they may be fewer."""
    if size == 1:
        return levels
    starts = np.arange(0, levels.shape[axis], size)
    sizes = np.diff([*starts, levels.shape[axis]]).astype(np.float32)
    return np.asarray(np.add.reduceat(levels, starts, axis) / (sizes if axis else sizes[:, None]))


def grid_of(value: Framed, *, start: float, end: float, fmax: float) -> Grid:
    """Return the frames and bins of a value between two times (s) and up to a frequency (Hz)."""
    transform, own = value.transform, value.frames
    frame_step, bin_step = 1 / transform.frame_rate, transform.sample_rate / transform.n_fft
    first, stop = np.floor(start / frame_step + 0.5), np.ceil(end / frame_step + 0.5)
    frames = slice(*np.clip((first - own.start, stop - own.start), 0, len(own)).astype(int).tolist())
    return Grid(own.start, frames, frame_step, min(int(fmax / bin_step) + 2, transform.n_bins), bin_step)


def have_one_grid(value: Framed, other: Framed) -> bool:
    """Return whether two values have the same bins and frames."""
    return (value.transform, value.frames) == (other.transform, other.frames)
