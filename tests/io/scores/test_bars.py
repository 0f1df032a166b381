"""Bar numbers and beats of the score readers."""

from fractions import Fraction

import mido
import numpy as np
import pytest
from notations import bar, kern, mei, musicxml, n, x

from scoresep.io.scores import open_score, read_score
from scoresep.io.scores.bars import metre_of, number_bars
from scoresep.io.scores.notated import Bar

SUFFIX = {"<mei": ".mei", "<score-p": ".musicxml", "**": ".krn"}


@pytest.fixture
def read(tmp_path):
    """Return the notes of a text."""

    def reader(content, **how):
        suffix = next(suffix for start, suffix in SUFFIX.items() if content.startswith(start))
        path = tmp_path / f"score{suffix}"
        path.write_text(content)
        return read_score(path, **how)

    return reader


def beats(notes):
    """Return (time, bar, beat) of the beats of a score."""
    return list(
        zip(notes.beats.time.round(6).tolist(), notes.beats.bar.tolist(), notes.beats.beat.tolist(), strict=True)
    )


def bars_of(notes):
    """Return the bar of each onset."""
    return dict(zip(notes.onset.round(3).tolist(), notes.bar.tolist(), strict=True))


def signed(content, beats, unit):
    """Return a MusicXML score with another time signature."""
    return content.replace(
        "<beats>4</beats><beat-type>4</beat-type>", f"<beats>{beats}</beats><beat-type>{unit}</beat-type>"
    )


def humdrum(text):
    """Return a kern file of lines that are divided by /; the metre is written with a colon."""
    return kern(text).replace("*M3:4", "*M3/4").replace("*M4:4", "*M4/4")


def numbered(content, *numbers):
    """Return a MusicXML score whose measures have other numbers."""
    for old, new in enumerate(numbers, start=1):
        content = content.replace(f'<measure number="{old}">', f'<measure number="{new}">')
    return content


WALTZ = [(float(k), 1 + k // 3, 1 + k % 3) for k in range(6)]
IN_WALTZ_TIME = 'meter.count="3" meter.unit="4"'


@pytest.mark.parametrize(
    "content",
    [
        signed(musicxml(x("C5", 12), x("C5", 12)), 3, 4),
        mei(bar(n("c5", 2, 'dots="1"'), more='n="1"'), bar(n("c5", 2, 'dots="1"'), more='n="2"'), score=IN_WALTZ_TIME),
        humdrum("*M3:4/=1/2.c/=2/2.c/=="),
        humdrum("*M3:4/2.c/=/2.c/=="),
    ],
)
def test_bars_and_beats_of_a_waltz(read, content):
    notes = read(content)
    assert beats(notes) == WALTZ
    assert notes.bar.tolist() == [1, 2]
    assert notes.beats.bar_index.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "content",
    [
        numbered(signed(musicxml(x("C5", 4), x("C5", 12)), 3, 4), "0", "1"),
        mei(bar(n("c5"), more='n="0"'), bar(n("c5", 2, 'dots="1"'), more='n="1"'), score=IN_WALTZ_TIME),
        humdrum("*M3:4/4c/=1/2.c/=="),
        humdrum("*M3:4/4c/=/2.c/=="),
    ],
)
def test_pickup_is_bar_0_and_ends_its_metre(read, content):
    notes = read(content)
    assert beats(notes) == [(0, 0, 3), (1, 1, 1), (2, 1, 2), (3, 1, 3)]
    assert notes.bar.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("count", "unit", "n_beats"), [(6, 8, 2), (9, 8, 3), (12, 8, 4), (3, 8, 3), (2, 2, 2), (5, 4, 5), ("3+2", 8, 5)]
)
def test_beats_of_metres(read, count, unit, n_beats):
    length = 16 // unit * sum(map(int, str(count).split("+")))
    notes = read(signed(musicxml(x("C5", length), x("C5", length)), count, unit))
    assert notes.beats.beat.tolist() == [*range(1, n_beats + 1)] * 2
    assert notes.beats.time == pytest.approx(np.arange(2 * n_beats) * length / 4 / n_beats)


@pytest.mark.parametrize(
    "content",
    [
        numbered(musicxml(x("C5", 16), x("C5", 8), x("C5", 8), x("C5", 16)), "7", "8", "X1", "9"),
        numbered(musicxml(x("C5", 16), x("C5", 8), x("C5", 8), x("C5", 16)), "7", "8", "8", "9"),
        humdrum("*M4:4/=7/1c/=8/2c/=:|!|:/2c/=9/1c/=="),
    ],
)
def test_two_halves_of_a_bar_are_one_bar(read, content):
    notes = read(content, repeats="none")
    assert notes.bar.tolist() == [7, 8, 8, 9]
    assert notes.beats.bar.tolist() == [7] * 4 + [8] * 4 + [9] * 4
    assert notes.beats.beat.tolist() == [1, 2, 3, 4] * 3


