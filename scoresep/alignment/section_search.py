"""Find which reading of a score a recording plays, in which key, and which sections of it.

Candidates are made of each reading, in up to two keys, and with several numbers of score frames, because the tempo of
the recording is not yet known.

Conventions: a section is a row (score begin, score end, recording begin, recording end) in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from scoresep.alignment.features import FEATURE_PERIOD, average, has_no_salient_key
from scoresep.alignment.score_features import ScoreFeatures
from scoresep.alignment.similarity import MIN_SIMILARITY, estimate_transposition, similarity
from scoresep.alignment.unfolded_pair import unfold_and_crop
from scoresep.alignment.viterbi import find_played_sections
from scoresep.dsp.parallel import ordered_map
from scoresep.score.unfolding import unfold
from scoresep.values import Array, Notes

#: A frame of the search is the mean of at least this many feature frames (0.2 s).
MIN_GROUP = 5
#: Frames of a long recording are made longer, so that the search has no more than this many.
PREFERRED_SEARCH_FRAMES = 4500
#: For that reason they are made no longer than this many feature frames (1.6 s): then all music sounds similar.
PREFERRED_MAX_GROUP = 40
#: The search never has more frames than this, however long they have to be.
MAX_SEARCH_FRAMES = 18000
#: A score frame of the search is the mean of this many shorter ones.
OVERSAMPLING = MIN_GROUP
#: Cost of a skipped frame at the ends of recording or score when the similarity is measured; matching frames cost about
#: 0.4, others 1.
SIMILARITY_SKIP_COST = 0.55
#: Score frames for each recording frame at the first scale; there are twice as many at each next one.
FIRST_SCALE = 0.25
#: Number of scales that are always tried: 1/4, 1/2, 1 and 2 score frames for each recording frame.
N_USUAL_SCALES = 4
#: Largest number of scales.
MAX_SCALES = 14
#: Further scales are tried while a score frame lasts at least this share of a recording frame.
MIN_SCORE_FRAME_RATIO = 0.75
#: Scales with score frames longer than this (s) are left out ...
MAX_SCORE_FRAME = 2.5
#: ... if these are also longer than this many recording frames.
MAX_SCORE_FRAME_RATIO = 1.5
#: A candidate must reach this share of the greatest similarity; the cheapest of those that do is taken.
COMPETITIVE_SHARE = 0.8
#: Two sections are contiguous if the second begins less than this many score frames from the end of the first.
CONTIGUOUS_FRAMES = 3


@dataclass(frozen=True, eq=False)
class Candidate:
    """A reading of a score in a key, and the sections of it that a recording may play.

    Parameters
    ----------
    score
        The reading and its transposition.
    sections
        Shape (sections, 4), in the order in which they are played.
    similarity
        Similarity of the sections and the recording, lowered if they cover only a part of both.
    cost
        Mean cost of a recording frame, see `find_played_sections`.
    """

    score: ScoreFeatures
    sections: Array
    similarity: float
    cost: float


@dataclass(frozen=True, eq=False)
class _SearchFrames:
    """A recording as it is searched.

    ``features`` has shape (features, frames); ``duration`` is that of a frame (s); ``salient`` has the indices of the
    frames in which a key is salient.
    """

    features: Array
    duration: float
    salient: Array


def find_sections(recording: Array, readings: Sequence[Notes], anchors: Array) -> Candidate | None:
    """Find the reading, the key and the sections of a score that a recording plays.

    Parameters
    ----------
    recording
        Features, shape (features, frames), a frame for each ``FEATURE_PERIOD``.
    readings
        The notes of the score in the orders in which they may be played.
    anchors
        Shape (anchors, 2): score times and the times at which they sound, in seconds from the first frame.

    Returns
    -------
    Candidate or None
        The cheapest of the candidates that are nearly as similar to the recording as any; None if there are none.
    """
    group = _group_size(recording.shape[1])
    features = average(recording, group)
    frames = _SearchFrames(features, group * FEATURE_PERIOD, np.flatnonzero(~has_no_salient_key(features)))
    candidates = [candidate for notes in readings for candidate in _candidates(notes, frames, anchors)]
    threshold = COMPETITIVE_SHARE * max((candidate.similarity for candidate in candidates), default=0.0)
    competitive = (candidate for candidate in candidates if candidate.similarity >= threshold)
    return min(competitive, key=lambda candidate: candidate.cost, default=None)


def _group_size(n_frames: int) -> int:
    """Return how many feature frames are averaged to one frame of the search."""
    preferred = min(-(-n_frames // PREFERRED_SEARCH_FRAMES), PREFERRED_MAX_GROUP)
    return max(MIN_GROUP, preferred, -(-n_frames // MAX_SEARCH_FRAMES))


def _candidates(notes: Notes, recording: _SearchFrames, anchors: Array) -> list[Candidate]:
    """Return the candidates of a reading: as written and in the most similar key, each at several scales."""
    if not len(recording.salient):
        return []
    n_frames = recording.features.shape[1]
    as_written = ScoreFeatures(notes)
    transposition = estimate_transposition(
        as_written.whole(n_frames, oversampling=OVERSAMPLING),
        recording.features,
        frame_duration=recording.duration,
        skip=SIMILARITY_SKIP_COST,
        sufficient=MIN_SIMILARITY,
    )
    scores = [ScoreFeatures(notes, semitones) for semitones in sorted({0, transposition}, key=abs)]
    sizes = _score_sizes(n_frames, as_written.end - as_written.begin, recording.duration)
    found = ordered_map(lambda pair: _candidate(*pair, recording, anchors), product(scores, sizes))
    return [candidate for candidate in found if candidate]


def _score_sizes(n_frames: int, score_duration: float, frame_duration: float) -> Iterator[int]:
    """Return the numbers of score frames to try with a recording of ``n_frames`` frames of a duration (s)."""
    for k in range(MAX_SCALES):
        size = max(round(FIRST_SCALE * 2**k * n_frames), 2)
        score_frame = score_duration / size
        if k >= N_USUAL_SCALES and score_frame < MIN_SCORE_FRAME_RATIO * frame_duration:
            return
        if score_frame <= max(MAX_SCORE_FRAME, MAX_SCORE_FRAME_RATIO * frame_duration):
            yield size


def _candidate(score: ScoreFeatures, size: int, recording: _SearchFrames, anchors: Array) -> Candidate | None:
    """Return the candidate with ``size`` score frames, None if nothing is played."""
    score_frame, frame = (score.end - score.begin) / size, recording.duration
    in_frames = np.column_stack([(anchors[:, 0] - score.begin) / score_frame, anchors[:, 1] / frame])
    pins = np.floor(in_frames).clip(0, [size - 1, recording.features.shape[1] - 1]).astype(int)
    cost, rows = find_played_sections(score.whole(size, oversampling=OVERSAMPLING), recording.features, pins)
    if len(rows):
        rows[0, 2] = max(rows[0, 2], recording.salient[0])
        rows[-1, 3] = min(rows[-1, 3], recording.salient[-1] + 1)
    in_seconds = rows * [score_frame, score_frame, frame, frame] + [score.begin, score.begin, 0.0, 0.0]
    sections = _join_contiguous(in_seconds, CONTIGUOUS_FRAMES * score_frame)
    if not are_playable(sections, score.notes):
        return None
    return Candidate(score, sections, _similarity(score, sections, recording), cost)


def _join_contiguous(sections: Array, tolerance: float) -> Array:
    """Return the sections with the begin of each moved to the end of the one before, if that is near (s)."""
    joined = sections.copy()
    for k in range(len(joined) - 1):
        if abs(joined[k, 1] - joined[k + 1, 0]) < tolerance:
            joined[k + 1, 0] = joined[k, 1]
    return joined


def are_playable(sections: Array, notes: Notes) -> bool:
    """Return whether there are sections, all of them have a duration, and a note begins in one of them."""
    if not len(sections) or (sections[:, 1] <= sections[:, 0]).any() or (sections[:, 3] <= sections[:, 2]).any():
        return False
    return len(unfold(notes, sections)[0]) > 0


def _similarity(score: ScoreFeatures, sections: Array, recording: _SearchFrames) -> float:
    """Return the similarity of sections and what they cover of a recording, times the larger share that they cover."""
    n_frames, duration = recording.features.shape[1], recording.duration
    pair = unfold_and_crop(score, n_frames, sections, frame_duration=duration, oversampling=OVERSAMPLING)
    covered = recording.features[:, pair.recording_frames]
    value = similarity(average(pair.score, OVERSAMPLING), covered, frame_duration=duration, skip=SIMILARITY_SKIP_COST)
    of_score = float((sections[:, 1] - sections[:, 0]).sum()) / (score.end - score.begin)
    of_recording = float((sections[:, 3] - sections[:, 2]).sum()) / (len(recording.salient) * duration)
    return value * min(max(of_score, of_recording), 1.0)
