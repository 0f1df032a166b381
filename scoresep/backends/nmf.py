"""Nonnegative matrix factorization by multiplicative rules, after Lee and Seung (NIPS 2000).

For all beta divergences these are the rules of Févotte and Idier (Neural Computation 23(9), 2011), with which the
loss never rises, but where activations are smoothed (`Problem.source_smoothing`).  Entries that start at zero stay
zero, since each rule multiplies.  See `alternating_fit` for the letters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.ndimage

from scoresep.backends.alternating_fit import (
    EPSILON,
    Block,
    BlockUpdate,
    blocks_of,
    fit_alternately,
    plain_rows,
    scaled_start,
    update_all_blocks,
)
from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.options import NoOptions
from scoresep.model.beta_divergence import FLOOR, beta_of, curvature, divergence
from scoresep.model.excitation import Sources
from scoresep.model.smooth_filters import FilteredSource
from scoresep.values import Array, Encoder

#: The last iterations, in which no activations are smoothed.
UNSMOOTHED_ITERATIONS = 2
#: The standard deviation (frames) of the mean over neighbouring frames.
SMOOTHING_FRAMES = 1.0


class _NMF:
    """Factorization as a backend."""

    options = NoOptions
    knows_sources = True

    def fit(self, problem: Problem, options: NoOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Update activations first; free templates are kept at sum one.  See `contract`."""
        beta = beta_of(problem.loss)
        ties = [tie for numbers, count in problem.ties for tie in [Tie(numbers, problem.spectra)] * count][
            : problem.iterations
        ]
        ahead = iter(ties)
        filters = [_Filters(source) for source in problem.sources]
        smoothings = [problem.source_smoothing] * max(problem.iterations - UNSMOOTHED_ITERATIONS, 0)

        def update_block(block: Block, W: Array) -> BlockUpdate:
            return _update_block(block, W, beta, smoothings[0] if smoothings else 0.0)

        def update_templates(blocks: list[Block], Wt: Array, parts: tuple[Array, Array]) -> Array:
            del smoothings[:1]
            return _updated_templates(Wt, parts, beta, filters, next(ahead, None))

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
    blocks = blocks_of(problem.spectrogram, scale, Wt, problem.activations / scale, beta, problem.sources)
    filters = [_Filters(source) for source in problem.sources]

    def hold_activations(block: Block, W: Array) -> BlockUpdate:
        block = block.in_single_precision()
        return BlockUpdate(block.h, 0.0, _template_terms(block, block.model(W), beta))

    for _ in range(problem.iterations):
        Wt = _updated_templates(Wt, update_all_blocks(blocks, Wt, hold_activations)[2], beta, filters)
    return Wt.T[..., None]


def fit_activations(problem: Problem) -> Array:
    """Fit activations to templates that stay as they are, shape (components, frames); zeros stay zero.

    A frame does not depend on the others.
    """
    beta = beta_of(problem.loss)
    scale, Wt = scaled_start(problem.spectrogram, problem.spectra)
    H = np.zeros(problem.activations.shape, np.float32)
    for block in blocks_of(problem.spectrogram, scale, Wt, problem.activations, beta, problem.sources):
        W, block = Wt[block.active], block.in_single_precision()
        for _ in range(problem.iterations):
            block = replace(block, h=_updated_activations(block, W, block.model(W), beta))
        H[block.active, block.frames] = block.h * scale
    return H


class Tie:
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
        numerator, denominator = apply_mm_exponent(numerator, denominator, beta)
        scaled = Wt.copy()
        scaled[self.entries] = W * (numerator / denominator)[self.part]
        return scaled


class _Filters:
    """The smooth filters on a source: templates that are weighted sums of bumps (Durrieu et al., 2010)."""

    def __init__(self, source: FilteredSource) -> None:
        self.own, self.basis, self.weights = source.components, source.basis, source.weights

    def update(self, Wt: Array, numerator: Array, denominator: Array, beta: float) -> Array:
        """Update the weights of the bumps, from numerator and denominator of the templates; give the templates."""
        templates = Wt[self.own]
        found = (self.weights @ self.basis).sum(axis=1)
        self.weights = self.weights * (templates.sum(axis=1) / np.maximum(found, EPSILON))[:, None]
        num, den = (np.broadcast_to(each, Wt.shape)[self.own] @ self.basis.T for each in (numerator, denominator))
        self.weights = _updated(self.weights, num, den, beta)
        return self.weights @ self.basis


