"""What keeps a mosaic sounding like its source.

Without constraints, every frame of the target is a sum of many frames of the source, which are repeated at once and
follow one another in no order: the source is not heard any more.  Each of the three functions takes activations of
shape (source frames, target frames) and gives new ones.

References
----------
.. [1] Driedger, Prätzlich and Müller, "Let It Bee: Towards NMF-inspired audio mosaicing", ISMIR 2015.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from scoresep.values import Array


def fade_repetitions(activations: Array, *, reach: int, fade: float) -> Array:
    """Multiply by ``fade`` what is not the largest of its row within ``reach`` frames before and after it."""
    highest = scipy.ndimage.maximum_filter1d(activations, 2 * reach + 1, axis=1, mode="constant")
    return np.where(activations < highest, activations * np.float32(fade), activations)


def fade_polyphony(activations: Array, *, voices: int, fade: float) -> Array:
    """Multiply by ``fade`` what is not among the ``voices`` largest of its column."""
    if voices >= len(activations):
        return activations
    least = np.partition(activations, -voices, axis=0)[-voices]
    return np.where(activations < least, activations * np.float32(fade), activations)


def sum_diagonals(activations: Array, *, reach: int) -> Array:
    """Sum each activation with those up to ``reach`` frames before and after it on its diagonal.

    On a diagonal, the frames of the source follow one another as they do in the source.
    """
    total = activations.copy()
    for k in range(1, reach + 1):
        total[k:, k:] += activations[:-k, :-k]
        total[:-k, :-k] += activations[k:, k:]
    return total
