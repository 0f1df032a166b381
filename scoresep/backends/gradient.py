"""Nonnegative matrix factorization by additive rules, projected gradient descent (Lin, Neural Comput. 19(10), 2007).

The loss is a sum of the losses of the frames where the templates are held, and of the bins where the activations are.
Therefore each frame and each bin has its own step size: it grows while the loss of the frame or bin falls, and a step
that would increase this loss is not taken.  The gradient is divided by the diagonal of the Fisher information (the
curvature), so that step sizes have no unit and one rule suits all losses.  See `alternating_fit` for the letters.
"""

from __future__ import annotations

import numpy as np

from scoresep.backends.alternating_fit import EPSILON, Block, BlockUpdate, fit_alternately
from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.nmf import fit_activations
from scoresep.backends.options import NoOptions
from scoresep.dsp.parallel import ordered_map
from scoresep.model.beta_divergence import beta_of, curvature, divergence
from scoresep.values import Array, Encoder

#: The step size at the start; 1 is Newton's step for one entry alone.
FIRST_STEP_SIZE = 0.5
#: The largest step size.
LARGEST_STEP_SIZE = 2.0
#: Factor of the step size after a step with which the loss falls.
GROWTH = 1.2
#: Factor of the step size after a step with which the loss would rise.
SHRINKAGE = 0.5


class _Gradient:
    """Projected gradient descent as a backend."""

    options = NoOptions

    def fit(self, problem: Problem, options: NoOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Update activations first; templates are kept at sum one and free of ties.  See `contract`."""
        descent = _Descent(problem.spectra.T > 0, problem.activations > 0, beta_of(problem.loss))
        with np.errstate(over="ignore", invalid="ignore"):  # such steps have no finite loss and are not taken
            return fit_alternately(problem, descent.update_block, descent.update_templates, on_iteration=on_iteration)

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Fit activations by multiplicative updates, whose loss never rises either.  See `contract`."""
        return fit_activations(problem)


#: Nonnegative matrix factorization by projected gradient descent.
GRADIENT = _Gradient()


class _Descent:
    """A descent with its step sizes; entries that start at zero stay zero, others may become zero and grow again."""

    def __init__(self, free_W: Array, free_H: Array, beta: float) -> None:
        self.free_W, self.free_H = free_W, free_H
        self.step_size_W = np.full(free_W.shape[1], FIRST_STEP_SIZE, np.float32)
        self.step_size_H = np.full(free_H.shape[1], FIRST_STEP_SIZE, np.float32)
        self.beta = beta

    def update_block(self, block: Block, W: Array) -> BlockUpdate:
        """Return h after one step with W held, the loss before it, and slope and curvature of W after it."""
        model = _model(W, block.h)
        step_size, free = self.step_size_H[block.frames], self.free_H[block.active, block.frames]
        trial = _take_step(block.h, *_slope_and_curvature(W, block.V, model, self.beta), step_size, free)
        before = divergence(block.V, model, self.beta, axis=0)
        falls = divergence(block.V, _model(W, trial), self.beta, axis=0) <= before
        h = np.where(falls, trial, block.h)
        self.step_size_H[block.frames] = _adapt_step_size(step_size, falls)
        return BlockUpdate(h, float(before.sum()), _slope_and_curvature(h, block.V.T, _model(W, h).T, self.beta))

    def update_templates(self, blocks: list[Block], Wt: Array, parts: tuple[Array, Array]) -> Array:
        """Return Wt after one step with H held, from the sums of slope and curvature over the blocks."""
        trial = _take_step(Wt, *parts, self.step_size_W, self.free_W)
        falls = self._losses(blocks, trial) <= self._losses(blocks, Wt)
        self.step_size_W = _adapt_step_size(self.step_size_W, falls)
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
    """Return the product (bins, frames) plus `EPSILON`, so that bins which became zero still count in the loss."""
    return W.T @ h + EPSILON


def _slope_and_curvature(held: Array, V: Array, model: Array, beta: float) -> tuple[Array, Array]:
    """Return the first derivative of the loss by the factor that is not ``held``, and Fisher's second one.

    ``held`` has shape (active, n), V and model have shape (n, m), both results (active, m).
    """
    weight = curvature(model, beta)
    return held @ ((model - V) * weight), held**2 @ weight


def _take_step(factor: Array, slope: Array, curve: Array, step_size: Array, free: Array) -> Array:
    """Return the factor after a step down the slope; the step size is that of each column."""
    downhill = np.divide(slope, curve, out=np.zeros_like(slope), where=free & (curve > 0))
    stepped: Array = np.maximum(factor - step_size * downhill, 0)
    return stepped


def _adapt_step_size(step_size: Array, falls: Array) -> Array:
    """Return the step size for the next step of each column."""
    adapted: Array = np.minimum(step_size * np.where(falls, GROWTH, SHRINKAGE), LARGEST_STEP_SIZE, dtype=np.float32)
    return adapted
