"""Tables (.csv) of pitch contours, for people and for other programs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TextIO

import numpy as np

from scoresep.errors import InputError
from scoresep.io.checks import check_file
from scoresep.values import Array, Decomposition, SeparationRecord

#: The columns of a table of all singers; a table of one singer has the first two alone, and no line with names.
COLUMNS = ("time", "frequency", "part")
#: The most lines that a table can have: eight singers for five hours.
MOST_LINES = 8_000_000
#: No time (s) and no frequency (Hz) is beyond this.
_LARGEST = 1e6


def write_contours(
    found: Decomposition | SeparationRecord, file: str | Path | TextIO, *, singer: str | None = None
) -> None:
    """Write the pitch contours of singers as a table (.csv).

    Parameters
    ----------
    found : Decomposition or SeparationRecord
        What has the contours.
    file : str, Path or text file
        Where to write the table; a file that is there is replaced.  It has the columns ``time`` (s), ``frequency``
        (Hz, 0 where the singer is silent) and ``part``, one singer after the other.
    singer : str, optional
        The name of one singer, case ignored.  The table then has time and frequency of this singer alone, without a
        first line of names, as ``mir_eval.io.load_time_series`` and Sonic Visualiser read it.

    Raises
    ------
    ValueError
        If nobody sings, or if there is no singer of this name.
    """
    if isinstance(file, str | Path):
        with Path(file).open("w", encoding="utf-8", newline="") as opened:
            write_contours(found, opened, singer=singer)
        return
    chosen, sounding = find_singers(found, singer), found.contours.sounding
    table = csv.writer(file, lineterminator="\n")
    if singer is None:
        table.writerow(COLUMNS)
    for k in chosen:
        columns = zip(found.contours.times.tolist(), sounding[k].tolist(), strict=True)
        name = [found.singers[k]] if singer is None else []
        table.writerows([f"{time:.3f}", f"{frequency:.3f}", *name] for time, frequency in columns)


def find_singers(found: Decomposition | SeparationRecord, singer: str | None) -> list[int]:
    """Return which contours are asked for.  Raises ValueError, with those that are there, if there are none such."""
    names = found.singers
    if not names:
        raise ValueError("there are no contours; the score has no sung part, or the fit did not take it for one")
    chosen = [k for k, name in enumerate(names) if singer is None or name.casefold() == singer.casefold()]
    if not chosen:
        raise ValueError(f"there is no singer {singer!r}; the singers are {', '.join(names)}")
    return chosen


def read_contours(path: str | Path) -> dict[str, Array]:
    """Read a table (.csv) of pitch contours.

    Parameters
    ----------
    path : str or Path
        A table as `write_contours` writes it: with the columns ``time``, ``frequency`` and, if it has several singers,
        ``part``; or of times and frequencies without a first line of names.

    Returns
    -------
    dict
        For each part an array of shape (2, times): seconds, which rise, and hertz.  Frequencies of zero and below stand
        for no pitch.  The name of a contour without a part is "".

    Raises
    ------
    InputError
        If the file is not such a table; the message names the line.
    """
    check_file(path, "a table of contours")
    contours: dict[str, list[tuple[float, float]]] = {}
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            _read_lines(file, path, contours)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a table of contours in UTF-8") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except csv.Error as error:
        raise InputError(f"{path}: not a table ({error})") from error
    if not contours:
        raise InputError(f"{path}: the table has no contours")
    return {part: np.array(rows).T for part, rows in contours.items()}


def _read_lines(file: TextIO, path: str | Path, contours: dict[str, list[tuple[float, float]]]) -> None:
    """Add the lines of a table to the contours of their parts."""
    lines = csv.reader(file)
    at = {"time": 0, "frequency": 1}
    for number, cells in enumerate(lines, start=1):
        place = f"{path}:{number}"
        if not any(cell.strip() for cell in cells):
            continue
        if number == 1 and not _is_number(cells[0]):
            at = {name.strip(): k for k, name in enumerate(cells)}
            if missing := [name for name in COLUMNS[:2] if name not in at]:
                raise InputError(f"{path}: no column {', '.join(missing)}; wanted a first line with time, frequency")
            continue
        if len(cells) <= max(at.get(name, 0) for name in COLUMNS):
            raise InputError(f"{place}: {len(cells)} values; wanted {', '.join(at)}")
        if number > MOST_LINES:
            raise InputError(f"{path}: has more than {MOST_LINES} lines; leave some out")
        time, frequency = (_number(cells[at[name]], name, place) for name in COLUMNS[:2])
        own = contours.setdefault(cells[at["part"]].strip() if "part" in at else "", [])
        if own and time <= own[-1][0]:
            raise InputError(f"{place}: times must rise; {time:g} s comes after {own[-1][0]:g} s")
        own.append((time, frequency))


def _is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str, name: str, place: str) -> float:
    """Return the number in a text.  Raises InputError if it is none, or too large."""
    shown = " ".join(text.split())[:40]
    if not _is_number(text) or not abs(float(text)) < _LARGEST:
        raise InputError(f"{place}: {name} '{shown}' is not a number below {_LARGEST:g}")
    if name == "time" and float(text) < 0:
        raise InputError(f"{place}: time {shown} is before the recording")
    return float(text)
