"""A score as staves: verovio engraves it, and its SVG is made small, harmless and ready for the page.

Verovio runs in a process of its own, so that what goes wrong there goes wrong there alone.  A layout is a score in
systems of one width; the page shows the one that fits its window.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import InputError, install_line
from scoresep.values import Array
from scoresep.views.report import verovio_process
from scoresep.views.report.systems import System, systems_of

#: The widths of the layouts in units of verovio, of which a space between two lines has 18: for phones and for screens.
WIDTHS = (900, 2700)
#: Seconds after which the engraving is given up.
LONGEST = 120
#: What programs say that do without a library.
MISSING = f"Staves need verovio; install it: {install_line('score')}"


@dataclass(frozen=True, eq=False)
class Layout:
    """A score in systems of one width, and the shapes that they share, by name."""

    width: int
    systems: list[System]
    shapes: dict[str, str]


@dataclass(frozen=True, eq=False)
class Engraving:
    """An engraved score: each note and each bar once, in the order of the page.

    ``quarter`` (from the beginning), ``pitch`` (MIDI) and ``staff`` have one entry for each note, even if it is tied to
    one before; ``bar_quarter`` and ``bar_names`` one for each bar.  In the layouts, they are counted in this order.
    """

    quarter: Array
    pitch: Array
    staff: Array
    bar_quarter: Array
    bar_names: list[str]
    layouts: list[Layout]


def is_installed() -> bool:
    """Whether verovio is there; it is not imported."""
    return importlib.util.find_spec("verovio") is not None


def engrave(text: str, format: str) -> Engraving:
    """Engrave a score.

    Parameters
    ----------
    text : str
        The score.
    format : {"xml", "mei", "humdrum"}
        Its format as verovio calls it; "xml" is MusicXML.

    Raises
    ------
    InputError
        If verovio cannot read the score, or takes longer than two minutes.
    """
    found = _run({"text": text, "format": format, "widths": WIDTHS})
    notes, bars = found["notes"], found["bars"]
    quarter, pitch, staff = (np.array([note[k] for note in notes]) for k in (1, 2, 3))
    note_numbers = {note[0]: k for k, note in enumerate(notes)}
    bar_numbers = {bar[0]: k for k, bar in enumerate(bars)}
    layouts = [_layout(*pair, note_numbers, bar_numbers) for pair in zip(WIDTHS, found["layouts"], strict=True)]
    return Engraving(quarter, pitch, staff, np.array([bar[1] for bar in bars]), [bar[2] for bar in bars], layouts)


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what the process that engraves answers."""
    try:
        done = subprocess.run(  # noqa: S603 (the program is our own)
            [sys.executable, str(Path(verovio_process.__file__))],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=LONGEST,
            check=False,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"verovio cannot engrave the score in {LONGEST} s") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"verovio cannot engrave the score ({lines[-1][:200] if lines else 'it stopped'})")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _layout(width: int, pages: list[str], notes: Mapping[str, int], bars: Mapping[str, int]) -> Layout:
    """Return the systems of all pages of one width."""
    shapes: dict[str, str] = {}
    systems = [system for page in pages for system in systems_of(page, notes, bars, shapes)]
    return Layout(width, systems, shapes)
