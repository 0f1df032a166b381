"""Nonnegative matrix factorization by multiplicative rules, after Lee and Seung (NIPS 2000).

For all beta divergences these are the rules of Févotte and Idier (Neural Computation 23(9), 2011), with which the
loss never rises.  Entries that start at zero stay zero, since each rule multiplies.  See `alternating_fit` for the
letters.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from scoresep.backends.alternating_fit import (
    EPSILON,
    Block,
    BlockUpdate,
    blocks_of,
    fit_alternately,
    scaled_start,
    update_all_blocks,
)
from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.options import NoOptions
from scoresep.model.beta_divergence import FLOOR, beta_of, curvature, divergence
from scoresep.values import Array, Encoder


class _NMF:
    """Factorization as a backend."""

    options = NoOptions

    def fit(self, problem: Problem, options: NoOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Update activations first; free templates are kept at sum one.  See `contract`."""
        beta = beta_of(problem.loss)
        ties = [tie for numbers, count in problem.ties for tie in [_Tie(numbers, problem.spectra)] * count][
            : problem.iterations
        ]
        ahead = iter(ties)

        def update_templates(blocks: list[Block], Wt: Array, parts: tuple[Array, Array]) -> Array:
            tie = next(ahead, None)
            if tie:
                return tie.update(Wt, *parts, beta)
            numerator, denominator = _apply_mm_exponent(*parts, beta)
            return Wt * (numerator / denominator)

        update_block = partial(_update_block, beta=beta)
        return fit_alternately(problem, update_block, update_templates, on_iteration=on_iteration, n_tied=len(ties))

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Fit activations to templates that stay as they are.  See `contract`."""
        return fit_activations(problem)


#: Nonnegative matrix factorization by multiplicative updates.
NMF = _NMF()


def fit_templates(problem: Problem) -> Array:
    """Fit templates to activations that stay as they are, shape (bins, components, 1); zeros stay zero."""
    beta = beta_of(problem.loss)
    scale, Wt = scaled_start(problem.spectrogram, problem.spectra)
    blocks = blocks_of(problem.spectrogram, scale, Wt, problem.activations / scale, beta)

    def hold_activations(block: Block, W: Array) -> BlockUpdate:
        return BlockUpdate(block.h, 0.0, _update_terms(block.h, block.V.T, (W.T @ block.h).T, beta))

    for _ in range(problem.iterations):
        numerator, denominator = _apply_mm_exponent(*update_all_blocks(blocks, Wt, hold_activations)[2], beta)
        Wt = Wt * (numerator / denominator)
    return Wt.T[..., None]


def fit_activations(problem: Problem) -> Array:
    """Fit activations to templates that stay as they are, shape (components, frames); zeros stay zero.

    A frame does not depend on the others.
    """
    beta = beta_of(problem.loss)
    scale, Wt = scaled_start(problem.spectrogram, problem.spectra)
    H = np.zeros(problem.activations.shape, np.float32)
    for block in blocks_of(problem.spectrogram, scale, Wt, problem.activations, beta):
        W, h = Wt[block.active], block.h
        for _ in range(problem.iterations):
            numerator, denominator = _apply_mm_exponent(*_update_terms(W, block.V, W.T @ h, beta), beta)
            h = h * (numerator / denominator)
        H[block.active, block.frames] = h * scale
    return H


class _Tie:
    """The entries of Wt that share factors, which are then the amplitudes of parts of fixed shape.

    The rule is that of harmonic templates (Raczyński, Ono and Sagayama, ISMIR 2007; Vincent, Bertin and Badeau, IEEE
    TASLP 18(3), 2010).  It looks at no entry but the tied ones, which are few.
    """

    def __init__(self, numbers: Array, templates: Array) -> None:
        self.entries = np.nonzero(((numbers >= 0) & (templates > 0)).T)
        self.part = np.unique(numbers.T[self.entries], return_inverse=True)[1]

    def update(self, Wt: Array, numerator: Array, denominator: Array, beta: float) -> Array:
        """Multiply each part of Wt by one factor, from the means of numerator and denominator over the part."""
        W = Wt[self.entries]
        total = np.maximum(np.bincount(self.part, W), EPSILON)
        numerator, denominator = (
            np.bincount(self.part, W * np.broadcast_to(each, Wt.shape)[self.entries]) / total
            for each in (numerator, denominator)
        )
        numerator, denominator = _apply_mm_exponent(numerator, denominator, beta)
        scaled = Wt.copy()
        scaled[self.entries] = W * (numerator / denominator)[self.part]
        return scaled


def _update_block(block: Block, W: Array, beta: float) -> BlockUpdate:
    """Return h after one step with W held, the loss before it, and the numerator and the denominator of W after it."""
    model = W.T @ block.h
    loss = float(divergence(block.V, model, beta))
    numerator, denominator = _apply_mm_exponent(*_update_terms(W, block.V, model, beta), beta)
    h = block.h * (numerator / denominator)
    return BlockUpdate(h, loss, _update_terms(h, block.V.T, (W.T @ h).T, beta))


def _update_terms(held: Array, V: Array, model: Array, beta: float) -> tuple[Array, Array]:
    """Compute numerator and denominator of the multiplicative update of the factor that is not ``held``.

    They are the negative and the positive part of the gradient, up to a common factor.  ``held`` has shape (active, n),
    V and model have shape (n, m), numerator and denominator (active, m), or (active, 1) where all m are the same.
    """
    if beta == 1:
        return held @ (V / (model + EPSILON)), held.sum(axis=1, keepdims=True)
    if beta == 2:
        return held @ V, held @ model
    weight = curvature(model, beta)
    return held @ ((V + FLOOR) * weight), held @ ((model + FLOOR) * weight)


def _apply_mm_exponent(numerator: Array, denominator: Array, beta: float) -> tuple[Array, Array]:
    """Raise both to the exponent with which majorization-minimization never lets the loss rise (Févotte and Idier)."""
    denominator = denominator + EPSILON
    if 1 <= beta <= 2:
        return numerator, denominator
    power = 1 / (2 - beta) if beta < 1 else 1 / (beta - 1)
    return numerator**power, denominator**power
