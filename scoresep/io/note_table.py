"""Tables (.csv) of aligned notes and of anchors, for people and for other programs."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from scoresep.errors import InputError, OutputError
from scoresep.io.checks import check_file
from scoresep.io.note_columns import ALIGNED, COLUMNS, DEFAULTS, HANDS, NEEDED, NO_PART, RANGES, WHOLE
from scoresep.times import parse_time
from scoresep.values import Alignment, Array, BarAnchors, Notes
from scoresep.values.notes import NO_BAR

#: A number with a decimal comma, which makes up a whole cell.
_DECIMAL_COMMA = re.compile(r"^(\s*[-+]?\d+(?::\d+)*),(\d+\s*)$")
#: The shortest note that is written (s); times have four digits.
SHORTEST = 1e-4
#: The most notes that a table can have, when it is read and when it is written.
MOST_NOTES = 1_000_000


def write_notes(alignment: Alignment, file: str | Path | TextIO) -> None:
    """Write aligned notes as a table (.csv), a line for each note.

    Parameters
    ----------
    alignment : Alignment
        The notes; `read_notes` gives them back.
    file : str, Path or text file
        Where to write the table; a file that is there is replaced.

    Raises
    ------
    OutputError
        If there are more than a million notes, which no table can have.

    Notes
    -----
    Times are seconds.  Pitches are those of the score; ``transposition`` semitones higher are those of the recording.
    """
    notes = alignment.notes
    if len(notes) > MOST_NOTES:
        raise OutputError(f"a table takes {MOST_NOTES} notes, not {len(notes)}; save the alignment as an .npz file")
    if isinstance(file, str | Path):
        with Path(file).open("w", encoding="utf-8", newline="") as opened:
            write_notes(alignment, opened)
        return
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for i, cells in enumerate(_cells(notes)):
        table.writerow(
            [
                *cells,
                f"{alignment.score_onset[i]:.5f}",
                f"{alignment.score_offset[i]:.5f}",
                f"{alignment.confidence[i]:.3f}",
                f"{alignment.tuning:.2f}",
                alignment.transposition,
            ]
        )


def write_score(notes: Notes, file: TextIO) -> None:
    """Write the notes of a score as a table (.csv), which can be edited and read as a score.

    Parameters
    ----------
    notes : Notes
        The notes, times in seconds in the score.
    file : text file
        Where to write the table.
    """
    table = csv.writer(file, lineterminator="\n")
    table.writerow(name for name in COLUMNS if name not in ALIGNED)
    table.writerows(_cells(notes))


def _cells(notes: Notes) -> Iterator[list[Any]]:
    """Yield the cells of each note that do not depend on an alignment."""
    for i in range(len(notes)):
        yield [
            f"{notes.onset[i]:.4f}",
            f"{max(notes.offset[i], notes.onset[i] + SHORTEST):.4f}",
            int(notes.pitch[i]),
            int(notes.velocity[i]),
            notes.part_name(i),
            *(int(column[i]) for column in (notes.part, notes.channel, notes.program, notes.staff, notes.voice)),
            HANDS[int(notes.hand[i])],
            int(notes.lyrics[i]),
            "" if notes.bar[i] == NO_BAR else int(notes.bar[i]),
        ]


def is_aligned(path: str | Path) -> bool:
    """Whether a file is a table that says where its notes stand in a score and where in a recording."""
    if Path(path).suffix.lower() != ".csv" or not Path(path).is_file():
        return False
    with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
        return "score_onset" in file.readline(10_000)


def read_notes(path: str | Path) -> Alignment:
    """Read a table (.csv) of aligned notes.

    Parameters
    ----------
    path : str or Path
        What `write_notes` has written, or a table with some of its columns: ``onset``, ``offset`` (s) and ``pitch``
        (MIDI number) are needed.

    Returns
    -------
    Alignment
        The notes.  The fingerprint is empty, so they fit any recording.

    Raises
    ------
    InputError
        If the file is not such a table; the message names the line.
    """
    table: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for place, row in _rows(path, NEEDED):
        for name, value in _note(row, place).items():
            table[name].append(value)
    if not table["onset"]:
        raise InputError(f"{path}: the table has no notes")
    part_of_note = list(zip(table.pop("part_number"), table.pop("part"), strict=True))
    parts = sorted(set(part_of_note) - {NO_PART})
    numbers = {NO_PART: 0} | {part: number for number, part in enumerate(parts, start=1)}
    columns = {name: np.array(values) for name, values in table.items()}
    columns["part"] = np.array([numbers[part] for part in part_of_note])
    order = np.lexsort((columns["part"], columns["pitch"], columns["onset"]))
    columns = {name: column[order] for name, column in columns.items()}
    part_names = tuple(name for _, name in parts)
    notes = Notes(**{name: columns[name] for name in Notes.columns()}, part_names=part_names, beats=None)
    onset, offset, confidence = (columns[name] for name in ("score_onset", "score_offset", "confidence"))
    return Alignment(
        notes=notes,
        score_onset=onset,
        score_offset=offset,
        confidence=confidence,
        overall_confidence=float(confidence.mean()),
        path=np.stack([onset, notes.onset]),
        sections=np.array([[onset.min(), offset.max(), notes.onset.min(), notes.offset.max()]]),
        unmatched=np.zeros((0, 2)),
        fingerprint="",
        tuning=float(columns["tuning"][0]),
        transposition=int(columns["transposition"][0]),
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


def read_anchors(path: str | Path) -> Array | BarAnchors:
    """Read a table (.csv) of anchors: places of the score whose recording times are known.

    Parameters
    ----------
    path : str or Path
        A table with the column ``recording``, in seconds or as m:ss, which rises, and with ``bar``, the number of a bar
        as it is printed, or with ``score``, in seconds or as m:ss.  Beside ``bar`` there may be ``beat``, from 1, and
        ``repeat``, from 1 for the first time that the score plays the bar.

    Returns
    -------
    np.ndarray [shape=(anchors, 2)] or BarAnchors
        Score times and recording times (s), or bars and recording times, as `align` takes them.

    Raises
    ------
    InputError
        If the file is not such a table; the message names the line.
    """
    anchors: list[dict[str, float]] = []
    for place, row in _rows(path, ("recording",)):
        if not row.keys() & {"bar", "score"}:
            raise InputError(f"{path}: no column bar or score; wanted a first line with bar,recording")
        anchor = {"recording": _number(row["recording"], "recording", place, parse_time)}
        if anchors and anchor["recording"] <= anchors[-1]["recording"]:
            before, now = anchors[-1]["recording"], anchor["recording"]
            raise InputError(f"{place}: recording times must rise; {now:g} s comes after {before:g} s")
        anchors.append(anchor | (_bar_of_anchor(row, place) if "bar" in row else _score_of_anchor(row, place)))
    if not anchors:
        raise InputError(f"{path}: the table has no anchors")
    columns = {name: np.array([anchor[name] for anchor in anchors]) for name in anchors[0]}
    return BarAnchors(**columns) if "bar" in columns else np.column_stack([columns["score"], columns["recording"]])


def _score_of_anchor(row: Mapping[str, str], place: str) -> dict[str, float]:
    """Return the score time of an anchor."""
    return {"score": _number(row["score"], "score", place, parse_time)}


def _bar_of_anchor(row: Mapping[str, str], place: str) -> dict[str, float]:
    """Return the bar, the beat and the repeat of an anchor; an empty beat is the first, an empty repeat 0."""
    return {
        "bar": _number(row["bar"], "bar", place, int),
        "beat": _number(row.get("beat", "").strip() or "1", "beat", place, float),
        "repeat": _number(row.get("repeat", "").strip() or "0", "repeat", place, int),
    }


def _note(row: Mapping[str, str], place: str) -> dict[str, Any]:
    """Return the values of all columns for a line of a table of notes."""
    note: dict[str, Any] = {**dict.fromkeys(NEEDED), **DEFAULTS}
    for name in COLUMNS:
        text = row.get(name, "").strip()
        if not text and name in NEEDED:
            raise InputError(f"{place}: no {name}")
        if text:
            note[name] = _value(text, name, place)
    for score_time, time in (("score_onset", "onset"), ("score_offset", "offset")):
        note[score_time] = note[time] if note[score_time] is None else note[score_time]
    if not note["onset"] < note["offset"]:
        raise InputError(f"{place}: the note ends at {note['offset']:g} s, not after its onset at {note['onset']:g} s")
    return note


def _value(text: str, name: str, place: str) -> Any:
    """Return what a cell that is not empty says."""
    if name == "part":
        return text
    if name == "hand":
        if text.casefold() not in HANDS:
            raise InputError(f"{place}: hand '{' '.join(text.split())[:40]}' is not left, right or empty")
        return HANDS.index(text.casefold())
    return _number(text, name, place, int if name in WHOLE else float)


def _number(text: str, name: str, place: str, read: Callable[[str], float]) -> Any:
    """Return the number in a text, by ``read``; InputError if it is not in the range of its column."""
    shown = " ".join(text.split())[:40]
    try:
        number = read(text)
    except ValueError as error:
        raise InputError(f"{place}: {name} '{shown}' is not a{' whole' if name in WHOLE else ''} number") from error
    low, high = RANGES[name]
    if isinstance(number, float) and not math.isfinite(number):
        raise InputError(f"{place}: {name} '{shown}' is not a number")
    if not low <= number <= high:
        raise InputError(f"{place}: {name} {shown} is not from {low:g} to {high:g}")
    return number


def _rows(path: str | Path, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the lines of a table by column, each with its place for messages."""
    lines = _lines(path)
    _, header = next(lines, ("", []))
    columns = [name.strip() for name in header]
    if missing := [name for name in needed if name not in columns]:
        raise InputError(f"{path}: no column {', '.join(missing)}; wanted a first line with {', '.join(needed)}")
    for place, line in lines:
        if len(line) != len(columns):
            raise InputError(f"{place}: {len(line)} values for {len(columns)} columns")
        yield place, dict(zip(columns, line, strict=True))


def _with_commas(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a table; cells between semicolons or tabs, with decimal commas, become cells between commas.

    Spreadsheet programs write such tables where the comma is the decimal sign.
    """
    rows = iter(lines)
    head = next(rows, "")
    separator = next((mark for mark in ";\t" if mark in head and "," not in head), None)
    yield from [head, *rows] if separator is None else _converted([head, *rows], separator)


def _converted(lines: list[str], separator: str) -> Iterator[str]:
    """Yield lines with another separator as lines with commas."""
    for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True):
        line = io.StringIO()
        csv.writer(line).writerow(_DECIMAL_COMMA.sub(r"\1.\2", cell) for cell in cells)
        yield line.getvalue()


def _lines(path: str | Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the cells of each line of a table that is not empty, with the line's place."""
    check_file(path, "a table")
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(_with_commas(file), skipinitialspace=True)
            for count, line in enumerate(table):
                if count > MOST_NOTES:
                    raise InputError(f"{path}: more than {MOST_NOTES} lines after the first; split the table")
                if line:
                    yield f"{path}, line {table.line_num}", line
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: not a table that can be read ({reason})") from error
