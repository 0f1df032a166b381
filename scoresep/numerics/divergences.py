"""How far a model is from a spectrogram.

Conventions: ``V`` is the spectrogram and ``model`` its approximation, two nonnegative arrays of one shape.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoresep.values import Array

Divergence = Callable[[Array, Array], float]


def euclidean(V: Array, model: Array) -> float:
    """Return the sum of (V - model)²."""
    return float(np.square(V - model).sum(dtype=np.float64))


def kullback_leibler(V: Array, model: Array) -> float:
    """Return the sum of V log(V / model) - V + model, with 0 log 0 = 0 (Lee and Seung, 2000).

    Where the model is zero the divergence is infinite whatever the fit does; such bins are left out.
    """
    reached = model > 0
    ratio = np.divide(V, model, out=np.ones_like(V), where=reached & (V > 0))
    summands = V * np.log(ratio) - V + model
    return float(summands.sum(where=reached, dtype=np.float64))


DIVERGENCES: dict[str, Divergence] = {"kl": kullback_leibler, "euclidean": euclidean}
