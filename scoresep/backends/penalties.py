"""Penalties on the activations of an autoencoder: sparsity (few notes at a time) and continuity (slow changes).

Conventions: H has the activations, shape (components, frames), of templates whose bins sum to one.  The penalties are
added to the loss, which is the Kullback-Leibler divergence or another beta divergence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoresep.values import Array

#: Added to an activation, relative to the mean level of a frame, before its square root is taken; the derivative of
#: the root is finite then.
ROOT_OFFSET = 1e-4


class Penalty(NamedTuple):
    """The value of a penalty, and its gradient and the positive part of that, shape (components, frames)."""

    value: float
    gradient: Array
    positive_part: Array


@dataclass(frozen=True)
class Penalties:
    """The weights of the penalties.

    Parameters
    ----------
    sparsity : float
        Weight of the sum of the square roots of the activations.  The sum of the activations themselves would be the
        level of the model, which must stay that of the recording.
    continuity : float
        Weight of the sum of the squared changes from one frame to the next [1]_, within a block of frames.
    frame_level : float
        The mean over the frames of the sum of the magnitudes; activations are taken relative to it, so that the
        weights mean the same for all recordings.

    References
    ----------
    .. [1] Virtanen, "Monaural sound source separation by nonnegative matrix factorization with temporal continuity and
       sparseness criteria", IEEE TASLP 15(3), 2007.
    """

    sparsity: float
    continuity: float
    frame_level: float

    def evaluate(self, H: Array) -> Penalty:
        """Compute the penalty of activations and its gradient; zero if ``frame_level`` is zero."""
        value, gradient, positive_part = 0.0, np.zeros_like(H), np.zeros_like(H)
        if self.frame_level <= 0:
            return Penalty(value, gradient, positive_part)
        if self.sparsity:
            root = np.sqrt(H / self.frame_level + ROOT_OFFSET)
            value += self.sparsity * self.frame_level * float(np.sum(root - ROOT_OFFSET**0.5))
            derivative = np.float32(self.sparsity) / (2 * root)
            gradient, positive_part = gradient + derivative, positive_part + derivative
        if self.continuity:
            change = np.diff(H, axis=1)
            value += self.continuity / self.frame_level * float(np.sum(change**2))
            weight = np.float32(2 * self.continuity / self.frame_level)
            gradient[:, 1:] += weight * change
            gradient[:, :-1] -= weight * change
            positive_part = positive_part + 2 * weight * H
        return Penalty(value, gradient, positive_part)
