"""Tables on the command line: aligned notes that are given back, anchors, and scores of something else."""

import csv
import io

import mido
import numpy as np
import pytest
import soundfile

import scoresep
from scoresep.cli.main import run
from scoresep.io.note_table import COLUMNS

STEMS = ("left.wav", "right.wav", "residual.wav")


@pytest.fixture
def table(waltz):
    """Give the rows of a table of the aligned waltz, which is in notes.csv, and work beside it."""
    assert run("align song.flac score.mid --csv notes.csv".split()) == 0
    return rows_of((waltz / "notes.csv").read_text())


@pytest.fixture
def other(waltz):
    """Give a score of another piece in other.mid, and work beside it."""
    track = mido.MidiTrack()
    for pitch in np.random.default_rng(0).integers(36, 96, 60).tolist():
        track.append(mido.Message("note_on", note=pitch))
        track.append(mido.Message("note_off", note=pitch, time=120))
    mido.MidiFile(tracks=[track]).save(waltz / "other.mid")
    return waltz


def rows_of(text):
    """Return the lines of a table as mappings."""
    return list(csv.DictReader(io.StringIO(text)))


def write_rows(path, rows):
    """Write mappings as the lines of a table."""
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def samples_of(folder):
    """Return the samples of the three stems in a folder."""
    return [soundfile.read(folder / name)[0].ravel() for name in STEMS]


def test_table_given_back_gives_the_same_stems(waltz, table):
    (waltz / "notes.csv").rename(waltz / "table.CSV")
    write_rows(waltz / "notes.csv", table)
    assert run("separate song.flac score.mid --groups hands.yaml -o score --iterations 5 --keep .".split()) == 0
    for words in (
        "separate song.flac notes.csv --groups hands.yaml -o word --iterations 5",
        "separate song.flac table.CSV -o hands --iterations 5",
        "stft song.flac decompose notes.csv --iterations 5 mask --groups hands.yaml render -o chain",
        "stft song.flac decompose --iterations 5 table.CSV mask render -o free",
    ):
        assert run(words.split()) == 0
    assert run("decompose song.stft.npz notes.csv --iterations 5 -o t.parts.npz".split()) == 0
    assert run("mask t.parts.npz --groups hands.yaml -o t.masks.npz".split()) == 0
    assert run("render song.stft.npz t.masks.npz -o files".split()) == 0
    for folder in ("word", "hands", "chain", "free", "files"):
        for found, wanted in zip(samples_of(waltz / folder), samples_of(waltz / "score"), strict=True):
            assert np.corrcoef(found, wanted)[0, 1] > 0.9999, folder


def test_stems_of_a_table_add_up(waltz, table):
    assert run("separate song.flac notes.csv -o out --iterations 1".split()) == 0
    stems = sum(soundfile.read(f"out/{name}", dtype="int16")[0].astype(int) for name in STEMS)
    assert np.array_equal(stems, soundfile.read("song.flac", dtype="int16")[0])


def test_a_sound_file_is_aligned_like_its_spectrogram(waltz):
    assert run("stft song.flac -o s.stft.npz".split()) == 0
    assert run("align s.stft.npz score.mid -o one.align.npz --csv one.csv".split()) == 0
    assert run("align song.flac score.mid -o two.align.npz --csv two.csv".split()) == 0
    assert (waltz / "one.align.npz").read_bytes() == (waltz / "two.align.npz").read_bytes()
    assert (waltz / "one.csv").read_bytes() == (waltz / "two.csv").read_bytes()
    assert run("decompose s.stft.npz two.align.npz -o x.npz --iterations 1".split()) == 0


def test_parts_keep_their_numbers(waltz, table):
    (waltz / "first.yaml").write_text("first: {part: 1}\n")
    assert run("separate song.flac score.mid --groups first.yaml -o one --iterations 3".split()) == 0
    assert run("separate song.flac notes.csv --groups first.yaml -o two --iterations 3".split()) == 0
    found, wanted = (soundfile.read(f"{folder}/first.wav")[0].ravel() for folder in ("two", "one"))
    assert np.corrcoef(found, wanted)[0, 1] > 0.99


def test_parts_of_one_name_stay_two_hands(waltz):
    score = mido.MidiFile(waltz / "score.mid")
    for track in score.tracks:
        track.name = "Piano"
    score.save(waltz / "piano.mid")
    assert run("align song.flac piano.mid --csv notes.csv".split()) == 0
    assert run("separate song.flac notes.csv -o out --iterations 1".split()) == 0
    assert {path.name for path in (waltz / "out").glob("*.wav")} == set(STEMS)


