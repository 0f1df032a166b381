"""Phases for the magnitudes of a spectrogram, by the algorithm of Griffin and Lim."""

from __future__ import annotations

import numpy as np

from scoresep.dsp.stft import forward, inverse, join_stretch
from scoresep.values import Array, Audio, Transform


def griffin_lim(spectrum: Array, transform: Transform, *, iterations: int) -> Array:
    """Compute samples whose STFT has nearly the magnitudes of a spectrum, starting from its phases [1]_.

    Parameters
    ----------
    spectrum : np.ndarray [shape=(channels, bins, frames), dtype=complex64]
    transform : Transform
    iterations : int
        How often the phases are taken from the STFT of the samples.

    Returns
    -------
    np.ndarray [shape=(channels, samples), dtype=float32]

    References
    ----------
    .. [1] Griffin and Lim, "Signal estimation from modified short-time Fourier transform", IEEE TASSP 32(2), 1984.
    """
    frames, sizes = range(transform.n_frames), {"n_fft": transform.n_fft, "hop": transform.hop}
    magnitude = np.abs(spectrum)
    for k in range(iterations + 1):
        total = inverse(spectrum, **sizes)
        samples, _ = join_stretch(total, None, **sizes, frames=frames, n_samples=transform.n_samples)
        if k < iterations:
            consistent = forward(Audio(samples, transform.sample_rate), **sizes, frames=frames)
            spectrum = magnitude * np.exp(1j * np.angle(consistent))
    return samples
