"""Decomposition and groups → the share of each group in each bin."""

from __future__ import annotations

import numpy as np

from scoresep.numerics.fourier import stretches
from scoresep.numerics.gates import open_counts
from scoresep.numerics.spatial import TINY, filters
from scoresep.values import Array, Decomposition, Masks, Selection

#: A claim to all of a component, summed up in float32, may miss one by this much.
ROUNDING = 1e-5


def mask(
    decomposition: Decomposition, selection: Selection, *, exponent: float = 1.5, frames: range | None = None
) -> Masks:
    """Share every bin out among the groups, as a soft mask after Wiener (Ewert and Müller, ICASSP 2012).

    A component's activations are split among the groups whose notes may sound in the frame; the share of a group in
    a bin is its model spectrogram, to the power of ``exponent``, over the sum of those of all groups and of what
    no group claims.  Where the decomposition knows where components are in the stereo image, the shares are a
    multichannel Wiener filter (Duong, Vincent and Gribonval, 2010) of these strengths.  The residual is left that, and
    what no component explains.  For a stretch
    ``frames`` of the recording, groups that are silent in it are left out.  Raises ValueError if ``exponent`` is
    not positive.
    """
    if not exponent > 0:
        raise ValueError(f"{exponent=} must be positive")
    whole = range(decomposition.activations.shape[1])
    sounding = range(len(selection.names)) if frames is None else _sounding(decomposition, selection, frames)
    frames = whole if frames is None else frames
    weights = selection.weights[list(sounding)]
    channels, bins = decomposition.templates.shape[:2]
    is_spatial = decomposition.covariances.shape[1] > 0
    shares = np.zeros(
        (len(weights) + 1, *((2, 2) if is_spatial else (channels,)), bins, len(frames)),
        np.complex64 if is_spatial else np.float32,
    )
    for part in stretches(frames):
        own = shares[..., part.start - frames.start : part.stop - frames.start]
        (_filter if is_spatial else _share)(decomposition, weights, part, exponent, out=own)
    return Masks(
        names=(*(selection.names[g] for g in sounding), "residual"),
        shares=shares,
        note=np.array([*(selection.note[g] for g in sounding), -1]),
        notes=decomposition.notes,
        n_fft=decomposition.n_fft,
        hop=decomposition.hop,
        fingerprint=decomposition.fingerprint,
        first_frame=frames.start,
    )


def models(decomposition: Decomposition, weights: Array, frames: range) -> Array:
    """Return the model spectrogram of each group in a stretch, and of what no group claims.

    ``weights`` says how much of each note belongs to each group, shape (groups, notes); the result has shape
    (groups + 1, channels or 1, bins, frames) and type float32, and sums to the whole model.
    """
    parts = _parts(decomposition, weights, frames)
    return np.stack([_product(decomposition.templates, part) for part in parts])


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


def _product(templates: Array, activations: Array) -> Array:
    """Return the product of the components that are active, float32."""
    active = np.flatnonzero(activations.any(axis=1))
    return np.asarray(templates[..., active] @ activations[active], np.float32)


def _share(decomposition: Decomposition, weights: Array, frames: range, exponent: float, *, out: Array) -> None:
    """Write the shares of the groups and of the residual in a stretch to ``out``."""
    out[:] = _strengths(models(decomposition, weights, frames), exponent)
    total = out.sum(axis=0)
    np.divide(out, total, out=out, where=total > 0)
    out[-1][total == 0] = 1


def _filter(decomposition: Decomposition, weights: Array, frames: range, exponent: float, *, out: Array) -> None:
    """Write the filters of the groups and of the residual to ``out``; above the lower bins they are plain shares."""
    lower = decomposition.covariances.shape[1]
    parts = _parts(decomposition, weights, frames)
    model = np.stack([_product(decomposition.templates[0], part) for part in parts])
    located = np.stack(
        [_product(decomposition.templates[0, :lower] * decomposition.covariances, part) for part in parts]
    )
    strength = _strengths(model, exponent)
    gain = np.divide(strength, model, out=np.zeros_like(model), where=model > TINY)[:, None, :lower]
    out[:, :, :, :lower] = filters(located * gain)
    strength, total = strength[:, lower:], strength.sum(axis=0)
    share = np.divide(strength, total[lower:], out=np.zeros_like(strength), where=total[lower:] > 0)
    out[:, 0, 0, lower:] = out[:, 1, 1, lower:] = share
    out[-1, [0, 1], [0, 1]] += total == 0


def _strengths(model: Array, exponent: float) -> Array:
    """Return the model spectrograms of all groups to the power of ``exponent``, relative to the strongest one's."""
    peak = model.max(axis=0)
    return np.asarray(np.divide(model, peak, out=np.zeros_like(model), where=peak > 0) ** np.float32(exponent))


def _counts(decomposition: Decomposition, weight: Array, frames: range) -> Array:
    """Return the weight of the notes that may sound, shape (components, frames)."""
    return open_counts(decomposition.components, decomposition.notes, decomposition.gates, weight, frames)


def _sounding(decomposition: Decomposition, selection: Selection, frames: range) -> list[int]:
    """Return the groups with a note whose gate is open in the stretch."""
    spans = np.stack([decomposition.gates.sustain, decomposition.gates.onset])
    is_open = ((spans[..., 0] < frames.stop) & (spans[..., 1] > frames.start)).any(axis=0)
    return [g for g, weight in enumerate(selection.weights) if (weight[is_open] > 0).any()]
