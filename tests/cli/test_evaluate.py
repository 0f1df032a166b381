"""Stems and notes beside the true ones, as a table and as JSON."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from scoresep.cli.main import run

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def stems(waltz):
    """Give an empty folder for stems, and one with the true ones beside the recording."""
    shutil.copytree(FIXTURES / "stems", waltz / "true/stems")
    shutil.copy(FIXTURES / "waltz.flac", waltz / "true/recording.flac")
    (waltz / "stems").mkdir()
    return waltz / "stems"


def true_stem(name):
    """Return the samples of a true stem, shape (samples, channels)."""
    return soundfile.read(FIXTURES / f"stems/{name}.flac", always_2d=True)


def write(folder, **sounds):
    """Write sounds of shape (samples, channels) to a folder."""
    for name, samples in sounds.items():
        soundfile.write(folder / f"{name}.wav", samples, 44100, subtype="FLOAT")


def figures(capsys, *words):
    """Return what the command prints as JSON."""
    capsys.readouterr()
    assert run(["evaluate", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_true_stems_are_perfect(stems, capsys):
    left, right = true_stem("left")[0], true_stem("right")[0]
    write(stems, left=left, right=right, residual=0 * left)
    found = figures(capsys, "true", stems)
    assert [stem["name"] for stem in found["stems"]] == ["left", "right"]
    assert all(stem["sdr"] > 80 and stem["snr"] > 80 for stem in found["stems"])
    assert all(stem["recording"] < stem["ideal_mask"] < stem["sdr"] for stem in found["stems"])
    assert found["mean"]["sdr"] == pytest.approx(np.mean([stem["sdr"] for stem in found["stems"]]))


def test_null_level_tells_what_all_files_leave_of_the_recording(stems, capsys):
    recording = soundfile.read(FIXTURES / "waltz.flac", always_2d=True)[0]
    left = true_stem("left")[0]
    write(stems, left=left, right=recording - left)
    assert figures(capsys, "true", stems)["null"] > 115
    write(stems, residual=0.01 * recording)
    assert figures(capsys, "true/stems", stems)["null"] == pytest.approx(40, abs=0.1)


def test_table_names_stems_and_null_level(stems, capsys):
    write(stems, left=true_stem("left")[0], right=true_stem("right")[0])
    assert run(["evaluate", "true", str(stems)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["SDR", "SIR", "SAR", "SI-SDR", "SNR", "recording", "ideal", "mask"]
    assert [line.split()[0] for line in lines[1:]] == ["left", "right", "mean", "null"]


def test_silence_is_said(stems, capsys):
    write(stems, left=0 * true_stem("left")[0], right=true_stem("right")[0])
    left, right = figures(capsys, "true", stems)["stems"]
    assert left["sdr"] is None
    assert left["remark"] == "the stem is silent"
    assert right["remark"] == ""
    assert run(["evaluate", "true", str(stems)]) == 0
    printed = capsys.readouterr().out
    assert "the stem is silent" in printed
    assert "nan" not in printed


def test_silent_truth_is_said(stems, capsys):
    left = true_stem("left")[0]
    soundfile.write(stems.parent / "true/stems/left.flac", 0 * left, 44100)
    write(stems, left=left, right=true_stem("right")[0])
    assert figures(capsys, "true", stems)["stems"][0]["remark"] == "the true stem is silent"


def test_recording_may_be_unknown(stems, capsys):
    (stems.parent / "true/recording.flac").unlink()
    write(stems, left=true_stem("left")[0], right=true_stem("right")[0])
    found = figures(capsys, "true", stems)
    assert found["null"] is None
    assert "--recording" in found["remark"]
    assert figures(capsys, "true", stems, "--recording", "song.flac")["null"] > 40


def test_what_does_not_fit_is_told_in_a_line(stems, error_of):
    write(stems, left=true_stem("left")[0])
    assert "no stem named 'right'; it has 'left'" in error_of(["evaluate", "true", str(stems)])
    for wrong in (true_stem("right")[0][:-5], np.zeros((10**6, 1))):
        write(stems, right=wrong)
        assert f"{len(wrong)} samples at 44100 Hz" in error_of(["evaluate", "true", str(stems)])
    assert "no such folder" in error_of(["evaluate", "nothing", str(stems)])
    assert "--alignment" in error_of(["evaluate", "a", "b", "--alignment", "--recording", "c"], status=2)


def test_onsets_are_compared_by_note(waltz, capsys):
    assert run(["align", "song.flac", "score.mid", "--csv", "notes.csv", "-q"]) == 0
    found = figures(capsys, "--alignment", FIXTURES / "truth.csv", "notes.csv")
    assert found["lost"] == 0
    assert found["median"] < 15
    assert found["under_10"] <= found["under_25"] <= found["under_50"] <= found["under_100"] <= 1
    assert run(["evaluate", "--alignment", "notes.csv", "notes.csv"]) == 0
    assert "median 0.0 ms" in capsys.readouterr().out


def test_tables_without_onsets_are_told_in_a_line(waltz, error_of):
    (waltz / "a.csv").write_text("onset,pitch,score_onset\n1,60,\n")
    (waltz / "b.csv").write_text("onset,pitch\n1,60\n")
    assert "nothing to compare" in error_of(["evaluate", "--alignment", "a.csv", "a.csv"])
    assert "no column score_onset" in error_of(["evaluate", "--alignment", "b.csv", "a.csv"])
