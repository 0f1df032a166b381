"""The coarse alignment: transposition, played sections and warping path of a recording and its score.

Conventions: score and recording times are in seconds; a section is a row (score begin, score end, recording begin,
recording end); unfolded score time is that of `scoresep.score.unfolding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from scoresep.alignment.dtw import warping_path
from scoresep.alignment.features import FEATURE_PERIOD
from scoresep.alignment.jump_refinement import refine_jumps
from scoresep.alignment.paths import monotonic_path
from scoresep.alignment.score_features import ScoreFeatures
from scoresep.alignment.section_search import find_sections
from scoresep.alignment.similarity import MIN_SIMILARITY
from scoresep.alignment.unfolded_pair import extend_to_score_ends, unfold_and_crop
from scoresep.dsp.stft import stretches
from scoresep.score.unfolding import unfolded_time
from scoresep.values import Array, Notes

#: Cost of a skipped frame at the ends of recording or score; matching frames cost about 0.4, others 1.
PATH_SKIP_COST = 0.75
#: How far a path may be from that found with frames twice as long, in frames.
BAND_RADIUS = 20
#: Seconds of the recording over which local similarity is averaged.
LOCAL_SPAN = 2.0
#: Frames whose local similarity is computed at once; this bounds the memory.
_CHUNK_FRAMES = 4096


@dataclass(frozen=True, eq=False)
class CoarseAlignment:
    """A coarse alignment of one reading of a score.

    Parameters
    ----------
    notes
        The notes of the reading.
    transposition
        Semitones from the score to the recording.
    sections
        Shape (sections, 4), in the order in which they are played.
    path
        Shape (2, points): unfolded score times over recording times, both rising.
    similarity
        About 0.6 for a recording and its score, below ``MIN_SIMILARITY`` for those of two pieces.
    significance
        That of the match, see `partial_scores.PartialMatch`; None if it was not measured.
    is_partial
        Whether the score explains only a part of what sounds: the path is that of `align_partial_score`.
    """

    notes: Notes
    transposition: int
    sections: Array
    path: Array
    similarity: float
    significance: float | None = None
    is_partial: bool = False


def align_coarsely(recording: Array, readings: Sequence[Notes], *, first_frame: int, anchors: Array) -> CoarseAlignment:
    """Align a recording with the reading of a score that it plays.

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

    Returns
    -------
    CoarseAlignment
        If no reading is similar to the recording, the first one as a whole, warped to it as well as can be.
    """
    shift = first_frame * FEATURE_PERIOD
    local_anchors = anchors - [0.0, shift]
    found = find_sections(recording, readings, local_anchors)
    similarity = found.similarity if found else 0.0
    if found and similarity >= MIN_SIMILARITY:
        score, sections = found.score, refine_jumps(found.score, recording, found.sections)
    else:
        score = ScoreFeatures(readings[0])
        sections = np.array([[score.begin, score.end, 0.0, recording.shape[1] * FEATURE_PERIOD]])
    path = _path(score, recording, sections, local_anchors)
    sections = sections + np.array([0.0, 0.0, shift, shift])
    path = path + np.array([[0.0], [shift]])
    return CoarseAlignment(score.notes, score.transposition, sections, path, similarity)


def local_similarity(recording: Array, aligned: ScoreFeatures) -> Array:
    """Measure the similarity of aligned notes and a recording around each frame.

    Parameters
    ----------
    recording
        Features, shape (features, frames), a frame for each ``FEATURE_PERIOD``.
    aligned
        The notes in recording time.

    Returns
    -------
    Array
        Mean cosine similarity over ``LOCAL_SPAN``, shape (frames,): about 0.55 where the score is played, below 0.3
        where it is not.
    """
    values = np.empty(recording.shape[1])
    for chunk in stretches(range(len(values)), _CHUNK_FRAMES):
        score = aligned.passage(chunk.start * FEATURE_PERIOD, chunk.stop * FEATURE_PERIOD, len(chunk))
        values[chunk.start : chunk.stop] = np.einsum("ij,ij->j", score, recording[:, chunk.start : chunk.stop])
    return np.asarray(scipy.ndimage.uniform_filter1d(values, round(LOCAL_SPAN / FEATURE_PERIOD)))


def _path(score: ScoreFeatures, recording: Array, sections: Array, anchors: Array) -> Array:
    """Return the warping path of the played sections, shape (2, points), in unfolded score time."""
    pair = unfold_and_crop(score, recording.shape[1], sections, frame_duration=FEATURE_PERIOD, oversampling=1)
    kept = recording[:, pair.recording_frames]
    score_times = unfolded_time(anchors, extend_to_score_ends(sections, score.begin, score.end))
    row = (score_times - pair.begin) / pair.frame_duration
    column = np.searchsorted(pair.recording_frames, anchors[:, 1] / FEATURE_PERIOD)
    pins = np.column_stack([row, column]).astype(int).clip(0, [pair.score.shape[1] - 1, kept.shape[1] - 1])
    i, j = warping_path(pair.score, kept, skip=PATH_SKIP_COST, radius=BAND_RADIUS, pins=pins)
    times = (pair.recording_frames[j] + 0.5) * FEATURE_PERIOD
    return monotonic_path(pair.begin + (i + 0.5) * pair.frame_duration, times)
