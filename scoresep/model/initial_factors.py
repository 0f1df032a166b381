"""Templates and activations before the fit, with zeros where the score allows no energy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoresep.model.background import BACKGROUND, free_components
from scoresep.model.contour_search import PERIOD, find_contours
from scoresep.model.decay import decay_rates
from scoresep.model.gates import gate_openings
from scoresep.model.instrument_assignment import Instruments, assign_instruments
from scoresep.model.instrument_models import FREE, Templates
from scoresep.model.smooth_filters import FilteredSource
from scoresep.model.training_frames import TrainingFrames
from scoresep.values import NO_NOTE, Alignment, Array, Components, Contours, Gates, Notes

#: Number of iterations, from the first on, in which all pitches of an instrument have the same timbre.
TIED_BY_INSTRUMENT = 8
#: Number of iterations after these in which all components of a pitch have the same timbre.
TIED_BY_PITCH = 8
#: Free components for what is not sung, while the pitches of singers are searched.
N_SEARCH_BACKGROUND = 40
#: The instrument of a note that is not in the recording.
NO_INSTRUMENT = -1


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
    sources : list of FilteredSource
        The components that are smooth filters, with bumps for all bins, and without the spectra of their sources.
    contours : Contours
        What the sources follow.
    """

    templates: Array
    activations: Array
    ties: list[tuple[Array, int]]
    components: Components
    gates: Gates
    instruments: tuple[str, ...]
    sources: list[FilteredSource]
    contours: Contours


def make_initial_factors(
    frames: TrainingFrames,
    alignment: Alignment,
    instruments: Instruments,
    *,
    onsets: str,
    n_background: int = 0,
    silent_parts: Collection[int] = (),
    seed: int = 0,
) -> InitialFactors:
    """Make the initial templates and activations of a recording from its score.

    Parameters
    ----------
    frames : TrainingFrames
        The bins and frames of the spectrogram to fit.
    alignment : Alignment
        The notes in recording time.
    instruments : Instruments
        Those of the notes, as `find_instruments` gives them.
    onsets : str
        Whether attacks have templates of their own: "auto", "on" or "off".
    n_background : int
        The number of free components for what the score does not have.
    silent_parts : collection of int
        Parts of the score that are not in the recording; their notes get no components.
    seed : int
        For the random numbers.

    Returns
    -------
    InitialFactors
    """
    notes, tuning = alignment.notes, _tuning(alignment)
    names, models = instruments.names, instruments.models
    of_note = np.where(np.isin(notes.part, list(silent_parts)), NO_INSTRUMENT, instruments.of_note)
    components: list[Components] = []
    gates: list[Gates] = []
    templates: list[Templates] = []
    sources: list[FilteredSource] = []
    for k, model in enumerate(models):
        own = np.flatnonzero(of_note == k)
        if not len(own):
            continue
        some = notes.take(own)
        found = model.components(some, onsets=onsets, has_background=n_background > 0)
        templates.append(model.templates(found, some, frames, tuning=tuning))
        first = sum(len(each) for each in components)
        sources += [replace(each, components=_shifted(each.components, first)) for each in templates[-1].sources]
        components.append(replace(found, instrument=found.instrument + k))
        gates.append(_renumber_gates(model.gates(some, frames.first.transform), own, k))
    if n_background:
        names = (*names, BACKGROUND)
        found, background_gates, background = free_components(n_background, frames, seed=seed)
        components.append(replace(found, instrument=found.instrument + len(models)))
        gates.append(replace(background_gates, instrument=background_gates.instrument + len(models)))
        templates.append(background)
    all_components, all_gates = _join_components(components), Gates.concatenated(gates)
    activations = gate_openings(all_components, notes, all_gates, range(frames.n_frames))
    ties = [
        (_join_ties([each.by_instrument for each in templates]), TIED_BY_INSTRUMENT),
        (_join_ties([each.by_pitch for each in templates]), TIED_BY_PITCH),
    ]
    playing = sorted(set(of_note.tolist()) - {NO_INSTRUMENT})
    sung = [k for k in playing if models[k].has_contour]
    n_free = 0 if sung == playing and not n_background else N_SEARCH_BACKGROUND
    contours = _find_contours(frames, notes, of_note, sung, tuning=tuning, n_background=n_free, seed=seed)
    return InitialFactors(
        _join_templates(templates), activations, ties, all_components, all_gates, names, sources, contours
    )


def find_instruments(
    frames: TrainingFrames, alignment: Alignment, requested: str | Sequence[str], *, knows_voices: bool = True
) -> Instruments:
    """Choose the instruments of the notes of a recording.

    Parameters
    ----------
    frames : TrainingFrames
        The excerpts in which the decay of notes is measured.
    alignment : Alignment
        The notes in recording time.
    requested : str or sequence of str
        The instruments given by the user, as in `stages.decompose`.
    knows_voices : bool
        Whether sung parts are modelled as such; if not, they are sustained instruments.

    Returns
    -------
    Instruments
    """
    notes, tuning = alignment.notes, _tuning(alignment)
    return assign_instruments(
        notes, requested, lambda some: _decay_rates(frames, notes.take(some), tuning), knows_voices=knows_voices
    )


def _tuning(alignment: Alignment) -> float:
    """Give the tuning in cents, transposition included."""
    return alignment.tuning + 100 * alignment.transposition


def _find_contours(
    frames: TrainingFrames,
    notes: Notes,
    instrument: Array,
    sung: list[int],
    *,
    tuning: float,
    n_background: int,
    seed: int,
) -> Contours:
    """Find the pitch contours of the instruments that have one; other sounds are left to free components."""
    if not sung:
        return Contours()
    own = np.flatnonzero(np.isin(instrument, sung))
    frequency = find_contours(
        frames.first.audio,
        notes.take(own),
        np.searchsorted(sung, instrument[own]),
        tuning=tuning,
        n_background=n_background,
        seed=seed,
    )
    return Contours(frequency, np.array(sung), PERIOD)


def _shifted(part: slice, first: int) -> slice:
    """Move a slice by so many places."""
    return slice(part.start + first, part.stop + first)


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
    note = np.where(gates.note == NO_NOTE, NO_NOTE, own[gates.note])
    return replace(gates, note=note, instrument=gates.instrument + instrument)


def _join_components(parts: list[Components]) -> Components:
    """Concatenate the components of all instruments."""
    columns = ("instrument", "pitch", "detuning", "role")
    return Components(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def _join_templates(parts: list[Templates]) -> Array:
    """Concatenate the templates of all instruments; templates with fewer taps are padded with zeros."""
    bins, taps = len(parts[0].array), max(part.array.shape[2] for part in parts)
    joined = np.zeros((bins, sum(part.array.shape[1] for part in parts), taps))
    first = 0
    for part in parts:
        _, columns, own_taps = part.array.shape
        joined[:, first : first + columns, :own_taps] = part.array
        first += columns
    return joined


def _join_ties(parts: list[Array]) -> Array:
    """Concatenate the ties of all instruments; each instrument and each free entry gets numbers of its own."""
    numbered, first = [], 0
    for part in parts:
        numbered.append(np.where(part >= 0, part + first, part))
        first += int(part.max(initial=0)) + 1
    ties = np.concatenate(numbered, axis=1)
    is_free = ties == FREE
    ties[is_free] = first + np.arange(np.count_nonzero(is_free))
    return ties
