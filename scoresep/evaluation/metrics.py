"""Metrics of separated signals and of aligned onsets against true ones.

Conventions: signals have shape (sources, samples), one channel for each source.  Ratios are in decibels, one for each
source, between -120 and 120; they are not-a-number where the reference or the estimate is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.optimize
import scipy.signal

from scoresep.values import Array

#: Length (samples) of the filters that BSS Eval allows between a reference and its estimate.
FILTER_LENGTH = 512
#: Ratios are limited to this (dB); beyond it there are only rounding errors.
MAX_DECIBELS = 120.0
#: Share of their mean power that is added to correlated references, so that their Gram matrix can be inverted.
DIAGONAL_LOADING = 1e-10
#: Window length of the ideal ratio mask (samples).
IDEAL_MASK_N_FFT = 4096
#: Hop of the ideal ratio mask (samples).
IDEAL_MASK_HOP = 1024
#: Window lengths of the spectral distance (samples).
SPECTRAL_WINDOWS = (256, 1024, 4096)
#: Levels further than this below the highest one are not compared (dB).
SPECTRAL_RANGE = 60.0
#: The error (s) that stands for a note without a counterpart.
MISSING_NOTE_ERROR = 10.0
#: Notes with score times nearer to one another than this (s) may be the same note.
SCORE_TIME_TOLERANCE = 0.03


def bss_eval(references: Array, estimates: Array) -> tuple[Array, Array, Array]:
    """Compute the ratios of BSS Eval, version 3 [1]_.

    Each estimate is projected on all delays up to 511 samples, of its own reference and then of all references.  What
    the first projection leaves of the second is interference, what the second leaves of the estimate are artefacts.

    Parameters
    ----------
    references, estimates
        Shape (sources, samples), in the same order; they are not permuted.

    Returns
    -------
    sdr, sir, sar : Array
        Signal-to-distortion, signal-to-interference and signal-to-artefacts ratios, each of shape (sources,).

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    .. [1] E. Vincent, R. Gribonval, C. Févotte, "Performance measurement in blind audio source separation", IEEE
       Transactions on Audio, Speech, and Language Processing 14, 2006.
    """
    references, estimates = _check_signals(references, estimates)
    audible = np.flatnonzero(references.any(axis=1))
    ratios = np.full((3, len(references)), np.nan)
    if not len(audible):
        return ratios[0], ratios[1], ratios[2]
    size = scipy.fft.next_fast_len(references.shape[1] + FILTER_LENGTH, real=True)
    spectra = scipy.fft.rfft(references[audible], size, axis=1)
    gram = np.block([[_inner_products(one * other.conj(), size) for other in spectra] for one in spectra])
    energy_on_all = _projected_energy(gram)
    for k, s in enumerate(audible):
        if not estimates[s].any():
            continue
        spectrum = scipy.fft.rfft(estimates[s], size)
        products = np.concatenate([scipy.fft.irfft(spectrum * ref.conj(), size)[:FILTER_LENGTH] for ref in spectra])
        own = slice(k * FILTER_LENGTH, (k + 1) * FILTER_LENGTH)
        target = _projected_energy(gram[own, own])(products[own])
        sources = energy_on_all(products)
        total = float(estimates[s] @ estimates[s])
        ratios[:, s] = (
            _decibels(target, total - target),
            _decibels(target, sources - target),
            _decibels(sources, total - sources),
        )
    return ratios[0], ratios[1], ratios[2]


def si_sdr(references: Array, estimates: Array) -> Array:
    """Compute scale-invariant signal-to-distortion ratios [1]_, shape (sources,).

    The parameters and errors are those of `bss_eval`.

    References
    ----------
    .. [1] J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?", ICASSP 2019.
    """
    references, estimates = _check_signals(references, estimates)
    ratios = np.full(len(references), np.nan)
    for s, (reference, estimate) in enumerate(zip(references, estimates, strict=True)):
        if reference.any() and estimate.any():
            target = (estimate @ reference) / (reference @ reference) * reference
            ratios[s] = _decibels(float(target @ target), float(np.sum((estimate - target) ** 2)))
    return ratios


def snr(references: Array, estimates: Array) -> Array:
    """Compute signal-to-noise ratios, shape (sources,); the noise is the difference of estimate and reference.

    The parameters and errors are those of `bss_eval`; a silent estimate has a ratio of 0 dB.
    """
    references, estimates = _check_signals(references, estimates)
    ratios = np.full(len(references), np.nan)
    for s, (reference, estimate) in enumerate(zip(references, estimates, strict=True)):
        if reference.any():
            ratios[s] = _decibels(float(reference @ reference), float(np.sum((reference - estimate) ** 2)))
    return ratios


def spectral_distance(references: Array, estimates: Array) -> Array:
    """Compute the multi-resolution spectral distance of estimates from references [1]_.

    It is the mean difference of levels in spectrograms with several windows, without regard to phase.  Levels more than
    `SPECTRAL_RANGE` dB below the highest of the reference count as that low.

    Parameters
    ----------
    references, estimates : np.ndarray [shape=(sources, samples)]
        The true sources and what is to be measured.

    Returns
    -------
    np.ndarray [shape=(sources,)]
        In dB; 0 for equal spectrograms.

    References
    ----------
    .. [1] Yamamoto, Song and Kim, "Parallel WaveGAN: A fast waveform generation model based on generative adversarial
       networks with multi-resolution spectrogram", ICASSP 2020.
    """
    references, estimates = _check_signals(references, estimates)
    distances = []
    for size in SPECTRAL_WINDOWS:
        spectra = (
            scipy.signal.stft(signals, nperseg=size, noverlap=size * 3 // 4)[2] for signals in (references, estimates)
        )
        true, found = (20 * np.log10(np.maximum(np.abs(spectrum), 1e-12)) for spectrum in spectra)
        floor = true.max(axis=(1, 2), keepdims=True) - SPECTRAL_RANGE
        distances.append(np.abs(np.maximum(true, floor) - np.maximum(found, floor)).mean(axis=(1, 2)))
    return np.asarray(np.mean(distances, axis=0))


def null_level(recording: Array, total: Array) -> float:
    """Compute how far below a recording its difference from the sum of all stems is.

    Parameters
    ----------
    recording, total
        The recording and the sum, shape (channels, samples).

    Returns
    -------
    float
        Decibels, positive; 120 if they are equal.
    """
    return _decibels(float(np.sum(recording**2)), float(np.sum((recording - total) ** 2)))


def ideal_mask(recording: Array, references: Array) -> Array:
    """Separate a recording with the ideal ratio mask, which is made of the magnitudes of the true sources.

    Parameters
    ----------
    recording
        Shape (samples,).
    references
        The true sources, shape (sources, samples).

    Returns
    -------
    Array
        Estimates, shape (sources, samples).
    """
    overlap = IDEAL_MASK_N_FFT - IDEAL_MASK_HOP
    spectrum = scipy.signal.stft(recording, nperseg=IDEAL_MASK_N_FFT, noverlap=overlap)[2]
    magnitudes = np.abs(scipy.signal.stft(references, nperseg=IDEAL_MASK_N_FFT, noverlap=overlap)[2])
    mask = magnitudes / (magnitudes.sum(axis=0) + 1e-12)
    estimates = scipy.signal.istft(spectrum * mask, nperseg=IDEAL_MASK_N_FFT, noverlap=overlap)[1]
    return np.asarray(estimates)[:, : len(recording)]


def onset_errors(truth: Array, found: Array) -> Array:
    """Compute the errors of aligned onsets.

    A true note and a found one can be matched if they have the same pitch and the same score time, within
    ``SCORE_TIME_TOLERANCE``.  A note that is repeated has several candidates.  Each note is matched at most once, so
    that as many notes as possible are matched, and among these matchings so that the errors are smallest in sum.

    Parameters
    ----------
    truth
        True notes, shape (notes, 3), with the columns onset (s), pitch and score onset (s).
    found
        Aligned notes, shape (found notes, 3), with the same columns.

    Returns
    -------
    Array
        Shape (notes,), in the order of ``truth``: the found onset minus the true one, in seconds, or
        ``MISSING_NOTE_ERROR`` for a note that has no match.
    """
    errors = np.full(len(truth), MISSING_NOTE_ERROR)
    for i, j in _matching_groups(truth, found):
        error = found[j, 0] - truth[i, 0][:, None]
        may_match = np.abs(found[j, 2] - truth[i, 2][:, None]) < SCORE_TIME_TOLERANCE
        # A pair that may not match costs more than all others together.
        cost = np.where(may_match, np.abs(error), 1 + np.abs(error).sum())
        row, column = scipy.optimize.linear_sum_assignment(cost)
        is_match = may_match[row, column]
        errors[i[row[is_match]]] = error[row, column][is_match]
    return errors


def _matching_groups(truth: Array, found: Array) -> Iterator[tuple[Array, Array]]:
    """Yield the indices of true and found notes in groups, such that notes of different groups cannot be matched.

    A group has one pitch, and no two neighbouring score times in it are as far apart as the tolerance.
    """
    pitch, score_time = (np.concatenate([truth[:, k], found[:, k]]) for k in (1, 2))
    order = np.lexsort((score_time, pitch))
    is_first = (np.diff(pitch[order]) != 0) | (np.diff(score_time[order]) >= SCORE_TIME_TOLERANCE)
    for group in np.split(order, np.flatnonzero(is_first) + 1):
        is_true = group < len(truth)
        if is_true.any() and not is_true.all():
            yield group[is_true], group[~is_true] - len(truth)


def _projected_energy(gram: Array) -> Callable[[Array], float]:
    """Return a function that computes the energy of a projection on signals with the inner products ``gram``.

    Its argument are the inner products of the projected signal with these signals, which may be linearly dependent.
    """
    loaded = gram + DIAGONAL_LOADING * np.trace(gram) / len(gram) * np.eye(len(gram))
    try:
        factor = scipy.linalg.cho_factor(loaded)
    except np.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(loaded)
        kept = values > DIAGONAL_LOADING * values[-1]
        return lambda products: float(((vectors.T @ products)[kept] ** 2 / values[kept]).sum())
    return lambda products: float(scipy.linalg.cho_solve(factor, products) @ products)


def _check_signals(references: Array, estimates: Array) -> tuple[Array, Array]:
    """Return both in double precision; raise ValueError unless they have one shape."""
    if estimates.shape != references.shape or references.ndim != 2:
        raise ValueError(f"{estimates.shape=} must equal {references.shape=} and be (sources, samples)")
    return references.astype(np.float64), estimates.astype(np.float64)


def _inner_products(cross_spectrum: Array, size: int) -> Array:
    """Return the inner products of all delays of two signals, shape (FILTER_LENGTH, FILTER_LENGTH)."""
    correlation = scipy.fft.irfft(cross_spectrum, size)
    first_column = np.r_[correlation[0], correlation[-1:-FILTER_LENGTH:-1]]
    return np.asarray(scipy.linalg.toeplitz(first_column, correlation[:FILTER_LENGTH]))


def _decibels(wanted: float, unwanted: float) -> float:
    """Return the ratio of two energies in decibels, limited to ``MAX_DECIBELS``."""
    ratio = 10 * np.log10(max(wanted, 1e-30) / max(unwanted, 1e-30))
    return float(np.clip(ratio, -MAX_DECIBELS, MAX_DECIBELS))
