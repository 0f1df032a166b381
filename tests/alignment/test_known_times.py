"""A table of aligned notes becomes the alignment of its score: with its beats, repeats and cuts."""

from dataclasses import replace

import numpy as np
import pytest
from synth import notes

from scoresep.alignment.beats import played_beats
from scoresep.alignment.known_times import alignment_with_score
from scoresep.errors import InputError
from scoresep.values import Alignment, Beats

#: Sixteen quarters of a second each, in bars of two.
SCORE = replace(
    notes(*((k, k + 1, 60 + k, 1) for k in range(16))),
    beats=Beats(np.arange(16.0), 1 + np.arange(16) // 2, 1 + np.arange(16) % 2),
)


def table(*played, pace=0.5):
    """Return the notes of a recording that plays the notes of these numbers, as `read_notes` gives them."""
    index = np.array(played)
    onset = pace * np.arange(len(index))
    recorded = replace(SCORE.take(index), onset=onset, offset=onset + pace, beats=None)
    return Alignment(
        recorded, SCORE.onset[index], SCORE.offset[index], np.ones(len(index)), 1.0,
        np.stack([SCORE.onset[index], onset]), np.array([[0.0, 16, 0, 8]]), np.zeros((0, 2)), "",
        duration=pace * len(index),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("played", "n_sections"),
    [(range(16), 1), ([*range(8), *range(16)], 2), ([*range(6), *range(12, 16)], 2), ([*range(4), *range(4)], 2)],
)
def test_beats_sound_where_their_notes_do(played, n_sections):
    found = alignment_with_score(table(*played), [SCORE])
    beats = played_beats(found)
    assert len(found.sections) == n_sections
    assert beats.time == pytest.approx(found.notes.onset)
    assert beats.score_time == pytest.approx(found.score_onset)


def test_a_note_far_from_its_place_moves_no_beat():
    aligned = table(*range(16))
    for note, onset in ((3, 6.2), (12, 0.9)):
        moved = aligned.notes.onset.copy()
        moved[note] = onset
        order = np.argsort(moved)
        own = replace(aligned.notes, onset=moved, offset=moved + 0.5).take(order)
        scores = {"score_onset": aligned.score_onset[order], "score_offset": aligned.score_offset[order]}
        beats = played_beats(alignment_with_score(replace(aligned, notes=own, **scores), [SCORE]))
        assert beats.time == pytest.approx(0.5 * np.arange(16), abs=0.55)
        assert (beats.repeat == 1).all()


def test_the_reading_is_that_of_the_notes():
    repeated = replace(SCORE, pitch=SCORE.pitch[::-1].copy(), beats=replace(SCORE.beats, bar=SCORE.beats.bar + 100))
    assert alignment_with_score(table(*range(16)), [repeated, SCORE]).beats.bar[0] == 1
    with pytest.raises(InputError, match="hardly a note of the table is in the score"):
        alignment_with_score(table(*range(16)), [repeated])
