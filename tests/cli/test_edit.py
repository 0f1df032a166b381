"""``scoresep edit``: edits files, changed scores, keys."""

import shutil

import numpy as np
import pytest
import soundfile
from browsing import data_of
from shell import ROOT

from scoresep.cli.main import run
from scoresep.io.note_table import read_notes


@pytest.fixture(scope="module")
def separated(tmp_path_factory):
    """Give a folder with what a separation of the waltz has kept."""
    folder = tmp_path_factory.mktemp("kept")
    song = f"{ROOT}/fixtures/waltz"
    words = f"separate {song}.flac {song}.mid --keep {folder} --iterations 5 -o {folder / 'stems'} -q"
    assert run(words.split()) == 0
    return folder


@pytest.fixture
def kept(waltz, separated):
    """Give the folder with the waltz, its alignment and its decomposition."""
    for kind in ("align", "parts"):
        shutil.copy(separated / f"waltz.{kind}.npz", waltz / f"song.{kind}.npz")
    return waltz


def read(path):
    return soundfile.read(path, dtype="int16")[0]


def test_edits_of_all_kinds_change_the_recording(kept, capsys):
    (kept / "edits.yaml").write_text("softer: {hand: left, gain: -6}\nwrong: {pitch: Ab4, time: 0..1, transpose: 1}\n")
    assert run("export song.align.npz -o song.csv".split()) == 0
    table = (kept / "song.csv").read_text().splitlines()
    (kept / "changed.csv").write_text("\n".join(table[:20] + table[21:]) + "\n")
    capsys.readouterr()
    assert run("edit song.flac song.parts.npz edits.yaml".split()) == 0
    assert capsys.readouterr().out == "song_edited.wav\n"
    assert run("edit song.flac song.parts.npz changed.csv -o changed.flac".split()) == 0
    assert run([*"edit song.flac song.parts.npz -o minor.wav --key".split(), "Db major", "Db minor"]) == 0
    before = read("song.flac")
    gone = read_notes(kept / "song.csv").notes.onset[19]
    for name, begin, end in (("song_edited.wav", 0, 99), ("changed.flac", gone - 0.4, gone + 3), ("minor.wav", 0, 99)):
        after = read(name)
        assert after.shape == before.shape
        assert soundfile.info(name).subtype == "PCM_16"
        differs = np.flatnonzero((after != before).any(axis=1)) / 44100
        assert len(differs)
        assert begin <= differs.min() <= differs.max() <= end


def test_without_changes_the_output_is_the_input(kept, capsys):
    (kept / "none.yaml").write_text("# nothing\n")
    assert run("export song.align.npz -o song.mid".split()) == 0
    assert run("export song.align.npz -o song.csv".split()) == 0
    for edits in ("none.yaml", "song.mid", "song.csv", "score.mid"):
        words = f"edit song.flac song.align.npz {edits} --iterations 0 --overwrite"
        assert run([*words.split(), "-o", "same.flac"]) == 0
        assert (kept / "same.flac").read_bytes() == (kept / "song.flac").read_bytes()
        assert "nothing changes" in capsys.readouterr().err
    assert run("edit song.flac song.parts.npz none.yaml -o same.wav".split()) == 0
    assert (read("same.wav") == read("song.flac")).all()


def test_faults_are_one_line(waltz, error_of):
    (waltz / "edits.yaml").write_text("a: {part: Flute, gain: 3}\n")
    (waltz / "other.npz").write_bytes(b"")
    assert "names part 'Flute'" in error_of("edit song.flac score.mid edits.yaml".split())
    assert "no such file" in error_of("edit song.flac score.mid none.yaml".split())
    assert "other.npz" in error_of("edit song.flac other.npz edits.yaml".split())
    assert "no such sound format" in error_of("edit song.flac score.mid score.mid -o out.xyz".split())
    assert "which is read" in error_of("edit song.flac score.mid score.mid -o song.flac --overwrite".split())
    (waltz / "song_edited.wav").write_bytes(b"")
    assert "is there already" in error_of("edit song.flac score.mid score.mid".split())
    assert "Name the recording" in error_of("edit song.flac score.mid".split(), status=2)
    words = "edit song.flac score.mid --overwrite --key".split()
    assert "the key 'H major' cannot be read" in error_of([*words, "A major", "H major"], status=2)


def test_a_report_compares_before_and_after(kept, capsys):
    (kept / "edits.yaml").write_text("wrong: {pitch: Ab4, time: 0..1, transpose: 1}\n")
    assert run("edit song.flac song.parts.npz edits.yaml -o after.wav --report".split()) == 0
    assert capsys.readouterr().out == "after.wav\nafter.html\n"
    data = data_of("after.html")
    assert [track["name"] for track in data["tracks"]] == ["recording", "edited"]
    assert data["summary"] == {"notes changed": 1, "notes added": 0}
    changed = [(row[2], row[4]) for row in data["notes"] if row[4] >= 0]
    assert changed == [(68, 0), (69, 1)]
    assert run("edit song.flac song.parts.npz edits.yaml -o after.wav --report".split()) == 1
