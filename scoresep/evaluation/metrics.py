"""Figures of separation and of alignment: how near stems and onsets come to the true ones.

Conventions: signals are mono, shape (sources, samples); figures are in decibels, one for each source, and
not-a-number where the reference or the estimate is silent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.signal

from scoresep.values import Array

#: Length of the filters that BSS Eval allows between a true source and its estimate.
TAPS = 512
#: A figure beyond this (dB) says no more than 'exact' or 'nothing of it'.
LIMIT = 120.0
#: What keeps correlated references apart, as a share of their mean power.
LOAD = 1e-10
#: Window and hop (samples) of the ideal mask.
WINDOW, HOP = 4096, 1024
#: The error (s) of a note that was not found at all, and score times nearer than which (s) are one.
LOST, SAME = 10.0, 0.03


def bss_eval(references: Array, estimates: Array) -> tuple[Array, Array, Array]:
    """Return SDR, SIR and SAR, each of shape (sources,), after BSS Eval 3 (Vincent, Gribonval and Févotte, 2006).

    An estimate is projected on all delays, up to 511 samples, of its own reference and then of all references.
    """
    references, estimates = _checked(references, estimates)
    sounding = np.flatnonzero(references.any(axis=1))
    figures = np.full((3, len(references)), np.nan)
    if not len(sounding):
        return figures[0], figures[1], figures[2]
    size = scipy.fft.next_fast_len(references.shape[1] + TAPS, real=True)
    spectra = scipy.fft.rfft(references[sounding], size, axis=1)
    gram = np.block([[_toeplitz(one * other.conj(), size) for other in spectra] for one in spectra])
    on_all = _projection(gram)
    for k, s in enumerate(sounding):
        if not estimates[s].any():
            continue
        spectrum = scipy.fft.rfft(estimates[s], size)
        products = np.concatenate([scipy.fft.irfft(spectrum * ref.conj(), size)[:TAPS] for ref in spectra])
        own = slice(k * TAPS, (k + 1) * TAPS)
        target = _projection(gram[own, own])(products[own])
        sources = on_all(products)
        total = float(estimates[s] @ estimates[s])
        figures[:, s] = (
            _ratio(target, total - target),
            _ratio(target, sources - target),
            _ratio(sources, total - sources),
        )
    return figures[0], figures[1], figures[2]


def si_sdr(references: Array, estimates: Array) -> Array:
    """Return the scale-invariant signal-to-distortion ratios (Le Roux et al., ICASSP 2019), shape (sources,)."""
    references, estimates = _checked(references, estimates)
    figures = np.full(len(references), np.nan)
    for s, (reference, estimate) in enumerate(zip(references, estimates, strict=True)):
        if reference.any() and estimate.any():
            target = (estimate @ reference) / (reference @ reference) * reference
            figures[s] = _ratio(float(target @ target), float(np.sum((estimate - target) ** 2)))
    return figures


def snr(references: Array, estimates: Array) -> Array:
    """Return the ratios of the references to the errors of the estimates, shape (sources,)."""
    references, estimates = _checked(references, estimates)
    figures = np.full(len(references), np.nan)
    for s, (reference, estimate) in enumerate(zip(references, estimates, strict=True)):
        if reference.any():
            figures[s] = _ratio(float(reference @ reference), float(np.sum((reference - estimate) ** 2)))
    return figures


def null_level(recording: Array, total: Array) -> float:
    """Return how far below a recording lies what is left of it when ``total`` is taken away (dB, positive).

    Both have shape (channels, samples); 120 is exact.
    """
    return _ratio(float(np.sum(recording**2)), float(np.sum((recording - total) ** 2)))


def ideal_mask(recording: Array, references: Array) -> Array:
    """Return what an ideal ratio mask of the references' magnitudes makes of a recording of shape (samples,)."""
    overlap = WINDOW - HOP
    spectrum = scipy.signal.stft(recording, nperseg=WINDOW, noverlap=overlap)[2]
    magnitudes = np.abs(scipy.signal.stft(references, nperseg=WINDOW, noverlap=overlap)[2])
    shares = magnitudes / (magnitudes.sum(axis=0) + 1e-12)
    return np.asarray(scipy.signal.istft(spectrum * shares, nperseg=WINDOW, noverlap=overlap)[1])[:, : len(recording)]


def onset_errors(truth: Array, found: Array) -> Array:
    """Return how much too late each note is (s); both have rows of onset, pitch and score onset.

    A note that is played more than once is looked up each time, the nearest one first; a row of ``found`` counts
    once.  A note that is not found is `LOST`.
    """
    free = np.ones(len(found), bool)
    errors = []
    for onset, pitch, score_onset in truth:
        match = np.flatnonzero(free & (found[:, 1] == pitch) & (np.abs(found[:, 2] - score_onset) < SAME))
        if len(match):
            nearest = match[np.abs(found[match, 0] - onset).argmin()]
            free[nearest] = False
            errors.append(found[nearest, 0] - onset)
        else:
            errors.append(LOST)
    return np.array(errors)


def _projection(gram: Array) -> Callable[[Array], float]:
    """Return a function that gives the energy of a projection on signals with these inner products.

    It takes the inner products of what is projected with the signals, which may be alike.
    """
    loaded = gram + LOAD * np.trace(gram) / len(gram) * np.eye(len(gram))
    try:
        factor = scipy.linalg.cho_factor(loaded)
    except np.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(loaded)
        kept = values > LOAD * values[-1]
        return lambda products: float(((vectors.T @ products)[kept] ** 2 / values[kept]).sum())
    return lambda products: float(scipy.linalg.cho_solve(factor, products) @ products)


def _checked(references: Array, estimates: Array) -> tuple[Array, Array]:
    """Return both in double precision; raise ValueError unless they have one shape."""
    if estimates.shape != references.shape or references.ndim != 2:
        raise ValueError(f"{estimates.shape=} must equal {references.shape=} and be (sources, samples)")
    return references.astype(np.float64), estimates.astype(np.float64)


def _toeplitz(cross_spectrum: Array, size: int) -> Array:
    """Return the inner products of all pairs of delays of two signals, shape (TAPS, TAPS)."""
    correlation = scipy.fft.irfft(cross_spectrum, size)
    return np.asarray(scipy.linalg.toeplitz(np.r_[correlation[0], correlation[-1:-TAPS:-1]], correlation[:TAPS]))


def _ratio(wanted: float, unwanted: float) -> float:
    """Return the ratio of two energies in decibels."""
    ratio = 10 * np.log10(max(wanted, 1e-30) / max(unwanted, 1e-30))
    return float(np.clip(ratio, -LIMIT, LIMIT))
