"""Fit the templates of the pieces of a drum kit beside what else sounds.

Conventions: V ≈ B + W H, where V is the recording, B what is no drum and stays as it is, W the spectra of the rows
(`kit_templates`) and H the activations of the keys, which the rows spread over time: nonnegative matrix factor
deconvolution (Smaragdis, ICA 2004) with the score's hits (Dittmar and Müller, IEEE/ACM TASLP 24(9), 2016).  The rules
are those for the divergence of Kullback and Leibler, with sums over the taps in numerator and denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from scoresep.dsp.parallel import ordered_map
from scoresep.model.kit_templates import KitRows
from scoresep.values import Array

#: Iterations in which templates and activations are learned.
ITERATIONS = 30
#: Iterations after which templates tell where hits are.
SEARCH_ITERATIONS = 15
#: Iterations in which activations are fitted to templates that are known.
ACTIVATION_ITERATIONS = 15
#: Keeps quotients finite.
EPSILON = np.float32(1e-12)


@dataclass(frozen=True, eq=False)
class KitStretch:
    """A stretch of frames to fit to.

    Parameters
    ----------
    V : array, shape (bins, frames)
        Magnitudes of the recording.
    B : array, shape (bins, frames)
        Magnitudes of what is no drum.
    openings : array, shape (keys, reach + frames)
        One where a key may be struck, else zero; ``reach`` frames lie before the stretch.
    """

    V: Array
    B: Array
    openings: Array


@dataclass(frozen=True, eq=False)
class Kit:
    """What is known of a kit.

    Parameters
    ----------
    rows : KitRows
    spectra : array, shape (rows, bins)
    strength : array, shape (keys,)
        How strong each key is in all frames that were learned from together.
    """

    rows: KitRows
    spectra: Array
    strength: Array

    def mean_spectra(self) -> Array:
        """Give the spectrum of each key over all its taps, as strong as the key is, shape (keys, bins)."""
        total = np.zeros((len(self.rows.keys), self.spectra.shape[1]), np.float32)
        np.add.at(total, self.rows.key_of_row, self.spectra)
        return total * self.strength[:, None]


def fit_kit(
    rows: KitRows, spectra: Array, stretches: Sequence[KitStretch], *, iterations: int = ITERATIONS
) -> tuple[Kit, list[Array]]:
    """Learn the spectra of all rows from some stretches.

    Parameters
    ----------
    rows : KitRows
    spectra : array, shape (rows, bins)
        The spectra before the fit.
    stretches : sequence of KitStretch
    iterations : int

    Returns
    -------
    kit : Kit
    activations : list of array, shape (keys, reach + frames)
        Those of each stretch.
    """
    H = _first_activations(stretches)
    for _ in range(iterations):
        H = list(ordered_map(partial(_updated, rows, spectra), zip(stretches, H, strict=True)))
        numerator, denominator = np.zeros_like(spectra), np.zeros((len(spectra), 1), np.float32)
        for up, down in ordered_map(partial(_terms, rows, spectra), zip(stretches, H, strict=True)):
            numerator += up
            denominator += down
        spectra = np.where(denominator > 0, spectra * (numerator / (denominator + EPSILON)), spectra)
        spectra, level = _of_sum_one(rows, spectra)
        H = [h * level for h in H]
    strength = sum((h.sum(axis=1) for h in H), np.zeros(len(rows.keys), np.float32))
    return Kit(rows, spectra, np.asarray(strength)), H


def fit_hits(kit: Kit, stretch: KitStretch, *, iterations: int = ACTIVATION_ITERATIONS) -> Array:
    """Fit activations to templates that are known, shape (keys, reach + frames)."""
    (H,) = _first_activations([stretch])
    for _ in range(iterations):
        H = _updated(kit.rows, kit.spectra, (stretch, H))
    return H


def _first_activations(stretches: Sequence[KitStretch]) -> list[Array]:
    """Open all hits as far as what is no drum leaves of the recording."""
    left = sum(float(np.maximum(stretch.V - stretch.B, 0).sum()) for stretch in stretches)
    opened = sum(float(stretch.openings.sum()) for stretch in stretches)
    return [stretch.openings * np.float32(left / max(opened, 1.0)) for stretch in stretches]


def _updated(rows: KitRows, W: Array, fit: tuple[KitStretch, Array]) -> Array:
    """Give H after a step with W held; ``fit`` is a stretch and its H."""
    stretch, H = fit
    quotient = stretch.V / (stretch.B + W.T @ rows.activations(H) + EPSILON)
    numerator = rows.add_back(W @ quotient)
    denominator = rows.add_back(np.broadcast_to(W.sum(axis=1, keepdims=True), (len(W), quotient.shape[1])))
    return np.asarray(H * (numerator / (denominator + EPSILON)))


def _terms(rows: KitRows, W: Array, fit: tuple[KitStretch, Array]) -> tuple[Array, Array]:
    """Give numerator and denominator of a step of W with H held."""
    stretch, H = fit
    h = rows.activations(H)
    return h @ (stretch.V / (stretch.B + W.T @ h + EPSILON)).T, h.sum(axis=1, keepdims=True)


def _of_sum_one(rows: KitRows, W: Array) -> tuple[Array, Array]:
    """Scale the spectra of each key to sum one; give them and the sums before, shape (keys, 1)."""
    level = np.zeros((len(rows.keys), 1), np.float32)
    np.add.at(level[:, 0], rows.key_of_row, W.sum(axis=1))
    level = np.where(level > 0, level, 1)
    return np.asarray(W / level[rows.key_of_row]), level
