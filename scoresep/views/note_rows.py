"""At which height of a picture each note stands: pitches by their number, drums and what has no note below them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.score.drum_kit import drum_piece
from scoresep.values import ANY_PITCH, Array, Notes

#: Rows from one piece of the drum kit to the next, and from the highest one to the lowest pitch: names need room.
KIT_STEP = 3


@dataclass(frozen=True)
class NoteRows:
    """The rows of a picture of notes.

    Parameters
    ----------
    lowest, highest : int
        The lowest and the highest pitch; ``highest`` is below ``lowest`` where no note has a pitch.
    keys : tuple of int
        The keys of drum notes, from the lowest row on.
    others : tuple of str
        The names of rows below these, for what has no note, from the lowest row on.
    """

    lowest: int
    highest: int
    keys: tuple[int, ...]
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, notes: Notes, *, others: tuple[str, ...] = ()) -> NoteRows:
        """Return the rows of some notes, and of what has no note."""
        pitched, keys = notes.pitch[~notes.is_drum], tuple(sorted(set(notes.pitch[notes.is_drum].tolist())))
        lowest, highest = (int(pitched.min()), int(pitched.max())) if len(pitched) else (0, -1)
        return cls(lowest, highest, keys, others)

    @property
    def start(self) -> int:
        """The lowest row."""
        return self.lowest - KIT_STEP * (len(self.others) + len(self.keys))

    @property
    def stop(self) -> int:
        """The row above the highest one."""
        return self.highest + 1

    def other(self, name: str) -> int:
        """Return the row of one of ``others``."""
        return self.start + KIT_STEP * self.others.index(name)

    def heights(self, pitch: Array, is_drum: Array) -> Array:
        """Return the rows of pitches and of keys of drums, shape of ``pitch``."""
        rows = np.array(pitch, int)
        for k, key in enumerate(self.keys):
            rows[is_drum & (pitch == key)] = self.start + KIT_STEP * (len(self.others) + k)
        return rows

    def kit(self) -> dict[int, str]:
        """Return the names of the pieces of the drum kit by their rows."""
        first = self.start + KIT_STEP * len(self.others)
        return {first + KIT_STEP * k: drum_piece(key).name for k, key in enumerate(self.keys)}

    def named(self) -> dict[int, str]:
        """Return the rows that have names on an axis: Cs, or the outermost pitches without two Cs; and all others."""
        rows = {self.other(name): name for name in self.others} | self.kit()
        if self.highest >= self.lowest:
            octaves = range(-(-self.lowest // 12) * 12, self.highest + 1, 12)
            pitches = octaves if len(octaves) > 1 else sorted({self.lowest, self.highest})
            rows |= dict(zip(pitches, pitch_names(list(pitches)), strict=True))
        return rows


def pitch_names(pitches: list[int]) -> list[str]:
    """Return the names of MIDI pitches as librosa writes them, and "any" for `ANY_PITCH`."""
    import librosa

    return ["any" if pitch == ANY_PITCH else librosa.midi_to_note(pitch) for pitch in pitches]
