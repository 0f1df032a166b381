"""How well an alignment fits the recording, and how sure its notes are.

Conventions: the fit has shape (frames,), a value for each ``FEATURE_PERIOD``; it is one or more where the score fits
well.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from scoresep.alignment.coarse import LOCAL_SPAN, CoarseAlignment, local_similarity
from scoresep.alignment.features import FEATURE_PERIOD
from scoresep.alignment.partial_scores import gain_features, sounding_frames, weaken_onsets
from scoresep.alignment.score_features import ScoreFeatures
from scoresep.values import Array, Notes

#: Similarity of a recording and its score from which on it no longer raises the confidence.
GOOD_SIMILARITY = 0.5
#: Local similarity below which the score does not match the recording.
POOR_SIMILARITY = 0.32
#: Gain of a score that has a part of what sounds, from which on it no longer raises the confidence.
GOOD_GAIN = 0.15
#: Significance of such a score from which on it no longer raises the confidence.
GOOD_SIGNIFICANCE = 10.0
#: Passages shorter than this (s) are not reported as unmatched or as left out.
MIN_PASSAGE = 3.0


def fit_of_frames(features: Array, aligned: Notes, coarse: CoarseAlignment) -> Array:
    """Measure how well aligned notes fit a recording around each frame.

    Parameters
    ----------
    features
        Those of the recording, shape (features, frames).
    aligned
        The notes in recording time; drums do not count, and alone fit well.
    coarse
        The alignment; of a score that has only a part of what sounds, the gain is measured instead of the similarity.

    Returns
    -------
    Array
        Shape (frames,).
    """
    pitched = aligned.take(~aligned.is_drum)
    if not len(pitched):
        return np.ones(features.shape[1])
    score = ScoreFeatures(pitched, coarse.transposition)
    if not coarse.is_partial:
        return local_similarity(features, score) / GOOD_SIMILARITY
    return _local_gain(features, score) / GOOD_GAIN


def fit_as_a_whole(coarse: CoarseAlignment) -> float:
    """Measure how well a score fits a recording as a whole, from 0 to 1."""
    if coarse.is_partial and coarse.significance is not None:
        return min(coarse.significance / GOOD_SIGNIFICANCE, 1.0)
    return min(coarse.similarity / GOOD_SIMILARITY, 1.0)


def unmatched_passages(fit: Array, aligned: Notes, coarse: CoarseAlignment) -> Array:
    """Find the passages between the first and the last pitched note that the score does not match.

    Parameters
    ----------
    fit
        That of `fit_of_frames`.
    aligned
        The notes in recording time.
    coarse
        The alignment.

    Returns
    -------
    Array
        Begin and end (s) of each passage, shape (passages, 2).
    """
    poor = 0.0 if coarse.is_partial else POOR_SIMILARITY / GOOD_SIMILARITY
    pitched = aligned.take(~aligned.is_drum)
    if not len(pitched):
        return np.zeros((0, 2))
    begin, end = (
        np.clip(int(time / FEATURE_PERIOD), 0, len(fit)) for time in (pitched.onset.min(), pitched.offset.max())
    )
    borders = np.diff(fit[begin:end] < poor, prepend=False, append=False)
    passages = (np.flatnonzero(borders).reshape(-1, 2) + begin) * FEATURE_PERIOD
    return np.asarray(passages[passages[:, 1] - passages[:, 0] >= MIN_PASSAGE])


def _local_gain(features: Array, score: ScoreFeatures) -> Array:
    """Return the mean gain of the frames around each one in which the score sounds, shape (frames,)."""
    n_frames = features.shape[1]
    duration = n_frames * FEATURE_PERIOD
    is_sounding = sounding_frames(score.notes, 0.0, duration, n_frames)
    own = weaken_onsets(score.passage(0.0, duration, n_frames))
    gain = np.einsum("ij,ij->j", *gain_features(own, weaken_onsets(features), is_sounding))
    size = round(LOCAL_SPAN / FEATURE_PERIOD)
    total, share = (scipy.ndimage.uniform_filter1d(values.astype(float), size) for values in (gain, is_sounding))
    return np.asarray(total / np.maximum(share, 1 / size))
