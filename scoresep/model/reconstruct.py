"""The product of templates and activations, and each note's share of it: the only place where they are written.

Conventions: templates have shape (..., bins, components, taps), activations (components, frames).  With one tap the
model is the matrix product of nonnegative matrix factorization; with more it is the convolution of NMFD (Smaragdis,
ICA 2004): tap t of a template sounds t frames after its activation.
"""

from __future__ import annotations

import numpy as np

from scoresep.model.excitation import Sources, source_spectra
from scoresep.model.gates import gate_weights
from scoresep.values import Array, Decomposition

#: Rounding of float32 sums below which a component counts as wholly claimed.
ROUNDING = 1e-5


def product(templates: Array, activations: Array, n_before: int = 0, sources: Sources = ()) -> Array:
    """Multiply templates by activations.

    Parameters
    ----------
    templates : array, shape (..., bins, components, taps)
    activations : array, shape (components, n_before + frames)
    n_before : int
        Frames at the begin of ``activations`` that are only there for what still sounds of them.
    sources : sequence of (slice, array of shape (bins, frames))
        Components that filter the sound of a source, and its spectrum, as `model.excitation` gives them.

    Returns
    -------
    array, shape (..., bins, frames)
    """
    is_active: Array = np.asarray(activations.any(axis=1))
    if sources:
        total = sum(
            (templates[..., rows, 0] @ activations[rows, n_before:]) * spectrum
            for rows, spectrum in sources
            if is_active[rows].any()
        )
        for rows, _ in sources:
            is_active[rows] = False
        return np.asarray(total + _plain_product(templates, activations, n_before, np.flatnonzero(is_active)))
    return _plain_product(templates, activations, n_before, np.flatnonzero(is_active))


def _plain_product(templates: Array, activations: Array, n_before: int, active: Array) -> Array:
    """Multiply the active templates by their activations."""
    if templates.shape[-1] == 1:
        return np.asarray(templates[..., 0][..., active] @ activations[active, n_before:])
    n_frames = activations.shape[1] - n_before
    total = np.zeros((*templates.shape[:-2], n_frames), np.result_type(templates, activations))
    for tap in range(min(templates.shape[-1], activations.shape[1])):
        begin, end = max(n_before - tap, 0), activations.shape[1] - tap
        part = templates[..., tap][..., active] @ activations[active, begin:end]
        total[..., n_frames - part.shape[-1] :] += part
    return total


def note_activations(decomposition: Decomposition, weights: Array, frames: range | None = None) -> Array:
    """Share the activations out among groups of notes.

    Where several notes have a component open at once, its activation is divided among them evenly, or by how far
    their gates are open.

    Parameters
    ----------
    decomposition : Decomposition
    weights : array, shape (groups, notes)
        How much of each note belongs to each group; one row a note, ``np.eye(len(notes))``, for single notes.
    frames : range, optional
        A stretch of frames; all of them unless given.

    Returns
    -------
    array, shape (groups + 1, components, frames)
        The last entry has what no group claims; all together they are the activations.
    """
    frames = decomposition.frames if frames is None else frames
    table = decomposition.components, decomposition.notes, decomposition.gates
    total = gate_weights(*table, np.ones(len(decomposition.notes)), frames)
    total = np.where(total > 0, total, 1)
    activations = decomposition.activations[:, frames.start : frames.stop]
    unclaimed = np.ones_like(total)
    parts = np.empty((len(weights) + 1, *activations.shape), np.result_type(activations, total))
    for group, weight in enumerate(weights):
        share = gate_weights(*table, weight, frames) / total
        unclaimed -= share
        np.multiply(activations, share, out=parts[group])
    unclaimed[unclaimed < ROUNDING] = 0
    np.multiply(activations, unclaimed, out=parts[-1])
    return parts


def reconstruct(
    decomposition: Decomposition,
    *,
    weights: Array | None = None,
    frames: range | None = None,
    templates: Array | None = None,
) -> Array:
    """Give the model spectrogram of groups of notes.

    Parameters
    ----------
    decomposition : Decomposition
    weights : array, shape (groups, notes), optional
        As in `note_activations`; without them the whole model is one group.
    frames : range, optional
        A stretch of frames; all of them unless given.
    templates : array, shape (..., bins, components, taps), optional
        Templates to use in place of those of the decomposition.

    Returns
    -------
    array, shape (groups + 1, channels or 1, bins, frames), or (channels or 1, bins, frames) without ``weights``
        The last group is what no group claims; all groups together are the whole model.
    """
    frames = decomposition.frames if frames is None else frames
    templates = decomposition.templates if templates is None else templates
    n_before = min(templates.shape[-1] - 1, frames.start)
    reach = range(frames.start - n_before, frames.stop)
    sources = sources_of(decomposition, frames, templates.shape[-3])
    if weights is None:
        return product(templates, decomposition.activations[:, reach.start : reach.stop], n_before, sources)
    return products(templates, note_activations(decomposition, weights, reach), n_before, sources)


def sources_of(decomposition: Decomposition, frames: range, n_bins: int | None = None) -> Sources:
    """Give the sources of a decomposition in some frames, in the lowest ``n_bins``."""
    return source_spectra(decomposition.components, decomposition.contours, decomposition.transform, frames, n_bins)


def products(templates: Array, activations: Array, n_before: int = 0, sources: Sources = ()) -> Array:
    """Multiply templates by the activations of several groups, shape (groups, components, n_before + frames)."""
    shape = (len(activations), *templates.shape[:-2], activations.shape[2] - n_before)
    result = np.zeros(shape, np.float32)
    for group, own in enumerate(activations):
        result[group] = product(templates, own, n_before, sources)
    return result
