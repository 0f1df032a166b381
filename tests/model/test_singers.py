"""Which singer of a part sings each note."""

import numpy as np

from scoresep.model.singers import singers_of
from scoresep.values import Notes


def part(rows):
    """Return notes from rows of (onset, offset, pitch, voice)."""
    return Notes.from_rows(
        [{"onset": on, "offset": off, "pitch": pitch, "voice": voice, "part": 1} for on, off, pitch, voice in rows],
        ("Choir",),
    )


def test_a_line_has_one_singer_though_its_notes_touch():
    assert not singers_of(part([(0, 1.1, 60, 1), (1, 2.1, 62, 1), (2, 3, 64, 2)])).any()


def test_voices_of_the_score_divide_a_staff():
    notes = part([(0, 1, 60, 2), (0, 1, 67, 1), (1, 2, 69, 2), (1, 2, 65, 1)])
    singers = singers_of(notes)
    assert (singers == notes.voice - 1).all()


def test_without_voices_the_higher_note_is_the_first_singers():
    notes = part([(t, t + 1, pitch, 1) for t in range(4) for pitch in (60, 64, 67)])
    assert (singers_of(notes).reshape(4, 3) == [2, 1, 0]).all()


def test_no_notes_have_no_singers():
    assert len(singers_of(part([]).take(np.zeros(0, int)))) == 0
