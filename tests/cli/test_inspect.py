"""``scoresep inspect``: what there is, as text, as JSON and as groups."""

import json

import mido
import numpy as np
import pytest

from scoresep.cli.main import run
from scoresep.io.groups_file import parse_groups
from scoresep.io.scores import read_score
from scoresep.score.selection import select


def shown(words, capsys):
    """Return what a command prints."""
    capsys.readouterr()
    assert run(words) == 0
    return capsys.readouterr().out


@pytest.fixture
def song(tmp_path):
    """Give a function that writes a MIDI file with a track for each (name, channel, pitches)."""

    def write(*tracks):
        midi = mido.MidiFile()
        for name, channel, pitches in tracks:
            events = [mido.MetaMessage("track_name", name=name)]
            for pitch in pitches:
                events.append(mido.Message("note_on", channel=channel - 1, note=pitch))
                events.append(mido.Message("note_off", channel=channel - 1, note=pitch, time=480))
            midi.tracks.append(mido.MidiTrack(events))
        midi.save(tmp_path / "song.mid")
        return str(tmp_path / "song.mid")

    return write


def test_table_has_a_line_for_each_part(fixtures, capsys):
    text = shown(["inspect", str(fixtures / "waltz.mid")], capsys)
    assert "MIDI, 118 notes, 0:09.8" in text
    assert "Right hand" in text
    assert "Ab2..F#4" in text
    assert "hands: left 52 notes, right 66 (from parts)" in text
    assert "repeats" not in text
    assert "problems" not in text


@pytest.mark.parametrize("source", ["minuet.musicxml", "minuet.mei", "minuet.krn"])
def test_repeats_are_shown_by_bars(source, fixtures, capsys):
    text = shown(["inspect", str(fixtures / source)], capsys)
    assert "written: bars 1-4, 1-3, 5-9, 6-13, 10-13, 1-3, 5-9 (0:41.0)" in text
    assert "(from staves)" in text


def test_json_has_it_all(fixtures, capsys):
    found = json.loads(shown(["inspect", str(fixtures / "minuet.mei"), "--json"], capsys))
    assert (found["format"], found["notes"], found["hands"]["from"]) == ("MEI", 225, "staves")
    (part,) = found["parts"]
    assert (part["staves"], part["voices"], part["lowest"], part["highest"]) == ([1, 2], [1, 2, 5], 43, 79)
    assert [order["name"] for order in found["repeats"]] == ["written", "none", "found", "all"]


def test_problems_are_named_among_what_is_shown(song, capsys):
    path = song(("Bass", 1, [40, 43]), ("Drums", 10, [36, 38, 36]))
    found = json.loads(shown(["inspect", path, "--json"], capsys))
    assert found["problems"] == ["3 drum notes are left out; drums stay in the residual"]
    assert "problems" in shown(["inspect", path], capsys)


@pytest.mark.parametrize(
    "tracks",
    [
        [("Violin", 1, [70]), ("Cello", 2, [50])],
        [("Violin", 1, [70]), ("violin", 2, [50]), ("", 3, [40])],
        [("2", 1, [70]), ("1", 2, [50]), ("yes: [no]", 3, [40])],
        [("Right hand", 1, [70]), ("Left hand", 1, [50])],
    ],
)
def test_groups_to_start_from_share_out_all_notes(tracks, song, capsys):
    path = song(*tracks)
    text = shown(["inspect", path, "--groups"], capsys)
    weights = select(parse_groups(text, "groups.yaml"), read_score(path)).weights
    assert len(weights) == len(tracks)
    assert (np.sort(weights, axis=0)[-1] == 1).all()


def test_groups_and_json_are_not_used_together(fixtures, error_of):
    assert "cannot be used together" in error_of(
        ["inspect", str(fixtures / "waltz.mid"), "--json", "--groups"], status=2
    )


def test_file_at_fault_is_one_line(fixtures, error_of):
    assert "make_waltz.py: not a score" in error_of(["inspect", str(fixtures / "make_waltz.py")])
