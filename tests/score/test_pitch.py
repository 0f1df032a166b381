"""Names and frequencies of pitches."""

import string

import pytest

from scoresep.score.pitch import parse_pitch, pitch_frequency, pitch_name


def test_pitch_names_are_read_back():
    assert [parse_pitch(pitch_name(pitch)) for pitch in range(-60, 190)] == list(range(-60, 190))


@pytest.fixture(scope="module")
def librosa():
    """Give librosa, a witness, if it is there."""
    return pytest.importorskip("librosa")


@pytest.mark.parametrize("pitch", [0, 60, 61, 70, 127, 69.5])
def test_frequencies_are_those_of_librosa(librosa, pitch):
    assert pitch_frequency(pitch) == pytest.approx(librosa.midi_to_hz(pitch), rel=1e-12)


def test_names_are_read_as_by_librosa(librosa):
    for name in ("C4", "F♯3", "Bb2", "C-1", "G9", "B#3"):
        assert parse_pitch(name) == librosa.note_to_midi(name)


@pytest.mark.parametrize(
    ("text", "pitch"),
    [("C4", 60), ("A4", 69), ("Cb4", 59), ("F♯3", 54), ("b♭2", 46), ("C-1", 0), ("G9", 127), ("60", 60)],
)
def test_pitch_is_parsed(text, pitch):
    assert parse_pitch(text) == pitch


@pytest.mark.parametrize("text", ["", "C", "H4", "C4x", "C100", "-1", "4.5", "do", *string.punctuation])
def test_what_is_no_pitch_is_refused(text):
    with pytest.raises(ValueError, match="a pitch like C4"):
        parse_pitch(text)
