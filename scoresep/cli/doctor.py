"""``scoresep doctor``: what is installed on this machine, and whether it works."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import time
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step

#: The sample rate of the recording of the self-test (Hz).
RATE = 22050
#: The MIDI pitches of the two notes of the self-test, half a second each.
PITCHES = (60, 76)
#: The SDR that each stem of the self-test must have (dB).
LEAST_SDR = 15.0


@click.command(cls=Command)
@click.option("--json", "in_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def doctor(session: Session, /, *, in_json: bool) -> Step:
    """Show what is installed, and test whether it works.

    \b
    scoresep doctor

    These are the versions of all packages, the sound formats, the cores and the memory. The test separates a second of
    sound that is built in.
    """
    from scoresep.io.stems_manifest import as_json

    yield
    findings: dict[str, dict[str, Any]] = {
        "versions": versions(),
        "codecs": codecs(),
        "machine": machine(),
        "self-test": self_test(),
    }
    if in_json:
        click.echo(as_json(findings), nl=False)
    else:
        for name, lines in findings.items():
            click.echo(f"{name}:")
            for key, value in lines.items():
                click.echo(f"  {key:20} {', '.join(value) if isinstance(value, list) else value}")
    if not findings["self-test"]["passed"]:
        raise click.ClickException("the self-test has failed; install scoresep anew in a fresh environment")


def versions() -> dict[str, str]:
    """Return the versions of Python, scoresep and the packages that it needs."""
    import soundfile

    required = (re.match(r"[\w-]+", line) for line in importlib.metadata.requires("scoresep") or () if ";" not in line)
    names = ["scoresep", *(found[0] for found in required if found)]
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in names},
        "libsndfile": soundfile.__libsndfile_version__,
    }


def codecs() -> dict[str, list[str]]:
    """Return the sound formats that can be read and written, and the sample formats of each."""
    import soundfile

    return {name: list(soundfile.available_subtypes(name)) for name in ("WAV", "RF64", "AIFF", "FLAC", "OGG", "MP3")}


def machine() -> dict[str, Any]:
    """Return the system, the cores and the memory (bytes; None if unknown)."""
    from scoresep.dsp.parallel import THREADS_VARIABLE, count_threads

    known = getattr(os, "sysconf_names", {})
    pages = {name: os.sysconf(name) for name in ("SC_PHYS_PAGES", "SC_AVPHYS_PAGES") if name in known}
    memory = {name: count * os.sysconf("SC_PAGE_SIZE") for name, count in pages.items()}
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "cores used": count_threads(),
        THREADS_VARIABLE: os.environ.get(THREADS_VARIABLE),
        "memory": memory.get("SC_PHYS_PAGES"),
        "memory free": memory.get("SC_AVPHYS_PAGES"),
    }


def self_test() -> dict[str, Any]:
    """Separate two synthetic notes that follow one another, and compare the stems with the true sounds."""
    import numpy as np

    from scoresep.pipeline import separate
    from scoresep.values import Audio, Notes

    began = time.perf_counter()
    clock = np.arange(RATE // 2) / RATE
    tones = [np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * clock) * np.exp(-4 * clock) / 2 for pitch in PITCHES]
    true = np.zeros((2, RATE), np.float32)
    true[0, : len(clock)], true[1, -len(clock) :] = tones
    rows = [{"onset": k / 2, "offset": k / 2 + 0.5, "pitch": p, "part": 1} for k, p in enumerate(PITCHES)]
    groups = {f"note {k}": {"pitch": str(p)} for k, p in enumerate(PITCHES, start=1)}
    notes = Notes.from_rows(rows, ("piano",))
    found = separate(Audio(true.sum(axis=0)[None], RATE), notes, groups=groups, is_aligned=True)
    stems = found.stems.samples[:, 0]
    error = np.square(stems[:2] - true).sum(axis=1)
    sdr = 10 * np.log10(np.square(true).sum(axis=1) / np.maximum(error, 1e-12))
    is_sum = bool(np.allclose(stems.sum(axis=0), true.sum(axis=0), atol=1e-6))
    return {
        "passed": is_sum and bool(sdr.min() > LEAST_SDR),
        "files add up": is_sum,
        "SDR (dB)": round(float(sdr.min()), 1),
        "seconds": round(time.perf_counter() - began, 2),
    }
