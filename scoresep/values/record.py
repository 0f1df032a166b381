"""How the stems in a folder were made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values.alignment import Alignment
from scoresep.values.arrays import Array, require


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

    Raises
    ------
    ValueError
        If the fields do not fit one another.
    """

    alignment: Alignment
    names: tuple[str, ...]
    weights: Array
    loss: Array

    def __post_init__(self) -> None:
        wanted = (len(self.names), len(self.alignment.notes))
        require(self.weights.shape == wanted, f"weights must have shape {wanted}, groups and notes", self.weights)
        require(self.loss.ndim == 1, "loss must have shape (iterations + 1,)", self.loss)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.alignment.fingerprint

    def group_of_notes(self) -> Array:
        """Return the index of the group that has most of each note, shape (notes,); -1 for a note in no group."""
        if not self.names:
            return np.full(len(self.alignment.notes), -1)
        return np.where(self.weights.any(axis=0), self.weights.argmax(axis=0), -1)
