"""The estimate of the hands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synth import notes

from scoresep.errors import ScoresepWarning
from scoresep.io.scores import read_score
from scoresep.score.hand_estimation import estimate_hands
from scoresep.score.hands import hands_of, is_for_estimate, two_hands
from scoresep.values import Notes


def left(*rows):
    """Return the pitches of the left hand, of (onset, offset, pitch) rows."""
    score = notes(*((*row, 1) for row in rows), parts=("Piano",))
    return score.pitch[estimate_hands(score)].tolist()


def merged(score):
    """Return a score as one part that tells nothing."""
    rows = [
        {"onset": onset, "offset": offset, "pitch": pitch, "part": 1}
        for onset, offset, pitch in zip(score.onset.tolist(), score.offset.tolist(), score.pitch.tolist(), strict=True)
    ]
    return Notes.from_rows(rows, ("Piano",))


@pytest.mark.parametrize("source", ["waltz.mid", "waltz.musicxml", "minuet.mid", "minuet.krn"])
def test_nineteen_notes_of_twenty_are_in_the_right_hand(source, fixtures):
    score = read_score(fixtures / source)
    assert np.mean(estimate_hands(score) == two_hands(score)[0]) >= 0.95


def test_chord_wider_than_a_hand_is_parted_at_its_gap():
    assert left((0, 1, 36), (0, 1, 43), (0, 1, 67), (0, 1, 72)) == [36, 43]


def test_low_tune_is_for_the_left_and_high_tune_for_the_right():
    low = [(k, k + 1, 40 + k % 5) for k in range(12)]
    assert left(*low) == [row[2] for row in low]
    assert left(*((a, b, pitch + 36) for a, b, pitch in low)) == []


def test_accompaniment_stays_in_its_hand_while_the_tune_is_held():
    chords = [(k / 2, k / 2 + 0.5, pitch) for k in range(8) for pitch in (55, 59, 64)]
    assert sorted(set(left((0, 4, 71), *chords))) == [55, 59, 64]


def test_scale_that_crosses_middle_c_stays_in_one_hand():
    scale = [(k / 8, k / 8 + 0.12, 67 - step) for k, step in enumerate((0, 2, 3, 5, 7, 8, 10, 12))]
    assert left(*scale) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(0, 127)), max_size=30))
def test_any_notes_have_hands(rows):
    score = notes(*((a, a + b, pitch, 1) for a, b, pitch in rows), parts=("Piano",))
    assert estimate_hands(score).shape == (len(score),)


def test_estimate_is_said_to_be_one(fixtures):
    with pytest.warns(ScoresepWarning, match="which hand plays what is an estimate"):
        hands = hands_of(merged(read_score(fixtures / "waltz.mid")))
    assert (hands[0] ^ hands[1]).all()


@pytest.mark.parametrize(
    "score",
    [
        notes(),
        notes((0, 1, 60, 1), (1, 2, 90, 1), parts=("Piano",)),
        notes((0, 1, 36, 1), (0, 1, 90, 1), parts=("Violin",)),
        notes((0, 1, 36, 1), (0, 1, 90, 2), parts=("Flute", "Oboe")),
        Notes.from_rows(
            [{"onset": 0, "offset": 1, "pitch": p, "part": 1, "program": 25} for p in (36, 90)], ("Guitar",)
        ),
    ],
)
def test_only_keyboard_music_for_two_hands_is_estimated(score):
    assert not is_for_estimate(score)
