"""A spectrogram explained note by note: its components, their templates and activations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoresep.values.arrays import Array, require, require_range, require_sizes
from scoresep.values.notes import Notes


@dataclass(frozen=True, eq=False)
class Components:
    """What each component stands for, one column each of shape (components,).

    A component is the sound of the written ``pitch``, ``detuning`` semitones off, on ``instrument`` (an index into the
    instruments' names) in a ``role``: "sustain" or "onset".
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

    def rows(self) -> list[tuple[int, int, float, str]]:
        """Return (instrument, pitch, detuning, role) of each component."""
        columns = (self.instrument, self.pitch, self.detuning, self.role)
        return list(zip(*(column.tolist() for column in columns), strict=True))


@dataclass(frozen=True, eq=False)
class Gates:
    """Where each note may sound: its ``instrument``, shape (notes,), and two columns of frames, shape (notes, 2).

    Note i may sound in the frames ``sustain[i, 0]`` up to, not including, ``sustain[i, 1]``, and strike in those of
    ``onset[i]``.
    """

    instrument: Array
    sustain: Array
    onset: Array

    def __post_init__(self) -> None:
        for name in ("sustain", "onset"):
            column = getattr(self, name)
            require(
                column.shape == (len(self.instrument), 2),
                f"{name} must have two frames a note ({len(self.instrument)})",
                column,
            )


@dataclass(frozen=True, eq=False)
class Encoder:
    """What gives activations for a spectrum, as it was trained.

    ``kind`` is "dense", "recurrent" or "convolutional", or nothing where nothing was trained; ``shapes`` has the
    shapes of its arrays by name, ``weights`` their entries, one array after the other; ``sample_rate`` is that of the
    recording.
    """

    kind: str = ""
    shapes: dict[str, list[int]] = field(default_factory=dict)
    weights: Array = field(default_factory=lambda: np.zeros(0, np.float32))
    sample_rate: int = 0

    def __post_init__(self) -> None:
        sizes = sum(math.prod(shape) for shape in self.shapes.values())
        require(self.weights.shape == (sizes,), f"weights must have {sizes} entries", self.weights)

    @classmethod
    def of(cls, kind: str, arrays: Mapping[str, Array]) -> Encoder:
        """Return the encoder that has these arrays."""
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
    """The spectrogram explained note by note: ``templates @ activations``.

    ``templates`` has shape (channels or 1, bins, components), ``activations`` (components, frames).
    ``covariances`` has shape (4, lower bins, components) and says how the two channels of a component go together,
    as in `numerics.spatial`; without lower bins nothing is known of that.  ``loss`` has one entry before the first
    iteration and one after each; ``options`` are those of the fit.  An autoencoder leaves its ``encoder``.
    """

    templates: Array
    activations: Array
    components: Components
    notes: Notes
    gates: Gates
    instruments: tuple[str, ...]
    covariances: Array
    loss: Array
    n_fft: int
    hop: int
    fingerprint: str
    backend: str = "nmf"
    options: dict[str, Any] = field(default_factory=dict)
    encoder: Encoder = field(default_factory=Encoder)

    def __post_init__(self) -> None:
        require_sizes(self.n_fft, self.hop)
        wanted = (self.n_fft // 2 + 1, len(self.components))
        require(
            self.templates.ndim == 3 and self.templates.shape[1:] == wanted,
            f"templates must have shape (channels or 1, {wanted[0]}, {wanted[1]})",
            self.templates,
        )
        require(
            self.activations.ndim == 2 and len(self.activations) == wanted[1],
            f"activations must have shape ({wanted[1]}, frames)",
            self.activations,
        )
        require(
            self.covariances.ndim == 3
            and (len(self.covariances), self.covariances.shape[2]) == (4, wanted[1])
            and self.covariances.shape[1] <= wanted[0],
            f"covariances must have shape (4, up to {wanted[0]}, {wanted[1]})",
            self.covariances,
        )
        require(
            len(self.gates.instrument) == len(self.notes),
            f"gates must be those of the {len(self.notes)} notes",
            self.gates.sustain,
        )
        if min(self.templates.min(initial=0), self.activations.min(initial=0)) < 0:
            raise ValueError("templates and activations must not be negative")
        if not len(self.loss):
            raise ValueError("the loss must have an entry before the first iteration")
        for name, numbers, most in (
            ("the instruments of components", self.components.instrument, len(self.instruments) - 1),
            ("the instruments of notes", self.gates.instrument, len(self.instruments) - 1),
            ("gates", self.gates.sustain, self.activations.shape[1]),
            ("gates", self.gates.onset, self.activations.shape[1]),
        ):
            require_range(name, numbers, 0, most)
