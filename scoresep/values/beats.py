"""The beats of a score, and where they sound in a recording."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from scoresep.values.arrays import Array, require


@dataclass(frozen=True, eq=False)
class Beats:
    """The beats of a score, one entry each, in the order of their times.

    Parameters
    ----------
    time : array, shape (beats,)
        When each beat stands in the score (s).
    bar : array of int, shape (beats,)
        The number of its bar as it is printed; 0 for a pickup.
    beat : array of int, shape (beats,)
        The number of the beat in its bar, from 1.
    bar_index : array of int, shape (beats,), optional
        Which bar of the file it is, from 0; several bars can have the same number.
    quarters : array, shape (beats,), optional
        The length of each beat in quarters (default: 1).
    """

    time: Array
    bar: Array
    beat: Array
    bar_index: Array = field(default_factory=lambda: np.zeros(0, int))
    quarters: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not len(self.quarters):
            object.__setattr__(self, "quarters", np.ones(len(self.time)))
        if not len(self.bar_index):
            object.__setattr__(self, "bar_index", bar_starts(self.bar, self.beat).cumsum() - 1)
        for column in fields(self):
            values = getattr(self, column.name)
            require(values.shape == self.time.shape, f"{column.name} must be as long as time", values)

    def __len__(self) -> int:
        return len(self.time)

    def take(self, index: Array) -> Beats:
        """Return the beats that ``index`` (positions or a mask) picks."""
        return Beats(self.time[index], self.bar[index], self.beat[index], self.bar_index[index], self.quarters[index])


@dataclass(frozen=True, eq=False)
class PlayedBeats:
    """The beats that a recording plays, one entry each, in the order in which they are played.

    Parameters
    ----------
    bar, beat, bar_index : array of int, shape (beats,)
        As in `Beats`.
    repeat : array of int, shape (beats,)
        How often the bar has been played up to then, this time included: 1 for the first time.
    score_time : array, shape (beats,)
        When the beat stands in the score (s).
    time : array, shape (beats,)
        When it sounds in the recording (s).
    quarters : array, shape (beats,)
        The length of the beat in quarters.
    """

    bar: Array
    beat: Array
    repeat: Array
    score_time: Array
    time: Array
    bar_index: Array
    quarters: Array

    def __len__(self) -> int:
        return len(self.time)


def bar_starts(bar: Array, beat: Array) -> Array:
    """Return which beats are the first of a bar in a row of beats: the bar changes, or the beat does not rise."""
    changes = (np.diff(bar) != 0) | (np.diff(beat) <= 0)
    return np.concatenate([np.ones(min(len(bar), 1), bool), changes])
