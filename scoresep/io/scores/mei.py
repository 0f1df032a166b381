"""MEI → what is written, through the tree of its elements; ids are not needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.errors import InputError
from scoresep.io.scores.notated import LONGEST, Bar, Sheet, Written
from scoresep.io.scores.symbols import ACCIDENTALS, STEPS, decimal, integer, marks_in, numbers_in

#: Quarters in a note value.
VALUES = {
    "maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8),
    **{str(2**k): Fraction(4, 2**k) for k in range(11)},
}  # fmt: skip
#: What holds events that are read one after the other as they stand.
_HOLDERS = (
    "beam", "supplied", "add", "unclear", "corr", "reg", "orig", "sic", "lem", "rdg", "ligature", "damage", "restore",
    "expan", "graceGrp", "bTrem", "seg",
)  # fmt: skip
#: What holds readings of which the first one of these counts.
_CHOICES = {"choice": ("corr", "reg", "expan", "sic", "orig"), "app": ("lem", "rdg"), "subst": ("add", "restore")}
#: What takes no time.
_TIMELESS = (
    "clef", "clefGrp", "keySig", "meterSig", "accid", "artic", "verse", "syl", "barLine", "dot", "del", "custos",
    "pad", "stem", "annot", "breath", "ornam", "label", "sb", "pb", "dynam",
)  # fmt: skip
_MARKS = {
    "fine": "fine",
    "daCapo": "dacapo",
    "dacapo": "dacapo",
    "dalSegno": "dalsegno",
    "segno": "segno",
    "coda": "coda",
}
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"


@dataclass
class _Staff:
    """What a staffDef says: the part that a staff belongs to and how its notes sound."""

    part: int
    staff: int
    program: int = 0
    shift: int = 0
    value: str = ""
    is_drums: bool = False


@dataclass
class _Voice:
    """Where the reader of a layer is."""

    staff: _Staff
    layer: int
    now: Fraction
    length: Fraction
    place: str
    #: Accidentals that hold for the rest of the bar, where the score leaves them to its reader.
    accidentals: dict[tuple[str, str], int] = field(default_factory=dict)
    scale: Fraction = Fraction(1)
    is_grace: bool = False


class _Reader:
    """Walks through the score and fills a sheet."""

    def __init__(self, root: ET.Element) -> None:
        self.sheet = Sheet()
        self.staves: dict[str, _Staff] = {}
        self.beats = Fraction(4)
        self.key: dict[str, int] = {}
        #: Key signatures count where no note tells how it sounds.
        self.is_key_needed = not any("accid.ges" in element.attrib for element in root.iter())
        self.ties: tuple[set[str], set[str]] = (
            {tie.get("startid", "").lstrip("#") for tie in root.iter("tie")},
            {tie.get("endid", "").lstrip("#") for tie in root.iter("tie")},
        )

    def walk(self, element: ET.Element, endings: frozenset[int] = frozenset()) -> None:
        """Read what an element holds, in order."""
        for child in element:
            match child.tag:
                case "scoreDef":
                    self.define(child)
                case "staffDef":
                    self.set_meter(child)
                case "measure":
                    self.read_measure(child, endings)
                case "ending":
                    self.walk(child, _ending_numbers(child))
                case "section" | "score" | "mdiv" | "body" | "lem" | "rdg" | "supplied":
                    self.walk(child, endings)
                case "app" | "choice":
                    self.walk(_chosen(child), endings)

    def define(self, element: ET.Element) -> None:
        """Take a scoreDef: parts, staves, metre, key and tempo."""
        self.set_meter(element)
        self.set_key(element)
        if (pace := element.get("midi.bpm")) is not None:
            self.sheet.set_tempo(self.now, pace, "scoreDef")
        for group, staff in _staff_definitions(element):
            name = staff.get("n", str(len(self.staves) + 1))
            if name not in self.staves:
                self.staves[name] = self.new_staff(group, staff)
            self.set_meter(staff)
            self.set_key(staff)

    def new_staff(self, group: ET.Element | None, element: ET.Element) -> _Staff:
        """Return a staff, in a part of its own or in that of its group."""
        names = self.sheet.part_names
        siblings = [] if group is None else list(group.iter("staffDef"))
        count = siblings.index(element) + 1 if siblings else 1
        if count == 1:
            names.append(_label(element if group is None else group) or _label(element) or f"Part {len(names) + 1}")
        midi = element.find(".//instrDef")
        midi = group.find("instrDef") if midi is None and group is not None else midi
        program = integer(None if midi is None else midi.get("midi.instrnum"), -1) + 1
        shape = element.get("clef.shape") or getattr(element.find("clef"), "attrib", {}).get("shape")
        return _Staff(
            part=len(names), staff=count, program=program if 0 <= program <= 128 else 0,
            shift=integer(element.get("trans.semi"), 0), value=element.get("dur.default", ""), is_drums=shape == "perc",
        )  # fmt: skip

    def set_meter(self, element: ET.Element) -> None:
        """Take a time signature."""
        sign = element.find("meterSig")
        count, unit = (
            (element.get("meter.count"), element.get("meter.unit"))
            if sign is None
            else (sign.get("count"), sign.get("unit"))
        )
        beats = sum(int(number) for number in re.findall(r"\d{1,4}", count or ""))
        if beats and unit in VALUES:
            self.beats = beats * VALUES[unit]

    def set_key(self, element: ET.Element) -> None:
        """Take a key signature."""
        sign = element.find("keySig")
        text = element.get("key.sig") or element.get("keysig") if sign is None else sign.get("sig")
        if found := re.fullmatch(r"([0-7])([sf]?)", text or ""):
            names, alter = (_SHARPS, 1) if found[2] == "s" else (_FLATS, -1)
            self.key = dict.fromkeys(names[: int(found[1])].lower(), alter)

    @property
    def now(self) -> Fraction:
        """Where the last bar ends."""
        return self.sheet.bars[-1].end if self.sheet.bars else Fraction(0)

    def read_measure(self, element: ET.Element, endings: frozenset[int]) -> None:
        """Read a bar in all staves."""
        begin, place = self.now, f"bar {element.get('n') or len(self.sheet.bars) + 1}"
        bar = Bar(begin, begin, element.get("n", ""), endings=endings)
        bar.opens = element.get("left") in ("rptstart", "rptboth") or bool(
            self.sheet.bars and self.sheet.bars[-1].marks & {"reopens"}
        )
        if element.get("left") in ("rptend", "rptboth") and self.sheet.bars:
            self.sheet.bars[-1].times = 2
        bar.times = 2 if element.get("right") in ("rptend", "rptboth") else 1
        if element.get("right") in ("rptboth", "rptstart"):
            bar.marks.add("reopens")
        length = Fraction(0)
        for staff in element.iter("staff"):
            definition = self.staves.get(staff.get("n", ""))
            if definition is None:
                self.sheet.fault("staves without a definition are left out", place)
                continue
            for number, layer in enumerate(staff.iter("layer"), start=1):
                voice = _Voice(definition, min(integer(layer.get("n"), number), 9999), begin, self.beats, place)
                self.read_events(layer, voice)
                length = max(length, voice.now - begin)
        bar.end = begin + (length or self.beats)
        if bar.end > LONGEST:
            raise InputError(f"a damaged score (it lasts {float(bar.end):.3g} quarters)")
        if length > self.beats:
            self.sheet.fault("bars are longer than their time signature", place)
        self.sheet.bars.append(bar)
        self.read_directions(element, bar, place)

    def read_directions(self, element: ET.Element, bar: Bar, place: str) -> None:
        """Take tempo marks and jumps."""
        for tempo in element.iter("tempo"):
            beat = min(max(decimal(tempo.get("tstamp"), 1.0) - 1, 0.0), 1000.0)
            at = bar.begin + Fraction(beat).limit_denominator(1000)
            if tempo.get("midi.bpm") is not None:
                self.sheet.set_tempo(at, tempo.get("midi.bpm"), place)
            elif tempo.get("mm") is not None:
                unit = VALUES.get(tempo.get("mm.unit", "4"), Fraction(1))
                unit *= Fraction(3, 2) if tempo.get("mm.dots") == "1" else 1
                self.sheet.set_tempo(at, tempo.get("mm"), place, unit=unit)
        for child in (*element.iter("dir"), *element.iter("repeatMark")):
            named = _MARKS.get(child.get("func") or child.get("type") or "")
            bar.marks |= {named} if named else marks_in("".join(child.itertext()))

    def read_events(self, element: ET.Element, voice: _Voice) -> None:
        """Read what a layer, or something in it, holds, one after the other."""
        for child in element:
            match child.tag:
                case "note" | "chord":
                    self.read_notes(child, voice)
                case "rest" | "space":
                    self.move_on(child, voice)
                case "mRest" | "mSpace" | "multiRest" | "mRpt":
                    voice.now += voice.length
                    if child.tag in ("mRpt", "multiRest") and child.get("num", "2") != "1":
                        self.sheet.fault(f"<{child.tag}> is taken for one bar's rest", voice.place)
                case "tuplet" | "fTrem":
                    outer = voice.scale
                    number, base = integer(child.get("num"), 3), integer(child.get("numbase"), 2)
                    voice.scale *= Fraction(1, 2) if child.tag == "fTrem" else Fraction(max(base, 1), max(number, 1))
                    self.read_events(child, voice)
                    voice.scale = outer
                case "choice" | "app" | "subst":
                    self.read_events(_chosen(child), voice)
                case tag if tag in _HOLDERS:
                    outer_grace, voice.is_grace = voice.is_grace, voice.is_grace or tag == "graceGrp"
                    self.read_events(child, voice)
                    voice.is_grace = outer_grace
                case tag if tag not in _TIMELESS:
                    self.sheet.fault(f"<{tag[:40]}> is left out", voice.place)

    def read_notes(self, element: ET.Element, voice: _Voice) -> None:
        """Read a note, or the notes of a chord, and move on by its length."""
        onset = voice.now
        is_grace = voice.is_grace or element.get("grace") is not None
        if not is_grace and not self.move_on(element, voice):
            return
        for note in element.iter("note") if element.tag == "chord" else [element]:
            pitch = self.pitch(note, voice)
            if voice.staff.is_drums:
                self.sheet.drums += 1
            elif pitch is None:
                self.sheet.fault("notes without a proper pitch are left out", voice.place)
            else:
                tie, name = note.get("tie") or element.get("tie") or "", note.get("id", " ")
                written = Written(
                    onset, onset if is_grace else voice.now, pitch + voice.staff.shift, voice.staff.part,
                    voice.staff.staff, voice.layer, program=voice.staff.program,
                    is_begun=tie in ("m", "t") or name in self.ties[1],
                    goes_on=tie in ("m", "i") or name in self.ties[0],
                )  # fmt: skip
                self.sheet.add(written, voice.place)

    def pitch(self, note: ET.Element, voice: _Voice) -> int | None:
        """Return the MIDI number of a note, as it is written."""
        name, octave = (note.get("pname") or "").lower(), note.get("oct") or ""
        if name.upper() not in STEPS or not octave.isdecimal() or len(octave) > 2:
            return None
        signs = [note, *note.iter("accid")]
        sign = next((s.get("accid.ges") or s.get("accid") for s in signs if s.get("accid.ges") or s.get("accid")), None)
        if sign is None:
            alter = voice.accidentals.get((name, octave), self.key.get(name, 0)) if self.is_key_needed else 0
        else:
            alter = voice.accidentals[name, octave] = ACCIDENTALS.get(sign, 0)
        return STEPS[name.upper()] + 12 * (int(octave) + 1) + alter

    def move_on(self, element: ET.Element, voice: _Voice) -> bool:
        """Move on by the length of an event; say whether it has one."""
        value = element.get("dur") or voice.staff.value
        if element.tag == "chord" and not element.get("dur"):
            value = next((note.get("dur", "") for note in element.iter("note") if note.get("dur")), value)
        if value not in VALUES:
            self.sheet.fault("notes without a proper length are left out", voice.place)
            return False
        dots = min(integer(element.get("dots"), 0) or len(element.findall("dot")), 4)
        voice.now += VALUES[value] * (2 - Fraction(1, 2 ** max(dots, 0))) * voice.scale
        return True


def read_mei(root: ET.Element) -> Sheet:
    """Return what an MEI score says.  Raises InputError if it is none."""
    music = root if root.tag == "music" else root.find("music")
    if root.tag not in ("mei", "music", "meiCorpus") or music is None:
        raise InputError(f"not an MEI score, but <{root.tag[:40]}>")
    reader = _Reader(root)
    bodies = list(music.iter("body"))
    for body in bodies:
        reader.walk(body)
    if len(list(music.iter("mdiv"))) > 1:
        reader.sheet.fault("several movements are read one after the other")
    if "" in reader.ties[0] | reader.ties[1]:
        reader.sheet.fault("ties that do not name their notes are ignored")
    if reader.is_key_needed and reader.key:
        reader.sheet.fault("no note tells how it sounds; the key signature and the accidentals of each bar do")
    return reader.sheet


def _staff_definitions(element: ET.Element) -> Iterator[tuple[ET.Element | None, ET.Element]]:
    """Return the staves below an element, each with the brace that makes it one of a part's staves."""
    for child in element:
        if child.tag == "staffDef":
            yield None, child
        elif child.tag == "staffGrp":
            sign = child.find("grpSym")
            symbol = child.get("symbol") or (None if sign is None else sign.get("symbol"))
            own = list(child.iter("staffDef"))
            if symbol == "brace" and len(own) == 2:
                yield from ((child, staff) for staff in own)
            else:
                yield from _staff_definitions(child)


def _chosen(element: ET.Element) -> ET.Element:
    """Return the reading that counts of several, as something that holds it."""
    holder = ET.Element("holder")
    found = (element.find(tag) for tag in _CHOICES[element.tag])
    holder.extend(child for child in [next((child for child in found if child is not None), None)] if child is not None)
    return holder


def _ending_numbers(element: ET.Element) -> frozenset[int]:
    """Return the numbers of an ending, which some programs put in its type."""
    return numbers_in(element.get("n") or element.get("label") or re.sub(r"\D+", " ", element.get("type", "")))


def _label(element: ET.Element) -> str:
    """Return the name of a staff or a group of staves."""
    label = element.find("label")
    return " ".join((element.get("label") or ("" if label is None else "".join(label.itertext()))).split())
