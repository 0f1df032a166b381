"""Bars and beats as a table, labels and sync points."""

import csv
import json

import numpy as np
import pytest
from performance import performed, scale, time_of

from scoresep.exports.bars import export_bars, sync_points
from scoresep.io.scores import read_unfoldings


def test_table_has_a_row_for_each_beat(tmp_path):
    export_bars(performed(*scale()), tmp_path / "bars.csv")
    rows = list(csv.DictReader((tmp_path / "bars.csv").read_text().splitlines()))
    assert [(row["bar"], row["beat"], row["repeat"]) for row in rows[:4]] == [
        ("1", "1", "1"), ("1", "2", "1"), ("1", "3", "1"), ("2", "1", "1"),
    ]  # fmt: skip
    assert [float(row["score_time"]) for row in rows] == pytest.approx((0.5 * np.arange(12)).tolist())
    assert [float(row["time"]) for row in rows] == pytest.approx(time_of(0.5 * np.arange(12)).tolist(), abs=1e-4)


def test_labels_name_the_bars_and_their_repeats(tmp_path, fixtures):
    notes = read_unfoldings(fixtures / "minuet.musicxml")[0]
    export_bars(performed(notes, notes.beats), tmp_path / "bars.txt")
    rows = [line.split("\t") for line in (tmp_path / "bars.txt").read_text().splitlines()]
    assert [label for _, _, label in rows][:2] == ["1", "2"]
    assert "1 (2)" in [label for _, _, label in rows]
    assert all(begin == end for begin, end, _ in rows)


def test_sync_points_are_the_same_in_both_formats(tmp_path):
    alignment = performed(*scale())
    export_bars(alignment, tmp_path / "song.json")
    export_bars(alignment, tmp_path / "song.alphatex")
    points = json.loads((tmp_path / "song.json").read_text())
    assert points[4] == {
        "barIndex": 1, "barOccurence": 0, "barPosition": pytest.approx(1 / 3, abs=1e-5),
        "millisecondOffset": round(1000 * float(time_of(2.0))),
    }  # fmt: skip
    lines = [line.split() for line in (tmp_path / "song.alphatex").read_text().splitlines()]
    assert {line[0] for line in lines} == {"\\sync"}
    names = ("barIndex", "barOccurence", "millisecondOffset", "barPosition")
    for point, line in zip(points, lines, strict=True):
        assert [float(word) for word in line[1:]] == pytest.approx([point[name] for name in names], abs=1e-5)


def test_repeats_are_occurrences_of_their_bar(tmp_path, fixtures):
    notes = read_unfoldings(fixtures / "minuet.musicxml")[0]
    export_bars(performed(notes, notes.beats), tmp_path / "song.json")
    points = json.loads((tmp_path / "song.json").read_text())
    occurrences = {(point["barIndex"], point["barOccurence"]) for point in points if point["barPosition"] == 0}
    assert {(0, 0), (0, 1)} <= occurrences
    times = [point["millisecondOffset"] for point in points]
    assert times == sorted(times)


def test_a_bar_that_is_not_played_to_its_end_is_still_whole(tmp_path):
    alignment = performed(*scale(), shift=float(time_of(0.5)) - 0.1, duration=2.0)
    points = sync_points(alignment)
    assert (points[0]["barIndex"], points[0]["barPosition"]) == (0, pytest.approx(1 / 3, abs=1e-5))
    assert {point["barPosition"] for point in points} <= {0.0, 0.333333, 0.666667}


def test_another_suffix_is_the_callers_error(tmp_path):
    with pytest.raises(ValueError, match=r"cannot be written; wanted \.csv"):
        export_bars(performed(*scale()), tmp_path / "bars.pdf")
