"""MIDI files as notes: time, parts, the pedal, and files that are not what they say."""

import io
import random
import struct
from contextlib import suppress

import mido
import numpy as np
import pytest

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.scores import midi, read_score
from scoresep.io.scores.midi import read_midi

END = b"\x00\xff\x2f\x00"
C4 = b"\x00\x90\x3c\x40\x60\x80\x3c\x40"
TEMPO_60 = ("set_tempo", 0, {"tempo": 1_000_000})


def bytes_of(track=C4 + END, *, kind=0, tracks=1, division=480):
    """Return a file with one track, its header as it is asked for."""
    header = struct.pack(">4sLhhH", b"MThd", 6, kind, tracks, division)
    return header + struct.pack(">4sL", b"MTrk", len(track)) + track


def message(kind, time, fields):
    """Return a message or a meta message."""
    maker = mido.MetaMessage if kind in ("set_tempo", "track_name") else mido.Message
    return maker(kind, time=time, **fields)


def song(*tracks, kind=1):
    """Return a file at 480 ticks a beat; a track is rows of (kind, tick, fields), in order."""
    file = mido.MidiFile(type=kind, ticks_per_beat=480)
    for rows in tracks:
        ticks = [0, *(tick for _, tick, _ in rows)]
        pairs = zip(rows, np.diff(ticks).tolist(), strict=True)
        file.tracks.append(mido.MidiTrack(message(what, delta, fields) for (what, _, fields), delta in pairs))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def on(tick, note, channel=1, velocity=64):
    return ("note_on", tick, {"note": note, "channel": channel - 1, "velocity": velocity})


def off(tick, note, channel=1):
    return ("note_off", tick, {"note": note, "channel": channel - 1})


def pedal(tick, value, channel=1):
    return ("control_change", tick, {"control": 64, "value": value, "channel": channel - 1})


def name(text):
    return ("track_name", 0, {"name": text})


@pytest.fixture
def read(tmp_path):
    """Return the notes of a file with the given bytes."""

    def reader(content, suffix=".mid"):
        path = tmp_path / f"score{suffix}"
        path.write_bytes(content)
        return read_score(path)

    return reader


@pytest.fixture
def ends(read):
    """Return the offsets of the notes of tracks at one beat a second, so that 480 ticks are a second."""
    return lambda *tracks: read(song([TEMPO_60], *tracks)).offset.tolist()


def test_time_follows_all_tempo_changes(read):
    conductor = [("set_tempo", 0, {"tempo": 500_000}), ("set_tempo", 960, {"tempo": 1_000_000})]
    conductor.append(("set_tempo", 1440, {"tempo": 250_000}))
    notes = read(song(conductor, [on(0, 60), off(1200, 60), on(1200, 62), off(2400, 62)]))
    assert notes.onset == pytest.approx([0.0, 1.5])
    assert notes.offset == pytest.approx([1.5, 2.5])


def test_tempo_is_120_unless_given(read):
    assert read(song([on(0, 60), off(480, 60)])).offset == pytest.approx([0.5])


def test_tempo_that_begins_late_leaves_120_before_it(read):
    notes = read(song([("set_tempo", 480, {"tempo": 1_000_000})], [on(0, 60), off(960, 60)]))
    assert notes.offset == pytest.approx([1.5])


def test_last_tempo_at_one_tick_counts(read):
    tempos = [("set_tempo", 0, {"tempo": 250_000}), ("set_tempo", 0, {"tempo": 1_000_000})]
    assert read(song(tempos, [on(0, 60), off(480, 60)])).offset == pytest.approx([1.0])


def test_a_part_is_a_track_with_notes(read):
    notes = read(song([TEMPO_60, name("Title")], [name("Right"), on(0, 72), off(9, 72)], [on(0, 48), off(9, 48)]))
    assert notes.part_names == ("Right", "Track 3")
    assert notes.part.tolist() == [2, 1]
    assert notes.pitch.tolist() == [48, 72]


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ([], ("Channel 1", "Channel 4")),
        ([name("Duo")], ("Duo (channel 1)", "Duo (channel 4)")),
    ],
)
def test_a_part_is_a_channel_where_a_track_has_several(read, title, wanted):
    notes = read(song([*title, on(0, 72), on(0, 48, 4), off(9, 72), off(9, 48, 4)], kind=0))
    assert notes.part_names == wanted
    assert notes.part.tolist() == [2, 1]


def test_channels_and_programs_count_from_one(read):
    programs = [
        ("program_change", 0, {"program": 40, "channel": 2}),
        ("program_change", 20, {"program": 0, "channel": 2}),
    ]
    notes = read(song([programs[0], on(0, 60, 3), off(9, 60, 3), programs[1], on(20, 60, 3), off(29, 60, 3)]))
    assert notes.channel.tolist() == [3, 3]
    assert notes.program.tolist() == [41, 1]


def program(tick, number, channel=1):
    return ("program_change", tick, {"program": number - 1, "channel": channel - 1})


