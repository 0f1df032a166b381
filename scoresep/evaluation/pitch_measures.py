"""Measures of pitch contours against true ones.

Conventions: a contour is a pair of times (s, rising) and frequencies (Hz).  Zero stands for no pitch, a frequency
below zero for a pitch where the voice is taken to be silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values import Array

#: A pitch that is less than this off is right (cents).
TOLERANCE = 50.0
#: The frequency that has zero cents (Hz); no voice is that low.
_ZERO_CENTS = 10.0


@dataclass(frozen=True)
class PitchFigures:
    """How well a pitch contour fits the true one; shares of the times of the true one, from 0 to 1.

    Attributes
    ----------
    name : str
        The part, or "".
    times : int
        How many times the true contour has.
    raw_pitch : float
        Of the voiced times, the share at which the pitch is right.
    raw_chroma : float
        The same, with octave errors forgiven.
    voicing_recall : float
        Of the voiced times, the share that is found to be voiced.
    voicing_false_alarm : float
        Of the silent times, the share that is found to be voiced.
    overall : float
        Of all times, the share at which the pitch is right, or silence is found.
    """

    name: str
    times: int
    raw_pitch: float
    raw_chroma: float
    voicing_recall: float
    voicing_false_alarm: float
    overall: float


def pitch_figures(truth: Array, found: Array, *, name: str = "", tolerance: float = TOLERANCE) -> PitchFigures:
    """Compare a pitch contour with the true one [1]_ [2]_.

    The contour is interpolated at the times of the true one, in cents; between a pitch and silence it stays as it was.

    Parameters
    ----------
    truth : array, shape (2, times)
        Times (s) and frequencies (Hz) of the true contour.
    found : array, shape (2, found times)
        Those of the contour to judge.
    name : str
        The name that the result gets.
    tolerance : float
        A pitch that is less than so many cents off is right.

    Returns
    -------
    PitchFigures

    References
    ----------
    .. [1] Poliner, Ellis, Ehmann, Gómez, Streich and Ong, "Melody transcription from music audio: approaches and
       evaluation", IEEE TASLP 15(4), 2007.
    .. [2] Raffel, McFee, Humphrey, Salamon, Nieto, Liang and Ellis, "mir_eval: a transparent implementation of common
       MIR metrics", ISMIR 2014.
    """
    times, frequency = _from_zero(truth)
    cents, is_voiced = _cents(frequency), frequency > 0
    found_cents, is_found = _at_times(*_from_zero(found), times)
    has_both = (cents != 0) & (found_cents != 0)
    error = np.abs(cents - found_cents)
    is_right = has_both & (error < tolerance)
    is_right_chroma = has_both & (np.abs(error - 1200 * np.floor(error / 1200 + 0.5)) < tolerance)
    n_voiced, n_silent = int(is_voiced.sum()), int((~is_voiced).sum())
    right = np.where(is_voiced, is_right & is_found, ~is_found)
    return PitchFigures(
        name,
        len(times),
        raw_pitch=float((is_right & is_voiced).sum() / n_voiced) if n_voiced else 0.0,
        raw_chroma=float((is_right_chroma & is_voiced).sum() / n_voiced) if n_voiced else 0.0,
        voicing_recall=float((is_found & is_voiced).sum() / n_voiced) if n_voiced else 0.0,
        voicing_false_alarm=float((is_found & ~is_voiced).sum() / n_silent) if n_silent else 0.0,
        overall=float(right.mean()),
    )


def _from_zero(contour: Array) -> tuple[Array, Array]:
    """Return times and frequencies; a contour that begins later has its first value at time 0 too."""
    times, frequency = np.asarray(contour, float)
    if times[0] > 0:
        times, frequency = np.r_[0.0, times], np.r_[frequency[0], frequency]
    return times, frequency


def _cents(frequency: Array) -> Array:
    """Return frequencies in cents; those of zero stay zero."""
    has_pitch = frequency != 0
    return np.where(has_pitch, 1200 * np.log2(np.where(has_pitch, np.abs(frequency), 1.0) / _ZERO_CENTS), 0.0)


def _at_times(times: Array, frequency: Array, wanted: Array) -> tuple[Array, Array]:
    """Return a contour at other times: in cents, and whether it is voiced there."""
    cents, is_voiced = _cents(frequency), frequency > 0
    if times.shape == wanted.shape and np.allclose(times, wanted):
        return cents, is_voiced
    times, wanted = np.round(times, 10), np.round(wanted, 10)
    if wanted[-1] > times[-1]:  # it ends before the other one
        times, cents, is_voiced = np.r_[times, wanted[-1]], np.r_[cents, 0.0], np.r_[is_voiced, False]
    last_pitch = np.maximum.accumulate(np.where(cents != 0, np.arange(len(cents)), 0))
    before = np.searchsorted(times, wanted, side="right") - 1
    interpolated = np.interp(wanted, times, cents[last_pitch])
    return np.where(cents[before] != 0, interpolated, 0.0), is_voiced[before]
