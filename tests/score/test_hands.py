"""Which scores are for two hands, and which notes each of them plays."""

import dataclasses

import numpy as np
import pytest
from synth import notes

from scoresep.errors import ScoresepWarning
from scoresep.io.scores import read_unfoldings
from scoresep.score.hands import two_hands, with_hands
from scoresep.score.selection import select
from scoresep.values import Notes


def duet(*names, program=0, low=1, high=2):
    """Return a low and a high note, in part 1 and 2 unless said, of parts with the given names."""
    rows = [{"onset": 0.0, "offset": 1.0, "pitch": 48, "part": low, "program": program}]
    rows.append({"onset": 0.0, "offset": 1.0, "pitch": 72, "part": high, "program": program})
    return Notes.from_rows(rows, names)


def hands(score):
    """Return the pitches of the left and of the right hand, or None."""
    found = two_hands(score)
    return found and tuple(score.pitch[hand].tolist() for hand in found)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Left hand", "Right hand"),
        ("LH", "RH"),
        ("L.H.", "R.H."),
        ("Piano (l.h.)", "Piano (r.h.)"),
        ("linke Hand", "rechte Hand"),
        ("main gauche", "main droite"),
        ("mano sinistra", "mano destra"),
        ("Bass staff", "Treble staff"),
        ("Piano, lower", "Piano, upper"),
        ("PIANO LEFT", "PIANO RIGHT"),
    ],
)
@pytest.mark.parametrize("program", [0, 1, 7, 20])
def test_names_tell_the_hands(left, right, program):
    assert hands(duet(left, right, program=program)) == ([48], [72])
    assert hands(duet(right, left, program=program)) == ([72], [48])


def test_names_count_for_more_than_pitch():
    assert hands(duet("Right hand", "Left hand")) == ([72], [48])


def test_two_staves_of_a_part_are_two_hands():
    rows = [{"onset": 0, "offset": 1, "pitch": 60 + k, "part": 1, "staff": k} for k in (1, 2)]
    assert hands(Notes.from_rows(rows, ("Piano",))) == ([62], [61])


@pytest.mark.parametrize("names", [("Piano", "Piano"), ("Track 1", "Track 2"), ("piano 1", "piano 2"), ("1", "2.")])
def test_of_two_nameless_parts_the_higher_is_the_right_hand(names):
    assert hands(duet(*names)) == ([48], [72])
    assert hands(duet(*names, low=2, high=1)) == ([48], [72])


@pytest.mark.parametrize(
    "names", [("Violin", "Cello"), ("Leftover", "Bright"), ("Left", "Flute"), ("Left", "Left"), ("Piano", "Flute")]
)
def test_other_names_are_no_hands(names):
    assert hands(duet(*names)) is None


@pytest.mark.parametrize("program", [9, 16, 41, 74])
def test_only_keyboards_have_two_hands(program):
    assert hands(duet("Left hand", "Right hand", program=program)) is None


@pytest.mark.parametrize("staves", [(1,), (2,), (0, 1), (1, 2, 3)])
def test_other_numbers_of_staves_are_no_hands(staves):
    rows = [{"onset": 0, "offset": 1, "pitch": 60, "part": 1, "staff": staff} for staff in staves]
    assert two_hands(Notes.from_rows(rows, ("Piano",))) is None


def test_three_nameless_parts_are_no_hands():
    assert (
        two_hands(notes((0, 1, 60, 1), (0, 1, 64, 2), (0, 1, 67, 3), parts=("Track 1", "Track 2", "Track 3"))) is None
    )


def test_parts_without_notes_do_not_count():
    assert hands(duet("Title", "Left hand", "Right hand", low=2, high=3)) == ([48], [72])


def test_no_notes_are_no_hands():
    assert two_hands(notes(parts=("Left hand", "Right hand"))) is None


def test_each_note_is_in_one_hand():
    score = notes((0, 1, 60, 1), (0, 1, 40, 2), (1, 2, 62, 1), (1, 2, 61, 2))
    left, right = two_hands(score)
    assert (left ^ right).all()


@pytest.fixture
def estimates(monkeypatch):
    """Count the estimates of the hands: give a list that gets the number of notes of each."""
    counted = []

    def estimate(notes):
        counted.append(len(notes))
        return notes.pitch < 60

    monkeypatch.setattr("scoresep.score.hands.estimate_hands", estimate)
    return counted


@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
def test_repeats_do_not_make_the_hands_be_estimated_again(estimates, monkeypatch, fixtures):
    monkeypatch.setattr("scoresep.score.hands.two_hands", lambda notes: None)
    unfoldings = read_unfoldings(fixtures / "minuet.musicxml", hands=True)
    assert len(unfoldings) == 4
    assert estimates == [91]
    for unfolding in unfoldings:
        assert ((unfolding.hand == 1) == (unfolding.pitch < 60)).all()


def test_what_the_notes_say_wins_over_parts_and_estimates(estimates):
    told = notes((0, 1, 50, 1), (1, 2, 52, 2), (2, 3, 72, 2), (3, 4, 74, 1), parts=("Right hand", "Left hand"))
    assert with_hands(told).hand.tolist() == [2, 1, 1, 2]
    assert with_hands(dataclasses.replace(told, hand=np.array([1, 0, 2, 0]))).hand.tolist() == [1, 1, 2, 2]
    wide = [(k, k + 1, pitch, 1) for k in range(4) for pitch in (40, 80)]
    score = notes(*wide, parts=("Piano",))
    given = np.array([2, 0, 0, 0, 0, 0, 0, 1])
    with pytest.warns(ScoresepWarning, match="is an estimate"):
        assert with_hands(dataclasses.replace(score, hand=given)).hand.tolist() == [2, 2, 1, 2, 1, 2, 1, 1]
    everything = dataclasses.replace(score, hand=np.array([1, 2] * 4))
    assert with_hands(everything) is everything


def test_notes_without_a_hand_have_a_stem_for_each_part():
    score = notes((0, 1, 50, 1), (1, 2, 52, 1), (2, 3, 72, 2), parts=("Harp", "Flute"))
    selection = select(None, dataclasses.replace(score, hand=np.array([1, 2, 0])))
    assert selection.names == ("left", "right", "Flute")
    assert selection.weights.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    for hand in (1, 2):
        selection = select(None, dataclasses.replace(score, hand=np.array([hand, hand, 0])))
        assert selection.names == ("Harp", "Flute")
