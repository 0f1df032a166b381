"""The sound of each group of notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values.arrays import Array, require, require_range
from scoresep.values.groups import RESIDUAL, require_names
from scoresep.values.notes import Notes


@dataclass(frozen=True, eq=False)
class Stems:
    """The sound of each group of notes and, last, the residual; all of them add up to the recording.

    ``stems["left"]`` is the sound of the group ``left``, shape (channels, samples).

    Parameters
    ----------
    names : tuple of str
        The names of the groups; the last one is "residual".
    samples : np.ndarray [shape=(groups, channels, samples)]
        Floating-point samples, rounded to the steps of ``subtype`` where that is PCM.
    note : np.ndarray [shape=(groups,)]
        For a group made by ``each: note`` the index of its note in ``notes``, for any other group -1.
    notes : Notes
        The aligned notes.
    sample_rate : int
        Samples per second.
    subtype : str
        libsndfile's name of the sample format that the samples are rounded to, such as "PCM_16".
    first_sample : int
        Where the stems begin, as a sample of the recording; 0 unless they are a stretch of a longer recording.

    Raises
    ------
    ValueError
        If the fields do not fit one another.
    """

    names: tuple[str, ...]
    samples: Array
    note: Array
    notes: Notes
    sample_rate: int
    subtype: str
    first_sample: int = 0

    def __post_init__(self) -> None:
        require_names(self.names)
        if not self.names or self.names[-1] != RESIDUAL:
            raise ValueError(f"names must end with {RESIDUAL!r}; they are {self.names}")
        n_groups = len(self.names)
        fits = self.samples.ndim == 3 and len(self.samples) == n_groups
        require(fits, f"samples must have shape ({n_groups}, channels, samples), a row for each name", self.samples)
        require(self.samples.dtype.kind == "f", "samples must be floating-point with full scale 1.0", self.samples)
        require(self.note.shape == (n_groups,), f"note must have one entry for each of {n_groups} names", self.note)
        require_range("note", self.note, -1, len(self.notes) - 1)
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate must be positive; it is {self.sample_rate}")
        if self.first_sample < 0:
            raise ValueError(f"first_sample must not be negative; it is {self.first_sample}")

    def __getitem__(self, name: str) -> Array:
        """Return the samples of the group ``name``, shape (channels, samples).  Raises KeyError for another name."""
        if name not in self.names:
            raise KeyError(f"{name!r}; the stems are {', '.join(self.names)}")
        return np.asarray(self.samples[self.names.index(name)])
