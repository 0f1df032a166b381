"""A score's suffix chooses its reader, and what is no score is said to be none."""

import io
import shutil
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest

from scoresep.errors import InputError
from scoresep.io import scores
from scoresep.io.scores import MIDI_SUFFIXES, NOTATION_SUFFIXES, SUFFIXES, read_score, read_unfoldings
from scoresep.score.hands import two_hands

FIXTURES = Path(__file__).parents[3] / "fixtures"


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
def test_what_is_in_a_file_counts_for_more_than_its_suffix(tmp_path, middle_c, suffix):
    (tmp_path / f"score{suffix}").write_bytes(middle_c)
    assert read_score(tmp_path / f"score{suffix}").pitch.tolist() == [60]


@pytest.mark.parametrize("suffix", MIDI_SUFFIXES)
@pytest.mark.parametrize("source", ["minuet.musicxml", "minuet.mei", "minuet.krn"])
def test_notation_is_told_whatever_it_is_called(tmp_path, suffix, source):
    shutil.copy(FIXTURES / source, tmp_path / f"score{suffix}")
    assert len(read_score(tmp_path / f"score{suffix}")) == 225


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_file_that_is_too_large_is_no_score(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(scores, "LARGEST", 10)
    (tmp_path / f"score{suffix}").write_bytes(b"MThd" * 9)
    with pytest.raises(InputError, match="too large for a score"):
        read_score(tmp_path / f"score{suffix}")


@pytest.fixture
def compressed(tmp_path):
    """Return the minuet as compressed MusicXML."""
    path = tmp_path / "minuet.mxl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", '<container><rootfile full-path="score.xml"/></container>')
        archive.write(FIXTURES / "minuet.musicxml", "score.xml")
    return path


@pytest.mark.parametrize("source", ["minuet.musicxml", "minuet.mxl", "minuet.mei", "minuet.krn", "minuet.csv"])
def test_the_same_piece_gives_the_same_notes_in_all_formats(source, compressed):
    path = compressed if source == compressed.name else FIXTURES / source
    midi, other = read_score(FIXTURES / "minuet.mid", hands=True), read_score(path, hands=True)
    order = [np.lexsort((two_hands(notes)[0], notes.pitch, notes.onset.round(3))) for notes in (midi, other)]
    for column in ("onset", "offset", "pitch", "velocity"):
        wanted, found = (getattr(notes, column)[k] for notes, k in zip((midi, other), order, strict=True))
        assert found == pytest.approx(wanted, abs=2e-3), column
    wanted, found = (notes.hand[k] for notes, k in zip((midi, other), order, strict=True))
    assert (wanted == found).all()
    assert sorted(set(found.tolist())) == [1, 2]


@pytest.mark.parametrize("source", ["signs.mei", "signs.krn"])
@pytest.mark.parametrize(("ornaments", "count"), [("played", 99), ("written", 63)])
def test_signs_of_notation_mean_the_same_in_all_formats(source, ornaments, count):
    columns = ("onset", "offset", "pitch", "staff")
    wanted, found = (
        sorted(zip(*(getattr(notes, name).round(3).tolist() for name in columns), strict=True))
        for notes in (read_score(FIXTURES / name, ornaments=ornaments) for name in ("signs.musicxml", source))
    )
    assert found == wanted
    assert len(found) == count


def test_repeats_must_be_known():
    with pytest.raises(ValueError, match="repeats"):
        read_score(FIXTURES / "minuet.mei", repeats="twice")


@pytest.mark.parametrize("source", ["minuet.musicxml", "minuet.mei", "minuet.krn"])
def test_repeats_are_played_as_asked(source):
    lengths = {repeats: len(read_score(FIXTURES / source, repeats=repeats)) for repeats in ("written", "none", "found")}
    assert lengths == {"written": 225, "none": 85, "found": 91}
    assert len(read_unfoldings(FIXTURES / source)) >= 3


def test_score_without_repeats_has_one_reading():
    assert len(read_unfoldings(FIXTURES / "waltz.musicxml")) == len(read_unfoldings(FIXTURES / "waltz.mid")) == 1


@pytest.mark.parametrize("name", ["a score.mid", "-rf.mid", "100%.mid", "{0}.mid", "Übung ♯1.mid", "it's.mid"])
def test_names_are_taken_as_they_are(tmp_path, monkeypatch, middle_c, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(middle_c)
    assert len(read_score(name)) == 1


@pytest.mark.parametrize("name", ["score.txt", "score", "score.mid.bak"])
def test_unknown_suffix_says_which_are_known(tmp_path, middle_c, name):
    (tmp_path / name).write_bytes(middle_c)
    with pytest.raises(InputError, match=r"not a score that can be read; wanted \.mid .*\.musicxml .*\.krn"):
        read_score(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("score.mscz", r"a MuseScore file; export it as MusicXML: mscore -o score.mxl FILE"),
        ("score.PDF", r"a picture of a score; export MusicXML from the program that made it"),
        ("score.sib", r"a file of a notation program; export it there as MusicXML or MIDI"),
    ],
)
def test_scores_that_cannot_be_read_are_to_be_exported(tmp_path, name, says):
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(InputError, match=rf"{name}: {says}"):
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
