"""Note-level alignment: the best placement of all onsets of a score near a coarse one.

Conventions: an event is all notes of one score onset; times in seconds, positions in frames of the clock of
`features`; offsets are positions relative to an event's coarse one, up to ``REACH`` to each side.
"""

from __future__ import annotations

import numpy as np

from scoresep.numerics.features import CLOCK
from scoresep.values import Array

#: How far (s) an event may move from its coarse place, and a note from its event.
REACH, CHORD_REACH = 0.6, 0.12
#: What a change of local tempo by a factor of e costs, in units of novelty.
TEMPO_COST = 0.5
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


def around(rows: Array, position: int) -> Array:
    """Return the columns of ``rows`` at all offsets from a position, shape (rows, offsets), zero outside."""
    reach = round(REACH / CLOCK)
    result = np.zeros((len(rows), 2 * reach + 1))
    begin, end = max(position - reach, 0), min(position + reach + 1, rows.shape[1])
    if begin < end:
        result[:, begin - position + reach : end - position + reach] = rows[:, begin:end]
    return result


def place_events(strength: Array, coarse: Array, gap: Array) -> Array:
    """Return the position of each event, shape (events,), on the path of the greatest strength and smoothest tempo.

    ``strength`` has shape (events, offsets): how evident each event is around its ``coarse`` position.  ``gap`` is
    the expected time from each event to the next, in frames.  A gap that is f times as long costs ``TEMPO_COST`` *
    abs(log f).
    """
    offsets = np.arange(strength.shape[1]) - strength.shape[1] // 2
    value, arrived_from = strength[0], []
    least = LEAST_GAP / CLOCK
    for k in range(1, len(coarse)):
        gaps = (coarse[k] + offsets)[:, None] - (coarse[k - 1] + offsets)[None, :]
        cost = TEMPO_COST * np.abs(np.log(np.maximum(gaps, 0.1) / max(gap[k - 1], least)))
        total = np.where(gaps >= least, value - cost, value - 1e3)
        best = total.argmax(axis=1)
        arrived_from.append(best)
        value = total[np.arange(len(offsets)), best] + strength[k]
    choice = int(value.argmax())
    choices = [choice]
    for best in reversed(arrived_from):
        choice = int(best[choice])
        choices.append(choice)
    return np.asarray(coarse + offsets[choices[::-1]])


def place_note(novelty: Array, position: int) -> int:
    """Return the frame near an event's ``position`` where a note begins, by its own novelty, shape (frames,).

    Chords are not struck at once; but the further a note would move, the more evident its onset must be.
    """
    reach = round(CHORD_REACH / CLOCK)
    frames = np.arange(max(position - reach, 0), min(position + reach + 1, len(novelty)))
    if not len(frames):
        return position
    score = novelty[frames] - CHORD_COST * CLOCK * np.abs(frames - position)
    return int(frames[score.argmax()]) if score.max() > LEAST_NOVELTY else position
