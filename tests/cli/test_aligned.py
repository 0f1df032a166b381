"""``separate --aligned`` puts the notes where a table has them, and knows the beats of the score."""

import io

import numpy as np
import pytest
import soundfile
import synth

from scoresep.cli.main import run
from scoresep.io.note_table import write_notes
from scoresep.io.npz import load
from scoresep.io.scores import read_score
from scoresep.stages.align import align
from scoresep.values import SeparationRecord

QUICK = ["--hop", "256", "--n-fft", "1024", "--iterations", "2", "-q"]


@pytest.fixture
def song(tmp_path, monkeypatch):
    """Give the lines of the table of a duet's notes, and work in a folder with its recording and its score."""
    monkeypatch.chdir(tmp_path)
    recording = synth.recording(synth.duet())
    soundfile.write("song.wav", recording.samples.T, synth.RATE)
    synth.write_score("score.mid", synth.duet())
    text = io.StringIO()
    write_notes(align(recording, read_score("score.mid"), is_aligned=True), text)
    return text.getvalue().splitlines()


def test_notes_stay_where_the_table_has_them(song, tmp_path):
    begin, rest = song[5].split(",", 1)
    lines = [*song[:5], f"{float(begin) + 0.05:.4f},{rest}", *song[6:-1]]  # one is moved, the last is taken out
    (tmp_path / "notes.csv").write_text("\n".join(lines))
    assert run(["separate", "song.wav", "score.mid", "--aligned", "notes.csv", "-o", "out", *QUICK]) == 0
    record = load(tmp_path / "out" / "separation.npz", SeparationRecord)
    assert sorted(record.notes.onset) == pytest.approx(sorted(float(line.split(",")[0]) for line in lines[1:]))
    score = read_score("score.mid")
    assert np.array_equal(record.alignment.beats.time, score.beats.time)
    assert record.alignment.sections.shape == (1, 4)


def test_a_part_may_be_left_out_of_the_table_already(song, tmp_path):
    for lines in (song, [line for line in song if "Left hand" not in line]):
        (tmp_path / "notes.csv").write_text("\n".join(lines))
        words = ["score.mid", "--aligned", "notes.csv", "--without", "Left hand", "-o", "out", "--overwrite"]
        assert run(["separate", "song.wav", *words, *QUICK]) == 0
        assert set(load(tmp_path / "out" / "separation.npz", SeparationRecord).notes.part_names) >= {"Right hand"}
        assert not (tmp_path / "out" / "left.wav").exists()


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("notes.csv --aligned notes.csv", 2, "notes.csv is aligned already; leave out --aligned"),
        ("score.mid --aligned nothing.csv", 1, "nothing.csv: no such file"),
        ("other.mid --aligned notes.csv", 1, "notes.csv: hardly a note of the table is in the score"),
        ("score.mid --aligned notes.csv --anchors anchors.csv", 2, "leave out --anchors"),
        ("score.mid song.wav score.mid --aligned notes.csv", 2, "--aligned is for one recording"),
    ],
)
def test_mistake_is_named(song, words, status, says, tmp_path, error_of):
    (tmp_path / "notes.csv").write_text("\n".join(song))
    (tmp_path / "anchors.csv").write_text("score,recording\n1,1\n")
    synth.write_score("other.mid", synth.notes(*((0.3 * k, 0.3 * k + 0.2, 40 + k, 1) for k in range(20))))
    assert says in error_of(["separate", "song.wav", *words.split(), "-o", "out"], status)
    assert not (tmp_path / "out").exists()
