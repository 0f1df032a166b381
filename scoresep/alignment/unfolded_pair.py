"""A score with its played sections in a row, opposite the part of the recording that plays them.

Conventions: a section is a row (score begin, score end, recording begin, recording end) in seconds.  Unfolded score
time is that of `scoresep.score.unfolding`: it runs on through the sections in the order in which they are played.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.alignment.score_features import ScoreFeatures
from scoresep.score.unfolding import unfold, unfolded_begin
from scoresep.values import Array

#: Seconds of the recording that are kept before and after each section.
_CONTEXT = 2.0


@dataclass(frozen=True, eq=False)
class UnfoldedPair:
    """Features of an unfolded score, and the recording frames to compare them with, both at about the same tempo.

    Parameters
    ----------
    score
        Features of the unfolded score, shape (features, score frames).
    begin
        Unfolded score time of the beginning of the first score frame.
    frame_duration
        Duration of a score frame in seconds of unfolded score time.
    recording_frames
        Indices of the recording frames in or near a section, shape (frames,), rising.
    """

    score: Array
    begin: float
    frame_duration: float
    recording_frames: Array


def unfold_and_crop(
    score: ScoreFeatures, n_frames: int, sections: Array, *, frame_duration: float, oversampling: int
) -> UnfoldedPair:
    """Unfold a score into its played sections, and crop it and a recording to them, with some context at both ends.

    Parameters
    ----------
    score
        The score as written.
    n_frames
        Number of frames of the recording.
    sections
        Shape (sections, 4), at least one.
    frame_duration
        Duration of a frame of the recording in seconds.
    oversampling
        Number of score frames for each recording frame.
    """
    extended = extend_to_score_ends(sections, score.begin, score.end)
    unfolded = ScoreFeatures(unfold(score.notes, extended)[0], score.transposition)
    # Seconds of the recording for a second of the score.
    pace = (sections[:, 3] - sections[:, 2]).sum() / (sections[:, 1] - sections[:, 0]).sum()
    last = unfolded_begin(extended)[-1] + sections[-1, 1] - extended[-1, 0]
    begin = max(sections[0, 0] - _CONTEXT / pace, score.begin)
    end = min(last + _CONTEXT / pace, unfolded.end)
    n_score_frames = max(round((end - begin) * pace / frame_duration), 1) * oversampling
    context = round(_CONTEXT / frame_duration)
    is_near = np.zeros(n_frames, bool)
    for start, stop in np.rint(sections[:, 2:] / frame_duration).astype(int).tolist():
        is_near[max(start - context, 0) : stop + context] = True
    features = unfolded.passage(begin, end, n_score_frames)
    return UnfoldedPair(features, begin, (end - begin) / n_score_frames, np.flatnonzero(is_near))


def extend_to_score_ends(sections: Array, begin: float, end: float) -> Array:
    """Extend the first section back to the beginning of the score and the last one to its end.

    A section is not extended if another one plays what comes before (or after) it in the score.

    Parameters
    ----------
    sections
        Shape (sections, 2 or more), at least one.
    begin, end
        Score times between which all notes begin.

    Returns
    -------
    Array
        The sections, of which at most the first begins earlier and the last ends later in the score.
    """
    extended = sections.copy()
    if extended[0, 0] == extended[:, 0].min():
        extended[0, 0] = begin
    if extended[-1, 1] == extended[:, 1].max():
        extended[-1, 1] = end
    return extended
