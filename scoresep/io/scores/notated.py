"""A score as it is written: each note once, in quarters from the start, as the readers of all notation formats give it.

Bars are in the order of the page.  What a reader mends or leaves out it notes as a fault, and a fault becomes a
warning: nothing goes wrong in silence.
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.values import Array, Notes

MOST_NOTES = 500_000
#: Quarters that a note or a score may last; what is longer is damaged.
LONGEST = 1_000_000
#: Quarters a minute without any tempo mark, and those that a mark may ask for.
QUARTERS_A_MINUTE = 120.0
SLOWEST, FASTEST = 1.0, 10_000.0
#: Grace notes are written without a length; they are taken to last so many quarters from the note that they adorn.
GRACE = Fraction(1, 8)
VELOCITY = 64


@dataclass
class Written:
    """A note as it is written: quarters, the pitch that sounds, and whether it is tied to one before or after it."""

    onset: Fraction
    offset: Fraction
    pitch: int
    part: int
    staff: int = 1
    voice: int = 1
    channel: int = 0
    program: int = 0
    is_begun: bool = False
    goes_on: bool = False


@dataclass
class Bar:
    """A bar, and what it says about the order in which bars are played.

    ``opens`` a repeat; at its end one closes that is played ``times`` times in all.  It belongs to the ``endings`` of
    these numbers, if to any.  ``marks`` are "segno" and "coda" (at its begin), "fine", "tocoda", "dacapo" and
    "dalsegno" (at its end).
    """

    begin: Fraction
    end: Fraction
    number: str = ""
    opens: bool = False
    times: int = 1
    endings: frozenset[int] = frozenset()
    marks: set[str] = field(default_factory=set)


@dataclass
class Sheet:
    """What a reader has found; ``course`` lists bars in the order they are played where the score says so outright."""

    notes: list[Written] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    part_names: list[str] = field(default_factory=list)
    tempos: dict[Fraction, float] = field(default_factory=dict)
    drums: int = 0
    course: dict[str, list[int]] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def fault(self, what: str, place: str = "") -> None:
        """Note what is mended or left out, and where."""
        self.faults[what].append(place)

    def add(self, note: Written, place: str) -> None:
        """Take a note, unless it cannot be one."""
        if not 0 <= note.pitch <= 127:
            self.fault("notes beyond the range of MIDI are left out", place)
        elif not 0 <= note.onset <= note.offset <= LONGEST:
            self.fault("notes of impossible lengths are left out", place)
        elif len(self.notes) >= MOST_NOTES:
            raise InputError(f"more than {MOST_NOTES} notes; split the score")
        else:
            self.notes.append(note)

    def set_tempo(
        self, quarter: Fraction, text: str | float | None, place: str, *, unit: Fraction = Fraction(1)
    ) -> None:
        """Take a tempo mark: so many ``unit`` (quarters) a minute."""
        try:
            pace = float(text or math.nan) * float(unit)
        except ValueError:
            pace = math.nan
        if SLOWEST <= pace <= FASTEST:
            self.tempos[quarter] = pace
        else:
            self.fault("tempo marks that are no tempo are ignored", place)

    def warn(self, path: Path) -> None:
        """Say what was mended or left out."""
        if self.drums:
            _warn(f"{path}: {self.drums} drum notes are left out; drums stay in the residual")
        for what, places in self.faults.items():
            where = next(iter(filter(None, places)), "")
            times = f"{len(places)} times, first in {where}" if len(places) > 1 and where else where and f"in {where}"
            _warn(f"{path}: {what}" + (f" ({times})" if times else ""))


@dataclass(frozen=True, eq=False)
class Reading:
    """The notes of a score in one of the orders in which it may be played, and first and last bar of each section."""

    notes: Notes
    sections: tuple[tuple[Bar, Bar], ...] = ()


def notes_of(sheet: Sheet) -> Notes:
    """Return the notes in seconds, in the order of the page, ties joined."""
    joined = sorted(_joined(sheet), key=lambda note: (note.onset, note.pitch, note.part))
    ends = [note.offset if note.offset > note.onset else note.onset + GRACE for note in joined]
    table = {
        name: np.array([getattr(note, name) for note in joined], int)
        for name in ("pitch", "part", "channel", "program", "staff", "voice")
    }
    return Notes(
        onset=seconds_of(sheet, [note.onset for note in joined]),
        offset=seconds_of(sheet, ends),
        velocity=np.full(len(joined), VELOCITY),
        **table,
        part_names=tuple(sheet.part_names),
    )


def seconds_of(sheet: Sheet, quarters: Sequence[Fraction]) -> Array:
    """Return the seconds at quarters; the first tempo mark holds from the start."""
    begins = sorted(sheet.tempos)
    paces = [sheet.tempos[begin] for begin in begins] or [QUARTERS_A_MINUTE]
    marks = np.array([0.0, *(float(begin) for begin in begins[1:]), 2.0 * LONGEST])
    times = np.concatenate([[0.0], np.cumsum(np.diff(marks) * 60.0 / np.array(paces))])
    return np.asarray(np.interp(np.array(quarters, float), marks, times))


def _joined(sheet: Sheet) -> list[Written]:
    """Return the notes with those that are tied to one before made part of it."""
    joined: list[Written] = []
    waiting: dict[tuple[int, int, Fraction], Written] = {}
    for note in sorted(sheet.notes, key=lambda note: note.onset):
        before = waiting.pop((note.part, note.pitch, note.onset), None) if note.is_begun else None
        if note.is_begun and before is None:
            sheet.fault("ties without a beginning are ignored")
        whole = note if before is None else before
        whole.offset = note.offset
        if before is None:
            joined.append(note)
        if note.goes_on:
            waiting[note.part, note.pitch, note.offset] = whole
    return joined


def _warn(text: str) -> None:
    warnings.warn(text, ScoresepWarning, stacklevel=2)
