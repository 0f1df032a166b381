"""Find a score that has only a part of what sounds in a recording, such as a melody above a band.

The similarity of such a score is low everywhere.  So features are compared by how they differ from their mean, and the
score is compared with decoys: itself in other keys and backwards in time [1]_.  It is found if it gains much more along
its best path than they do.

References
----------
.. [1] The idea of decoys is that of target-decoy searches: J. Elias, S. Gygi, "Target-decoy search strategy for
   increased confidence in large-scale protein identifications by mass spectrometry", Nature Methods 4, 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from scoresep.alignment.features import FEATURE_PERIOD, N_KEYS, average, has_no_salient_key, normalize, transpose
from scoresep.alignment.gain_path import greatest_gains
from scoresep.alignment.score_features import ScoreFeatures
from scoresep.alignment.similarity import TRANSPOSITIONS
from scoresep.dsp.parallel import ordered_map
from scoresep.values import Array, Notes

#: Significance from which on a score is taken to be that of the recording.
MIN_SIGNIFICANCE = 5.5
#: Less significant matches are matters of chance.
CHANCE_SIGNIFICANCE = 4.0
#: Factor on onsets, which a part of the music explains least of all.
ONSET_FACTOR = 0.5
#: Feature frames that are averaged to one frame of the search (0.12 s).
SEARCH_GROUP = 3
#: Cells (score frames times recording frames) of a search at one pace; beyond that, frames are made longer.
MAX_CELLS = 2_000_000
#: A score never has more frames in a search than this, even if it is far longer than the recording.
MAX_SCORE_FRAMES = 5_000
#: Score seconds for a second of the recording that are tried; a path may go at half or twice that pace.
PACES = (0.6, 0.75, 0.95, 1.2, 1.5)
#: Similarity of centred features that neither gains nor loses.
BIAS = 0.05
#: A score frame is the mean of this many shorter ones.
OVERSAMPLING = 5
#: Transpositions that are tried for a melody alone (semitones), which may be sung an octave higher or lower.
MELODY_TRANSPOSITIONS = tuple(range(-18, 19))
#: A key farther than those tried for all scores must gain this many times as much as they do.
FAR_KEY_ADVANTAGE = 1.15
#: Semitones in an octave.
OCTAVE = 12
#: Notes that overlap by less (s) are taken to follow one another.
LEGATO_OVERLAP = 0.1
#: A score is a melody if at most this share of its notes begins while another one sounds.
MAX_OVERLAPPING_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class PartialMatch:
    """How a score that has a part of what sounds matches a recording.

    Parameters
    ----------
    notes
        The notes of the reading that matches best.
    score
        The same without drums, in the key that matches best.
    pace
        Score seconds for a second of the recording, about.
    group
        Feature frames that make a frame of the search.
    gain
        The greatest total gain of a path for each recording frame.
    significance
        By how many standard deviations the gain is greater than those of the decoys.
    """

    notes: Notes
    score: ScoreFeatures
    pace: float
    group: int
    gain: float
    significance: float


def match_partial_score(recording: Array, readings: Sequence[Notes]) -> PartialMatch:
    """Find the reading, the key and the pace of a score that match a recording best, and how significant that is.

    Parameters
    ----------
    recording
        Features, shape (features, frames), a frame for each ``FEATURE_PERIOD``, from `weaken_onsets`.
    readings
        The notes of the score in the orders in which they may be played, at least one each that is no drum.

    Returns
    -------
    PartialMatch
        The match of the reading with the greatest gain.
    """
    matches = [_match(recording, notes) for notes in readings]
    return max(matches, key=lambda match: match.gain)


def weaken_onsets(features: Array) -> Array:
    """Multiply the onsets in features by ``ONSET_FACTOR``, relative to the sound, and scale columns to norm one."""
    weakened = features.copy()
    weakened[N_KEYS:] *= ONSET_FACTOR
    return normalize(weakened)


def gain_features(score: Array, recording: Array, is_sounding: Array) -> tuple[Array, Array]:
    """Make features whose inner product is the gain of a score frame and a recording frame.

    The gain is the similarity of features centred by their means over time, less ``BIAS``.  It is zero where the score
    rests and where no key of the recording is salient.

    Parameters
    ----------
    score, recording
        Features, shapes (features, score frames) and (features, recording frames).
    is_sounding
        Whether the score has a note in each score frame, shape (score frames,).

    Returns
    -------
    score, recording : Array
        Shapes (features + 1, score frames) and (features + 1, recording frames).
    """
    is_salient = ~has_no_salient_key(recording)
    pair = []
    for features, counts, constant in ((score, is_sounding, -BIAS), (recording, is_salient, 1.0)):
        centred = np.full((len(features) + 1, features.shape[1]), constant, np.float32)
        centred[:-1] = features - features[:, counts].mean(axis=1, keepdims=True) if counts.any() else 0.0
        centred[:, ~counts] = 0.0
        pair.append(centred)
    return pair[0], pair[1]


def sounding_frames(notes: Notes, begin: float, end: float, n_frames: int) -> Array:
    """Return whether a note sounds in each of ``n_frames`` from ``begin`` to ``end``, shape (n_frames,)."""
    change = np.zeros(n_frames + 1, int)
    scale = n_frames / (end - begin)
    first = np.floor((notes.onset - begin) * scale).astype(int).clip(0, n_frames)
    stop = np.ceil((notes.offset - begin) * scale).astype(int).clip(0, n_frames)
    np.add.at(change, first, 1)
    np.add.at(change, np.maximum(stop, first), -1)
    return np.cumsum(change)[:-1] > 0


def is_melody(notes: Notes) -> bool:
    """Return whether hardly any notes sound together."""
    overlap = np.maximum.accumulate(notes.offset)[:-1] - notes.onset[1:]
    return not len(overlap) or float((overlap > LEGATO_OVERLAP).mean()) <= MAX_OVERLAPPING_SHARE


def _match(recording: Array, notes: Notes) -> PartialMatch:
    """Return the match of one reading."""
    pitched = notes.take(~notes.is_drum)
    score, backwards = ScoreFeatures(pitched), ScoreFeatures(_reversed(pitched))
    keys = MELODY_TRANSPOSITIONS if is_melody(pitched) else TRANSPOSITIONS
    group = search_group(recording.shape[1], score.end - score.begin)
    frames = average(recording, group)
    gains = np.empty((2, len(PACES), len(keys)))
    tried = product((score, backwards), [pace * group * FEATURE_PERIOD for pace in PACES])
    found = ordered_map(lambda pair: _gains(*pair, frames, keys), tried)
    gains.reshape(-1, len(keys))[:] = np.array(list(found))
    forward, backward = gains.max(axis=1)
    best = _best_key(forward, np.array(keys))
    is_decoy = (np.array(keys) - keys[best]) % OCTAVE != 0
    decoys = np.concatenate([forward[is_decoy], backward])
    pace = PACES[int(gains[0, :, best].argmax())]
    shorter = min(_frame_count(score, pace * group * FEATURE_PERIOD), frames.shape[1])
    return PartialMatch(
        notes=notes,
        score=replace(score, transposition=keys[best]),
        pace=pace,
        group=group,
        gain=float(forward[best]) * shorter / frames.shape[1],
        significance=float((forward[best] - decoys.mean()) / max(decoys.std(), 1e-9)),
    )


def _best_key(gains: Array, keys: Array) -> int:
    """Return the index of the key with the greatest gain; a far one must gain clearly more than the near ones."""
    weighted = gains / np.where(np.abs(keys) > max(TRANSPOSITIONS), FAR_KEY_ADVANTAGE, 1.0)
    return int(weighted.argmax())


def search_group(n_frames: int, score_duration: float) -> int:
    """Return how many feature frames make a frame of the search, so that it has a bounded number of cells and rows."""
    most_score_frames = score_duration / FEATURE_PERIOD / min(PACES)
    needed = max(np.sqrt(n_frames * most_score_frames / MAX_CELLS), most_score_frames / MAX_SCORE_FRAMES)
    return max(SEARCH_GROUP, int(np.ceil(needed)))


def _gains(score: ScoreFeatures, score_frame: float, recording: Array, keys: Sequence[int]) -> Array:
    """Return the gain of a score for each key, by frame of the shorter sequence, shape (keys,)."""
    n_frames = _frame_count(score, score_frame)
    features = weaken_onsets(score.whole(n_frames, oversampling=OVERSAMPLING))
    is_sounding = sounding_frames(score.notes, score.begin, score.end, n_frames)
    pairs = [gain_features(transpose(features, key), recording, is_sounding) for key in keys]
    total = greatest_gains(np.stack([pair[0] for pair in pairs]), pairs[0][1])
    return np.asarray(total / min(n_frames, recording.shape[1]))


def _frame_count(score: ScoreFeatures, score_frame: float) -> int:
    """Return how many frames of a duration (s) a score has, at least two."""
    return max(int((score.end - score.begin) / score_frame), 2)


def _reversed(notes: Notes) -> Notes:
    """Return notes backwards in time."""
    total = notes.onset.min() + notes.offset.max()
    backwards = replace(notes, onset=total - notes.offset, offset=total - notes.onset)
    return backwards.take(np.lexsort((backwards.pitch, backwards.onset)))
