"""Place all events of a score in a recording together, by dynamic programming.

Conventions: an event is all notes that begin together in the score; positions are frames of
`scoresep.alignment.pitch_energies`; a shift is a position relative to where an event is expected; arrays over shifts
have an odd length, with no shift in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from scoresep.alignment.pitch_energies import ENERGY_PERIOD
from scoresep.values import Array

#: Notes that begin in the score within this time (s) of the first of them are one event.
EVENT_SPAN = 0.012
#: Cost of a change of the local tempo by a factor of e, in units of novelty.
TEMPO_COST = 0.5
#: Cost of each frame of shift: so small that it only keeps an event without any novelty where it is expected.
SHIFT_COST = 1e-6
#: An event more than this far (s) from its best place is elsewhere, when margins are computed.
ELSEWHERE = 0.05
#: Cost of moving a note from its event, in units of novelty a second.
CHORD_COST = 0.5
#: A note is moved from its event only if its novelty, less the cost, is more than this.
MIN_CHORD_NOVELTY = 0.03
#: Least time from one event to the next (s).
MIN_GAP = 0.005
#: Cost of events that are nearer to one another than that, or in the wrong order; it exceeds any novelty.
_FORBIDDEN = 1e3


def events_of(onset: Array) -> Array:
    """Return the number of the event of each note, from 0, shape (notes,); ``onset`` rises."""
    is_first = np.zeros(len(onset), bool)
    begin = -np.inf
    for i, time in enumerate(onset.tolist()):
        if time - begin >= EVENT_SPAN:
            is_first[i], begin = True, time
    return np.cumsum(is_first) - 1


def place_events(novelty: Array, expected: Array, gap: Array, *, step: int = 1) -> tuple[Array, Array]:
    """Place events where their novelty is high and the tempo changes little.

    The placement has the greatest sum of novelties, less ``TEMPO_COST`` * abs(log f) for each gap between two events
    that is f times as long as expected.

    Parameters
    ----------
    novelty
        Shape (events, shifts): the novelty of each event at each shift, for shifts that are multiples of ``step``.
    expected
        Shape (events,): the expected position of each event, in frames.
    gap
        Shape (events - 1,): the expected number of frames from each event to the next.
    step
        Frames from one shift to the next.

    Returns
    -------
    position : Array
        Shape (events,), in frames.
    margin : Array
        Shape (events,): by how much the sum is greater than that of the best placement in which the event is
        elsewhere (more than ``ELSEWHERE`` away); infinite if it cannot be elsewhere.
    """
    shifts = step * (np.arange(novelty.shape[1]) - novelty.shape[1] // 2)
    gain = novelty - SHIFT_COST * np.abs(shifts)
    costs = partial(_tempo_costs, expected, gap, shifts)
    until, arrived_from = _accumulate(gain, costs)
    choice = int(until[-1].argmax())
    position, margin = np.empty(len(expected), int), np.empty(len(expected))
    after = np.zeros(len(shifts))  # the best sum over later events, for each shift of event k
    for k in range(len(expected) - 1, -1, -1):
        total = until[k] + after
        elsewhere = total[np.abs(shifts - shifts[choice]) * ENERGY_PERIOD > ELSEWHERE]
        position[k] = expected[k] + shifts[choice]
        margin[k] = total[choice] - elsewhere.max(initial=-np.inf)
        if k:
            after = ((after + gain[k])[:, None] - costs(k)).max(axis=0)
            choice = int(arrived_from[k - 1][choice])
    return position, margin


def _accumulate(gain: Array, costs: Callable[[int], Array]) -> tuple[list[Array], list[Array]]:
    """Return the best sum up to each event, and the index of the best shift of the event before it, for each shift."""
    until, arrived_from = [gain[0]], []
    for k in range(1, len(gain)):
        total = until[-1] - costs(k)
        best = total.argmax(axis=1)
        arrived_from.append(best)
        until.append(total[np.arange(len(best)), best] + gain[k])
    return until, arrived_from


def _tempo_costs(expected: Array, gap: Array, shifts: Array, k: int) -> Array:
    """Return the cost of each pair of shifts of events k - 1 and k, shape (shifts of k, shifts of k - 1)."""
    least, n = MIN_GAP / ENERGY_PERIOD, len(shifts)
    gaps = expected[k] - expected[k - 1] + (shifts[1] - shifts[0]) * np.arange(1 - n, n)
    tempo_cost = TEMPO_COST * np.abs(np.log(np.maximum(gaps, 0.1) / max(gap[k - 1], least)))
    cost = np.where(gaps < least, _FORBIDDEN, tempo_cost)
    # The cost depends on the difference of the shifts alone: each row is the row before, moved by one.
    return np.lib.stride_tricks.sliding_window_view(cost, n)[:, ::-1]


def place_note(novelty: Array) -> int:
    """Return the shift of a note of a chord from its event, in frames.

    The notes of a chord are not struck at exactly the same time.  But the farther a note is moved, the greater its
    novelty must be.

    Parameters
    ----------
    novelty
        Shape (shifts,): the novelty of the note around its event.
    """
    shifts = np.arange(len(novelty)) - len(novelty) // 2
    gain = novelty - CHORD_COST * ENERGY_PERIOD * np.abs(shifts)
    return int(shifts[gain.argmax()]) if gain.max() > MIN_CHORD_NOVELTY else 0
