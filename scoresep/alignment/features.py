"""What a recording has in common with its score: the energies of pitches, on a clock of 5 ms.

Conventions: samples are mono at ``RATE``; frame ``n`` is centred on sample ``n * HOP``; rows of energies are
the MIDI pitches from ``LOWEST`` to ``HIGHEST``, keys those of a piano.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.fft
import scipy.ndimage
import soxr

from scoresep.alignment.dtw import unit
from scoresep.dsp.downmix import RATE
from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import hann, stretches, windows_of
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array, Audio

HOP = 110
#: Seconds from one frame to the next.
CLOCK = HOP / RATE
LOWEST, HIGHEST = 21, 123
#: Pitches of a piano; above it there are only partials.
KEYS = 88
#: Semitones from a note to its first five partials.
PARTIALS = (0, 12, 19, 24, 28)
#: How many frames an onset lasts, and among how many it is scaled by the strongest.
_DECAY, _AROUND = 5, 25
#: How much onsets count beside sound.
_ONSET_WEIGHT = 1.5
#: Low pitches need a long window, high ones can have a sharp one: (samples taken for one, window length in them, first
#: pitch, last pitch).  What is taken for one divides the hop.
_WINDOWS = ((10, 410, LOWEST, 54), (5, 410, 55, 71), (1, 1024, 72, HIGHEST))
#: The loudest key's share of the norm of a frame in which it stands out.
_SALIENT = 0.2
#: Frames that are transformed at once.
_CHUNK = 4096


def pitch_energies(samples: Array, *, tuning: float = 0.0) -> Array:
    """Return the energy around each pitch, shape (pitches, frames), float32, with its maximum scaled to one.

    ``samples`` has shape (samples,), ``tuning`` is in cents.  A band is a triangle one semitone wide, at least two
    bins.
    """
    frames = range(len(samples) // HOP + 1)
    energies = np.empty((HIGHEST - LOWEST + 1, len(frames)), np.float32)
    for factor, length, first, last in _WINDOWS:
        bands = _bands(RATE / factor, length, first, last, tuning)
        fewer = soxr.resample(samples, RATE, RATE / factor) if factor > 1 else samples
        parts = stretches(frames, _CHUNK)
        energies_of = partial(_stretch_energies, fewer, bands, length, HOP // factor)
        for part, some in zip(parts, ordered_map(energies_of, parts), strict=True):
            energies[first - LOWEST : last - LOWEST + 1, part.start : part.stop] = some
    energies /= max(float(energies.max(initial=0.0)), 1e-20)
    return energies


def _stretch_energies(samples: Array, bands: Array, length: int, hop: int, frames: range) -> Array:
    """Return the energy in each of the bands for some frames, shape (bands, frames)."""
    windows = windows_of(Audio(samples, RATE), length=length, hop=hop, frames=frames)[0]
    spectrum = scipy.fft.rfft(windows * (hann(length) / length), axis=1)[:, : bands.shape[1]]
    return np.asarray(bands @ (spectrum.real**2 + spectrum.imag**2).T)


def _bands(rate: float, length: int, first: int, last: int, tuning: float) -> Array:
    """Return the triangular bands of the pitches, shape (pitches, bins up to the last one's end), float32."""
    frequencies = np.arange(length // 2 + 1) * rate / length
    centres = np.array([pitch_frequency(pitch + tuning / 100) for pitch in range(first, last + 1)])[:, None]
    reach = np.maximum(centres * (2 ** (0.5 / 12) - 1), rate / length)
    bands = np.maximum(0, 1 - np.abs(frequencies - centres) / reach)
    return np.asarray(bands[:, : np.flatnonzero(bands.any(axis=0))[-1] + 1], np.float32)


def estimate_tuning(samples: Array) -> float:
    """Return how many cents (-50 to 50) the recording is off A4 = 440 Hz: the circular mean of its spectral peaks.

    Peaks from 100 to 1500 Hz count by their magnitude; higher ones, of stretched partials, would bias it.
    """
    length = 8192
    count = len(samples) // length
    if count == 0:
        return 0.0
    frames = np.linspace(0, count - 1, min(count, 300)).astype(int)
    windows = np.stack([samples[frame * length : (frame + 1) * length] for frame in frames])
    magnitude = np.abs(scipy.fft.rfft(windows * hann(length), axis=1, workers=-1))
    low, high = (round(f * length / RATE) for f in (100, 1500))
    left, middle, right = magnitude[:, low - 1 : high - 1], magnitude[:, low:high], magnitude[:, low + 1 : high + 1]
    frame, k = np.nonzero((middle > left) & (middle > right) & (middle > 0.05 * magnitude.max(axis=1, keepdims=True)))
    if not len(k):
        return 0.0
    a, b, c = (np.log(side[frame, k] + 1e-12) for side in (left, middle, right))
    bins = low + k + 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
    cents = 1200 * np.log2(bins * RATE / length / 440)
    mean = np.sum(middle[frame, k] * np.exp(2j * np.pi * cents / 100))
    return float(np.angle(mean) / (2 * np.pi) * 100)


def recording_features(energies: Array, pool: int) -> Array:
    """Return the features of a recording for every ``pool`` frames, shape (2 * keys, frames), columns of norm one.

    They are the sound of each key over the onsets of each key, as far as they stand out from their neighbours.
    """
    n_frames = -(-energies.shape[1] // pool)
    sound, begin = np.empty((KEYS, n_frames), np.float32), np.empty((KEYS, n_frames), np.float32)
    for part in stretches(range(n_frames), _CHUNK):
        context = 2 if part.start else 0
        some = energies[:KEYS, part.start * pool - context : part.stop * pool + 2]
        own = slice(context, context + len(part) * pool)
        sound[:, part.start : part.stop] = _standing_out(_pooled(some[:, own] ** 0.25, pool).mean(axis=2))
        begin[:, part.start : part.stop] = _standing_out(_pooled(rise(some**0.2, 2)[:, own], pool).max(axis=2))
    return normalized(sound, 0.02 * float(np.linalg.norm(sound, axis=0).max(initial=0)), begin)


def averaged(features: Array, group: int) -> Array:
    """Return the means of groups of frames, columns of norm one or silent."""
    return unit(_pooled(features, group).mean(axis=2))


def is_flat(features: Array) -> Array:
    """Return in which frames no key stands out, as in silence and noise, shape (frames,)."""
    sound = features[:KEYS]
    return np.asarray(sound.max(axis=0) < _SALIENT * np.linalg.norm(sound, axis=0))


def rise(level: Array, reach: int) -> Array:
    """Return the growth of levels, shape (rows, frames), over ± ``reach`` frames, zero where they fall."""
    growth = np.zeros_like(level)
    np.maximum(level[:, 2 * reach :] - level[:, : -2 * reach], 0, out=growth[:, reach : max(level.shape[1] - reach, 0)])
    return growth


def normalized(sound: Array, floor: float, begin: Array) -> Array:
    """Return sound over decaying onsets, columns of norm one.

    Onsets are scaled by their local maximum and decay over a few frames, as the DLNCO features of Ewert, Müller and
    Grosche (ICASSP 2009) do for chroma.  Columns of ``sound`` with a norm up to ``floor`` count as silence and
    match everything alike.
    """
    features = np.empty((2 * KEYS, sound.shape[1]), np.float32)
    norm = np.linalg.norm(sound, axis=0)
    np.divide(sound, np.maximum(norm, 1e-12), out=features[:KEYS])
    features[:KEYS, norm <= floor] = 1 / np.sqrt(KEYS)
    begin = begin / max(float(np.percentile(begin.max(axis=0), 90)), 1e-6)
    begin *= _ONSET_WEIGHT / np.maximum(scipy.ndimage.maximum_filter1d(np.linalg.norm(begin, axis=0), _AROUND), 0.1)
    decaying = features[KEYS:]
    decaying[:] = begin
    for delay in range(1, min(_DECAY, begin.shape[1])):
        np.maximum(
            decaying[:, delay:], np.float32(np.sqrt(1 - delay / _DECAY)) * begin[:, :-delay], out=decaying[:, delay:]
        )
    features /= np.linalg.norm(features, axis=0)
    return features


def _standing_out(rows: Array) -> Array:
    """Return by how much each row exceeds the mean of the octave around it, zero where it does not."""
    return np.asarray(np.maximum(rows - scipy.ndimage.uniform_filter1d(rows, 13, axis=0), 0))


def _pooled(rows: Array, pool: int) -> Array:
    """Return the rows cut into groups of ``pool`` frames, shape (rows, groups, pool), padded with zeros."""
    missing = -rows.shape[1] % pool
    return np.pad(rows, ((0, 0), (0, missing))).reshape(len(rows), -1, pool)