def test_edited_onset_is_honoured(waltz, table):
    table[20] |= {"onset": "3.3210", "offset": "3.6543"}
    write_rows(waltz / "edited.csv", table)
    (waltz / "note.yaml").write_text("note: {each: note, time: 3.3209..3.3211}\n")
    assert run("stft song.flac decompose edited.csv mask --groups note.yaml render -o out".split()) == 0
    (row,) = rows_of((waltz / "out/notes.csv").read_text())
    assert (float(row["onset"]), float(row["offset"])) == (3.3210, 3.6543)
    assert row["pitch"] == table[20]["pitch"]
    assert 3.0 < int(row["first_sample"]) / 44100 < 3.3210


def test_deleted_notes_go_to_the_residual(waltz, table, error_of):
    write_rows(waltz / "right.csv", [row for row in table if row["part"] == "Right hand"])
    words = "separate song.flac right.csv --iterations 3 -o out".split()
    assert "names part 'Left hand'; the score has 'Right hand'" in error_of([*words, "--groups", "hands.yaml"])
    assert run(words) == 0
    assert {path.name for path in (waltz / "out").glob("*.wav")} == {"Right hand.wav", "residual.wav"}


@pytest.mark.parametrize(
    "words",
    [
        "separate song.flac few.csv --no-align -o out",
        "separate song.flac few.csv --no-align --groups each.yaml -o out",
        "stft song.flac decompose few.csv mask render -o out",
    ],
)
def test_three_columns_are_enough(words, waltz):
    (waltz / "few.csv").write_text("onset,offset,pitch\n0.5,0.85,68\n0.85,1.0,67\n")
    (waltz / "each.yaml").write_text("all: {each: part}\n")
    assert run(words.split()) == 0
    assert len(list((waltz / "out").glob("*.wav"))) == 2


def test_notes_without_a_part_are_in_no_part(waltz):
    (waltz / "some.csv").write_text("onset,offset,pitch,part\n0.5,0.85,68,Flute\n0.85,1.0,67,\n1.1,1.5,72,Oboe\n")
    (waltz / "flute.yaml").write_text("flute: {part: Flute}\nrest: rest\n")
    assert run("separate song.flac some.csv --no-align -o out --iterations 1".split()) == 0
    assert "Oboe-2.wav" not in {path.name for path in (waltz / "out").iterdir()}
    assert run("separate song.flac some.csv --no-align -o rest --iterations 1 --groups flute.yaml".split()) == 0


def test_list_of_notes_is_a_score(waltz, table):
    rows = [
        {name: row[name] for name in ("pitch", "part")} | {"onset": row["score_onset"], "offset": row["score_offset"]}
        for row in table
    ]
    write_rows(waltz / "score.csv", rows)
    assert run("align song.flac score.csv --csv found.csv".split()) == 0
    found = rows_of((waltz / "found.csv").read_text())
    assert [float(row["onset"]) for row in found] == pytest.approx([float(row["onset"]) for row in table], abs=0.02)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no column onset, offset, pitch"),
        ("onset,offset,pitch\n", "no notes"),
        ("onset,offset,pitch\n1,2,60\n2,x,60\n", "bad.csv, line 3: offset 'x' is not a number"),
        ("onset,offset,pitch\n1,2,128\n", "bad.csv, line 2: pitch 128"),
        (f"onset,offset,pitch\n1,2,{'9' * 400}\n", "bad.csv, line 2: pitch"),
        ("onset,offset,pitch,program\n1,2,60,5000\n", "bad.csv, line 2: program"),
        ("onset,offset,pitch,program\n1,2,60,-1\n", "bad.csv, line 2: program"),
        ("onset,offset,pitch,transposition\n1,2,60,100000\n", "bad.csv, line 2: transposition"),
        ("onset,offset,pitch,tuning\n1,2,60,-1e9\n", "bad.csv, line 2: tuning"),
        ('onset,offset,pitch\n"1,2,60\n2,3,60\n', "bad.csv, line 3"),
        ("\0" * 99, "bad.csv"),
    ],
)
@pytest.mark.parametrize("words", ["separate song.flac bad.csv", "stft song.flac decompose bad.csv mask render -o out"])
def test_malformed_table_is_one_line(words, content, says, waltz, error_of):
    (waltz / "bad.csv").write_text(content)
    before = sorted(waltz.iterdir())
    message = error_of(words.split())
    assert says in message
    assert "unexpected" not in message
    assert len(message) < 300
    assert sorted(waltz.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("separate song.flac nothing.csv", "o such file"),
        ("separate song.flac folder.csv", "folder.csv"),
        ("separate song.flac anchors.csv", "no column onset"),
        ("align song.flac anchors.csv -o x.npz", "no column onset"),
        ("align song.flac score.mid --anchors nothing.csv -o x.npz", "o such file"),
        ("align song.flac score.mid --anchors folder.csv -o x.npz", "folder.csv"),
        ("align song.flac score.mid --anchors notes.csv -o x.npz", "no column recording"),
        ("separate song.flac score.mid --anchors bad.csv", "bad.csv, line 3: recording times must rise"),
        ("separate song.flac score.mid --anchors short.csv", "short.csv, line 2: "),
        ("separate song.flac score.mid --anchors far.csv", "anchor"),
    ],
)
def test_wrong_table_is_one_line(words, says, waltz, error_of):
    (waltz / "folder.csv").mkdir()
    for name, text in {
        "notes": "onset,offset,pitch\n0.5,0.85,68\n",
        "anchors": "score,recording\n0,0.49\n",
        "bad": "score,recording\n2,3\n4,1\n",
        "short": "score,recording\n2\n",
        "far": "score,recording\n2,9:59\n",
    }.items():
        (waltz / f"{name}.csv").write_text(text)
    before = sorted(waltz.iterdir())
    message = error_of(words.split())
    assert says in message
    assert "unexpected" not in message
    assert sorted(waltz.iterdir()) == before


