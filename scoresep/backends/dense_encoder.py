"""Encoders of dense layers: from spectra to the strengths of the score's components.

Conventions: the letters of the lecture (Müller and Özer, 2021): V (bins, frames) goes through the weights W of each
layer, X' = max(W X, 0), to the code H (components, frames).  No layer has a bias, so a louder recording has a louder
code and nothing else changes.  Layers are in the order of the data, the first as wide as the spectrum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoresep.backends.updates import BLOCK
from scoresep.errors import InputError
from scoresep.values import Array, Encoder

#: Least share of frames in which a component counts as open, for the initial weights.
LEAST_OPENNESS = np.float32(1e-3)
#: Ridge of the pseudo-inverse, relative to its diagonal.
RIDGE = 0.5
#: Initial weight of the connections to all other components together, relative to a unit's own.
CROSSTALK = 0.01


def first_layers(templates: Array, openness: Array, widths: Sequence[int] = (), *, is_signed: bool) -> list[Array]:
    """Return the layers of an encoder that is not trained yet, from templates (components, bins) of sum one.

    Nonnegative weights are the transposed templates, each bin divided among the components that reach it, weighted by
    the share of frames in which they may sound (``openness``): one step of Lee and Seung from a code that is the same
    everywhere.  Signed ones are the pseudo-inverse of the templates with the same weights, and a ridge.  In deeper
    networks unit u of a layer of ``widths`` stands for component u modulo their number; in the first layer, those of
    one component share its bins out from low to high.  Raises InputError for layers that are too narrow.
    """
    size = len(templates)
    if narrow := [width for width in widths if width < size]:
        raise InputError(f"a layer of {narrow[0]} units cannot hold the score's {size} components; make all as wide")
    expected = (openness + LEAST_OPENNESS) @ templates
    weights = np.divide(templates, expected, out=np.zeros_like(templates), where=expected > 0)
    if is_signed:
        likeness = weights @ templates.T
        ridge = np.where(np.diag(likeness) > 0, RIDGE * np.diag(likeness), 1)
        weights = np.linalg.solve(likeness + np.diag(ridge), weights).astype(np.float32)
    owners = [np.arange(width) % size for width in (*widths, size)]
    layers = [_shared(weights, owners[0])]
    for before, after in zip(owners, owners[1:], strict=False):
        fans = np.bincount(after, minlength=size)[before] if len(after) > size else 1
        layers.append(((after[:, None] == before) / fans + CROSSTALK / len(before)).astype(np.float32))
    return layers


def _shared(weights: Array, owners: Array) -> Array:
    """Return a row for each unit, what its component hears in its part of the bins; together they hear it all."""
    units, copy = np.bincount(owners, minlength=len(weights)), np.arange(len(owners)) // max(len(weights), 1)
    cumulative = np.cumsum(np.abs(weights), axis=1)
    part = np.minimum(cumulative * units[:, None] / np.maximum(cumulative[:, -1:], 1e-30), units[:, None] - 0.5).astype(
        int
    )
    shared: Array = weights[owners] * (part[owners] == copy[:, None])
    return shared


def dense_encoder(layers: Sequence[Array]) -> Encoder:
    """Return the layers as a value."""
    return Encoder.of("dense", {f"layer{k}": W for k, W in enumerate(layers)})


def mask_unreachable_bins(V: Array, Wt: Array, gates: Array, beta: float) -> Array:
    """Return V with the bins emptied that no component reaches in a block of frames, if beta is up to one.

    There they cost much, whatever the fit does.
    """
    V = V.astype(np.float32)
    for start in range(0, V.shape[1] if beta <= 1 else 0, BLOCK):
        frames = slice(start, start + BLOCK)
        V[:, frames] *= Wt.T @ gates[:, frames].astype(np.float32) > 0
    return V


def outputs(layers: Sequence[Array], V: Array) -> list[Array]:
    """Return what each layer gives for the spectra V, the code last."""
    results = []
    for W in layers:
        V = np.maximum(W @ V, 0)
        results.append(V)
    return results


def slopes(
    layers: Sequence[Array], V: Array, given: Sequence[Array], slope: Array, cost: Array
) -> list[tuple[Array, Array]]:
    """Return the slope of the loss and its cost by the weights of each layer (back-propagation).

    ``given`` is what the layers gave for V; ``slope`` is the derivative of the loss by the code, the last of them, and
    ``cost`` the part of it that speaks for less.  The cost of weights is what it would be without their signs.
    """
    parts = []
    for W, X, Y in zip(reversed(layers), [*reversed(given[:-1]), V], reversed(given), strict=True):
        slope, cost = slope * (Y > 0), cost * (Y > 0)
        parts.append((slope @ X.T, cost @ X.T))
        if X is not V:
            slope, cost = W.T @ slope, np.abs(W).T @ cost
    return parts[::-1]
