"""Combs that follow a pitch contour: the spectra of a voice before its vowels shape them.

The spectrogram of a note that moves in pitch is not a comb of one pitch: within a window its partials smear, the
higher ones more.  So the comb of a frame is computed as the spectrum of a harmonic sound with the phase of the contour.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.fft
import scipy.ndimage

from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import hann
from scoresep.values import Array, Components, Contours, Transform

#: The role of the components that follow a contour.
VOICED = "voiced"
#: Components, and the spectrum of shape (bins, frames) by which their product is multiplied.
Sources = tuple[tuple[slice, Array], ...]
#: Partials fade out towards this share of half the sample rate,
HIGHEST_FREQUENCY = 0.98
#: over so many hertz.
FADE = 200.0
#: A partial is computed at about this sample rate (Hz), shifted to zero; its sidebands are much nearer than that.
PARTIAL_SAMPLE_RATE = 1000
#: Frames that are worked on at once.
BLOCK = 128
#: The most numbers in the combs of all singers that are kept in single precision: four singers for two minutes.
MOST_SINGLE = 15_000_000


def excitation_spectrum(
    contours: Contours,
    singer: int,
    transform: Transform,
    frames: Array | range,
    n_bins: int | None = None,
    *,
    detuning: float = 0.0,
) -> Array:
    """Compute the comb of a singer in some frames.

    Parameters
    ----------
    contours : Contours
    singer : int
        Which of the contours.
    transform : Transform
        The sizes of the spectrogram.
    frames : range or array of int
        The frames.
    n_bins : int, optional
        How many bins, from the lowest; all of them unless given.
    detuning : float
        Semitones from the contour to the comb.

    Returns
    -------
    array of float32, shape (bins, frames)
        The root of the summed powers of all partials, each of height one where the pitch stays.
    """
    frames = np.asarray(frames)
    n_bins = transform.n_bins if n_bins is None else n_bins
    contours = replace(contours, frequency=contours.frequency * 2 ** (detuning / 12))
    blocks = [frames[start : start + BLOCK] for start in range(0, len(frames), BLOCK)]
    spectra = ordered_map(lambda block: _combs(contours, singer, transform, block, n_bins), blocks)
    return np.concatenate([np.zeros((n_bins, 0), np.float32), *spectra], axis=1)


def _combs(contours: Contours, singer: int, transform: Transform, frames: Array, n_bins: int) -> Array:
    """Compute the combs of a few frames, shape (bins, frames)."""
    n_fft, rate = transform.n_fft, transform.sample_rate
    step = next(d for d in range(max(rate // PARTIAL_SAMPLE_RATE, 1), 0, -1) if n_fft % d == 0)
    length = n_fft // step
    power = np.zeros((len(frames), n_bins + 2 * length), np.float32)
    phase, fundamental = _phases(contours, singer, transform, frames, step)
    turn = np.exp(1j * phase).astype(np.complex64)
    partial = turn * (hann(length) * np.float32(2 * step / n_fft))
    highest = HIGHEST_FREQUENCY * rate / 2
    for number in range(1, int(highest / max(float(fundamental.min()), 1.0)) + 2):
        gain = np.clip((highest - number * fundamental) / FADE, 0, 1).astype(np.float32)
        centre = np.rint(number * fundamental * n_fft / rate).astype(int)
        sounding = np.flatnonzero((gain > 0) & (centre < n_bins + length // 2))
        if not len(sounding):
            break
        spectrum = scipy.fft.fft(partial if len(sounding) == len(frames) else partial[sounding], axis=1)
        own = (spectrum.real**2 + spectrum.imag**2) * gain[sounding, None] ** 2
        for k, frame, first in zip(range(len(own)), sounding, centre[sounding] - length // 2, strict=True):
            split = first % length  # bin ``first`` stands here in the spectrum, which begins anew after its end
            row = power[frame, first + length : first + 2 * length]
            row[: length - split] += own[k, split:]
            row[length - split :] += own[k, :split]
        partial *= turn
    return np.ascontiguousarray(np.sqrt(power[:, length : length + n_bins]).T)


def _phases(contours: Contours, singer: int, transform: Transform, frames: Array, step: int) -> tuple[Array, Array]:
    """Compute the phase of the fundamental at every ``step``-th sample of each frame, and its mean frequency (Hz).

    The phase is zero in the middle of a frame, shape (frames, n_fft // step).
    """
    n_fft, hop, rate = transform.n_fft, transform.hop, transform.sample_rate
    length = n_fft // step
    begin, end = int(frames[0]) * hop - n_fft // 2, int(frames[-1]) * hop + n_fft // 2 + 1
    frequency = sampled_frequency(contours, singer, begin, end, rate)
    phase = np.cumsum(frequency) * (2 * np.pi / rate)  # float64: a sum over many samples
    at = (frames * hop - int(frames[0]) * hop)[:, None] + np.arange(length) * step
    phases = phase[at] - phase[at[:, length // 2], None]
    weights = hann(length) / hann(length).sum()
    return phases, frequency[at] @ weights


def sampled_frequency(contours: Contours, singer: int, begin: int, end: int, sample_rate: int) -> Array:
    """Interpolate a contour at the samples from ``begin`` to ``end``, through rests too, in hertz, float64."""
    known = np.flatnonzero(contours.frequency[singer] > 0)
    if not len(known):
        return np.full(end - begin, 100.0)
    width = max(int(contours.period * sample_rate), 1)
    times = np.arange(begin - width, end + width) / sample_rate
    octaves = np.interp(times, known * contours.period, np.log2(contours.frequency[singer, known]))
    for _ in range(2):  # two means make a triangle, as wide as two steps of the contour
        octaves = scipy.ndimage.uniform_filter1d(octaves, width, mode="nearest")
    return np.asarray(2.0 ** octaves[width : width + end - begin])


def voiced_components(components: Components, contours: Contours) -> list[tuple[slice, int, float]]:
    """Give the components of each comb, side by side, the number of its contour and its detuning in semitones."""
    found = []
    for singer, instrument in enumerate(contours.instrument.tolist()):
        is_own = (components.instrument == instrument) & (components.role == VOICED)
        for detuning in np.unique(components.detuning[is_own]).tolist():
            own = np.flatnonzero(is_own & (components.detuning == detuning))
            found.append((slice(int(own[0]), int(own[-1]) + 1), singer, detuning))
    return found


def source_spectra(
    components: Components, contours: Contours, transform: Transform, frames: Array | range, n_bins: int | None = None
) -> Sources:
    """Compute the combs that the voiced components filter, as `model.reconstruct.product` takes them.

    Those of long recordings are in half precision, to take half the memory.
    """
    n_bins = transform.n_bins if n_bins is None else n_bins
    combs = voiced_components(components, contours)
    is_large = len(combs) * n_bins * len(frames) > MOST_SINGLE
    precision = np.float16 if is_large else np.float32
    return tuple(
        (
            rows,
            excitation_spectrum(contours, singer, transform, frames, n_bins, detuning=detuning).astype(
                precision, copy=False
            ),
        )
        for rows, singer, detuning in combs
    )