def test_letters_after_numbers_are_left_out(read):
    notes = read(numbered(musicxml(x("C5", 16), x("C5", 16), x("C5", 16)), "8a", "8b", "9"))
    assert notes.bar.tolist() == [8, 8, 9]
    assert notes.beats.beat.tolist() == [1, 2, 3, 4] * 3


def test_repeated_bars_come_twice_in_the_order_played(read):
    end = '<barline location="right"><repeat direction="backward"/></barline>'
    content = musicxml(x("C5", 16), x("D5", 16) + end, x("E5", 16))
    assert read(content).bar.tolist() == [1, 2, 1, 2, 3]
    assert read(content).beats.bar.tolist() == [k for k in (1, 2, 1, 2, 3) for _ in range(4)]
    assert read(content).beats.time.tolist() == list(range(20))
    assert read(content, repeats="found").beats.time.tolist() == list(range(12))


def test_grace_note_is_in_the_bar_of_its_note(read):
    grace = x("D5", None, start="<grace/>", inside="<type>16th</type>")
    notes = read(musicxml(x("C5", 16), grace + x("C5", 16)))
    assert notes.onset[1] < 4
    assert notes.bar.tolist() == [1, 2, 2]


def test_trill_goes_on_into_the_next_bar(read):
    first = x("C5", 16, inside='<tie type="start"/>', notations="<ornaments><trill-mark/></ornaments>")
    notes = read(musicxml(first, x("C5", 16, inside='<tie type="stop"/>')))
    assert notes.bar.tolist() == [1 + int(onset + 1e-9 >= 4) for onset in notes.onset]


def test_notes_without_a_metre_have_quarters(read):
    assert read(kern("=1/1c/=2/1c/==")).beats.beat.tolist() == [1, 2, 3, 4] * 2


def midi(path, *messages):
    """Write a MIDI file of 480 ticks a quarter, 60 quarters a minute."""
    file = mido.MidiFile(ticks_per_beat=480)
    tempo = mido.MetaMessage("set_tempo", tempo=1_000_000)
    file.tracks.append(mido.MidiTrack([tempo, *messages]))
    file.save(path)
    return path


def note(quarters, wait=0):
    """Return the messages of a note of so many quarters."""
    return [mido.Message("note_on", note=60, time=480 * wait), mido.Message("note_off", note=60, time=480 * quarters)]


def sign(count, unit):
    return mido.MetaMessage("time_signature", numerator=count, denominator=unit)


def test_midi_without_time_signatures_is_in_four_four(tmp_path):
    notes = read_score(midi(tmp_path / "a.mid", *note(4), *note(4)))
    assert notes.bar.tolist() == [1, 2]
    assert notes.beats.beat.tolist() == [1, 2, 3, 4] * 2
    assert notes.beats.time.tolist() == list(range(8))


def test_midi_changes_its_time_signature(tmp_path):
    notes = read_score(midi(tmp_path / "a.mid", sign(3, 4), *note(3), *note(3), sign(12, 8), *note(6), *note(3)))
    assert bars_of(notes) == {0: 1, 3: 2, 6: 3, 12: 4}
    assert beats(notes)[:10] == [*WALTZ, (6, 3, 1), (7.5, 3, 2), (9, 3, 3), (10.5, 3, 4)]


def test_midi_with_a_pickup(tmp_path):
    notes = read_score(midi(tmp_path / "a.mid", sign(1, 4), *note(1), sign(3, 4), *note(3), *note(3)))
    assert bars_of(notes) == {0: 0, 1: 1, 4: 2}
    assert beats(notes)[:4] == [(0, 0, 3), (1, 1, 1), (2, 1, 2), (3, 1, 3)]


def test_midi_of_frames_has_no_bars(tmp_path):
    path = midi(tmp_path / "a.mid", *note(1))
    content = bytearray(path.read_bytes())
    content[12:14] = bytes([256 - 25, 40])
    path.write_bytes(content)
    notes = read_score(path)
    assert notes.beats is None
    assert notes.bar.tolist() == [-1]


def test_damaged_bars_have_no_beats(tmp_path):
    path = midi(tmp_path / "a.mid", sign(1, 128), *note(10_000))
    assert open_score(path).unfoldings["written"].notes.beats is None


def test_large_numbers_stay_in_range():
    bars = [
        Bar(Fraction(k), Fraction(k + 1), "999999" if k == 0 else "", metre=metre_of(Fraction(1), Fraction(1)), index=k)
        for k in range(3)
    ]
    number_bars(bars)
    assert [own.printed for own in bars] == [999_999] * 3
