"""Penalties on the code of an autoencoder: what is played is few notes at a time, and each goes on for a while.

Conventions: H is the code, shape (components, frames), ``unit`` the loudness of a mean frame; the penalties are in the
unit of the Kullback-Leibler divergence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values import Array

#: Below this share of a frame's loudness, sparsity grows no steeper.
SOFT = 1e-4


@dataclass(frozen=True)
class Penalties:
    """The weights of the penalties; templates have sum one, so that a smaller code is no way around them.

    Sparsity is the sum of square roots: the plain sum would be the loudness of the model, which the fit needs.
    Continuity is the sum of the squared changes from frame to frame, within a block of frames (Virtanen, IEEE TASLP
    15(3), 2007).
    """

    sparsity: float
    continuity: float
    unit: float

    def of(self, H: Array) -> tuple[float, Array, Array]:
        """Return the penalty of a code, its derivative, and the part of that which speaks for less."""
        penalty, slope, cost = 0.0, np.zeros_like(H), np.zeros_like(H)
        if self.unit <= 0:
            return penalty, slope, cost
        if self.sparsity:
            root = np.sqrt(H / self.unit + SOFT)
            penalty += self.sparsity * self.unit * float(np.sum(root - SOFT**0.5))
            less = np.float32(self.sparsity) / (2 * root)
            slope, cost = slope + less, cost + less
        if self.continuity:
            change = np.diff(H, axis=1)
            penalty += self.continuity / self.unit * float(np.sum(change**2))
            weight = np.float32(2 * self.continuity / self.unit)
            slope[:, 1:] += weight * change
            slope[:, :-1] -= weight * change
            cost = cost + 2 * weight * H
        return penalty, slope, cost
