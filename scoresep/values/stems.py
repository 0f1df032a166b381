"""The sound of each group of notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values.arrays import Array
from scoresep.values.notes import Notes


@dataclass(frozen=True, eq=False)
class Stems:
    """The sound of each group, the residual last; all of them add up to the recording.

    ``samples`` has shape (groups, channels, samples), on the grid of ``subtype`` where that is PCM.  A
    stretch of a longer recording begins at sample ``first_sample``.  ``note`` is as in `Masks`.
    """

    names: tuple[str, ...]
    samples: Array
    note: Array
    notes: Notes
    sample_rate: int
    subtype: str
    first_sample: int = 0

    def __getitem__(self, name: str) -> Array:
        """Return the samples of the group ``name``, shape (channels, samples)."""
        return np.asarray(self.samples[self.names.index(name)])
