"""Singers: a moving pitch, shaped by the vowels of the voice, and consonants and breath.

This is the source-filter model of speech for nonnegative factorization: Durrieu, Richard, David and Févotte,
"Source/filter model for unsupervised main melody extraction from polyphonic audio signals", IEEE TASLP 18(3), 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.alignment.onset_novelty import SUSTAINED_ONSETS, OnsetEvidence
from scoresep.model.contour_search import LEAD, TAIL
from scoresep.model.excitation import VOICED
from scoresep.model.gates import frames_between
from scoresep.model.instrument_models.contract import FIXED, Templates
from scoresep.model.smooth_filters import FilteredSource, bumps, mel, random_weights
from scoresep.model.training_frames import TrainingFrames
from scoresep.values import ANY_PITCH, Array, Components, Gates, Notes, Transform

#: The role of the components that are noise.
UNVOICED = "unvoiced"
#: Detunings (semitones) of the combs along the contour of a section, whose singers do not agree exactly.
SECTION_DETUNINGS = (-0.12, 0.0, 0.12)
#: Filters of each comb: vowels, loud and soft.
N_VOICED = 16
#: Filters of consonants and breath.
N_UNVOICED = 4
#: Mel from one bump of a filter to the next.
BUMP_DISTANCE = 65.0
#: Height of the filters of consonants and breath before the fit, relative to those of voiced sounds.
UNVOICED_HEIGHT = 0.02


@dataclass(frozen=True)
class SungModel:
    """One singer, or a section of singers, with one note at a time.

    Parameters
    ----------
    name : str
        The name of the model.
    onset_evidence : OnsetEvidence
        What tells an onset.
    lead, tail : float
        A gate is open from ``lead`` seconds before an onset to ``tail`` seconds after the written end.
    detunings : tuple of float
        Semitones from the contour to each comb, in rising order.
    has_contour : bool
        Always true: the pitch moves.
    """

    name: str
    onset_evidence: OnsetEvidence
    lead: float
    tail: float
    detunings: tuple[float, ...] = (0.0,)
    has_contour: bool = True

    def components(self, notes: Notes, *, onsets: str, has_background: bool) -> Components:
        """Give the singer filters for all pitches."""
        voiced = [(0, ANY_PITCH, detuning, VOICED) for detuning in self.detunings for _ in range(N_VOICED)]
        return Components.from_rows(voiced + [(0, ANY_PITCH, 0.0, UNVOICED)] * N_UNVOICED)

    def gates(self, notes: Notes, transform: Transform) -> Gates:
        """Open a gate around each note for each role."""
        rate, n_frames, count = transform.frame_rate, transform.n_frames, len(notes)
        spans = [
            frames_between(onset - self.lead, offset + self.tail, rate, n_frames)
            for onset, offset in zip(notes.onset.tolist(), notes.offset.tolist(), strict=True)
        ]
        begin, end = np.tile(np.array(spans, int).reshape(-1, 2).T, 2)
        role = np.repeat([VOICED, UNVOICED], count)
        return Gates(np.tile(np.arange(count), 2), np.zeros(2 * count, int), role, begin, end)

    def templates(self, components: Components, notes: Notes, frames: TrainingFrames, *, tuning: float) -> Templates:
        """Make filters from random weights of bumps, which are fitted, not the filters themselves."""
        transform = frames.first.transform
        highest = transform.sample_rate / 2
        basis = bumps(round(float(mel(highest)) / BUMP_DISTANCE) + 1, transform.frequencies, highest)
        rng = np.random.default_rng(0)
        sources, columns = [], []
        kinds = [(VOICED, detuning, 1.0) for detuning in self.detunings] + [(UNVOICED, 0.0, UNVOICED_HEIGHT)]
        for role, detuning, height in kinds:
            own = np.flatnonzero((components.role == role) & (components.detuning == detuning))
            weights = random_weights(len(own), len(basis), rng, is_tilted=role == VOICED) * np.float32(height)
            sources.append(FilteredSource(slice(int(own[0]), int(own[-1]) + 1), weights, basis))
            columns.append(weights @ basis)
        array: Array = np.concatenate(columns).T[..., None]
        ties = np.full((len(frames.lower), len(components)), FIXED)
        return Templates(array, ties, ties, sources)


#: Several singers of one part.
SECTION = SungModel(name="section", onset_evidence=SUSTAINED_ONSETS, lead=LEAD, tail=TAIL, detunings=SECTION_DETUNINGS)
#: A singer; several singers of one line in unison too.
SUNG = SungModel(name="sung", onset_evidence=SUSTAINED_ONSETS, lead=LEAD, tail=TAIL)
