"""Notes as bars over time, coloured by part or by group."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from scoresep.values import Notes, Selection, SeparationRecord
from scoresep.views.axes import axes_or_current, set_pitch_axis, set_title, show_legend, show_notes
from scoresep.views.colours import RESIDUAL_COLOUR, group_colours, part_colour
from scoresep.views.note_rows import NoteRows
from scoresep.views.view import View


def plot_piano_roll(
    notes: Notes,
    *,
    groups: Selection | SeparationRecord | None = None,
    alpha: float = 1.0,
    view: View | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw notes as bars, in the colours of their parts or groups.

    Each piece of a drum kit has a row of its own below the pitches.

    Parameters
    ----------
    notes : Notes
        The notes.
    groups : Selection or SeparationRecord, optional
        To which groups these notes belong; without it they are coloured by part.
    alpha : float
        How opaque the bars are, from 0 to 1.
    view : View, optional
        The times shown; by default all.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view, rows = axes_or_current(ax), view or View.of([notes]), NoteRows.of(notes)
    if groups is None:
        _show_parts(ax, notes, rows, alpha)
    else:
        _show_groups(ax, notes, rows, groups, alpha)
    set_pitch_axis(ax, rows)
    view.set_time_axis(ax)
    show_legend(ax)
    set_title(ax, "Score" if groups is None else "Score, by group")
    return ax


def _show_parts(ax: Axes, notes: Notes, rows: NoteRows, alpha: float) -> None:
    """Draw the notes of each part in its colour."""
    for part in sorted(set(notes.part.tolist())):
        own = notes.take(notes.part == part)
        show_notes(ax, own, rows, color=part_colour(part), label=own.part_name(0), alpha=alpha)


def _show_groups(ax: Axes, notes: Notes, rows: NoteRows, groups: Selection | SeparationRecord, alpha: float) -> None:
    """Draw each note in the colour of the group that has most of it; notes in no group come last."""
    colours = group_colours(groups.names, notes, groups.weights)
    has_group = (groups.weights > 0).any(axis=0) if groups.names else np.zeros(len(notes), bool)
    for g, name in enumerate(groups.names):
        own = has_group & (groups.weights.argmax(axis=0) == g)
        if own.any():
            show_notes(ax, notes.take(own), rows, color=colours[name], label=name, alpha=alpha)
    if len(others := np.flatnonzero(~has_group)):
        show_notes(ax, notes.take(others), rows, color=RESIDUAL_COLOUR, label="in no group", alpha=alpha)
