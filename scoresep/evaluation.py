"""Figures of separation: how near stems come to the true ones.

Conventions: signals are mono, shape (sources, samples); figures are in decibels, one for each source.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.linalg

from scoresep.values import Array

#: Length of the filters that BSS Eval allows between a true source and its estimate.
TAPS = 512
#: A figure beyond this (dB) says no more than 'exact' or 'nothing of it'.
_LIMIT = 120.0


def bss_eval(references: Array, estimates: Array) -> tuple[Array, Array, Array]:
    """Return SDR, SIR and SAR, each of shape (sources,), after BSS Eval 3 (Vincent, Gribonval and Févotte, 2006).

    An estimate is projected on all delays, up to 511 samples, of its own reference and then of all references.  A
    silent reference or estimate gives not-a-number.
    """
    count, length = references.shape
    if estimates.shape != references.shape:
        raise ValueError(f"{estimates.shape=} must equal {references.shape=}")
    size = scipy.fft.next_fast_len(length + TAPS, real=True)
    spectra = scipy.fft.rfft(references, size, axis=1)
    blocks = [[_toeplitz(spectra[i] * spectra[j].conj(), size) for j in range(count)] for i in range(count)]
    gram: Array = np.block(blocks)
    gram += 1e-10 * np.trace(gram) / len(gram) * np.eye(len(gram))
    all_sources = scipy.linalg.cho_factor(gram)
    figures = np.full((3, count), np.nan)
    for s, estimate in enumerate(estimates):
        if not references[s].any() or not estimate.any():
            continue
        spectrum = scipy.fft.rfft(estimate, size)
        products = np.concatenate([scipy.fft.irfft(spectrum * ref.conj(), size)[:TAPS] for ref in spectra])
        own = slice(s * TAPS, (s + 1) * TAPS)
        target = float(scipy.linalg.solve(gram[own, own], products[own], assume_a="pos") @ products[own])
        sources = float(scipy.linalg.cho_solve(all_sources, products) @ products)
        total = float(estimate @ estimate)
        figures[:, s] = [
            _ratio(target, total - target),
            _ratio(target, sources - target),
            _ratio(sources, total - sources),
        ]
    return figures[0], figures[1], figures[2]


def _toeplitz(cross_spectrum: Array, size: int) -> Array:
    """Return the inner products of all pairs of delays of two signals, shape (TAPS, TAPS)."""
    correlation = scipy.fft.irfft(cross_spectrum, size)
    return np.asarray(scipy.linalg.toeplitz(np.r_[correlation[0], correlation[-1:-TAPS:-1]], correlation[:TAPS]))


def _ratio(wanted: float, unwanted: float) -> float:
    """Return the ratio of two energies in decibels."""
    ratio = 10 * np.log10(max(wanted, 1e-30) / max(unwanted, 1e-30))
    return float(np.clip(ratio, -_LIMIT, _LIMIT))
