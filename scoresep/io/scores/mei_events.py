"""What a layer of an MEI score holds: notes, chords, rests and signs that repeat, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.io.scores.lyrics import is_syllable
from scoresep.io.scores.mei_signs import drum_key, stroke_unit, tuplet_scale
from scoresep.io.scores.mei_staves import Staff, meter_of
from scoresep.io.scores.notated import Grace, NotatedNote, NotatedScore, Ornament
from scoresep.io.scores.symbols import ACCIDENTALS, MEI_VALUES, STEPS, integer
from scoresep.values.notes import DRUM_CHANNEL

#: What holds events that are read one after the other as they stand.
_HOLDERS = ("beam", "graceGrp", "beamSpan")
#: What takes no time.
_TIMELESS = (
    "clefGrp", "accid", "artic", "verse", "syl", "dot", "custos", "pad", "stem", "breath", "ornam", "label", "sb",
    "pb", "dynam", "lyrics", "ambitus", "divLine", "mensur", "proport", "f", "meterSigGrp",
)  # fmt: skip
#: Signs that stand for a bar, or for several.
_BAR_SIGNS = {"mRpt": 1, "mRpt2": 2, "multiRpt": 1}
#: When grace notes are played, by MEI's words.
_GRACES = {"acc": "on", "unacc": "before"}


@dataclass
class Event:
    """A note, with what is needed of it once the whole score is read."""

    note: NotatedNote
    staff: Staff
    place: str
    letter: str = "C"
    alter: int = 0
    key: dict[str, int] = field(default_factory=dict)
    #: How the key and the bar alter it, if it tells nothing itself.
    untold: int | None = None
    has_octave: bool = False


@dataclass
class Repeat:
    """A sign that repeats what comes before it in a layer."""

    staff: Staff
    layer: int
    begin: Fraction
    length: Fraction
    #: Quarters back to what is repeated; 0 for so many whole bars.
    back: Fraction
    bars: int
    place: str


@dataclass
class Events:
    """What has been read of a whole score; ``by_id`` has the notes of each element, ``times`` begin and end of it."""

    events: list[Event] = field(default_factory=list)
    by_id: dict[str, list[Event]] = field(default_factory=dict)
    times: dict[str, tuple[Fraction, Fraction]] = field(default_factory=dict)
    repeats: list[Repeat] = field(default_factory=list)


@dataclass
class Layer:
    """Where the reader of a layer is."""

    score: NotatedScore
    found: Events
    staves: dict[str, Staff]
    staff: Staff
    number: int
    now: Fraction
    bar_length: Fraction
    beat: Fraction
    place: str
    #: Tuplets by the element that they begin with: their scale, and the element that they end with.
    tuplets: dict[str, tuple[Fraction, str]] = field(default_factory=dict)
    accidentals: dict[tuple[str, str], int] = field(default_factory=dict)
    scale: Fraction = Fraction(1)
    grace: str | None = None
    graces: int = 0
    ornament: Ornament | None = None
    tuplet: tuple[Fraction, str] | None = None
    is_cue: bool = False
    #: Bars that a sign for rests stands for, and whether anything but such a sign has been read.
    rests: int = 0
    has_content: bool = False
    #: Repeat signs inside the bar, and where they stand.
    barlines: list[tuple[Fraction, str]] = field(default_factory=list)

    def read(self, element: ET.Element) -> None:
        """Read what an element holds, one after the other."""
        for child in element:
            match child.tag:
                case "note" | "chord":
                    self._in_tuplet(child)
                case "rest" | "space":
                    begin = self.now
                    if self._move_on(child) and child.tag == "rest":
                        rest = self.staff.part, self.staff.number, self.number
                        self.score.rests.append((*rest, begin, self.now))
                case "tuplet":
                    self._scaled(child, tuplet_scale(child))
                case "bTrem" | "fTrem":
                    self._read_tremolo(child)
                case tag if tag in _HOLDERS:
                    outer = self.grace
                    self.grace = child.get("grace", outer or "unknown") if tag == "graceGrp" else outer
                    self.read(child)
                    self.grace = outer
                case tag if not self._read_sign(child) and not self._read_change(child) and tag not in _TIMELESS:
                    self.score.problem(f"<{tag[:40]}> is left out", self.place)

    def _read_sign(self, sign: ET.Element) -> bool:
        """Read a sign that stands for a bar or a beat, if it is one."""
        match sign.tag:
            case "mRest" | "mSpace" | "multiRest":
                self.rests = max(self.rests, integer(sign.get("num"), 1) if sign.tag == "multiRest" else 1)
                rest = self.staff.part, self.staff.number, self.number
                self.score.rests.append((*rest, self.now, self.now + self.bar_length))
            case tag if tag in _BAR_SIGNS:
                count = integer(sign.get("num"), 2) if tag == "multiRpt" else _BAR_SIGNS[tag]
                self._repeat(Fraction(0), Fraction(0), bars=max(1, min(count, 16)))
                self.rests = max(self.rests, 1)
            case "halfmRpt" | "beatRpt":
                length = self.bar_length / 2 if sign.tag == "halfmRpt" else self._beat_of(sign)
                self._repeat(length, length)
                self.now, self.has_content = self.now + length, True
            case _:
                return False
        return True

    def _read_change(self, sign: ET.Element) -> bool:
        """Read a clef, a signature or a barline within the layer, if it is one."""
        match sign.tag:
            case "barLine":
                self.barlines.append((self.now, sign.get("form", "")))
            case "clef":
                self.staff.set_clef(sign)
            case "keySig":
                self.staff.set_key(sign)
            case "meterSig":
                if (meter := meter_of(sign)) is not None:
                    self.beat = meter[1]
            case _:
                return False
        return True

    def _beat_of(self, element: ET.Element) -> Fraction:
        """Return the length of the beat that a sign repeats: three units in compound time."""
        is_compound = self.bar_length / self.beat in (6, 9, 12)
        value = MEI_VALUES.get(element.get("beatdef", ""))
        return value or self.beat * (3 if is_compound else 1)

    def _repeat(self, length: Fraction, back: Fraction, bars: int = 0) -> None:
        """Record a sign that repeats what comes before it."""
        self.found.repeats.append(Repeat(self.staff, self.number, self.now, length, back, bars, self.place))

    def _scaled(self, element: ET.Element, scale: Fraction) -> None:
        """Read what an element holds, its lengths scaled."""
        outer, self.scale = self.scale, self.scale * scale
        self.read(element)
        self.scale = outer

    def _in_tuplet(self, element: ET.Element) -> None:
        """Read a note or a chord within the tuplet that it begins or ends, if there is one."""
        name = element.get("id", " ")
        self.tuplet = self.tuplets.get(name, self.tuplet)
        outer = self.scale
        self.scale *= self.tuplet[0] if self.tuplet else 1
        self._read_notes(element)
        self.scale = outer
        if self.tuplet and self.tuplet[1] == name:
            self.tuplet = None

    def _read_tremolo(self, element: ET.Element) -> None:
        """Read a tremolo: of one note or chord, or of two that alternate."""
        outer, begin, first = self.ornament, self.now, len(self.found.events)
        unit = MEI_VALUES.get(element.get("unitdur", ""), stroke_unit(element))
        if element.tag == "bTrem":
            self.ornament = Ornament("tremolo", unit=unit) if unit else None
            self.read(element)
        else:
            self._scaled(element, Fraction(1, 2))
            for event in self.found.events[first:]:
                is_second = event.note.onset > begin
                event.note.ornaments = (
                    (Ornament("alternation", unit=unit, begin=begin, end=self.now, is_second=is_second),)
                    if unit
                    else ()
                )
        self.ornament = outer

    def _read_notes(self, element: ET.Element) -> None:
        """Read a note, or the notes of a chord, and move on by its length."""
        onset = self.now
        grace = element.get("grace", self.grace)
        if grace is None and not self._move_on(element):
            return
        end = onset if grace is not None else self.now
        self.graces = self.graces + 1 if grace is not None else 0
        name = element.get("id", "")
        self.found.times[name] = onset, end
        for note in element.iter("note") if element.tag == "chord" else [element]:
            event = self._event(note, element, onset, end)
            if event is None:
                self.score.problem("notes without a proper pitch are left out", self.place)
                continue
            if grace is not None:
                value = MEI_VALUES.get(element.get("dur") or note.get("dur") or self.staff.value, Fraction(1, 2))
                is_stroke = "slash" in element.get("stem.mod", note.get("stem.mod", ""))
                event.note.grace = Grace(self.graces, value, _GRACES.get(grace, ""), has_stroke=is_stroke)
            elif strokes := stroke_unit(element):
                event.note.ornaments = (Ornament("tremolo", unit=strokes),)
            elif self.ornament is not None:
                event.note.ornaments = (self.ornament,)
            self.found.events.append(event)
            for own in {name, note.get("id", "")} - {""}:
                self.found.by_id.setdefault(own, []).append(event)
            self.found.times.setdefault(note.get("id", ""), (onset, end))

    def _event(self, note: ET.Element, holder: ET.Element, onset: Fraction, end: Fraction) -> Event | None:
        """Return a note as an event, or None without a proper pitch."""
        staff = self.staves.get(note.get("staff") or holder.get("staff") or "", self.staff)
        staff_number = staff.number if staff.part == self.staff.part else self.staff.number
        tie = note.get("tie") or holder.get("tie") or ""
        written = NotatedNote(
            onset, end, 0, self.staff.part, staff_number, self.number, program=self.staff.program,
            is_tied_back=bool({*tie} & {"m", "t"}), is_tied_on=bool({*tie} & {"m", "i"}),
            is_cue="true" in (note.get("cue"), holder.get("cue")) or self.is_cue, home=self.staff.number,
            has_syllable=_has_syllable(note) or _has_syllable(holder),
        )  # fmt: skip
        event = Event(written, self.staff, self.place, key=self.staff.key)
        if self.staff.is_drums:
            key = drum_key(note)
            written.pitch, written.channel = key or 0, DRUM_CHANNEL
            return None if key is None else event
        return event if self._set_pitch(event, note) else None

    def _set_pitch(self, event: Event, note: ET.Element) -> bool:
        """Give an event the pitch that is written; say whether there is one."""
        name, octave = (note.get("pname") or "").upper(), note.get("oct.ges") or note.get("oct") or ""
        if name not in STEPS or not octave.isdecimal() or len(octave) > 2:
            return False
        signs = [note, *note.iter("accid")]
        gestural = next((s.get("accid.ges") for s in signs if s.get("accid.ges")), None)
        sign = gestural or next((s.get("accid") for s in signs if s.get("accid")), None)
        self.staff.has_gestural |= gestural is not None
        place = name, octave
        if sign is None:
            event.untold = self.accidentals.get(place, self.staff.key.get(name, 0))
            self.staff.untold += self.staff.key.get(name, 0) != 0 and place not in self.accidentals
        else:
            event.alter = self.accidentals[place] = ACCIDENTALS.get(sign, 0)
            self.staff.told += gestural is not None and event.alter == self.staff.key.get(name, 0) != 0
        event.letter, event.has_octave = name, note.get("oct.ges") is not None
        event.note.pitch = STEPS[name] + 12 * (int(octave) + 1) + event.alter + self.staff.shift
        return True

    def _move_on(self, element: ET.Element) -> bool:
        """Move on by the length of an event; say whether it has one."""
        value = element.get("dur") or self.staff.value
        if element.tag == "chord" and not element.get("dur"):
            value = next((note.get("dur", "") for note in element.iter("note") if note.get("dur")), value)
        if value not in MEI_VALUES:
            self.score.problem("notes without a proper length are left out", self.place)
            return False
        dots = min(integer(element.get("dots"), 0) or len(element.findall("dot")), 4)
        self.now += MEI_VALUES[value] * (2 - Fraction(1, 2 ** max(dots, 0))) * self.scale
        self.has_content = True
        return True


def _has_syllable(element: ET.Element) -> bool:
    """Whether a syllable is written to a note or a chord, as an attribute or as verses."""
    texts = ("".join(syllable.itertext()) for syllable in element.iter("syl"))
    return any(is_syllable(text) for text in (element.get("syl"), *texts))
