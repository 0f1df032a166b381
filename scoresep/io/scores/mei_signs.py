"""Signs at the notes of an MEI score: tuplets, strokes through stems, and the places of drums on the staff."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.io.scores.percussion import key_by_position
from scoresep.io.scores.symbols import LETTERS, STEPS, integer

#: Note heads that mean a cymbal where drums are written.
_CROSSES = ("x", "+", "cross", "slash")


def tuplet_scale(element: ET.Element) -> Fraction:
    """Return how the lengths in a tuplet are scaled."""
    number, base = integer(element.get("num"), 3), integer(element.get("numbase"), 2)
    return Fraction(max(base, 1), max(number, 1))


def tuplet_spans(measure: ET.Element) -> dict[str, tuple[Fraction, str]]:
    """Return the tuplets of a measure that only name their notes: scale and last note by the first note."""
    spans = {}
    for span in measure.iter("tupletSpan"):
        names = [name.lstrip("#") for name in span.get("plist", "").split()]
        first = span.get("startid", "").lstrip("#") or (names[0] if names else "")
        last = span.get("endid", "").lstrip("#") or (names[-1] if names else "")
        if first and last:
            spans[first] = tuplet_scale(span), last
    return spans


def stroke_unit(element: ET.Element) -> Fraction:
    """Return the length of the notes of a tremolo by the strokes through a stem, 0 for none."""
    for own in (element, *element.iter("note"), *element.iter("chord")):
        strokes = own.get("stem.mod", "").removesuffix("slash")
        if own.get("grace") is None and strokes.isdecimal() and 0 < int(strokes) <= 6:
            return Fraction(4, 2 ** (2 + int(strokes)))
    return Fraction(0)


def drum_key(note: ET.Element) -> int | None:
    """Return the General MIDI key of a drum note, by its number or its place on the staff."""
    if 0 <= (key := integer(note.get("pnum"), -1)) <= 127:
        return key
    is_crossed = note.get("head.shape", "") in _CROSSES
    letter, octave = note.get("pname", "").upper(), integer(note.get("oct"), 4)
    if letter not in STEPS:
        place = integer(note.get("loc"), 99) + LETTERS.index("E") + 7 * 4
        letter, octave = LETTERS[place % 7], place // 7
    return key_by_position(letter, octave, is_crossed=is_crossed)
