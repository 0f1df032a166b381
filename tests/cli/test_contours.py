"""The pitch of singers on the command line: export, evaluate, plot, and the report."""

import json
import re
import shutil
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest

from scoresep.cli.main import run
from scoresep.io.contour_table import read_contours
from scoresep.io.note_table import read_notes
from scoresep.io.npz import load
from scoresep.values import Decomposition, SeparationRecord

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give a folder with the stems of the ballad, their report and the files of all stages."""
    folder = tmp_path_factory.mktemp("ballad")
    song = [str(FIXTURES / "ballad.flac"), str(FIXTURES / "ballad.mid")]
    words = ["-q", "-o", str(folder / "stems"), "--keep", str(folder / "kept"), "--iterations", "4", "--report"]
    assert run(["separate", *song, *words]) == 0
    return folder


@pytest.fixture
def ballad(made, tmp_path, monkeypatch):
    """Give a copy of that folder, and go there."""
    monkeypatch.chdir(shutil.copytree(made, tmp_path / "ballad"))
    return tmp_path / "ballad"


def test_contours_are_exported_from_a_decomposition_and_from_a_record(ballad):
    assert run("export --contours kept/ballad.parts.npz -o parts.csv".split()) == 0
    assert run("export --contours stems/separation.npz -o record.csv".split()) == 0
    assert (ballad / "parts.csv").read_text() == (ballad / "record.csv").read_text()
    found = load(ballad / "kept/ballad.parts.npz", Decomposition).contours
    assert read_contours(ballad / "parts.csv")["Vocals"][1] == pytest.approx(found.sounding[0], abs=1e-3)


def test_one_singer_is_exported_without_a_line_of_names(ballad):
    assert run("export --contours stems/separation.npz --singer vocals -o one.csv".split()) == 0
    assert (ballad / "one.csv").read_text().startswith("0.000,0.000\n0.020,")


def test_notes_are_exported_from_a_record(ballad):
    assert run("export stems/separation.npz -o record.csv".split()) == 0
    assert run("export kept/ballad.align.npz -o align.csv".split()) == 0
    record, align = (read_notes(ballad / name).notes for name in ("record.csv", "align.csv"))
    assert all(np.array_equal(getattr(record, name), getattr(align, name)) for name in ("onset", "offset", "pitch"))
    assert not np.array_equal(record.velocity, align.velocity)  # the record knows how loud notes are played


def test_pitches_are_compared(ballad, capsys):
    assert run("export -q --contours stems/separation.npz -o a.csv".split()) == 0
    assert run("evaluate --pitch a.csv a.csv".split()) == 0
    assert re.search(r"Vocals +100.0 % +100.0 % +100.0 % +0.0 % +100.0 %", capsys.readouterr().out)
    assert run("evaluate --pitch a.csv a.csv --json".split()) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["raw_pitch"]) == ("Vocals", 1.0)


def test_wrong_words_are_one_line(ballad, error_of):
    assert "wanted .csv" in error_of("export --contours stems/separation.npz -o a.mid".split(), status=2)
    assert "--singer is for" in error_of("export stems/separation.npz --singer A -o a.csv".split(), status=2)
    assert "are for notes" in error_of(
        "export --contours stems/separation.npz --groups g.yaml -o a.csv".split(), status=2
    )
    assert "no singer 'Alto'" in error_of("export --contours stems/separation.npz --singer Alto -o a.csv".split())
    assert "holds alignment; wanted decomposition" in error_of(
        "export --contours kept/ballad.align.npz -o a.csv".split()
    )
    assert "cannot be used together" in error_of("evaluate a b --pitch --alignment".split(), status=2)
    assert "not for --pitch" in error_of("evaluate a b --pitch --recording c".split(), status=2)
    assert "no such file" in error_of("evaluate a.csv b.csv --pitch".split())
    (ballad / "a.csv").write_text("time,frequency,part\n0,1,A\n0,1,B\n")
    (ballad / "b.csv").write_text("time,frequency,part\n0,1,A\n0,1,C\n")
    assert "no contour of 'B'; it has 'A', 'C'" in error_of("evaluate a.csv b.csv --pitch".split())


@pytest.mark.parametrize(
    "files",
    [
        "kept/ballad.parts.npz",
        "kept/ballad.parts.npz kept/ballad.stft.npz",
        "kept/ballad.stft.npz kept/ballad.align.npz kept/ballad.parts.npz kept/ballad.masks.npz",
        "--loss kept/ballad.parts.npz",
        "kept/ballad.parts.npz kept/ballad.stft.npz --y-axis note --start 2 --end 4",
        "stems/separation.npz kept/ballad.stft.npz",
    ],
)
def test_everything_can_be_drawn(ballad, files):
    assert run(["plot", *files.split(), "-o", "a.png"]) == 0


def test_report_has_the_contours(ballad):
    text = (ballad / "stems/report.html").read_text()
    (data,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    record = load(ballad / "stems/separation.npz", SeparationRecord)
    (own,) = json.loads(data)["contours"]
    assert (own["name"], own["track"], own["period"]) == ("Vocals", 0, 0.04)
    pitch = np.frombuffer(b64decode(own["pitch"]), "<u2") / own["steps"]
    frequency = record.contours.sounding[0, ::2]
    assert np.array_equal(pitch > 0, frequency > 0)
    sung = frequency > 0
    offset = record.alignment.transposition + record.alignment.tuning / 100
    assert 440 * 2 ** ((pitch[sung] + offset - 69) / 12) == pytest.approx(frequency[sung], rel=1e-3)
    assert len(own["pitch"]) < 70 * record.alignment.notes.offset.max() + 200  # bytes of text for each second
