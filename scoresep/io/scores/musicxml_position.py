"""Where the reader of a MusicXML part is, what is in force there, and the numbers of the format."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from xml.etree import ElementTree as ET

from scoresep.io.scores.bars import metre_of
from scoresep.io.scores.notated import LONGEST, Metre, NotatedNote, Ornament
from scoresep.io.scores.symbols import MUSICXML_VALUES


@dataclass
class Instrument:
    """How a part, or one of its players, is to sound in General MIDI (from 1; 0 if the score does not tell)."""

    channel: int = 0
    program: int = 0
    #: The key of a percussion instrument, -1 for none.
    key: int = -1


@dataclass
class Position:
    """Where the reader of a part is: the bar and the quarters in it, and what is in force.

    What holds for one staff stands under its number, what holds for all under "".
    """

    part: int
    instruments: dict[str, Instrument]
    bar: int = 0
    name: str = ""
    begin: Fraction = Fraction(0)
    now: Fraction = Fraction(0)
    furthest: Fraction = Fraction(0)
    divisions: Fraction = Fraction(1)
    metre: Metre | None = None
    #: Begin, ornaments and instrument of the last note that was not in a chord with one before.
    chord: Fraction = Fraction(0)
    chord_ornaments: tuple[Ornament, ...] = ()
    graces: int = 0
    alternation: Ornament | None = None
    shifts: dict[str, int] = field(default_factory=dict)
    doublings: dict[str, int] = field(default_factory=dict)
    keys: dict[str, dict[str, int]] = field(default_factory=dict)
    drum_staves: dict[str, bool] = field(default_factory=dict)
    #: How many bars a sign repeats, by staff, and the notes of each bar up to now.
    measure_repeats: dict[str, int] = field(default_factory=dict)
    history: list[list[NotatedNote]] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The place for messages."""
        return f"bar {self.name}"

    def start_bar(self, bar: int, begin: Fraction, name: str) -> None:
        """Go to the begin of a bar."""
        self.bar, self.begin, self.name = bar, begin, name
        self.now = self.furthest = self.chord = Fraction(0)
        self.graces = 0
        self.history.append([])

    def step(self, element: ET.Element) -> bool:
        """Move on by what an element lasts; say whether it leads to a place within the score.

        A negative length steps back.
        """
        is_note = element.tag == "note"
        if is_note and (element.find("grace") is not None or element.find("chord") is not None):
            return True
        length = step_length(element, self.divisions)
        if length is None:
            return is_note  # a note without a length is reported where it is read
        length = -length if element.tag == "backup" else length
        is_within = self.now + length >= 0
        self.now = max(self.now + length, Fraction(0))
        self.furthest = max(self.furthest, self.now)
        return is_within

    def set_divisions(self, element: ET.Element) -> bool:
        """Take the divisions that <attributes> may set; say whether they are a number."""
        if (text := element.findtext("divisions")) is None:
            return True
        divisions = number(text)
        is_number = divisions is not None and 0 < divisions <= LONGEST
        self.divisions = divisions if divisions is not None and is_number else self.divisions
        return is_number

    def set_metre(self, element: ET.Element) -> None:
        """Take the time signature that <attributes> may have; a sum such as 3+2/8 is one."""
        if (time := element.find("time")) is None:
            return
        length, unit = Fraction(0), Fraction(0)
        for beats, beat_type in zip(time.findall("beats"), time.findall("beat-type"), strict=False):
            counts = [number(text) for text in (beats.text or "").split("+")]
            divisor = number(beat_type.text)
            unit = 4 / divisor if divisor and 0 < divisor <= LONGEST else Fraction(0)
            length += unit * sum(count for count in counts if count and count > 0)
        self.metre = metre_of(length, unit) if 0 < length <= LONGEST else None


def step_length(element: ET.Element, divisions: Fraction) -> Fraction | None:
    """Return the quarters that an element moves on, from its duration, or else from the kind of note."""
    duration = number(element.findtext("duration"))
    if duration is not None:
        return duration / divisions if abs(duration) <= LONGEST * divisions else None
    return value_of(element)


def value_of(element: ET.Element) -> Fraction | None:
    """Return the written length of a note in quarters, if it has one."""
    value = MUSICXML_VALUES.get((element.findtext("type") or "").strip())
    if value is None:
        return None
    dots = min(len(element.findall("dot")), 4)
    actual = number(element.findtext("time-modification/actual-notes")) or Fraction(1)
    normal = number(element.findtext("time-modification/normal-notes")) or Fraction(1)
    return abs(value * (2 - Fraction(1, 2**dots)) * normal / actual)


@lru_cache(maxsize=10_000)
def number(text: str | None) -> Fraction | None:
    """Return a number as it is written, or None."""
    try:
        value = float(text or "")
        return Fraction(text.strip()) if text and math.isfinite(value) and len(text.strip()) < 20 else None
    except ValueError:
        return None


def whole(text: str | None) -> int | None:
    """Return a whole number as it is written, or None."""
    value = number(text)
    return int(value) if value is not None and value == int(value) and abs(value) <= LONGEST else None
