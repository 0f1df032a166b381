"""The hands of a score that does not tell them: estimated once, written into tables, and corrected there."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile
import synth

import scoresep
from scoresep.cli.main import run
from scoresep.io.scores import read_score


@pytest.fixture
def estimates(monkeypatch):
    """Count the estimates of the hands: give a list that gets the number of notes of each."""
    counted = []

    def estimate(notes):
        counted.append(len(notes))
        return notes.pitch < 60

    monkeypatch.setattr("scoresep.score.hands.estimate_hands", estimate)
    return counted


@pytest.fixture
def untold(tmp_path, monkeypatch):
    """Work beside song.wav and score.mid, a duet whose score does not tell the hands."""
    duet = synth.duet()
    soundfile.write(tmp_path / "song.wav", synth.tones(duet)[0], synth.RATE, "PCM_16")
    one_part = dataclasses.replace(duet, part=np.ones(len(duet), int), part_names=("Piano",))
    synth.write_score(tmp_path / "score.mid", one_part)
    monkeypatch.chdir(tmp_path)
    return one_part


GROUPS = "left: {hand: left}\nright: {hand: right}\nlow: {hand: left, pitch: ..C3}\n"


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("separate song.wav score.mid", 1),
        ("separate song.wav score.mid --groups hands.yaml", 1),
        ("separate song.wav score.mid --groups pitch.yaml", 0),
        ("stft song.wav align score.mid decompose --iterations 1 mask --groups hands.yaml render", 1),
        ("inspect score.mid --json", 1),
    ],
)
def test_the_hands_are_estimated_once(words, count, untold, estimates, capsys):
    Path("hands.yaml").write_text(GROUPS)
    Path("pitch.yaml").write_text("low: {pitch: ..B3}\nhigh: rest\n")
    assert run(words.split()) == 0
    assert len(estimates) == count
    captured = capsys.readouterr()
    assert (captured.out + captured.err).count("is an estimate") == count


def test_the_hands_of_a_table_are_estimated_once_unless_it_tells_them(untold, estimates):
    assert run("align song.wav score.mid --csv notes.csv".split()) == 0
    assert run("separate song.wav notes.csv -o told --iterations 1".split()) == 0
    assert len(estimates) == 1
    lines = [line.split(",") for line in Path("notes.csv").read_text().splitlines()]
    column = lines[0].index("hand")
    Path("bare.csv").write_text("".join(",".join(line[:column] + line[column + 1 :]) + "\n" for line in lines))
    assert run("separate song.wav bare.csv -o bare --iterations 1".split()) == 0
    assert len(estimates) == 2


def test_hands_are_looked_for_only_when_they_are_asked_for(estimates, untold):
    assert not read_score("score.mid").hand.any()
    assert not estimates


def rows_of(path):
    """Return the lines of a table as mappings."""
    return list(csv.DictReader(Path(path).read_text().splitlines()))


def write_rows(path, rows):
    """Write mappings as the lines of a table."""
    with Path(path).open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def pitches_of(folder):
    """Return the pitches of each stem in a folder."""
    record = scoresep.load(f"{folder}/separation.npz", scoresep.SeparationRecord)
    notes = record.alignment.notes
    return {name: notes.pitch[weights > 0].tolist() for name, weights in zip(record.names, record.weights, strict=True)}


@pytest.mark.parametrize(
    ("make", "separate"),
    [
        ("inspect score.mid --notes", "separate song.wav notes.csv --iterations 1"),
        ("align song.wav score.mid --csv -", "separate song.wav notes.csv --iterations 1"),
        ("align song.wav score.mid --csv -", "stft song.wav decompose notes.csv --iterations 1 mask render"),
    ],
)
def test_hands_are_corrected_in_a_table(make, separate, untold, estimates, capsys):
    assert run([*make.split(), "-q"]) == 0
    Path("notes.csv").write_text(capsys.readouterr().out)
    rows = rows_of("notes.csv")
    assert [row["hand"] for row in rows] == ["left" if int(row["pitch"]) < 60 else "right" for row in rows]
    for row in rows:
        if row["pitch"] == "55":
            row["hand"] = "Right"
        elif row["pitch"] == "72":
            row["hand"] = ""
    write_rows("notes.csv", rows)
    Path("hands.yaml").write_text("left: {hand: left}\nright: {hand: right}\n")
    assert run([*separate.split(), "-o", "stems"]) == 0
    if "separate" in separate:
        found = pitches_of("stems")
        assert set(found["left"]) == {48, 53, 50}
        assert {55, 72} < set(found["right"])
    left = soundfile.read("stems/left.wav")[0]
    assert np.abs(left[int(1.4 * synth.RATE) : int(2.0 * synth.RATE)]).max() < 0.1 * np.abs(left).max()


def test_a_table_of_a_score_is_that_score(untold, capsys):
    assert run("inspect score.mid --notes".split()) == 0
    Path("table.csv").write_text(capsys.readouterr().out)
    table, score = read_score("table.csv"), read_score("score.mid")
    for column in ("onset", "offset", "pitch", "velocity", "part", "channel", "program", "staff", "voice"):
        assert getattr(table, column) == pytest.approx(getattr(score, column), abs=1e-4), column
    assert table.part_names == score.part_names
    assert "(from notes)" in shown(["inspect", "table.csv"], capsys)


def shown(words, capsys):
    """Return what a command prints."""
    capsys.readouterr()
    assert run(words) == 0
    return capsys.readouterr().out


def test_a_table_is_exported_with_the_estimate(untold, estimates):
    assert run("separate song.wav score.mid --groups pitch.yaml --keep . --iterations 1".split()) == 1
    Path("pitch.yaml").write_text("low: {pitch: ..B3}\n")
    assert run("separate song.wav score.mid --groups pitch.yaml --keep . --iterations 1".split()) == 0
    assert not estimates
    assert run("export song.align.npz -o notes.csv".split()) == 0
    assert {row["hand"] for row in rows_of("notes.csv")} == {"left", "right"}


def test_what_is_no_hand_is_named(untold, error_of):
    Path("notes.csv").write_text("onset,offset,pitch,hand\n0,1,60,left\n1,2,60,L.H.\n")
    assert "notes.csv, line 3: hand 'L.H.' is not left, right or empty" in error_of(["inspect", "notes.csv"])


@pytest.mark.parametrize("words", ["--notes --json", "--notes --groups", "--groups --json"])
def test_only_one_form_of_what_a_score_holds_is_printed(words, untold, error_of):
    message = error_of(["inspect", "score.mid", *words.split()], status=2)
    assert "cannot be used together" in message
