"""Anchors by bar and beat."""

from __future__ import annotations

from dataclasses import dataclass, fields

from scoresep.values.arrays import Array, require


@dataclass(frozen=True, eq=False)
class BarAnchors:
    """Places in a score, by bar and beat, whose times in a recording are known.

    Parameters
    ----------
    bar : array of int, shape (anchors,)
        The printed number of the bar.
    beat : array, shape (anchors,)
        The beat, from 1; 2.5 is half a beat after the second one.
    repeat : array of int, shape (anchors,)
        Which time of those that the score plays the bar, from 1; 0 where that is not said.
    recording : array, shape (anchors,)
        When it sounds in the recording (s); rising.
    """

    bar: Array
    beat: Array
    repeat: Array
    recording: Array

    def __post_init__(self) -> None:
        for column in fields(self):
            values = getattr(self, column.name)
            require(values.shape == self.recording.shape, f"{column.name} must be as long as recording", values)

    def __len__(self) -> int:
        return len(self.recording)
