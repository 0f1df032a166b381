"""A table of notes gives its notes back, edited or not, or one line that says why not."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import synth
from hypothesis import given, settings
from hypothesis import strategies as st

from scoresep.errors import InputError, OutputError
from scoresep.io import note_table
from scoresep.io.note_table import COLUMNS, read_anchors, read_notes, write_notes
from scoresep.values import Alignment, Notes

SCORE = synth.notes(
    (0.2, 0.61234, 43, 2), (0.25, 0.9, 72, 1), (0.25, 1.3, 60, 2), (1.00004, 1.5, 72, 0), parts=("Right, high", "Left")
)
HEAD = "onset,offset,pitch\n"


def aligned(score=SCORE, **fields):
    """Return an alignment of which no column is what a table without it stands for."""
    count = np.arange(len(score))
    notes = replace(
        score,
        velocity=20 + count,
        channel=3 + count,
        program=40 + count,
        staff=1 + count % 2,
        voice=2 + count,
        hand=count % 3,
    )
    made = {
        "score_onset": np.round(0.9 * score.onset, 5),
        "score_offset": np.round(0.9 * score.offset, 5),
        "confidence": np.round(0.9 - 0.1 * count, 3),
        "overall_confidence": 0.75,
        "path": np.stack([0.9 * score.onset, score.onset]),
        "sections": np.array([[0.18, 1.35, 0.0, 2.0]]),
        "unmatched": np.zeros((0, 2)),
        "fingerprint": "0123",
        "tuning": -12.34,
        "transposition": -3,
    }
    return Alignment(notes=notes, **made | fields)


def text_of(alignment):
    """Return the table of an alignment."""
    stream = io.StringIO()
    write_notes(alignment, stream)
    return stream.getvalue()


@pytest.fixture
def table(tmp_path):
    """Give a function that makes a file of text or bytes and returns its path."""

    def made(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return made


def refusal(read, path):
    """Return the message with which a table is refused, without the path that it begins with."""
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def assert_same(found, wanted):
    """Check that two alignments are the same but for the digits that a table has."""
    for name in Notes.columns():
        tolerance = 0.000051 if name in ("onset", "offset") else 0
        assert np.allclose(getattr(found.notes, name), getattr(wanted.notes, name), rtol=0, atol=tolerance), name
        assert getattr(found.notes, name).dtype == getattr(wanted.notes, name).dtype, name
    assert found.notes.part_names == wanted.notes.part_names
    for name in ("score_onset", "score_offset", "confidence", "tuning"):
        assert np.allclose(getattr(found, name), getattr(wanted, name)), name
    assert found.transposition == wanted.transposition


def test_what_was_written_comes_back(table):
    assert_same(read_notes(table(text_of(aligned()))), aligned())


def test_it_fits_any_recording(table):
    found = read_notes(table(text_of(aligned())))
    assert not found.fingerprint
    assert found.overall_confidence == pytest.approx(0.75)
    assert found.sections == pytest.approx(np.array([[0.18, 1.35, 0.2, 1.5]]))
    assert found.path.shape == (2, 4)
    assert not len(found.unmatched)


def test_parts_of_one_name_stay_apart(table):
    score = synth.notes((0, 1, 60, 1), (0, 1, 48, 2), (1, 2, 62, 2), parts=("Piano", "Piano"))
    assert read_notes(table(text_of(aligned(score)))).notes.part.tolist() == [2, 1, 2]


def test_one_limit_holds_for_reading_and_writing(table, monkeypatch):
    assert note_table.MOST_NOTES >= 500_000
    path = table(text_of(aligned()))
    monkeypatch.setattr(note_table, "MOST_NOTES", len(SCORE))
    assert_same(read_notes(table(text_of(aligned()))), aligned())
    monkeypatch.setattr(note_table, "MOST_NOTES", len(SCORE) - 1)
    with pytest.raises(OutputError, match=r"a table takes 3 notes, not 4; save the alignment as an \.npz file"):
        text_of(aligned())
    assert refusal(read_notes, path) == ": more than 3 lines after the first; split the table"


@pytest.mark.parametrize("kind", [str, Path])
def test_a_table_is_written_to_a_path_as_to_a_stream(tmp_path, kind):
    score = synth.notes((0, 1, 60, 1), (1, 2, 62, 2), parts=("Flöte", "左手"))
    write_notes(aligned(score), kind(tmp_path / "notes.csv"))
    assert (tmp_path / "notes.csv").read_bytes().decode() == text_of(aligned(score))


def test_part_names_may_have_any_characters(table):
    score = synth.notes((0, 1, 60, 1), (1, 2, 62, 2), parts=('É "1", oben\nund unten', "; '"))
    assert_same(read_notes(table(text_of(aligned(score)))), aligned(score))


def test_notes_before_the_recording_come_back(table):
    score = synth.notes((-2.5, -2.25, 60, 1), (-0.125, 0.5, 62, 1))
    assert read_notes(table(text_of(aligned(score)))).notes.onset.tolist() == [-2.5, -0.125]


def test_shortest_notes_come_back(table):
    score = synth.notes((1.00004, 1.000049, 60, 1), (2.0, 2.00001, 62, 1))
    found = read_notes(table(text_of(aligned(score)))).notes
    assert (found.onset < found.offset).all()
    assert np.allclose(found.offset, score.offset, rtol=0, atol=0.0002)


def test_a_note_that_is_played_twice_comes_back_twice(table):
    twice = aligned(synth.notes((0, 1, 60, 1), (2, 3, 60, 1)), score_onset=np.zeros(2), score_offset=np.ones(2))
    found = read_notes(table(text_of(twice)))
    assert found.notes.onset.tolist() == [0, 2]
    assert found.score_onset.tolist() == [0, 0]


def test_three_columns_are_enough(table):
    found = read_notes(table(HEAD + "1.5,2,64\n0.5,1.25,60\n"))
    notes = found.notes
    assert (notes.onset.tolist(), notes.offset.tolist(), notes.pitch.tolist()) == ([0.5, 1.5], [1.25, 2.0], [60, 64])
    assert notes.velocity.tolist() == [64, 64]
    assert not any(getattr(notes, name).any() for name in ("part", "channel", "program", "staff", "voice"))
    assert (found.score_onset.tolist(), found.score_offset.tolist()) == ([0.5, 1.5], [1.25, 2.0])
    assert (found.confidence.tolist(), found.tuning, found.transposition) == ([1.0, 1.0], 0.0, 0)


def test_columns_stand_in_any_order_among_others(table):
    rows = list(csv.DictReader(io.StringIO(text_of(aligned()))))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["comment", *reversed(COLUMNS), "finger"])
    writer.writeheader()
    writer.writerows(row | {"comment": "nan", "finger": "x"} for row in reversed(rows))
    assert_same(read_notes(table(stream.getvalue())), aligned())


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffonset,offset,pitch,part\n1,2,60,Left hand\n",
        "onset,offset,pitch,part\r\n1,2,60,Left hand\r\n",
        "onset,offset,pitch,part\n1,2,60,Left hand",
        "onset, offset, pitch, part\n 1 , 2 , 60 , Left hand\n",
        "onset ,offset ,pitch ,part \n1,2,60,Left hand\n",
        '"onset","offset","pitch","part"\n"1","2","60","Left hand"\n',
        "onset,offset,pitch,part\n\n1,2,60,Left hand\n\n\n",
        "onset,offset,pitch,part,velocity,tuning\n1,2,60,Left hand,,\n",
        "onset,offset,pitch,part\n+1.0e0,2.,060,Left hand\n",
    ],
)
def test_tables_of_other_programs_are_read(content, table):
    found = read_notes(table(content))
    notes = found.notes
    assert (notes.onset[0], notes.offset[0], notes.pitch[0], notes.part_name(0)) == (1, 2, 60, "Left hand")
    assert (notes.velocity[0], found.tuning) == (64, 0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("one,2,60", "onset 'one' is not a number"),
        ("1,0:02,60", "offset '0:02' is not a number"),
        ("nan,2,60", "onset 'nan' is not a number"),
        ("1,inf,60", "offset 'inf' is not a number"),
        ("-1e999,2,60", "onset '-1e999' is not a number"),
        ("1,,60", "no offset"),
        (",2,60", "no onset"),
        ("1,2,", "no pitch"),
        ("1,2,60.5", "pitch '60.5' is not a"),
        ("1,2,C4", "pitch 'C4' is not a"),
        ("1,2,128", "pitch 128 is not from 0 to 127"),
        ("1,2,-1", "pitch -1 is not from 0 to 127"),
        (f"1,2,{'9' * 400}", "pitch"),
        (f"1,2,{'9' * 5000}", "pitch"),
        ("2,1,60", "not after its onset"),
        ("2,2,60", "not after its onset"),
        ("-1,-2,60", "not after its onset"),
        ("1,2,60,loud", "velocity 'loud' is not a"),
        (f"1,2,60,{'9' * 30}", "velocity"),
        ("1,2,60,,nan", "tuning 'nan' is not a number"),
        ("1,2,60,,1e300", "tuning"),
        ("1,2,60,,,5000", "program"),
        ("1,2,60,,,-1", "program"),
        ("1,2,60,,,,100000", "transposition"),
    ],
)
def test_malformed_line_is_named(line, says, table):
    head = "onset,offset,pitch,velocity,tuning,program,transposition\n"
    line += "," * (6 - line.count(","))
    message = refusal(read_notes, table(f"{head}0.5,1,60,,,,\n{line}\n3,4,60,,,,\n"))
    assert message.startswith(", line 3: ")
    assert says in message


@pytest.mark.parametrize("line", ["1,2", "1,2,60", "1,2,60,64,", "0,5,1,2,60,64", "1,2,60,Right, high"])
def test_line_with_more_or_fewer_cells_than_columns_is_named(line, table):
    head = "onset,offset,pitch,part\n"
    assert refusal(read_notes, table(f"{head}0,1,60,Left\n{line}\n")).startswith(", line 3: ")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no column onset, offset, pitch"),
        ("\n\n", "no column onset, offset, pitch"),
        (HEAD, "no notes"),
        ("onset,offset\n1,2\n", "no column pitch"),
        ("1,2,60\n3,4,60\n", "no column onset, offset, pitch"),
        (b"\x00\x01\xfe\xff" * 100, "not a table"),
        ((HEAD + "1,2,60\n").encode("utf-16"), "not a table"),
        (HEAD + "1" * 200_000 + ",2,60\n", "not a table"),
        (HEAD + "1\0,2,60\n", "line 2"),
        (HEAD + '"1,2,60\n3,4,60\n', "1 values for 3 columns"),
    ],
)
def test_what_is_no_table_is_refused(content, says, table):
    assert says in refusal(read_notes, table(content))


@pytest.mark.parametrize("read", [read_notes, read_anchors])
def test_what_is_no_file_is_refused(read, tmp_path):
    assert refusal(read, tmp_path)
    assert "o such file" in refusal(read, tmp_path / "nothing.csv")


@given(
    st.lists(
        st.lists(
            st.sampled_from(["1", "2.5", "60", "", " 7", "-3", "x", "1e308", "9" * 30, "9" * 400]),
            min_size=7,
            max_size=7,
        ),
        min_size=1,
    )
)
@settings(deadline=None)
def test_notes_are_sound_or_refused(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "drawn.csv"
    head = "onset,offset,pitch,velocity,program,tuning,transposition"
    path.write_text("\n".join([head, "0,1,60,,,,", *(",".join(row) for row in rows)]))
    try:
        found = read_notes(path)
    except InputError:
        return
    assert (found.notes.onset < found.notes.offset).all()
    assert all(getattr(found.notes, name).dtype.kind in "if" for name in Notes.columns())


def test_anchors_are_read_in_seconds_and_minutes(table):
    anchors = read_anchors(table("\ufeffnote,recording,score\r\nbar 1,0:02.5,1.25\r\nbar 99, 1:00:01 ,0:59.75\r\n"))
    assert anchors.tolist() == [[1.25, 2.5], [59.75, 3601.0]]


def test_one_anchor_is_enough(table):
    assert read_anchors(table("score,recording\n0,0\n")).tolist() == [[0, 0]]


def test_anchors_by_bars_are_read(table):
    anchors = read_anchors(table("bar,recording\n1,0.5\n12,0:20\n"))
    assert [anchors.bar.tolist(), anchors.beat.tolist(), anchors.repeat.tolist()] == [[1, 12], [1, 1], [0, 0]]
    assert anchors.recording.tolist() == [0.5, 20]
    anchors = read_anchors(table("bar;beat;repeat;recording\n1;2,5;2;0:00,5\n2;;;1\n"))
    assert [anchors.bar.tolist(), anchors.beat.tolist(), anchors.repeat.tolist()] == [[1, 2], [2.5, 1], [2, 0]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("recording\n1\n", "no column bar or score; wanted a first line with bar,recording"),
        ("bar,recording\nx,1\n", "line 2: bar 'x' is not a whole number"),
        ("bar,beat,recording\n1,0,1\n", "line 2: beat 0 is not from 1 to"),
        ("bar,recording\n1,2\n2,1\n", "line 3: recording times must rise"),
    ],
)
def test_malformed_anchors_by_bars_are_refused(content, says, table):
    assert says in refusal(read_anchors, table(content))


def test_anchors_of_a_repeat_go_back_in_the_score(table):
    assert read_anchors(table("score,recording\n8,9\n0,10\n8,19\n"))[:, 0].tolist() == [8, 0, 8]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("1,2\n2,1.5\n", "line 3: recording times must rise"),
        ("1,2\n2,2\n", "line 3: recording times must rise"),
        ("1,2\n2,\n", "line 3: "),
        ("1,2\n2\n", "line 3: "),
        (",2\n", "line 2: "),
        ("one,2\n", "line 2: score 'one' is not a"),
        ("1,nan\n", "line 2: recording 'nan' is not a"),
        ("1,inf\n", "line 2: recording 'inf' is not a"),
        ("1,-2\n", "line 2: recording '-2' is not a"),
        ("1,1:2:3:4\n", "line 2: recording '1:2:3:4' is not a"),
        (f"{'9' * 400},2\n", "line 2: score"),
        ("", "no anchors"),
    ],
)
def test_malformed_anchors_are_refused(lines, says, table):
    assert says in refusal(read_anchors, table(f"score,recording\n{lines}"))


@pytest.mark.parametrize("content", ["", "1,2\n", "recording\n1\n", b"\xff\xfe" * 99])
def test_what_is_no_table_of_anchors_is_refused(content, table):
    assert refusal(read_anchors, table(content))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_table_with_semicolons_and_decimal_commas_is_read(tmp_path, separator):
    lines = [["onset", "offset", "pitch", "part"], ["0,25", "1,5", "60", "Right, high"], ["1", "2", "62", "Left"]]
    (tmp_path / "notes.csv").write_text("\n".join(separator.join(line) for line in lines))
    notes = read_notes(tmp_path / "notes.csv").notes
    assert notes.onset.tolist() == [0.25, 1.0]
    assert notes.offset.tolist() == [1.5, 2.0]
    assert set(notes.part_names) == {"Right, high", "Left"}


def test_anchors_with_semicolons_are_read(tmp_path):
    (tmp_path / "anchors.csv").write_text("score;recording\n1,5;0:02,25\n")
    assert read_anchors(tmp_path / "anchors.csv").tolist() == [[1.5, 2.25]]
