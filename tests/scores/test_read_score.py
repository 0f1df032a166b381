"""A score's suffix chooses its reader, and what is no score is said to be none."""

import io

import mido
import pytest

from scoresep.errors import InputError
from scoresep.scores import MIDI_SUFFIXES, NOTATION_SUFFIXES, read_score


@pytest.fixture
def middle_c():
    """Return a MIDI file of one note."""
    events = [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)]
    content = io.BytesIO()
    mido.MidiFile(tracks=[mido.MidiTrack(events)]).save(file=content)
    return content.getvalue()


@pytest.mark.parametrize("suffix", [*MIDI_SUFFIXES, ".MID", ".Midi"])
def test_midi_suffixes_are_read_as_midi(tmp_path, middle_c, suffix):
    path = tmp_path / f"score{suffix}"
    path.write_bytes(middle_c)
    assert read_score(path).pitch.tolist() == [60]
    assert read_score(str(path)).pitch.tolist() == [60]


@pytest.mark.parametrize("suffix", NOTATION_SUFFIXES)
def test_notation_suffixes_are_not_read_as_midi(tmp_path, middle_c, suffix):
    (tmp_path / f"score{suffix}").write_bytes(middle_c)
    with pytest.raises(InputError, match=f"(cannot be read as {suffix}|has no notes)"):
        read_score(tmp_path / f"score{suffix}")


@pytest.mark.parametrize("name", ["a score.mid", "-rf.mid", "100%.mid", "{0}.mid", "Übung ♯1.mid", "it's.mid"])
def test_names_are_taken_as_they_are(tmp_path, monkeypatch, middle_c, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(middle_c)
    assert len(read_score(name)) == 1


@pytest.mark.parametrize("name", ["score.txt", "score", "score.pdf", "score.mid.bak"])
def test_unknown_suffix_says_which_are_known(tmp_path, middle_c, name):
    (tmp_path / name).write_bytes(middle_c)
    with pytest.raises(InputError, match=r"not a score that can be read; wanted \.mid .*\.musicxml .*\.krn"):
        read_score(tmp_path / name)


def test_missing_score_is_said_to_be_missing(tmp_path):
    with pytest.raises(InputError, match=r"none\.mid: no such file"):
        read_score(tmp_path / "none.mid")


def test_folder_is_no_score(tmp_path):
    (tmp_path / "score.mid").mkdir()
    with pytest.raises(InputError, match="a folder, not a score"):
        read_score(tmp_path / "score.mid")


def test_score_without_notes_is_refused(tmp_path):
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(tmp_path / "score.mid")
    with pytest.raises(InputError, match="the score has no notes"):
        read_score(tmp_path / "score.mid")
