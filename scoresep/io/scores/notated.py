"""The notated score: the result of the readers of all notation formats, before repeats are played.

Each note is there once, with times in quarters from the beginning.  Bars are in the order in which they are written.
Readers record whatever they correct or leave out as a problem, and all problems become warnings.
"""

from __future__ import annotations

import bisect
import math
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.values import Array

#: Largest number of notes in a score.
MOST_NOTES = 500_000
#: Largest length of a note or a score (quarters); a file with longer ones is damaged.
LONGEST = 1_000_000
#: Tempo of a score without tempo marks (quarters per minute).
QUARTERS_A_MINUTE = 120.0
#: Slowest valid tempo of a tempo mark (quarters per minute).
SLOWEST = 1.0
#: Fastest valid tempo of a tempo mark (quarters per minute).
FASTEST = 10_000.0


@dataclass
class Ornament:
    """An ornament, whose notes are played in place of the written note.

    ``kind`` is "trill", "mordent" (with the note below), "inverted mordent" (with the note above), "turn",
    "inverted turn", "tremolo" (the note repeated) or "alternation" (a tremolo between two notes).  ``upper`` and
    ``lower`` are the semitones to the notes above and below, ``unit`` is the length (quarters) of each note of a
    tremolo or an alternation, and ``begin`` and ``end`` (quarters) are those of the whole alternation.
    """

    kind: str
    upper: int = 2
    lower: int = 2
    is_delayed: bool = False
    unit: Fraction = Fraction(0)
    begin: Fraction = Fraction(0)
    end: Fraction = Fraction(0)
    is_second: bool = False


@dataclass
class Grace:
    """A grace note: its position in its group, its written length (quarters), and when it is played.

    ``timing`` is "before" or "on" for the beat, or "" if the score does not say.
    """

    place: int = 0
    value: Fraction = Fraction(1, 2)
    timing: str = ""
    has_stroke: bool = False


@dataclass
class NotatedNote:
    """A written note: times in quarters, sounding pitch, and whether it is tied to a note before or after it."""

    onset: Fraction
    offset: Fraction
    pitch: int
    part: int
    staff: int = 1
    voice: int = 1
    channel: int = 0
    program: int = 0
    is_tied_back: bool = False
    is_tied_on: bool = False
    grace: Grace | None = None
    ornaments: tuple[Ornament, ...] = ()
    #: Name of the arpeggio that the note belongs to, with a minus in front if it is played downwards; "" for none.
    arpeggio: str = ""
    is_cue: bool = False
    #: Whether a syllable is written to the note.
    has_syllable: bool = False
    #: The staff of the voice, even if the note is written on another staff; 0 if voices are numbered across all staves.
    home: int = 0
    #: The onset of the note that a grace note leads to, where the grace note is played before it.
    beat: Fraction = Fraction(0)

    @property
    def line(self) -> tuple[int, int, int]:
        """Part, staff and voice of the note."""
        return self.part, self.home, self.voice


class Metre(NamedTuple):
    """A time signature: the lengths of a bar and of a beat in quarters."""

    length: Fraction
    beat: Fraction


@dataclass
class Bar:
    """A bar, or part of one, with the signs that determine the order in which bars are played.

    ``opens`` says whether a repeat begins with the bar.  ``times`` is how often the repeat that ends with the bar is
    played in all; 1 if none ends here.  ``endings`` are the numbers of the endings (voltas) that the bar belongs to.
    ``marks`` are "segno" and "coda" (at the beginning of the bar), "fine", "tocoda", "dacapo", "dalsegno", "alfine" and
    "alcoda" (at its end), each with the label of the sign that it refers to, or "" for any.
    """

    begin: Fraction
    end: Fraction
    number: str = ""
    opens: bool = False
    times: int = 1
    endings: frozenset[int] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)
    #: The time signature in force, if there is one.
    metre: Metre | None = None
    #: Whether the number is not printed: the bar is part of the one before, or a pickup.
    is_implicit: bool = False
    #: Which bar of the file it is, from 0.
    index: int = 0
    #: The number of the bar as it is printed; `number_bars` sets it.
    printed: int = -1
    #: How much of its metre comes before it (quarters), as in a pickup; `number_bars` sets it.
    lead: Fraction = Fraction(0)


