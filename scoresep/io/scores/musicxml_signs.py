"""Directions and barlines of MusicXML: tempo, repeats, endings and jumps."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.io.scores.musicxml_position import Position, number, whole
from scoresep.io.scores.notated import Bar, NotatedScore
from scoresep.io.scores.symbols import MUSICXML_VALUES, marks_in, numbers_in

#: Attributes of <sound> that send somewhere, or are sent to.
_JUMPS = ("dacapo", "dalsegno", "tocoda", "fine", "segno", "coda")
#: Those whose value is a name, by which one finds the other.
_NAMED = ("dalsegno", "tocoda", "segno", "coda")
#: No repeat is played more often.
_MOST_TIMES = 20


def read_direction(element: ET.Element, position: Position, bar: Bar, score: NotatedScore) -> None:
    """Take tempo marks and jumps."""
    sounds = [element] if element.tag == "sound" else element.findall("sound")
    for sound in sounds:
        if (tempo := sound.get("tempo")) is not None:
            score.set_tempo(_time_of(sound, element, position), tempo, position.label)
        for mark in _JUMPS:
            if label := sound.get(mark):
                bar.marks[mark] = label.strip() if mark in _NAMED else ""
    if not any("tempo" in sound.attrib for sound in sounds):
        for metronome in element.iterfind("direction-type/metronome"):
            unit = MUSICXML_VALUES.get((metronome.findtext("beat-unit") or "").strip())
            beats = number(metronome.findtext("per-minute"))
            if unit and beats:
                dotted = Fraction(3, 2) if metronome.find("beat-unit-dot") is not None else Fraction(1)
                score.set_tempo(_time_of(None, element, position), float(beats), position.label, unit=unit * dotted)
    for kind in ("segno", "coda"):
        if element.find(f"direction-type/{kind}") is not None and not any(sound.get("tocoda") for sound in sounds):
            bar.marks.setdefault(kind, "")
    for words in element.iterfind("direction-type/words"):
        bar.marks = marks_in(words.text or "") | bar.marks


def _time_of(sound: ET.Element | None, direction: ET.Element, position: Position) -> Fraction:
    """Return when a direction sounds: at its place, or away from it by the <offset> that holds for the sound."""
    offset = None if sound is None else sound.find("offset")
    if (
        offset is None
        and (own := direction.find("offset")) is not None
        and (sound is None or own.get("sound") == "yes")
    ):
        offset = own
    away = number(offset.text) if offset is not None else None
    return max(position.begin + position.now + (away or 0) / position.divisions, position.begin)


def read_barline(element: ET.Element, position: Position, bar: Bar, score: NotatedScore) -> None:
    """Take repeats, endings and the signs that stand over a barline."""
    for mark in ("segno", "coda"):
        if element.find(mark) is not None:
            bar.marks.setdefault(mark, "")
    if (repeat := element.find("repeat")) is not None:
        times = whole(repeat.get("times")) or 2
        if not 2 <= times <= _MOST_TIMES:
            score.problem("repeats of an impossible number are played twice", position.label)
            times = 2
        is_forward = repeat.get("direction") == "forward"
        at = position.begin + position.now
        if element.get("location") == "middle" and bar.begin < at < bar.end:
            score.repeats_inside[at].add(0 if is_forward else times)
        elif is_forward:
            bar.opens = True
        else:
            bar.times = max(bar.times, times)
    if (ending := element.find("ending")) is not None:
        bar.endings = numbers_in(ending.get("number", ""))
        if ending.get("type") != "start":
            _spread_ending(score.bars, position.bar)


def _spread_ending(bars: list[Bar], last: int) -> None:
    """Give the ending that stops in a bar to all bars from where it starts."""
    first = last
    while first > 0 and (first == last or not bars[first].endings) and bars[first - 1].times == 1:
        first -= 1
    if bars[first].endings == bars[last].endings:
        for bar in bars[first:last]:
            bar.endings = bars[last].endings
