"""The share of each note's tone, and of each group's noise, in the model spectrogram of a decomposition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoresep.model.reconstruct import note_activations, products, sources_of
from scoresep.synthesis.tracks import TONAL, Track
from scoresep.values import Array, Decomposition

#: The exponent of the shares, that of the masks.
EXPONENT = 1.5
#: Bins in which the tone of a note is below this share of its highest bin in the frame count as silent.
FAINTEST = 1e-4
#: Below this share of the highest value a model counts as silent.
SILENT = 1e-7


def model_shares(
    decomposition: Decomposition, tracks: Sequence[Track], weights: Array, frames: range
) -> tuple[Array, Array]:
    """Give the share of each tone and of the noise of each group in some frames.

    Parameters
    ----------
    decomposition : Decomposition
    tracks : sequence of Track
        The notes whose tones are wanted.
    weights : array, shape (groups, notes)
        How much of each note belongs to each group.
    frames : range

    Returns
    -------
    tones : array, shape (tracks, channels or 1, bins, frames)
        Zero where a tone has no partial.
    noise : array, shape (groups, channels or 1, bins, frames)
    """
    templates = decomposition.templates
    n_before = min(templates.shape[3] - 1, frames.start)
    reach = range(frames.start - n_before, frames.stop)
    sources = sources_of(decomposition, frames)
    is_tonal = np.isin(decomposition.components.role, TONAL)[:, None]
    single = np.zeros((len(tracks), len(decomposition.notes)))
    single[np.arange(len(tracks)), [track.note for track in tracks]] = 1
    tones = products(templates, note_activations(decomposition, single, reach)[:-1] * is_tonal, n_before, sources)
    tones[tones < FAINTEST * tones.max(axis=2, keepdims=True, initial=0)] = 0
    noise = products(templates, note_activations(decomposition, weights, reach) * ~is_tonal, n_before, sources)
    highest = max(tones.max(initial=0), noise.max(initial=0))
    strengths = [(model / max(highest, SILENT)) ** EXPONENT for model in (tones, noise)]
    total = sum(strength.sum(axis=0) for strength in strengths)
    tones, noise = (strength / np.where(total > SILENT**EXPONENT, total, 1) for strength in strengths)
    return tones, noise[:-1]
