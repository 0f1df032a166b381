"""What keeps a mosaic sounding like its source.

Without constraints, every frame of the target is a sum of many frames of the source.  The same ones are used again and
again, in any order, and the source cannot be recognized.  Each of the three functions takes activations of shape
(source frames, target frames) and gives new ones.

References
----------
.. [1] Driedger, Prätzlich and Müller, "Let It Bee: Towards NMF-inspired audio mosaicing", ISMIR 2015.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from scoresep.values import Array


def fade_repetitions(activations: Array, *, reach: int, fade: float) -> Array:
    """Multiply by ``fade`` all activations but the largest in their row within ``reach`` frames before and after."""
    highest = scipy.ndimage.maximum_filter1d(activations, 2 * reach + 1, axis=1, mode="constant")
    return np.where(activations < highest, activations * np.float32(fade), activations)


def fade_polyphony(activations: Array, *, voices: int, fade: float) -> Array:
    """Multiply by ``fade`` all activations but the ``voices`` largest in their column."""
    if voices >= len(activations):
        return activations
    least = np.partition(activations, -voices, axis=0)[-voices]
    return np.where(activations < least, activations * np.float32(fade), activations)


def sum_diagonals(activations: Array, *, reach: int) -> Array:
    """Add to each activation those up to ``reach`` frames before and after it on its diagonal.

    Along a diagonal, frames of the source follow one another in their own order.
    """
    total = activations.copy()
    for k in range(1, reach + 1):
        total[k:, k:] += activations[:-k, :-k]
        total[:-k, :-k] += activations[k:, k:]
    return total
