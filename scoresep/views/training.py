"""What a training did: the loss against the iterations, as in Müller and Özer's lecture, and encoder beside decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from scoresep.values import Array, Decomposition
from scoresep.views.panels import COLOURS, levels_image, title

#: How the backends are called in legends.
NAMES = {
    "nmf": "NMF (multiplicative)",
    "gradient": "NMF (additive)",
    "nae": "NAE (additive)",
    "nae-multiplicative": "NAE (multiplicative)",
    "torch": "NAE (PyTorch)",
}
#: Of the bins of encoders and decoders, so many are shown.
SHARE_OF_BINS = 0.1
#: How far below the largest the smallest weights lie that are shown (dB).
WEIGHTS_RANGE = 50.0


def training_figure(values: Sequence[Any], picture: str) -> Figure:
    """Return the figure of "loss" or "encoder".  Raises ValueError for other values than it is of."""
    if not all(isinstance(value, Decomposition) for value in values):
        raise ValueError(f"--{picture} is of decompositions; leave out all other files")
    if picture == "loss":
        return loss_figure(values)
    if len(values) > 1:
        raise ValueError("--encoder is of one decomposition; name one file")
    return encoder_figure(values[0])


def loss_figure(values: Sequence[Decomposition]) -> Figure:
    """Return a figure of the losses on logarithmic axes, from the first iteration on."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    panel = figure.subplots()
    for value, colour in zip(values, np.resize(COLOURS, len(values)), strict=True):
        panel.loglog(np.arange(1, len(value.loss)), value.loss[1:], ".-", color=str(colour), label=_name(value))
        panel.axhline(float(value.loss[0]), color=str(colour), linewidth=0.6, linestyle=":")
    panel.set_xlabel("iterations")
    panel.set_ylabel(f"loss ({', '.join(sorted({str(value.options.get('loss', '')) for value in values}))})")
    panel.grid(which="both", alpha=0.3)
    panel.legend()
    title(panel, "Loss after each iteration (dotted: before the first)")
    return figure


def encoder_figure(value: Decomposition) -> Figure:
    """Return a figure of decoder, encoder and their product, which is the identity for a pseudo-inverse.

    Only the lowest bins that it hears are shown.  Raises ValueError for a decomposition without an encoder of one
    layer.
    """
    if list(value.encoder.shapes) != ["layer0"]:
        raise ValueError("only a decomposition by an autoencoder with a dense encoder of one layer has this picture")
    encoder = value.encoder.arrays["layer0"]
    decoder = value.templates[0, : encoder.shape[1], :, 0]
    bins = int(SHARE_OF_BINS * len(decoder))
    figure = Figure(figsize=(14, 4.5), layout="constrained")
    panels = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.1))
    parts = ("Decoder: templates", decoder.T), ("Encoder: above zero", encoder), ("Encoder: below zero", -encoder)
    for panel, (name, rows) in zip(panels, parts, strict=False):
        picture = (np.maximum(rows, 0) / np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-30))[:, :bins].T
        size = (-0.5, picture.shape[1] - 0.5), (-0.5, len(picture) - 0.5)
        levels_image(panel, picture, *size, depth=WEIGHTS_RANGE)
        panel.set_xlabel("component")
        title(panel, name)
    panels[0].set_ylabel("frequency (bins)")
    product = pseudo_identity(value)
    ends = (-0.5, len(product) - 0.5, -0.5, len(product) - 0.5)
    shown = panels[3].imshow(product, origin="lower", aspect="auto", extent=ends, cmap="RdBu_r", vmin=-1, vmax=1)
    figure.colorbar(shown, ax=panels[3])
    panels[3].set_xlabel("component")
    title(panels[3], f"Encoder · decoder: {distance_from_identity(product):.2f} from the identity")
    return figure


def pseudo_identity(value: Decomposition) -> Array:
    """Return encoder times decoder (components, components), scaled to be as near the identity as can be."""
    encoder = value.encoder.arrays["layer0"].astype(float)
    product: Array = encoder @ value.templates[0, : encoder.shape[1], :, 0]
    norm = float(np.sum(product**2))
    return np.asarray(product * (float(np.trace(product)) / norm if norm else 1.0))


def distance_from_identity(product: Array) -> float:
    """Return the norm of the difference from the identity over that of the identity."""
    return float(np.linalg.norm(product - np.eye(len(product))) / np.sqrt(len(product)))


def _name(value: Decomposition) -> str:
    """Return what a curve is called."""
    layers = value.options.get("layers")
    return NAMES.get(value.backend, value.backend) + (f", layers {','.join(map(str, layers))}" if layers else "")
