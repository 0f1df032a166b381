"""Where each note of a score begins: around its place on a coarse path, by the novelty of its own pitches.

Conventions: as in `refinement`; the coarse path has shape (2, points), score seconds over recording seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scoresep.alignment.dtw import columns, follow, mean_path
from scoresep.alignment.event_path import CHORD_REACH, TOGETHER, events_of, place_events, place_note
from scoresep.alignment.features import CLOCK, HIGHEST, LOWEST
from scoresep.alignment.onset_novelty import Novelty, OnsetEvidence, own_novelty
from scoresep.values import Array, Notes

#: How far to each side (s) a note's onset is compared with what else happens at its pitch.
COMPARED = 1.0
#: The least recording time (s) for a second of the score.
LEAST_PACE = 0.05
#: How much the endings of sustained notes count beside onsets, and how near to an event (s) they must be written.
ENDING_WEIGHT, ENDING_SPAN = 0.4, 0.06
#: The margin, in units of novelty, at which a place is e times as likely as the next best.
DOUBT = 0.08
#: Frames whose novelty is computed at once, and how many more on each side are at hand then.
_STRETCH, _CONTEXT = 8192, 512


@dataclass(frozen=True)
class Level:
    """How events are placed: up to ``reach`` (s) away, in steps of so many frames.

    ``span`` is how much of the score (s, to each side) the local tempo is measured over.
    """

    reach: float
    step: int
    span: float


#: First far and roughly, then near and finely.
LEVELS = (Level(1.5, 3, 1.2), Level(0.15, 1, 0.5))


class Evidence:
    """The novelty of notes at their pitches, computed for a stretch of the recording when it is asked for.

    ``energies`` are those of `features.pitch_energies`, ``pitch`` and ``kind`` (what tells an onset of its
    instrument) have one entry a note.
    """

    def __init__(self, energies: Array, pitch: Array, kind: list[OnsetEvidence]) -> None:
        self.energies = energies
        self.pitch = np.clip(pitch, LOWEST, HIGHEST).tolist()
        self.kind = kind
        self._stretch = lru_cache(maxsize=4)(self._compute)

    def onset(self, note: int, position: int, reach: float) -> Array:
        """Return the onset novelty of a note up to ``reach`` seconds around a frame, zero outside the recording."""
        return np.asarray(self._around(note, position, reach).onset[self.pitch[note] - LOWEST])

    def ending(self, note: int, position: int, reach: float) -> Array:
        """Return the ending novelty in the same way."""
        return np.asarray(self._around(note, position, reach).ending[self.pitch[note] - LOWEST])

    def own_onset(self, note: int, others: list[int], position: int, reach: float) -> Array:
        """Return the onset novelty by the partials that the ``others`` do not have."""
        pitches = [self.pitch[i] for i in others if self.pitch[i] != self.pitch[note]]
        return own_novelty(self._around(note, position, reach), self.pitch[note], pitches)

    def _around(self, note: int, position: int, reach: float) -> Novelty:
        """Return the novelty for a note's kind up to ``reach`` seconds around a frame."""
        index = min(max(position, 0), self.energies.shape[1] - 1) // _STRETCH
        novelty, first = self._stretch(self.kind[note], index)
        frames = round(reach / CLOCK)
        begin, end = position - frames - first, position + frames + 1 - first
        rows = (novelty.bands, novelty.onset, novelty.ending)
        return Novelty(*(columns(row, begin, end, fill=0.0) for row in rows))

    def _compute(self, kind: OnsetEvidence, index: int) -> tuple[Novelty, int]:
        """Return the novelty of a stretch and its first frame."""
        first = max(index * _STRETCH - _CONTEXT, 0)
        return kind.novelty(self.energies[:, first : (index + 1) * _STRETCH + _CONTEXT]), first


