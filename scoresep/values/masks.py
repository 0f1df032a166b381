"""The share of each group of notes in each bin of a spectrogram."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoresep.values.arrays import Array, require, require_range
from scoresep.values.groups import RESIDUAL, Selection
from scoresep.values.notes import Notes
from scoresep.values.transform import Transform


@dataclass(frozen=True, eq=False)
class Masks:
    """The mask of each group, for all frames of a recording or for a stretch of them.

    Parameters
    ----------
    names : tuple of str
        The groups; the last one is the residual.
    shares : array, shape (groups, channels or 1, bins, frames)
        The share of each group in each bin, from 0 to 1; over the groups they sum to one.
    note : array of int, shape (groups,)
        The only note of a group that has a stem for one note alone, an index into ``notes``; -1 for other groups.
    notes : Notes
        The notes that were decomposed.
    transform : Transform
        The STFT that the masks are for.
    fingerprint : str
        The fingerprint of the recording.
    first_frame : int
        Where a stretch begins; 0 for a whole recording.
    filters : array of complex, shape (groups, 2, 2, lower bins, frames)
        For the lowest bins of a stereo recording, the matrix by which a group's channels come from those of the
        recording (Wiener filter); over the groups they sum to the identity.  In these bins they stand in place of
        the shares.  Without lower bins there are none.
    weights : array, shape (groups - 1, notes)
        How much of each note belongs to each group but the residual, as in `Selection`; without rows it is not known.
    """

    names: tuple[str, ...]
    shares: Array
    note: Array
    notes: Notes
    transform: Transform
    fingerprint: str
    first_frame: int = 0
    filters: Array = field(default_factory=lambda: np.zeros((0, 2, 2, 0, 0), np.complex64))
    weights: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __post_init__(self) -> None:
        wanted = (len(self.names), self.transform.n_bins)
        found = (self.shares.shape[0], self.shares.shape[2]) if self.shares.ndim == 4 else ()
        require(found == wanted, f"shares must have {wanted[0]} groups and {wanted[1]} bins", self.shares)
        fits = self.filters.ndim == 5 and self.filters.shape[3] <= wanted[1]
        if fits and self.filters.size:
            fits = (*self.filters.shape[:3], self.filters.shape[4]) == (wanted[0], 2, 2, self.shares.shape[3])
        require(fits, f"filters must have shape ({wanted[0]}, 2, 2, up to {wanted[1]}, frames)", self.filters)
        require(
            self.note.shape == (len(self.names),), f"note must have one entry a group ({len(self.names)})", self.note
        )
        if self.first_frame < 0:
            raise ValueError(f"{self.first_frame=} must not be negative")
        if not self.names or self.names[-1] != RESIDUAL:
            raise ValueError("the last group must be 'residual'")
        if len(set(self.names)) < len(self.names) or any(not name or set(name) & set("/\\\0") for name in self.names):
            raise ValueError("the groups must have names that differ and can be names of files")
        require_range("note", self.note, -1, len(self.notes) - 1)
        wanted = (len(self.names) - 1, len(self.notes))
        fits = self.weights.shape == wanted or not len(self.weights)
        require(fits, f"weights must have shape {wanted} or no rows", self.weights)

    @property
    def frames(self) -> range:
        """The frames of the recording that the masks cover."""
        return range(self.first_frame, self.first_frame + self.shares.shape[3])

    @property
    def selection(self) -> Selection:
        """The groups without the residual; where their notes are not known, they have none."""
        shape = (len(self.names) - 1, len(self.notes))
        weights = self.weights if len(self.weights) else np.zeros(shape, np.float32)
        return Selection(self.names[:-1], weights, tuple(self.note[:-1].tolist()))

    def apply(self, stft: Array, group: int) -> Array:
        """Apply the mask of one group to an STFT.

        Parameters
        ----------
        stft : array of complex, shape (channels, bins, frames)
            The STFT of the frames that the masks cover.
        group : int
            An index into ``names``.

        Returns
        -------
        array of complex, shape (channels, bins, frames)
        """
        lower = self.filters.shape[3]
        masked = np.empty_like(stft)
        np.multiply(self.shares[group][:, lower:], stft[:, lower:], out=masked[:, lower:])
        if lower:
            np.sum(self.filters[group] * stft[:, :lower], axis=1, out=masked[:, :lower])
        return masked