def _update_block(block: Block, W: Array, beta: float, smoothing: float) -> BlockUpdate:
    """Return h after one step with W held, the loss before it, and the numerator and the denominator of W after it."""
    block = block.in_single_precision()
    model = block.model(W)
    loss = float(divergence(block.V, model, beta))
    h = _updated_activations(block, W, model, beta)
    for rows, _ in block.sources if smoothing else ():
        h[rows] = _smoothed(h[rows], smoothing)
    stepped = replace(block, h=h)
    return BlockUpdate(stepped.h, loss, _template_terms(stepped, stepped.model(W), beta))


def _smoothed(h: Array, smoothing: float) -> Array:
    """Draw activations to the mean of their neighbours in time that are not zero, in the geometric sense."""
    is_open = (h > 0).astype(np.float32)
    total, count = (scipy.ndimage.gaussian_filter1d(each, SMOOTHING_FRAMES, axis=1) for each in (h, is_open))
    mean = total / np.maximum(count, EPSILON)
    return np.asarray(is_open * h ** np.float32(1 - smoothing) * mean ** np.float32(smoothing))


def _updated_activations(block: Block, W: Array, model: Array, beta: float) -> Array:
    """Return h after one step."""
    return _updated(block.h, *update_terms(W, block.V, model, beta, block.sources), beta)


def _template_terms(block: Block, model: Array, beta: float) -> tuple[Array, Array]:
    """Compute numerator and denominator of the templates of a block."""
    sources = tuple((rows, spectrum.T) for rows, spectrum in block.sources)
    return update_terms(block.h, block.V.T, model.T, beta, sources)


def _updated_templates(
    Wt: Array, parts: tuple[Array, Array], beta: float, filters: list[_Filters], tie: Tie | None = None
) -> Array:
    """Return Wt after one step, from the numerator and the denominator of all blocks."""
    updated = tie.update(Wt, *parts, beta) if tie else _updated(Wt, *parts, beta)
    for each in filters:
        updated[each.own] = each.update(Wt, *parts, beta)
    return updated


def _updated(factor: Array, numerator: Array, denominator: Array, beta: float) -> Array:
    """Multiply a factor by the quotient."""
    numerator, denominator = apply_mm_exponent(numerator, denominator, beta)
    return np.asarray(factor * (numerator / denominator))


def update_terms(held: Array, V: Array, model: Array, beta: float, sources: Sources = ()) -> tuple[Array, Array]:
    """Compute numerator and denominator of the multiplicative update of the factor that is not ``held``.

    They are the negative and the positive part of the gradient, up to a common factor.  ``held`` has shape (active, n),
    V, model and the spectra of sources have shape (n, m), numerator and denominator (active, m), or (active, 1) where
    all m are the same.
    """
    wanted: Array | None
    if beta == 1:
        found, wanted = V / (model + EPSILON), None
    elif beta == 2:
        found, wanted = V, model
    else:
        weight = curvature(model, beta)
        found, wanted = np.asarray((V + FLOOR) * weight), np.asarray((model + FLOOR) * weight)
    if not sources:
        return held @ found, held.sum(axis=1, keepdims=True) if wanted is None else held @ wanted
    numerator, denominator = (np.empty((len(held), V.shape[1]), np.float32) for _ in range(2))
    plain = plain_rows(len(held), sources)
    numerator[plain] = held[plain] @ found
    denominator[plain] = held[plain].sum(axis=1, keepdims=True) if wanted is None else held[plain] @ wanted
    for rows, spectrum in sources:
        numerator[rows] = held[rows] @ (spectrum * found)
        denominator[rows] = held[rows] @ (spectrum if wanted is None else spectrum * wanted)
    return numerator, denominator


def apply_mm_exponent(numerator: Array, denominator: Array, beta: float) -> tuple[Array, Array]:
    """Raise both to the exponent with which majorization-minimization never lets the loss rise (Févotte and Idier)."""
    denominator = denominator + EPSILON
    if 1 <= beta <= 2:
        return numerator, denominator
    power = 1 / (2 - beta) if beta < 1 else 1 / (beta - 1)
    return numerator**power, denominator**power
