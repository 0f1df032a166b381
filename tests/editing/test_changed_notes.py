"""The notes of a recording before and after an edit."""

import numpy as np
import pytest
import synth

from scoresep.editing.changed_notes import compare_notes, describe_change
from scoresep.values import ALL_VERSIONS, NoteChanges


def test_notes_are_told_before_and_after():
    notes, changes = synth.notes((0, 1, 60, 1), (1, 2, 62, 1), (2, 3, 64, 2), (3, 4, 65, 2)), NoteChanges.none(4)
    changes.semitones[1], changes.shift[1], changes.longer[1] = 2, 0.5, -0.25
    changes.gain[2] = 0
    found = compare_notes(notes, changes)
    rows = zip(found.version.tolist(), found.notes.onset, found.notes.offset, found.notes.pitch, strict=True)
    assert sorted(rows) == [
        (ALL_VERSIONS, 0, 1, 60), (ALL_VERSIONS, 3, 4, 65), (0, 1, 2, 62), (0, 2, 3, 64), (1, 1.5, 2.25, 64),
    ]  # fmt: skip


def test_added_notes_are_there_afterwards():
    notes = synth.notes((0, 1, 60, 1))
    found = compare_notes(notes, NoteChanges.none(1, added=synth.notes((1, 2, 70, 2))))
    assert found.version.tolist() == [ALL_VERSIONS, 1]
    assert found.remarks == ["", "added"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, ""),
        ({"gain": 0, "semitones": 1}, "removed"),
        ({"semitones": -1, "gain": 2}, "1 semitone lower, 6.0 dB louder"),
        ({"semitones": 0.3, "shift": -0.02, "longer": 0.5}, "0.3 semitones higher, 0.02 s earlier, 0.5 s longer"),
        ({"is_sampled": True}, "played by another note"),
    ],
)
def test_changes_are_told_in_words(change, text):
    changes = NoteChanges.none(1)
    for name, value in change.items():
        np.copyto(getattr(changes, name), value)
    assert describe_change(changes, 0) == text
