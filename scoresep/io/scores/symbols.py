"""What signs, words and numbers mean in all formats of notation."""

from __future__ import annotations

import re

#: Semitones above C.
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
#: Semitones by the names that MEI has for accidentals.
ACCIDENTALS = {"s": 1, "f": -1, "ss": 2, "x": 2, "ff": -2, "xs": 3, "sx": 3, "ts": 3, "tf": -3, "n": 0}
#: Jumps as people write them, where nothing else marks them.
_WORDS = {
    "dacapo": re.compile(r"\b(d\. ?c\.|da capo|dc al)", re.IGNORECASE),
    "dalsegno": re.compile(r"\b(d\. ?s\.|dal segno|ds al)", re.IGNORECASE),
    "fine": re.compile(r"^\s*fine\W*$", re.IGNORECASE),
    "tocoda": re.compile(r"\b(to coda|alla coda)\b|^\s*al coda", re.IGNORECASE),
}


def marks_in(words: str) -> set[str]:
    """Return the jumps that words ask for."""
    return {mark for mark, pattern in _WORDS.items() if pattern.search(words)}


def numbers_in(text: str) -> frozenset[int]:
    """Return the numbers of an ending, as in '1, 2'; the first if there is none."""
    return frozenset(int(number) for number in re.findall(r"\b\d{1,2}\b", text)[:20]) or frozenset({1})


def integer(text: str | None, default: int) -> int:
    """Return a whole number, or a default for what is none."""
    return int(text) if text and re.fullmatch(r"-?\d{1,6}", text) else default


def decimal(text: str | None, default: float) -> float:
    """Return a decimal number, or a default for what is none."""
    return float(text) if text and re.fullmatch(r"-?\d{1,6}(\.\d{1,12})?", text) else default
