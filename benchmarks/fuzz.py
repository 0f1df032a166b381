"""Feed damaged files to all readers; print how many were read, refused, or did anything else.

    python benchmarks/fuzz.py [--inputs 100000] [--seed 0]

A reader may return, or raise an error that a user can mend.  Anything else is a fault, and so is taking more than
5 s or 1 GB.  Sound, MIDI, notation, groups and .npz files are damaged by flipping, cutting, repeating and inserting
bytes, and by numbers from the ends of their ranges.  The exit status is 1 if there was a fault.
"""

from __future__ import annotations

import argparse
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from scoresep import Audio, align, decompose, mask, stft
from scoresep.errors import ScoresepError
from scoresep.io import npz
from scoresep.io.audio import read_audio, read_mono
from scoresep.io.groups_file import read_groups
from scoresep.io.note_table import read_notes, write_notes
from scoresep.io.scores import read_score
from scoresep.score.selection import select
from scoresep.values import Notes

FIXTURES = Path(__file__).parent.parent / "fixtures"
#: The share of each kind of file, by the reader.
SHARES = {"sound": 0.25, "MIDI": 0.25, "notation": 0.15, "groups": 0.15, "table": 0.05, "npz": 0.15}
LONGEST, LARGEST = 5, 2**30
#: How many inputs one process takes; it dies with its memory.
CHUNK = 2500
KERN = "**kern\t**kern\n*M3/4\t*M3/4\n=1\t=1\n4C\t4e\n4G 4c\t8.g\n.\t16a\n4r\t[4cc\n=2\t=2\n2.C\t2.cc]\n*-\t*-\n"
MEI = """<?xml version="1.0"?><mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>
<scoreDef meter.count="3" meter.unit="4"><staffGrp><staffDef n="1" lines="5" clef.shape="G" clef.line="2" ppq="4"/>
</staffGrp></scoreDef><section><measure n="1" xml:id="m1"><staff n="1" xml:id="s1"><layer n="1" xml:id="l1">
<note xml:id="n1" dur="4" oct="4" pname="c"/><chord xml:id="c1" dur="4"><note xml:id="n2" oct="4" pname="e"/>
<note xml:id="n3" oct="4" pname="g"/></chord><rest xml:id="r1" dur="4"/></layer></staff></measure></section>
</score></mdiv></body></music></mei>"""
GROUPS = """left:  {part: Left hand}
right: {part: [Right hand, 2], pitch: C4..A6}
solo:  [{voice: 1}, {time: 0:32..0:40, each: note}]
"low # notes": {pitch: ..B3, staff: 2, channel: 1..16}
rest:  rest
"""


def read_npz(path: Path) -> None:
    """Read a value of any kind, and make what follows from it."""
    value = npz.load_any(path)
    if isinstance(value, npz.Decomposition):
        mask(value, select(None, value.notes), frames=range(min(value.activations.shape[1], 3)))


READERS: dict[str, tuple[Callable[[Path], object], ...]] = {
    "sound": (read_audio, read_mono),
    "MIDI": (read_score,),
    "notation": (read_score,),
    "groups": (read_groups,),
    "table": (read_notes,),
    "npz": (read_npz,),
}


