"""Damaged scores: mutates the fixtures and reads what comes of it, each file with a limit of time and memory.

    python benchmarks/fuzz_scores.py [FILES] [SEED] [FIXTURE …]

For each fixture (or those named) FILES (10,000 unless said) files are made from it, by flipping, cutting, doubling and
moving bytes, and by putting other numbers in.  A file must be read, with or without warnings, or refused with an
InputError, in less than 5 s and with less than 1 GB.  Prints for each fixture how many were read, mended and refused,
the slowest file (s) and the memory (MB) of the process; ends at the first file that does anything else, and keeps it.

With the extra "score" there is also an ABC tune, of which a tenth as many files are made: music21 takes longer.  The
process that converts a file is a copy of this one, which has loaded music21 already, instead of a new one.
"""

import importlib.util
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import scoresep
from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.scores import abc

FIXTURES = Path(__file__).parent.parent / "fixtures"
SOURCES = (
    *("minuet.mid", "minuet.musicxml", "minuet.mxl", "minuet.mei", "minuet.krn", "minuet.csv"),
    *("signs.musicxml", "signs.mei", "signs.krn"),
)
#: A tune in ABC.
ABC = """X:1
T:Two voices
M:3/4
L:1/8
Q:1/4=60
K:G
V:1
|: G2 A2 B2 | d4 z2 |1 e6 :|2 (3efg a4 |]
V:2
|: G,6 | D6 |1 C6 :|2 D6 |]
"""
#: The file of that tune.
ABC_SOURCE = "tune.abc"
#: How many times fewer files are made of it.
ABC_FEWER = 10
#: Seconds that such a file may take.
LONGEST_ABC = 130.0
#: Seconds that a file may take.
LONGEST = 5.0
#: Bytes of memory that the process may take.
LARGEST = 2**30
#: What numbers are replaced by.
NUMBERS = ("0", "-1", "1", "3", "7", "128", "99999", "2147483648", "1e300", "-1e-300", "nan", "inf", "", "0.1", "1/0")


def load_music21() -> None:
    """Load all of music21 that a conversion needs."""
    from music21 import converter
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        GeneralObjectExporter().parse(converter.parseData(ABC, format="abc"))


def in_a_copy(command: list[str], *, input: bytes, timeout: float, **_: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a program (``python -c PROGRAM ARGUMENT``) as `subprocess.run` does, in a copy of this process."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as errors:
        given.write(input)
        for file in (given, told, errors):
            file.seek(0)
        with warnings.catch_warnings(action="ignore"):  # of threads, which a copy does not have
            child = os.fork()
        if not child:
            _become(command, *(file.fileno() for file in (given, told, errors)))
        end = time.monotonic() + timeout
        while not (state := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise subprocess.TimeoutExpired(command, timeout)
            time.sleep(0.002)
        told.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(state[1]), told.read(), errors.read())


def _become(command: list[str], *files: int) -> None:
    """Run a program in this process with files for standard input, output and error, and end."""
    code = 1
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        sys.stdin, sys.stdout, sys.stderr = (open(k, mode, closefd=False) for k, mode in enumerate("rww"))  # noqa: SIM115
        sys.argv = ["-c", *command[3:]]
        exec(command[2], {"__name__": "__main__"})  # noqa: S102 (the package's own program)
        code = 0
    except SystemExit as end:
        print(end.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 (whatever it is, a program ends with it)
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return a file with a few faults."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 12))):
        at, length = rng.randrange(len(data) + 1), rng.choice((1, 2, 8, 40, 300))
        match rng.randrange(7):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * rng.choice((1, 2, 20))
            case 3:
                data[at:at] = bytes(rng.randrange(256) for _ in range(length))
            case 4:
                other = rng.randrange(len(data) + 1)
                data[at : at + length] = data[other : other + length]
            case 5:
                _change_number(data, at, rng)
            case 6:
                del data[at : len(data) if rng.random() < 0.1 else at + 1]
    return bytes(data)


def _change_number(data: bytearray, at: int, rng: random.Random) -> None:
    """Put another number in place of the next one."""
    begin = next((k for k in range(at, len(data)) if 48 <= data[k] <= 57), None)
    if begin is not None:
        end = next((k for k in range(begin, len(data)) if not 48 <= data[k] <= 57), len(data))
        data[begin:end] = rng.choice(NUMBERS).encode()


def check(path: Path) -> str:
    """Read a file; return what became of it.  Raises whatever should not happen."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            notes = scoresep.read_score(path)
        except InputError as error:
            if "\n" in str(error):
                raise AssertionError("more than a line") from error
            return "refused"
    assert all(issubclass(warning.category, ScoresepWarning) for warning in caught), [str(w.message) for w in caught]
    assert len(notes) > 0, "nothing read"
    assert np.isfinite([notes.onset, notes.offset]).all(), "impossible times"
    assert (notes.offset > notes.onset).all(), "a note without a length"
    assert ((notes.pitch >= 0) & (notes.pitch <= 127)).all(), "impossible pitches"
    return "mended" if caught else "read"


def main(count: int, seed: int, sources: tuple[str, ...]) -> None:
    """Fuzz all formats."""
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST, resource.RLIM_INFINITY))  # for this process alone
    print("fixture             read  mended  refused  slowest      MB")
    if ABC_SOURCE in sources:
        load_music21()
        abc.subprocess.run = in_a_copy  # type: ignore[assignment]
    for source in sources:
        rng = random.Random(seed)  # noqa: S311 (no secrets here)
        content = original(source)
        tally = {"read": 0, "mended": 0, "refused": 0}
        slowest = 0.0
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / source
            for k in range(count // ABC_FEWER if source == ABC_SOURCE else count):
                path.write_bytes(mutated(content, rng))
                began = time.perf_counter()
                try:
                    tally[check(path)] += 1
                    longest = LONGEST_ABC if source == ABC_SOURCE else LONGEST
                    assert time.perf_counter() - began < longest, "too slow"
                except BaseException:
                    kept = Path(tempfile.gettempdir()) / f"fuzzed-{k}{path.suffix}"
                    kept.write_bytes(path.read_bytes())
                    print(f"{source}: file {k} goes wrong; it is kept as {kept}")
                    raise
                slowest = max(slowest, time.perf_counter() - began)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{source:20}{tally['read']:6}{tally['mended']:8}{tally['refused']:9}{slowest:9.3f}{memory:8.0f}",
            flush=True,
        )


def original(source: str) -> bytes:
    """Return a sound file, of which the compressed one is made from the fixture."""
    if source == ABC_SOURCE:
        return ABC.encode()
    if not source.endswith(".mxl"):
        return (FIXTURES / source).read_bytes()
    import io
    import zipfile

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("META-INF/container.xml", '<container><rootfile full-path="score.xml"/></container>')
        archive.writestr("score.xml", (FIXTURES / "minuet.musicxml").read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    has_music21 = importlib.util.find_spec("music21") is not None
    names = tuple(sys.argv[3:]) or (*SOURCES, *([ABC_SOURCE] if has_music21 else []))
    main(*(numbers + [10_000, 0][len(numbers) :]), names)
