"""How much a score resembles a recording, and how far it is transposed.

Conventions: features are those of `features`: two blocks of keys, sound over onsets, columns of norm one.
"""

from __future__ import annotations

import numpy as np

from scoresep.alignment.dtw import halve, path_in_band, unit
from scoresep.alignment.score_features import shifted
from scoresep.values import Array

#: Semitones that a recording may be away from its score.
SHIFTS = tuple(range(-6, 7))
#: Frames that are enough to tell one piece, or one key, from another, if they are no longer than this (s): beyond it
#: all music begins to sound alike.
FRAMES, LONGEST = 500, 0.8


def likeness(score: Array, recording: Array, *, frame: float, skip: float) -> float:
    """Return how much a score resembles a recording.

    It is the mean inner product along the cheapest path, where what the path skips counts as zero: about 0.6 for a
    score and its recording, under 0.2 for two pieces.  ``frame`` is how long a frame of the recording is (s), ``skip``
    as in `warping.warp`.
    """
    return _likeness(*_few_frames(score, recording, frame), skip)


def transposition_of(score: Array, recording: Array, *, frame: float, skip: float, enough: float) -> int:
    """Return how many semitones a score must move to resemble a recording most; none if it does ``enough`` already."""
    score, recording = _few_frames(score, recording, frame)
    if _likeness(score, recording, skip) >= enough:
        return 0
    return max(SHIFTS, key=lambda shift: _likeness(shifted(score, shift), recording, skip))


def _few_frames(score: Array, recording: Array, frame: float) -> tuple[Array, Array]:
    """Return features averaged down to few frames, unless these would be too long."""
    while max(score.shape[1], recording.shape[1]) > FRAMES and 2 * frame <= LONGEST:
        score, recording, frame = halve(score), halve(recording), 2 * frame
    return unit(score), unit(recording)


def _likeness(score: Array, recording: Array, skip: float) -> float:
    """Return the likeness of a score as it stands."""
    n, m = score.shape[1], recording.shape[1]
    i, j = path_in_band(score, recording, np.zeros(n, int), np.full(n, m), skip=skip)
    return float(np.vdot(score[:, i], recording[:, j]) / max(n, m, len(i)))
