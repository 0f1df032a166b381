"""The energy of a recording at each pitch, in frames of 5 ms.

Conventions: samples are mono at ``MONO_SAMPLE_RATE``; energies have shape (pitches, frames); row 0 is the MIDI pitch
``LOWEST_PITCH``; frame ``n`` is centred on sample ``n * ENERGY_HOP``.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.fft
import soxr

from scoresep.dsp.downmix import MONO_SAMPLE_RATE
from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import hann, stretches, windows_of
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array, Audio

#: Samples from one frame of energies to the next.
ENERGY_HOP = 110
#: Seconds from one frame of energies to the next (5 ms).
ENERGY_PERIOD = ENERGY_HOP / MONO_SAMPLE_RATE
#: MIDI pitch of the first row, the lowest key of a piano.
LOWEST_PITCH = 21
#: MIDI pitch of the last row; above the highest key of a piano (108) there are only partials.
HIGHEST_PITCH = 123
#: Frames that are transformed at once; this bounds the memory.
_CHUNK_FRAMES = 4096


class _Register(NamedTuple):
    """Pitches whose energies are taken from one short-time Fourier transform.

    ``decimation`` is the factor by which the sample rate is lowered first; it divides ``ENERGY_HOP``.  ``length`` is
    the length of the window in samples of the lower rate.
    """

    decimation: int
    length: int
    lowest: int
    highest: int


#: Low pitches need a long window to be told apart; high ones can have a short window, which is sharper in time.
_REGISTERS = (
    _Register(decimation=10, length=410, lowest=LOWEST_PITCH, highest=54),
    _Register(decimation=5, length=410, lowest=55, highest=71),
    _Register(decimation=1, length=1024, lowest=72, highest=HIGHEST_PITCH),
)


def pitch_energies(samples: Array, *, tuning: float = 0.0) -> Array:
    """Compute the energy of a recording in a band around each pitch.

    A band is a triangle in frequency that falls to zero half a semitone from its centre, or one bin from it where
    bins are wider than that.

    Parameters
    ----------
    samples
        Shape (samples,), at ``MONO_SAMPLE_RATE``.
    tuning
        Deviation from A4 = 440 Hz in cents.

    Returns
    -------
    Array
        Shape (pitches, frames), float32; the maximum is one, or zero in silence.
    """
    frames = range(len(samples) // ENERGY_HOP + 1)
    energies = np.empty((HIGHEST_PITCH - LOWEST_PITCH + 1, len(frames)), np.float32)
    for register in _REGISTERS:
        rows = slice(register.lowest - LOWEST_PITCH, register.highest - LOWEST_PITCH + 1)
        bands = _triangular_bands(register, tuning)
        rate = MONO_SAMPLE_RATE // register.decimation
        decimated = soxr.resample(samples, MONO_SAMPLE_RATE, rate) if register.decimation > 1 else samples
        chunks = stretches(frames, _CHUNK_FRAMES)
        energies_of = partial(_band_energies, Audio(decimated, rate), bands, register)
        for chunk, band_energies in zip(chunks, ordered_map(energies_of, chunks), strict=True):
            energies[rows, chunk.start : chunk.stop] = band_energies
    energies /= max(float(energies.max(initial=0.0)), 1e-20)
    return energies


def _band_energies(audio: Audio, bands: Array, register: _Register, frames: range) -> Array:
    """Return the energy in each band for a range of frames, shape (bands, frames)."""
    hop = ENERGY_HOP // register.decimation
    windows = windows_of(audio, length=register.length, hop=hop, frames=frames)[0]
    spectrum = scipy.fft.rfft(windows * (hann(register.length) / register.length), axis=1)[:, : bands.shape[1]]
    return np.asarray(bands @ (spectrum.real**2 + spectrum.imag**2).T)


def _triangular_bands(register: _Register, tuning: float) -> Array:
    """Return the weight of each bin for each pitch, shape (pitches, bins up to the last that counts), float32."""
    rate = MONO_SAMPLE_RATE / register.decimation
    frequencies = np.arange(register.length // 2 + 1) * rate / register.length
    pitches = range(register.lowest, register.highest + 1)
    centres = np.array([pitch_frequency(pitch + tuning / 100) for pitch in pitches])[:, None]
    half_width = np.maximum(centres * (2 ** (0.5 / 12) - 1), rate / register.length)
    bands = np.maximum(0, 1 - np.abs(frequencies - centres) / half_width)
    return np.asarray(bands[:, : np.flatnonzero(bands.any(axis=0))[-1] + 1], np.float32)
