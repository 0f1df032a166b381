"""Notes whose times in the recording are known, as the alignment of the score that they are from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.ndimage

from scoresep.errors import InputError
from scoresep.values import Alignment, Array, Notes

#: At least this share of the notes must be in the score.
LEAST_SHARE = 0.5
#: A score time is that of a note if it differs by less than this (s); tables round times.
SAME_TIME = 1e-3
#: Notes over which score times are smoothed, so that a single note out of order is no jump.
SMOOTHED_NOTES = 3
#: The recording jumps back where the score time falls by more than this (s).
SHORTEST_JUMP = 0.5
#: It jumps on where the score time rises by more than this (s) beyond what the fastest tempo allows.
SHORTEST_CUT = 2.0
#: The fastest tempo, as a multiple of the written one.
FASTEST_TEMPO = 4.0


def alignment_with_score(aligned: Alignment, readings: Sequence[Notes]) -> Alignment:
    """Return aligned notes with the beats of their score, and with the sections of it that are played.

    Parameters
    ----------
    aligned : Alignment
        The notes in the recording, as a table has them, with their times in the score.
    readings : sequence of Notes
        The notes of the score in each order in which it may be played.

    Returns
    -------
    Alignment
        The notes stay as they are; ``beats``, ``sections`` and ``path`` are new.

    Raises
    ------
    InputError
        If hardly a note is in the score.
    """
    counts = [_n_common(aligned, reading) for reading in readings]
    if max(counts) < LEAST_SHARE * len(aligned.notes):
        raise InputError("hardly a note of the table is in the score; name the score that the table was made from")
    order = np.argsort(aligned.notes.onset, kind="stable")
    parts = np.split(order, _jumps(aligned.score_onset[order], aligned.notes.onset[order]))
    path = [np.maximum.accumulate(_smooth(aligned.score_onset[part])) for part in parts]
    return replace(
        aligned,
        beats=readings[int(np.argmax(counts))].beats,
        sections=_sections(aligned, parts),
        path=np.stack([np.concatenate(path), aligned.notes.onset[order]]),
    )


def _n_common(aligned: Alignment, reading: Notes) -> int:
    """Count the notes that a reading of the score has at their score times."""
    first, second = (
        np.round(time / SAME_TIME).astype(int) * 128 + pitch
        for time, pitch in ((aligned.score_onset, aligned.notes.pitch), (reading.onset, reading.pitch))
    )
    return int(np.isin(first, second).sum())


def _jumps(score_onset: Array, onset: Array) -> Array:
    """Return the first note after each jump in the score, for notes in the order of the recording."""
    step = np.diff(_smooth(score_onset))
    is_jump = (step < -SHORTEST_JUMP) | (step > SHORTEST_CUT + FASTEST_TEMPO * np.diff(onset))
    return np.flatnonzero(is_jump) + 1


def _smooth(score_onset: Array) -> Array:
    """Return score times without those of single notes that are out of order; times that rise stay as they are."""
    return np.asarray(scipy.ndimage.median_filter(score_onset, SMOOTHED_NOTES, mode="nearest"))


def _sections(aligned: Alignment, parts: Sequence[Array]) -> Array:
    """Return score begin and end, and recording begin and end (s), of notes that are played without a jump."""
    begins = [float(aligned.notes.onset[part].min()) for part in parts]
    ends = [*begins[1:], float(aligned.notes.offset.max())]
    rows = []
    for part, begin, end in zip(parts, begins, ends, strict=True):
        score_onset = aligned.score_onset[part]
        last = part[score_onset == score_onset.max()]
        rows.append([score_onset.min(), aligned.score_offset[last].max(), begin, end])
    return np.array(rows)