def test_programs_may_be_set_in_another_track(read):
    setup = [program(0, 41), program(0, 43, 2), program(480, 72)]
    notes = read(song(setup, [on(0, 60), off(480, 60), on(480, 62), off(960, 62)], [on(0, 48, 2), off(9, 48, 2)]))
    assert sorted(zip(notes.pitch.tolist(), notes.program.tolist(), strict=True)) == [(48, 43), (60, 41), (62, 72)]


def test_programs_of_the_track_itself_go_before(read):
    notes = read(song([program(0, 41), on(0, 60), off(9, 60)], [program(0, 43), on(0, 48), off(9, 48)]))
    assert sorted(zip(notes.pitch.tolist(), notes.program.tolist(), strict=True)) == [(48, 43), (60, 41)]


def test_score_without_programs_tells_none(read):
    notes = read(song([on(0, 60), off(9, 60)]))
    assert (notes.program.tolist(), notes.staff.tolist(), notes.voice.tolist()) == ([0], [0], [0])


@pytest.mark.parametrize("text", ["Flöte", "左手"])
def test_track_names_are_utf8(read, text):
    encoded = text.encode()
    track = b"\x00\xff\x03" + bytes([len(encoded)]) + encoded + C4 + END
    assert read(bytes_of(track)).part_names == (text,)


def test_track_names_may_be_latin1(read):
    assert read(bytes_of(b"\x00\xff\x03\x05Fl\xf6te" + C4 + END)).part_names == ("Flöte",)


def test_track_names_lose_what_cannot_be_printed(read):
    assert read(bytes_of(b"\x00\xff\x03\x06a\x00\x1b[\n " + C4 + END)).part_names == ("a[",)


def test_note_on_without_velocity_is_note_off(ends):
    assert ends([on(0, 60), on(480, 60, velocity=0)]) == [1.0]


def test_overlapping_notes_of_a_pitch_end_in_the_order_of_their_beginnings(read):
    notes = read(song([TEMPO_60], [on(0, 60), on(240, 60, velocity=99), off(480, 60), off(960, 60)]))
    assert notes.onset == pytest.approx([0.0, 0.5])
    assert notes.offset == pytest.approx([1.0, 2.0])
    assert notes.velocity.tolist() == [64, 99]


def test_same_pitch_on_two_channels_is_two_notes(ends):
    assert ends([on(0, 60), on(0, 60, 2), off(480, 60, 2), off(960, 60)]) == [2.0, 1.0]


def test_note_off_without_note_is_ignored(ends):
    assert ends([off(0, 60), on(0, 60), off(480, 60), off(480, 60)]) == [1.0]


def test_hanging_notes_end_with_their_track(read):
    with pytest.warns(ScoresepWarning, match="2 notes are never released"):
        notes = read(song([TEMPO_60], [on(0, 60), on(0, 64), on(0, 67), off(480, 67)]))
    assert notes.offset == pytest.approx([1.0, 1.0, 1.0])


def test_zero_length_notes_last_a_tick(ends):
    assert ends([on(480, 60), off(480, 60)]) == [pytest.approx(481 / 480)]


@pytest.mark.parametrize(
    ("division", "second"), [(0xE728, 1000), (0xE250, 2400), (0xE804, 96), (0xE364, 100 * 30000 / 1001)]
)
def test_smpte_divisions_count_frames(read, division, second):
    notes = read(bytes_of(b"\x00\xff\x51\x03\x0f\x42\x40" + C4 + END, division=division))
    assert notes.offset == pytest.approx([96 / second])


def test_pedal_holds_until_it_rises(ends):
    assert ends([pedal(0, 127), on(0, 60), off(480, 60), pedal(960, 0)]) == [2.0]


def test_pedal_holds_until_the_pitch_is_struck_again(ends):
    rows = [pedal(0, 127), on(0, 60), off(240, 60), on(480, 60), off(720, 60), pedal(960, 0)]
    assert ends(rows) == [1.0, 2.0]


def test_pedal_holds_notes_of_other_tracks_on_its_channel(ends):
    assert ends([on(0, 60), off(480, 60)], [pedal(0, 127), pedal(960, 0)]) == [2.0]


def test_pedal_leaves_other_channels_alone(ends):
    assert ends([on(0, 60), off(480, 60)], [pedal(0, 127, 2), pedal(960, 0, 2)]) == [1.0]


def test_pedal_that_rises_with_the_key_holds_nothing(ends):
    assert ends([pedal(0, 127), on(0, 60), off(480, 60), pedal(480, 0)]) == [1.0]


def test_pedal_below_half_is_up(ends):
    assert ends([pedal(0, 63), on(0, 60), off(480, 60), pedal(960, 0)]) == [1.0]


def test_pedal_moves_at_one_tick_count_in_order(ends):
    moves = [pedal(240, 127), pedal(240, 0)]
    assert ends([on(0, 60), *moves, off(480, 60), pedal(960, 127), pedal(1440, 0)]) == [1.0]


