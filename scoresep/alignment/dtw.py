"""Dynamic time warping inside a band, from coarse to fine, with memory linear in the length.

Conventions: ``score`` and ``recording`` are feature sequences of shape (features, frames); frame ``i`` of
the score runs along rows, frame ``j`` of the recording along columns.  A path is an integer array of
shape (2, steps): score frames over recording frames.
"""

from __future__ import annotations

import numpy as np

from scoresep.values import Array

#: Weights of a diagonal step and of a step in one direction only, as in Müller (2015, section 3.2).
DIAGONAL, STRAIGHT = 2.0, 1.5

#: Rows whose frames are gathered at once.
_BLOCK = 1024

_FROM_DIAGONAL, _FROM_ABOVE, _FROM_LEFT, _START = range(4)


def warp(score: Array, recording: Array, *, skip: float, radius: int, pins: Array, largest: int = 1200) -> Array:
    """Return the cheapest path between two feature sequences, found from coarse to fine.

    The columns have norm one, so that costs mean the same at every resolution.  The sequences are averaged down
    until the shorter has ``largest`` frames or fewer; the path found there is followed at twice the resolution
    within ``radius`` frames, and so on (after Müller, Mattes and Kurth, ISMIR 2006, and Salvador and Chan, 2007).
    A frame before the first or after the last matched one costs ``skip``, so either sequence may begin and end
    within the other.  The path passes the ``pins``, cells (score frame, recording frame) in rising order, shape
    (pins, 2).
    """
    n, m = score.shape[1], recording.shape[1]
    lower, upper = np.zeros(n, int), np.full(n, m)
    if min(n, m) > largest:
        coarse = 2 * warp(
            unit(halve(score)), unit(halve(recording)), skip=skip, radius=radius, pins=pins // 2, largest=largest
        )
        lower, upper = band_around(_through(pins, coarse, n, m), n, m, radius)
    lower, upper = band_through(pins, lower, upper)
    return path_in_band(score, recording, lower, upper, skip=skip)


def mean_path(score_time: Array, time: Array) -> Array:
    """Return one point for each distinct score time, at the mean of its recording times; both rise."""
    distinct, index = np.unique(score_time, return_inverse=True)
    mean = np.bincount(index, time) / np.bincount(index)
    return np.stack([distinct, np.maximum.accumulate(mean)])


def follow(path: Array, score_time: Array) -> Array:
    """Return the recording times of score times (s) along a path; beyond its ends it goes on at its mean pace."""
    inside = np.interp(score_time, path[0], path[1])
    length = path[:, -1] - path[:, 0]
    pace = length[1] / length[0] if length[0] > 0 else 1.0
    return np.asarray(
        inside + pace * (np.minimum(score_time - path[0, 0], 0) + np.maximum(score_time - path[0, -1], 0))
    )


