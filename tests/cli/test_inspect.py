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


def test_pieces_of_the_drum_kit_are_counted(song, capsys):
    path = song(("Bass", 1, [40, 43]), ("Drums", 10, [36, 38, 36]))
    found = json.loads(shown(["inspect", path, "--json"], capsys))
    assert found["drums"] == {"kick": 2, "snare": 1}
    assert [part["pieces"] for part in found["parts"]] == [{}, {"kick": 2, "snare": 1}]
    assert (found["parts"][1]["instrument"], found["parts"][1]["kind"]) == ("drums", "percussive")
    assert "drum kit: kick 2, snare 1" in shown(["inspect", path], capsys)


def test_starting_groups_have_the_pieces_as_comments(song, capsys):
    text = shown(["inspect", song(("Bass", 1, [40, 43]), ("Drums", 10, [36, 38])), "--groups"], capsys)
    assert "Drums: {part: Drums}\n" in text
    assert "# kick: {drum: kick}\n# snare: {drum: snare}\n" in text


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


def test_what_is_known_and_what_is_estimated_is_told(fixtures, song, capsys):
    found = json.loads(shown(["inspect", str(fixtures / "signs.mei"), "--json"], capsys))
    assert found["ornaments"]["trill"] == found["ornaments"]["arpeggio"] == 1
    assert "hands, from staves" in found["known"]
    assert any("how they are played" in sentence for sentence in found["estimated"])
    plain = json.loads(shown(["inspect", str(fixtures / "signs.mei"), "--json", "--ornaments", "written"], capsys))
    assert (plain["ornaments"], plain["notes"] < found["notes"]) == ({}, True)
    text = shown(["inspect", song(("Track", 1, [60, 62]))], capsys)
    assert "instruments of part 1: a piano is assumed" in text


def test_part_that_plays_nothing_of_its_own_is_named(song, capsys):
    soprano, bass = [72, 74, 76, 77] * 3, [48, 53, 55, 48] * 3
    path = song(("Soprano", 1, soprano), ("Bass", 2, bass), ("Organ", 3, soprano), ("Organ", 4, bass))
    assert not any(
        "double" in sentence for sentence in json.loads(shown(["inspect", path, "--json"], capsys))["estimated"]
    )
    midi = mido.MidiFile(path)
    midi.tracks[2] = mido.merge_tracks([midi.tracks[2], midi.tracks[3]])
    del midi.tracks[3]
    for message in midi.tracks[2]:
        if not message.is_meta:
            message.channel = 2
    midi.save(path)
    estimated = json.loads(shown(["inspect", path, "--json"], capsys))["estimated"]
    assert (
        "part 3 'Organ' only doubles other parts; if it is not in the recording, leave it out with --without 3"
        in estimated
    )


def test_parts_are_left_out(song, capsys):
    path = song(("Soprano", 1, [72, 74]), ("Organ", 2, [48, 50, 52]))
    found = json.loads(shown(["inspect", path, "--json", "--without", "organ"], capsys))
    assert [part["name"] for part in found["parts"]] == ["Soprano"]
    assert "Organ" not in shown(["inspect", path, "--groups", "--without", "2"], capsys)
    assert run(["inspect", path, "--without", "Horn"]) == 1
    assert "no part 'Horn' to leave out; the score has 1 'Soprano', 2 'Organ'" in capsys.readouterr().err
