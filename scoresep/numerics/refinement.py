"""Note-level alignment: the best placement of all onsets of a score near a coarse one.

Conventions: novelty has shape (pitches from ``LOWEST``, frames) on the clock of `features`; an event is all notes
of one score onset; times in seconds, positions in frames.
"""

from __future__ import annotations

import numpy as np

from scoresep.numerics.features import CLOCK, LOWEST
from scoresep.values import Array

#: How far (s) an event may move from its coarse place, and a note from its event.
REACH, CHORD_REACH = 0.6, 0.07
#: What a change of local tempo by a factor of e costs, in units of novelty over its 95th percentile.
TEMPO_COST = 0.3
#: Two onsets are at least this far apart (s).
LEAST_GAP = 0.005


def events_of(onset: Array) -> Array:
    """Return the number of the event that each note belongs to; ``onset`` rises, 12 ms make a new event."""
    starts = np.zeros(len(onset), bool)
    begin = -np.inf
    for i, time in enumerate(onset.tolist()):
        if time - begin >= 0.012:
            starts[i], begin = True, time
    return np.cumsum(starts) - 1


def place_events(strength: Array, coarse: Array, gap: Array) -> Array:
    """Return the position of each event, shape (events,), on the path of the greatest strength and the smoothest tempo.

    ``strength`` has shape (events, offsets): the novelty of each event at its ``coarse`` position and up to
    ``REACH`` to each side, zero outside the recording.  ``gap`` is the expected time from each event to
    the next, in frames.  A gap that is f times as long as expected costs ``TEMPO_COST`` * abs(log f).
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


def event_strengths(novelty: Array, pitch: Array, event: Array, coarse: Array) -> Array:
    """Return the mean novelty of each event's notes around its ``coarse`` position, shape (events, offsets)."""
    reach = round(REACH / CLOCK)
    result = np.zeros((len(coarse), 2 * reach + 1))
    for k in range(len(coarse)):
        rows = np.unique(pitch[event == k])
        around = np.arange(coarse[k] - reach, coarse[k] + reach + 1)
        inside = (around >= 0) & (around < novelty.shape[1])
        mean = novelty[np.ix_(rows - LOWEST, around[inside])].mean(axis=0)
        result[k, inside] = mean * np.sqrt(min(len(rows), 3))
    return result


def place_note(novelty: Array, position: int) -> int:
    """Return the frame near an event's ``position`` where a note begins, by its own novelty, shape (frames,).

    Chords are not struck at once; but the further a note would move, the stronger its onset must be.
    """
    reach = round(CHORD_REACH / CLOCK)
    around = np.arange(max(position - reach, 0), min(position + reach + 1, len(novelty)))
    if not len(around):
        return position
    score = novelty[around] - CLOCK * np.abs(around - position)
    return int(around[score.argmax()]) if score.max() > 0.03 else position
