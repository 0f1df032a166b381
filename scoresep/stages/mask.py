"""Decomposition and groups → the share of each group in each bin."""

from __future__ import annotations

import numpy as np

from scoresep.dsp.stft import stretches
from scoresep.model.gates import open_counts
from scoresep.model.stereo import TINY, wiener_filters
from scoresep.values import RESIDUAL, Array, Decomposition, Masks, Selection

#: A claim to all of a component, summed up in float32, may miss one by this much.
ROUNDING = 1e-5
#: Frames that are shared out at once: so few that what is computed on the way stays in the cache.
AT_ONCE = 32


def mask(
    decomposition: Decomposition, selection: Selection, *, exponent: float = 1.5, frames: range | None = None
) -> Masks:
    """Share every bin out among the groups, as a soft mask after Wiener (Ewert and Müller, ICASSP 2012).

    A component's activations are split among the groups whose notes may sound in the frame; the share of a group in
    a bin is its model spectrogram, to the power of ``exponent``, over the sum of those of all groups and of what
    no group claims.  The residual is left that, and what no component explains.  Where the decomposition knows where
    components are in the stereo image, there is also the multichannel Wiener filter (Duong, Vincent and Gribonval,
    2010) of these strengths.  For a stretch ``frames`` of the recording, groups that are silent in it are left out.
    Raises ValueError if ``exponent`` is not positive.
    """
    if not exponent > 0:
        raise ValueError(f"{exponent=} must be positive")
    whole = range(decomposition.activations.shape[1])
    sounding = range(len(selection.names)) if frames is None else _sounding(decomposition, selection, frames)
    frames = whole if frames is None else frames
    weights = selection.weights[list(sounding)]
    channels, bins = decomposition.templates.shape[:2]
    lower = decomposition.covariances.shape[1]
    shares = np.zeros((len(weights) + 1, channels, bins, len(frames)), np.float32)
    filters = np.zeros((len(shares) if lower else 0, 2, 2, lower, len(frames)), np.complex64)
    for part in stretches(frames, AT_ONCE):
        own = slice(part.start - frames.start, part.stop - frames.start)
        activations = _parts(decomposition, weights, part)
        if len(activations) > 1 and not activations[-1].any():
            activations.pop()  # nothing is unclaimed, as usual
        model = _products(decomposition.templates, activations)
        strength = _strengths(model, exponent)
        _share(strength, out=shares[..., own])
        if lower:
            located = _products(decomposition.templates[0, :lower] * decomposition.covariances, activations)
            _filter(located, model[:, 0, :lower], strength[:, 0, :lower], out=filters[..., own])
    return Masks(
        names=(*(selection.names[g] for g in sounding), RESIDUAL),
        shares=shares,
        note=np.array([*(selection.note[g] for g in sounding), -1]),
        notes=decomposition.notes,
        n_fft=decomposition.n_fft,
        hop=decomposition.hop,
        fingerprint=decomposition.fingerprint,
        first_frame=frames.start,
        filters=filters,
    )


def models(decomposition: Decomposition, weights: Array, frames: range) -> Array:
    """Return the model spectrogram of each group in a stretch, and of what no group claims.

    ``weights`` says how much of each note belongs to each group, shape (groups, notes); the result has shape
    (groups + 1, channels or 1, bins, frames) and type float32, and sums to the whole model.
    """
    return _products(decomposition.templates, _parts(decomposition, weights, frames))


def _parts(decomposition: Decomposition, weights: Array, frames: range) -> list[Array]:
    """Return the activations of each group, shape (components, frames), and those that no group claims."""
    everything = np.maximum(_counts(decomposition, np.ones(len(decomposition.notes)), frames), 1)
    activations = decomposition.activations[:, frames.start : frames.stop]
    unclaimed = np.ones_like(everything)
    parts = []
    for weight in weights:
        part = _counts(decomposition, weight, frames) / everything
        unclaimed -= part
        parts.append(activations * part)
    unclaimed[unclaimed < ROUNDING] = 0
    return [*parts, activations * unclaimed]


def _products(templates: Array, parts: list[Array]) -> Array:
    """Return the products of templates, shape (..., bins, components), and the activations of each group, float32."""
    result = np.zeros((len(parts), *templates.shape[:-1], parts[0].shape[1]), np.float32)
    for group, activations in enumerate(parts):
        active = np.flatnonzero(activations.any(axis=1))
        result[group] = templates[..., active] @ activations[active]
    return result


def _share(strength: Array, *, out: Array) -> None:
    """Write the share of each group, by their strengths, to ``out``; where there is none all is the residual's."""
    total = strength.sum(axis=0)  # at least one if anything sounds
    np.divide(strength, np.maximum(total, 1), out=out[: len(strength)])
    out[-1] += total == 0


def _filter(located: Array, model: Array, strength: Array, *, out: Array) -> None:
    """Write the filters of the groups in the lower bins to ``out``.

    ``located`` has the covariances of the groups, as strong as their ``model``, shape (groups, 4, lower bins, frames).
    """
    gain = strength / np.maximum(model, TINY) * (model > TINY)
    out[: len(located)] = wiener_filters(located * gain[:, None])
    out[-1, [0, 1], [0, 1]] += strength.sum(axis=0) == 0


def _strengths(model: Array, exponent: float) -> Array:
    """Return the model spectrograms of all groups to the power of ``exponent``, relative to the strongest one's."""
    strength: Array = model / np.maximum(model.max(axis=0), TINY)
    return strength * np.sqrt(strength) if exponent == 1.5 else strength ** np.float32(exponent)


def _counts(decomposition: Decomposition, weight: Array, frames: range) -> Array:
    """Return the weight of the notes that may sound, shape (components, frames)."""
    return open_counts(decomposition.components, decomposition.notes, decomposition.gates, weight, frames)


def _sounding(decomposition: Decomposition, selection: Selection, frames: range) -> list[int]:
    """Return the groups with a note whose gate is open in the stretch."""
    spans = np.stack([decomposition.gates.sustain, decomposition.gates.onset])
    is_open = ((spans[..., 0] < frames.stop) & (spans[..., 1] > frames.start)).any(axis=0)
    return [g for g, weight in enumerate(selection.weights) if (weight[is_open] > 0).any()]
