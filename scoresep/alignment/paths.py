"""Warping paths in seconds: from matched times to a monotonic path, and from score times to recording times.

Conventions: a path has shape (2, points), score times over recording times, both in seconds and both rising.
"""

from __future__ import annotations

import numpy as np

from scoresep.values import Array


def monotonic_path(score_time: Array, time: Array) -> Array:
    """Make a path of matched times: one point for each distinct score time, at the mean of its recording times.

    Parameters
    ----------
    score_time
        Shape (matches,), in any order.
    time
        Shape (matches,): the recording time of each score time.

    Returns
    -------
    Array
        Shape (2, points).  A mean that lies before that of an earlier score time is moved up to it.
    """
    distinct, index = np.unique(score_time, return_inverse=True)
    mean = np.bincount(index, time) / np.bincount(index)
    return np.stack([distinct, np.maximum.accumulate(mean)])


def map_times(path: Array, score_time: Array) -> Array:
    """Map score times to recording times along a path.

    Parameters
    ----------
    path
        Shape (2, points); it goes on beyond its ends at its mean tempo.
    score_time
        Shape (times,).

    Returns
    -------
    Array
        Recording times, shape (times,).
    """
    inside = np.interp(score_time, path[0], path[1])
    length = path[:, -1] - path[:, 0]
    pace = length[1] / length[0] if length[0] > 0 else 1.0
    beyond = np.minimum(score_time - path[0, 0], 0) + np.maximum(score_time - path[0, -1], 0)
    return np.asarray(inside + pace * beyond)
