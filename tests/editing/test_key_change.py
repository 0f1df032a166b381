"""Each note keeps its degree in another key."""

import pytest
from synth import notes

from scoresep.editing.key_change import SCALES, change_key
from scoresep.errors import OptionError


def changed(pitches, before, after):
    score = notes(*[(k, k + 1, pitch, 1) for k, pitch in enumerate(pitches)])
    return [
        pitch + move for pitch, move in zip(pitches, change_key(score, before, after).semitones.tolist(), strict=True)
    ]


def test_minor_becomes_major_and_the_leading_note_stays():
    assert changed([57, 59, 60, 62, 64, 65, 67, 68], "A minor", "A major") == [57, 59, 61, 62, 64, 66, 68, 68]


def test_major_becomes_minor_with_or_without_leading_note():
    assert changed([60, 64, 69, 71], "C major", "C minor") == [60, 63, 68, 71]
    assert changed([60, 64, 69, 71], "C major", "C natural minor") == [60, 63, 68, 70]


def test_another_tonic_is_reached_the_nearest_way():
    assert changed([60, 66, 71], "C major", "Eb major") == [63, 69, 74]
    assert changed([60, 66, 71], "C major", "Bb major") == [58, 64, 69]


@pytest.mark.parametrize("scale", SCALES)
def test_the_same_key_changes_nothing(scale):
    assert changed(list(range(60, 72)), f"F# {scale}", f"f# {scale}") == list(range(60, 72))


@pytest.mark.parametrize("key", ["", "A", "H major", "A loud", "major A"])
def test_what_is_no_key_is_said(key):
    with pytest.raises(OptionError, match="cannot be read; wanted a tonic"):
        changed([60], "A major", key)
