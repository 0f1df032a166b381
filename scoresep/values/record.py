"""How the stems in a folder were made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values.alignment import Alignment
from scoresep.values.arrays import Array, require


@dataclass(frozen=True, eq=False)
class SeparationRecord:
    """How stems came about: the alignment, which notes each holds, and the loss of each iteration of the fit.

    ``names`` and ``weights`` are those of a `Selection`: the groups, without the residual, and how much of each note
    belongs to each, shape (groups, notes).
    """

    alignment: Alignment
    names: tuple[str, ...]
    weights: Array
    loss: Array

    def __post_init__(self) -> None:
        wanted = (len(self.names), len(self.alignment.notes))
        require(self.weights.shape == wanted, f"weights must have shape {wanted}", self.weights)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.alignment.fingerprint

    def group_of_notes(self) -> Array:
        """Return the group that has most of each note, shape (notes,); -1 where none has any."""
        if not self.names:
            return np.full(len(self.alignment.notes), -1)
        return np.where(self.weights.any(axis=0), self.weights.argmax(axis=0), -1)
