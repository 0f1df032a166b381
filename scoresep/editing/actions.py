"""Edits → what changes about each note."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoresep.errors import OptionError
from scoresep.score.selection import select
from scoresep.values import Array, Duration, Edit, NoteChanges, Notes


def changes_of(
    edits: Sequence[Edit], notes: Notes, *, beat: Array | None = None, is_aligned: bool = True
) -> NoteChanges:
    """Find what a list of edits changes about each note.

    If several edits change a note, their gains, intervals and times add up.

    Parameters
    ----------
    edits : sequence of Edit
        What `read_edits` gives.
    notes : Notes
        The notes in recording time.
    beat : np.ndarray [shape=(notes,)], optional
        The length of a beat in the recording at each note (s).
    is_aligned : bool
        Whether the onsets of the notes are those in the recording, as in `select`.

    Returns
    -------
    NoteChanges

    Raises
    ------
    InputError
        If an edit matches no note; the message says what the score has.
    OptionError
        If an edit is in beats, and their length is not known.
    """
    changes = NoteChanges.none(len(notes))
    for edit in edits:
        action = edit.action
        own = select((edit.group,), notes, is_aligned=is_aligned).weights[0] > 0
        if beat is None and "beats" in (action.shift.unit, action.stretch.unit):
            raise OptionError(
                f"{edit.group.place}: {edit.group.label} is in beats; say with --tempo how many quarters a "
                "minute the score has"
            )
        changes.gain[own] *= 10 ** (action.gain / 20)
        changes.semitones[own] += action.transpose
        changes.shift[own] += _seconds(action.shift, notes, beat)[own]
        changes.longer[own] += _seconds(action.stretch, notes, beat)[own]
        changes.is_sampled[own] |= action.is_sampled
    return changes


def _seconds(duration: Duration, notes: Notes, beat: Array | None) -> Array:
    """Return a duration in seconds for each note."""
    if duration.unit == "times":
        return np.asarray((duration.value - 1) * (notes.offset - notes.onset))
    return duration.value * (beat if duration.unit == "beats" and beat is not None else np.ones(len(notes)))