def corpus(folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Return sound small files of each kind, with their suffixes."""
    rng = np.random.default_rng(0)
    samples = rng.uniform(-1, 1, (2000, 2)).astype(np.float32)
    sounds = [
        ("wav", "PCM_16"),
        ("wav", "FLOAT"),
        ("wav", "PCM_24"),
        ("flac", "PCM_16"),
        ("ogg", "VORBIS"),
        ("aiff", "PCM_16"),
    ]
    sounds += [("mp3", "MPEG_LAYER_III"), ("rf64", "PCM_16"), ("w64", "DOUBLE"), ("au", "ULAW"), ("caf", "FLOAT")]
    for k, (format, subtype) in enumerate(sounds):
        soundfile.write(folder / f"{k}.sound", samples, 8000, subtype, format=format)
    rows = [{"onset": k / 4, "offset": k / 4 + 0.3, "pitch": 60 + k % 5, "part": 1 + k % 2} for k in range(6)]
    notes = Notes.from_rows(rows, ("one", "two"))
    spectrogram = stft(Audio(samples.T[:, :1000], 8000), n_fft=64, hop=16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alignment = align(spectrogram.audio, notes, is_aligned=True)
        decomposition = decompose(spectrogram, alignment, iterations=1)
    values = (spectrogram, alignment, decomposition, mask(decomposition, select(None, notes)))
    for k, value in enumerate(values):
        npz.save(value, folder / f"{k}.npz")
    with (folder / "notes.csv").open("w") as file:
        write_notes(alignment, file)
    waltz = (FIXTURES / "waltz.mid").read_bytes()
    return {
        "sound": [("wav", path.read_bytes()) for path in sorted(folder.glob("*.sound"))],
        "MIDI": [("mid", waltz), ("mid", small_midi())],
        "notation": [("musicxml", small_xml()), ("mei", MEI.encode()), ("krn", KERN.encode())],
        "groups": [("yaml", GROUPS.encode()), ("yaml", (FIXTURES / "hands.yaml").read_bytes())],
        "table": [("csv", (folder / "notes.csv").read_bytes())],
        "npz": [("npz", path.read_bytes()) for path in sorted(folder.glob("*.npz"))],
    }


def small_midi() -> bytes:
    """Return a MIDI file with two notes, the pedal, a tempo and running status."""
    track = b"\0\xff\x51\3\7\xa1\x20\0\xc0\x05\0\xb0\x40\x7f"
    track += b"\0\x90\x3c\x40\x60\x3c\0\0\x3e\x40\x60\x3e\0\0\xb0\x40\0\0\xff\x2f\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def small_xml() -> bytes:
    """Return a MusicXML file of two bars with a repeat and a tie."""
    pitch = "<pitch><step>{}</step><octave>4</octave></pitch>"
    note = f"<note>{pitch}<duration>2</duration><voice>1</voice><type>half</type></note>"
    time = "<time><beats>4</beats><beat-type>4</beat-type></time>"
    attributes = f"<attributes><divisions>1</divisions>{time}</attributes>"
    tempo = '<direction><sound tempo="90"/></direction>'
    repeat = '<barline location="right"><repeat direction="backward"/></barline>'
    bars = "".join(
        f'<measure number="{k}">{begin}{note.format(step)}{note.format("E")}{end}</measure>'
        for k, step, begin, end in ((1, "C", attributes, ""), (2, "G", tempo, repeat))
    )
    parts = '<part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>'
    return f'<?xml version="1.0"?><score-partwise>{parts}<part id="P1">{bars}</part></score-partwise>'.encode()


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with one to four kinds of damage."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        if not data:
            return b""
        # Headers stand at the beginning, or, in archives, at the end.
        span = len(data) if rng.random() < 0.5 else min(len(data), 200)
        at = int(rng.integers(span)) if rng.random() < 0.8 else len(data) - 1 - int(rng.integers(span))
        match rng.integers(7):
            case 0:
                data[at] ^= 1 << int(rng.integers(8))
            case 1:
                data[at] = int(rng.integers(256))
            case 2:
                del data[at:]
            case 3:
                del data[at : at + int(rng.integers(1, 50))]
            case 4:
                data[at:at] = data[at : at + int(rng.integers(1, 200))] * int(rng.integers(1, 20))
            case 5:
                data[at:at] = rng.bytes(int(rng.integers(1, 20)))
            case 6:
                size = int(rng.choice([1, 2, 4, 8]))
                data[at : at + size] = rng.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * size
    return bytes(data)


class TooLong(BaseException):
    """A reader has taken longer than it may."""


def _stop(signum: int, frame: object) -> None:
    raise TooLong


def work(kind: str, first: int, count: int, seed: int) -> None:
    """Read damaged files of a kind in this process; print what became of each."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _stop)
    resource.setrlimit(resource.RLIMIT_AS, (8 * LARGEST, 8 * LARGEST))
    with tempfile.TemporaryDirectory() as name:
        files = corpus(Path(name))[kind]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(first, first + count):
            rng = np.random.default_rng([seed, number])
            suffix, content = files[number % len(files)]
            path = Path(name) / f"damaged.{suffix}"
            path.write_bytes(damaged(content, rng))
            for read in READERS[kind]:
                print(outcome(read, path), number, sep="\t", flush=True)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        if grown > LARGEST:
            print(f"fault: took {grown / 1e9:.1f} GB", first, sep="\t")


def outcome(read: Callable[[Path], object], path: Path) -> str:
    """Return what a reader makes of a file."""
    signal.alarm(LONGEST)
    try:
        read(path)
    except ScoresepError as error:
        return "refused" if len(str(error).splitlines()) == 1 else "fault: more than one line"
    except TooLong:
        return "fault: more than 5 s"
    except BaseException as error:  # noqa: BLE001 (any other one is a fault)
        return f"fault: {type(error).__name__}: {' '.join(str(error).split())[:100]}"
    finally:
        signal.alarm(0)
    return "read"


def chunks(inputs: int) -> Iterator[tuple[str, int, int]]:
    """Return the kind, the first number and the count of the inputs of each process."""
    for kind, share in SHARES.items():
        total = round(inputs * share)
        for first in range(0, total, CHUNK):
            yield kind, first, min(CHUNK, total - first)


def main() -> None:
    """Let processes read damaged files, and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chunk", nargs=3, metavar=("KIND", "FIRST", "COUNT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.chunk:
        work(given.chunk[0], int(given.chunk[1]), int(given.chunk[2]), given.seed)
        return
    sums: dict[str, Counter[str]] = {kind: Counter() for kind in SHARES}
    seen: dict[tuple[str, str], str] = {}
    began = time.monotonic()
    for kind, first, count in chunks(given.inputs):
        words = [sys.executable, __file__, "--seed", str(given.seed), "--chunk", kind, str(first), str(count)]
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        if done.returncode:
            lines.append([f"fault: the process ended with {done.returncode}", lines[-1][1] if lines else "-"])
        for what, number in lines:
            sums[kind]["fault" if what.startswith("fault") else what] += 1
            if what.startswith("fault"):
                seen.setdefault((kind, what), number)
    print(f"| {given.inputs} files, seed {given.seed} | read | refused | faults |\n|---|---|---|---|")
    for kind, sum in sums.items():
        files, readers = round(given.inputs * SHARES[kind]), len(READERS[kind])
        counts = " | ".join(str(sum[what]) for what in ("read", "refused", "fault"))
        print(f"| {kind} ({files} files, {readers} readers) | {counts} |")
    for (kind, what), number in seen.items():
        print(f"{kind} {number}: {what}")
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(bool(seen))


if __name__ == "__main__":
    main()
