"""Align a score that has only a part of what sounds in a recording.

Conventions: times are in seconds; a path has shape (2, points), score times over recording times; the novelty of drums
has a row for each family and the frames of `scoresep.alignment.pitch_energies`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage

from scoresep.alignment.coarse import CoarseAlignment
from scoresep.alignment.drum_onsets import DRUM_ONSETS
from scoresep.alignment.dtw import narrow_band
from scoresep.alignment.features import FEATURE_PERIOD, POOLING, average
from scoresep.alignment.gain_path import path_of_greatest_gain
from scoresep.alignment.partial_scores import (
    MIN_SIGNIFICANCE,
    OVERSAMPLING,
    SEARCH_GROUP,
    PartialMatch,
    gain_features,
    match_partial_score,
    sounding_frames,
    weaken_onsets,
)
from scoresep.alignment.paths import map_times, monotonic_path
from scoresep.alignment.pitch_energies import ENERGY_PERIOD
from scoresep.values import Array, Notes

#: Frames of the finest path for each frame of features.
FINE_FRAMES = 2
#: How far the finest path may be from the one before (s).
FINE_REACH = 0.5
#: How far other paths may be from the one before, in frames of that.
BAND_FRAMES = 4
#: Gain of a frame in which drums of one family are hit as strongly as anywhere nearby.
DRUM_GAIN = 1.0
#: Hits are measured by the strongest one within this time (s).
DRUM_SCALING_SPAN = 0.5
#: The strongest hit nearby is taken to have at least this share of the novelty of the strongest one of all.
MIN_HIT_SHARE = 0.1
#: Score time (s) over which the finest path is smoothed by lines.
SMOOTHING_SPAN = 4.0
#: Points that a line is fitted to, at least.
MIN_LINE_POINTS = 4


@dataclass(frozen=True, eq=False)
class _Pair:
    """A score and a recording as their paths are found.

    ``recording`` has the features with weakened onsets, shape (features, frames).  ``drum_novelty`` has no rows where
    the score has no drums.  The score is looked at from ``begin`` to ``end``.
    """

    match: PartialMatch
    recording: Array
    drum_novelty: Array
    begin: float
    end: float


def align_partial_score(
    recording: Array,
    readings: Sequence[Notes],
    *,
    first_frame: int,
    anchors: Array,
    similarity: float,
    drum_novelty: Array | None,
) -> CoarseAlignment | None:
    """Align a recording with a score that has only a part of what sounds.

    Parameters
    ----------
    recording
        Features, shape (features, frames), a frame for each ``FEATURE_PERIOD``.
    readings
        The notes of the score in the orders in which they may be played.
    first_frame
        Number of frames of the recording before those in ``recording``.
    anchors
        Shape (anchors, 2): score times and the recording times at which they sound; the latter rise.
    similarity
        What `align_coarsely` found as the similarity of recording and score.
    drum_novelty
        Onset novelty of the whole recording for each family of drums, shape (families, frames).

    Returns
    -------
    CoarseAlignment or None
        The alignment, with one section; None if the score has no pitched notes, does not match the recording better
        than its decoys do, or if the anchors go back in the score.
    """
    pitched = [notes for notes in readings if not notes.is_drum.all()]
    if not pitched or (np.diff(anchors[:, 0]) <= 0).any():
        return None
    weakened = weaken_onsets(recording)
    match = match_partial_score(weakened, pitched)
    if match.significance < MIN_SIGNIFICANCE:
        return None
    novelty = np.zeros((0, 0)) if drum_novelty is None else drum_novelty[:, first_frame * POOLING :]
    shift = first_frame * FEATURE_PERIOD
    end = max(float(match.notes.offset.max()), match.score.end)
    pair = _Pair(match, weakened, novelty, float(match.notes.onset.min()), end)
    path = _find_path(pair, anchors - [0.0, shift])
    if path.shape[1] < 2:
        return None
    path = path + np.array([[0.0], [shift]])
    sections = np.array([[path[0, 0], path[0, -1], path[1, 0], path[1, -1]]])
    return CoarseAlignment(
        notes=match.notes,
        transposition=match.score.transposition,
        sections=sections,
        path=path,
        similarity=similarity,
        significance=match.significance,
        is_partial=True,
    )


def smooth_path(path: Array, span: float) -> Array:
    """Replace each point of a path by the value of a line fitted to the points around it.

    Parameters
    ----------
    path
        Shape (2, points); the score times rise.
    span
        Score time (s) that the points lie in.

    Returns
    -------
    Array
        Shape (2, points): the same score times; a point with few others around it stays.
    """
    score_time, time = path
    slope, offset = np.polyfit(score_time, time, 1)
    rest = time - (slope * score_time + offset)
    first = np.searchsorted(score_time, score_time - span / 2, side="left")
    stop = np.searchsorted(score_time, score_time + span / 2, side="right")
    mean_score, mean_rest, mean_product, mean_square = (
        (total[stop] - total[first]) / (stop - first)
        for total in (
            np.r_[0.0, np.cumsum(values)] for values in (score_time, rest, score_time * rest, score_time * score_time)
        )
    )
    tilt = (mean_product - mean_score * mean_rest) / np.maximum(mean_square - mean_score**2, 1e-9)
    line = mean_rest + tilt * (score_time - mean_score)
    smooth = slope * score_time + offset + np.where(stop - first >= MIN_LINE_POINTS, line, rest)
    return np.stack([score_time, smooth])


def _find_path(pair: _Pair, anchors: Array) -> Array:
    """Return the path from coarse to fine; anchors and recording times count from the first frame of the recording."""
    group = pair.match.group
    path = _path_by_groups(pair, None, anchors, group, reach=0.0)
    while group > SEARCH_GROUP and path.shape[1] > 1:
        reach = BAND_FRAMES * group * FEATURE_PERIOD
        group = max(SEARCH_GROUP, -(-group // 2))
        path = _path_by_groups(_crop(pair, path, reach), path, anchors, group, reach=reach)
    if path.shape[1] < 2:
        return path
    path = _finest_path(_crop(pair, path, FINE_REACH), path, anchors)
    if path.shape[1] < 2:
        return path
    return monotonic_path(*_through(smooth_path(path, SMOOTHING_SPAN), anchors))


def _crop(pair: _Pair, path: Array, reach: float) -> _Pair:
    """Return a pair without what the score has before and after the recording, by more than ``reach`` (s)."""
    pace = np.diff(path[1, [0, -1]])[0] / np.diff(path[0, [0, -1]])[0]
    duration = pair.recording.shape[1] * FEATURE_PERIOD
    begin = path[0, 0] - (path[1, 0] + reach) / pace
    end = path[0, -1] + (duration - path[1, -1] + reach) / pace
    return replace(pair, begin=max(float(begin), pair.begin), end=min(float(end), pair.end))


def _path_by_groups(pair: _Pair, before: Array | None, anchors: Array, group: int, *, reach: float) -> Array:
    """Return the path with frames of ``group`` feature frames, near the path ``before`` if there is one."""
    duration = group * FEATURE_PERIOD
    n_frames = max(int((pair.end - pair.begin) / duration / pair.match.pace), 2)
    score = pair.match.score.passage(pair.begin, pair.end, n_frames * OVERSAMPLING)
    return _path_near(
        pair, before, anchors, average(score, OVERSAMPLING), average(pair.recording, group), duration, reach=reach
    )


def _finest_path(pair: _Pair, before: Array, anchors: Array) -> Array:
    """Return the path with the shortest frames, of which score and recording have about as many for a second."""
    duration = FEATURE_PERIOD / FINE_FRAMES
    length = before[:, -1] - before[:, 0]
    n_frames = max(int((pair.end - pair.begin) * length[1] / length[0] / duration), 2)
    score = pair.match.score.passage(pair.begin, pair.end, n_frames)
    recording = np.repeat(pair.recording, FINE_FRAMES, axis=1)
    return _path_near(pair, before, anchors, score, recording, duration, reach=FINE_REACH)


def _path_near(
    pair: _Pair, before: Array | None, anchors: Array, score: Array, recording: Array, duration: float, *, reach: float
) -> Array:
    """Return the path of two feature sequences, up to ``reach`` (s) from the one ``before`` and through the anchors."""
    n, m = score.shape[1], recording.shape[1]
    is_sounding = sounding_frames(pair.match.score.notes, pair.begin, pair.end, n)
    own, other = gain_features(weaken_onsets(score), recording, is_sounding)
    if len(pair.drum_novelty):
        own = np.concatenate([own, _hit_features(pair, n)])
        other = np.concatenate([other, _strike_features(pair.drum_novelty, m, duration)])
    score_frame = (pair.end - pair.begin) / n
    score_time = pair.begin + (np.arange(n) + 0.5) * score_frame
    lower, upper = np.zeros(n, int), np.full(n, m)
    if before is not None:
        time = map_times(before, score_time)
        lower = ((time - reach) / duration).astype(int).clip(0, m)
        upper = ((time + reach) / duration + 1).astype(int).clip(0, m)
    pins = np.column_stack([(anchors[:, 0] - pair.begin) / score_frame, anchors[:, 1] / duration])
    lower, upper = narrow_band(lower, upper, pins.astype(int).clip(0, [n - 1, m - 1]))
    i, j = path_of_greatest_gain(own, other, lower, np.minimum(upper, m))
    return _through(np.stack([score_time[i], (j + 0.5) * duration]), anchors)


def _through(path: Array, anchors: Array) -> Array:
    """Return a path with the anchors among its points, without the points that are not before or after each of them."""
    side = np.sign(path[:, :, None] - anchors.T[:, None, :])
    kept = path[:, ((side[0] == side[1]) & (side[0] != 0)).all(axis=1)]
    joined = np.concatenate([kept, anchors.T], axis=1)
    return joined[:, np.argsort(joined[0], kind="stable")]


def _hit_features(pair: _Pair, n_frames: int) -> Array:
    """Return in which score frames the drums of each family are hit, shape (families, n_frames)."""
    drums = pair.match.notes.take(pair.match.notes.is_drum)
    drums = drums.take((drums.onset >= pair.begin) & (drums.onset < pair.end))
    hits = np.zeros((len(pair.drum_novelty), n_frames), np.float32)
    frame = ((drums.onset - pair.begin) / (pair.end - pair.begin) * n_frames).astype(int).clip(0, n_frames - 1)
    hits[[DRUM_ONSETS.row(key) for key in drums.pitch.tolist()], frame] = DRUM_GAIN
    return hits


def _strike_features(novelty: Array, n_frames: int, duration: float) -> Array:
    """Return how strongly each family is hit in recording frames, less the mean, shape (families, n_frames)."""
    span = round(DRUM_SCALING_SPAN / ENERGY_PERIOD)
    strongest = scipy.ndimage.maximum_filter1d(novelty, span, axis=1)
    floor = np.maximum(MIN_HIT_SHARE * novelty.max(axis=1, keepdims=True), 1e-6)
    scaled = novelty / np.maximum(strongest, floor)
    size = round(duration / ENERGY_PERIOD)
    scaled = np.pad(scaled, ((0, 0), (0, max(n_frames * size - scaled.shape[1], 0))))[:, : n_frames * size]
    pooled = scaled.reshape(len(novelty), n_frames, size).max(axis=2)
    return np.asarray(pooled - pooled.mean(axis=1, keepdims=True), np.float32)
