"""What it costs two hands to play the chords of a piece, and the least costly way to part them.

Costs follow from what hands are: each has a home on the keyboard, spans an octave with ease and has five fingers; it
leaps the less gladly the wider and the quicker (Fitts, 1954); voices go by small steps, and stay in their hand while
they do; hands seldom cross.  The unit is what it costs to strike an octave.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoresep.score.hand_features import MIDDLE, OCTAVE, TOGETHER
from scoresep.values import Array

#: Where the hands rest, an octave on either side of the middle, and how far (semitones) they go from there with ease.
HOMES, EASE = (MIDDLE - OCTAVE, MIDDLE + OCTAVE), 24
#: What each semitone beyond an octave costs a hand, and each one to a note that is held.
STRETCH, HOLD = 1.0, 0.25
#: Fingers of a hand, and what each costs that it has not.
FINGERS, FINGER = 5, 5.0
#: What it costs to move by an octave, and each doubling of a leap beyond this width, if there is this time for it (s).
STEP, LEAP, WIDTH, TIME = 0.8, 0.5, 2.0, 0.5
#: What it costs to part notes that one hand could take together, to strike a note while holding another, and to have
#: several notes in a hand (times the square of how many more than one).
PART, BUSY, CROWD = 1.0, 0.5, 0.1
#: What it costs that a voice goes on in the other hand, that hands lie over one another, and that by an octave.
SWITCH, CROSS, CROSS_OCTAVE = 1.0, 1.0, 2.0
#: A note this close (semitones) to one before it goes on with its voice.
STEPWISE = 2
#: What it costs to go against one unit of evidence, and how far from the best parting of a chord others are tried.
DOUBT, LIKELY = 0.5, 6.0
#: Ways through the piece that are followed at once.
WAYS = 2


@dataclass(frozen=True)
class _Hand:
    """A hand: what it has struck last, when, and before that, and what it holds (pitch, until when)."""

    home: int
    last: tuple[int, ...]
    time: float = -math.inf
    before: tuple[int, ...] = ()
    held: tuple[tuple[int, float], ...] = ()

    def holding(self, time: float) -> list[int]:
        """Return the pitches that it still holds at a time."""
        return [pitch for pitch, end in self.held if end > time + TOGETHER]


def least_costly(chords: Sequence[Array], onset: Array, offset: Array, pitch: Array, evidence: Array) -> Array:
    """Return which notes the left hand plays, by dynamic programming along the few best ways.

    Parameters
    ----------
    chords : sequence of array of int
        The notes of each chord from low to high, in the order of time.
    onset, offset, pitch : array, shape (notes,)
        Seconds, seconds, MIDI numbers.
    evidence : array, shape (notes,)
        What speaks for the left hand.

    Returns
    -------
    array of bool, shape (notes,)
    """
    # A way is its cost, the two hands after it, and the chain of its choices.
    left, right = (_Hand(home, (home,)) for home in HOMES)
    ways: list[tuple[float, _Hand, _Hand, Any]] = [(0.0, left, right, None)]
    for chord in chords:
        time, pitches, ends = float(onset[chord[0]]), pitch[chord].tolist(), offset[chord].tolist()
        doubt = DOUBT * np.concatenate([[0], -np.cumsum(evidence[chord])])
        splits = np.flatnonzero(doubt <= doubt.min() + LIKELY).tolist()
        cheapest: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[float, _Hand, _Hand, Any]] = {}
        for cost, left, right, choices in ways:
            for split in splits:
                below, lower = _strike(left, pitches[:split], ends[:split], time)
                above, upper = _strike(right, pitches[split:], ends[split:], time)
                total = cost + float(doubt[split]) + below + above + _parting(pitches, ends, split)
                total += SWITCH * _switched(pitches, split, left, right) + _crossing(lower, upper, time)
                key = lower.last, upper.last
                if key not in cheapest or total < cheapest[key][0]:
                    cheapest[key] = total, lower, upper, (split, choices)
        ways = sorted(cheapest.values(), key=lambda way: way[0])[:WAYS]
    is_left, choices = np.zeros(len(pitch), bool), ways[0][3]
    for chord in reversed(chords):
        split, choices = choices
        is_left[chord[:split]] = True
    return is_left


def _strike(hand: _Hand, pitches: Sequence[int], ends: Sequence[float], time: float) -> tuple[float, _Hand]:
    """Return what it costs a hand to strike pitches (rising), and the hand after it."""
    if not pitches:
        return 0.0, hand
    low, high, held = pitches[0], pitches[-1], hand.holding(time)
    span, n = high - low, len(pitches)
    cost = sum((pitch - hand.home) ** 2 for pitch in pitches) / (2 * EASE**2)
    cost += (span / OCTAVE) ** 2 + STRETCH * max(span - OCTAVE, 0)
    cost += FINGER * max(n - FINGERS, 0) + CROWD * (n - 1) ** 2
    if held:
        cost += BUSY + HOLD * max(max(high, *held) - min(low, *held) - max(OCTAVE, span), 0)
    haste = TIME / max(time - hand.time, TIME / 8)
    moved = abs(low + high - hand.last[0] - hand.last[-1]) / 2
    leap = max(high, hand.last[-1]) - min(low, hand.last[0]) - max(OCTAVE, span)
    cost += STEP * moved / OCTAVE * min(haste, 1) + LEAP * math.log2(1 + max(leap, 0) / WIDTH) * haste
    holds = (*(note for note in hand.held if note[1] > time + TOGETHER), *zip(pitches, ends, strict=True))
    return cost, _Hand(hand.home, tuple(pitches), time, hand.last, holds[-FINGERS:])


def _parting(pitches: Sequence[int], ends: Sequence[float], split: int) -> float:
    """Return what it costs to part notes that one hand could strike and release together."""
    if not 0 < split < len(pitches) or abs(ends[split] - ends[split - 1]) >= TOGETHER:
        return 0.0
    alike = [pitch for pitch, end in zip(pitches, ends, strict=True) if abs(end - ends[split]) < TOGETHER]
    return PART if alike[-1] - alike[0] <= OCTAVE else 0.0


def _switched(pitches: Sequence[int], split: int, left: _Hand, right: _Hand) -> int:
    """Return how many of the pitches that a hand strikes go on with what the other one alone has lately struck."""
    lower, upper = (
        {pitch + step for pitch in (*hand.last, *hand.before) for step in range(-STEPWISE, STEPWISE + 1)}
        for hand in (left, right)
    )
    return sum(p in upper - lower for p in pitches[:split]) + sum(p in lower - upper for p in pitches[split:])


def _crossing(left: _Hand, right: _Hand, time: float) -> float:
    """Return what it costs that hands lie over one another in what they hold at a time."""
    below, above = left.holding(time), right.holding(time)
    overlap = max(below) - min(above) if below and above else 0
    return CROSS + CROSS_OCTAVE * overlap / OCTAVE if overlap > 0 else 0.0
