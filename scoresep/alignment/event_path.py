"""Note-level alignment: the best placement of all onsets of a score near a coarse one.

Conventions: an event is all notes of one score onset; times in seconds, positions in frames of the clock of
`features`; offsets are positions relative to an event's coarse one, as many to each side.
"""

from __future__ import annotations

import numpy as np

from scoresep.alignment.features import CLOCK
from scoresep.values import Array

#: How far (s) a note may move from its event.
CHORD_REACH = 0.12
#: What a change of local tempo by a factor of e costs, in units of novelty.
TEMPO_COST = 0.5
#: What it costs to move an event by a frame: next to nothing, so that one without evidence stays.
STAY = 1e-6
#: How far (s) from its place an event would be elsewhere.
APART = 0.05
#: What it costs to move a note away from its event, in units of novelty a second.
CHORD_COST = 0.5
#: A note stays with its event unless its own onset is at least this evident.
LEAST_NOVELTY = 0.03
#: Two events are at least this far apart (s).
LEAST_GAP = 0.005
#: Notes written this close to one another (s) are an event.
TOGETHER = 0.012


def events_of(onset: Array) -> Array:
    """Return the number of the event that each note belongs to; ``onset`` rises."""
    starts = np.zeros(len(onset), bool)
    begin = -np.inf
    for i, time in enumerate(onset.tolist()):
        if time - begin >= TOGETHER:
            starts[i], begin = True, time
    return np.cumsum(starts) - 1


def place_events(strength: Array, coarse: Array, gap: Array, *, step: int = 1) -> tuple[Array, Array]:
    """Return the position of each event, shape (events,), on the path of the greatest strength and smoothest tempo.

    ``strength`` has shape (events, offsets): how evident each event is at offsets in steps of ``step`` frames
    around its ``coarse`` position.  ``gap`` is the expected time from each event to the next, in frames.  A gap
    that is f times as long costs ``TEMPO_COST`` * abs(log f).  Also returns the margin of each event: how much less
    the best path is worth on which it is more than ``APART`` away.
    """
    offsets = step * (np.arange(strength.shape[1]) - strength.shape[1] // 2)
    strength = strength - STAY * np.abs(offsets)
    every = np.arange(len(offsets))
    before, arrived_from = [strength[0]], []
    for k in range(1, len(coarse)):
        total = before[-1] - _tempo_cost(coarse[k - 1 : k + 1], gap[k - 1], offsets)
        best = total.argmax(axis=1)
        arrived_from.append(best)
        before.append(total[every, best] + strength[k])
    choice = int(before[-1].argmax())
    positions, margins = np.empty(len(coarse), int), np.empty(len(coarse))
    after = np.zeros(len(offsets))
    for k in range(len(coarse) - 1, -1, -1):
        worth = before[k] + after
        elsewhere = worth[np.abs(offsets - offsets[choice]) * CLOCK > APART]
        positions[k] = coarse[k] + offsets[choice]
        margins[k] = worth[choice] - elsewhere.max(initial=-np.inf)
        if k:
            after = ((after + strength[k])[:, None] - _tempo_cost(coarse[k - 1 : k + 1], gap[k - 1], offsets)).max(
                axis=0
            )
            choice = int(arrived_from[k - 1][choice])
    return positions, margins


def _tempo_cost(coarse: Array, gap: float, offsets: Array) -> Array:
    """Return what each pair of offsets of two events costs, shape (offsets of the second, offsets of the first)."""
    least, n = LEAST_GAP / CLOCK, len(offsets)
    gaps = coarse[1] - coarse[0] + (offsets[1] - offsets[0]) * np.arange(1 - n, n)
    cost = np.where(gaps < least, 1e3, TEMPO_COST * np.abs(np.log(np.maximum(gaps, 0.1) / max(gap, least))))
    return np.lib.stride_tricks.sliding_window_view(cost, n)[:, ::-1]


def place_note(novelty: Array) -> int:
    """Return how many frames from its event a note begins, by its own novelty around the event, shape (offsets,).

    Chords are not struck at once; but the further a note would move, the more evident its onset must be.
    """
    offsets = np.arange(len(novelty)) - len(novelty) // 2
    score = novelty - CHORD_COST * CLOCK * np.abs(offsets)
    return int(offsets[score.argmax()]) if score.max() > LEAST_NOVELTY else 0
