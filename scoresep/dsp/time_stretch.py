"""Make a sound longer or shorter without changing its pitch, after Verhelst and Roelands (ICASSP 1993)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.fft
import scipy.signal

from scoresep.values import Array

#: The length of the pieces that are put together (s): some periods of the lowest notes.
PIECE = 0.06
#: How far a piece may be moved to continue the one before (s): most of a period of the lowest notes.
TOLERANCE = 0.012
#: How far a piece with an attack may be moved (s); more would be heard.
ATTACK_TOLERANCE = 0.002
#: How long before and after an onset the sound is left as it is (s): whole pieces on both sides of the attack.
ATTACK = (0.03, 0.045)
#: No more than these parts of the time between two onsets are left as they are, after the first and before the second.
MOST_KEPT = (0.5, 0.3)
#: Onsets that are closer than this (s) have one attack.
CHORD = 0.03
#: What keeps the comparison of silent pieces from a division by zero.
TINY = 1e-12


def stretch_after(sound: Array, factor: float, start: int, sample_rate: int) -> Array:
    """Stretch a sound in time from a sample on; what is before stays as it is.

    Overlapping pieces of the sound are added with new distances.  Each is taken from where it continues the piece
    before it best (WSOLA) [1]_, in all channels at the same place.

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
    half = max(round(PIECE * sample_rate / 2), 2)
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


@dataclass(frozen=True, eq=False)
class Warping:
    """How a sound is stretched along a path: where each of its overlapping pieces is taken from.

    ``places`` has the first sample of each piece in the sound, which may lie before it or after its end.  Pieces have
    ``2 * half`` samples, and the first of them begins ``half`` samples before the ``n_samples`` of the result.
    """

    places: Array
    half: int
    n_samples: int

    def apply(self, sound: Array) -> Array:
        """Return the stretched sound, shape (channels, samples); the sum of two sounds becomes the sum of both."""
        window = np.hanning(2 * self.half + 1)[:-1]
        total = np.zeros((len(sound), (len(self.places) + 1) * self.half))
        for k, place in enumerate(self.places.tolist()):
            begin, end = max(place, 0), min(place + 2 * self.half, sound.shape[1])
            if begin < end:
                piece = slice(begin - place, end - place)
                position = k * self.half
                total[:, position + piece.start : position + piece.stop] += sound[:, begin:end] * window[piece]
        return total[:, self.half : self.half + self.n_samples]


def warping(mono: Array, path: Array, onsets: Array, sample_rate: int, *, duration: float) -> Warping:
    """Find how to stretch a sound along a path, so that attacks stay as they are.

    Pieces are taken from where they continue the ones before best (WSOLA) [1]_.  Around an onset the sound runs on at
    its own pace, and what lies between is stretched the more.

    Parameters
    ----------
    mono : np.ndarray [shape=(samples,)]
    path : np.ndarray [shape=(2, points)]
        Times of the result over times of the sound (s), both rising; beyond its ends the sound keeps its pace.
    onsets : np.ndarray [shape=(onsets,)]
        Where notes begin in the sound (s).
    sample_rate : int
    duration : float
        Of the result (s).

    Returns
    -------
    Warping

    References
    ----------
    .. [1] Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality
       time-scale modification of speech", ICASSP 1993.
    """
    half = max(round(PIECE * sample_rate / 2), 2)
    tolerance, small = (round(t * sample_rate) for t in (TOLERANCE, ATTACK_TOLERANCE))
    n_samples = round(duration * sample_rate)
    bent, kept = keep_attacks(path, onsets)
    centres = np.arange(-(-n_samples // half) + 1) * half / sample_rate
    wanted = np.rint(_inverse(bent, centres) * sample_rate).astype(int) - half
    zone = np.searchsorted(kept[:, 0], centres, side="right") - 1
    zone[(zone < 0) | (centres >= kept[zone, 1] if len(kept) else True)] = -1
    margin = 2 * half + tolerance
    padded = np.pad(mono, (margin, margin + 2 * half))
    places = wanted.copy()
    for k in range(1, len(places)):
        natural = places[k - 1] + half
        if zone[k] >= 0 and zone[k] == zone[k - 1]:
            places[k] = natural
        elif natural != wanted[k]:
            reach = small if zone[k] >= 0 else tolerance
            at = natural + margin, int(wanted[k]) + margin
            places[k] = _continuation(padded, *at, half, reach, correlate=_correlate) - margin
    return Warping(places, half, n_samples)


def keep_attacks(path: Array, onsets: Array) -> tuple[Array, Array]:
    """Return a path that runs at the pace of the sound around onsets, and when it does in the result.

    The second array has shape (zones, 2): begin and end of each in the result (s).
    """
    time = np.sort(np.asarray(onsets, float))
    time = time[np.r_[True, np.diff(time) > CHORD]] if len(time) else time
    new = map_along(path, time)
    gap = np.minimum(np.diff(time), np.diff(new))
    before = np.minimum(ATTACK[0], np.r_[np.inf, MOST_KEPT[1] * gap])
    after = np.minimum(ATTACK[1], np.r_[MOST_KEPT[0] * gap, np.inf])
    kept = np.column_stack([new - before, new + after])
    points = np.stack([kept.ravel(), np.column_stack([time - before, time + after]).ravel()])
    is_free = np.ones(path.shape[1], bool)
    for begin, end in zip(time - before, time + after, strict=True):
        is_free &= (path[1] <= begin) | (path[1] >= end)
    joined = np.concatenate([path[:, is_free], points], axis=1)
    joined = joined[:, np.lexsort((joined[0], joined[1]))]
    return np.stack([np.maximum.accumulate(joined[0]), joined[1]]), kept


def map_along(path: Array, time: Array) -> Array:
    """Return the times of the result at times of the sound; beyond the ends of a path both go on together."""
    beyond = np.minimum(time - path[1, 0], 0) + np.maximum(time - path[1, -1], 0)
    return np.asarray(np.interp(time, path[1], path[0]) + beyond)


def _inverse(path: Array, time: Array) -> Array:
    """Return the times of the sound at times of the result."""
    return map_along(path[::-1], time)


def _correlate(region: Array, piece: Array) -> Array:
    """Return the correlation of a piece with each place in a region where it fits."""
    n_fft = scipy.fft.next_fast_len(len(region), real=True)
    spectrum = scipy.fft.rfft(region, n_fft) * scipy.fft.rfft(piece, n_fft).conj()
    return np.asarray(scipy.fft.irfft(spectrum, n_fft)[: len(region) - len(piece) + 1])


def _continuation(
    mono: Array,
    natural: int,
    wanted: int,
    half: int,
    tolerance: int,
    correlate: Callable[[Array, Array], Array] | None = None,
) -> int:
    """Return where the piece begins that is most like the one at ``natural``, near ``wanted``."""
    last = len(mono) - 2 * half - tolerance
    wanted, natural = min(max(wanted, tolerance), last), min(natural, last)
    region = mono[wanted - tolerance : wanted + tolerance + 2 * half]
    likeness = (correlate or partial(scipy.signal.correlate, mode="valid"))(region, mono[natural : natural + 2 * half])
    total = np.concatenate([[0.0], np.cumsum(region**2)])
    energy = total[2 * half :] - total[: -2 * half]
    return wanted - tolerance + int(np.argmax(likeness / np.sqrt(np.maximum(energy, 0) + TINY)))
