"""Tokens of Humdrum **kern: pitches, lengths, grace notes and ornaments."""

from __future__ import annotations

import re
from fractions import Fraction

from scoresep.io.scores.notated import Grace, Ornament
from scoresep.io.scores.percussion import key_by_position
from scoresep.io.scores.symbols import STEPS, neighbours

#: A pitch, C for C3 and c for C4, doubled for each octave further, with its accidentals.
_PITCH = re.compile(r"(([A-Ga-g])\2{0,5})(#{0,3}|-{0,3}|n)(?![A-Ga-g#-])")
#: A length, the number of notes in a whole one, with its dots.
_LENGTH = re.compile(r"(\d{1,4})(?:%(\d{1,4}))?(\.{0,4})")
#: Quarters of lengths beyond a whole note.
_LONG = {"0": Fraction(8), "00": Fraction(16), "000": Fraction(32)}
#: Ornaments by their letters; the small ones have a neighbour at a semitone, the large ones at a whole tone.
_ORNAMENTS = {
    "t": ("trill", 1), "T": ("trill", 2), "m": ("mordent", 1), "M": ("mordent", 2), "w": ("inverted mordent", 1),
    "W": ("inverted mordent", 2), "S": ("turn", 0), "$": ("inverted turn", 0),
}  # fmt: skip
#: Tremolos, such as @16@ for repeated sixteenths.
_TREMOLO = re.compile(r"@(?!@)(\d{1,3})@")


def length_of(token: str) -> Fraction | None:
    """Return the quarters of a token's length, if it has one."""
    found = _LENGTH.search(_TREMOLO.sub("", token))
    if found is None:
        return None
    number, base, dots = found.groups()
    if number in _LONG:
        quarters = _LONG[number]
    elif int(number) == 0:
        return None
    else:
        quarters = Fraction(4 * int(base or 1), int(number))
    return quarters * (2 - Fraction(1, 2 ** len(dots)))


def pitch_of(token: str) -> int | None:
    """Return the MIDI number of a token's pitch, if it has one."""
    if (spelled := _spelled(token)) is None:
        return None
    letter, octave, alter = spelled
    return STEPS[letter] + 12 * (octave + 1) + alter


def drum_key_of(token: str) -> int | None:
    """Return the General MIDI key of a token under a percussion clef, by its place on the staff."""
    spelled = _spelled(token)
    return None if spelled is None else key_by_position(spelled[0], spelled[1])


def ornaments_of(token: str, key: dict[str, int]) -> tuple[Ornament, ...]:
    """Return the ornament of a token, if it has one."""
    if found := _TREMOLO.search(token):
        return (Ornament("tremolo", unit=Fraction(4, int(found[1]))),) if int(found[1]) else ()
    sign = next((character for character in token if character in _ORNAMENTS), None)
    spelled = _spelled(token)
    if sign is None or spelled is None:
        return ()
    kind, step = _ORNAMENTS[sign]
    upper, lower = (step, step) if step else neighbours(spelled[0], spelled[2], key)
    return (Ornament(kind, upper, lower),)


def grace_of(token: str, place: int) -> Grace | None:
    """Return what is said of a grace note: q stands for one with a stroke, qq for one without; None for other notes."""
    if "q" not in token.lower():
        return None
    return Grace(place, length_of(token) or Fraction(1, 2), has_stroke="qq" not in token and "Q" not in token)


def _spelled(token: str) -> tuple[str, int, int] | None:
    """Return letter, octave and semitones of the accidentals of a token's pitch."""
    found = _PITCH.search(token)
    if found is None:
        return None
    letters, letter, signs = found.groups()
    octave = 3 + len(letters) if letter.islower() else 4 - len(letters)
    return letter.upper(), octave, signs.count("#") - signs.count("-")
