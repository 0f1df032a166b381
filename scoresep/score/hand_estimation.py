"""Which hand plays which note of a piano score that does not tell: an estimate by dynamic programming.

At each onset the left hand takes the lower notes and the right hand the higher ones; where they part is what the least
costly way through the piece decides.  Costs follow from what hands are: each has a home on the keyboard, spans an
octave with ease and has five fingers; it leaps the less gladly the wider and the quicker (Fitts, 1954); voices go by
small steps, and stay in their hand while they do; hands seldom cross.  The unit is what it costs to
strike an octave.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoresep.values import Array, Notes

#: Notes that begin, or end, within this time (s) do so together.
TOGETHER = 0.03
#: Where the hands rest, an octave on either side of middle C, and how far (semitones) they go from there with ease.
HOMES, EASE = (48, 72), 24
#: What a hand spans without effort (semitones), what each semitone more costs, and each one to a note that is held.
OCTAVE, STRETCH, HOLD = 12, 1.0, 0.25
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
#: Ways through the piece that are followed at once.
WAYS = 40


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


def estimate_hands(notes: Notes) -> Array:
    """Return which notes the left hand plays, as an estimate, shape (notes,)."""
    events = list(_events(notes))
    # A way is its cost, the two hands after it, and the chain of its choices.
    left, right = (_Hand(home, (home,)) for home in HOMES)
    ways: list[tuple[float, _Hand, _Hand, Any]] = [(0.0, left, right, None)]
    for event in events:
        time, pitches = float(notes.onset[event[0]]), notes.pitch[event].tolist()
        ends = notes.offset[event].tolist()
        cheapest: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[float, _Hand, _Hand, Any]] = {}
        for cost, left, right, choices in ways:
            for split in range(len(event) + 1):
                below, lower = _strike(left, pitches[:split], ends[:split], time)
                above, upper = _strike(right, pitches[split:], ends[split:], time)
                total = cost + below + above + _parting(pitches, ends, split)
                total += SWITCH * _switched(pitches, split, left, right) + _crossing(lower, upper, time)
                key = lower.last, upper.last
                if key not in cheapest or total < cheapest[key][0]:
                    cheapest[key] = total, lower, upper, (split, choices)
        ways = sorted(cheapest.values(), key=lambda way: way[0])[:WAYS]
    is_left, choices = np.zeros(len(notes), bool), ways[0][3]
    for event in reversed(events):
        split, choices = choices
        is_left[event[:split]] = True
    return is_left


def _events(notes: Notes) -> Iterator[Array]:
    """Return the notes that are struck together, from low to high."""
    order = np.lexsort((notes.pitch, notes.onset))
    begin = 0
    for k in range(1, len(order) + 1):
        if k == len(order) or notes.onset[order[k]] > notes.onset[order[begin]] + TOGETHER:
            event = order[begin:k]
            yield event[np.argsort(notes.pitch[event], kind="stable")]
            begin = k


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
