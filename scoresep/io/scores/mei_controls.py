"""What stands beside the layers of an MEI score: ties, octave lines, ornaments, and the notes that repeat signs mean.

All of it is applied once the whole score is read, since it may name notes of later bars.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.io.scores.mei_events import Event, Events, Repeat
from scoresep.io.scores.notated import NotatedScore, Ornament, shifted
from scoresep.io.scores.symbols import decimal, integer, marked_neighbour, neighbours

#: What is collected of a measure.
CONTROLS = ("tie", "octave", "trill", "mordent", "turn", "arpeg")
#: Beats and bars that a time stamp may be away.
_MOST_BEATS = 1000


@dataclass
class Control:
    """An element beside the layers, the place of its bar among the bars, and the place for messages."""

    element: ET.Element
    bar: int
    place: str


@dataclass
class Controls:
    """All controls of a score, with the beats (quarters) of its bars, and the notes by staff and onset."""

    score: NotatedScore
    found: Events
    controls: list[Control] = field(default_factory=list)
    beats: list[Fraction] = field(default_factory=list)
    by_time: dict[tuple[str, Fraction], list[Event]] = field(default_factory=lambda: defaultdict(list))

    def collect(self, measure: ET.Element, place: str) -> None:
        """Take the controls of a measure, the last one read."""
        bar = len(self.score.bars) - 1
        self.controls += [Control(child, bar, place) for child in measure.iter() if child.tag in CONTROLS]

    def apply(self) -> None:
        """Change the notes as the controls say, and add them to the score."""
        for event in self.found.events:
            if event.untold is not None and event.staff.is_key_needed:
                event.alter = event.untold
                event.note.pitch += event.untold
            self.by_time[event.staff.name, event.note.onset].append(event)
        for control in self.controls:
            match control.element.tag:
                case "tie":
                    self._tie(control)
                case "octave":
                    self._move_octave(control)
                case "arpeg":
                    self._spread(control)
                case _:
                    self._adorn(control)
        for event in self.found.events:
            self.score.add(event.note, event.place)
        for repeat in sorted(self.found.repeats, key=lambda repeat: repeat.begin):
            self._repeat(repeat)

    def time_of(self, stamp: str | None, bar: int) -> Fraction:
        """Return when a time stamp is, such as 2.5 or 1m+2.5, counted from the begin of a bar."""
        bars, _, beat = (stamp or "1").rpartition("m+")
        bar = min(bar + max(0, min(integer(bars, 0), _MOST_BEATS)), len(self.score.bars) - 1)
        count = min(max(decimal(beat, 1.0) - 1, 0.0), _MOST_BEATS)
        return self.score.bars[bar].begin + Fraction(count).limit_denominator(1000) * self.beats[bar]

    def when(self, element: ET.Element, bar: int) -> Fraction:
        """Return when a control begins, by the note that it names or its time stamp."""
        times = self.found.times.get(element.get("startid", " ").lstrip("#"))
        return times[0] if times else self.time_of(element.get("tstamp"), bar)

    def _notes(self, control: Control, name: str, stamp: str) -> list[Event]:
        """Return the notes that a control names by id, or by a time stamp and a staff."""
        element = control.element
        if element.get(name):
            return self.found.by_id.get(element.get(name, "").lstrip("#"), [])
        if element.get(stamp) is None:
            return []
        time, layer = self.time_of(element.get(stamp), control.bar), integer(element.get("layer"), 0)
        return [
            event
            for staff in element.get("staff", "1").split()
            for event in self.by_time.get((staff, time), [])
            if layer in (0, event.note.voice)
        ]

    def _tie(self, control: Control) -> None:
        """Tie two notes, or those of two chords that have the same pitch."""
        starts, ends = self._notes(control, "startid", "tstamp"), self._notes(control, "endid", "tstamp2")
        starts = [event for event in starts if event.note.grace is None] or starts
        pairs = [(one.note, other.note) for one in starts for other in ends if one.note.pitch == other.note.pitch]
        if not pairs and not (starts and control.element.get("endid")):
            self.score.problem("ties that do not name their notes are ignored", control.place)
        for start, end in pairs:
            start.is_tied_on, end.is_tied_back = True, True

    def _move_octave(self, control: Control) -> None:
        """Move the notes under an octave line that do not tell their octave themselves."""
        element = control.element
        steps = {"8": 12, "15": 24, "22": 36}.get(element.get("dis", "8"), 0)
        steps = -steps if element.get("dis.place") == "below" else steps
        begin = self.when(element, control.bar)
        named = self.found.times.get(element.get("endid", " ").lstrip("#"))
        end = named[0] if named else self.time_of(element.get("tstamp2", "0m+999"), control.bar)
        own = self._notes(control, "startid", "tstamp")
        staves = set((element.get("staff") or (own[0].staff.name if own else "1")).split())
        for event in self.found.events:
            if event.staff.name in staves and begin <= event.note.onset <= end and not event.has_octave:
                event.note.pitch += steps

    def _spread(self, control: Control) -> None:
        """Make the notes that a control names an arpeggio."""
        element = control.element
        named = [*element.get("plist", "").split(), element.get("startid", ""), element.get("endid", "")]
        events = [event for name in named for event in self.found.by_id.get(name.lstrip("#"), [])]
        direction = "-" if element.get("order") == "down" else "+"
        if element.get("order") != "nonarp":
            for event in events or self._notes(control, "startid", "tstamp"):
                event.note.arpeggio = f"{direction}{id(element)}"

    def _adorn(self, control: Control) -> None:
        """Give the highest of the notes that a control names its ornament."""
        element = control.element
        events = [event for event in self._notes(control, "startid", "tstamp") if event.note.grace is None]
        if not events:
            self.score.problem("ornaments that do not name their note are left out", control.place)
            return
        event = max(events, key=lambda event: event.note.pitch)
        form = element.get("form", "")
        kind = {
            "trill": "trill",
            "mordent": "inverted mordent" if form == "upper" else "mordent",
            "turn": "inverted turn" if form == "lower" else "turn",
        }[element.tag]
        upper, lower = neighbours(event.letter, event.alter, event.key)
        marked = marked_neighbour(event.letter, event.alter, element.get("accidupper", ""), 1)
        upper = upper if marked is None else marked
        marked = marked_neighbour(event.letter, event.alter, element.get("accidlower", ""), -1)
        lower = lower if marked is None else marked
        event.note.ornaments = (Ornament(kind, upper, lower, element.get("delayed") == "true"),)

    def _repeat(self, repeat: Repeat) -> None:
        """Add the notes that a repeat sign stands for again."""
        bars, back, length = self.score.bars, repeat.back, repeat.length
        here = bisect.bisect_right([bar.begin for bar in bars], repeat.begin) - 1
        first = here - repeat.bars
        if first < 0 or repeat.begin < back:
            self.score.problem("signs that repeat what is not there are left out", repeat.place)
            return
        if repeat.bars:
            last = min(here + repeat.bars, len(bars)) - 1
            back, length = repeat.begin - bars[first].begin, bars[last].end - repeat.begin
        part, number = repeat.staff.part, repeat.staff.number
        own = [note for note in self.score.notes if (note.part, note.staff) == (part, number)]
        same_voice = [note for note in own if note.voice == repeat.layer]
        begin = repeat.begin - back
        for note in own if repeat.bars else same_voice:
            if begin <= note.onset < min(begin + length, repeat.begin):
                self.score.add(shifted(note, back, until=repeat.begin + length), repeat.place)
