"""MusicXML → what is written: partwise or timewise, through the tree of its elements.

A bar is as long as the longest of its parts; notes are at the pitch that sounds, whatever the instrument transposes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.errors import InputError
from scoresep.io.scores.notated import LONGEST, Bar, Sheet, Written
from scoresep.io.scores.symbols import STEPS, marks_in, numbers_in

DRUM_CHANNEL = 10
#: Quarters in a note value.
_TYPES = {
    "maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8), "whole": Fraction(4), "half": Fraction(2),
    "quarter": Fraction(1), "eighth": Fraction(1, 2), "16th": Fraction(1, 4), "32nd": Fraction(1, 8),
    **{f"{n}th": Fraction(4, n) for n in (64, 128, 256, 512, 1024)},
}  # fmt: skip


@dataclass
class _Instrument:
    """How a part, or one of its players, is to sound in General MIDI (from 1; 0 if the score does not tell)."""

    channel: int = 0
    program: int = 0


@dataclass
class _Place:
    """Where the reader of a part is: the bar and the quarters in it, and what is in force."""

    part: int
    instruments: dict[str, _Instrument]
    bar: int = 0
    now: Fraction = Fraction(0)
    furthest: Fraction = Fraction(0)
    #: Begin of the last note that was not in a chord with one before.
    struck: Fraction = Fraction(0)
    divisions: Fraction = Fraction(1)
    beats: Fraction | None = None
    shifts: dict[str, int] = field(default_factory=dict)
    name: str = ""

    @property
    def label(self) -> str:
        """The place for messages."""
        return f"bar {self.name}"


def read_musicxml(root: ET.Element) -> Sheet:
    """Return what a MusicXML score says.  Raises InputError if it is none."""
    if root.tag not in ("score-partwise", "score-timewise"):
        raise InputError(f"not MusicXML, but <{root.tag[:40]}>")
    sheet = Sheet()
    listed = {part.get("id", ""): part for part in root.iterfind("part-list/score-part")}
    marks: list[tuple[int, Fraction, str]] = []
    notes: list[tuple[int, Written, str]] = []
    lengths: list[Fraction] = []
    for number, (name, measures) in enumerate(_parts(root), start=1):
        about = listed.get(name)
        sheet.part_names.append(_name_of(about) or f"Part {number}")
        place = _Place(number, _instruments_of(about))
        for place.bar, measure in enumerate(measures):
            if place.bar == len(sheet.bars):
                sheet.bars.append(Bar(Fraction(0), Fraction(0), measure.get("number", "")))
                lengths.append(Fraction(0))
            place.name = measure.get("number", "") or str(place.bar + 1)
            _read_measure(measure, place, sheet, notes, marks)
            lengths[place.bar] = max(lengths[place.bar], place.furthest)
    _lay_out(sheet, lengths, notes, marks)
    return sheet


def _lay_out(
    sheet: Sheet,
    lengths: list[Fraction],
    notes: list[tuple[int, Written, str]],
    marks: list[tuple[int, Fraction, str]],
) -> None:
    """Put bars, notes and tempo marks, which know their bar and their place in it, one after the other."""
    now = Fraction(0)
    for bar, length in zip(sheet.bars, lengths, strict=True):
        bar.begin, bar.end = now, now + length
        now = bar.end
    if now > LONGEST:
        raise InputError(f"a damaged score (it lasts {float(now):.3g} quarters)")
    for bar_number, quarter, pace in marks:
        sheet.set_tempo(sheet.bars[bar_number].begin + quarter, pace, f"bar {sheet.bars[bar_number].number}")
    for bar_number, note, place in notes:
        note.onset += sheet.bars[bar_number].begin
        note.offset += sheet.bars[bar_number].begin
        sheet.add(note, place)


def _parts(root: ET.Element) -> Iterator[tuple[str, list[ET.Element]]]:
    """Return the measures of each part, by the part's id."""
    parts: dict[str, list[ET.Element]] = {}
    if root.tag == "score-partwise":
        for part in root.iterfind("part"):
            parts.setdefault(part.get("id", ""), []).extend(part.iterfind("measure"))
    else:
        for measure in root.iterfind("measure"):
            for part in measure.iterfind("part"):
                part.set("number", measure.get("number", ""))
                parts.setdefault(part.get("id", ""), []).append(part)
    yield from parts.items()


