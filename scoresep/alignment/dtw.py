"""Dynamic time warping inside a band, from coarse to fine, in time and memory linear in the length.

Conventions: ``score`` and ``recording`` are feature sequences of shape (features, frames) with columns of norm one.
The cost matrix has a row for each score frame ``i`` and a column for each recording frame ``j``; a cost is one minus
the cosine similarity.  A path is an integer array of shape (2, steps), score frames over recording frames.  A band is a
pair of arrays of shape (score frames,): row ``i`` has the columns ``lower[i] <= j < upper[i]``.  Pins are cells that a
path must pass, shape (pins, 2), both columns rising.
"""

from __future__ import annotations

import numpy as np

from scoresep.alignment.features import halve, normalize
from scoresep.values import Array

#: Weight of the cost of a diagonal step, as in Müller, "Fundamentals of Music Processing", section 3.2.
DIAGONAL_WEIGHT = 2.0
#: Weight of the cost of a horizontal or vertical step; two of them cost more than a diagonal one.
STRAIGHT_WEIGHT = 1.5
#: A horizontal step must be cheaper by this much; less is a matter of rounding.
_TOLERANCE = 1e-9
#: Rows whose frames are copied together, so that matrix products read contiguous memory.
_COPIED_ROWS = 1024

#: The last step to a cell was diagonal.
_FROM_DIAGONAL = 0
#: The last step to a cell came from the score frame before.
_FROM_ABOVE = 1
#: The last step to a cell came from the recording frame before.
_FROM_LEFT = 2
#: The path starts in the cell.
_START = 3


def warping_path(
    score: Array, recording: Array, *, skip: float, radius: int, pins: Array, max_frames: int = 1200
) -> Array:
    """Find the cheapest warping path of two feature sequences from coarse to fine.

    The sequences are averaged down until the shorter has ``max_frames`` frames or fewer.  The path found there is
    the middle of the band at twice the resolution, and so on [1]_ [2]_.

    Parameters
    ----------
    score, recording
        Features, shapes (features, score frames) and (features, recording frames).
    skip
        Cost of each frame before the beginning or after the end of the path, of either sequence.
    radius
        Half the width of the band, in frames.
    pins
        Cells that the path passes, shape (pins, 2), both columns rising.  Where the steps allow no such path, it
        passes a neighbouring cell.
    max_frames
        Length of the shorter sequence from which on all cells are looked at.

    Returns
    -------
    Array
        The path, shape (2, steps).

    References
    ----------
    .. [1] M. Müller, H. Mattes, F. Kurth, "An efficient multiscale approach to audio synchronization", ISMIR 2006.
    .. [2] S. Salvador, P. Chan, "Toward accurate dynamic time warping in linear time and space", Intelligent Data
       Analysis 11, 2007.
    """
    n, m = score.shape[1], recording.shape[1]
    lower, upper = np.zeros(n, int), np.full(n, m)
    if min(n, m) > max_frames:
        halves = normalize(halve(score)), normalize(halve(recording))
        coarse = 2 * warping_path(*halves, skip=skip, radius=radius, pins=pins // 2, max_frames=max_frames)
        lower, upper = band_around(_add_pins(coarse, pins, n, m), n, m, radius)
    lower, upper = narrow_band(lower, upper, pins)
    return path_in_band(score, recording, lower, upper, skip=skip)


def band_around(path: Array, n: int, m: int, radius: int) -> tuple[Array, Array]:
    """Return the band of all cells up to ``radius`` frames from a path in a matrix of ``n`` rows and ``m`` columns.

    Where the path skips rows at the beginning or the end, the band goes on diagonally.
    """
    rows = np.arange(n)
    before = path[1, 0] - (path[0, 0] - rows[: path[0, 0]])
    after = path[1, -1] + (rows[path[0, -1] + 1 :] - path[0, -1])
    inner = rows[path[0, 0] : path[0, -1] + 1]
    first = np.searchsorted(path[0], inner, side="right") - 1
    last = np.searchsorted(path[0], inner, side="left")
    smallest = np.concatenate([before, path[1, np.minimum(first, last)], after])
    largest = np.concatenate([before, path[1, np.maximum(first, last).clip(max=path.shape[1] - 1)], after])
    lower = np.minimum.accumulate((smallest - radius)[::-1])[::-1]
    upper = np.maximum.accumulate(largest + radius + 2)
    return lower.clip(0, m - 1), upper.clip(1, m)


def narrow_band(lower: Array, upper: Array, pins: Array) -> tuple[Array, Array]:
    """Return the part of a band that lies before or after each pin: every path in it passes the pins or next to them.

    Before a pin are the cells with no greater row and column, after it those with no smaller ones.
    """
    if not len(pins):
        return lower, upper
    row, column = pins.T
    rows = np.arange(len(lower))
    n_above, n_until = np.searchsorted(row, rows, side="left"), np.searchsorted(row, rows, side="right")
    begins, ends = np.r_[0, column], np.r_[column + 1, upper.max()]
    has_pin = n_until > n_above
    lower, upper = np.maximum(lower, begins[n_above + has_pin]), np.minimum(upper, ends[n_until])
    return lower, np.maximum(upper, np.r_[lower[1:], 0] + 1)


def _add_pins(path: Array, pins: Array, n: int, m: int) -> Array:
    """Return a path with the pins among its cells, without the cells that are neither before nor after each pin."""
    lower, upper = narrow_band(np.zeros(n, int), np.full(n, m), pins)
    row, column = path
    cells = np.concatenate([path[:, (lower[row] <= column) & (column < upper[row])], pins.T], axis=1)
    return cells[:, np.lexsort(cells[::-1])]


def path_in_band(score: Array, recording: Array, lower: Array, upper: Array, *, skip: float) -> Array:
    """Find the cheapest warping path inside a band.

    Parameters
    ----------
    score, recording
        Features, shapes (features, score frames) and (features, recording frames).
    lower, upper
        The band, each of shape (score frames,); both rise.
    skip
        Cost of each frame before the beginning or after the end of the path, of either sequence.

    Returns
    -------
    Array
        The path, shape (2, steps).
    """
    n, m = score.shape[1], recording.shape[1]
    begin = np.r_[0, np.cumsum(upper - lower)]
    steps = np.empty(begin[-1], np.uint8)
    end = np.inf, 0, 0  # the least cost of a whole path so far, and its last cell
    row, first = np.zeros(0), 0  # the accumulated costs of the row before, and its first column
    for i, (lo, hi) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True)):
        if i % _COPIED_ROWS == 0:
            left = lo
            score_frames = np.ascontiguousarray(score[:, i : i + _COPIED_ROWS].T)
            recording_frames = np.ascontiguousarray(recording[:, lo : upper[min(i + _COPIED_ROWS, n) - 1]].T)
        cost = 1.0 - recording_frames[lo - left : hi - left] @ score_frames[i % _COPIED_ROWS]
        above = padded_slice(row, lo - 1 - first, hi - first, fill=np.inf)
        step = steps[begin[i] : begin[i + 1]]
        row, first = _accumulate(cost, above, _cost_of_start(i, lo, hi, skip), step), lo
        if i == n - 1:
            ends = row + skip * (m - 1 - np.arange(lo, hi))
            end = min(end, (float(ends.min()), i, lo + int(ends.argmin())))
        elif hi == m:
            end = min(end, (float(row[-1]) + skip * (n - 1 - i), i, m - 1))
    return _trace_back(steps, begin[:-1] - lower, end[1], end[2])


