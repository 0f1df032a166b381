"""Tempo maps: where the tempo of a score changes so that playing it follows a recording."""

from __future__ import annotations

import numpy as np

from scoresep.alignment.unfolded_path import unfolded_path
from scoresep.exports.timeline import Timeline
from scoresep.values import Alignment, Array

#: Between two beats the tempo changes once more where notes would be off by more than this (s).
TOLERANCE = 0.015
#: It does not change where it would become faster or slower than that of the beat by more than this factor.
MOST_RUBATO = 4.0


def tempo_map(timeline: Timeline, alignment: Alignment) -> Array:
    """Return where the tempo changes: at every beat, and between beats where notes would be off by more than 15 ms.

    Returns
    -------
    np.ndarray [shape=(2, points)]
        Positions (quarters) over times of the recording (s), both rising; the last is the end of the last beat.
    """
    score_time, time = unfolded_path(alignment)
    position = np.interp(score_time, timeline.unfolded[1], timeline.unfolded[0], left=np.nan, right=np.nan)
    known = np.flatnonzero(np.isfinite(position))
    points: list[tuple[float, float]] = []
    beats = list(zip(timeline.position.tolist(), timeline.time.tolist(), strict=True))
    for begin, end in zip(beats, beats[1:], strict=False):
        inside = known[(position[known] > begin[0]) & (position[known] < end[0])]
        between = np.stack([position[inside], time[inside]])
        points += [begin, *_necessary(begin, end, between[:, (between[1] > begin[1]) & (between[1] < end[1])])]
    return np.array([*points, beats[-1]]).T


def _necessary(begin: tuple[float, float], end: tuple[float, float], points: Array) -> list[tuple[float, float]]:
    """Return those of the points between two others that a straight line misses, in order."""
    if not points.shape[1]:
        return []
    missed = np.abs(np.interp(points[0], *np.transpose([begin, end])) - points[1])
    slope = (end[1] - begin[1]) / (end[0] - begin[0])
    before, after = ((points[1] - at[1]) / (points[0] - at[0]) / slope for at in (begin, end))
    is_steady = (np.minimum(before, after) > 1 / MOST_RUBATO) & (np.maximum(before, after) < MOST_RUBATO)
    missed[~is_steady] = 0
    worst = int(np.argmax(missed))
    if missed[worst] <= TOLERANCE:
        return []
    middle = float(points[0, worst]), float(points[1, worst])
    return [*_necessary(begin, middle, points[:, :worst]), middle, *_necessary(middle, end, points[:, worst + 1 :])]
