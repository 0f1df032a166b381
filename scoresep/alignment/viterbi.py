"""Viterbi search for the sections of a score that a recording plays: jumps, repeats, cuts and foreign sounds.

Conventions: features have shape (features, frames) and columns of norm one.  Here a section is a row of frame numbers
(score begin, score end, recording begin, recording end), the ends excluded; within it the recording never jumps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoresep.alignment.features import has_no_salient_key
from scoresep.values import Array

#: Cost of a recording frame outside the score.  A frame that plays the score costs about 0.37, noise 0.57 anywhere.
_OUTSIDE_COST = 0.5
#: Cost of a recording frame without salient keys at any score frame: higher, so that a long pause is outside the score.
_SILENCE_COST = 0.6
#: Cost of a jump to any score frame.
_JUMP_COST = 2.5
#: Cost of beginning or ending elsewhere than at the beginning or the end of the score.
_PARTIAL_COST = 0.75
#: Cost of each score frame that is passed over because the recording is faster.
_FASTER_COST = 0.2
#: The largest number of score frames from one recording frame to the next without a jump.
_MAX_ADVANCE = 4
#: Recording frames whose cost is computed by one matrix product.
_PRODUCT_FRAMES = 64
#: Memory for back-pointers (bytes).  If they need more, they are computed a second time on the way back.
_MAX_POINTER_BYTES = 2**26

# A back-pointer is how many score frames the recording advanced, from 0 to _MAX_ADVANCE, or one of these:
#: The recording jumped here.
_FROM_JUMP = _MAX_ADVANCE + 1
#: The recording came back from outside the score.
_FROM_OUTSIDE = _MAX_ADVANCE + 2
#: The recording started here.
_FROM_START = _MAX_ADVANCE + 3

#: The state "outside the score" in a sequence of score frames.
_OUTSIDE = -1


def find_played_sections(score: Array, recording: Array, anchors: Array | None = None) -> tuple[float, Array]:
    """Find the sections of a score that a recording plays, in the order in which it plays them.

    This is Viterbi decoding of a hidden Markov model, as in score following.  Its states are the score frames and the
    state outside the score.  From one recording frame to the next, the recording stays at its score frame, advances by
    a few, jumps to any other [1]_, or leaves the score for a while [2]_.  Costs stand for negative log probabilities.

    Parameters
    ----------
    score, recording
        Features, shapes (features, score frames) and (features, recording frames).
    anchors
        Shape (anchors, 2): score frames and the recording frames where they sound.  Of several at one recording frame
        the first counts.

    Returns
    -------
    cost : float
        Mean cost of a recording frame.
    sections : Array
        Shape (sections, 4), integers; there are none if the recording never plays the score.

    References
    ----------
    .. [1] C. Fremerey, M. Müller, M. Clausen, "Handling repeats and jumps in score-performance synchronization",
       ISMIR 2010.
    .. [2] T. Nakamura, E. Nakamura, S. Sagayama, "Real-time audio-to-score alignment of music performances containing
       errors and arbitrary repeats and skips", IEEE/ACM Transactions on Audio, Speech, and Language Processing 24,
       2016.
    """
    n, m = score.shape[1], recording.shape[1]
    decoder = _Decoder(score, recording, {} if anchors is None else {int(j): int(i) for i, j in anchors[::-1]})
    size = max(_MAX_POINTER_BYTES // n, 1)
    blocks = [range(begin, min(begin + size, m)) for begin in range(0, m, size)]
    states = [_Costs(np.full(n, np.inf, np.float32), 0.0, np.inf, 0.0)]
    for block in blocks:
        costs, pointers = decoder.forward(states[-1], block)
        states.append(costs)
    inside, not_started, outside, offset = states[-1]
    ending, last = _cheapest_exit(inside, int(inside.argmin()))
    cost = min(ending, not_started, outside)
    state_sequence = np.full(m, _OUTSIDE)
    state: int | None = None if cost == not_started else last if ending <= outside else _OUTSIDE
    for block, costs in zip(blocks[::-1], states[-2::-1], strict=True):
        if state is None:
            break
        if block.stop < m:  # only the back-pointers of the last block are still in memory
            pointers = decoder.forward(costs, block)[1]
        state = decoder.backward(state, pointers, block, state_sequence)
    return (cost + offset) / m, _sections(state_sequence)


class _Costs(NamedTuple):
    """The least accumulated cost of each state after some recording frames.

    ``inside`` has the costs of the score frames, shape (score frames,), float32; ``not_started`` and ``outside`` are
    those of being outside the score before and after it was first played.  Costs are stored relative to ``offset``,
    which grows over time, so that float32 is precise enough for a recording of any length.
    """

    inside: Array
    not_started: float
    outside: float
    offset: float


class _Decoder:
    """Viterbi decoding of a range of recording frames at a time."""

    def __init__(self, score: Array, recording: Array, anchors: dict[int, int]) -> None:
        self.score, self.recording, self.anchors = score, recording, anchors
        self.is_silent = has_no_salient_key(recording)
        # The score frame before each recording frame, if the recording jumps or leaves the score there.
        self.jumped_from = np.zeros(recording.shape[1], int)
        self.left_from = np.full(recording.shape[1], _OUTSIDE)

    def forward(self, costs: _Costs, frames: range) -> tuple[_Costs, Array]:
        """Return the costs after some frames, and the back-pointers, shape (frames, score frames)."""
        inside, not_started, outside, offset = costs
        pointers = np.empty((len(frames), len(inside)), np.uint8)
        for j, pointer in zip(frames, pointers, strict=True):
            k = (j - frames.start) % _PRODUCT_FRAMES
            if k == 0:
                least = min(float(inside.min()), not_started, outside)
                inside, offset = inside - np.float32(least), offset + least
                not_started, outside = not_started - least, outside - least
                local = self._local_costs(slice(j, min(j + _PRODUCT_FRAMES, frames.stop)))
            self.jumped_from[j] = cheapest = int(inside.argmin())
            exit_cost, exit_frame = _cheapest_exit(inside, cheapest)
            entries = {
                _FROM_JUMP: float(inside[cheapest]) + _JUMP_COST,
                _FROM_OUTSIDE: outside + _JUMP_COST,
                _FROM_START: not_started + _PARTIAL_COST,
            }
            inside = _advance(inside, pointer)
            _enter(inside, pointer, entries, not_started)
            inside += local[k]
            if exit_cost < outside:
                outside, self.left_from[j] = exit_cost, exit_frame
            not_started, outside = not_started + _OUTSIDE_COST, outside + _OUTSIDE_COST
            if j in self.anchors:
                not_started = outside = np.inf
                inside = _only(inside, self.anchors[j])
        return _Costs(inside, not_started, outside, offset), pointers

    def _local_costs(self, frames: slice) -> Array:
        """Return the cost of each score frame in some recording frames, shape (recording frames, score frames)."""
        costs: Array = 1.0 - self.recording[:, frames].T @ self.score
        costs[self.is_silent[frames]] = _SILENCE_COST
        return costs

    def backward(self, state: int, pointers: Array, frames: range, state_sequence: Array) -> int | None:
        """Follow back-pointers from the ``state`` in the last of some frames; write the states to ``state_sequence``.

        Return the state in the frame before them, or None if the recording had not started then.
        """
        for j, pointer in zip(frames[::-1], pointers[::-1], strict=True):
            state_sequence[j] = state
            if state == _OUTSIDE:
                state = int(self.left_from[j])
            elif pointer[state] == _FROM_START:
                return None
            elif pointer[state] == _FROM_OUTSIDE:
                state = _OUTSIDE
            elif pointer[state] == _FROM_JUMP:
                state = int(self.jumped_from[j])
            else:
                state -= int(pointer[state])
        return state


def _cheapest_exit(inside: Array, cheapest: int) -> tuple[float, int]:
    """Return the least cost of leaving the score, and the score frame that is left: the ``cheapest`` or the last."""
    return min((float(inside[cheapest]) + _PARTIAL_COST, cheapest), (float(inside[-1]), len(inside) - 1))


def _advance(inside: Array, pointer: Array) -> Array:
    """Return the costs of the score frames after staying or advancing; write the back-pointers to ``pointer``."""
    best = inside.copy()
    pointer[:] = 0
    for k in range(1, min(_MAX_ADVANCE, len(inside) - 1) + 1):
        arrived = inside[:-k] + np.float32(_FASTER_COST * (k - 1))
        np.copyto(pointer[k:], k, where=arrived < best[k:])
        np.minimum(best[k:], arrived, out=best[k:])
    return best


def _enter(inside: Array, pointer: Array, entries: dict[int, float], not_started: float) -> None:
    """Take the cheapest of the ``entries`` into all score frames where it is cheaper; starting at the first is free."""
    source = min(entries, key=lambda entry: entries[entry])
    np.copyto(pointer, source, where=entries[source] < inside)
    np.minimum(inside, entries[source], out=inside)
    if not_started < inside[0]:
        inside[0], pointer[0] = not_started, _FROM_START


def _only(inside: Array, anchor: int) -> Array:
    """Return costs that are infinite but at one score frame."""
    costs = np.full(len(inside), np.inf, np.float32)
    costs[anchor] = inside[anchor]
    return costs


def _sections(state_sequence: Array) -> Array:
    """Return the runs of score frames without a jump, shape (sections, 4)."""
    advance = np.diff(state_sequence)
    is_inside = (state_sequence[1:] != _OUTSIDE) & (state_sequence[:-1] != _OUTSIDE)
    starts = np.flatnonzero(np.r_[True, ~(is_inside & (advance >= 0) & (advance <= _MAX_ADVANCE))])
    ends = np.r_[starts[1:], len(state_sequence)]
    rows = [
        (state_sequence[a], state_sequence[b - 1] + 1, a, b)
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
        if state_sequence[a] != _OUTSIDE
    ]
    return np.array(rows, int).reshape(-1, 4)
