"""Aligned notes and anchors as tables for people and other programs."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from scoresep.errors import InputError
from scoresep.io.checks import check_file
from scoresep.times import parse_time
from scoresep.values import Alignment, Array, Notes

#: Columns that a table must have, and what stands for the others in one that lacks them.
NEEDED = ("onset", "offset", "pitch")
DEFAULTS: Mapping[str, Any] = {
    "velocity": 64,
    "part": "",
    "part_number": 0,
    "channel": 0,
    "program": 0,
    "staff": 0,
    "voice": 0,
    "score_onset": None,
    "score_offset": None,
    "confidence": 1.0,
    "tuning": 0.0,
    "transposition": 0,
}
COLUMNS = (*NEEDED, *DEFAULTS)
#: The number and the name of the part of a note that is in none, and the least length (s) that a table can tell.
NO_PART, SHORTEST = (0, ""), 1e-4
#: From where to where the numbers of a column may go; those of the first lot are whole.
_WHOLE = {
    "pitch": (0, 127),
    "velocity": (0, 127),
    "part_number": (0, 10_000),
    "channel": (0, 16),
    "program": (0, 128),
    "staff": (0, 10_000),
    "voice": (0, 10_000),
    "transposition": (-60, 60),
}
_MOST_SECONDS = 1e6
#: A table with more lines than this is not one of notes.
MOST_LINES = 200_000
_RANGES = {
    **_WHOLE,
    **dict.fromkeys(("onset", "offset", "score_onset", "score_offset"), (-_MOST_SECONDS, _MOST_SECONDS)),
    **dict.fromkeys(("score", "recording"), (0, _MOST_SECONDS)),
    "confidence": (0, 1),
    "tuning": (-100, 100),
}


def write_notes(alignment: Alignment, file: TextIO) -> None:
    """Write one line a note, times in seconds; pitch is the written one."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    notes = alignment.notes
    for i in range(len(notes)):
        table.writerow(
            [
                f"{notes.onset[i]:.4f}",
                f"{max(notes.offset[i], notes.onset[i] + SHORTEST):.4f}",
                int(notes.pitch[i]),
                int(notes.velocity[i]),
                notes.part_name(i),
                *(int(column[i]) for column in (notes.part, notes.channel, notes.program, notes.staff, notes.voice)),
                f"{alignment.score_onset[i]:.5f}",
                f"{alignment.score_offset[i]:.5f}",
                f"{alignment.confidence[i]:.3f}",
                f"{alignment.tuning:.2f}",
                alignment.transposition,
            ]
        )


def is_aligned(path: str | Path) -> bool:
    """Whether a file is a table that says where its notes stand in a score and where in a recording."""
    if Path(path).suffix.lower() != ".csv" or not Path(path).is_file():
        return False
    with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
        return "score_onset" in file.readline(10_000)


def read_notes(path: str | Path) -> Alignment:
    """Return a table of aligned notes, as `write_notes` makes it or with only some of its columns.

    It fits any recording: its fingerprint is empty.  Raises InputError, with the line, for what is not such a table.
    """
    rows = [_note(row, place) for place, row in _rows(path, NEEDED)]
    if not rows:
        raise InputError(f"{path}: the table has no notes")
    named = sorted({(row["part_number"], row["part"]) for row in rows} - {NO_PART})
    parts = {NO_PART: 0} | {part: k for k, part in enumerate(named, start=1)}
    rows.sort(key=lambda row: (row["onset"], row["pitch"], parts[row["part_number"], row["part"]]))
    numbered = [row | {"part": parts[row["part_number"], row["part"]]} for row in rows]
    notes = Notes.from_rows(numbered, tuple(name for _, name in named))
    onset, offset, confidence = (
        np.array([row[name] for row in rows], float) for name in ("score_onset", "score_offset", "confidence")
    )
    return Alignment(
        notes=notes,
        score_onset=onset,
        score_offset=offset,
        confidence=confidence,
        overall_confidence=float(confidence.mean()),
        path=np.stack([onset, notes.onset]),
        sections=np.array([[onset.min(), offset.max(), notes.onset.min(), notes.offset.max()]]),
        misfits=np.zeros((0, 2)),
        fingerprint="",
        tuning=rows[0]["tuning"],
        transposition=rows[0]["transposition"],
    )


