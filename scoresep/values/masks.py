"""The share of each group of notes in each bin of a spectrogram."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoresep.values.arrays import Array, require, require_range, require_sizes
from scoresep.values.groups import RESIDUAL
from scoresep.values.notes import Notes


@dataclass(frozen=True, eq=False)
class Masks:
    """The share of each group in each bin, for all frames of a recording or for a stretch of them.

    ``shares`` has shape (groups, channels or 1, bins, frames), is between 0 and 1 and sums to one over the groups;
    or it has a matrix for each bin, shape (groups, channels, channels, bins, frames), complex, with what each
    channel of a group takes of each channel of the recording, and sums to the identity.  The last group is
    ``residual``.  ``note[g]`` is the index in ``notes`` of the only note of a group made by ``each: note``, and -1
    for any other group.
    """

    names: tuple[str, ...]
    shares: Array
    note: Array
    notes: Notes
    n_fft: int
    hop: int
    fingerprint: str
    first_frame: int = 0
    filters: Array = field(default_factory=lambda: np.zeros((0, 2, 2, 0, 0), np.complex64))

    def __post_init__(self) -> None:
        require_sizes(self.n_fft, self.hop, self.first_frame)
        wanted = (len(self.names), self.n_fft // 2 + 1)
        found = (self.shares.shape[0], self.shares.shape[2]) if self.shares.ndim == 4 else ()
        require(found == wanted, f"shares must have {wanted[0]} groups and {wanted[1]} bins", self.shares)
        fits = self.filters.ndim == 5 and self.filters.shape[3] <= wanted[1]
        if fits and self.filters.size:
            fits = (*self.filters.shape[:3], self.filters.shape[4]) == (wanted[0], 2, 2, self.shares.shape[3])
        require(fits, f"filters must have shape ({wanted[0]}, 2, 2, up to {wanted[1]}, frames)", self.filters)
        require(
            self.note.shape == (len(self.names),), f"note must have one entry a group ({len(self.names)})", self.note
        )
        if not self.names or self.names[-1] != RESIDUAL:
            raise ValueError("the last group must be 'residual'")
        if len(set(self.names)) < len(self.names) or any(not name or set(name) & set("/\\\0") for name in self.names):
            raise ValueError("the groups must have names that differ and can be names of files")
        require_range("note", self.note, -1, len(self.notes) - 1)

    @property
    def frames(self) -> range:
        """The frames of the recording that the shares cover."""
        return range(self.first_frame, self.first_frame + self.shares.shape[3])
