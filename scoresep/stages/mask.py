"""Decomposition and groups → the share of each group in each bin."""

from __future__ import annotations

import numpy as np

from scoresep.numerics.fourier import stretches
from scoresep.numerics.gates import open_counts
from scoresep.values import Array, Decomposition, Masks, Selection

#: A claim to all of a component, summed up in float32, may miss one by this much.
ROUNDING = 1e-5


def mask(
    decomposition: Decomposition, selection: Selection, *, exponent: float = 1.5, frames: range | None = None
) -> Masks:
    """Share every bin out among the groups, as a soft mask after Wiener (Ewert and Müller, ICASSP 2012).

    A component's activations are split among the groups whose notes may sound in the frame; the share of a group in
    a bin is its model spectrogram, to the power of ``exponent``, over the sum of those of all groups and of what
    no group claims.  The residual is left that, and what no component explains.  For a stretch
    ``frames`` of the recording, groups that are silent in it are left out.  Raises ValueError if ``exponent`` is
    not positive.
    """
    if not exponent > 0:
        raise ValueError(f"{exponent=} must be positive")
    whole = range(decomposition.activations.shape[1])
    sounding = range(len(selection.names)) if frames is None else _sounding(decomposition, selection, frames)
    frames = whole if frames is None else frames
    channels, bins = decomposition.templates.shape[:2]
    shares = np.zeros((len(sounding) + 1, channels, bins, len(frames)), np.float32)
    for part in stretches(frames):
        _share(
            decomposition,
            selection.weights[list(sounding)],
            part,
            exponent,
            out=shares[..., part.start - frames.start : part.stop - frames.start],
        )
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
    everything = np.maximum(_counts(decomposition, np.ones(len(decomposition.notes)), frames), 1)
    activations = decomposition.activations[:, frames.start : frames.stop]
    unclaimed = np.ones_like(everything)
    result = np.zeros((len(weights) + 1, *decomposition.templates.shape[:2], len(frames)), np.float32)
    for group, weight in enumerate(weights):
        part = _counts(decomposition, weight, frames) / everything
        unclaimed -= part
        _multiply(decomposition.templates, activations * part, out=result[group])
    unclaimed[unclaimed < ROUNDING] = 0
    _multiply(decomposition.templates, activations * unclaimed, out=result[-1])
    return result


def _multiply(templates: Array, activations: Array, *, out: Array) -> None:
    """Write the product of the components that are active to ``out``."""
    active = np.flatnonzero(activations.any(axis=1))
    out[:] = templates[:, :, active] @ activations[active]


def _share(decomposition: Decomposition, weights: Array, frames: range, exponent: float, *, out: Array) -> None:
    """Write the shares of the groups and of the residual in a stretch to ``out``."""
    out[:] = models(decomposition, weights, frames)
    peak = out.max(axis=0)
    np.divide(out, peak, out=out, where=peak > 0)
    np.power(out, exponent, out=out)
    total = out.sum(axis=0)
    np.divide(out, total, out=out, where=total > 0)
    out[-1][total == 0] = 1


def _counts(decomposition: Decomposition, weight: Array, frames: range) -> Array:
    """Return the weight of the notes that may sound, shape (components, frames)."""
    return open_counts(decomposition.components, decomposition.notes, decomposition.gates, weight, frames)


def _sounding(decomposition: Decomposition, selection: Selection, frames: range) -> list[int]:
    """Return the groups with a note whose gate is open in the stretch."""
    spans = np.stack([decomposition.gates.sustain, decomposition.gates.onset])
    is_open = ((spans[..., 0] < frames.stop) & (spans[..., 1] > frames.start)).any(axis=0)
    return [g for g, weight in enumerate(selection.weights) if (weight[is_open] > 0).any()]
