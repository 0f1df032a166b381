"""The report as a command, and as an option of ``separate``."""

import json
from pathlib import Path

import pytest

from scoresep.cli.main import run

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
