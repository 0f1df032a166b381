"""Spectrogram and aligned notes → templates and activations."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scoresep.backends import BACKENDS
from scoresep.backends.contract import Factors, OnIteration
from scoresep.backends.nmf import fit_activations, fit_templates
from scoresep.backends.pretrained import encoded
from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import magnitude
from scoresep.errors import ScoresepWarning, StaleError
from scoresep.model.beta_divergence import beta_of
from scoresep.model.initial_factors import Start, start_of
from scoresep.model.stereo import TINY, learned_covariances
from scoresep.model.training_frames import TrainingFrames, hear
from scoresep.values import Alignment, Array, Decomposition, Encoder, Gates, Spectrogram

#: Where the score's constraints hold.
CONSTRAINTS = ("both", "templates", "activations", "none")
#: The most iterations in which the templates above the limit are fitted to the activations.
UPPER_ITERATIONS = 5
#: Iterations in which activations of a long recording are fitted to the templates of another one.
UNTRAINED_ITERATIONS = 25
#: Whether the stereo image tells components apart; "auto" says so for two channels that differ.
SPATIAL = ("auto", "off")
#: Whether the attack of a pitch has a template of its own; "auto" gives one to struck instruments.
ONSETS = ("auto", "on", "off")
#: What options of the autoencoders are if nothing is said.
UNSAID = {"layers": None, "sparsity": 0.0, "continuity": 0.0, "encoder": "dense"}


def decompose(
    spectrogram: Spectrogram | Callable[[], Iterable[Spectrogram]],
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

    ``spectrogram`` is a whole one, or a function that gives its consecutive stretches from the first on.  Templates
    belong to an instrument and a pitch and start as harmonic combs, activations start as the notes' gates; what
    starts at zero stays zero.  A constraint that ``constraints`` leaves out is replaced by a random start from
    ``seed``.  ``onsets`` adds a template for the attack of each pitch; ``instrument`` names the instrument of all
    parts, or of some as "PART=NAME", where the score is wrong ("auto" takes it from the score, and from the sound
    what is called a piano and is none); ``spatial`` is "off" or "auto", which learns where the components are in
    the stereo image if there is one.  The fit ends after ``iterations``, or when both factors change by less than
    ``threshold`` relative to their norms.

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
    heard = hear(_stretches(spectrogram), is_spatial=spatial == "auto")
    first, lower = heard.first, len(heard.lower)
    if alignment.fingerprint not in ("", first.fingerprint):
        raise StaleError("the alignment is of another recording than the spectrogram; align this one")
    start = start_of(heard, alignment, instrument=instrument, onsets=onsets)
    if not alignment.fingerprint or (alignment.score_onset == alignment.notes.onset).all():
        _warn_of_unheard(start.gates, heard)  # of notes that nobody has aligned
    templates, activations = _released(start, constraints, np.random.default_rng(seed))
    if init is None:
        fitted = BACKENDS[backend](
            heard.lower,
            templates[:lower],
            activations[:, heard.learned],
            loss=loss,
            iterations=iterations,
            threshold=threshold,
            ties=start.ties if constraints in ("both", "templates") else [],
            on_iteration=on_iteration,
            **special,
        )
        learned = _completed(heard, fitted, templates, loss, min(iterations, UPPER_ITERATIONS))
    else:
        fitted, learned = encoded(heard, start, activations[:, heard.learned] > 0, init)
        backend, loss, iterations = init.backend, str(init.options["loss"]), 0
    known = fitted.activations[:, :: heard.spread]
    covariances = learned_covariances(heard.channels, learned[: heard.channels.shape[1]], known)
    if len(heard.learned) < heard.n_frames:
        steps = iterations or UNTRAINED_ITERATIONS
        activations = _fitted_activations(_stretches(spectrogram), learned[:lower], activations, loss, steps)
    else:
        activations = fitted.activations
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
        learned[None],
        activations,
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


def _warn_of_unheard(gates: Gates, heard: TrainingFrames) -> None:
    """Say how many notes lie wholly outside of the recording, if any do."""
    count = int((gates.sustain[:, 0] >= gates.sustain[:, 1]).sum())
    if count:
        length = heard.first.audio.duration
        message = f"{count} of {len(gates.sustain)} notes lie outside of the recording ({length:.2f} s) and stay silent"
        warnings.warn(message, ScoresepWarning, stacklevel=3)


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


def _stretches(spectrogram: Spectrogram | Callable[[], Iterable[Spectrogram]]) -> Iterable[Spectrogram]:
    """Return the stretches of a spectrogram from the first on."""
    return [spectrogram] if isinstance(spectrogram, Spectrogram) else spectrogram()


def _completed(heard: TrainingFrames, fitted: Factors, start: Array, loss: str, iterations: int) -> Array:
    """Return the templates of a fit below the limit with their part above; ``start`` has those before the fit."""
    lower, known = len(heard.lower), fitted.activations[:, :: heard.spread]
    scale = np.maximum(start[:lower].sum(axis=0), TINY)
    upper = fit_templates(heard.upper, start[lower:] / scale, known, loss=loss, iterations=iterations)
    return np.concatenate([fitted.templates, upper])


def _fitted_activations(
    stretches: Iterable[Spectrogram], templates: Array, start: Array, loss: str, iterations: int
) -> Array:
    """Return activations that fit templates which stay as they are, for all frames of a long recording."""
    activations = np.zeros(start.shape, np.float32)

    def fitted(stretch: Spectrogram) -> tuple[slice, Array]:
        frames = slice(stretch.first_frame, stretch.frames.stop)
        V = magnitude(stretch)[: len(templates)]
        return frames, fit_activations(V, templates, start[:, frames], loss=loss, iterations=iterations)

    for frames, part in ordered_map(fitted, stretches):
        activations[:, frames] = part
    return activations


def _released(start: Start, constraints: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the starting factors, with random ones in place of those that the score shall not constrain."""
    templates, activations = start.templates, start.activations
    if constraints not in ("both", "templates"):
        templates = rng.random(templates.shape)
    if constraints not in ("both", "activations"):
        activations = rng.random(activations.shape)
    return templates, activations
