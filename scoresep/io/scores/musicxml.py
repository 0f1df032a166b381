"""MusicXML → what is notated: partwise or timewise, through the tree of its elements.

A bar is as long as the longest of its parts; notes are at the pitch that sounds, whatever the instrument transposes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from xml.etree import ElementTree as ET

from scoresep.errors import InputError
from scoresep.io.scores.musicxml_notes import read_note
from scoresep.io.scores.musicxml_position import Instrument, Position, whole
from scoresep.io.scores.musicxml_signs import read_barline, read_direction
from scoresep.io.scores.notated import LONGEST, Bar, Metre, NotatedScore
from scoresep.io.scores.percussion import key_by_name
from scoresep.io.scores.symbols import alterations

#: Bars that a sign may repeat; what is more is damaged.
_MOST_REPEATED = 16


def read_musicxml(root: ET.Element) -> NotatedScore:
    """Return what a MusicXML score says.  Raises InputError if it is none."""
    if root.tag not in ("score-partwise", "score-timewise"):
        raise InputError(f"not MusicXML, but <{root.tag[:40]}>")
    score = NotatedScore()
    listed = {part.get("id", ""): part for part in root.iterfind("part-list/score-part")}
    parts = list(_parts(root))
    score.bars = _bars([measures for _, measures in parts])
    for index, (name, measures) in enumerate(parts, start=1):
        about = listed.get(name)
        score.part_names.append(_name_of(about) or f"Part {index}")
        position = Position(index, _instruments_of(about))
        for bar, measure in enumerate(measures):
            position.start_bar(bar, score.bars[bar].begin, measure.get("number", "") or str(bar + 1))
            _read_measure(measure, position, score)
    return score


def _bars(parts: list[list[ET.Element]]) -> list[Bar]:
    """Return the bars, one after the other, each as long as the longest of the parts."""
    lengths: list[Fraction] = []
    heads: list[ET.Element] = []
    metres: dict[int, Metre | None] = {}
    for measures in parts:
        position = Position(0, {})
        for bar, measure in enumerate(measures):
            if bar == len(lengths):
                lengths.append(Fraction(0))
                heads.append(measure)
            position.start_bar(bar, Fraction(0), "")
            for element in measure:
                if element.tag in ("note", "backup", "forward"):
                    position.step(element)
                elif element.tag == "attributes":
                    position.set_divisions(element)
                    position.set_metre(element)
            metres[bar] = metres.get(bar) or position.metre
            lengths[bar] = max(lengths[bar], position.furthest)
    ends = list(accumulate(lengths))
    if ends and ends[-1] > LONGEST:
        raise InputError(f"a damaged score (it lasts {float(ends[-1]):.3g} quarters)")
    return [
        Bar(
            end - lengths[k], end, heads[k].get("number", ""), metre=metres[k],
            is_implicit=heads[k].get("implicit") == "yes",
        )
        for k, end in enumerate(ends)
    ]  # fmt: skip


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


def _instruments_of(about: ET.Element | None) -> dict[str, Instrument]:
    """Return the instruments of a part by their ids; the first one also by none."""
    found: dict[str, Instrument] = {}
    for score in [] if about is None else about.iterfind("score-instrument"):
        key = key_by_name(" ".join(score.findtext(tag) or "" for tag in ("instrument-name", "instrument-sound")))
        found[score.get("id", "")] = Instrument(key=-1 if key is None else key)
    for midi in [] if about is None else about.iterfind("midi-instrument"):
        channel, program = (whole(midi.findtext(tag)) or 0 for tag in ("midi-channel", "midi-program"))
        key = (whole(midi.findtext("midi-unpitched")) or 0) - 1
        instrument = found.setdefault(midi.get("id", ""), Instrument())
        instrument.channel = channel if 0 <= channel <= 16 else 0
        instrument.program = program if 0 <= program <= 128 else 0
        instrument.key = key if 0 <= key <= 127 else instrument.key
    return {"": next(iter(found.values()), Instrument()), **found}


def _read_measure(measure: ET.Element, position: Position, score: NotatedScore) -> None:
    """Read one measure of one part."""
    bar = score.bars[position.bar]
    for element in measure:
        match element.tag:
            case "note":
                read_note(element, position, score)
            case "backup" | "forward":
                if not position.step(element):
                    score.problem("steps in time that lead nowhere are cut short", position.label)
            case "attributes":
                _read_attributes(element, position, score)
            case "direction" | "sound":
                read_direction(element, position, bar, score)
            case "barline":
                read_barline(element, position, bar, score)
    _repeat_measures(position, bar, score)
    if position.metre and position.furthest > position.metre.length:
        score.problem("bars are longer than their time signature", position.label)


def _repeat_measures(position: Position, bar: Bar, score: NotatedScore) -> None:
    """Play the bars before again where a sign stands for them, unless the score writes their notes out."""
    for staff, count in position.measure_repeats.items():
        if not 0 < count <= position.bar:
            continue
        here, before = (
            [note for note in position.history[k] if staff in ("", str(note.staff))]
            for k in (position.bar, position.bar - count)
        )
        if not here:
            source = score.bars[position.bar - count]
            copies = score.copy_notes(before, source.begin, source.end, bar.begin - source.begin, position.label)
            position.history[-1] += copies


def _read_attributes(element: ET.Element, position: Position, score: NotatedScore) -> None:
    """Take divisions, key, time signature, clefs, transposition and signs that repeat bars."""
    if not position.set_divisions(element):
        score.problem("divisions that are no number are ignored; lengths may be wrong", position.label)
    for key in element.iterfind("key"):
        if (fifths := whole(key.findtext("fifths"))) is not None:
            staff = key.get("number", "")
            position.keys = position.keys | {staff: alterations(fifths)} if staff else {"": alterations(fifths)}
    position.set_metre(element)
    for clef in element.iterfind("clef"):
        position.drum_staves[clef.get("number", "1")] = (clef.findtext("sign") or "").strip() == "percussion"
    for transpose in element.iterfind("transpose"):
        staff = transpose.get("number", "")
        chromatic, octaves = (whole(transpose.findtext(tag)) or 0 for tag in ("chromatic", "octave-change"))
        double = transpose.find("double")
        position.shifts[staff] = chromatic + 12 * octaves
        position.doublings[staff] = 0 if double is None else 12 if double.get("above") == "yes" else -12
    for style in element.iterfind("measure-style"):
        if (repeat := style.find("measure-repeat")) is not None:
            count = (whole(repeat.text) or 1) if repeat.get("type") == "start" else 0
            position.measure_repeats[style.get("number", "")] = count if 0 <= count <= _MOST_REPEATED else 0
