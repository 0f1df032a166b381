"""What signs, words and numbers mean in all formats of notation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

#: Semitones above C of the steps of the scale.
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
#: The steps in the order of the staff.
LETTERS = "CDEFGAB"
#: Letters in the order in which key signatures raise them, and lower them.
SHARPS = "FCGDAEB"
FLATS = "BEADGCF"
#: Semitones by the names that MEI has for accidentals; quarter tones as far as they are more than half a semitone.
ACCIDENTALS = {
    "s": 1, "f": -1, "ss": 2, "x": 2, "ff": -2, "xs": 3, "sx": 3, "ts": 3, "tf": -3, "n": 0, "nf": -1, "ns": 1,
    "su": 2, "sd": 0, "fu": 0, "fd": -2, "nu": 0, "nd": 0, "1qs": 0, "1qf": 0, "3qs": 2, "3qf": -2,
}  # fmt: skip
#: Quarters in a note value: MEI's names, and those of MusicXML.
MEI_VALUES = {
    "maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8),
    **{str(2**k): Fraction(4, 2**k) for k in range(11)},
}  # fmt: skip
MUSICXML_VALUES = {
    "maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8), "whole": Fraction(4), "half": Fraction(2),
    "quarter": Fraction(1), "eighth": Fraction(1, 2), "16th": Fraction(1, 4), "32nd": Fraction(1, 8),
    **{f"{n}th": Fraction(4, n) for n in (64, 128, 256, 512, 1024)},
}  # fmt: skip
#: Semitones by the names that MusicXML has for accidentals over ornaments.
_MARKED = {
    "sharp": 1,
    "natural": 0,
    "flat": -1,
    "double-sharp": 2,
    "sharp-sharp": 2,
    "flat-flat": -2,
    "double-flat": -2,
}
#: Jumps as people write them, where nothing else marks them.
_WORDS = {
    "dacapo": re.compile(r"\b(d\. ?c\.|da capo|dc al)", re.IGNORECASE),
    "dalsegno": re.compile(r"\b(d\. ?s\.|dal segno|ds al)", re.IGNORECASE),
    "fine": re.compile(r"^\s*fine\W*$", re.IGNORECASE),
    "tocoda": re.compile(r"\b(to coda|alla coda)\b|^\s*al coda", re.IGNORECASE),
    "alfine": re.compile(r"(d\. ?[cs]\.|da capo|dal segno|d[cs]) al fine", re.IGNORECASE),
    "alcoda": re.compile(r"(d\. ?[cs]\.|da capo|dal segno|d[cs]) al coda", re.IGNORECASE),
}


def marks_in(words: str) -> dict[str, str]:
    """Return the jumps that words ask for, as marks of a bar without a label."""
    return {mark: "" for mark, pattern in _WORDS.items() if pattern.search(words)}


def numbers_in(text: str) -> frozenset[int]:
    """Return the numbers of an ending, as in '1, 2'; the first if there is none."""
    return frozenset(int(number) for number in re.findall(r"\b\d{1,2}\b", text)[:20]) or frozenset({1})


def integer(text: str | None, default: int) -> int:
    """Return a whole number, or a default for what is none."""
    return int(text) if text and re.fullmatch(r"-?\d{1,6}", text) else default


def decimal(text: str | None, default: float) -> float:
    """Return a decimal number, or a default for what is none."""
    return float(text) if text and re.fullmatch(r"-?\d{1,6}(\.\d{1,12})?", text) else default


def alterations(fifths: int) -> dict[str, int]:
    """Return the letters that a key signature alters, and by how many semitones; fifths are sharps, or minus flats."""
    count = max(-7, min(fifths, 7))
    return dict.fromkeys(SHARPS[:count], 1) if count > 0 else dict.fromkeys(FLATS[:-count], -1)


def neighbours(letter: str, alter: int, key: Mapping[str, int]) -> tuple[int, int]:
    """Return the semitones up to the next note of the scale and down to the one before, each 1 or 2."""
    place, own = LETTERS.index(letter), STEPS[letter] + alter
    above, below = LETTERS[(place + 1) % 7], LETTERS[place - 1]
    up = (STEPS[above] + key.get(above, 0) - own) % 12
    down = (own - STEPS[below] - key.get(below, 0)) % 12
    return max(1, min(up, 2)), max(1, min(down, 2))


def marked_neighbour(letter: str, alter: int, sign: str, direction: int) -> int | None:
    """Return the semitones up (1) or down (-1) to the neighbour with an accidental, or None for another sign."""
    if (marked := _MARKED.get(sign, ACCIDENTALS.get(sign))) is None:
        return None
    other = LETTERS[(LETTERS.index(letter) + direction) % 7]
    return max(1, min(direction * (STEPS[other] + marked - STEPS[letter] - alter) % 12, 3))
