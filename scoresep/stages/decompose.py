"""Spectrogram and aligned notes → templates and activations."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scoresep.backends import BACKENDS
from scoresep.backends.contract import OnIteration
from scoresep.errors import StaleError
from scoresep.numerics.divergences import beta_of
from scoresep.numerics.spatial import differ, learned_covariances
from scoresep.stages.model import Start, start_of
from scoresep.stages.stft import lower_bins, magnitude
from scoresep.stages.trained import encoded
from scoresep.values import Alignment, Array, Decomposition, Encoder, Spectrogram

#: Where the score's constraints hold.
CONSTRAINTS = ("both", "templates", "activations", "none")
#: Whether the stereo image tells components apart; "auto" says so for two channels that differ.
SPATIAL = ("auto", "off")
#: Whether the attack of a pitch has a template of its own; "auto" gives one to struck instruments.
ONSETS = ("auto", "on", "off")
#: What options of the autoencoders are if nothing is said.
UNSAID = {"layers": None, "sparsity": 0.0, "continuity": 0.0, "encoder": "dense"}


def decompose(
    spectrogram: Spectrogram | Iterable[Spectrogram],
    alignment: Alignment,
    *,
    backend: str = "nmf",
    loss: str = "kl",
    iterations: int = 25,
    threshold: float = 0.0,
    constraints: str = "both",
    onsets: str = "auto",
    instrument: str | Sequence[str] = "auto",
    spatial: str = "auto",
    seed: int = 0,
    layers: Sequence[int] | None = None,
    sparsity: float = 0.0,
    continuity: float = 0.0,
    encoder: str = "dense",
    init: Decomposition | None = None,
    on_iteration: OnIteration | None = None,
) -> Decomposition:
    """Explain a spectrogram note by note, after Ewert and Müller (ICASSP 2012).

    ``spectrogram`` is a whole one or its consecutive stretches.  Templates belong to an instrument and a pitch and
    start as harmonic combs, activations start as the notes' gates; what starts at zero stays zero.  A constraint that
    ``constraints`` leaves out is replaced by a random start from ``seed``.  ``onsets`` adds a template for the attack
    of each pitch; ``instrument`` names the instrument of all parts, or of some as "PART=NAME", where the score is wrong
    ("auto" takes it from the score, and from the sound what is called a piano and is none); ``spatial`` is "off" or
    "auto", which learns where the components are in the stereo image if there is one.  The fit ends after
    ``iterations``, or when both factors change by less than ``threshold`` relative to their norms.

    Autoencoders may have more ``layers`` between spectrum and activations, of these widths, each no narrower than the
    components are many; penalties on activations that are many at a time (``sparsity``) or change much from
    frame to frame (``continuity``); and, with the backend "torch", an ``encoder`` that is "recurrent" or
    "convolutional".  With ``init``, whose encoder is trained, nothing is fitted: it is applied as it is.  Raises
    ValueError for an option that there is not, StaleError for an alignment of another recording, InputError for layers
    that are too narrow and for an encoder of other spectra or other components.
    """
    beta_of(loss)  # a mistake costs nothing yet
    _check(
        backend=(backend, BACKENDS),
        constraints=(constraints, CONSTRAINTS),
        onsets=(onsets, ONSETS),
        spatial=(spatial, SPATIAL),
    )
    special = {"layers": layers and list(layers), "sparsity": sparsity, "continuity": continuity, "encoder": encoder}
    special = special_options(backend, special)
    V, channels, first = _assemble(
        [spectrogram] if isinstance(spectrogram, Spectrogram) else spectrogram, is_spatial=spatial == "auto"
    )
    if alignment.fingerprint not in ("", first.fingerprint):
        raise StaleError("the alignment is of another recording than the spectrogram; align this one")
    start = start_of(V, alignment, first, instrument=instrument, onsets=onsets)
    templates, activations = _released(start, constraints, np.random.default_rng(seed))
    if init is None:
        fitted = BACKENDS[backend](
            V,
            templates,
            activations,
            loss=loss,
            iterations=iterations,
            threshold=threshold,
            ties=start.ties if constraints in ("both", "templates") else (),
            on_iteration=on_iteration,
            **special,
        )
    else:
        fitted = encoded(V, start, activations > 0, first, init)
        backend, loss, iterations = init.backend, str(init.options["loss"]), 0
    covariances = learned_covariances(channels, fitted.templates[: channels.shape[1]], fitted.activations)
    options = {
        "loss": loss,
        "iterations": iterations,
        "threshold": threshold,
        "constraints": constraints,
        "onsets": onsets,
        "instrument": instrument if isinstance(instrument, str) else list(instrument),
        "spatial": spatial,
        "seed": seed,
        **special,
        **({"init": init.fingerprint} if init else {}),
    }
    return Decomposition(
        fitted.templates[None],
        fitted.activations,
        start.components,
        alignment.notes,
        start.gates,
        start.instruments,
        covariances,
        fitted.loss,
        n_fft=first.n_fft,
        hop=first.hop,
        fingerprint=first.fingerprint,
        backend=backend,
        options=options,
        encoder=replace(fitted.encoder, sample_rate=first.audio.sample_rate) if fitted.encoder.kind else Encoder(),
    )


def special_options(backend: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return which of the autoencoders' options say anything; raise ValueError for those that the backend has not."""
    said = {name: value for name, value in options.items() if name in UNSAID and value not in (None, UNSAID[name])}
    for name in said:
        having = [other for other, fit in BACKENDS.items() if name in inspect.signature(fit).parameters]
        if backend not in having:
            raise ValueError(f"the backend {backend} has no option {name}; those that have it are {', '.join(having)}")
    return said


def _check(**options: tuple[str, Collection[str]]) -> None:
    """Raise a ValueError for the first option whose value is not among its choices."""
    for name, (value, choices) in options.items():
        if value not in choices:
            raise ValueError(f"{name}={value!r} must be one of {', '.join(choices)}")


def _assemble(stretches: Iterable[Spectrogram], *, is_spatial: bool) -> tuple[Array, Array, Spectrogram]:
    """Return the magnitude of all stretches together, the lower bins of two channels, and the first stretch.

    The magnitude has shape (bins, frames), the lower bins (2, lower bins, frames); there are none where nothing is to
    be learned from the channels.
    """
    magnitudes, lower, first = [], [], None
    for stretch in stretches:
        first = first or stretch
        magnitudes.append(magnitude(stretch))
        if is_spatial and len(stretch.stft) == 2:
            lower.append(stretch.stft[:, : lower_bins(stretch)])
    if first is None:
        raise ValueError("there is no spectrogram to decompose")
    V = np.concatenate(magnitudes, axis=1)
    channels = np.concatenate(lower, axis=2) if lower else np.zeros((2, 0, V.shape[1]), np.complex64)
    return V, channels if differ(channels) else channels[:, :0], first


def _released(start: Start, constraints: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the starting factors, with random ones in place of those that the score shall not constrain."""
    templates, activations = start.templates, start.activations
    if constraints not in ("both", "templates"):
        templates = rng.random(templates.shape)
    if constraints not in ("both", "activations"):
        activations = rng.random(activations.shape)
    return templates, activations