def test_pedal_that_never_rises_ends_no_note_early(ends):
    assert ends([pedal(0, 127), on(0, 60), off(480, 60)]) == [1.0]


def test_drums_come_last(read):
    drums = [name("Drums"), on(0, 36, 10), off(9, 36, 10)]
    notes = read(song(drums, [name("Bass"), on(0, 40), off(9, 40)]))
    assert notes.part_names == ("Bass", "Drums")
    assert (notes.is_drum == (notes.channel == 10)).all()
    assert notes.pitch[notes.is_drum].tolist() == [36]


@pytest.mark.parametrize(("keys", "wanted"), [([22, 26, 58], [42, 43, 46]), ([38, 58], [38, 58]), ([22, 38], [38, 42])])
def test_keys_of_electronic_kits_are_those_of_general_midi(tmp_path, keys, wanted):
    rows = [row for key in keys for row in (on(0, key, 10), off(0, key, 10))]
    (tmp_path / "score.mid").write_bytes(song(rows))
    assert sorted(read_score(tmp_path / "score.mid").pitch.tolist()) == wanted


def test_score_may_have_drums_alone(read):
    assert read(song([on(0, 36, 10), off(9, 36, 10)])).is_drum.tolist() == [True]


def test_riff_wrapper_is_taken_off(read):
    content = bytes_of()
    wrapped = struct.pack("<4sL4s4sL", b"RIFF", len(content) + 12, b"RMID", b"data", len(content)) + content
    assert read(wrapped, ".rmi").pitch.tolist() == read(content).pitch.tolist() == [60]


@pytest.mark.parametrize("extra", [b"junk" * 9, C4])
def test_what_follows_the_last_track_is_ignored(read, extra):
    assert len(read(bytes_of() + extra)) == 1


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", "does not begin with MThd"),
        (b"Dear all, the score is attached.", "does not begin with MThd"),
        (b"RIFF\0\0\0\0WAVEfmt ", "does not begin with MThd"),
        (b"RIFF\0\0\0\0RMIDdata\0\0\0\0What?", "does not begin with MThd"),
        (b"RIFF\0\0\0\0RMIDLIST", "damaged MIDI file"),
        (bytes_of(kind=2), "type 2; wanted type 0 or 1"),
        (bytes_of(division=0), "its division is 0"),
        (bytes_of(division=0xFF28), "its SMPTE division is 0xff28"),
        (bytes_of(division=0xE700), "its SMPTE division is 0xe700"),
        (bytes_of(b"\x00\xff\x51\x03\0\0\0" + C4 + END), "sets a tempo of 0"),
        (bytes_of(b"\x00\xff\x51\x01\x07" + C4 + END), "damaged MIDI file"),
        (bytes_of(b"\x00\xff\x59\x02\x20\x05" + C4 + END), "damaged MIDI file"),
        (bytes_of(kind=1, tracks=2), "it ends too early"),
        (bytes_of(b"\xff" * 200 + b"\x7f" + C4[1:] + END), "lasts more than 1000000000 ticks"),
        (bytes_of(b"\xff" * 9 + b"\x7f\xff\x51\x03\x07\xa1\x20" + C4 + END), "lasts more than 1000000000 ticks"),
        (bytes_of(END), "the score has no notes"),
        (bytes_of(tracks=0), "the score has no notes"),
    ],
)
def test_file_at_fault_is_named(read, content, wanted):
    with pytest.raises(InputError, match=wanted) as caught:
        read(content)
    assert "score.mid: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_score_with_too_many_notes_is_refused(read, monkeypatch):
    monkeypatch.setattr(midi, "MOST_NOTES", 1)
    with pytest.raises(InputError, match="more than 1 notes; split the score"):
        read(song([on(0, 60), off(9, 60), on(9, 60), off(18, 60)]))


def rich_song():
    """Return a file that has a bit of everything."""
    rows = [name("Right"), ("program_change", 0, {"program": 3, "channel": 0}), ("sysex", 0, {"data": (1, 2, 3)})]
    for k in range(6):
        rows += [on(100 * k, 60 + k), pedal(100 * k + 10, 127 * (k % 2)), off(100 * k + 90, 60 + k)]
    return song([TEMPO_60, ("set_tempo", 240, {"tempo": 400_000})], rows)


def check_only_input_errors(content, path):
    with suppress(InputError):
        notes = read_midi(path, content)
        assert np.isfinite(notes.onset).all()
        assert (notes.offset > notes.onset).all()


@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
def test_truncated_files_are_notes_or_input_errors(tmp_path):
    content = rich_song()
    for length in range(len(content)):
        check_only_input_errors(content[:length], tmp_path / "score.mid")


@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
def test_damaged_files_are_notes_or_input_errors(tmp_path):
    rng = random.Random(0)
    for _ in range(200):
        content = bytearray(rich_song())
        for _ in range(rng.choice((1, 2, 5, 20))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        check_only_input_errors(bytes(content), tmp_path / "score.mid")
