"""Pitches stand at their numbers, the pieces of a drum kit below them."""

import numpy as np

from scoresep.values import Notes
from scoresep.views.note_rows import NoteRows


def rows_of(pitches, keys):
    rows = [{"onset": 0, "offset": 1, "pitch": pitch, "channel": 1} for pitch in pitches]
    rows += [{"onset": 0, "offset": 1, "pitch": key, "channel": 10} for key in keys]
    notes = Notes.from_rows(rows, ())
    return notes, NoteRows.of(notes)


def test_drums_stand_below_the_pitches_and_apart_from_them():
    notes, rows = rows_of([38, 60, 62], [36, 38, 49])
    heights = rows.heights(notes.pitch, notes.is_drum)
    assert heights[~notes.is_drum].tolist() == [38, 60, 62]
    assert heights[notes.is_drum].max() < 37
    assert len(set(heights.tolist())) == 6
    assert (rows.start, rows.stop) == (heights.min(), 63)
    assert list(rows.kit().values()) == ["kick", "snare", "crash"]


def test_without_drums_rows_are_pitches():
    notes, rows = rows_of([40, 72], [])
    assert np.array_equal(rows.heights(notes.pitch, notes.is_drum), [40, 72])
    assert (rows.start, rows.stop, rows.kit()) == (40, 73, {})


def test_drums_alone_have_rows():
    notes, rows = rows_of([], [36, 42])
    heights = rows.heights(notes.pitch, notes.is_drum)
    assert heights.min() == rows.start
    assert heights.max() < rows.stop
    assert len(set(heights.tolist())) == 2
    assert list(rows.named().values()) == ["kick", "hihat closed"]


def test_no_notes_have_no_rows():
    assert NoteRows(0, -1, ()).start == NoteRows(0, -1, ()).stop == 0