def _name_of(about: ET.Element | None) -> str:
    """Return the name of a part."""
    if about is None:
        return ""
    names = (about.findtext("part-name"), about.findtext("score-instrument/instrument-name"))
    return next((" ".join(name.split()) for name in names if name and name.strip()), "")


def _instruments_of(about: ET.Element | None) -> dict[str, _Instrument]:
    """Return the instruments of a part by their ids; the first one also by none."""
    found: dict[str, _Instrument] = {}
    for midi in [] if about is None else about.iterfind("midi-instrument"):
        channel, program = (_whole(midi.findtext(tag)) or 0 for tag in ("midi-channel", "midi-program"))
        found[midi.get("id", "")] = _Instrument(
            channel if 0 <= channel <= 16 else 0, program if 0 <= program <= 128 else 0
        )
    return {"": next(iter(found.values()), _Instrument()), **found}


def _read_measure(
    measure: ET.Element,
    place: _Place,
    sheet: Sheet,
    notes: list[tuple[int, Written, str]],
    marks: list[tuple[int, Fraction, str]],
) -> None:
    """Read one measure of one part."""
    place.now = place.furthest = place.struck = Fraction(0)
    bar = sheet.bars[place.bar]
    for element in measure:
        match element.tag:
            case "note":
                _read_note(element, place, sheet, notes)
            case "backup" | "forward":
                length = _length(element, place)
                if length is None or (element.tag == "backup" and length > place.now):
                    sheet.fault("steps in time that lead nowhere are cut short", place.label)
                    length = place.now if element.tag == "backup" else Fraction(0)
                place.now += length if element.tag == "forward" else -length
            case "attributes":
                _read_attributes(element, place, sheet)
            case "direction" | "sound":
                _read_direction(element, place, bar, marks)
            case "barline":
                _read_barline(element, bar, sheet, place)
        place.furthest = max(place.furthest, place.now)
    if place.beats and place.furthest > place.beats:
        sheet.fault("bars are longer than their time signature", place.label)


def _read_note(element: ET.Element, place: _Place, sheet: Sheet, notes: list[tuple[int, Written, str]]) -> None:
    """Read one note or rest, and move on by its length."""
    is_grace = element.find("grace") is not None
    length = Fraction(0) if is_grace else _length(element, place)
    if length is None:
        sheet.fault("notes without a proper length are left out", place.label)
        return
    if element.find("chord") is None:
        place.struck = place.now
        place.now += length
    if element.find("rest") is not None or element.find("cue") is not None:
        return
    instrument = element.find("instrument")
    player = place.instruments.get("" if instrument is None else instrument.get("id", ""), place.instruments[""])
    if element.find("unpitched") is not None or player.channel == DRUM_CHANNEL:
        sheet.drums += 1
        return
    staff = _whole(element.findtext("staff")) or 1
    if (pitch := _pitch(element.find("pitch"))) is None:
        sheet.fault("notes without a proper pitch are left out", place.label)
        return
    ties = {tie.get("type") for tie in element.iterfind("tie")}
    note = Written(
        onset=place.struck, offset=place.struck + length, part=place.part,
        pitch=pitch + place.shifts.get(str(staff), place.shifts.get("", 0)),
        staff=_small(staff), voice=_small(_whole(element.findtext("voice")) or 1),
        channel=player.channel, program=player.program, is_begun="stop" in ties, goes_on="start" in ties,
    )  # fmt: skip
    notes.append((place.bar, note, place.label))


def _pitch(element: ET.Element | None) -> int | None:
    """Return the MIDI number of a written pitch."""
    if element is None:
        return None
    step, octave = STEPS.get((element.findtext("step") or "").strip()), _whole(element.findtext("octave"))
    alter = _number(element.findtext("alter") or "0")
    if step is None or octave is None or alter is None or abs(alter) > 4:
        return None
    return step + 12 * (octave + 1) + round(alter)


def _length(element: ET.Element, place: _Place) -> Fraction | None:
    """Return a length in quarters, from the duration, or else from the kind of note."""
    duration = _number(element.findtext("duration"))
    if duration is not None and 0 <= duration <= LONGEST * place.divisions:
        return duration / place.divisions
    value = _TYPES.get((element.findtext("type") or "").strip())
    if duration is not None or value is None:
        return None
    dots = min(len(element.findall("dot")), 4)
    actual = _number(element.findtext("time-modification/actual-notes")) or Fraction(1)
    normal = _number(element.findtext("time-modification/normal-notes")) or Fraction(1)
    return abs(value * (2 - Fraction(1, 2**dots)) * normal / actual)


