"""B. Scores that are damaged, malicious, or of something else."""

import io
import struct
import time
import zipfile
from pathlib import Path

import pytest
import soundfile
import synth
from synth import write_score

ALIGN = ["align", "song.wav", "score.mid", "-o", "x.npz", "--overwrite"]
SEPARATE = ["separate", "song.wav", "score.mid", "-o", "out", "--iterations", "1"]
HEAD = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
NOTE, END = b"\0\x90\x3c\x40\x83\x60\x80\x3c\0", b"\0\xff\x2f\0"


def track(*events, length=None):
    """Return a track of these bytes; it may lie about its length."""
    content = b"".join(events)
    return b"MTrk" + struct.pack(">I", len(content) if length is None else length) + content


def midi(*events, type=0, division=480, tracks=1, **kwargs):
    """Return a file with one track."""
    return b"MThd" + struct.pack(">IHHH", 6, type, tracks, division & 0xFFFF) + track(*events, **kwargs)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "score.mid: not a MIDI file"),
        (b"dear reader", "score.mid: not a MIDI file"),
        (b"RIFF\x40\0\0\0RMIDdata\x20\0\0\0junk", "score.mid: "),
        (HEAD, "score.mid: "),
        (b"MThd" + struct.pack(">IHHH", 6, 1, 65535, 480), "score.mid: "),
    ],
    ids=["empty", "text", "RMID of junk", "header alone", "65535 tracks"],
)
def test_18_no_midi_at_all(song, answer, content, says):
    """An empty file, text, a header alone or one that claims 65535 tracks."""
    Path("score.mid").write_bytes(content)
    answer(ALIGN, status=1, says=says)


def test_19_score_without_notes(song, answer):
    """A score without notes."""
    Path("score.mid").write_bytes(midi(b"\0\xff\x03\x05Piano", END))
    answer(ALIGN, status=1, says="score.mid: the score has no notes")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (midi(NOTE, END)[:-9], 1),
        (midi(NOTE, END, length=5), 1),
        (midi(NOTE, END, length=2**31), 1),
        (midi(b"\0\x3c\x40", NOTE, END), 1),
    ],
    ids=["cut off", "length too short", "length too long", "running status without status"],
)
def test_20_damaged_tracks(song, answer, content, status):
    """A track that is cut off, lies about its length or begins with running status: refused."""
    Path("score.mid").write_bytes(content)
    answer(ALIGN, status=status, says="score.mid: ")


@pytest.mark.parametrize("division", [0, (-24 << 8) | 0, (-77 << 8) | 40])
def test_21_impossible_division(song, answer, division):
    """A division of 0, or a SMPTE one that there is not; sound ones of SMPTE are read."""
    Path("score.mid").write_bytes(midi(NOTE, END, division=division))
    answer(ALIGN, status=1, says="score.mid: a damaged MIDI file (its ")
    Path("score.mid").write_bytes(midi(NOTE, END, division=(-25 << 8) | 40))
    answer([*ALIGN, "--force"])


def test_22_impossible_tempo(song, answer):
    """A tempo of 0."""
    Path("score.mid").write_bytes(midi(b"\0\xff\x51\x03\0\0\0", NOTE, END))
    answer(ALIGN, status=1, says="it sets a tempo of 0")


@pytest.mark.parametrize("tempo", [b"\0\0\1", b"\xff\xff\xff"])
def test_22_implausible_tempo(song, answer, tempo):
    """A tempo of a microsecond or of 16.7 s a beat."""
    Path("score.mid").write_bytes(midi(b"\0\xff\x51\x03", tempo, NOTE, b"\x83\x60", NOTE[1:], END))
    answer([*ALIGN, "--force"])


def test_23_notes_after_the_recording(song, answer):
    """A note hours after the recording has ended: counted in a warning, and silent."""
    Path("score.mid").write_bytes(midi(NOTE, b"\xff\xff\x7f", NOTE[1:], END))
    began = time.monotonic()
    found = answer([*SEPARATE, "--no-align"])
    assert "1 of 2 notes lie outside of the recording (8.00 s) and stay silent" in found.warnings
    assert time.monotonic() - began < 20


def test_23_track_of_days(song, answer):
    """Waits of 2^28 ticks, one after the other."""
    Path("score.mid").write_bytes(midi(*[b"\xff\xff\xff\x7f" + NOTE[1:]] * 10, END))
    answer(ALIGN, status=1, says="it lasts more than")


