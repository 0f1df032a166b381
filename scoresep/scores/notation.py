"""MusicXML, MEI or kern file → Notes, through partitura.

Only a local file with one of the known suffixes is ever given to partitura, which would fetch addresses and start a
notation program for others.  Times follow the tempo marks, 120 quarters a minute without any; repeats are not
unfolded.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import InputError
from scoresep.values import Array, Notes

_QUARTERS_A_MINUTE = 120.0


def read_notation(path: Path) -> Notes:
    """Return the notes of a notation file in seconds, ties joined, at the pitch that sounds.

    Raises InputError for a file that partitura cannot read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import partitura
        from partitura.score import Tempo, Transposition

    readers = {".mei": partitura.load_mei, ".krn": partitura.load_kern}
    read = readers.get(path.suffix.lower(), partitura.load_musicxml)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = list(read(str(path)).parts)
            tables = [part.note_array(include_staff=True) for part in parts]
            shifts = [{mark.start.t: mark.chromatic or 0 for mark in part.iter_all(Transposition)} for part in parts]
            tempos = {
                float(part.quarter_map(mark.start.t)): _pace(mark) for part in parts for mark in part.iter_all(Tempo)
            }
    except Exception as error:  # partitura raises whatever its parsers trip over
        raise InputError(
            f"{path}: cannot be read as {path.suffix} ({type(error).__name__}: {error})".splitlines()[0]
        ) from error
    first = min((float(table["onset_quarter"].min()) for table in tables if len(table)), default=0.0)
    quarters, seconds = _tempo_map(tempos, min(first, 0.0))
    rows = []
    for number, (table, shift) in enumerate(zip(tables, shifts, strict=True), start=1):
        bounds = np.stack([table["onset_quarter"], table["onset_quarter"] + table["duration_quarter"]])
        onset, offset = np.interp(bounds, quarters, seconds)
        pitch = table["pitch"] + _in_force(shift, table["onset_div"])
        for i, note in enumerate(table):
            rows.append({
                "onset": float(onset[i]), "offset": float(offset[i]), "pitch": int(pitch[i]), "velocity": 64,
                "part": number, "staff": int(note["staff"]), "voice": int(note["voice"]),
            })  # fmt: skip
    return Notes.from_rows(rows, tuple(_name(part, number) for number, part in enumerate(parts, start=1)))


def _in_force(marks: dict[int, int], times: Array) -> Array:
    """Return the value of the last of ``marks`` (by time) at each of ``times``; 0 before the first."""
    begins = sorted(marks)
    return np.array([0, *(marks[begin] for begin in begins)])[np.searchsorted(begins, times, side="right")]


def _pace(mark: Any) -> float:
    """Return the quarters a minute of a tempo mark."""
    from partitura.utils.music import to_quarter_tempo

    return float(to_quarter_tempo(mark.unit or "q", mark.bpm))


def _tempo_map(tempos: dict[float, float], first: float) -> tuple[Array, Array]:
    """Return quarters and the seconds at them; time begins at the quarter ``first`` and runs evenly in between."""
    tempos = {quarter: pace for quarter, pace in tempos.items() if 0 < pace < np.inf}
    at_first = min(tempos.items(), default=(first, _QUARTERS_A_MINUTE))[1]
    tempos = {first: at_first, **{quarter: pace for quarter, pace in tempos.items() if quarter > first}}
    quarters = np.array(sorted(tempos))
    pace = np.array([tempos[quarter] for quarter in quarters.tolist()])
    quarters = np.append(quarters, quarters[-1] + 1e7)
    return quarters, np.concatenate([[0.0], np.cumsum(np.diff(quarters) * 60.0 / pace)])


def _name(part: Any, number: int) -> str:
    """Return the name of a part."""
    return (part.part_name or "").strip() or f"Part {number}"
