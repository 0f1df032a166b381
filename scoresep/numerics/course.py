"""The course of a recording through its score: where it begins and ends, what it repeats and what it leaves out.

Conventions: features are those of `features`, of shape (features, frames) with columns of norm one; a section is a
row (first score frame, the one after its last, first recording frame, the one after its last).
"""

from __future__ import annotations

import numpy as np

from scoresep.numerics.features import is_flat
from scoresep.values import Array

#: What a frame of the recording costs that is no part of the score; a frame that is costs about 0.37, noise 0.57.
_OTHER = 0.5
#: What a frame without salient pitches costs: a little more, so that a long pause is left out.
_SILENT = 0.6
#: What it costs to go on elsewhere in the score, and to begin or end inside it.
_JUMP, _EDGE = 2.5, 0.75
#: What each score frame beyond the next one costs when the recording hurries.
_HURRY = 0.2
#: The most score frames that may pass in one frame of the recording.
_MOST = 4
#: Columns whose costs are computed at once.
_CHUNK = 64

_ENTRIES = _FROM_JUMP, _FROM_OTHER, _BEGUN = _MOST + 1, _MOST + 2, _MOST + 3


def find_course(score: Array, recording: Array, anchors: Array | None = None) -> tuple[float, Array]:
    """Return the mean cost and the sections, shape (sections, 4), of the cheapest course through the score.

    A hidden Markov model in the manner of score followers: each frame of the recording stays at its score frame,
    goes on by a few, jumps anywhere (Fremerey, Müller and Clausen, ISMIR 2010) or is no part of the score at all
    (Nakamura, Nakamura and Sagayama, 2016).  Frames without salient pitches fit nowhere better than elsewhere.
    ``anchors`` has shape (anchors, 2): score frames and the recording frames where they sound.
    """
    n, m = score.shape[1], recording.shape[1]
    pinned = {} if anchors is None else {int(j): int(i) for i, j in anchors[::-1]}
    silent = is_flat(recording)
    came_from = np.empty((m, n), np.uint8)
    jumped_from = np.zeros(m, int)
    left_from = np.full(m, -1)
    finish = np.full(n, _EDGE)
    finish[-1] = 0.0
    value, before, between = np.full(n, np.inf), 0.0, np.inf
    for j in range(m):
        if j % _CHUNK == 0:
            costs = 1.0 - recording[:, j : j + _CHUNK].T @ score
            costs[silent[j : j + _CHUNK]] = _SILENT
        left = value + finish
        jumped_from[j] = value.argmin()
        entries = value[jumped_from[j]] + _JUMP, between + _JUMP, before + _EDGE
        source = min(range(3), key=entries.__getitem__)
        value, step = _advance(value)
        np.copyto(step, _ENTRIES[source], where=entries[source] < value)
        np.minimum(value, entries[source], out=value)
        if before < value[0]:
            value[0], step[0] = before, _BEGUN
        value += costs[j % _CHUNK]
        came_from[j] = step
        leaving = int(left.argmin())
        if left[leaving] < between:
            between, left_from[j] = left[leaving], leaving
        before, between = before + _OTHER, between + _OTHER
        if j in pinned:
            before = between = np.inf
            pin, value = value[pinned[j]], np.full(n, np.inf)
            value[pinned[j]] = pin
    left = value + finish
    last = int(left.argmin())
    cost = min(float(left[last]), before, between)
    if cost == before:
        return cost / m, np.zeros((0, 4), int)
    return cost / m, _sections(_trace(last if left[last] <= between else -1, came_from, jumped_from, left_from))


def _advance(value: Array) -> tuple[Array, Array]:
    """Return the cheapest way into each score frame by staying or going on, and the step that it takes."""
    best, step = value.copy(), np.zeros(len(value), np.uint8)
    for k in range(1, min(_MOST, len(value) - 1) + 1):
        arrived = value[:-k] + _HURRY * (k - 1)
        np.copyto(step[k:], k, where=arrived < best[k:])
        np.minimum(best[k:], arrived, out=best[k:])
    return best, step


def _trace(i: int, came_from: Array, jumped_from: Array, left_from: Array) -> Array:
    """Return the score frame of each frame of the recording, -1 where it is no part of the score."""
    course = np.empty(len(came_from), int)
    for j in range(len(course) - 1, -1, -1):
        course[j] = i
        if i < 0:
            i = int(left_from[j])
            continue
        step = int(came_from[j, i])
        if step == _BEGUN:
            course[:j] = -1
            break
        i = {_FROM_OTHER: -1, _FROM_JUMP: int(jumped_from[j])}.get(step, i - step)
    return course


def _sections(course: Array) -> Array:
    """Return the stretches of a course that go on without a jump, shape (sections, 4)."""
    step = np.diff(course)
    is_inside = (course[1:] >= 0) & (course[:-1] >= 0) & (step >= 0) & (step <= _MOST)
    starts = np.flatnonzero(np.r_[True, ~is_inside])
    ends = np.r_[starts[1:], len(course)]
    rows = [
        (course[a], course[b - 1] + 1, a, b)
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
        if course[a] >= 0
    ]
    return np.array(rows, int).reshape(-1, 4)
