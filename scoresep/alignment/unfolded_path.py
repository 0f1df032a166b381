"""The notes of an alignment in unfolded score time: that of the score with its repeats in the order played."""

from __future__ import annotations

import numpy as np

from scoresep.alignment.unfolded_pair import extend_to_score_ends
from scoresep.score.unfolding import unfolded_begin
from scoresep.values import Alignment, Array

#: Times of the score that differ by less than this are the same (s).
ROUNDING = 1e-3


def played_sections(alignment: Alignment) -> Array:
    """Return the sections of an alignment, the first and the last one up to the ends of the score."""
    notes = alignment.score_onset
    begin, end = float(notes.min(initial=0.0)), float(alignment.score_offset.max(initial=0.0))
    return extend_to_score_ends(alignment.sections, begin, max(end, float(alignment.sections[:, 1].max())))


def unfold_times(alignment: Alignment, score_time: Array, time: Array) -> Array:
    """Return the unfolded score times of score times, each by the section in which it is played.

    Parameters
    ----------
    alignment : Alignment
    score_time : np.ndarray [shape=(times,)]
        Times in the score as it is written (s).
    time : np.ndarray [shape=(times,)]
        About when each sounds in the recording (s), which tells the times apart at which it is repeated.

    Returns
    -------
    np.ndarray [shape=(times,)]
    """
    sections = played_sections(alignment)
    score = np.asarray(score_time, float)[:, None]
    outside = np.maximum(sections[:, 0] - score, 0) + np.maximum(score - sections[:, 1], 0)
    outside += ROUNDING * (score >= sections[:, 1])  # what begins at a boundary belongs to what follows
    heard = np.asarray(time, float)[:, None]
    away = np.maximum(sections[:, 2] - heard, 0) + np.maximum(heard - sections[:, 3], 0)
    section = np.lexsort((away, np.rint(outside / ROUNDING)), axis=1)[:, 0]
    return np.asarray(unfolded_begin(sections)[section] + score[:, 0] - sections[section, 0])


def unfolded_onsets(alignment: Alignment) -> Array:
    """Return when each note begins in unfolded score time, shape (notes,)."""
    return unfold_times(alignment, alignment.score_onset, alignment.notes.onset)


def unfolded_path(alignment: Alignment) -> Array:
    """Return the warping path without jumps: unfolded score times over recording times, both rising.

    Where the recording has a passage that the score does not have, only its time goes on.

    Returns
    -------
    np.ndarray [shape=(2, points)]
    """
    score_time, time = alignment.path
    unfolded = unfold_times(alignment, score_time, time)
    return np.stack([np.maximum.accumulate(unfolded), np.maximum.accumulate(time)])
