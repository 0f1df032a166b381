"""The activations of a mosaic: how much of each frame of the source each frame of the target gets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoresep.mosaicing.constraints import fade_polyphony, fade_repetitions, sum_diagonals
from scoresep.values import Array

#: Keeps divisions and logarithms away from zero.
_TINY = np.float32(1e-9)


def fit_mosaic(
    target: Array,
    templates: Array,
    *,
    iterations: int,
    repetition: int,
    polyphony: int,
    continuity: int,
    allowed: Array | None = None,
    seed: int = 0,
    on_iteration: Callable[[int, float], None] | None = None,
) -> tuple[Array, Array]:
    """Fit activations to fixed templates by multiplicative updates for the Kullback-Leibler divergence [1]_.

    The constraints are applied before each update; those on repetition and polyphony grow stronger from one update to
    the next.  With constraints, the loss may rise.

    Parameters
    ----------
    target : np.ndarray [shape=(bins, frames)]
        Magnitudes of the target.
    templates : np.ndarray [shape=(bins, source frames)]
        Magnitudes of the source, each column with sum one or zero.
    iterations : int
    repetition : int
        How many frames must lie between two uses of a source frame; 0 for any number.
    polyphony : int
        How many source frames may sound at a time; 0 for any number.
    continuity : int
        How many source frames before and after one should follow in their own order; 0 for none.
    allowed : np.ndarray [shape=(source frames, frames), dtype=bool], optional
        Where activations may be other than zero.
    seed : int
    on_iteration : callable, optional
        Called with the number of the iteration and the loss before it.

    Returns
    -------
    activations : np.ndarray [shape=(source frames, frames)]
    loss : np.ndarray [shape=(iterations + 1,)]

    References
    ----------
    .. [1] Driedger, Prätzlich and Müller, "Let It Bee: Towards NMF-inspired audio mosaicing", ISMIR 2015.
    """
    rng = np.random.default_rng(seed)
    activations = rng.uniform(0.5, 1.0, (templates.shape[1], target.shape[1])).astype(np.float32)
    activations *= target.sum(axis=0) / max(len(activations), 1)
    if allowed is not None:
        activations *= allowed
    loss = np.zeros(iterations + 1)
    for k in range(iterations):
        fade = 1 - (k + 1) / iterations
        if repetition:
            activations = fade_repetitions(activations, reach=repetition, fade=fade)
        if polyphony:
            activations = fade_polyphony(activations, voices=polyphony, fade=fade)
        if continuity:
            activations = sum_diagonals(activations, reach=continuity)
            if allowed is not None:
                activations *= allowed
        model = templates @ activations + _TINY
        loss[k] = _divergence(target, model)
        activations = activations * (templates.T @ (target / model))  # the sum of each template, below, is one
        if on_iteration is not None:
            on_iteration(k + 1, float(loss[k]))
    loss[iterations] = _divergence(target, templates @ activations + _TINY)
    return activations, loss


def _divergence(target: Array, model: Array) -> float:
    """Return the Kullback-Leibler divergence of a model."""
    ratio = np.log(np.maximum(target, _TINY) / model)
    return float(np.sum(target * ratio - target + model, dtype=np.float64))
