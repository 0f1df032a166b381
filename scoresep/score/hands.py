"""Which notes of a piano score are played by which hand."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

import numpy as np

from scoresep.errors import ScoresepWarning
from scoresep.score.hand_estimation import estimate_hands
from scoresep.score.hand_features import OCTAVE
from scoresep.score.instruments import note_instruments
from scoresep.values import Array, Notes
from scoresep.values.notes import LEFT, RIGHT

_LEFT = re.compile(
    r"\b(left|lh|l\.h\.|links|linke|gauche|m\.?g\.|sinistra|m\.?s\.|bass|bass staff|lower)(?!\w)", re.IGNORECASE
)
_RIGHT = re.compile(
    r"\b(right|rh|r\.h\.|rechts|rechte|droite|destra|m\.?d\.|treble|treble staff|upper)(?!\w)", re.IGNORECASE
)
#: General MIDI programs (from 1) of keyboards with two hands; 0 for scores that do not tell.
_KEYBOARDS = (0, *range(1, 9), *range(17, 22))
#: A hand cannot hold more than this (semitones); a score that asks for it so often (share of the notes) is for two.
TENTH, OFTEN = OCTAVE + 4, 0.05


def with_hands(notes: Notes) -> Notes:
    """Return notes with the hand of each, by an estimate (with a warning) if the score does not tell.

    What the column ``hand`` says already is kept.  The others stay without a hand if the score is not for a keyboard,
    or if one hand could play it, and so do drum notes.
    """
    pitched = np.flatnonzero(~notes.is_drum)
    if notes.hand[pitched].all():
        return notes
    score = notes.take(pitched)
    if (hands := two_hands(score)) is None and is_for_estimate(score):
        warnings.warn(
            "the score does not tell the hands apart; which hand plays what is an estimate",
            ScoresepWarning,
            stacklevel=3,
        )
        left = estimate_hands(score)
        hands = left, ~left
    if hands is None:
        return notes
    hand = np.array(notes.hand)
    hand[pitched] = np.where(score.hand > 0, score.hand, LEFT * hands[0] + RIGHT * hands[1])
    return replace(notes, hand=hand)


def hands_of(notes: Notes) -> tuple[Array, Array] | None:
    """Return the notes of the left and of the right hand, or None if no note has a hand.

    Where the column ``hand`` is empty they are found as by `with_hands`.
    """
    found = notes if notes.hand.any() else with_hands(notes)
    return (found.hand == LEFT, found.hand == RIGHT) if found.hand.any() else None


def hand_source(notes: Notes) -> str:
    """Return where the hands would be known from: the "notes" themselves, "staves", "parts", or an "estimate"."""
    if notes.hand.any():
        return "notes"
    notes = notes.take(~notes.is_drum)
    if two_hands(notes) is None:
        return "estimate"
    return "staves" if len(np.unique(notes.part)) == 1 else "parts"


def is_for_estimate(notes: Notes) -> bool:
    """Whether the notes are one keyboard part that takes two hands and does not say which is which."""
    if not len(notes) or len(set(notes.part.tolist())) != 1:
        return False
    players = {kind for _, kind in note_instruments(notes)}
    if not np.isin(notes.program, _KEYBOARDS).all() or players != {"struck"}:
        return False
    order = np.argsort(notes.onset, kind="stable")
    wide, sounding = 0, np.zeros((0, 2))
    for onset, offset, pitch in zip(
        *(column[order] for column in (notes.onset, notes.offset, notes.pitch)), strict=True
    ):
        sounding = np.vstack([sounding[sounding[:, 0] > onset], (offset, pitch)])
        wide += bool(np.ptp(sounding[:, 1]) > TENTH)
    return wide >= OFTEN * len(notes)


def two_hands(notes: Notes) -> tuple[Array, Array] | None:
    """Return the notes of the left and of the right hand as two masks, or None if the score is not for two hands.

    It is if its parts' names say so, if one keyboard part has two staves, or if there are two keyboard parts that
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