def read_onsets(path: str | Path) -> Array:
    """Return onset, pitch and score onset of the notes of a table that have all three, shape (notes, 3).

    Raises InputError, with the line, for what is not such a table.
    """
    needed = ("onset", "pitch", "score_onset")
    rows = [
        [_number(row[name], name, place, float) for name in needed]
        for place, row in _rows(path, needed)
        if row["score_onset"].strip()
    ]
    return np.array(rows).reshape(-1, 3)


def read_anchors(path: str | Path) -> Array:
    """Return the anchors of a table: score times that sound at recording times (s), shape (anchors, 2).

    Its columns are ``score`` and ``recording``, in seconds or as m:ss.  Raises InputError, with the line.
    """
    anchors: list[tuple[float, float]] = []
    for place, row in _rows(path, ("score", "recording")):
        anchor = (
            _number(row["score"], "score", place, parse_time),
            _number(row["recording"], "recording", place, parse_time),
        )
        if anchors and anchor[1] <= anchors[-1][1]:
            raise InputError(f"{place}: recording times must rise; {anchor[1]:g} s comes after {anchors[-1][1]:g} s")
        anchors.append(anchor)
    if not anchors:
        raise InputError(f"{path}: the table has no anchors")
    return np.array(anchors)


def _note(row: Mapping[str, str], place: str) -> dict[str, Any]:
    """Return a line of a table of notes as numbers."""
    note: dict[str, Any] = dict(DEFAULTS)
    for name in COLUMNS:
        text = row.get(name, "").strip()
        if not text and name in NEEDED:
            raise InputError(f"{place}: no {name}")
        if text:
            note[name] = text if name == "part" else _number(text, name, place, int if name in _WHOLE else float)
    for written, played in (("score_onset", "onset"), ("score_offset", "offset")):
        note[written] = note[played] if note[written] is None else note[written]
    if not note["onset"] < note["offset"]:
        raise InputError(f"{place}: the note ends at {note['offset']:g} s, not after its onset at {note['onset']:g} s")
    return note


def _number(text: str, name: str, place: str, read: Callable[[str], float]) -> Any:
    """Return a number in the range of its column, by ``read``."""
    shown = " ".join(text.split())[:40]
    try:
        number = read(text)
    except ValueError as error:
        raise InputError(f"{place}: {name} '{shown}' is not a{' whole' if name in _WHOLE else ''} number") from error
    low, high = _RANGES[name]
    if isinstance(number, float) and not math.isfinite(number):
        raise InputError(f"{place}: {name} '{shown}' is not a number")
    if not low <= number <= high:
        raise InputError(f"{place}: {name} {shown} is not from {low:g} to {high:g}")
    return number


def _rows(path: str | Path, needed: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    """Return the lines of a table by column, each with its place for messages."""
    check_file(path, "a table")
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file, skipinitialspace=True)
            lines = [(f"{path}, line {table.line_num}", line) for line in islice(table, MOST_LINES + 1) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: not a table that can be read ({reason})") from error
    if len(lines) > MOST_LINES:
        raise InputError(f"{path}: more than {MOST_LINES} lines; split the table")
    columns = [name.strip() for name in lines[0][1]] if lines else []
    if missing := [name for name in needed if name not in columns]:
        raise InputError(f"{path}: no column {', '.join(missing)}; wanted a first line with {', '.join(needed)}")
    for place, line in lines[1:]:
        if len(line) != len(columns):
            raise InputError(f"{place}: {len(line)} values for {len(columns)} columns")
    return [(place, dict(zip(columns, line, strict=True))) for place, line in lines[1:]]
