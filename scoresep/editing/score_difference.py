"""Two scores → what changes from one to the other.

Notes are matched in three steps: first those of the same pitch and onset, then those of another pitch at the same
onset, then those of the same pitch at another onset.  What is left was removed or added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from scoresep.errors import InputError
from scoresep.values import Alignment, Array, NoteChanges, Notes

#: Onsets that differ by less are the same (s).  Files round times, by up to a millisecond or so.
SAME_ONSET = 0.012
#: Lengths that differ by less are the same (s); programs shorten notes a little.
SAME_LENGTH = 0.05
#: A note moves in time by no more than this (s); farther away it is another note.
MOST_SHIFT = 2.0
#: A note moves in pitch by no more than this (semitones).
LARGEST_INTERVAL = 12
#: At least this share of the notes must keep their onset; otherwise the times of the two scores have nothing in common.
LEAST_IN_TIME = 0.5
#: A difference of parts counts as much as so many semitones or quarters of a second.
OTHER_PART = 4.0
#: What stands for a pair that is not allowed.
FORBIDDEN = 1e6
#: Amplitudes grow with this power of the velocity, as the General MIDI Level 2 guidelines say.
VELOCITY_POWER = 2.0


@dataclass(frozen=True, eq=False)
class ScoreDifference:
    """Which notes of two scores are the same: ``pairs`` of shape (pairs, 2), and those that were removed or added."""

    pairs: Array
    removed: Array
    added: Array


@dataclass(frozen=True, eq=False)
class _Side:
    """The notes of one of two scores as points in time and pitch, with the names of their parts."""

    onset: Array
    pitch: Array
    part: Array

    @classmethod
    def of(cls, notes: Notes) -> _Side:
        names = [notes.part_name(i).casefold() for i in range(len(notes))]
        return cls(notes.onset, notes.pitch, np.array(names, str))

    def take(self, index: Array) -> _Side:
        return _Side(self.onset[index], self.pitch[index], self.part[index])


def find_difference(before: Notes, after: Notes) -> ScoreDifference:
    """Match the notes of two scores by onset, pitch and part.

    Parameters
    ----------
    before, after : Notes
        The notes, both with times in the score or both with times in the recording.

    Returns
    -------
    ScoreDifference
    """
    sides = [_Side.of(notes) for notes in (before, after)]
    free = [np.arange(len(before)), np.arange(len(after))]
    pairs = []
    steps = ((SAME_ONSET, 0.5), (SAME_ONSET, LARGEST_INTERVAL + 0.5), (MOST_SHIFT, 0.5))
    for reach, semitones in steps:
        first, second = (side.take(index) for side, index in zip(sides, free, strict=True))
        found = _matched(first, second, reach, semitones)
        pairs.append(np.stack([free[0][found[:, 0]], free[1][found[:, 1]]], axis=1))
        free = [np.delete(index, found[:, k]) for k, index in enumerate(free)]
    return ScoreDifference(np.concatenate(pairs), *free)


def _matched(first: _Side, second: _Side, reach: float, semitones: float) -> Array:
    """Match notes no farther apart than this in time (s) and pitch, as near as possible; shape (pairs, 2)."""
    if not len(first.onset) or not len(second.onset):
        return np.zeros((0, 2), int)
    points = [np.stack([side.onset / reach, side.pitch / semitones], axis=1) for side in (first, second)]
    near = cKDTree(points[0]).query_ball_tree(cKDTree(points[1]), 1.0, p=np.inf)
    pairs = []
    for rows, columns in _clusters(near, len(second.onset)):
        interval = np.abs(np.subtract.outer(first.pitch[rows], second.pitch[columns]))
        distance = np.abs(np.subtract.outer(first.onset[rows], second.onset[columns]))
        other = first.part[rows][:, None] != second.part[columns]
        cost = interval + 4 * distance + OTHER_PART * other
        cost = np.where((interval <= semitones) & (distance <= reach), cost, FORBIDDEN)
        chosen = np.stack(linear_sum_assignment(cost), axis=1)
        pairs += [(rows[a], columns[b]) for a, b in chosen if cost[a, b] < FORBIDDEN]
    return np.array(pairs, int).reshape(-1, 2)


def _clusters(near: list[list[int]], n_columns: int) -> list[tuple[Array, Array]]:
    """Divide pairs of notes that are near one another into sets that have no note in common."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = np.repeat(np.arange(len(near)), [len(columns) for columns in near])
    columns = np.array([column for own in near for column in own], int)
    size = len(near) + n_columns
    graph = coo_array((np.ones(len(rows)), (rows, columns + len(near))), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    order = np.argsort(label, kind="stable")
    borders = np.flatnonzero(np.diff(label[order])) + 1
    parts = [(part[part < len(near)], part[part >= len(near)] - len(near)) for part in np.split(order, borders)]
    return [(own, others) for own, others in parts if len(own) and len(others)]


def difference_of_scores(alignment: Alignment, afters: tuple[Notes, ...]) -> NoteChanges:
    """Find what a changed score changes about the notes of a recording.

    Parameters
    ----------
    alignment : Alignment
        The notes of the score in the recording.
    afters : tuple of Notes
        The changed notes in score time or in recording time, in each order in which repeats may be played.  The time
        and the order are taken in which most notes are the same.

    Returns
    -------
    NoteChanges
        A velocity that is `v` times as large gives `v ** 2` times the amplitude.

    Raises
    ------
    InputError
        If hardly a note of the changed score is at the time of one of the recording.
    """
    placed, first_of = _in_score_time(alignment)
    recorded = alignment.notes
    sounding = replace(recorded, pitch=np.clip(recorded.pitch + alignment.transposition * ~recorded.is_drum, 0, 127))
    trials = [(placed, after, "score") for after in afters]
    trials += [(recorded, after, "recording") for after in afters]
    trials += [(sounding, after, "recording") for after in afters if alignment.transposition]
    found = [(find_difference(before, after), before, after, time) for before, after, time in trials]
    difference, before, after, time = max(found, key=lambda trial: _n_unchanged(trial[0], trial[1], trial[2]))
    if _n_in_time(difference, before, after) < LEAST_IN_TIME * len(before):
        raise InputError(
            "the changed score has hardly a note where the recording has one; name the score that it was made from, or "
            "its alignment (.align.npz), or give notes in the time of the recording"
        )
    if time == "recording":
        return _changes(difference, before, after, np.arange(len(recorded)), lambda times, _: times)
    # ``first_of`` has for each note of the recording the note of the score; one that is played twice is changed twice.
    return _changes(difference, before, after, first_of, _to_recording(alignment), alignment)


def _n_unchanged(difference: ScoreDifference, before: Notes, after: Notes) -> int:
    """Count the notes of the same pitch and onset."""
    first, second = difference.pairs.T
    is_same = before.pitch[first] == after.pitch[second]
    return int(np.count_nonzero(is_same & (np.abs(before.onset[first] - after.onset[second]) < SAME_ONSET)))


def _n_in_time(difference: ScoreDifference, before: Notes, after: Notes) -> int:
    """Count the notes that keep their onset."""
    first, second = difference.pairs.T
    return int(np.count_nonzero(np.abs(before.onset[first] - after.onset[second]) < SAME_ONSET))


def _in_score_time(alignment: Alignment) -> tuple[Notes, Array]:
    """Return each note of the score once, in score time, and for each note of the recording which of them it is."""
    notes = alignment.notes
    rows = np.stack([np.round(alignment.score_onset, 4), notes.pitch, notes.part, notes.channel], axis=1)
    _, index, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    placed = replace(
        notes, onset=alignment.score_onset, offset=np.maximum(alignment.score_offset, alignment.score_onset)
    )
    return placed.take(index), np.asarray(inverse).reshape(-1)


def _to_recording(alignment: Alignment) -> Callable[[Array, float], Array]:
    """Return the function from score times to times in the recording, for what is played around a time in it."""
    score, recording = alignment.path
    jumps = np.flatnonzero(np.diff(score) < 0) + 1
    runs = list(zip(np.split(score, jumps), np.split(recording, jumps), strict=True))

    def in_recording(times: Array, at: float) -> Array:
        own = min(runs, key=lambda run: max(run[1][0] - at, at - run[1][-1], 0))
        return np.asarray(np.interp(times, *own))

    return in_recording


def _changes(
    difference: ScoreDifference,
    before: Notes,
    after: Notes,
    first_of: Array,
    to_recording: Callable[[Array, float], Array],
    alignment: Alignment | None = None,
) -> NoteChanges:
    """Return the changes of the notes of a recording, of which each is the note ``first_of`` of ``before``."""
    added = after.take(difference.added)
    added = added if alignment is None else _placed(added, alignment, to_recording)
    changes = NoteChanges.none(len(first_of), added)
    changes.gain[np.isin(first_of, difference.removed)] = 0.0
    has_velocities = len(np.unique(after.velocity)) > 1
    partner = dict(difference.pairs.tolist())
    for note, score_note in enumerate(first_of.tolist()):
        if score_note not in partner:
            continue
        other = partner[score_note]
        changes.semitones[note] = after.pitch[other] - before.pitch[score_note]
        at = before.onset[score_note] if alignment is None else alignment.notes.onset[note]
        times = np.array([before.onset[score_note], before.offset[score_note], after.onset[other], after.offset[other]])
        if abs(times[2] - times[0]) > SAME_ONSET:
            changes.shift[note] = np.diff(to_recording(times[[0, 2]], at))[0]
        if abs((times[3] - times[2]) - (times[1] - times[0])) > SAME_LENGTH:
            old, new = np.diff(to_recording(times, at))[[0, 2]]
            changes.longer[note] = new - old
        if has_velocities and before.velocity[score_note] > 0:
            changes.gain[note] = (after.velocity[other] / before.velocity[score_note]) ** VELOCITY_POWER
    return changes


def _placed(added: Notes, alignment: Alignment, to_recording: Callable[[Array, float], Array]) -> Notes:
    """Return added notes in recording time, once for each section that plays their place in the score."""
    copies = []
    for begin, end, start, stop in alignment.sections:
        own = added.take((added.onset >= begin - SAME_ONSET) & (added.onset < end + SAME_ONSET))
        middle = (start + stop) / 2
        onset = to_recording(own.onset, middle)
        offset = np.maximum(to_recording(own.offset, middle), onset + SAME_ONSET)
        copies.append(replace(own, onset=onset, offset=offset))
    return Notes.concatenated(copies) if copies else added.take(np.zeros(0, int))
