"""The estimate of the hands."""

from importlib.resources import files

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from synth import notes

from scoresep.errors import ScoresepWarning
from scoresep.io.scores import read_score
from scoresep.score.hand_estimation import WEIGHTS, estimate_hands, filters, hands_by, read_weights
from scoresep.score.hand_features import KINDS, MIDDLE, NO_RELATION, WIDEST, WINDOW, context_of
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


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(0, 2 * MIDDLE)), min_size=1, max_size=60))
def test_mirrored_piece_has_mirrored_hands(rows):
    # a piece that is its own mirror image, such as one note in the middle, says nothing of left and right
    assume(sorted(rows) != sorted((a, b, 2 * MIDDLE - pitch) for a, b, pitch in rows))
    score = notes(*((a, a + b, pitch, 1) for a, b, pitch in rows), parts=("Piano",))
    mirrored = notes(*((a, a + b, 2 * MIDDLE - pitch, 1) for a, b, pitch in rows), parts=("Piano",))
    places = {row: k for k, row in enumerate(zip(score.onset, score.offset, score.pitch, strict=True))}
    hands, others = estimate_hands(score), estimate_hands(mirrored)
    for onset, offset, pitch, is_left in zip(mirrored.onset, mirrored.offset, mirrored.pitch, others, strict=True):
        if rows.count((onset, offset - onset, 2 * MIDDLE - pitch)) == 1:
            assert hands[places[onset, offset, 2 * MIDDLE - pitch]] != is_left


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(0, 127)), min_size=1, max_size=60))
def test_left_hand_is_below_the_right_in_each_chord(rows):
    score = notes(*((a, a + b, pitch, 1) for a, b, pitch in rows), parts=("Piano",))
    hands = estimate_hands(score)
    for onset in set(score.onset.tolist()):
        struck = score.onset == onset
        assert score.pitch[struck & hands].max(initial=0) <= score.pitch[struck & ~hands].min(initial=127)


def test_same_notes_have_the_same_hands_whatever_their_order_and_when_they_begin(fixtures):
    score = read_score(fixtures / "waltz.mid")
    hands = estimate_hands(score)
    np.testing.assert_array_equal(estimate_hands(score), hands)
    order = np.random.default_rng(0).permutation(len(score))
    np.testing.assert_array_equal(hands_by(read_weights(), *later(score, 60.0, order)), hands[order])


def later(score, seconds, order):
    """Return onsets, offsets and pitches in another order, and later."""
    return score.onset[order] + seconds, score.offset[order] + seconds, score.pitch[order]


def test_scale_in_two_hands_is_parted_throughout():
    steps = np.cumsum([0, 2, 2, 1, 2, 2, 2, 1, -1, -2, -2, -2, -1, -2, -2])
    both = [(k / 4, k / 4 + 0.24, pitch + step) for k, step in enumerate(steps.tolist()) for pitch in (48, 64)]
    assert left(*both) == [48 + step for step in steps]


def test_weights_are_small_and_finite():
    with files("scoresep.score").joinpath(WEIGHTS).open("rb") as file:
        assert len(file.read()) < 300_000
    assert all(np.isfinite(weights).all() for weights in read_weights().values())


def test_note_that_is_not_there_says_nothing():
    context = context_of(np.zeros(1), np.ones(1), np.full(1, 60))
    assert context.relations.shape == (1, 2 * WINDOW)
    assert (context.relations == NO_RELATION).all()
    weights = read_weights()
    table = filters(weights["kinds"][0], weights["intervals"][0])
    assert table.shape[0] == NO_RELATION + 1 == KINDS * (2 * WIDEST + 1) + 1
    assert not table[NO_RELATION].any()


def test_relations_tell_interval_and_order():
    onset, pitch = np.array([0.0, 0.0, 1.0]), np.array([60, 64, 62])
    relations = context_of(onset, onset + 1, pitch).relations
    before, after = relations[:, WINDOW - 1], relations[:, WINDOW]
    intervals = 2 * WIDEST + 1
    assert (before % intervals - WIDEST).tolist()[1:] == [-4, 2]
    assert (after % intervals - WIDEST).tolist()[:2] == [4, -2]
    assert before[1] // intervals == after[0] // intervals
    assert before[2] // intervals != after[1] // intervals


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
