"""The pitch of singers over time."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import Normal, Stroke

from scoresep.values import Array, Decomposition, SeparationRecord
from scoresep.views.axes import axes_or_current, set_title, show_legend
from scoresep.views.colours import part_colour
from scoresep.views.view import View

#: Where there is no other picture, the axis reaches so many semitones beyond the lowest and the highest pitch.
MARGIN = 3
#: Frequencies that may be named on such an axis (Hz).
NAMED = (50, 70, 100, 150, 200, 300, 400, 600, 800, 1200, 1600)


def plot_contours(found: Decomposition | SeparationRecord, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw the pitch of each singer as a line, in hertz, in the colour of the part.

    Into axes that show a spectrogram already, the lines are drawn over it.

    Parameters
    ----------
    found : Decomposition or SeparationRecord
        What has the contours.
    view : View, optional
        The times shown; by default all.  Its frequencies do not count in axes that show something already.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, is_over_picture = axes_or_current(ax), ax is not None and ax.has_data()
    view = view or View.of([found])
    times, contours = found.contours.times, found.contours.sounding
    shown = (times >= view.start) & (times <= view.end)
    for name, part, frequency in zip(found.singers, found.singer_parts.tolist(), contours, strict=True):
        line = np.where(frequency > 0, frequency, np.nan)[shown]
        outline = [Stroke(linewidth=2.6, foreground="white"), Normal()]
        ax.plot(times[shown], line, color=part_colour(part or 1), linewidth=1.2, path_effects=outline, label=name)
    if not is_over_picture:
        _set_frequencies(ax, contours[:, shown])
        set_title(ax, "Pitch of the singers")
        view.set_time_axis(ax)
    show_legend(ax)
    return ax


def _set_frequencies(ax: Axes, contours: Array) -> None:
    """Limit and label the vertical axis, in octaves."""
    ax.set_yscale("log", base=2)
    ax.set_yticks(NAMED, list(map(str, NAMED)))
    ax.minorticks_off()
    sung = contours[contours > 0]
    if len(sung):
        ax.set_ylim(sung.min() * 2 ** (-MARGIN / 12), sung.max() * 2 ** (MARGIN / 12))
    ax.set_ylabel("frequency (Hz)")
