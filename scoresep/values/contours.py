"""The pitch of singers over time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoresep.values.arrays import Array, require
from scoresep.values.notes import Notes


@dataclass(frozen=True, eq=False)
class Contours:
    """The fundamental frequency of each singer at equally spaced times.

    Parameters
    ----------
    frequency : array, shape (singers, times)
        In hertz; 0 where a singer has no note.  The components of a singer follow it.
    instrument : array of int, shape (singers,)
        Which instrument each singer is, an index into the instruments' names.
    period : float
        Seconds from one time to the next; the first time is 0.
    is_voiced : array of bool, shape (singers, times), optional
        Where the singer sounds; unless given, all of the notes and what the search has added to them.
    """

    frequency: Array = field(default_factory=lambda: np.zeros((0, 0)))
    instrument: Array = field(default_factory=lambda: np.zeros(0, int))
    period: float = 0.02
    is_voiced: Array = field(default_factory=lambda: np.zeros((0, 0), bool))

    def __post_init__(self) -> None:
        if self.is_voiced.shape == (0, 0):
            object.__setattr__(self, "is_voiced", self.frequency > 0)
        fits = self.frequency.ndim == 2 and self.instrument.shape == (len(self.frequency),)
        require(fits, f"frequency must have shape ({len(self.instrument)}, times)", self.frequency)
        require(self.is_voiced.shape == self.frequency.shape, "is_voiced must be as frequency", self.is_voiced)
        if self.frequency.size and not self.frequency.min() >= 0:
            raise ValueError("frequency must not be negative")
        if not self.period > 0:
            raise ValueError(f"period={self.period} must be positive")

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def sounding(self) -> Array:
        """The frequency in hertz where a singer sounds, else 0, shape (singers, times)."""
        return np.where(self.is_voiced, self.frequency, 0.0)

    @property
    def times(self) -> Array:
        """The times of the values in seconds, shape (times,)."""
        return np.arange(self.frequency.shape[1]) * self.period


def singer_names(notes: Notes, parts: Array) -> tuple[str, ...]:
    """Name singers after their parts, with numbers where a part has several or shares its name with another one.

    Parameters
    ----------
    notes : Notes
        The notes, which know the names of the parts.
    parts : array of int, shape (singers,)
        The part of each singer.
    """
    labels = [notes.part_label(part) for part in np.asarray(parts).tolist()]
    return tuple(
        f"{label} {labels[: k + 1].count(label)}" if labels.count(label) > 1 else label
        for k, label in enumerate(labels)
    )
