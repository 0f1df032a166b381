"""Nonnegative matrix factorization by multiplicative rules, after Lee and Seung (NIPS 2000).

For all beta divergences these are the rules of Févotte and Idier (Neural Computation 23(9), 2011), with which the
loss never rises.  A product with zero is zero: the zeros of the start keep themselves.  See `fitting` for the letters.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from scoresep.backends.contract import Factors, OnIteration, Ties
from scoresep.backends.updates import EPSILON, Block, Turn, blocks_of, fit, start_of, turned
from scoresep.model.beta_divergence import FLOOR, beta_of, curvature, divergence
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

    def step_templates(blocks: list[Block], Wt: Array, parts: tuple[Array, Array]) -> Array:
        tie = next(ahead, None)
        if tie:
            return tie.scaled(Wt, *parts, beta)
        gain, cost = _tempered(*parts, beta)
        return Wt * (gain / cost)

    return fit(
        spectrogram,
        templates,
        activations,
        partial(_take_turn, beta=beta),
        step_templates,
        beta=beta,
        iterations=iterations,
        threshold=threshold,
        on_iteration=on_iteration,
        tied=len(tied),
    )


def fit_templates(spectrogram: Array, templates: Array, activations: Array, *, loss: str, iterations: int) -> Array:
    """Return templates that fit activations which stay as they are, shape (bins, components); zeros stay zero.

    The arguments are those of a backend, the rules those of `nmf`.
    """
    beta = beta_of(loss)
    scale, Wt = start_of(spectrogram, templates)
    blocks = blocks_of(spectrogram, scale, Wt, activations / scale, beta)

    def hold(block: Block, W: Array) -> Turn:
        return Turn(block.h, 0.0, _parts(block.h, block.V.T, (W.T @ block.h).T, beta))

    for _ in range(iterations):
        gain, cost = _tempered(*turned(blocks, Wt, hold)[2], beta)
        Wt = Wt * (gain / cost)
    return Wt.T


def fit_activations(spectrogram: Array, templates: Array, activations: Array, *, loss: str, iterations: int) -> Array:
    """Return activations that fit templates which stay as they are, shape (components, frames); zeros stay zero.

    The arguments are those of a backend, the rules those of `nmf`.  A frame does not depend on the others.
    """
    beta = beta_of(loss)
    scale, Wt = start_of(spectrogram, templates)
    H = np.zeros(activations.shape, np.float32)
    for block in blocks_of(spectrogram, scale, Wt, activations, beta):
        W, h = Wt[block.active], block.h
        for _ in range(iterations):
            gain, cost = _tempered(*_parts(W, block.V, W.T @ h, beta), beta)
            h = h * (gain / cost)
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


def _take_turn(block: Block, W: Array, beta: float) -> Turn:
    """Return h after one step with W held, the loss before it, and the gain and the cost of W after it."""
    model = W.T @ block.h
    loss = float(divergence(block.V, model, beta))
    gain, cost = _tempered(*_parts(W, block.V, model, beta), beta)
    h = block.h * (gain / cost)
    return Turn(h, loss, _parts(h, block.V.T, (W.T @ h).T, beta))


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
