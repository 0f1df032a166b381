"""A score as it is notated: each note once, in quarters from the start, as the readers of all notation formats give it.

Bars are in the order of the page.  What a reader mends or leaves out it records as a problem, and a problem becomes a
warning: nothing goes wrong in silence.
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

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.values import Array, Notes

#: Notes that a score may have.
MOST_NOTES = 500_000
#: Quarters that a note or a score may last; what is longer is damaged.
LONGEST = 1_000_000
#: Quarters a minute without any tempo mark.
QUARTERS_A_MINUTE = 120.0
#: Quarters a minute that a tempo mark may ask for.
SLOWEST = 1.0
FASTEST = 10_000.0


@dataclass
class Ornament:
    """What is played for a note instead of the note itself.

    ``kind`` is "trill", "mordent" (with the note below), "inverted mordent" (with the note above), "turn",
    "inverted turn", "tremolo" (the note again and again) or "alternation" (in turn with another one).  ``upper`` and
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
    """What is known of a grace note: its place in its group, its written length (quarters), and when it is played.

    ``timing`` is "before" or "on" the beat, or "" where the score does not tell.
    """

    place: int = 0
    value: Fraction = Fraction(1, 2)
    timing: str = ""
    has_stroke: bool = False


@dataclass
class NotatedNote:
    """A note as it is written: quarters, the pitch that sounds, and whether it is tied to one before or after it."""

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
    #: Which notes of a chord are spread one after the other, upwards or (with a minus) downwards; "" for none.
    arpeggio: str = ""
    is_cue: bool = False
    #: The staff that the voice belongs to, whatever staff the note stands on; 0 where voices count through all staves.
    home: int = 0

    @property
    def line(self) -> tuple[int, int, int]:
        """Part, staff and voice in which the note follows others."""
        return self.part, self.home, self.voice


@dataclass
class Bar:
    """A bar, or part of one, and what it says about the order in which bars are played.

    ``opens`` a repeat; at its end one closes that is played ``times`` times in all.  It belongs to the ``endings`` of
    these numbers, if to any.  ``marks`` are "segno" and "coda" (at its begin), "fine", "tocoda", "dacapo", "dalsegno",
    "alfine" and "alcoda" (at its end), each with the label of the sign that it means, "" for any.
    """

    begin: Fraction
    end: Fraction
    number: str = ""
    opens: bool = False
    times: int = 1
    endings: frozenset[int] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)


@dataclass
class NotatedScore:
    """What a reader has found.

    ``rests`` are (part, staff, voice, begin, end).  ``repeats_inside`` are places within a bar at which a repeat closes
    (times) or opens (0).  ``orders`` list bars in the order they are played, where the score says so outright.
    """

    notes: list[NotatedNote] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    part_names: list[str] = field(default_factory=list)
    tempos: dict[Fraction, float] = field(default_factory=dict)
    rests: list[tuple[int, int, int, Fraction, Fraction]] = field(default_factory=list)
    repeats_inside: dict[Fraction, set[int]] = field(default_factory=lambda: defaultdict(set))
    orders: dict[str, list[int]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    #: How many ornaments of each kind are played.
    ornaments: Counter[str] = field(default_factory=Counter)

    def problem(self, what: str, place: str = "") -> None:
        """Record what is mended or left out, and where."""
        self.problems[what].append(place)

    def add(self, note: NotatedNote, place: str) -> None:
        """Take a note, unless it cannot be one."""
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
        """Take a tempo mark: so many ``unit`` (quarters) a minute."""
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
        """Add the notes between two times again, ``shift`` quarters later, and return them: a repeat sign for bars."""
        copies = []
        for note in notes:
            if begin <= note.onset < end:
                copy = shifted(note, shift, until=end + shift)
                copies.append(copy)
                self.add(copy, place)
        return copies

    def warn(self, path: Path) -> None:
        """Say what was mended or left out."""
        for what, places in self.problems.items():
            where = next(iter(filter(None, places)), "")
            times = f"{len(places)} times, first in {where}" if len(places) > 1 and where else where and f"in {where}"
            warnings.warn(f"{path}: {what}" + (f" ({times})" if times else ""), ScoresepWarning, stacklevel=2)


@dataclass(frozen=True, eq=False)
class Unfolding:
    """The notes of a score in one of the orders in which it may be played, and first and last bar of each section."""

    notes: Notes
    sections: tuple[tuple[Bar, Bar], ...] = ()


class TempoMap:
    """Quarters and the seconds at them; the first tempo mark of a score holds from the start."""

    def __init__(self, score: NotatedScore) -> None:
        begins = sorted(score.tempos)
        self._tempos = [score.tempos[begin] for begin in begins] or [QUARTERS_A_MINUTE]
        self._begins = begins[1:]
        self._marks = np.array([0.0, *(float(begin) for begin in begins[1:]), 2.0 * LONGEST])
        lengths = np.diff(self._marks) * 60.0 / np.array(self._tempos)
        self._times = np.concatenate([[0.0], np.cumsum(lengths)])

    def seconds(self, quarters: Sequence[Fraction]) -> Array:
        """Return the seconds at quarters, an array of the same length."""
        return np.asarray(np.interp(np.array(quarters, float), self._marks, self._times))

    def quarters_in(self, seconds: float, quarter: Fraction) -> Fraction:
        """Return how many quarters last so many seconds at the tempo that holds at a quarter."""
        tempo = self._tempos[bisect.bisect_right(self._begins, quarter)]
        return Fraction(seconds * tempo / 60.0).limit_denominator(1920)


def shifted(note: NotatedNote, shift: Fraction, *, until: Fraction) -> NotatedNote:
    """Return a note so many quarters later, without its ties, ending at ``until`` at the latest."""
    ornaments = tuple(
        Ornament(o.kind, o.upper, o.lower, o.is_delayed, o.unit, o.begin + shift, o.end + shift, o.is_second)
        for o in note.ornaments
    )
    return NotatedNote(
        note.onset + shift, min(note.offset + shift, until), note.pitch, note.part, note.staff, note.voice,
        note.channel, note.program, grace=note.grace, ornaments=ornaments, arpeggio=note.arpeggio, is_cue=note.is_cue,
        home=note.home,
    )  # fmt: skip
