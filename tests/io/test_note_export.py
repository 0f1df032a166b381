"""Exported notes: at the pitch that sounds, each group by its instrument, in recording time."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import mido
import numpy as np
import pytest
import synth

from scoresep.errors import ScoresepWarning
from scoresep.io.note_export import export_notes
from scoresep.io.note_table import read_notes
from scoresep.values import Alignment, Selection

SCORE = synth.notes((0.5, 1.0, 60, 1), (1.0, 2.0, 64, 1), (-0.5, 1.5, 48, 2), (-2.0, -1.0, 50, 2))


def aligned(score=SCORE, transposition=0):
    """Return an alignment with these notes."""
    zeros = np.zeros(len(score))
    sections = np.zeros((1, 4))
    return Alignment(
        score, zeros, zeros, zeros, 0.0, np.zeros((2, 1)), sections, np.zeros((0, 2)), "f", transposition=transposition
    )


def test_notes_after_the_end_of_the_recording_are_not_written(tmp_path):
    export_notes(replace(aligned(), duration=0.8), tmp_path / "song.txt", selection=one_group_each(SCORE))
    assert [line.split("\t")[2] for line in (tmp_path / "song.txt").read_text().splitlines()] == ["n1 C3", "n2 C4"]


def one_group_each(score):
    """Return a selection with a group for each note."""
    names = tuple(f"n{i}" for i in range(len(score)))
    return Selection(names, np.eye(len(score), dtype=np.float32), tuple(range(len(score))))


def midi_notes(path):
    """Return (seconds, kind, pitch) of all notes of a MIDI file, by track."""
    found = []
    for track in mido.MidiFile(path).tracks[1:]:
        now, rows = 0, []
        for message in track:
            now += message.time
            if message.type in ("note_on", "note_off"):
                rows.append((now / 2000, message.type == "note_on", message.note))
        found.append(rows)
    return found


@pytest.mark.parametrize("transposition", [-3, 0, 2])
def test_pitches_are_those_of_the_recording(tmp_path, transposition):
    alignment = aligned(transposition=transposition)
    wanted = sorted(int(pitch) + transposition for pitch in (60, 64, 48))
    for suffix in ("mid", "svl", "txt"):
        export_notes(alignment, tmp_path / f"song.{suffix}")
    found = [pitch for track in midi_notes(tmp_path / "song.mid") for _, is_begin, pitch in track if is_begin]
    assert sorted(found) == wanted
    points = ET.parse(tmp_path / "song.svl").getroot().iter("point")
    assert sorted(int(point.get("value")) for point in points) == wanted
    labels = {line.split("\t")[2] for line in (tmp_path / "song.txt").read_text().splitlines()}
    assert labels == {-3: {"left A2", "right A3", "right C#4"}, 0: {"left C3", "right C4", "right E4"},
                      2: {"left D3", "right D4", "right F#4"}}[transposition]  # fmt: skip


def test_table_keeps_the_pitches_of_the_score(tmp_path):
    export_notes(aligned(transposition=2), str(tmp_path / "song.csv"))
    found = read_notes(tmp_path / "song.csv")
    assert (sorted(found.notes.pitch.tolist()), found.transposition) == ([48, 50, 60, 64], 2)


def test_notes_begin_with_the_recording(tmp_path):
    export_notes(aligned(), tmp_path / "song.mid")
    left, right = midi_notes(tmp_path / "song.mid")
    assert left == [(0, True, 48), (1.5, False, 48)]
    assert right == [(0.5, True, 60), (1.0, False, 60), (1.0, True, 64), (2.0, False, 64)]


def test_notes_that_midi_has_no_pitch_for_are_left_out_with_a_warning(tmp_path):
    score = synth.notes((0, 1, 2, 1), (1, 2, 60, 1), (2, 3, 126, 1))
    with pytest.warns(ScoresepWarning, match=r"^1 notes are left out; MIDI has no pitch"):
        export_notes(aligned(score, -3), tmp_path / "song.mid", selection=one_group_each(score))
    assert [track[0][2] for track in midi_notes(tmp_path / "song.mid") if track] == [57, 123]


@pytest.mark.parametrize("programs", [range(1, 16), range(1, 18), range(1, 129), [1, 2] * 20, [0, *range(1, 30)]])
def test_groups_of_two_programs_share_no_channel(tmp_path, programs):
    score = synth.notes(*((0.1 * k, 0.1 * k + 1, 60, 1) for k in range(len(programs))))
    score = replace(score, program=np.array(list(programs)))
    export_notes(aligned(score), tmp_path / "song.mid", selection=one_group_each(score))
    program_of = {}
    tracks = mido.MidiFile(tmp_path / "song.mid").tracks[1:]
    for track, program in zip(tracks, programs, strict=True):
        port = next((message.port for message in track if message.type == "midi_port"), 0)
        channels = {message.channel for message in track if hasattr(message, "channel")}
        changes = [message.program + 1 for message in track if message.type == "program_change"]
        (channel,) = channels
        assert channel != 9
        assert changes == [program] * bool(program)
        assert program_of.setdefault((port, channel), program) == program
    if len(set(programs)) <= 15:
        assert {port for port, _ in program_of} == {0}


def test_few_groups_have_a_channel_each(tmp_path):
    score = synth.notes(*((k, k + 1, 60, 1) for k in range(15)))
    export_notes(aligned(score), tmp_path / "song.mid", selection=one_group_each(score))
    tracks = mido.MidiFile(tmp_path / "song.mid").tracks[1:]
    assert len({message.channel for track in tracks for message in track if hasattr(message, "channel")}) == 15


def test_drums_keep_their_channel_and_their_keys(tmp_path):
    score = synth.notes((0, 1, 36, 1), (0, 1, 60, 1), (1, 2, 38, 2))
    score = replace(score, channel=np.array([10, 1, 10]), program=np.array([9, 5, 9]))
    both = Selection(("band", "snare"), np.array([[1, 1, 0], [0, 0, 1]], np.float32), (-1, -1))
    export_notes(aligned(score, 2), tmp_path / "song.mid", selection=both)
    found = [
        [(message.channel, message.note) for message in track if message.type == "note_on"]
        for track in mido.MidiFile(tmp_path / "song.mid").tracks[1:]
    ]
    assert found == [[(9, 36), (0, 62)], [(9, 38)]]
    changes = [m for track in mido.MidiFile(tmp_path / "song.mid").tracks for m in track if m.type == "program_change"]
    assert [(change.channel, change.program) for change in changes] == [(0, 4)]


def test_another_suffix_is_the_callers_error(tmp_path):
    with pytest.raises(ValueError, match=r"song\.ly cannot be written; wanted \.mid"):
        export_notes(aligned(), tmp_path / "song.ly")
