"""The beta divergence of a model from a spectrogram (Févotte and Idier, Neural Computation 23(9), 2011).

Conventions: ``V`` is the spectrogram and ``model`` its approximation, two nonnegative arrays of one shape, scaled so
that the largest entry of V is about one.  Beta 2 is the squared Euclidean distance (without the factor one half), 1 the
Kullback-Leibler divergence, 0 the Itakura-Saito divergence.  For all other beta than 1 and 2, `FLOOR` is added to V
and model, so that zeros have a finite loss.
"""

from __future__ import annotations

import math

import numpy as np

from scoresep.values import Array

#: The losses that have names, and their beta.
BETAS = {"kl": 1.0, "euclidean": 2.0, "is": 0.0}
#: Below 0, an infinite model would have a finite loss; above 4, only the loudest bins would matter.
LEAST_BETA, LARGEST_BETA = 0.0, 4.0
#: Added to spectrogram and model: 160 dB below the largest entry, less than the noise of any recording.
FLOOR = np.float32(1e-8)
#: Added to both sides of a quotient, so that its logarithm is finite; where V is zero it is multiplied by zero.
TINY = np.float32(1e-30)


def beta_of(loss: str) -> float:
    """Return beta for the name of a loss, or for a number as text."""
    try:
        beta = BETAS[loss] if loss in BETAS else float(loss)
    except ValueError:
        beta = math.nan
    if not LEAST_BETA <= beta <= LARGEST_BETA:
        choices = f"{', '.join(BETAS)} or a number (beta) from {LEAST_BETA:g} to {LARGEST_BETA:g}"
        raise ValueError(f"{loss=} must be one of {choices}")
    return beta


def divergence(V: Array, model: Array, beta: float, axis: int | None = None) -> Array:
    """Compute the divergence of the model from V, summed over all entries or along an axis.

    For beta 1, entries in which the model is zero are left out, since their divergence would be infinite.
    """
    if beta == 2:
        summands = np.square(V - model)
    elif beta == 1:
        summands = V + TINY
        summands /= model + TINY
        np.log(summands, out=summands)
        summands *= V
        summands -= V
        summands += model
        np.copyto(summands, 0, where=model == 0)
    else:
        V, model = V + FLOOR, model + FLOOR
        log_ratio = np.log(V / model)
        summands = model ** (beta - 1) * (V * _grown(log_ratio, beta - 1) - model * _grown(log_ratio, beta))
    total: Array = summands.sum(axis=axis, dtype=np.float64)
    return total


def curvature(model: Array, beta: float) -> Array:
    """Compute the second derivative of the divergence with respect to the model, at V = model.

    This is the Fisher information, used in Fisher scoring.  Multiplied by (model - V) it is the first derivative, for
    all V.  For beta 1 the model must be positive.
    """
    if beta == 2:
        return np.full_like(model, 2)
    return (model if beta == 1 else model + FLOOR) ** (beta - 2)


def _grown(log_ratio: Array, power: float) -> Array:
    """Return (ratio ** power - 1) / power, which is the logarithm where the power is zero."""
    return np.expm1(power * log_ratio) / power if power else log_ratio
