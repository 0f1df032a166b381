"""A spectrogram explained note by note: its components, their templates and activations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoresep.values.arrays import Array, require, require_range
from scoresep.values.contours import Contours, singer_names
from scoresep.values.notes import Notes
from scoresep.values.transform import Transform

#: The pitch of a component that stands for all pitches of its instrument.
ANY_PITCH = -1
#: The note of a gate that belongs to no note of the score.
NO_NOTE = -1


@dataclass(frozen=True, eq=False)
class Components:
    """What each component stands for, one column each of shape (components,).

    Parameters
    ----------
    instrument : array of int
        An index into the instruments' names.
    pitch : array of int
        The written pitch, or `ANY_PITCH`.
    detuning : array of float
        How far the component is off that pitch, in semitones.
    role : array of str
        What the component is for: "sustain", "onset", or another role of the instrument model.  The gates of a role
        open the components of that role.
    """

    instrument: Array
    pitch: Array
    detuning: Array
    role: Array

    def __post_init__(self) -> None:
        for name in ("pitch", "detuning", "role"):
            column = getattr(self, name)
            require(column.shape == (len(self),), f"{name} must be as long as instrument ({len(self)})", column)

    def __len__(self) -> int:
        return len(self.instrument)

    @classmethod
    def from_rows(cls, rows: Sequence[tuple[int, int, float, str]]) -> Components:
        """Make components from rows of (instrument, pitch, detuning, role)."""
        columns = zip(*rows, strict=True) if rows else ([], [], [], [])
        instrument, pitch, detuning, role = columns
        return cls(np.array(instrument, int), np.array(pitch, int), np.array(detuning, float), np.array(role, str))

    def rows(self) -> list[tuple[int, int, float, str]]:
        """Give (instrument, pitch, detuning, role) of each component."""
        columns = (self.instrument, self.pitch, self.detuning, self.role)
        return list(zip(*(column.tolist() for column in columns), strict=True))


@dataclass(frozen=True, eq=False)
class Gates:
    """The intervals in which notes may sound: a table with one row for each interval.

    Parameters
    ----------
    note : array of int, shape (gates,)
        The note, or `NO_NOTE`.
    instrument : array of int, shape (gates,)
        Which instrument sounds, an index into the instruments' names.
    role : array of str, shape (gates,)
        Which components of that instrument, at the pitch of the note, are open; as in `Components`.
    begin, end : array of int, shape (gates,)
        The first frame of the interval, and the one after its last.
    shape : array of float, shape (gates, n)
        How far the gate is open in its first n frames, from 0 to 1; with n = 0 all gates are wholly open.  Beyond n
        frames a gate stays as it is in the last of them.
    """

    note: Array
    instrument: Array
    role: Array
    begin: Array
    end: Array
    shape: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __post_init__(self) -> None:
        for name in ("instrument", "role", "begin", "end"):
            column = getattr(self, name)
            require(column.shape == (len(self),), f"{name} must be as long as note ({len(self)})", column)
        fits = self.shape.ndim == 2 and (len(self.shape) == len(self) or not self.shape.size)
        require(fits, f"shape must have one row a gate ({len(self)})", self.shape)

    def __len__(self) -> int:
        return len(self.note)

    @classmethod
    def concatenated(cls, tables: Sequence[Gates]) -> Gates:
        """Put tables of gates one below the other."""
        longest = max((table.shape.shape[1] for table in tables), default=0)
        shapes = [_shape_of_length(table, longest) for table in tables]
        columns = {
            name: np.concatenate([getattr(table, name) for table in tables])
            for name in ("note", "instrument", "role", "begin", "end")
        }
        return cls(**columns, shape=np.concatenate(shapes) if longest else np.zeros((0, 0), np.float32))


def _shape_of_length(gates: Gates, length: int) -> Array:
    """Give the shapes of gates for so many frames; beyond the last one they stay as they are."""
    shape = gates.shape if gates.shape.size else np.ones((len(gates), min(length, 1)), np.float32)
    return np.pad(shape, ((0, 0), (0, length - shape.shape[1])), mode="edge") if length else shape


@dataclass(frozen=True, eq=False)
class Encoder:
    """The trained encoder of an autoencoder, which gives activations for a spectrum.

    Parameters
    ----------
    kind : str
        "dense", "recurrent" or "convolutional"; "" where nothing was trained.
    shapes : dict
        The shape of each of its arrays by name.
    weights : array, shape (entries,)
        The entries of all arrays, one array after the other.
    """

    kind: str = ""
    shapes: dict[str, list[int]] = field(default_factory=dict)
    weights: Array = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        sizes = sum(math.prod(shape) for shape in self.shapes.values())
        require(self.weights.shape == (sizes,), f"weights must have {sizes} entries", self.weights)

    @classmethod
    def of(cls, kind: str, arrays: Mapping[str, Array]) -> Encoder:
        """Make an encoder from its arrays."""
        weights = np.concatenate([array.ravel() for array in arrays.values()])
        return cls(kind, {name: list(array.shape) for name, array in arrays.items()}, weights)

    @property
    def arrays(self) -> dict[str, Array]:
        """The arrays by name."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes.values()])[:-1]
        parts = np.split(self.weights, ends) if self.shapes else []
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A spectrogram explained by templates and activations; `model.reconstruct` gives their product.

    Parameters
    ----------
    templates : array, shape (channels or 1, bins, components, taps)
        The spectrum of each component; with more than one tap, how it goes on over as many frames.
    activations : array, shape (components, frames)
        How strong each component is.
    components : Components
        What each component stands for.
    notes : Notes
        The notes, in recording time.
    gates : Gates
        When each note may sound.
    instruments : tuple of str
        The names of the instruments.
    covariances : array, shape (4, lower bins, components)
        Where each component is in the stereo image, as in `model.stereo`; without lower bins nothing is known of that.
    loss : array, shape (iterations + 1,)
        The loss before the first iteration and after each one.
    transform : Transform
        The sizes of the spectrogram.
    fingerprint : str
        The fingerprint of the recording.
    backend : str
        What made the fit.
    options : dict
        The options of the fit.
    encoder : Encoder
        What an autoencoder has learned.
    contours : Contours
        The pitch of each singer; the components of role "voiced" of its instrument follow it.
    """

    templates: Array
    activations: Array
    components: Components
    notes: Notes
    gates: Gates
    instruments: tuple[str, ...]
    covariances: Array
    loss: Array
    transform: Transform
    fingerprint: str
    backend: str = "nmf"
    options: dict[str, Any] = field(default_factory=dict)
    encoder: Encoder = field(default_factory=Encoder)
    contours: Contours = field(default_factory=Contours)

    def __post_init__(self) -> None:
        self._check_shapes()
        if min(self.templates.min(initial=0), self.activations.min(initial=0)) < 0:
            raise ValueError("templates and activations must not be negative")
        if not len(self.loss):
            raise ValueError("the loss must have an entry before the first iteration")
        for name, numbers, least, most in (
            ("the instruments of components", self.components.instrument, 0, len(self.instruments) - 1),
            ("the instruments of gates", self.gates.instrument, 0, len(self.instruments) - 1),
            ("the instruments of contours", self.contours.instrument, 0, len(self.instruments) - 1),
            ("the notes of gates", self.gates.note, NO_NOTE, len(self.notes) - 1),
            ("the first frames of gates", self.gates.begin, 0, self.activations.shape[1]),
            ("the ends of gates", self.gates.end, 0, self.activations.shape[1]),
        ):
            require_range(name, numbers, least, most)

    def _check_shapes(self) -> None:
        """Raise ValueError for arrays whose shapes do not fit one another."""
        n_bins, n_components = self.transform.n_bins, len(self.components)
        require(
            self.templates.ndim == 4 and self.templates.shape[1:3] == (n_bins, n_components),
            f"templates must have shape (channels or 1, {n_bins}, {n_components}, taps)",
            self.templates,
        )
        require(
            self.activations.ndim == 2 and len(self.activations) == n_components,
            f"activations must have shape ({n_components}, frames)",
            self.activations,
        )
        require(
            self.covariances.ndim == 3
            and (len(self.covariances), self.covariances.shape[2]) == (4, n_components)
            and self.covariances.shape[1] <= n_bins,
            f"covariances must have shape (4, up to {n_bins}, {n_components})",
            self.covariances,
        )

    @property
    def frames(self) -> range:
        """All frames of the recording."""
        return range(self.activations.shape[1])

    @property
    def singer_parts(self) -> Array:
        """The part that each singer of the contours sings, shape (singers,)."""
        own = self.gates.note != NO_NOTE
        note_of = dict(zip(self.gates.instrument[own].tolist(), self.gates.note[own].tolist(), strict=True))
        parts = [int(self.notes.part[note_of[k]]) if k in note_of else 0 for k in self.contours.instrument.tolist()]
        return np.array(parts, int)

    @property
    def singers(self) -> tuple[str, ...]:
        """The name of each singer of the contours: the part, with a number where it has several singers."""
        return singer_names(self.notes, self.singer_parts)
