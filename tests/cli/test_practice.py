"""``scoresep practice``: from a recording and its score, or from stems, to files to practise with."""

import csv

import pytest
import soundfile

from scoresep.cli.main import run


def test_files_of_a_recording_and_of_its_stems(waltz, fixtures, capsys):
    words = ["practice", "song.flac", str(fixtures / "waltz.musicxml"), "--iterations", "2", "--part", "LEFT"]
    assert run([*words, "--tempo", "80%", "--click", "--count-in", "1", "-o", "slow"]) == 0
    files = [f"slow/left-{kind}.wav" for kind in ("louder", "missing", "alone")]
    assert capsys.readouterr().out.split() == [*files, "slow/bars.csv"]
    rows = list(csv.DictReader((waltz / "slow/bars.csv").read_text().splitlines()))
    assert {row["beat"] for row in rows} == {"1", "2", "3"}
    lengths = {soundfile.info(waltz / file).duration for file in files}
    assert len(lengths) == 1
    assert lengths.pop() > soundfile.info(waltz / "song.flac").duration / 0.8
    assert run("practice slow/stems --part right --format flac -o fast --tempo 150".split()) == 0
    made = {path.name for path in (waltz / "fast").iterdir()}
    assert made == {"bars.csv", *(f"right-{kind}.flac" for kind in ("louder", "missing", "alone"))}
    times = [float(row["time"]) for row in csv.DictReader((waltz / "fast/bars.csv").read_text().splitlines())]
    assert times[5] - times[4] == pytest.approx(60 / 150, abs=2e-4)


def test_mistakes_cost_nothing(waltz, fixtures, error_of):
    score = str(fixtures / "waltz.musicxml")
    assert "has no part 'Alto'; the parts are left, right" in error_of(
        ["practice", "song.flac", score, "--part", "Alto"]
    )
    assert "no such folder of stems" in error_of(["practice", "stems"])
    assert "there is no such sound format" in error_of(["practice", "song.flac", score, "--format", "midi"])
    (waltz / "notes.csv").write_text("onset,offset,pitch\n0.5,0.85,68\n")
    assert "has no bars" in error_of(["practice", "song.flac", "notes.csv", "--click"])
    assert "Name a recording" in error_of(["practice"], status=2)
    assert not (waltz / "song_practice").exists()
