"""Which notes of a piano score are played by which hand."""

from __future__ import annotations

import re

import numpy as np

from scoresep.values import Array, Notes

_LEFT = re.compile(r"\b(left|lh|l\.h\.|links|linke|gauche|sinistra|bass|bass staff|lower)(?!\w)", re.IGNORECASE)
_RIGHT = re.compile(r"\b(right|rh|r\.h\.|rechts|rechte|droite|destra|treble|treble staff|upper)(?!\w)", re.IGNORECASE)
#: General MIDI programs (from 1) of keyboards with two hands; 0 for scores that do not tell.
_KEYBOARDS = (0, *range(1, 9), *range(17, 22))


def two_hands(notes: Notes) -> tuple[Array, Array] | None:
    """Return the notes of the left and of the right hand as two masks, or None if the score is not for two hands.

    It is, if its parts' names say so, if one keyboard part has two staves, or if there are two keyboard parts that
    nothing but their pitch tells apart; then the higher one is the right hand.
    """
    if not len(notes) or not np.isin(notes.program, _KEYBOARDS).all():
        return None
    parts = sorted(set(notes.part.tolist()))
    sides = [_side(notes.part_names[part - 1]) if part else None for part in parts]
    if set(sides) == {"left", "right"}:
        left = np.isin(notes.part, [part for part, side in zip(parts, sides, strict=True) if side == "left"])
        return left, ~left
    if len(parts) == 1 and set(notes.staff.tolist()) == {1, 2}:
        return notes.staff == 2, notes.staff == 1
    if len(parts) == 2 and _are_alike(notes, parts):
        higher = max(parts, key=lambda part: float(notes.pitch[notes.part == part].mean()))
        return notes.part != higher, notes.part == higher
    return None


def _side(name: str) -> str | None:
    """Return the hand that a part's name tells, if it tells one."""
    left, right = bool(_LEFT.search(name)), bool(_RIGHT.search(name))
    return None if left == right else "left" if left else "right"


def _are_alike(notes: Notes, parts: list[int]) -> bool:
    """Whether the names of the parts say no more than 'piano' or nothing at all."""
    return all(
        re.fullmatch(
            r"(piano|pianoforte|klavier|track|staff|part|channel)?[ \d.:-]*",
            notes.part_names[p - 1].strip(),
            re.IGNORECASE,
        )
        for p in parts
    )
