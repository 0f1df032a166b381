"""Encoders of dense layers, which compute activations from spectra.

Conventions: the letters of the lecture (Müller and Özer, 2021).  The spectra V, shape (bins, frames), pass through the
layers; a layer with weights W turns its input X into max(W X, 0).  The output of the last layer is the code H, shape
(components, frames), which are the activations.  No layer has a bias, so that the code is proportional to the level of
the recording.  Lists of layers start with the one that takes the spectra.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoresep.backends.alternating_fit import BLOCK
from scoresep.errors import InputError
from scoresep.values import Array, Encoder

#: Added to the share of frames in which a component may be active, so that it is never zero.
LEAST_ACTIVE_SHARE = np.float32(1e-3)
#: Ridge of the pseudo-inverse of the templates, relative to the diagonal of their Gram matrix.
RIDGE = 0.5
#: Sum of a unit's initial weights from the units of other components, relative to the weight from its own component.
CROSSTALK = 0.01


def initial_layers(
    templates: Array, active_share: Array, widths: Sequence[int] = (), *, is_signed: bool
) -> list[Array]:
    """Make the layers of an encoder before the training.

    Nonnegative weights are the transposed templates, with each bin divided among the components that reach it: one
    multiplicative update [1]_ of constant activations.  Signed weights are the pseudo-inverse of the templates with a
    ridge.  In a deeper network, unit u of a layer belongs to component u modulo the number of components; the units
    of one component in the first layer each take a range of its bins, from low to high.

    Parameters
    ----------
    templates : array, shape (components, bins)
        Each with sum one.
    active_share : array, shape (components,)
        The share of frames in which each component may be active, 0 to 1.
    widths : sequence of int
        The number of units of each layer between spectrum and code.
    is_signed : bool
        Whether weights may be negative.

    Returns
    -------
    list of array, shape (units, inputs)

    Raises
    ------
    InputError
        If a layer has fewer units than there are components.

    References
    ----------
    .. [1] Lee and Seung, "Algorithms for non-negative matrix factorization", NIPS 2000.
    """
    size = len(templates)
    if narrow := [width for width in widths if width < size]:
        raise InputError(
            f"a layer of {narrow[0]} units is too narrow for the score's {size} components; wanted at least that many"
        )
    expected = (active_share + LEAST_ACTIVE_SHARE) @ templates
    weights = np.divide(templates, expected, out=np.zeros_like(templates), where=expected > 0)
    if is_signed:
        gram = weights @ templates.T
        ridge = np.where(np.diag(gram) > 0, RIDGE * np.diag(gram), 1)
        weights = np.linalg.solve(gram + np.diag(ridge), weights).astype(np.float32)
    components = [np.arange(width) % size for width in (*widths, size)]
    layers = [_divide_bins(weights, components[0])]
    for before, after in zip(components, components[1:], strict=False):
        n_targets = np.bincount(after, minlength=size)[before] if len(after) > size else 1
        layers.append(((after[:, None] == before) / n_targets + CROSSTALK / len(before)).astype(np.float32))
    return layers


def _divide_bins(weights: Array, components: Array) -> Array:
    """Give each unit a range of the bins of its component; all units of a component together have all its bins."""
    n_units = np.bincount(components, minlength=len(weights))
    position = np.arange(len(components)) // max(len(weights), 1)
    cumulative = np.cumsum(np.abs(weights), axis=1)
    share = cumulative * n_units[:, None] / np.maximum(cumulative[:, -1:], 1e-30)
    unit = np.minimum(share, n_units[:, None] - 0.5).astype(int)
    divided: Array = weights[components] * (unit[components] == position[:, None])
    return divided


def dense_encoder(layers: Sequence[Array]) -> Encoder:
    """Put the layers into the value that a decomposition keeps."""
    return Encoder.of("dense", {f"layer{k}": W for k, W in enumerate(layers)})


def empty_unreachable_bins(V: Array, Wt: Array, gates: Array, beta: float) -> Array:
    """Set bins to zero that no component reaches in a block of frames.

    No fit can explain these bins, and for beta up to 1 they would dominate the loss.  For larger beta, V stays as it
    is.

    Parameters
    ----------
    V : array, shape (bins, frames)
    Wt : array, shape (components, bins)
        The templates.
    gates : array of bool, shape (components, frames)
        Where the score allows activations.
    beta : float

    Returns
    -------
    array of float32, shape (bins, frames)
    """
    V = V.astype(np.float32)
    for start in range(0, V.shape[1] if beta <= 1 else 0, BLOCK):
        frames = slice(start, start + BLOCK)
        V[:, frames] *= Wt.T @ gates[:, frames].astype(np.float32) > 0
    return V


def layer_outputs(layers: Sequence[Array], V: Array) -> list[Array]:
    """Compute the output of each layer for the spectra V; the last one is the code."""
    results = []
    for W in layers:
        V = np.maximum(W @ V, 0)
        results.append(V)
    return results


def backpropagate(
    layers: Sequence[Array], V: Array, outputs: Sequence[Array], gradient: Array, positive_part: Array
) -> list[tuple[Array, Array]]:
    """Compute the gradient of the loss with respect to the weights of each layer.

    Parameters
    ----------
    layers : sequence of array
    V : array, shape (bins, frames)
    outputs : sequence of array
        The output of each layer for V, as `layer_outputs` gives it.
    gradient : array, shape (components, frames)
        The gradient of the loss with respect to the code.
    positive_part : array, shape (components, frames)
        The positive part of this gradient: the gradient is the difference of two nonnegative terms, of which this is
        the first.

    Returns
    -------
    list of (array, array), shape (units, inputs)
        For each layer the gradient, and its positive part, for which all weights count by their absolute values.
    """
    results = []
    for W, X, Y in zip(reversed(layers), [*reversed(outputs[:-1]), V], reversed(outputs), strict=True):
        gradient, positive_part = gradient * (Y > 0), positive_part * (Y > 0)
        results.append((gradient @ X.T, positive_part @ X.T))
        if X is not V:
            gradient, positive_part = W.T @ gradient, np.abs(W).T @ positive_part
    return results[::-1]