def halve(features: Array) -> Array:
    """Return the averages of pairs of frames; an odd last frame stands alone."""
    even = features[:, : features.shape[1] // 2 * 2]
    halved = 0.5 * (even[:, ::2] + even[:, 1::2])
    return np.concatenate([halved, features[:, even.shape[1] :]], axis=1)


def unit(features: Array) -> Array:
    """Return features with columns of norm one; silent ones stay zero."""
    return np.asarray(features / np.maximum(np.linalg.norm(features, axis=0), 1e-9))


def band_around(path: Array, n: int, m: int, radius: int) -> tuple[Array, Array]:
    """Return, for each of ``n`` rows, the first column within ``radius`` of the path and the one after the last.

    Where the path does not reach (skipped beginnings and ends), the band goes on diagonally.
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


def band_through(pins: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
    """Return a band narrowed so that every path in it passes the pins, or a cell beside them."""
    if not len(pins):
        return lower, upper
    row, column = pins.T
    passed, reached = (np.searchsorted(row, np.arange(len(lower)), side=side) for side in ("left", "right"))
    before, after = np.r_[0, column], np.r_[column + 1, upper.max()]
    lower, upper = np.maximum(lower, before[passed + (reached > passed)]), np.minimum(upper, after[reached])
    return lower, np.maximum(upper, np.r_[lower[1:], 0] + 1)


def _through(pins: Array, path: Array, n: int, m: int) -> Array:
    """Return a path with the pins among its cells, without the cells that contradict them."""
    lower, upper = band_through(pins, np.zeros(n, int), np.full(n, m))
    row, column = path
    cells = np.concatenate([path[:, (lower[row] <= column) & (column < upper[row])], pins.T], axis=1)
    return cells[:, np.lexsort(cells[::-1])]


def path_in_band(score: Array, recording: Array, lower: Array, upper: Array, *, skip: float) -> Array:
    """Return the cheapest path through the cells ``lower[i] <= j < upper[i]``.

    The cost of a cell is one minus the inner product of its frames.  A row is computed at once: with
    S the running sum of its costs, the horizontal recursion D[j] = min(A[j], D[j-1] + c[j]) is
    S[j] + min over k <= j of (A[k] - S[k]).
    """
    n, m = score.shape[1], recording.shape[1]
    begin = np.r_[0, np.cumsum(upper - lower)]
    steps = np.empty(begin[-1], np.uint8)
    finish = np.inf, 0, 0
    row, first = np.zeros(0), 0
    for i, (lo, hi) in enumerate(zip(lower.tolist(), upper.tolist(), strict=True)):
        if i % _BLOCK == 0:
            left = lo
            score_frames = np.ascontiguousarray(score[:, i : i + _BLOCK].T)
            recording_frames = np.ascontiguousarray(recording[:, lo : upper[min(i + _BLOCK, n) - 1]].T)
        cost = 1.0 - recording_frames[lo - left : hi - left] @ score_frames[i % _BLOCK]
        above = columns(row, lo - 1 - first, hi - first, fill=np.inf)
        straight = STRAIGHT * cost
        arrived, vertical = above[:-1] + DIAGONAL * cost, above[1:] + straight
        step = steps[begin[i] : begin[i + 1]]
        step[:] = np.where(vertical < arrived, _FROM_ABOVE, _FROM_DIAGONAL)
        np.minimum(arrived, vertical, out=arrived)
        if i == 0 or lo == 0:
            entry = DIAGONAL * cost + (
                np.where(np.arange(lo, hi) == 0, skip * i, np.inf) if i else skip * np.arange(lo, hi)
            )
            step[entry < arrived] = _START
            np.minimum(arrived, entry, out=arrived)
        total = np.cumsum(straight)
        row, first = total + np.minimum.accumulate(arrived - total), lo
        step[row < arrived - 1e-9] = _FROM_LEFT
        if i == n - 1:
            ends = row + skip * (m - 1 - np.arange(lo, hi))
            finish = min(finish, (float(ends.min()), i, lo + int(ends.argmin())))
        elif hi == m:
            finish = min(finish, (float(row[-1]) + skip * (n - 1 - i), i, m - 1))
    return _trace(steps, begin[:-1] - lower, finish[1], finish[2])


def columns(rows: Array, begin: int, end: int, *, fill: float) -> Array:
    """Return the entries of the last axis from ``begin`` to ``end``, ``fill`` where there are none."""
    if begin >= 0 and end <= rows.shape[-1]:
        return rows[..., begin:end]
    result = np.full((*rows.shape[:-1], end - begin), fill, rows.dtype)
    first, last = max(begin, 0), min(end, rows.shape[-1])
    if first < last:
        result[..., first - begin : last - begin] = rows[..., first:last]
    return result


def _trace(steps: Array, shift: Array, i: int, j: int) -> Array:
    """Follow the steps back from cell (i, j) to where the path began; that of the cell is at ``shift[i] + j``."""
    path = []
    while True:
        path.append((i, j))
        step = steps[shift[i] + j]
        if step == _START:
            return np.array(path[::-1]).T
        i -= step != _FROM_LEFT
        j -= step != _FROM_ABOVE
