"""Columns of Humdrum files: instruments, and the parts and staves that columns stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scoresep.score.instruments import GENERAL_MIDI

#: Instruments whose two spines are two staves of one part.
_KEYBOARDS = ("piano", "fortp", "cemba", "clavi", "organ")
#: Instrument codes by the General MIDI names that they stand for.
CODES = {
    "piano": "Acoustic Grand Piano", "fortp": "Acoustic Grand Piano", "cemba": "Harpsichord", "clavi": "Harpsichord",
    "cello": "Cello", "viola": "Viola", "violn": "Violin", "cbass": "Contrabass", "flt": "Flute", "picco": "Piccolo",
    "oboe": "Oboe", "clars": "Clarinet", "clarp": "Clarinet", "clara": "Clarinet", "cangl": "English Horn",
    "fagot": "Bassoon", "cor": "French Horn", "tromp": "Trumpet", "tromb": "Trombone", "tuba": "Tuba",
    "organ": "Church Organ", "harp": "Orchestral Harp", "guitr": "Acoustic Guitar (nylon)", "soprn": "Choir Aahs",
    "alto": "Choir Aahs", "tenor": "Choir Aahs", "bass": "Choir Aahs", "vox": "Choir Aahs", "saxA": "Alto Sax",
    "saxT": "Tenor Sax", "recor": "Recorder", "timpa": "Timpani",
}  # fmt: skip


@dataclass
class Column:
    """A column of the file, before it splits: a staff, in a part.  ``place`` tells where it stands among the others."""

    number: int
    kind: str
    place: tuple[float, ...]
    staff: int = 0
    part: str = ""
    name: str = ""
    code: str = ""
    is_drums: bool = False
    key: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaceInScore:
    """Part and staff of a column (from 1), the program of its instrument, and how many staves the part has."""

    part: int
    staff: int
    program: int
    staves: int


def parts_of(columns: Sequence[Column]) -> tuple[list[str], dict[int, PlaceInScore]]:
    """Return the names of the parts, the highest staff, which is the last column, first; and the place of each column.

    Columns with the same *part are the staves of one part, in the order of their *staff, and so are the two of a
    keyboard instrument.
    """
    ordered = sorted(columns, key=lambda column: column.place, reverse=True)
    ordered = [column for column in ordered if column.kind.startswith("**kern")]
    is_keyboard = len(ordered) == 2 and all(
        column.code in _KEYBOARDS or "piano" in column.name.lower() for column in ordered
    )
    parts: dict[str, list[Column]] = {}
    for column in ordered:
        own = "keyboard" if is_keyboard else f"spine {column.number}"
        parts.setdefault(column.part or own, []).append(column)
    names: list[str] = []
    placed: dict[int, PlaceInScore] = {}
    for number, members in enumerate(parts.values(), start=1):
        has_staves = all(column.staff for column in members)
        staves = sorted({column.staff for column in members}) if has_staves else []
        name = next((column.name for column in members if column.name), "")
        instrument = next((CODES[column.code] for column in members if column.code), "")
        names.append(name or instrument or f"Part {number}")
        program = GENERAL_MIDI.index(instrument) + 1 if instrument else 0
        for count, column in enumerate(members, start=1):
            staff = staves.index(column.staff) + 1 if has_staves else count
            placed[column.number] = PlaceInScore(number, staff, program, len(members))
    return names, placed
