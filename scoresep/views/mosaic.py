"""The activations of a mosaic."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from scoresep.values import Mosaic
from scoresep.views.axes import axes_or_current, set_title, show_decibels
from scoresep.views.grid import MOST_ROWS, averaged
from scoresep.views.view import View

#: How far below the loudest the darkest activations lie (dB).
DYNAMIC_RANGE = 50.0


def plot_mosaic(mosaic: Mosaic, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw which moment of the source is heard at which moment of a mosaic.

    A line that rises to the right is a stretch of the source as it sounds there.

    Parameters
    ----------
    mosaic : Mosaic
        What `find_mosaic`, or ``scoresep mosaic --keep``, has made.
    view : View, optional
        The times shown; by default all.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([mosaic])
    grid, n_rows = view.grid(mosaic), len(mosaic.activations)
    rows_at_once = max(-(-n_rows // MOST_ROWS), 1)
    picture = grid.over_time(lambda frames: averaged(mosaic.activations[:, frames], rows_at_once, axis=0))
    edges = -0.5 * grid.frame_step, (n_rows - 0.5) * grid.frame_step
    show_decibels(ax, picture, grid.times(picture), edges, dynamic_range=DYNAMIC_RANGE)
    view.set_time_axis(ax)
    n_sources = len(mosaic.shifts)
    if n_sources > 1:
        borders = np.linspace(*edges, n_sources + 1)
        ax.set_yticks((borders[1:] + borders[:-1]) / 2, [f"{shift:+d}" if shift else "0" for shift in mosaic.shifts])
        ax.set_ylabel("source, moved by semitones")
    else:
        ax.set_ylabel("source (s)")
    set_title(ax, "Which moment of the source is heard")
    return ax
