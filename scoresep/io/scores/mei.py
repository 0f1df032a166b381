"""MEI → what is notated, through the tree of its elements; ids are needed only where one element names another."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.errors import InputError
from scoresep.io.scores.bars import metre_of
from scoresep.io.scores.mei_controls import Controls
from scoresep.io.scores.mei_events import Events, Layer
from scoresep.io.scores.mei_signs import tuplet_spans
from scoresep.io.scores.mei_staves import Staff, meter_of, new_staff, staff_definitions
from scoresep.io.scores.mei_tree import join_parts, resolve_readings
from scoresep.io.scores.notated import LONGEST, Bar, Metre, NotatedScore
from scoresep.io.scores.playback_order import MOST_BARS
from scoresep.io.scores.symbols import MEI_VALUES, decimal, integer, marks_in, numbers_in

#: Jumps by the words that MEI has for them.
_MARKS = {
    "fine": "fine", "daCapo": "dacapo", "dacapo": "dacapo", "dalSegno": "dalsegno", "dalsegno": "dalsegno",
    "segno": "segno", "coda": "coda", "toCoda": "tocoda",
}  # fmt: skip
#: What holds bars.
_CONTAINERS = ("section", "score", "mdiv", "body", "ending", "pb", "div")
#: Types of expansions without the repeats.
_WITHOUT_REPEATS = ("norep", "norepeat", "minimal")


class _Reader:
    """Walks through the score and fills it."""

    def __init__(self, root: ET.Element) -> None:
        self.score = NotatedScore()
        self.found = Events()
        self.controls = Controls(self.score, self.found)
        self.staves: dict[str, Staff] = {}
        self.bar_length = Fraction(4)
        self.beat = Fraction(1)
        self.metre: Metre | None = None
        #: First bar and the one after the last of each element that holds bars.
        self.ranges: dict[int, tuple[int, int]] = {}
        self.by_id = {element.get("id", ""): element for element in root.iter() if element.get("id")}
        self.reopens = False

    def walk(self, element: ET.Element, endings: frozenset[int] = frozenset()) -> None:
        """Read what an element holds, in order."""
        first = len(self.score.bars)
        for child in element:
            match child.tag:
                case "scoreDef":
                    self.define(child)
                case "staffDef":
                    self.define_staff(child)
                case "measure":
                    self.read_measure(child, endings)
                    self.ranges[id(child)] = len(self.score.bars) - 1, len(self.score.bars)
                case "ending":
                    self.walk(child, _ending_numbers(child))
                case tag if tag in _CONTAINERS:
                    self.walk(child, endings)
        self.ranges[id(element)] = first, len(self.score.bars)

    def define(self, element: ET.Element) -> None:
        """Take a scoreDef: parts, staves, metre, key and tempo."""
        self.set_meter(element)
        for staff in self.staves.values():
            staff.set_key(element)
        self.set_tempo(element, self.now, "scoreDef")
        for group, definition in staff_definitions(element):
            name = definition.get("n", str(len(self.staves) + 1))
            if name not in self.staves:
                self.staves[name] = new_staff(group, definition, name, self.score.part_names)
                if not self.staves[name].key:
                    self.staves[name].set_key(element)
                self.staves[name].set_key(definition)
            self.define_staff(definition)

    def define_staff(self, element: ET.Element) -> None:
        """Take a staffDef of a staff that is there already."""
        if (staff := self.staves.get(element.get("n", ""))) is not None:
            staff.define(element)
        self.set_meter(element)

    def set_meter(self, element: ET.Element) -> None:
        """Take a time signature."""
        if (meter := meter_of(element)) is not None:
            self.bar_length, self.beat = meter
            self.metre = metre_of(*meter)

    @property
    def now(self) -> Fraction:
        """Where the last bar ends."""
        return self.score.bars[-1].end if self.score.bars else Fraction(0)

    def read_measure(self, element: ET.Element, endings: frozenset[int]) -> None:
        """Read a bar in all staves."""
        begin, place = self.now, f"bar {element.get('n') or len(self.score.bars) + 1}"
        bar = Bar(begin, begin, element.get("n", ""), endings=endings, metre=self.metre)
        bar.opens = element.get("left") in ("rptstart", "rptboth") or self.reopens
        if element.get("left") in ("rptend", "rptboth") and self.score.bars:
            self.score.bars[-1].times = 2
        bar.times = 2 if element.get("right") in ("rptend", "rptboth") else 1
        self.reopens = element.get("right") in ("rptboth", "rptstart")
        layers = list(self._layers(element, place))
        length = max((layer.now - begin for layer in layers if layer.has_content), default=Fraction(0))
        rests = max((layer.rests for layer in layers), default=1)
        bar.end = begin + (length or self.bar_length * max(1, min(rests, 10_000)))
        if bar.end > LONGEST:
            raise InputError(f"a damaged score (it lasts {float(bar.end):.3g} quarters)")
        if length > self.bar_length:
            self.score.problem("bars are longer than their time signature", place)
        self.score.bars.append(bar)
        self.controls.beats.append(self.beat)
        for at, form in {sign for layer in layers for sign in layer.barlines}:
            self._repeat_inside(at, form, bar)
        self.controls.collect(element, place)
        self.read_directions(element, bar, place)

    def _layers(self, measure: ET.Element, place: str) -> list[Layer]:
        """Read the layers of a measure."""
        layers, spans = [], tuplet_spans(measure)
        for element in measure.iter("staff"):
            staff = self.staves.get(element.get("n", ""))
            if staff is None:
                self.score.problem("staves without a definition are left out", place)
                continue
            for count, child in enumerate(element.iter("layer"), start=1):
                number = max(1, min(integer(child.get("n"), count), 9999))
                layer = Layer(
                    self.score, self.found, self.staves, staff, number, self.now, self.bar_length, self.beat, place,
                    spans, is_cue=child.get("cue") == "true",
                )  # fmt: skip
                layer.read(child)
                layers.append(layer)
        return layers

    def _repeat_inside(self, at: Fraction, form: str, bar: Bar) -> None:
        """Take a barline within a layer."""
        if form in ("rptend", "rptboth"):
            if bar.begin < at < bar.end:
                self.score.repeats_inside[at].add(2)
            elif at >= bar.end:
                bar.times = 2
        if form in ("rptstart", "rptboth"):
            if bar.begin < at < bar.end:
                self.score.repeats_inside[at].add(0)
            elif at <= bar.begin:
                bar.opens = True

    def read_directions(self, element: ET.Element, bar: Bar, place: str) -> None:
        """Take tempo marks and jumps."""
        for tempo in element.iter("tempo"):
            self.set_tempo(tempo, self.controls.when(tempo, len(self.score.bars) - 1), place)
        for child in (*element.iter("dir"), *element.iter("repeatMark")):
            named = _MARKS.get(child.get("func") or child.get("type") or "")
            bar.marks = ({named: ""} if named else marks_in("".join(child.itertext()))) | bar.marks

    def set_tempo(self, element: ET.Element, at: Fraction, place: str) -> None:
        """Take the tempo of a tempo mark or a scoreDef, if it has one."""
        if (beats := element.get("midi.bpm")) is not None:
            self.score.set_tempo(at, beats, place)
        elif (length := decimal(element.get("midi.mspb"), 0.0)) > 0:
            self.score.set_tempo(at, 60e6 / length, place)
        elif element.get("mm") is not None:
            unit = MEI_VALUES.get(element.get("mm.unit", "4"), Fraction(1))
            unit *= Fraction(3, 2) if element.get("mm.dots") == "1" else 1
            self.score.set_tempo(at, element.get("mm"), place, unit=unit)

    def expanded(self, element: ET.Element, *, repeats: bool, depth: int = 0) -> list[int] | None:
        """Return the bars of an element in the order that its expansion, or those within it, give; None without any."""
        if depth > 50:
            raise InputError("a damaged score (its expansions name one another)")
        own = [child for child in element if child.tag == "expansion"]
        named = [child for child in own if (child.get("type") not in _WITHOUT_REPEATS) == repeats]
        if named:
            targets = [self.by_id.get(name.lstrip("#")) for name in named[0].get("plist", "").split()[:1000]]
        elif any(child.tag == "expansion" for child in element.iter()) and (repeats or not own):
            targets = list(element)
        else:
            return None
        order: list[int] = []
        for target in targets:
            if target is None:
                self.score.problem("sections that the score does not have are left out")
                continue
            inner = self.expanded(target, repeats=repeats, depth=depth + 1)
            order += range(*self.ranges.get(id(target), (0, 0))) if inner is None else inner
            if len(order) > MOST_BARS:
                raise InputError(f"more than {MOST_BARS} bars with all repeats; split the score")
        return order


def read_mei(root: ET.Element) -> NotatedScore:
    """Return what an MEI score says.  Raises InputError if it is none."""
    music = root if root.tag == "music" else root.find("music")
    if root.tag not in ("mei", "music", "meiCorpus") or music is None:
        raise InputError(f"not an MEI score, but <{root.tag[:40]}>")
    resolve_readings(music)
    join_parts(music)
    reader = _Reader(music)
    for body in music.iter("body"):
        reader.walk(body)
    reader.controls.apply()
    for name, repeats in (("written", True), ("none", False)):
        is_there = any((e.get("type") not in _WITHOUT_REPEATS) == repeats for e in music.iter("expansion"))
        if is_there and (order := reader.expanded(music, repeats=repeats)):
            reader.score.orders[name] = order
    if len(list(music.iter("mdiv"))) > 1:
        reader.score.problem("several movements are read one after the other")
    if any(staff.is_key_needed and staff.untold for staff in reader.staves.values()):
        reader.score.problem("no note tells how it sounds; the key signature and the accidentals of each bar do")
    return reader.score


def _ending_numbers(element: ET.Element) -> frozenset[int]:
    """Return the numbers of an ending, which some programs put in its type."""
    return numbers_in(element.get("n") or element.get("label") or re.sub(r"\D+", " ", element.get("type", "")))