def place_onsets(evidence: Evidence, notes: Notes, path: Array, anchors: Array) -> tuple[Array, Array]:
    """Return the onset (s) and the certainty of each note, shape (notes,).

    An onset is the place of the note's event on the best path, moved to a struck note's own onset; its certainty
    (0.5 to 1) is that of the event's place against the next best.  Events at the score times of ``anchors``, shape
    (anchors, 2), stay at their recording times.
    """
    event = events_of(notes.onset)
    first = np.flatnonzero(np.diff(event, prepend=-1))
    at = notes.onset[first]
    members = np.split(np.arange(len(notes)), first[1:])
    pins = {
        int(k): time
        for score_time, time in anchors.tolist()
        for k in np.flatnonzero(np.abs(at - score_time) < TOGETHER)
    }
    certainty = np.ones(len(at))
    for level in LEVELS:
        placed, margin = _place(evidence, notes, members, path, pins, level)
        certainty = np.minimum(certainty, 1 / (1 + np.exp(-margin / DOUBT)))
        path = mean_path(at, placed * CLOCK)
    onset = (placed * CLOCK)[event]
    for k, own in enumerate(members):
        if k in pins:
            onset[own] = pins[k]
            continue
        for i in own.tolist() if len(own) > 1 else ():
            if evidence.kind[i].spreads_chords:
                others = [j for j in own.tolist() if j != i]
                moved = place_note(evidence.own_onset(i, others, int(placed[k]), CHORD_REACH))
                onset[i] = (placed[k] + moved) * CLOCK
    return onset, certainty[event]


def _place(
    evidence: Evidence, notes: Notes, members: list[Array], path: Array, pins: dict[int, float], level: Level
) -> tuple[Array, Array]:
    """Return the position of each event at a level, and its margin; those of ``pins`` stay at their times (s)."""
    at = notes.onset[[own[0] for own in members]]
    times = follow(path, at)
    for k, time in pins.items():
        times[k] = time
    coarse = np.rint(times / CLOCK).astype(int)
    middle = (at[1:] + at[:-1]) / 2
    pace = (follow(path, middle + level.span) - follow(path, middle - level.span)) / (2 * level.span)
    gap = np.diff(at) * np.maximum(pace, LEAST_PACE) / CLOCK
    steps = round(level.reach / CLOCK / level.step)
    reach = (steps * level.step + level.step // 2) * CLOCK
    strength = np.empty((len(members), 2 * steps + 1))
    for k, own in enumerate(members):
        row = _strength(evidence, own, _ending_at(notes, at[k]), int(coarse[k]), reach)
        strength[k] = row.reshape(-1, level.step).max(axis=1)
        if k in pins:
            strength[k] = -1e3
            strength[k, steps] = 0.0
    return place_events(strength, coarse, gap, step=level.step)


def evidence_of_onsets(evidence: Evidence, onset: Array) -> Array:
    """Return how evident each note's onset is: the share of the frames within 1 s that are less so."""
    result = np.zeros(len(onset))
    for i, frame in enumerate(np.rint(onset / CLOCK).astype(int).tolist()):
        if 0 <= frame < evidence.energies.shape[1]:
            novelty = evidence.onset(i, frame, COMPARED)
            own = novelty[len(novelty) // 2 - 2 : len(novelty) // 2 + 3].max()
            result[i] = np.mean(novelty < own) if own > 0 else 0.0
    return result


def _strength(evidence: Evidence, begun: Array, ended: Array, position: int, reach: float) -> Array:
    """Return how evident an event is around a position: the novelty of the notes that begin, and of those that end.

    A pitch that ends and begins at once tells nothing by its end.
    """
    begin = {(evidence.kind[i], evidence.pitch[i]): i for i in begun.tolist()}
    end = {(evidence.kind[i], evidence.pitch[i]): i for i in ended.tolist() if evidence.kind[i].has_endings}
    total = _together([evidence.onset(i, position, reach) for i in begin.values()])
    if endings := [evidence.ending(i, position, reach) for key, i in end.items() if key not in begin]:
        total = total + ENDING_WEIGHT * _together(endings)
    return total


def _together(rows: list[Array]) -> Array:
    """Return how evident several notes are; more than three are no more evident than three."""
    return np.asarray(np.sqrt(min(len(rows), 3)) * np.stack(rows).mean(axis=0), float)


def _ending_at(notes: Notes, time: float) -> Array:
    """Return the notes that end, as written, about a score time."""
    return np.flatnonzero((np.abs(notes.offset - time) < ENDING_SPAN) & (notes.onset < time - ENDING_SPAN / 2))
