"""Smooth filters: the spectral envelopes of vowels, as sums of a few overlapping bumps (Durrieu et al., 2010)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values import Array

#: The weights of a voice's filters fall like 1 / (1 + bump / this) before a fit.
TILT = 3.0
#: How far the loudness of a voice is drawn to its mean over neighbouring frames during a fit.
SOURCE_SMOOTHING = 0.5


@dataclass(frozen=True, eq=False)
class FilteredSource:
    """Components that are smooth filters on one source, as vowels are on the sound of the vocal folds.

    Parameters
    ----------
    components : slice
        Which components they are.
    weights : array, shape (components, bumps)
        The weights of the bumps in each filter before the fit.
    basis : array, shape (bumps, bins)
        The bumps; the template of a component is always ``weights @ basis``.
    spectrum : array, shape (bins, frames), optional
        The spectrum of the source, by which the product of templates and activations is multiplied; flat and steady
        unless given.
    """

    components: slice
    weights: Array
    basis: Array
    spectrum: Array | None = None


def mel(frequency: Array | float) -> Array:
    """Convert hertz to mel, by O'Shaughnessy's formula."""
    return np.asarray(1127 * np.log1p(np.asarray(frequency) / 700))


def bumps(count: int, frequencies: Array, highest: float) -> Array:
    """Make raised-cosine bumps, equally spaced in mel from 0 to ``highest`` hertz.

    Parameters
    ----------
    count : int
    frequencies : array, shape (bins,)
        The frequency of each bin in hertz.
    highest : float

    Returns
    -------
    array of float32, shape (count, bins)
        Each bump reaches to the centres of its neighbours; all together they are one everywhere.
    """
    centres = np.linspace(0, mel(highest), count)
    distance = np.abs(mel(frequencies) - centres[:, None]) / (centres[1] - centres[0])
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, 1)), np.float32)


def random_weights(n_filters: int, n_bumps: int, rng: np.random.Generator, *, is_tilted: bool) -> Array:
    """Draw the weights of the bumps in each filter before a fit, of sum one, shape (filters, bumps), float32."""
    weights = 1 + rng.random((n_filters, n_bumps)) / 2
    if is_tilted:
        weights /= 1 + np.arange(n_bumps) / TILT
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
