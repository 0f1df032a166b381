"""Which pitch each singer of a mixture has, frame by frame: a joint factorization held to the score.

The model is that of Durrieu, Richard, David and Févotte (IEEE TASLP 18(3), 2010), with several singers: the spectrum of
a singer is a sum of harmonic combs, one for each tenth of a semitone, times a smooth filter.  A comb may only sound
near a written note.  Free components take what is not sung.

Conventions here: spectra have shape (frames, bins); a state is a pitch on a grid of `STEP` semitones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scoresep.model.smooth_filters import bumps, random_weights
from scoresep.score.pitch import pitch_frequencies
from scoresep.values import Array

#: Semitones from one state to the next.
STEP = 0.1
#: A singer may be this far from the written pitch (semitones).
REACH = 0.9
#: Iterations of the factorization.
ITERATIONS = 25
#: Bumps that a filter is made of.
N_BUMPS = 30
#: Filters of each singer.
N_FILTERS = 4
#: Keeps quotients finite.
TINY = np.float32(1e-12)
#: The least of the model spectrum, relative to the loudest bin.
FLOOR = np.float32(1e-9)


@dataclass(frozen=True, eq=False)
class SungNotes:
    """The notes of one singer: first frame, end frame and pitch (fractional MIDI number) of each, in arrays."""

    begin: Array
    end: Array
    pitch: Array


@dataclass(eq=False)
class Singer:
    """One singer in the search.

    Parameters
    ----------
    lowest : int
        The lowest state, in steps from MIDI number 0.
    allowed : array of bool, shape (frames, states)
    activations : array, shape (frames, states)
        How much of each comb there is; sums are one where anything is allowed.
    share : array, shape (frames, bins)
        The part of the model spectrum that is this singer's, after the search.
    """

    lowest: int
    allowed: Array
    activations: Array
    share: Array


def search_pitches(
    spectra: Array, sung: list[SungNotes], bin_width: float, *, n_background: int, rng: np.random.Generator
) -> list[Singer]:
    """Find how much of each pitch each singer sings.

    Parameters
    ----------
    spectra : array, shape (frames, bins)
        Magnitudes, from 0 Hz up.
    sung : list of SungNotes
        The notes of each singer, at least one.
    bin_width : float
        Hertz from bin to bin.
    n_background : int
        Free components for what is not sung.
    rng : numpy.random.Generator

    Returns
    -------
    list of Singer
    """
    V = spectra / max(float(spectra.max()), 1e-12)
    basis = bumps(N_BUMPS, np.arange(V.shape[1]) * bin_width, (V.shape[1] - 1) * bin_width)
    models = [_SingerModel(notes, V.shape, bin_width, basis, rng) for notes in sung]
    background = _Background(V, n_background, rng)

    def quotient() -> Array:
        total = background.model + FLOOR
        for each in models:
            total += each.source * each.envelope
        return np.asarray(V / total)

    for _ in range(ITERATIONS):
        R = quotient()
        for each in models:
            each.update_activations(R)
        R = quotient()
        for each in models:
            each.update_gains(R)
        background.update_activations(R)
        R = quotient()
        for each in models:
            each.update_filters(R)
        background.update_templates(R)
    total = background.model + FLOOR + sum(each.source * each.envelope for each in models)
    return [each.found(total) for each in models]


class _SingerModel:
    """The factors of one singer: combs times activations, and filters times gains.  The rules are those for KL."""

    def __init__(
        self, notes: SungNotes, shape: tuple[int, int], bin_width: float, basis: Array, rng: np.random.Generator
    ) -> None:
        self.lowest, self.allowed = allowed_states(notes, shape[0])
        combs = state_combs((self.lowest + np.arange(self.allowed.shape[1])) * STEP, shape[1], bin_width)
        self.stretches = [(rows, states, np.ascontiguousarray(combs[states])) for rows, states in _runs(self.allowed)]
        counts = self.allowed.sum(axis=1, keepdims=True)
        self.activations = (self.allowed / np.maximum(counts, 1)).astype(np.float32)
        self.basis = basis
        self.gains = np.repeat((counts > 0).astype(np.float32), N_FILTERS, axis=1)
        self.weights = random_weights(N_FILTERS, N_BUMPS, rng, is_tilted=True)
        self.filters = self.weights @ basis
        self.envelope = self.gains @ self.filters
        self.source = np.zeros(shape, np.float32)
        self._set_source()

    def _set_source(self) -> None:
        for rows, states, combs in self.stretches:
            self.source[rows] = self.activations[rows, states] @ combs

    def update_activations(self, R: Array) -> None:
        """Update how much of each comb there is; ``R`` is the spectrogram over the model."""
        weighted = self.envelope * R
        for rows, states, combs in self.stretches:
            ratio = (weighted[rows] @ combs.T) / (self.envelope[rows] @ combs.T + TINY)
            self.activations[rows, states] *= ratio
        total = self.activations.sum(axis=1, keepdims=True)
        self.activations /= np.maximum(total, TINY)
        self.gains *= total
        self._set_source()
        self.envelope = self.gains @ self.filters

    def update_gains(self, R: Array) -> None:
        """Update how loud each filter is."""
        self.gains *= ((self.source * R) @ self.filters.T) / (self.source @ self.filters.T + TINY)
        self.envelope = self.gains @ self.filters

    def update_filters(self, R: Array) -> None:
        """Update the weights of the bumps in each filter."""
        numerator = (self.gains.T @ (self.source * R)) @ self.basis.T
        self.weights *= numerator / ((self.gains.T @ self.source) @ self.basis.T + TINY)
        total = self.weights.sum(axis=1)
        self.weights /= np.maximum(total, TINY)[:, None]
        self.gains *= total
        self.filters = self.weights @ self.basis
        self.envelope = self.gains @ self.filters

    def found(self, model: Array) -> Singer:
        return Singer(self.lowest, self.allowed, self.activations, self.source * self.envelope / model)


class _Background:
    """Free components: what is not sung."""

    def __init__(self, V: Array, count: int, rng: np.random.Generator) -> None:
        frames, bins = V.shape
        self.templates = rng.random((count, bins), np.float32) + np.float32(0.1)
        self.templates /= self.templates.sum(axis=1, keepdims=True)
        self.activations = rng.random((frames, count), np.float32) * np.float32(V.mean() * bins / max(count, 1))

    @property
    def model(self) -> Array:
        return self.activations @ self.templates

    def update_activations(self, R: Array) -> None:
        self.activations *= R @ self.templates.T  # templates have sum one

    def update_templates(self, R: Array) -> None:
        self.templates *= (self.activations.T @ R) / (self.activations.sum(axis=0)[:, None] + TINY)
        total = self.templates.sum(axis=1)
        self.templates /= np.maximum(total, TINY)[:, None]
        self.activations *= total


def allowed_states(notes: SungNotes, n_frames: int) -> tuple[int, Array]:
    """Give the lowest state that a singer may need, and where each state is allowed, shape (frames, states)."""
    reach, centre = round(REACH / STEP), np.rint(notes.pitch / STEP).astype(int)
    lowest = int(centre.min()) - reach
    allowed = np.zeros((n_frames, int(centre.max()) + reach + 1 - lowest), bool)
    for begin, end, state in zip(notes.begin.tolist(), notes.end.tolist(), (centre - lowest).tolist(), strict=True):
        allowed[begin:end, state - reach : state + reach + 1] = True
    return lowest, allowed


def state_combs(pitch: Array, n_bins: int, bin_width: float) -> Array:
    """Make a comb of equal partials for each pitch: main lobes of a Hann window, at most one, shape (pitches, bins)."""
    fundamental = pitch_frequencies(pitch)[:, None] / bin_width
    bins = np.arange(n_bins)
    below = np.floor(bins / fundamental)
    combs = hann_lobe(bins - (below + 1) * fundamental)
    combs += np.where(below >= 1, hann_lobe(bins - below * fundamental), 0)
    return np.asarray(combs / combs.max(axis=1, keepdims=True), np.float32)


def hann_lobe(offset: Array) -> Array:
    """Give the main lobe of the Hann window's spectrum, ``offset`` bins from its centre: 1 there, 0 from 2 bins on."""
    offset = np.abs(offset)
    denominator = 1 - offset**2
    is_half = np.abs(denominator) < 1e-6
    lobe = np.where(is_half, 0.5, np.sinc(offset) / np.where(is_half, 1, denominator))
    return np.where(offset < 2, np.abs(lobe), 0)


def _runs(allowed: Array) -> Iterator[tuple[slice, slice | Array]]:
    """Yield stretches of frames with the same allowed states, and these states; neighbours as a slice."""
    borders = np.flatnonzero((allowed[1:] != allowed[:-1]).any(axis=1)) + 1
    edges = [0, *borders.tolist(), len(allowed)]
    for begin, end in zip(edges, edges[1:], strict=False):
        states = np.flatnonzero(allowed[begin])
        if len(states):
            is_run = states[-1] - states[0] + 1 == len(states)
            yield slice(begin, end), slice(int(states[0]), int(states[-1]) + 1) if is_run else states
