"""Nonnegative matrix factorization by additive rules, projected gradient descent (Lin, Neural Comput. 19(10), 2007).

The loss is a sum of the losses of the frames where the templates are held, and of the bins where the activations are.
So each frame and each bin descends at a pace of its own: it quickens while its loss falls, and a step with which its
loss would rise is not made.  The slope of an entry is divided by its curvature, the diagonal of Fisher's information,
which makes the paces free of units and the same rule good for all losses.  See `fitting` for the letters.
"""

from __future__ import annotations

import numpy as np

from scoresep.backends.contract import Factors, OnIteration, Ties
from scoresep.backends.updates import EPSILON, Block, Turn, fit
from scoresep.dsp.parallel import ordered_map
from scoresep.model.beta_divergence import beta_of, curvature, divergence
from scoresep.values import Array

#: The pace that a frame or a bin starts with and the largest one; one is Newton's step for one entry alone.
FIRST, LARGEST = 0.5, 2.0
#: How the pace changes when the loss falls, and when it would rise.
QUICKER, SLOWER = 1.2, 0.5


def gradient(
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
    """Fit the factors by turns, activations first; templates are kept at sum one and free of ties.  See `contract`."""
    beta = beta_of(loss)
    descent = _Descent(templates.T > 0, activations > 0, beta)
    with np.errstate(over="ignore", invalid="ignore"):  # such steps have no finite loss, so they are not made
        return fit(
            spectrogram,
            templates,
            activations,
            descent.take_turn,
            descent.step_templates,
            beta=beta,
            iterations=iterations,
            threshold=threshold,
            on_iteration=on_iteration,
        )


class _Descent:
    """A descent with its paces; entries that start at zero stay zero, others may touch zero and return."""

    def __init__(self, free_W: Array, free_H: Array, beta: float) -> None:
        self.free_W, self.free_H = free_W, free_H
        self.pace_W = np.full(free_W.shape[1], FIRST, np.float32)
        self.pace_H = np.full(free_H.shape[1], FIRST, np.float32)
        self.beta = beta

    def take_turn(self, block: Block, W: Array) -> Turn:
        """Return h after one step with W held, the loss before it, and slope and curvature of W after it."""
        model = _model(W, block.h)
        pace, free = self.pace_H[block.frames], self.free_H[block.active, block.frames]
        trial = _stepped(block.h, *_slope_and_curvature(W, block.V, model, self.beta), pace, free)
        before = divergence(block.V, model, self.beta, axis=0)
        falls = divergence(block.V, _model(W, trial), self.beta, axis=0) <= before
        h = np.where(falls, trial, block.h)
        self.pace_H[block.frames] = _adapted(pace, falls)
        return Turn(h, float(before.sum()), _slope_and_curvature(h, block.V.T, _model(W, h).T, self.beta))

    def step_templates(self, blocks: list[Block], Wt: Array, parts: tuple[Array, Array]) -> Array:
        """Return Wt after one step with H held, from the sums of slope and curvature over the blocks."""
        trial = _stepped(Wt, *parts, self.pace_W, self.free_W)
        falls = self._losses(blocks, trial) <= self._losses(blocks, Wt)
        self.pace_W = _adapted(self.pace_W, falls)
        return np.where(falls, trial, Wt)

    def _losses(self, blocks: list[Block], Wt: Array) -> Array:
        """Return the loss of each bin."""
        losses = np.zeros(Wt.shape[1])
        for one in ordered_map(
            lambda block: divergence(block.V, _model(Wt[block.active], block.h), self.beta, axis=1), blocks
        ):
            losses += one
        return losses


def _model(W: Array, h: Array) -> Array:
    """Return the product (bins, frames) off zero: a bin that a step has emptied is not left out of the loss."""
    return W.T @ h + EPSILON


def _slope_and_curvature(held: Array, V: Array, model: Array, beta: float) -> tuple[Array, Array]:
    """Return the first derivative of the loss by the factor that is not ``held``, and Fisher's second one.

    ``held`` has shape (active, n), V and model have shape (n, m), both results (active, m).
    """
    weight = curvature(model, beta)
    return held @ ((model - V) * weight), held**2 @ weight


def _stepped(factor: Array, slope: Array, curve: Array, pace: Array, free: Array) -> Array:
    """Return the factor after a step down the slope; the pace is that of each column."""
    downhill = np.divide(slope, curve, out=np.zeros_like(slope), where=free & (curve > 0))
    stepped: Array = np.maximum(factor - pace * downhill, 0)
    return stepped


def _adapted(pace: Array, falls: Array) -> Array:
    """Return the pace for the next step of each column."""
    adapted: Array = np.minimum(pace * np.where(falls, QUICKER, SLOWER), LARGEST, dtype=np.float32)
    return adapted
