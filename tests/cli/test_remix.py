"""``scoresep remix``."""

import numpy as np
import pytest
import soundfile
from browsing import data_of

from scoresep.cli.main import run

PARTS = {"left": 0.1, "right": 0.2, "residual": 0.0}


@pytest.fixture
def stems(tmp_path, monkeypatch):
    """Work in a folder with a folder of stems."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stems").mkdir()
    for name, value in PARTS.items():
        soundfile.write(tmp_path / "stems" / f"{name}.wav", np.full((800, 2), value), 8000)
    return tmp_path / "stems"


def level(path):
    """Return the samples of a file that are the same throughout, one for each channel."""
    return np.round(soundfile.read(path, always_2d=True)[0][0], 3).tolist()


def test_stems_become_louder_and_softer(stems, capsys):
    assert run(["remix", "stems", "--gain", "left=+20", "--gain", "right=-inf", "--pan", "left=-1", "-o", "m.wav"]) == 0
    assert capsys.readouterr().out == "m.wav\n"
    assert level("m.wav") == [1.0, 0.0]


def test_named_mixes_are_written_to_a_folder(stems, tmp_path, capsys):
    (tmp_path / "mixes.yaml").write_text("soft: {left: -20}\nalone: {right: {gain: -inf}}\n")
    assert run(["remix", "stems", "--mixes", "mixes.yaml", "--format", "flac", "-o", "mixes"]) == 0
    assert capsys.readouterr().out.splitlines() == ["mixes/soft.flac", "mixes/alone.flac"]
    assert level("mixes/soft.flac") == [0.21, 0.21]
    assert level("mixes/alone.flac") == [0.1, 0.1]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--gain", "lft=3", "-o", "m.wav"], 1, "has no stem 'lft'"),
        (["--gain", "left", "-o", "m.wav"], 2, "'left' is not STEM=NUMBER"),
        (["--gain", "left=90", "-o", "m.wav"], 2, "wanted at most 60"),
        (["-o", "m"], 1, "no suffix"),
        (["-o", "stems/left.wav", "--overwrite"], 1, "would replace"),
        (["-o", "stems/left.wav"], 1, "is there already"),
        (["--mixes", "mixes.yaml", "--gain", "left=3", "-o", "m"], 2, "leave out --gain"),
        (["--mixes", "none.yaml", "-o", "m"], 1, "no such file"),
        (["--format", "flac", "-o", "m.wav"], 2, "--format is for named mixes"),
        (["-o", "m.wav", "--subtype", "PCM_99"], 1, "PCM_99"),
    ],
)
def test_mistakes_are_said_before_anything_is_written(stems, error_of, words, status, message):
    before = sorted(stems.parent.rglob("*"))
    assert message in error_of(["remix", "stems", *words], status)
    assert sorted(stems.parent.rglob("*")) == before


def test_a_report_compares_the_recording_with_its_mixes(stems, tmp_path, capsys):
    assert run("remix stems --gain right=-inf -o m.wav --report".split()) == 0
    assert capsys.readouterr().out == "m.wav\nm.html\n"
    assert [track["name"] for track in data_of("m.html")["tracks"]] == ["recording", "m"]
    (tmp_path / "mixes.yaml").write_text("soft: {left: -20}\nalone: {right: {gain: -inf}}\n")
    assert run("remix stems --mixes mixes.yaml -o mixes --report".split()) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "mixes/report.html"
    tracks = data_of("mixes/report.html")["tracks"]
    assert [track["name"] for track in tracks] == ["recording", "soft", "alone"]
    assert [track["level"] for track in tracks] == pytest.approx([-10.46, -13.56, -20.0], abs=0.05)
