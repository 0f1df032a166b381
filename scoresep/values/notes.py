"""The notes of a score."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scoresep.values.arrays import Array, require, require_range
from scoresep.values.beats import Beats

#: The channel (from 1) that General MIDI has for drums.
DRUM_CHANNEL = 10
#: The number of the left hand in the column ``hand``.
LEFT = 1
#: The number of the right hand.
RIGHT = 2
#: What the column ``bar`` has where the bar of a note is not known.
NO_BAR = -1
#: The largest number that a bar can have.
MAX_BAR = 999_999
#: The columns that may be left out, and what they have then.
_MISSING = {"hand": 0, "lyrics": 0, "bar": NO_BAR}


@dataclass(frozen=True, eq=False)
class Notes:
    """The notes of a score, one column each of shape (notes,), sorted by onset and then by pitch.

    ``hand`` is 1 for notes of the left hand of a keyboard, 2 for the right hand, 0 where that is not known.
    ``lyrics`` is 1 for notes of a part that has words, 0 for others.  ``bar`` is the printed number of the bar in which
    the note begins: 0 for a pickup, -1 where that is not known.  These three may be left out.  ``beats`` are those of
    the score that the notes are from, in the same time, or None.
    """

    onset: Array
    offset: Array
    pitch: Array
    velocity: Array
    part: Array
    channel: Array
    program: Array
    staff: Array
    voice: Array
    part_names: tuple[str, ...] = ()
    hand: Array = field(default_factory=lambda: np.zeros(0, int))
    lyrics: Array = field(default_factory=lambda: np.zeros(0, int))
    bar: Array = field(default_factory=lambda: np.zeros(0, int))
    beats: Beats | None = None

    def __post_init__(self) -> None:
        for name, missing in _MISSING.items():
            if not len(getattr(self, name)):
                object.__setattr__(self, name, np.full(len(self.onset), missing))
        for name in self.columns():
            column = getattr(self, name)
            require(column.shape == (len(self.onset),), f"{name} must be as long as onset ({len(self.onset)})", column)
        if not len(self):
            return
        for name in ("onset", "offset"):
            require(bool(np.isfinite(getattr(self, name)).all()), f"{name} must be finite", getattr(self, name))
        require_range("pitch", self.pitch, 0, 127)
        require_range("velocity", self.velocity, 0, 127)
        require_range("hand", self.hand, 0, RIGHT)
        require_range("lyrics", self.lyrics, 0, 1)
        require_range("bar", self.bar, NO_BAR, MAX_BAR)
        if (early := np.flatnonzero(np.asarray(self.offset) < self.onset)).size:
            i = int(early[0])
            raise ValueError(
                f"offset must not be before onset; note {i} lasts from {self.onset[i]} to {self.offset[i]} s"
            )
        if int(self.part.max()) > len(self.part_names):
            raise ValueError(f"part {int(self.part.max())} has no name among {len(self.part_names)}")

    def check_sorted(self) -> None:
        """Raise ValueError unless the onsets rise."""
        if (late := np.flatnonzero(np.diff(self.onset) < 0)).size:
            i = int(late[0])
            raise ValueError(
                f"onset must rise; note {i + 1} begins at {self.onset[i + 1]} s, the one before at {self.onset[i]} s"
            )

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(f.name for f in dataclasses.fields(cls) if f.name not in ("part_names", "beats"))

    @classmethod
    def from_rows(cls, rows: list[dict[str, float]], part_names: tuple[str, ...]) -> Notes:
        """Return the notes of ``rows`` in order; a column that a row lacks is 0, a bar -1."""
        ordered = sorted(rows, key=lambda row: (row["onset"], row["pitch"], row.get("part", 0)))
        table = {
            name: np.array(
                [row.get(name, _MISSING.get(name, 0)) for row in ordered], float if name in ("onset", "offset") else int
            )
            for name in cls.columns()
        }
        return cls(**table, part_names=part_names, beats=None)

    @classmethod
    def concatenated(cls, parts: Sequence[Notes]) -> Notes:
        """Return the notes of several parts of one score, one part after the other."""
        table = {name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.columns()}
        return cls(**table, part_names=parts[0].part_names, beats=None)

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def is_drum(self) -> Array:
        """Whether each note is one of drums: those on channel 10, whose pitch is the key of General MIDI."""
        return np.asarray(self.channel == DRUM_CHANNEL)

    def sounding_before(self, end: float) -> Array:
        """Return which notes sound between 0 and ``end`` (s), shape (notes,)."""
        return np.asarray((self.offset > 0) & (self.onset < end))

    def take(self, index: Array) -> Notes:
        """Return the notes that ``index`` (positions or a mask) picks."""
        return dataclasses.replace(self, **{name: getattr(self, name)[index] for name in self.columns()})

    def part_name(self, note: int) -> str:
        """Return the name of the part that a note belongs to."""
        part = int(self.part[note])
        return self.part_names[part - 1] if part else ""

    def part_label(self, part: int) -> str:
        """Return what a part is called; notes in no part have a name of their own."""
        return self.part_names[part - 1] if part else "notes"
