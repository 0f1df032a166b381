"""The course of a recording through its score: where it begins and ends, what it repeats and what it leaves out.

Conventions: features are those of `features`, of shape (features, frames) with columns of norm one; a section is a
row (first score frame, the one after its last, first recording frame, the one after its last).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoresep.alignment.features import is_flat
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
#: Steps that are kept at once (bytes); of a longer search, they are found again on the way back.
_KEPT = 2**26

# Steps beyond those of going on: how a score frame is entered from elsewhere.
_ENTRIES = _FROM_JUMP, _FROM_OTHER, _BEGUN = _MOST + 1, _MOST + 2, _MOST + 3


def find_course(score: Array, recording: Array, anchors: Array | None = None) -> tuple[float, Array]:
    """Return the mean cost and the sections, shape (sections, 4), of the cheapest course through the score.

    A hidden Markov model in the manner of score followers: each frame of the recording stays at its score frame,
    goes on by a few, jumps anywhere (Fremerey, Müller and Clausen, ISMIR 2010) or is no part of the score at all
    (Nakamura, Nakamura and Sagayama, 2016).  Frames without salient pitches fit nowhere better than elsewhere.
    ``anchors`` has shape (anchors, 2): score frames and the recording frames where they sound.
    """
    n, m = score.shape[1], recording.shape[1]
    search = _Search(score, recording, {} if anchors is None else {int(j): int(i) for i, j in anchors[::-1]})
    size = max(_KEPT // n, 1)
    blocks = [range(begin, min(begin + size, m)) for begin in range(0, m, size)]
    states = [_State(np.full(n, np.inf, np.float32), 0.0, np.inf, 0.0)]
    for frames in blocks:
        state, came_from = search.advance(states[-1], frames)
        states.append(state)
    value, before, between, paid = states[-1]
    left, last = _left(value, int(value.argmin()))
    cost = min(left, before, between)
    course = np.full(m, -1)
    place: int | None = None if cost == before else last if left <= between else -1
    for frames, state in zip(blocks[::-1], states[-2::-1], strict=True):
        if place is None:
            break
        if frames.stop < m:  # the steps of all frames together would take too much memory
            came_from = search.advance(state, frames)[1]
        place = search.trace(place, came_from, frames, course)
    return (cost + paid) / m, _sections(course)


class _State(NamedTuple):
    """The least cost, after some frames, of being at each score frame, of not having begun and of being elsewhere.

    All are as much more as is ``paid``; so float32 is precise enough, however long the recording.
    """

    value: Array
    before: float
    between: float
    paid: float


class _Search:
    """The search for a course, some frames of the recording at a time."""

    def __init__(self, score: Array, recording: Array, pinned: dict[int, int]) -> None:
        self.score, self.recording, self.pinned = score, recording, pinned
        self.silent = is_flat(recording)
        self.jumped_from, self.left_from = np.zeros(recording.shape[1], int), np.full(recording.shape[1], -1)

    def advance(self, state: _State, frames: range) -> tuple[_State, Array]:
        """Return the state after some frames, and the steps into their score frames, shape (frames, score frames)."""
        value, before, between, paid = state
        came_from = np.empty((len(frames), len(value)), np.uint8)
        for j, step in zip(frames, came_from, strict=True):
            at = (j - frames.start) % _CHUNK
            if not at:
                least = min(float(value.min()), before, between)
                value, before, between, paid = value - np.float32(least), before - least, between - least, paid + least
                chunk = slice(j, min(j + _CHUNK, frames.stop))
                costs = 1.0 - self.recording[:, chunk].T @ self.score
                costs[self.silent[chunk]] = _SILENT
            self.jumped_from[j] = lowest = int(value.argmin())
            left, leaving = _left(value, lowest)
            entries = float(value[lowest]) + _JUMP, between + _JUMP, before + _EDGE
            source = min(range(3), key=entries.__getitem__)
            value = _advanced(value, step)
            np.copyto(step, _ENTRIES[source], where=entries[source] < value)
            np.minimum(value, entries[source], out=value)
            if before < value[0]:
                value[0], step[0] = before, _BEGUN
            value += costs[at]
            if left < between:
                between, self.left_from[j] = left, leaving
            before, between = before + _OTHER, between + _OTHER
            if j in self.pinned:
                before = between = np.inf
                pin, value = value[self.pinned[j]], np.full(len(value), np.inf, np.float32)
                value[self.pinned[j]] = pin
        return _State(value, before, between, paid), came_from

    def trace(self, place: int, came_from: Array, frames: range, course: Array) -> int | None:
        """Write where the recording is in some frames, the last at ``place``, to ``course``; -1 is elsewhere.

        Return its place in the frame before them, or None if it had not begun there.
        """
        for j, step in zip(frames[::-1], came_from[::-1], strict=True):
            course[j] = place
            if place < 0:
                place = int(self.left_from[j])
            elif step[place] == _BEGUN:
                return None
            else:
                came = int(step[place])
                place = {_FROM_OTHER: -1, _FROM_JUMP: int(self.jumped_from[j])}.get(came, place - came)
        return place


def _left(value: Array, lowest: int) -> tuple[float, int]:
    """Return the least cost of having left the score, and from where; it is free from the end."""
    return min((float(value[lowest]) + _EDGE, lowest), (float(value[-1]), len(value) - 1))


def _advanced(value: Array, step: Array) -> Array:
    """Return the cheapest way into each score frame by staying or going on; write the steps it takes to ``step``."""
    best = value.copy()
    step[:] = 0
    for k in range(1, min(_MOST, len(value) - 1) + 1):
        arrived = value[:-k] + np.float32(_HURRY * (k - 1))
        np.copyto(step[k:], k, where=arrived < best[k:])
        np.minimum(best[k:], arrived, out=best[k:])
    return best


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
