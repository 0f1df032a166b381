"""Estimate how far a recording is off concert pitch (A4 = 440 Hz).

Conventions: samples are mono at ``MONO_SAMPLE_RATE``; tunings are in cents.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from scoresep.dsp.downmix import MONO_SAMPLE_RATE
from scoresep.dsp.stft import hann
from scoresep.values import Array

#: Window length of the spectra (samples); their bins are 2.7 Hz apart.
_N_FFT = 8192
#: At most this many frames, spread evenly over the recording, are used.
_MAX_FRAMES = 300
#: Lowest frequency of a peak (Hz); below it a peak is as wide as a semitone.
_MIN_FREQUENCY = 100
#: Highest frequency of a peak (Hz); above it are mostly high partials, which are too sharp on a piano.
_MAX_FREQUENCY = 1500
#: A peak has at least this share of the highest magnitude of its frame.
_MIN_PEAK = 0.05


def estimate_tuning(samples: Array) -> float:
    """Estimate the tuning of a recording from the peaks of its spectra.

    It is the circular mean of the peaks' deviations from the nearest semitone, weighted by magnitude.

    Parameters
    ----------
    samples
        Shape (samples,), at ``MONO_SAMPLE_RATE``.

    Returns
    -------
    float
        Deviation from A4 = 440 Hz in cents, from -50 to 50; 0 if there are no peaks.
    """
    count = len(samples) // _N_FFT
    if count == 0:
        return 0.0
    frames = np.linspace(0, count - 1, min(count, _MAX_FRAMES)).astype(int)
    windows = np.stack([samples[frame * _N_FFT : (frame + 1) * _N_FFT] for frame in frames])
    magnitude = np.abs(scipy.fft.rfft(windows * hann(_N_FFT), axis=1, workers=-1))
    frequency, weight = _spectral_peaks(magnitude)
    if not len(frequency):
        return 0.0
    cents = 1200 * np.log2(frequency / 440)
    mean = np.sum(weight * np.exp(2j * np.pi * cents / 100))
    return float(np.angle(mean) / (2 * np.pi) * 100)


def _spectral_peaks(magnitude: Array) -> tuple[Array, Array]:
    """Return the frequencies (Hz) and the magnitudes of all peaks of spectra of shape (frames, bins).

    The place of a peak between bins is that of a parabola through the logarithms of three magnitudes.
    """
    low, high = (round(frequency * _N_FFT / MONO_SAMPLE_RATE) for frequency in (_MIN_FREQUENCY, _MAX_FREQUENCY))
    left, middle, right = magnitude[:, low - 1 : high - 1], magnitude[:, low:high], magnitude[:, low + 1 : high + 1]
    threshold = _MIN_PEAK * magnitude.max(axis=1, keepdims=True)
    frame, k = np.nonzero((middle > left) & (middle > right) & (middle > threshold))
    a, b, c = (np.log(side[frame, k] + 1e-12) for side in (left, middle, right))
    bins = low + k + 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
    return bins * MONO_SAMPLE_RATE / _N_FFT, middle[frame, k]
