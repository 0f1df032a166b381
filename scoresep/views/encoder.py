"""The encoder of an autoencoder beside its decoder."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from scoresep.values import Array, Decomposition
from scoresep.views.axes import axes_or_current, set_title, show_decibels

#: How much of the bins of encoder and decoder is shown, from the lowest.
SHARE_OF_BINS = 0.1
#: How far below the largest the smallest weights lie that are shown (dB).
WEIGHTS_RANGE = 50.0
#: The width of colour bars, as a share of that of their narrow axes.
BAR_WIDTH = 0.1


def plot_decoder(decomposition: Decomposition, *, ax: Axes | None = None) -> Axes:
    """Draw the templates of an autoencoder, each in decibels below its largest weight.

    Parameters
    ----------
    decomposition : Decomposition
        A decomposition by an autoencoder with a dense encoder of one layer.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.

    Raises
    ------
    ValueError
        If the decomposition has no such encoder.
    """
    return _show_weights(axes_or_current(ax), _decoder(decomposition).T, "Decoder: templates")


def plot_encoder(decomposition: Decomposition, *, is_negative: bool = False, ax: Axes | None = None) -> Axes:
    """Draw the weights of an encoder above or below zero, in decibels below the largest of each component.

    Parameters
    ----------
    decomposition : Decomposition
        A decomposition by an autoencoder with a dense encoder of one layer.
    is_negative : bool
        Whether to draw the negative weights, rather than the positive ones.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.

    Raises
    ------
    ValueError
        If the decomposition has no such encoder.
    """
    weights = _encoder(decomposition)
    rows = -weights if is_negative else weights
    return _show_weights(axes_or_current(ax), rows, f"Encoder: {'below' if is_negative else 'above'} zero")


def plot_encoder_product(decomposition: Decomposition, *, ax: Axes | None = None) -> Axes:
    """Draw encoder times decoder, which is the identity if the encoder is a pseudo-inverse of the decoder.

    Parameters
    ----------
    decomposition : Decomposition
        A decomposition by an autoencoder with a dense encoder of one layer.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.

    Raises
    ------
    ValueError
        If the decomposition has no such encoder.
    """
    ax, product = axes_or_current(ax), scaled_product(decomposition)
    ends = (-0.5, len(product) - 0.5, -0.5, len(product) - 0.5)
    shown = ax.imshow(product, origin="lower", aspect="auto", extent=ends, cmap="RdBu_r", vmin=-1, vmax=1)
    ax.figure.colorbar(shown, ax=ax, pad=0.01, fraction=BAR_WIDTH)
    ax.set_xlabel("component")
    set_title(ax, f"Product: {distance_from_identity(product):.2f} from the identity")
    return ax


def scaled_product(decomposition: Decomposition) -> Array:
    """Return encoder times decoder, shape (components, components), scaled to be as near the identity as it can be."""
    product: Array = _encoder(decomposition).astype(float) @ _decoder(decomposition)
    norm = float(np.sum(product**2))
    return np.asarray(product * (float(np.trace(product)) / norm if norm else 1.0))


def distance_from_identity(product: Array) -> float:
    """Return the norm of the difference from the identity, relative to the norm of the identity."""
    return float(np.linalg.norm(product - np.eye(len(product))) / np.sqrt(len(product)))


def check_encoder(decomposition: Decomposition) -> None:
    """Raise a ValueError unless a decomposition has a dense encoder of one layer."""
    if list(decomposition.encoder.shapes) != ["layer0"]:
        raise ValueError("only a decomposition by an autoencoder with a dense encoder of one layer has this picture")


def _encoder(decomposition: Decomposition) -> Array:
    """Return the weights of the encoder, shape (components, bins)."""
    check_encoder(decomposition)
    return decomposition.encoder.arrays["layer0"]


def _decoder(decomposition: Decomposition) -> Array:
    """Return the templates in the bins that the encoder reads, shape (bins, components)."""
    return np.asarray(decomposition.templates[0, : _encoder(decomposition).shape[1], :, 0])


def _show_weights(ax: Axes, rows: Array, name: str) -> Axes:
    """Draw weights, shape (components, bins), each component relative to its largest one."""
    n_bins = int(SHARE_OF_BINS * rows.shape[1])
    picture = (np.maximum(rows, 0) / np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-30))[:, :n_bins].T
    x, y = ((-0.5, size - 0.5) for size in picture.shape[::-1])
    show_decibels(ax, picture, x, y, dynamic_range=WEIGHTS_RANGE, bar_width=BAR_WIDTH)
    ax.set_xlabel("component")
    ax.set_ylabel("frequency (bins)")
    set_title(ax, name)
    return ax
