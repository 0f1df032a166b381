"""Notes of several versions of one recording, such as before and after an edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.values.arrays import Array, require
from scoresep.values.notes import Notes

#: The version of notes that are the same in all versions.
ALL_VERSIONS = -1


@dataclass(frozen=True, eq=False)
class ComparedNotes:
    """Notes in recording time, each with the version of the recording in which it sounds.

    A note that changes is there once for each version that has it.

    Parameters
    ----------
    notes : Notes
    version : np.ndarray [shape=(notes,)]
        The number of the version, from 0; `ALL_VERSIONS` for a note that is the same in all of them.
    remarks : sequence of str
        What is to be said of each note, such as "1 semitone higher"; empty for nothing.

    Raises
    ------
    ValueError
        If versions or remarks are not as many as the notes.
    """

    notes: Notes
    version: Array
    remarks: Sequence[str]

    def __post_init__(self) -> None:
        count = len(self.notes)
        require(self.version.shape == (count,), f"version must be as long as notes ({count})", self.version)
        if len(self.remarks) != count:
            raise ValueError(f"remarks must be as many as notes ({count}); they are {len(self.remarks)}")

    @classmethod
    def unchanged(cls, notes: Notes) -> ComparedNotes:
        """Return notes that are the same in all versions."""
        return cls(notes, np.full(len(notes), ALL_VERSIONS), [""] * len(notes))

    @classmethod
    def joined(cls, parts: Sequence[ComparedNotes]) -> ComparedNotes:
        """Return the notes of several parts."""
        return cls(
            Notes.concatenated([part.notes for part in parts]),
            np.concatenate([part.version for part in parts]),
            [remark for part in parts for remark in part.remarks],
        )