def test_mistake_in_the_groups_of_a_table_costs_nothing(waltz, table, error_of, monkeypatch):
    monkeypatch.setattr("scoresep.stages.decompose.decompose", lambda *_, **__: pytest.fail("it went on"))
    (waltz / "typo.yaml").write_text("left: {part: LH}\n")
    words = "stft song.flac decompose notes.csv mask --groups typo.yaml render -o out"
    assert "typo.yaml:1: group 'left' names part 'LH'" in error_of(words.split())


@pytest.mark.parametrize("words", ["align song.flac score.mid", "stft song.flac align score.mid"])
def test_anchors_are_kept(words, waltz, table):
    (at,) = (row for row in table if row["score_onset"] == "1.50000")
    found = float(at["onset"])
    (waltz / "anchors.csv").write_text(f"score,recording\n0:01.5,0:{found + 0.2:07.4f}\n")
    assert run([*words.split(), *"--anchors anchors.csv --csv anchored.csv".split()]) == 0
    (at,) = (row for row in rows_of((waltz / "anchored.csv").read_text()) if row["score_onset"] == "1.50000")
    assert float(at["onset"]) == pytest.approx(found + 0.2, abs=2e-4)


def test_separate_takes_anchors(waltz, capsys):
    (waltz / "anchors.csv").write_text("score,recording\n0,0.65\n")
    assert run("separate song.flac score.mid --anchors anchors.csv --keep kept --iterations 1".split()) == 0
    alignment = scoresep.load("kept/song.align.npz", scoresep.Alignment)
    assert alignment.notes.onset[0] == pytest.approx(0.65)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "align song.flac other.mid --csv x.csv",
        "separate song.flac other.mid",
        "separate song.flac other.mid --keep kept",
        "stft song.flac align other.mid decompose mask render -o out",
    ],
)
def test_score_of_another_piece_is_refused(words, other, error_of):
    before = sorted(other.iterdir())
    message = error_of(words.split())
    assert "hardly resembles the recording" in message
    assert "--force" in message
    assert sorted(other.iterdir()) == before


def test_force_goes_on_with_a_warning(other, capsys):
    assert run("align song.flac other.mid --force --csv x.csv".split()) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("scoresep: warning: the score hardly resembles the recording")
    assert len(rows_of((other / "x.csv").read_text())) == 60
    assert run("separate song.flac other.mid --force --iterations 1 -q".split()) == 0
    captured = capsys.readouterr()
    assert not captured.out + captured.err


def test_table_on_standard_output_is_all_that_is_there(waltz, capsys):
    assert run("-v align song.flac score.mid --csv -".split()) == 0
    captured = capsys.readouterr()
    rows = rows_of(captured.out)
    assert len(rows) == 118
    assert tuple(rows[0]) == COLUMNS
    (line,) = captured.err.splitlines()
    assert line.startswith("aligned 118 notes")


@pytest.mark.parametrize("option", ["--no-align", "--force"])
def test_options_of_the_alignment_are_refused_beside_a_table(waltz, error_of, option):
    (waltz / "few.csv").write_text("onset,offset,pitch,score_onset\n0.5,0.85,68,0\n")
    assert "few.csv is aligned already" in error_of(["separate", "song.flac", "few.csv", option], status=2)