def _cost_of_start(i: int, lo: int, hi: int, skip: float) -> Array | None:
    """Return what is skipped by a path that starts in each column of a row, None where no path can start.

    A path starts in the first row or the first column.
    """
    if i == 0:
        return np.asarray(skip * np.arange(lo, hi))
    return np.where(np.arange(lo, hi) == 0, skip * i, np.inf) if lo == 0 else None


def _accumulate(cost: Array, above: Array, start: Array | None, step: Array) -> Array:
    """Return the accumulated costs of a row; write the last step to each of its cells to ``step``.

    ``above`` has the accumulated costs of the row before, beginning one column to the left.  All columns are computed
    at once: with A the cost of arriving from above and S the running sum of the horizontal costs c, the recursion
    D[j] = min(A[j], D[j-1] + c[j]) is D[j] = S[j] + min over k <= j of (A[k] - S[k]).
    """
    straight = STRAIGHT_WEIGHT * cost
    arrived, vertical = above[:-1] + DIAGONAL_WEIGHT * cost, above[1:] + straight
    step[:] = np.where(vertical < arrived, _FROM_ABOVE, _FROM_DIAGONAL)
    np.minimum(arrived, vertical, out=arrived)
    if start is not None:
        begun = DIAGONAL_WEIGHT * cost + start
        step[begun < arrived] = _START
        np.minimum(arrived, begun, out=arrived)
    total = np.cumsum(straight)
    accumulated: Array = total + np.minimum.accumulate(arrived - total)
    step[accumulated < arrived - _TOLERANCE] = _FROM_LEFT
    return accumulated


def _trace_back(steps: Array, shift: Array, i: int, j: int) -> Array:
    """Follow the steps back from the cell (i, j) to the start; the step to a cell is at ``shift[i] + j``."""
    path = []
    while True:
        path.append((i, j))
        step = steps[shift[i] + j]
        if step == _START:
            return np.array(path[::-1]).T
        i -= step != _FROM_LEFT
        j -= step != _FROM_ABOVE


def padded_slice(rows: Array, begin: int, end: int, *, fill: float) -> Array:
    """Return ``rows[..., begin:end]`` with ``fill`` where the indices lie outside; negative ones do, too."""
    if begin >= 0 and end <= rows.shape[-1]:
        return rows[..., begin:end]
    result = np.full((*rows.shape[:-1], end - begin), fill, rows.dtype)
    first, last = max(begin, 0), min(end, rows.shape[-1])
    if first < last:
        result[..., first - begin : last - begin] = rows[..., first:last]
    return result
