"""Make a sound longer or shorter without changing its pitch, after Verhelst and Roelands (ICASSP 1993)."""

from __future__ import annotations

import numpy as np
import scipy.signal

from scoresep.values import Array

#: The length of the pieces that are put together (s): some periods of the lowest notes.
PIECE_LENGTH = 0.06
#: How far a piece may be moved to continue the one before (s): most of a period of the lowest notes.
TOLERANCE = 0.012
#: Added to energies, so that silent pieces can be divided by them.
TINY = 1e-12


def stretch_after(sound: Array, factor: float, start: int, sample_rate: int) -> Array:
    """Stretch a sound in time from a sample on; what is before stays as it is.

    Overlapping pieces of the sound are put together at another distance.  Each piece is taken from where it continues
    the one before best (WSOLA) [1]_, in all channels at the same place.

    Parameters
    ----------
    sound : np.ndarray [shape=(channels, samples)]
    factor : float
        How many times as long the rest becomes.
    start : int
        The first sample to stretch.
    sample_rate : int

    Returns
    -------
    np.ndarray [shape=(channels, start + factor * (samples - start))]

    References
    ----------
    .. [1] Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality
       time-scale modification of speech", ICASSP 1993.
    """
    half = max(round(PIECE_LENGTH * sample_rate / 2), 2)
    tolerance = round(TOLERANCE * sample_rate)
    n_after = round((sound.shape[1] - start) * factor)
    if factor == 1 or n_after < half or start >= sound.shape[1]:
        return sound[:, : start + max(n_after, 0)]
    window = np.hanning(2 * half + 1)[:-1]
    margin = 2 * half + tolerance
    padded = np.pad(sound, ((0, 0), (margin, margin + half + tolerance)))
    mono = padded.mean(axis=0)
    total = np.zeros((len(sound), start + n_after + 3 * half))
    total[:, :start] = sound[:, :start]
    crossfade = slice(max(start - half, 0), start)
    total[:, crossfade] *= window[half:][half - (crossfade.stop - crossfade.start) :]
    place = start - half
    for position in range(start - half, start + n_after, half):
        if position > start - half:
            wanted = start - half + round((position - start + half) / factor)
            place = _continuation(mono, place + half + margin, wanted + margin, half, tolerance) - margin
        first = max(-position, 0)
        piece = padded[:, margin + place + first : margin + place + 2 * half] * window[first:]
        total[:, position + first : position + first + piece.shape[1]] += piece
    return total[:, : start + n_after]


def _continuation(mono: Array, natural: int, wanted: int, half: int, tolerance: int) -> int:
    """Return where the piece begins that is most like the one at ``natural``, near ``wanted``."""
    last = len(mono) - 2 * half - tolerance
    wanted, natural = min(max(wanted, tolerance), last), min(natural, last)
    region = mono[wanted - tolerance : wanted + tolerance + 2 * half]
    likeness = scipy.signal.correlate(region, mono[natural : natural + 2 * half], mode="valid")
    total = np.concatenate([[0.0], np.cumsum(region**2)])
    energy = total[2 * half :] - total[: -2 * half]
    return wanted - tolerance + int(np.argmax(likeness / np.sqrt(np.maximum(energy, 0) + TINY)))
