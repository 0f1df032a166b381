"""Spectrogram and aligned notes → templates and activations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from scoresep.backends import BACKENDS
from scoresep.backends.contract import OnIteration
from scoresep.errors import StaleError
from scoresep.numerics.divergences import beta_of
from scoresep.numerics.spatial import differ, learned_covariances
from scoresep.stages.model import Start, start_of
from scoresep.stages.stft import lower_bins, magnitude
from scoresep.values import Alignment, Array, Decomposition, Spectrogram

#: Where the score's constraints hold.
CONSTRAINTS = ("both", "templates", "activations", "none")
#: Whether the stereo image tells components apart; "auto" says so for two channels that differ.
SPATIAL = ("auto", "off")
#: Whether the attack of a pitch has a template of its own; "auto" gives one to struck instruments.
ONSETS = ("auto", "on", "off")


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
    on_iteration: OnIteration | None = None,
) -> Decomposition:
    """Explain a spectrogram note by note, after Ewert and Müller (ICASSP 2012).

    ``spectrogram`` is a whole one or its consecutive stretches.  Templates belong to an instrument and a pitch and
    start as harmonic combs, activations start as the notes' gates; what starts at zero stays zero.  A constraint that
    ``constraints`` leaves out is replaced by a random start from ``seed``.  ``onsets`` adds a template for the attack
    of each pitch; ``instrument`` names the instrument of all parts, or of some as "PART=NAME", where the score is wrong
    ("auto" takes it from the score, and from the sound what is called a piano and is none); ``spatial`` is "off" or
    "auto", which learns where the components are in the stereo image if there is one.  The fit ends after
    ``iterations``, or when both factors change by less than ``threshold`` relative to their norms.  Raises ValueError
    for an option that there is not, StaleError for an alignment of another recording.
    """
    beta_of(loss)  # a mistake costs nothing yet
    _check(
        backend=(backend, BACKENDS),
        constraints=(constraints, CONSTRAINTS),
        onsets=(onsets, ONSETS),
        spatial=(spatial, SPATIAL),
    )
    V, channels, first = _assemble(
        [spectrogram] if isinstance(spectrogram, Spectrogram) else spectrogram, is_spatial=spatial == "auto"
    )
    if alignment.fingerprint not in ("", first.fingerprint):
        raise StaleError("the alignment is of another recording than the spectrogram; align this one")
    start = start_of(V, alignment, first, instrument=instrument, onsets=onsets)
    templates, activations = _released(start, constraints, np.random.default_rng(seed))
    fitted = BACKENDS[backend](
        V,
        templates,
        activations,
        loss=loss,
        iterations=iterations,
        threshold=threshold,
        ties=start.ties if constraints in ("both", "templates") else (),
        on_iteration=on_iteration,
    )
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
    )


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
