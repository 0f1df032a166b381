"""``scoresep export``: aligned notes for other programs."""

import xml.etree.ElementTree as ET

import pytest
import soundfile

from scoresep.cli.main import run
from scoresep.io.npz import load
from scoresep.io.scores import read_score
from scoresep.values import Alignment


@pytest.fixture
def aligned(waltz):
    """Give the aligned waltz, which is in song.align.npz."""
    assert run("align song.flac score.mid -o song.align.npz".split()) == 0
    return load(waltz / "song.align.npz", Alignment)


def test_midi_has_a_track_for_each_group_in_recording_time(aligned, waltz):
    assert run("export song.align.npz --groups hands.yaml -o song.mid".split()) == 0
    notes = read_score(waltz / "song.mid")
    assert notes.part_names == ("left", "right")
    assert notes.onset == pytest.approx(aligned.notes.onset, abs=1e-3)
    assert notes.offset == pytest.approx(aligned.notes.offset, abs=1e-3)
    assert sorted(notes.pitch.tolist()) == sorted(aligned.notes.pitch.tolist())


def test_table_is_that_of_the_alignment(aligned, waltz):
    assert run("export song.align.npz -o song.csv".split()) == 0
    assert run("align song.flac score.mid --csv notes.csv".split()) == 0
    assert (waltz / "song.csv").read_text() == (waltz / "notes.csv").read_text()


def test_labels_have_begin_end_and_name(aligned, waltz):
    assert run("export song.align.npz --groups hands.yaml -o song.txt".split()) == 0
    rows = [line.split("\t") for line in (waltz / "song.txt").read_text().splitlines()]
    assert len(rows) == len(aligned.notes)
    assert all(0 <= float(begin) < float(end) for begin, end, _ in rows)
    assert rows[0][2] == "right Ab4"


def test_layers_have_a_model_for_each_group(aligned, waltz):
    assert run("export song.align.npz -o song.svl".split()) == 0
    root = ET.parse(waltz / "song.svl").getroot()
    assert [model.get("name") for model in root.iter("model")] == ["left", "right"]
    points = list(root.iter("point"))
    assert len(points) == len(aligned.notes)
    assert min(int(point.get("frame")) for point in points) == round(aligned.notes.onset.min() * 44100)


def test_tables_can_be_exported(aligned, waltz):
    assert run("export song.align.npz -o song.csv".split()) == 0
    assert run("export song.csv -o again.mid".split()) == 0
    assert len(read_score(waltz / "again.mid")) == len(aligned.notes)


def test_what_cannot_be_written_is_one_line(aligned, error_of):
    assert "cannot be written; wanted .mid" in error_of("export song.align.npz -o song.ly".split(), status=2)
    assert "song.flac" in error_of("export song.flac -o song.mid".split())
    assert "is there already" in error_of("export song.align.npz -o score.mid".split())


def test_inputs_are_not_replaced(aligned, waltz, error_of):
    (waltz / "hands.txt").write_bytes((waltz / "hands.yaml").read_bytes())
    (waltz / "table.csv").write_text("onset,offset,pitch\n0.5,0.85,68\n")
    for words in ("song.align.npz --groups hands.txt -o hands.txt", "table.csv -o table.csv"):
        before = {path.name: path.read_bytes() for path in waltz.iterdir()}
        assert "which is read" in error_of(["export", *words.split(), "--overwrite"])
        assert {path.name: path.read_bytes() for path in waltz.iterdir()} == before


@pytest.fixture
def aligned_bars(waltz, fixtures):
    """Give the alignment of the waltz with its notation, which is in song.align.npz."""
    assert run(["align", "song.flac", str(fixtures / "waltz.musicxml"), "-o", "song.align.npz"]) == 0
    return load(waltz / "song.align.npz", Alignment)


def test_bars_clicks_and_score_time(aligned_bars, waltz, fixtures):
    assert run("export song.align.npz --bars -o bars.csv".split()) == 0
    assert run("export song.align.npz --bars -o bars.txt".split()) == 0
    assert run("export song.align.npz -o song.json".split()) == 0
    assert run("export song.align.npz --count-in 1 -o click.wav".split()) == 0
    assert run("export song.align.npz --score-time -o song.mid".split()) == 0
    assert run(["export", "song.align.npz", "--score", str(fixtures / "waltz.musicxml"), "-o", "new.musicxml"]) == 0
    assert (waltz / "bars.csv").read_text().startswith("bar,beat,repeat,score_time,time\n1,1,1,0.0000,")
    assert (waltz / "bars.txt").read_text().splitlines()[1].endswith("\t2")
    assert len((waltz / "song.json").read_text()) > 1000
    assert soundfile.info(waltz / "click.wav").duration > 12
    notes = read_score(waltz / "song.mid")
    assert notes.part_names == ("left", "right")
    assert notes.onset == pytest.approx(aligned_bars.notes.onset, abs=0.05)
    assert len(read_score(waltz / "new.musicxml", repeats="none")) > 0


def test_stems_know_how_loud_notes_are(waltz, error_of):
    assert run("separate song.flac score.mid --iterations 2 -o stems".split()) == 0
    assert run("export stems -o played.mid".split()) == 0
    assert run("export stems/separation.npz --velocity score -o written.mid".split()) == 0
    assert run("export stems -o song.rpp".split()) == 0
    assert len(set(read_score(waltz / "played.mid").velocity.tolist())) > 5
    assert read_score(waltz / "written.mid").velocity.max() == read_score(waltz / "score.mid").velocity.max()
    assert 'FILE "stems/left.wav"' in (waltz / "song.rpp").read_text()
    assert run("align song.flac score.mid -o song.align.npz".split()) == 0
    assert "no such folder of stems" in error_of("export song.align.npz -o again.rpp".split())
    assert "does not tell how loud" in error_of("export song.align.npz --velocity played -o again.mid".split())


def test_options_that_do_not_go_together(aligned, error_of):
    for words, message in (
        ("--bars --score-time -o a.mid", "ask for different files"),
        ("--bars --groups hands.yaml -o a.csv", "are for notes"),
        ("--count-in 1 -o a.mid", "is for clicks"),
        ("-o a.musicxml", "give both or neither"),
        ("--bars --velocity score -o a.csv", "is for notes"),
        ("--score-time -o a.svl", "wanted .mid."),
    ):
        assert message in error_of(["export", "song.align.npz", *words.split()], status=2)
