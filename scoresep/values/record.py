"""How the stems in a folder were made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoresep.values.alignment import Alignment
from scoresep.values.arrays import Array, require, require_range
from scoresep.values.contours import Contours, singer_names
from scoresep.values.notes import Notes


@dataclass(frozen=True, eq=False)
class SeparationRecord:
    """How stems were made: by which alignment, from which notes, and with which loss.

    ``scoresep separate`` leaves it as ``separation.npz`` among the stems; the report and ``scoresep plot`` show it.

    Parameters
    ----------
    alignment : Alignment
        Where the notes sound in the recording.
    names : tuple of str
        The names of the groups, without the residual.
    weights : np.ndarray [shape=(groups, notes)]
        How much of a note belongs to a group, as in `Selection`.
    loss : np.ndarray [shape=(iterations + 1,)]
        The loss before the first iteration of the decomposition and after each one.
    contours : Contours
        The pitch of each singer, as in the decomposition.
    singer_parts : np.ndarray [shape=(singers,)]
        The part that each of them sings.
    played_velocity : np.ndarray of int [shape=(notes,)], optional
        How loud each note is played, as `played_velocities` gives it.

    Raises
    ------
    ValueError
        If the fields do not fit one another.
    """

    alignment: Alignment
    names: tuple[str, ...]
    weights: Array
    loss: Array
    contours: Contours = field(default_factory=Contours)
    singer_parts: Array = field(default_factory=lambda: np.zeros(0, int))
    played_velocity: Array = field(default_factory=lambda: np.zeros(0, int))

    def __post_init__(self) -> None:
        wanted = (len(self.names), len(self.alignment.notes))
        require(self.weights.shape == wanted, f"weights must have shape {wanted}, groups and notes", self.weights)
        require(self.loss.ndim == 1, "loss must have shape (iterations + 1,)", self.loss)
        shape = (len(self.contours),)
        require(self.singer_parts.shape == shape, "singer_parts must be as long as contours", self.singer_parts)
        if len(self.played_velocity):
            n_notes = len(self.alignment.notes)
            fits = self.played_velocity.shape == (n_notes,)
            require(fits, f"played_velocity must have shape ({n_notes},)", self.played_velocity)
            require_range("played_velocity", self.played_velocity, 0, 127)
        require_range("the parts of singers", self.singer_parts, 0, len(self.alignment.notes.part_names))

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.alignment.fingerprint

    @property
    def notes(self) -> Notes:
        """The notes in recording time."""
        return self.alignment.notes

    @property
    def singers(self) -> tuple[str, ...]:
        """The name of each singer of the contours: the part, with a number where it has several singers."""
        return singer_names(self.notes, self.singer_parts)

    def group_of_notes(self) -> Array:
        """Return the index of the group that has most of each note, shape (notes,); -1 for a note in no group."""
        if not self.names:
            return np.full(len(self.alignment.notes), -1)
        return np.where(self.weights.any(axis=0), self.weights.argmax(axis=0), -1)
