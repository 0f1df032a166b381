"""Aligned notes and anchors as tables for people and other programs."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from scoresep.errors import InputError
from scoresep.times import parse_time
from scoresep.values import Alignment, Array, Notes

#: Columns that a table must have, and what stands for the others in one that lacks them.
NEEDED = ("onset", "offset", "pitch")
DEFAULTS: Mapping[str, Any] = {
    "velocity": 64,
    "part": "",
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
#: The columns of whole numbers, and those that are seconds.
_WHOLE = ("pitch", "velocity", "channel", "program", "staff", "voice", "transposition")
_TIMES = ("onset", "offset", "score_onset", "score_offset")


def write_notes(alignment: Alignment, file: TextIO) -> None:
    """Write one line a note, times in seconds; pitch is the written one."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    notes = alignment.notes
    for i in range(len(notes)):
        table.writerow(
            [
                f"{notes.onset[i]:.4f}",
                f"{notes.offset[i]:.4f}",
                int(notes.pitch[i]),
                int(notes.velocity[i]),
                notes.part_name(i),
                *(int(column[i]) for column in (notes.channel, notes.program, notes.staff, notes.voice)),
                f"{alignment.score_onset[i]:.5f}",
                f"{alignment.score_offset[i]:.5f}",
                f"{alignment.confidence[i]:.3f}",
                f"{alignment.tuning:.2f}",
                alignment.transposition,
            ]
        )


def read_notes(path: str | Path) -> Alignment:
    """Return a table of aligned notes, as `write_notes` makes it or with only some of its columns.

    It fits any recording: its fingerprint is empty.  Raises InputError, with the line, for what is not such a table.
    """
    rows = [_note(row, place) for place, row in _rows(path, NEEDED)]
    if not rows:
        raise InputError(f"{path}: the table has no notes")
    names = tuple(sorted({row["part"] for row in rows} - {""}))
    part = {name: k for k, name in enumerate(("", *names))}
    rows.sort(key=lambda row: (row["onset"], row["pitch"], part[row["part"]]))
    notes = Notes.from_rows([row | {"part": part[row["part"]]} for row in rows], names)
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
        if name == "part":
            note[name] = row.get(name) or ""
        elif row.get(name):
            note[name] = _number(row[name], name, place, int if name in _WHOLE else float)
        elif name in NEEDED:
            raise InputError(f"{place}: no {name}")
    for written, played in (("score_onset", "onset"), ("score_offset", "offset")):
        note[written] = note[played] if note[written] is None else note[written]
    if not 0 <= note["pitch"] <= 127:
        raise InputError(f"{place}: pitch {note['pitch']} is not from 0 to 127")
    if not note["onset"] < note["offset"]:
        raise InputError(f"{place}: the note ends at {note['offset']:g} s, not after its onset at {note['onset']:g} s")
    return note


def _number(text: str, name: str, place: str, read: Callable[[str], float]) -> Any:
    """Return a finite number, by ``read``."""
    try:
        number = read(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{place}: {name} '{text}' is not a number")
    return number


def _rows(path: str | Path, needed: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    """Return the lines of a table, each with its place for messages."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, skipinitialspace=True)
            rows = [(f"{path}, line {table.line_num}", row) for row in table]
            columns = table.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path}: not a table that can be read ({getattr(error, 'strerror', None) or error})"
        ) from error
    if missing := [name for name in needed if name not in columns]:
        raise InputError(f"{path}: no column {', '.join(missing)}; wanted a first line with {', '.join(needed)}")
    return rows