def test_24_untidy_notes(song, answer):
    """Notes that hang, end before they begin, have no length or overlap; drums."""
    events = [
        b"\0\x80\x3c\0",
        NOTE,
        b"\0\x90\x3e\x40\0\x80\x3e\0",
        b"\0\x90\x40\x40\x10\x90\x40\x40\x10\x80\x40\0\x10\x90\x40\0",
    ]
    events += [b"\0\x99\x24\x40\x10\x89\x24\0", b"\0\x90\x43\x40", b"\x60\xff\x2f\0"]
    Path("score.mid").write_bytes(midi(*events))
    found = answer([*SEPARATE, "--no-align"])
    assert "score.mid: 1 notes are never released; they end with their track" in found.warnings


@pytest.mark.parametrize("type", [2, 7])
def test_25_other_types_of_midi(song, answer, type):
    """MIDI of type 2, or of one that there is not."""
    Path("score.mid").write_bytes(midi(NOTE, END, type=type))
    answer(ALIGN, status=1, says=f"a MIDI file of type {type}; wanted type 0 or 1")


def test_26_pitches_above_nyquist(song, answer):
    """The highest pitches, above half of the sample rate, and the lowest."""
    events = [bytes([0, 0x90, pitch, 64, 0x83, 0x60, 0x80, pitch, 0]) for pitch in (127, 0, 60, 120)]
    Path("score.mid").write_bytes(midi(*events, END))
    answer([*SEPARATE, "--no-align"])
    assert len(soundfile.read("out/residual.wav")[0]) == 64_000


def test_26_too_many_notes(song, answer):
    """More notes than any piece has."""
    Path("score.mid").write_bytes(midi(b"\0\x90\x3c\x40\1\x80\x3c\0" * 500_001, END))
    answer(ALIGN, status=1, says="more than 500000 notes; split the score")


def test_27_score_of_another_piece(song, answer):
    """A score of another piece."""
    write_score(
        "score.mid",
        synth.notes(*((0.2 + 0.3 * k, 0.45 + 0.3 * k, 37 + (0, 14, 29, 3, 26, 8)[k % 6], 1) for k in range(24))),
    )
    answer(SEPARATE, status=1, says="the score hardly resembles the recording")
    assert any("look at the alignment before" in warning for warning in answer([*SEPARATE, "--force"]).warnings)


def test_28_transposed_and_mistuned(song, answer):
    """A recording three semitones below its score and 30 cents off: found and said."""
    notes = synth.duet()
    notes.pitch[:] -= 3
    samples = synth.tones(notes)
    soundfile.write("song.wav", samples.T, round(synth.RATE * 2 ** (0.3 / 12)), "PCM_16")
    found = answer([*SEPARATE, "--json"])
    assert '"transposition": -3' in found.out
    assert '"tuning": 3' in found.out or '"tuning": 2' in found.out


XML = '<?xml version="1.0"?>{}<score-partwise><part-list>{}</part-list><part id="P1">{}</part></score-partwise>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.musicxml", b'<?xml version="1.0"?><score-timewise></score-timewise>'),
        ("s.musicxml", b"<score-partwise></score-partwise>"),
        ("s.xml", b"<html><body>no score</body></html>"),
        ("s.mei", b"<mei><music></music></mei>"),
        ("s.krn", b"**kern\n4q\tx\n*-\n"),
        ("s.mxl", b"PK\3\4 no archive"),
    ],
    ids=["timewise", "nothing in it", "html", "empty MEI", "broken kern", "broken archive"],
)
def test_29_damaged_notation(song, answer, name, content):
    """Notation that is empty, damaged or of another kind."""
    Path(name).write_bytes(content)
    answer(["align", "song.wav", name, "-o", "x.npz"], status=1, says=name)


def laughs():
    """Return a billion laughs."""
    entities = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 10))
    return XML.format(f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>', "&l9;", "")


def bomb():
    """Return an .mxl file of 100 kB that unpacks to 100 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>'
        )
        archive.writestr("s.xml", " " * 100_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.musicxml", laughs().encode()),
        ("s.musicxml", XML.format('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "&e;", "").encode()),
        ("s.mxl", bomb()),
    ],
    ids=["laughs", "external entity", "zip bomb"],
)
def test_30_notation_that_attacks(song, answer, name, content):
    """Entities that multiply or fetch files, an archive that is a bomb, an address for a path: nothing is fetched."""
    Path(name).write_bytes(content)
    began = time.monotonic()
    answer(["align", "song.wav", name, "-o", "x.npz"], status=1, says=name)
    assert time.monotonic() - began < 5


def test_30_address_for_a_score(song, answer):
    """Entities that multiply or fetch files, an archive that is a bomb, an address for a path: nothing is fetched."""
    answer("align song.wav http://localhost:9/score.musicxml -o x.npz", status=1, says="no such file")
