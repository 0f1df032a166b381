"""The path along which two feature sequences have the most in common, by dynamic programming.

Conventions: features have shape (features, frames).  The gain of a score frame ``i`` and a recording frame ``j`` is the
inner product of their columns; where they have nothing in common it is negative.  A path may begin and end anywhere.
From one cell to the next it goes one frame on in both sequences, or one in one of them and two in the other, so that
the tempo changes by a factor of two at most.  A recording frame that is passed over gains, too; a score frame does not.
"""

from __future__ import annotations

import numpy as np

from scoresep.alignment.dtw import padded_slice
from scoresep.dsp.stft import stretches
from scoresep.values import Array

#: Score frames whose gains are computed by one matrix product.
_PRODUCT_FRAMES = 32

#: The path starts in the cell.
_START = 0
#: The path came to the cell by one frame in both sequences.
_DIAGONAL = 1
#: The path came to the cell by two recording frames.
_FASTER_RECORDING = 2
#: The path came to the cell by two score frames.
_FASTER_SCORE = 3
#: Score frames and recording frames of each step.
_ADVANCE = {_DIAGONAL: (1, 1), _FASTER_RECORDING: (1, 2), _FASTER_SCORE: (2, 1)}


def greatest_gains(scores: Array, recording: Array) -> Array:
    """Compute the greatest total gain of a path for each of several scores.

    Parameters
    ----------
    scores
        Shape (scores, features, score frames).
    recording
        Shape (features, recording frames).

    Returns
    -------
    Array
        Shape (scores,), not negative.
    """
    n_scores, _, n = scores.shape
    m = recording.shape[1]
    # The total gains of the last row and of the one before, after two columns in which no path can be.
    last, before = (np.full((n_scores, m + 2), -np.inf, np.float32) for _ in range(2))
    greatest = np.zeros(n_scores, np.float32)
    for rows in stretches(range(n), _PRODUCT_FRAMES):
        gains = np.matmul(scores[:, :, rows.start : rows.stop].transpose(0, 2, 1), recording)
        for gain in gains.transpose(1, 0, 2):
            passed = last[:, :-2].copy()
            passed[:, 1:] += gain[:, :-1]
            total = np.maximum(last[:, 1:-1], before[:, 1:-1])
            np.maximum(total, passed, out=total)
            np.maximum(total, 0, out=total)
            total += gain
            np.maximum(greatest, total.max(axis=1), out=greatest)
            before[:, 2:] = total
            last, before = before, last
    return greatest


def path_of_greatest_gain(score: Array, recording: Array, lower: Array, upper: Array) -> Array:
    """Find the path of the greatest total gain inside a band.

    Parameters
    ----------
    score, recording
        Features, shapes (features, score frames) and (features, recording frames).
    lower, upper
        The band, each of shape (score frames,): row ``i`` has the columns ``lower[i] <= j < upper[i]``.  A row may have
        none.

    Returns
    -------
    Array
        Shape (2, steps): score frames over recording frames, both rising; there are none if nothing gains.
    """
    begin = np.r_[0, np.cumsum(np.maximum(upper - lower, 0))]
    steps = np.empty(begin[-1], np.uint8)
    score_frames, recording_frames = np.ascontiguousarray(score.T), np.ascontiguousarray(recording.T)
    best = 0.0, -1, -1  # the greatest total gain so far, and its cell
    nothing = np.zeros(0, np.float32)
    last, last_first, before, before_first = nothing, 0, nothing, 0
    for i, (lo, hi) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True)):
        gain = recording_frames[lo:hi] @ score_frames[i]
        passed = padded_slice(last, lo - 2 - last_first, hi - 2 - last_first, fill=-np.inf)
        passed = passed + padded_slice(gain, -1, len(gain) - 1, fill=-np.inf)
        arrived = np.stack(
            [
                np.zeros(len(gain), np.float32),
                padded_slice(last, lo - 1 - last_first, hi - 1 - last_first, fill=-np.inf),
                passed,
                padded_slice(before, lo - 1 - before_first, hi - 1 - before_first, fill=-np.inf),
            ]
        )
        step = arrived.argmax(axis=0)
        steps[begin[i] : begin[i + 1]] = step
        total = np.take_along_axis(arrived, step[None], axis=0)[0] + gain
        if len(total) and total.max() > best[0]:
            best = float(total.max()), i, lo + int(total.argmax())
        last, last_first, before, before_first = total, lo, last, last_first
    return _trace_back(steps, begin[:-1] - lower, best[1], best[2])


def _trace_back(steps: Array, shift: Array, i: int, j: int) -> Array:
    """Follow the steps back from the cell (i, j) to the start; the step to a cell is at ``shift[i] + j``."""
    path = []
    while i >= 0:
        path.append((i, j))
        step = int(steps[shift[i] + j])
        if step == _START:
            break
        rows, columns = _ADVANCE[step]
        i, j = i - rows, j - columns
    return np.array(path[::-1], int).reshape(-1, 2).T
