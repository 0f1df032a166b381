"""Tables of pitch contours are read as they are written, and by mir_eval."""

import mir_eval.io
import numpy as np
import pytest
import synth

from scoresep.errors import InputError
from scoresep.io.contour_table import read_contours, write_contours
from scoresep.io.npz import load, save
from scoresep.stages.align import align
from scoresep.values import Contours, SeparationRecord

FREQUENCY = np.array([[0, 220.0, 221.5, 0], [330.25, 0, 0, 331.0]])


@pytest.fixture(scope="module")
def record():
    """Give the record of a separation with two singers."""
    score = synth.duet()
    alignment = align(synth.recording(score), score, is_aligned=True)
    contours = Contours(FREQUENCY, np.array([0, 1]), 0.02)
    return SeparationRecord(alignment, (), np.zeros((0, len(score))), np.ones(2), contours, np.array([2, 1]))


def test_table_is_read_as_it_was_written(record, tmp_path):
    write_contours(record, tmp_path / "contours.csv")
    found = read_contours(tmp_path / "contours.csv")
    assert list(found) == ["Left hand", "Right hand"]
    for own, frequency in zip(found.values(), FREQUENCY, strict=True):
        assert own[0] == pytest.approx([0, 0.02, 0.04, 0.06])
        assert own[1] == pytest.approx(frequency)
    assert (tmp_path / "contours.csv").read_text().splitlines()[:3] == [
        "time,frequency,part", "0.000,0.000,Left hand", "0.020,220.000,Left hand",
    ]  # fmt: skip


def test_table_of_one_singer_is_read_by_mir_eval(record, tmp_path):
    write_contours(record, tmp_path / "one.csv", singer="right HAND")
    times, frequency = mir_eval.io.load_time_series(tmp_path / "one.csv", delimiter=",")
    assert times == pytest.approx([0, 0.02, 0.04, 0.06])
    assert frequency == pytest.approx(FREQUENCY[1])
    assert read_contours(tmp_path / "one.csv")[""][1] == pytest.approx(FREQUENCY[1])


def test_singers_of_one_part_have_numbers(record):
    twice = SeparationRecord(record.alignment, (), record.weights, record.loss, record.contours, np.array([2, 2]))
    assert twice.singers == ("Left hand 1", "Left hand 2")


def test_record_keeps_the_contours(record, tmp_path):
    save(record, tmp_path / "separation.npz")
    found = load(tmp_path / "separation.npz", SeparationRecord)
    assert np.array_equal(found.contours.frequency, FREQUENCY)
    assert found.singers == record.singers


def test_singers_that_are_not_there_are_told(record, tmp_path):
    with pytest.raises(ValueError, match="no singer 'Alto'; the singers are Left hand, Right hand"):
        write_contours(record, tmp_path / "a.csv", singer="Alto")
    silent = SeparationRecord(record.alignment, (), record.weights, record.loss)
    with pytest.raises(ValueError, match="there are no contours"):
        write_contours(silent, tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "has no contours"),
        ("time,part\n0,a\n", "no column frequency"),
        ("time,frequency\n0,a\n", ":2: frequency 'a' is not a number"),
        ("0,1\n0,2\n", ":2: times must rise"),
        ("-1,1\n", ":1: time -1 is before the recording"),
        ("0,nan\n", ":1: frequency 'nan' is not a number"),
        ("time,frequency,part\n0,1\n", ":2: 2 values; wanted time, frequency, part"),
        ("0\n", ":1: 1 values"),
    ],
)
def test_damaged_table_is_told_in_a_line(tmp_path, text, wanted):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=wanted):
        read_contours(tmp_path / "a.csv")
