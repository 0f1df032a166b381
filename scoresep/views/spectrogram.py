"""The spectrogram of a recording."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from scoresep.values import Array, Spectrogram
from scoresep.views.axes import axes_or_current, set_title, show_decibels
from scoresep.views.grid import Grid
from scoresep.views.view import View


def plot_spectrogram(spectrogram: Spectrogram, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw the magnitude of each bin, in decibels below the loudest.

    Parameters
    ----------
    spectrogram : Spectrogram
        The spectrogram; of several channels, the root of the mean power is shown.
    view : View, optional
        The times and frequencies shown; by default all times, up to 4 kHz.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([spectrogram])
    grid = view.grid(spectrogram)
    picture = magnitudes(spectrogram, grid)
    view.set_frequency_axis(ax)
    show_decibels(ax, picture, grid.times(picture), grid.frequencies(picture))
    view.set_time_axis(ax)
    set_title(ax, "Recording")
    return ax


def magnitudes(spectrogram: Spectrogram, grid: Grid) -> Array:
    """Return the magnitudes over all channels that a grid shows, shape (rows, columns)."""

    def read(frames: slice) -> Array:
        return np.asarray(np.sqrt(np.mean(np.abs(spectrogram.stft[:, : grid.n_bins, frames]) ** 2, axis=0)))

    return grid.over_frequency(grid.over_time(read))
