"""Spectrogram and aligned notes → templates and activations."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from scoresep.backends import BACKENDS
from scoresep.backends.contract import OnIteration
from scoresep.errors import StaleError
from scoresep.instruments import instrument_of
from scoresep.numerics.families import FAMILIES, Family, harmonic_template
from scoresep.numerics.gates import note_gates, open_counts
from scoresep.stages.stft import magnitude
from scoresep.values import Alignment, Array, Components, Decomposition, Notes, Spectrogram

#: Where the score's constraints hold.
CONSTRAINTS = ("both", "templates", "activations", "none")
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
    family: str = "auto",
    seed: int = 0,
    on_iteration: OnIteration | None = None,
) -> Decomposition:
    """Explain a spectrogram note by note, after Ewert and Müller (ICASSP 2012).

    ``spectrogram`` is a whole one or its consecutive stretches.  Templates belong to an instrument and a pitch and
    start as harmonic combs, activations start as the notes' gates; what starts at zero stays zero.  A constraint that
    ``constraints`` leaves out is replaced by a random start from ``seed``.  ``onsets`` adds a template for the attack
    of each pitch; ``family`` is "struck", "sustained" or "auto", which takes it from the score.  The fit ends after
    ``iterations``, or when both factors change by less than ``threshold`` relative to their norms.  Raises ValueError
    for an option that there is not, StaleError for an alignment of another recording.
    """
    _check(
        backend=(backend, BACKENDS),
        constraints=(constraints, CONSTRAINTS),
        onsets=(onsets, ONSETS),
        family=(family, ("auto", *FAMILIES)),
    )
    V, first = _assemble([spectrogram] if isinstance(spectrogram, Spectrogram) else spectrogram)
    if alignment.fingerprint not in ("", first.fingerprint):
        raise StaleError("the alignment is of another recording than the spectrogram; align this one")
    notes = alignment.notes
    instruments, families, instrument = _cast(notes, family)
    gates = note_gates(notes, instrument, families, frame_rate=first.audio.sample_rate / first.hop, n_frames=V.shape[1])
    components = _components(notes, instrument, families, onsets)
    templates = _templates(components, families, first, tuning=alignment.tuning + 100 * alignment.transposition)
    activations = np.sign(open_counts(components, notes, gates, np.ones(len(notes)), range(V.shape[1])))
    templates, activations = _released(templates, activations, constraints, np.random.default_rng(seed))
    fitted = BACKENDS[backend](
        V, templates, activations, loss=loss, iterations=iterations, threshold=threshold, on_iteration=on_iteration
    )
    options = {
        "loss": loss,
        "iterations": iterations,
        "threshold": threshold,
        "constraints": constraints,
        "onsets": onsets,
        "family": family,
        "seed": seed,
    }
    return Decomposition(
        fitted.templates[None],
        fitted.activations,
        components,
        notes,
        gates,
        instruments,
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


def _assemble(stretches: Iterable[Spectrogram]) -> tuple[Array, Spectrogram]:
    """Return the magnitude of all stretches together, shape (bins, frames), and the first stretch."""
    magnitudes, first = [], None
    for stretch in stretches:
        first = first or stretch
        magnitudes.append(magnitude(stretch))
    if first is None:
        raise ValueError("there is no spectrogram to decompose")
    return np.concatenate(magnitudes, axis=1), first


def _cast(notes: Notes, family: str) -> tuple[tuple[str, ...], list[Family], Array]:
    """Return the names of the instruments, the family of each, and the instrument of each note, shape (notes,)."""
    players = [instrument_of(int(notes.program[i]), notes.part_name(i)) for i in range(len(notes))]
    distinct = sorted(set(players))
    families = [FAMILIES[kind if family == "auto" else family] for _, kind in distinct]
    return tuple(name for name, _ in distinct), families, np.array([distinct.index(player) for player in players])


def _released(templates: Array, activations: Array, constraints: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the starting factors, with random ones in place of those that the score shall not constrain."""
    if constraints not in ("both", "templates"):
        templates = rng.random(templates.shape)
    if constraints not in ("both", "activations"):
        activations = rng.random(activations.shape)
    return templates, activations


def _components(notes: Notes, instrument: Array, families: list[Family], onsets: str) -> Components:
    """Return the components that the notes need, those of one instrument, pitch and role side by side."""
    rows: list[tuple[int, int, float, str]] = []
    for player, pitch in sorted(set(zip(instrument.tolist(), notes.pitch.tolist(), strict=True))):
        family = families[player]
        rows += [(player, pitch, detuning, "sustain") for detuning in family.detunings]
        if family.has_onset if onsets == "auto" else onsets == "on":
            rows.append((player, pitch, 0.0, "onset"))
    instrument_column, pitch_column, detuning_column, role_column = zip(*rows, strict=True)
    return Components(
        np.array(instrument_column), np.array(pitch_column), np.array(detuning_column), np.array(role_column)
    )


def _templates(components: Components, families: list[Family], like: Spectrogram, *, tuning: float) -> Array:
    """Return the combs of the components, shape (bins, components); ``tuning`` is in cents."""
    return np.stack(
        [
            harmonic_template(
                families[player],
                pitch + detuning + tuning / 100,
                n_fft=like.n_fft,
                sample_rate=like.audio.sample_rate,
                is_onset=role == "onset",
            )
            for player, pitch, detuning, role in components.rows()
        ],
        axis=1,
    )
