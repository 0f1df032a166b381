"""The similarity of a score and a recording, and the transposition that makes it greatest.

Conventions: features have shape (2 * N_KEYS, frames), columns of norm one, as in `scoresep.alignment.features`.
"""

from __future__ import annotations

import numpy as np

from scoresep.alignment.dtw import path_in_band
from scoresep.alignment.features import halve, normalize, transpose
from scoresep.values import Array

#: A recording and its score are more similar than this, two different pieces less.
MIN_SIMILARITY = 0.33
#: Transpositions that are tried (semitones); no other key is farther away.
TRANSPOSITIONS = tuple(range(-6, 7))
#: Longer sequences are averaged down to this many frames, which are enough to tell pieces and keys apart.
ENOUGH_FRAMES = 500
#: Frames do not become longer than this by averaging (s); in longer ones all music sounds similar.
MAX_FRAME_DURATION = 0.8


def similarity(score: Array, recording: Array, *, frame_duration: float, skip: float) -> float:
    """Measure the similarity of a score and a recording along the cheapest warping path.

    Parameters
    ----------
    score, recording
        Features, shapes (features, score frames) and (features, recording frames).
    frame_duration
        Duration of a frame of the recording in seconds.
    skip
        Cost of a frame before the beginning or after the end of the path, see `dtw.warp`.

    Returns
    -------
    float
        The mean cosine similarity along the path, where skipped frames count as zero: about 0.6 for a recording and
        its own score, mostly below 0.2 for another score.
    """
    return _similarity(*_reduce_frames(score, recording, frame_duration), skip)


def estimate_transposition(
    score: Array, recording: Array, *, frame_duration: float, skip: float, sufficient: float
) -> int:
    """Estimate how many semitones a recording is above its score.

    The parameters are those of `similarity`; if the score as it stands reaches a similarity of ``sufficient``, it is
    not transposed.

    Returns
    -------
    int
        The transposition of the greatest similarity, from -6 to 6 semitones.
    """
    score, recording = _reduce_frames(score, recording, frame_duration)
    if _similarity(score, recording, skip) >= sufficient:
        return 0
    return max(TRANSPOSITIONS, key=lambda semitones: _similarity(transpose(score, semitones), recording, skip))


def _reduce_frames(score: Array, recording: Array, frame_duration: float) -> tuple[Array, Array]:
    """Return features averaged down to ``ENOUGH_FRAMES`` or fewer, as far as ``MAX_FRAME_DURATION`` allows."""
    while max(score.shape[1], recording.shape[1]) > ENOUGH_FRAMES and 2 * frame_duration <= MAX_FRAME_DURATION:
        score, recording, frame_duration = halve(score), halve(recording), 2 * frame_duration
    return normalize(score), normalize(recording)


def _similarity(score: Array, recording: Array, skip: float) -> float:
    """Return the similarity of features without averaging them."""
    n, m = score.shape[1], recording.shape[1]
    i, j = path_in_band(score, recording, np.zeros(n, int), np.full(n, m), skip=skip)
    return float(np.vdot(score[:, i], recording[:, j]) / max(n, m, len(i)))
