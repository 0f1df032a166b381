"""Templates and activations before the fit, with zeros where the score allows no energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoresep.model.decay import decay_rates
from scoresep.model.gates import gate_openings
from scoresep.model.instrument_assignment import assign_instruments
from scoresep.model.instrument_models import FIXED, FREE, Templates
from scoresep.model.training_frames import TrainingFrames
from scoresep.values import NO_NOTE, Alignment, Array, Components, Gates, Notes

#: Number of iterations, from the first on, in which all pitches of an instrument have the same timbre.
TIED_BY_INSTRUMENT = 8
#: Number of iterations after these in which all components of a pitch have the same timbre.
TIED_BY_PITCH = 8


@dataclass(frozen=True, eq=False)
class InitialFactors:
    """Templates and activations before the fit, with their ties, components and gates.

    Parameters
    ----------
    templates : array, shape (bins, components, taps)
    activations : array, shape (components, frames)
    ties : list of (array of int of shape (lower bins, components), int)
        The ties and the number of iterations of each, as in `backends.contract.Problem`.
    components : Components
        Instrument, pitch, detuning and role of each component.
    gates : Gates
        The frames in which each note may sound.
    instruments : tuple of str
        The names of the instruments.
    """

    templates: Array
    activations: Array
    ties: list[tuple[Array, int]]
    components: Components
    gates: Gates
    instruments: tuple[str, ...]


def make_initial_factors(
    frames: TrainingFrames, alignment: Alignment, *, instrument: str | Sequence[str], onsets: str
) -> InitialFactors:
    """Make the initial templates and activations of a recording from its score.

    Parameters
    ----------
    frames : TrainingFrames
        The bins and frames of the spectrogram to fit.
    alignment : Alignment
        The notes in recording time.
    instrument : str or sequence of str
        The instruments given by the user, as in `stages.decompose`.
    onsets : str
        Whether attacks have templates of their own: "auto", "on" or "off".

    Returns
    -------
    InitialFactors
    """
    notes, tuning = alignment.notes, alignment.tuning + 100 * alignment.transposition
    names, models, instrument_of_note = assign_instruments(
        notes, instrument, lambda some: _decay_rates(frames, notes.take(some), tuning)
    )
    components, gates, templates = [], [], []
    for k, model in enumerate(models):
        own = np.flatnonzero(instrument_of_note == k)
        some = notes.take(own)
        found = model.components(some, onsets=onsets)
        templates.append(model.templates(found, some, frames, tuning=tuning))
        components.append(replace(found, instrument=found.instrument + k))
        gates.append(_renumber_gates(model.gates(some, frames.first.transform), own, k))
    all_components, all_gates = _join_components(components), Gates.concatenated(gates)
    activations = gate_openings(all_components, notes, all_gates, range(frames.n_frames))
    ties = [
        (_join_ties([each.by_instrument for each in templates]), TIED_BY_INSTRUMENT),
        (_join_ties([each.by_pitch for each in templates]), TIED_BY_PITCH),
    ]
    return InitialFactors(_join_templates(templates), activations, ties, all_components, all_gates, names)


def _decay_rates(frames: TrainingFrames, notes: Notes, tuning: float) -> Array:
    """Measure the decay rate of each note (dB/s)."""
    transform = frames.first.transform
    return decay_rates(
        frames.excerpts,
        frames.excerpt_frames,
        notes,
        n_fft=transform.n_fft,
        hop=transform.hop,
        sample_rate=transform.sample_rate,
        tuning=tuning,
    )


def _renumber_gates(gates: Gates, own: Array, instrument: int) -> Gates:
    """Change the numbers of notes and instrument from those of one instrument to those of the whole score."""
    note = np.where(gates.note == NO_NOTE, NO_NOTE, own[gates.note] if len(own) else NO_NOTE)
    return replace(gates, note=note, instrument=gates.instrument + instrument)


def _join_components(parts: list[Components]) -> Components:
    """Concatenate the components of all instruments."""
    columns = ("instrument", "pitch", "detuning", "role")
    return Components(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def _join_templates(parts: list[Templates]) -> Array:
    """Concatenate the templates of all instruments; templates with fewer taps are padded with zeros."""
    taps = max(part.array.shape[2] for part in parts)
    return np.concatenate(
        [np.pad(part.array, ((0, 0), (0, 0), (0, taps - part.array.shape[2]))) for part in parts], axis=1
    )


def _join_ties(parts: list[Array]) -> Array:
    """Concatenate the ties of all instruments; each instrument and each free entry gets numbers of its own."""
    numbered, first = [], 0
    for part in parts:
        numbered.append(np.where(part >= 0, part + first, part))
        first += int(part.max(initial=0)) + 1
    ties = np.concatenate(numbered, axis=1)
    own_number = first + np.arange(ties.size).reshape(ties.shape)
    return np.where(ties == FREE, own_number, np.maximum(ties, FIXED))
