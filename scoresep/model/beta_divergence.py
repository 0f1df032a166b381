"""How far a model is from a spectrogram: the beta divergences (Févotte and Idier, Neural Computation 23(9), 2011).

Conventions: ``V`` is the spectrogram and ``model`` its approximation, two nonnegative arrays of one shape, scaled so
that the largest entry of V is about one.  Beta 2 is the sum of squares, without the usual half, 1 the divergence of
Kullback and Leibler, 0 that of Itakura and Saito.  All but the first two are taken of V and model raised by `FLOOR`:
zeros in either cost much, but not infinitely much.
"""

from __future__ import annotations

import math

import numpy as np

from scoresep.values import Array

#: The losses that have names, and their beta.
BETAS = {"kl": 1.0, "euclidean": 2.0, "is": 0.0}
#: Below, an endless model costs but a finite amount; beyond, only the loudest bins count.
LEAST_BETA, LARGEST_BETA = 0.0, 4.0
#: 160 dB below the largest entry, quieter than all that a recording holds.
FLOOR = np.float32(1e-8)
#: Keeps the logarithm of a quotient finite, which is then multiplied with zero.
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
    """Return the divergence of the model from V, summed over all bins or along an axis.

    For beta 1, bins where the model is zero are left out: there the divergence is infinite whatever the fit does.
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
    """Return the second derivative of the divergence by the model, where the model is the truth.

    Elsewhere it is what Fisher's scoring takes for it.  Times (model - V) it is the first derivative, anywhere.  For
    beta 1 the model must be positive.
    """
    if beta == 2:
        return np.full_like(model, 2)
    return (model if beta == 1 else model + FLOOR) ** (beta - 2)


def _grown(log_ratio: Array, power: float) -> Array:
    """Return (ratio ** power - 1) / power, which is the logarithm where the power is zero."""
    return np.expm1(power * log_ratio) / power if power else log_ratio
