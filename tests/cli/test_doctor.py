"""What the program says of itself and its machine."""

import json

from scoresep.cli.main import run


def test_doctor_tells_versions_codecs_and_machine(capsys):
    assert run(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"python", "scoresep", "numpy", "scipy", "soundfile", "libsndfile"} <= found["versions"].keys()
    assert "PCM_24" in found["codecs"]["FLAC"]
    assert found["machine"]["cores used"] >= 1
    assert found["machine"]["memory"] > 1e8
    assert found["self-test"]["passed"]
    assert found["self-test"]["SDR (dB)"] > 15


def test_doctor_is_read_by_people_too(capsys):
    assert run(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert all(f"{title}:\n" in printed for title in ("versions", "codecs", "machine", "self-test"))


def test_doctor_says_that_something_is_wrong(monkeypatch, error_of, capsys):
    monkeypatch.setattr("scoresep.cli.doctor.LEAST_SDR", 1000.0)
    assert run(["doctor"]) == 1
    assert "the self-test has failed" in capsys.readouterr().err
