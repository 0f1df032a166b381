"""Nonnegative matrix factorization by multiplicative rules, after Lee and Seung (NIPS 2000).

For all beta divergences these are the rules of Févotte and Idier (Neural Computation 23(9), 2011), with which the
loss never rises.  A product with zero is zero: the zeros of the start keep themselves.  See `fitting` for the letters.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from scoresep.backends.contract import Factors, OnIteration, Ties
from scoresep.backends.fitting import EPSILON, Block, fit
from scoresep.numerics.divergences import FLOOR, beta_of, curvature, divergence
from scoresep.values import Array


def nmf(
    spectrogram: Array,
    templates: Array,
    activations: Array,
    *,
    loss: str = "kl",
    iterations: int = 25,
    threshold: float = 0.0,
    ties: Ties = (),
    on_iteration: OnIteration | None = None,
) -> Factors:
    """Fit the factors by turns, activations first; free templates are kept at sum one.  See `contract`."""
    beta = beta_of(loss)
    tied = [tie for numbers, count in ties for tie in [_Tie(numbers, templates)] * count][:iterations]
    ahead = iter(tied)

    def step_templates(blocks: list[Block], Wt: Array, H: Array) -> Array:
        gain, cost = _template_parts(blocks, Wt, H, beta)
        tie = next(ahead, None)
        if tie:
            return tie.scaled(Wt, gain, cost, beta)
        gain, cost = _tempered(gain, cost, beta)
        return Wt * gain / cost

    return fit(
        spectrogram,
        templates,
        activations,
        partial(_step_activations, beta=beta),
        step_templates,
        beta=beta,
        iterations=iterations,
        threshold=threshold,
        on_iteration=on_iteration,
        tied=len(tied),
    )


class _Tie:
    """The entries of Wt that share factors, which are then the amplitudes of parts of fixed shape.

    The rule is that of harmonic templates (Raczyński, Ono and Sagayama, ISMIR 2007; Vincent, Bertin and Badeau, IEEE
    TASLP 18(3), 2010).  It looks at no entry but the tied ones, which are few.
    """

    def __init__(self, numbers: Array, templates: Array) -> None:
        self.entries = np.nonzero(((numbers >= 0) & (templates > 0)).T)
        self.part = np.unique(numbers.T[self.entries], return_inverse=True)[1]

    def scaled(self, Wt: Array, gain: Array, cost: Array, beta: float) -> Array:
        """Return Wt with each part times its own factor, the rule of the means of gain and cost over the part."""
        W = Wt[self.entries]
        total = np.maximum(np.bincount(self.part, W), EPSILON)
        gain, cost = (
            np.bincount(self.part, W * np.broadcast_to(each, Wt.shape)[self.entries]) / total for each in (gain, cost)
        )
        gain, cost = _tempered(gain, cost, beta)
        scaled = Wt.copy()
        scaled[self.entries] = W * (gain / cost)[self.part]
        return scaled


def _step_activations(blocks: list[Block], Wt: Array, H: Array, beta: float) -> tuple[Array, float]:
    """Return H after one step with W held, and the loss before the step."""
    H_new, before = np.zeros_like(H), 0.0
    for block in blocks:
        W, h = block.factors(Wt, H)
        model = W.T @ h
        before += float(divergence(block.V, model, beta))
        gain, cost = _tempered(*_parts(W, block.V, model, beta), beta)
        H_new[block.active, block.frames] = h * (gain / cost)
    return H_new, before


def _template_parts(blocks: list[Block], Wt: Array, H: Array, beta: float) -> tuple[Array, Array]:
    """Return the gain (components, bins) and the cost (components, bins or 1) of W with H held."""
    gain = np.zeros_like(Wt)
    cost = np.zeros_like(Wt[:, :1] if beta == 1 else Wt)
    for block in blocks:
        W, h = block.factors(Wt, H)
        model = W.T @ h
        for total, part in zip((gain, cost), _parts(h, block.V.T, model.T, beta), strict=True):
            total[block.active] += part
    return gain, cost


def _parts(held: Array, V: Array, model: Array, beta: float) -> tuple[Array, Array]:
    """Return what speaks for more and what for less of the factor that is not ``held``: cost - gain is the slope.

    ``held`` has shape (active, n), V and model have shape (n, m), gain and cost (active, m); the cost is the same for
    all m where beta is 1.  The common factor of both is free.
    """
    if beta == 1:
        return held @ (V / (model + EPSILON)), held.sum(axis=1, keepdims=True)
    if beta == 2:
        return held @ V, held @ model
    weight = curvature(model, beta)
    return held @ ((V + FLOOR) * weight), held @ ((model + FLOOR) * weight)


def _tempered(gain: Array, cost: Array, beta: float) -> tuple[Array, Array]:
    """Return gain and cost, whose quotient is the multiplicative step, to the power with which the loss never rises."""
    cost = cost + EPSILON
    if 1 <= beta <= 2:
        return gain, cost
    power = 1 / (2 - beta) if beta < 1 else 1 / (beta - 1)
    return gain**power, cost**power
