"""What is to be changed about the notes of a recording."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from scoresep.values.arrays import Array, require
from scoresep.values.groups import Group
from scoresep.values.notes import Notes


@dataclass(frozen=True)
class Duration:
    """A time in a unit: "s", "beats", or "times" for a multiple of a note's own length."""

    value: float
    unit: str = "s"


@dataclass(frozen=True)
class Action:
    """What is done to each note of an edit.

    Parameters
    ----------
    gain : float
        In dB; minus infinity mutes.
    transpose : float
        In semitones.
    shift : Duration
        How much later the note begins.
    stretch : Duration
        How much longer it lasts, or how many times as long as it did.
    is_sampled : bool
        Whether another note of the recording takes its place.
    """

    gain: float = 0.0
    transpose: float = 0.0
    shift: Duration = Duration(0.0)
    stretch: Duration = Duration(0.0)
    is_sampled: bool = False


@dataclass(frozen=True)
class Edit:
    """A group of notes and what is done to them."""

    group: Group
    action: Action


@dataclass(frozen=True, eq=False)
class NoteChanges:
    """What changes about each note of a recording, and the notes that are added.

    Parameters
    ----------
    gain : np.ndarray [shape=(notes,)]
        A factor; 0 for notes that are removed.
    semitones : np.ndarray [shape=(notes,)]
        How much higher each note becomes.
    shift : np.ndarray [shape=(notes,)]
        How much later it begins (s).
    longer : np.ndarray [shape=(notes,)]
        How much longer it lasts (s); negative for notes that become shorter.
    is_sampled : np.ndarray [shape=(notes,)]
        Whether another note of the recording takes its place.
    added : Notes
        Notes that the recording does not have, in recording time.

    Raises
    ------
    ValueError
        If the columns are not as long as one another.
    """

    gain: Array
    semitones: Array
    shift: Array
    longer: Array
    is_sampled: Array
    added: Notes

    def __post_init__(self) -> None:
        for name in self.columns():
            column = getattr(self, name)
            require(column.shape == self.gain.shape, f"{name} must be as long as gain ({len(self.gain)})", column)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(field.name for field in fields(cls) if field.name != "added")

    @classmethod
    def none(cls, n_notes: int, added: Notes | None = None) -> NoteChanges:
        """Return changes that leave all of ``n_notes`` notes as they are; the columns can be written to."""
        return cls(
            gain=np.ones(n_notes),
            semitones=np.zeros(n_notes),
            shift=np.zeros(n_notes),
            longer=np.zeros(n_notes),
            is_sampled=np.zeros(n_notes, bool),
            added=Notes.from_rows([], ()) if added is None else added,
        )

    def __len__(self) -> int:
        return len(self.gain)

    @property
    def is_moved(self) -> Array:
        """Which notes change in more than their loudness, and are still there, shape (notes,)."""
        moves = (self.semitones != 0) | (self.shift != 0) | (self.longer != 0) | self.is_sampled
        return np.asarray(moves & (self.gain > 0))

    @property
    def is_changed(self) -> Array:
        """Which notes change, shape (notes,)."""
        return np.asarray((self.gain != 1) | self.is_moved)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes at all."""
        return not self.is_changed.any() and not len(self.added)