@dataclass
class NotatedScore:
    """The contents of a score file.

    ``rests`` are (part, staff, voice, begin, end).  ``repeats_inside`` has the times within bars at which a repeat ends
    (with the number of times it is played) or begins (0).  ``orders`` has lists of bars in playing order, by name, if
    the file contains such lists.
    """

    notes: list[NotatedNote] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    part_names: list[str] = field(default_factory=list)
    tempos: dict[Fraction, float] = field(default_factory=dict)
    rests: list[tuple[int, int, int, Fraction, Fraction]] = field(default_factory=list)
    repeats_inside: dict[Fraction, set[int]] = field(default_factory=lambda: defaultdict(set))
    orders: dict[str, list[int]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    #: The number of ornaments of each kind that are played.
    ornaments: Counter[str] = field(default_factory=Counter)

    def problem(self, what: str, place: str = "") -> None:
        """Record what was corrected or left out, and where."""
        self.problems[what].append(place)

    def add(self, note: NotatedNote, place: str) -> None:
        """Add a note if its pitch and length are valid."""
        if not 0 <= note.pitch <= 127:
            self.problem("notes beyond the range of MIDI are left out", place)
        elif not 0 <= note.onset <= note.offset <= LONGEST:
            self.problem("notes of impossible lengths are left out", place)
        elif len(self.notes) >= MOST_NOTES:
            raise InputError(f"more than {MOST_NOTES} notes; split the score")
        else:
            self.notes.append(note)

    def set_tempo(
        self, quarter: Fraction, text: str | float | None, place: str, *, unit: Fraction = Fraction(1)
    ) -> None:
        """Add a tempo mark, given as the number of notes of length ``unit`` (quarters) per minute."""
        try:
            tempo = float(text or math.nan) * float(unit)
        except ValueError:
            tempo = math.nan
        if SLOWEST <= tempo <= FASTEST:
            self.tempos[quarter] = tempo
        else:
            self.problem("tempo marks that are no tempo are ignored", place)

    def copy_notes(
        self, notes: Sequence[NotatedNote], begin: Fraction, end: Fraction, shift: Fraction, place: str
    ) -> list[NotatedNote]:
        """Copy the notes between two times to ``shift`` quarters later, for a sign that repeats bars; return them."""
        copies = []
        for note in notes:
            if begin <= note.onset < end:
                copy = shifted(note, shift, until=end + shift)
                copies.append(copy)
                self.add(copy, place)
        return copies

    def warn(self, path: Path) -> None:
        """Warn of what was corrected or left out."""
        for what, places in self.problems.items():
            where = next(iter(filter(None, places)), "")
            times = f"{len(places)} times, first in {where}" if len(places) > 1 and where else where and f"in {where}"
            warnings.warn(f"{path}: {what}" + (f" ({times})" if times else ""), ScoresepWarning, stacklevel=2)


class TempoMap:
    """Converts quarters to seconds by tempo marks; the first mark also applies to what comes before it."""

    def __init__(self, score: NotatedScore) -> None:
        begins = sorted(score.tempos)
        self._tempos = [score.tempos[begin] for begin in begins] or [QUARTERS_A_MINUTE]
        self._begins = begins[1:]
        self._marks = np.array([0.0, *(float(begin) for begin in begins[1:]), 2.0 * LONGEST])
        lengths = np.diff(self._marks) * 60.0 / np.array(self._tempos)
        self._times = np.concatenate([[0.0], np.cumsum(lengths)])

    def seconds(self, quarters: Sequence[Fraction]) -> Array:
        """Convert times in quarters to times in seconds."""
        return np.asarray(np.interp(np.array(quarters, float), self._marks, self._times))

    def quarters_in(self, seconds: float, quarter: Fraction) -> Fraction:
        """Convert a length in seconds to quarters, at the tempo at the time ``quarter``."""
        tempo = self._tempos[bisect.bisect_right(self._begins, quarter)]
        return Fraction(seconds * tempo / 60.0).limit_denominator(1920)


def shifted(note: NotatedNote, shift: Fraction, *, until: Fraction) -> NotatedNote:
    """Return a copy of a note ``shift`` quarters later, without ties, which ends at ``until`` at the latest."""
    ornaments = tuple(
        Ornament(o.kind, o.upper, o.lower, o.is_delayed, o.unit, o.begin + shift, o.end + shift, o.is_second)
        for o in note.ornaments
    )
    return NotatedNote(
        note.onset + shift, min(note.offset + shift, until), note.pitch, note.part, note.staff, note.voice,
        note.channel, note.program, grace=note.grace, ornaments=ornaments, arpeggio=note.arpeggio, is_cue=note.is_cue,
        has_syllable=note.has_syllable, home=note.home,
    )  # fmt: skip