def _read_attributes(element: ET.Element, place: _Place, sheet: Sheet) -> None:
    """Take divisions, time signature and transposition."""
    if (text := element.findtext("divisions")) is not None:
        divisions = _number(text)
        if divisions is not None and 0 < divisions <= LONGEST:
            place.divisions = divisions
        else:
            sheet.fault("divisions that are no number are ignored; lengths may be wrong", place.label)
    if (time := element.find("time")) is not None:
        beats, unit = (_number((time.findtext(tag) or "").split("+")[0]) for tag in ("beats", "beat-type"))
        is_plain = beats and unit and "+" not in (time.findtext("beats") or "")
        place.beats = 4 * beats / unit if is_plain and beats and unit else None
    for transpose in element.iterfind("transpose"):
        chromatic, octaves = (_whole(transpose.findtext(tag)) or 0 for tag in ("chromatic", "octave-change"))
        doubled = 12 if transpose.find("double") is not None else 0
        place.shifts[transpose.get("number", "")] = chromatic + 12 * octaves - doubled


def _read_direction(element: ET.Element, place: _Place, bar: Bar, marks: list[tuple[int, Fraction, str]]) -> None:
    """Take tempo marks and jumps."""
    sounds = [element] if element.tag == "sound" else element.findall("sound")
    for sound in sounds:
        if (pace := sound.get("tempo")) is not None:
            marks.append((place.bar, place.now, pace))
        bar.marks |= {mark for mark in ("dacapo", "dalsegno", "tocoda", "fine", "segno", "coda") if sound.get(mark)}
    if not any("tempo" in sound.attrib for sound in sounds):
        for metronome in element.iterfind("direction-type/metronome"):
            unit = _TYPES.get((metronome.findtext("beat-unit") or "").strip())
            beats = _number(metronome.findtext("per-minute"))
            if unit and beats:
                dotted = Fraction(3, 2) if metronome.find("beat-unit-dot") is not None else 1
                marks.append((place.bar, place.now, str(float(beats * unit * dotted))))
    for kind in ("segno", "coda"):
        if element.find(f"direction-type/{kind}") is not None and not any(sound.get("tocoda") for sound in sounds):
            bar.marks.add(kind)
    for words in element.iterfind("direction-type/words"):
        bar.marks |= marks_in(words.text or "")


def _read_barline(element: ET.Element, bar: Bar, sheet: Sheet, place: _Place) -> None:
    """Take repeats, endings and the signs that stand over a barline."""
    bar.marks |= {mark for mark in ("segno", "coda") if element.find(mark) is not None}
    if (repeat := element.find("repeat")) is not None:
        if repeat.get("direction") == "forward":
            bar.opens = True
        else:
            times = _whole(repeat.get("times")) or 2
            if not 2 <= times <= 20:
                sheet.fault("repeats of an impossible number are played twice", place.label)
                times = 2
            bar.times = max(bar.times, times)
    if (ending := element.find("ending")) is not None:
        bar.endings = numbers_in(ending.get("number", ""))
        if ending.get("type") != "start":
            _spread_ending(sheet.bars, place.bar)


def _spread_ending(bars: list[Bar], last: int) -> None:
    """Give the ending that stops in a bar to all bars from where it starts."""
    first = last
    while first > 0 and (first == last or not bars[first].endings) and bars[first - 1].times == 1:
        first -= 1
    if bars[first].endings == bars[last].endings:
        for bar in bars[first:last]:
            bar.endings = bars[last].endings


def _number(text: str | None) -> Fraction | None:
    """Return a number as it is written, or None."""
    try:
        number = float(text or "")
        return Fraction(text.strip()) if text and math.isfinite(number) and len(text.strip()) < 20 else None
    except ValueError:
        return None


def _whole(text: str | None) -> int | None:
    """Return a whole number as it is written, or None."""
    number = _number(text)
    return int(number) if number is not None and number == int(number) and abs(number) <= LONGEST else None


def _small(number: int) -> int:
    """Return the number of a staff or voice, if it can be one."""
    return number if 0 < number < 10_000 else 0
