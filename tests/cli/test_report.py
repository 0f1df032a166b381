"""The report as a command, and as an option of ``separate``."""

import json
import shutil
from pathlib import Path

import pytest
from browsing import data_of

from scoresep.cli.main import run
from scoresep.views.report import tracks

SHORT = ["separate", "song.flac", "score.mid", "-q", "-o", "stems", "--end", "4"]


@pytest.fixture
def stems(waltz):
    """Give the stems of the beginning of the waltz."""
    assert run(SHORT) == 0
    return Path("stems")


def test_report_stands_among_the_stems_and_goes_with_them(stems, capsys):
    assert run(["report", str(stems)]) == 0
    assert capsys.readouterr().out == f"{stems / 'report.html'}\n"
    assert "report.html" in json.loads((stems / "stems.json").read_text())["files"]
    assert run(["report", str(stems)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert run(["report", str(stems), "--overwrite", "-q"]) == 0
    assert run([*SHORT, "--overwrite"]) == 0
    assert not (stems / "report.html").exists()


def test_separate_writes_the_report_with_the_stems(waltz, capsys):
    assert run(["separate", "song.flac", "score.mid", "--end", "4", "--report", "-o", "out"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(Path("out/report.html"))
    assert {"report.html", "separation.npz"} <= set(json.loads((waltz / "out/stems.json").read_text())["files"])


def test_folder_without_stems_is_told(tmp_path, error_of):
    assert "no sound files" in error_of(["report", str(tmp_path)])
    assert "no such folder" in error_of(["report", str(tmp_path / "none")])
    assert "wanted .html" in error_of(["report", str(tmp_path), "-o", "page.pdf"], status=2)


def test_folders_and_sounds_are_compared(stems, capsys, error_of, monkeypatch):
    monkeypatch.setattr(tracks, "BLOCK_LENGTH", 4.0)
    shutil.copytree(stems, "again")
    assert run("report stems again".split()) == 0
    assert capsys.readouterr().out == "comparison.html\n"
    data = data_of("comparison.html")
    names = [track["name"] for track in data["tracks"]]
    assert names == [f"{stem} · {folder}" for stem in ("left", "right", "residual") for folder in ("stems", "again")]
    assert len(data["notes"]) == json.loads(Path("stems/stems.json").read_text())["notes"]
    words = "report stems/left.wav stems/right.wav -o two.html --notes stems/separation.npz"
    assert run(words.split()) == 0
    data = data_of("two.html")
    assert [track["name"] for track in data["tracks"]] == ["left.wav", "right.wav"]
    assert len(data["notes"]) > 20
    assert "not both" in error_of("report stems song.flac".split(), status=2)
    Path("none").mkdir()
    shutil.copy("song.flac", "none/other.flac")
    assert "No stem has the same name" in error_of("report stems none".split(), status=2)
    assert "--notes is for" in error_of("report stems --notes song.csv".split(), status=2)
