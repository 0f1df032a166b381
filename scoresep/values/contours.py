"""The pitch of singers over time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoresep.values.arrays import Array, require


@dataclass(frozen=True, eq=False)
class Contours:
    """The fundamental frequency of each singer at equally spaced times.

    Parameters
    ----------
    frequency : array, shape (singers, times)
        In hertz; 0 where a singer has no note.
    instrument : array of int, shape (singers,)
        Which instrument each singer is, an index into the instruments' names.
    period : float
        Seconds from one time to the next; the first time is 0.
    """

    frequency: Array = field(default_factory=lambda: np.zeros((0, 0)))
    instrument: Array = field(default_factory=lambda: np.zeros(0, int))
    period: float = 0.02

    def __post_init__(self) -> None:
        fits = self.frequency.ndim == 2 and self.instrument.shape == (len(self.frequency),)
        require(fits, f"frequency must have shape ({len(self.instrument)}, times)", self.frequency)
        if self.frequency.size and not self.frequency.min() >= 0:
            raise ValueError("frequency must not be negative")
        if not self.period > 0:
            raise ValueError(f"period={self.period} must be positive")

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def times(self) -> Array:
        """The times of the values in seconds, shape (times,)."""
        return np.arange(self.frequency.shape[1]) * self.period
