"""Notes of MusicXML: pitch, length, ties, grace notes and ornaments."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.io.scores.lyrics import is_syllable
from scoresep.io.scores.musicxml_position import Instrument, Position, number, step_length, value_of, whole
from scoresep.io.scores.notated import Grace, NotatedNote, NotatedScore, Ornament
from scoresep.io.scores.percussion import key_by_position
from scoresep.io.scores.symbols import STEPS, marked_neighbour, neighbours
from scoresep.values.notes import DRUM_CHANNEL

#: Ornaments by their names in MusicXML, and whether they come late.
_ORNAMENTS = {
    "trill-mark": ("trill", False), "shake": ("trill", False), "mordent": ("mordent", False),
    "inverted-mordent": ("inverted mordent", False), "turn": ("turn", False), "haydn": ("turn", False),
    "delayed-turn": ("turn", True), "inverted-turn": ("inverted turn", False),
    "delayed-inverted-turn": ("inverted turn", True), "vertical-turn": ("turn", False),
    "inverted-vertical-turn": ("inverted turn", False),
}  # fmt: skip
#: Strokes that a tremolo may have.
_MOST_STROKES = 8
#: Note heads that mean a cymbal where drums are written.
_CROSSES = ("x", "circle-x", "cross", "circled x", "slash")


def read_note(element: ET.Element, position: Position, score: NotatedScore) -> None:
    """Read one note or rest, and move on by its length."""
    is_grace = element.find("grace") is not None
    is_chord = element.find("chord") is not None
    length = Fraction(0) if is_grace else step_length(element, position.divisions)
    if length is None:
        score.problem("notes without a proper length are left out", position.label)
        return
    if not is_chord:
        position.chord, position.chord_ornaments = position.now, ()
        position.graces += is_grace
    if not position.step(element):
        score.problem("steps in time that lead nowhere are cut short", position.label)
    if length < 0:  # it leads back in time, and sounds as long as it is written
        score.problem("notes of negative lengths step back", position.label)
        if (length := value_of(element)) is None:
            score.problem("notes without a proper length are left out", position.label)
            return
    onset = position.begin + position.chord
    staff, voice = _small(whole(element.findtext("staff")) or 1), _small(whole(element.findtext("voice")) or 1)
    if element.find("rest") is not None:
        score.rests.append((position.part, staff, voice, onset, onset + length))
        return
    own = element.find("instrument")
    instrument = position.instruments.get("" if own is None else own.get("id", ""), position.instruments[""])
    is_drum = _is_drum(element, instrument, position)
    pitch = _drum_key(element, instrument, position) if is_drum else _pitch(element.find("pitch"))
    if pitch is None:
        score.problem("notes without a proper pitch are left out", position.label)
        return
    ties = {tie.get("type") for path in ("tie", "notations/tied") for tie in element.iterfind(path)}
    note = NotatedNote(
        onset, onset + length, pitch, position.part, staff, voice, DRUM_CHANNEL if is_drum else instrument.channel,
        instrument.program, is_tied_back="stop" in ties, is_tied_on="start" in ties,
        grace=_grace(element, position) if is_grace else None, ornaments=_ornaments(element, position, length),
        arpeggio=_arpeggio(element, staff), is_cue=element.find("cue") is not None,
        has_syllable=any(is_syllable(text.text) for text in element.iterfind("lyric/text")),
    )  # fmt: skip
    position.graces = position.graces if is_grace or is_chord else 0
    _add(note, position, score, is_drum=is_drum)


def _add(note: NotatedNote, position: Position, score: NotatedScore, *, is_drum: bool) -> None:
    """Take a note at the pitch that sounds, and its double an octave away if the part has one."""
    staff = str(note.staff)
    if not is_drum:
        note.pitch += position.shifts.get(staff, position.shifts.get("", 0))
        if doubling := position.doublings.get(staff, position.doublings.get("", 0)):
            score.add(replace(note, pitch=note.pitch + doubling), position.label)
    score.add(note, position.label)
    position.history[-1].append(note)


def _is_drum(element: ET.Element, instrument: Instrument, position: Position) -> bool:
    """Whether a note is one of drums: it has no pitch, or stands on a drum channel or under a percussion clef."""
    if element.find("unpitched") is not None or instrument.channel == DRUM_CHANNEL:
        return True
    return position.drum_staves.get((element.findtext("staff") or "1").strip(), False)


def _drum_key(element: ET.Element, instrument: Instrument, position: Position) -> int | None:
    """Return the General MIDI key of a drum note: of its instrument, or else by its pitch or its place on the staff."""
    if instrument.key >= 0 and (element.find("instrument") is not None or len(position.instruments) <= 2):
        return instrument.key
    unpitched = element.find("unpitched")
    is_placed = unpitched is not None or position.drum_staves.get((element.findtext("staff") or "1").strip(), False)
    if not is_placed:
        return _pitch(element.find("pitch"))
    holder, prefix = (unpitched, "display-") if unpitched is not None else (element.find("pitch"), "")
    letter = "" if holder is None else (holder.findtext(f"{prefix}step") or "").strip()
    octave = None if holder is None else whole(holder.findtext(f"{prefix}octave"))
    is_crossed = (element.findtext("notehead") or "").strip() in _CROSSES
    found = key_by_position(letter, octave, is_crossed=is_crossed) if letter in STEPS and octave is not None else None
    return found if found is not None else instrument.key if instrument.key >= 0 else None


def _pitch(element: ET.Element | None) -> int | None:
    """Return the MIDI number of a written pitch."""
    if element is None:
        return None
    step, octave = STEPS.get((element.findtext("step") or "").strip()), whole(element.findtext("octave"))
    alter = number(element.findtext("alter") or "0")
    if step is None or octave is None or alter is None or abs(alter) > 4:
        return None
    return step + 12 * (octave + 1) + round(alter)


def _grace(element: ET.Element, position: Position) -> Grace:
    """Return what is said of a grace note."""
    sign = element.find("grace")
    attributes = {} if sign is None else sign.attrib
    timing = "before" if "steal-time-previous" in attributes else "on" if "steal-time-following" in attributes else ""
    return Grace(
        position.graces, value_of(element) or Fraction(1, 2), timing, has_stroke=attributes.get("slash") == "yes"
    )


def _ornaments(element: ET.Element, position: Position, length: Fraction) -> tuple[Ornament, ...]:
    """Return the ornaments of a note; a tremolo holds for the whole chord."""
    found: list[Ornament] = []
    for ornaments in element.iterfind("notations/ornaments"):
        for sign in ornaments:
            if sign.tag in _ORNAMENTS or (sign.tag == "wavy-line" and sign.get("type") == "start"):
                kind, is_delayed = _ORNAMENTS.get(sign.tag, ("trill", False))
                upper, lower = _neighbours(element, ornaments, position)
                found.append(Ornament(kind, upper, lower, is_delayed))
            elif sign.tag == "tremolo" and (tremolo := _tremolo(sign, position, length)) is not None:
                found.append(tremolo)
    if element.find("chord") is not None:
        return tuple(found) or tuple(o for o in position.chord_ornaments if o.kind in ("tremolo", "alternation"))
    position.chord_ornaments = tuple(found)
    return tuple(found)


def _tremolo(sign: ET.Element, position: Position, length: Fraction) -> Ornament | None:
    """Return a tremolo of one note, or one of the two of an alternation."""
    strokes, kind = whole(sign.text), sign.get("type", "single")
    if strokes is None or not 0 < strokes <= _MOST_STROKES:
        return None
    unit, begin = Fraction(4, 2 ** (2 + strokes)), position.begin + position.chord
    if kind == "start":
        position.alternation = Ornament("alternation", unit=unit, begin=begin, end=begin + 2 * length)
        return position.alternation
    if kind == "stop" and position.alternation is not None:
        first, position.alternation = position.alternation, None
        return replace(first, is_second=True)
    return Ornament("tremolo", unit=unit) if kind == "single" else None


def _neighbours(element: ET.Element, ornaments: ET.Element, position: Position) -> tuple[int, int]:
    """Return the semitones to the notes above and below one with an ornament, by the key or an accidental over it."""
    letter = (element.findtext("pitch/step") or "").strip()
    if letter not in STEPS:
        return 2, 2
    alter = round(number(element.findtext("pitch/alter")) or 0)
    key = position.keys.get((element.findtext("staff") or "").strip(), position.keys.get("", {}))
    upper, lower = neighbours(letter, alter, key)
    for mark in ornaments.iterfind("accidental-mark"):
        direction = -1 if mark.get("placement") == "below" else 1
        marked = marked_neighbour(letter, alter, (mark.text or "").strip(), direction)
        if marked is not None:
            upper, lower = (marked, lower) if direction == 1 else (upper, marked)
    return upper, lower


def _arpeggio(element: ET.Element, staff: int) -> str:
    """Return the name of the arpeggio that a note belongs to: without a number each staff has its own."""
    sign = element.find("notations/arpeggiate")
    if sign is None:
        return ""
    direction = "-" if sign.get("direction") == "down" else "+"
    return f"{direction}{sign.get('number') or f'staff {staff}'}"


def _small(value: int) -> int:
    """Return the number of a staff or voice, if it can be one."""
    return value if 0 < value < 10_000 else 0
