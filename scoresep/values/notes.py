"""Notes, as a score has them and as they are played, and which stems they belong to."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.values.arrays import Array, require


@dataclass(frozen=True, eq=False)
class Notes:
    """The notes of a score, one column each of shape (notes,), sorted by onset and then by pitch."""

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

    def __post_init__(self) -> None:
        for name in self.columns():
            column = getattr(self, name)
            require(column.shape == (len(self.onset),), f"{name} must be as long as onset ({len(self.onset)})", column)
        if len(self) and int(self.part.max()) > len(self.part_names):
            raise ValueError(f"part {int(self.part.max())} has no name among {len(self.part_names)}")

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(f.name for f in dataclasses.fields(cls) if f.name != "part_names")

    @classmethod
    def from_rows(cls, rows: list[dict[str, float]], part_names: tuple[str, ...]) -> Notes:
        """Return the notes of ``rows`` in order; a column that a row lacks is 0."""
        ordered = sorted(rows, key=lambda row: (row["onset"], row["pitch"], row.get("part", 0)))
        table = {
            name: np.array([row.get(name, 0) for row in ordered], float if name in ("onset", "offset") else int)
            for name in cls.columns()
        }
        return cls(**table, part_names=part_names)

    @classmethod
    def concatenated(cls, parts: Sequence[Notes]) -> Notes:
        """Return the notes of several parts of one score, one part after the other."""
        table = {name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.columns()}
        return cls(**table, part_names=parts[0].part_names)

    def __len__(self) -> int:
        return len(self.onset)

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


@dataclass(frozen=True, eq=False)
class Alignment:
    """The notes in recording time beside their score times.

    ``score_onset``, ``score_offset`` and ``confidence`` (0 to 1) have one entry a note; a note that is played twice
    is there twice.  ``path`` has shape (2, points): score seconds over recording seconds; both rise, but where the
    recording jumps in the score.  ``sections`` has shape (sections, 4): score begin and end and recording begin and
    end (s) of what is played without a jump.  ``misfits`` has shape (passages, 2): begin and end (s) of what the score
    does not fit.  ``tuning`` is in cents from A4 = 440 Hz, ``transposition`` in semitones from score to recording.
    """

    notes: Notes
    score_onset: Array
    score_offset: Array
    confidence: Array
    overall_confidence: float
    path: Array
    sections: Array
    misfits: Array
    fingerprint: str
    tuning: float = 0.0
    transposition: int = 0

    def __post_init__(self) -> None:
        for name in ("score_onset", "score_offset", "confidence"):
            column = getattr(self, name)
            require(
                column.shape == (len(self.notes),), f"{name} must have one entry a note ({len(self.notes)})", column
            )
        for name, shape in (("path", (2, -1)), ("sections", (-1, 4)), ("misfits", (-1, 2))):
            array = getattr(self, name)
            fits = array.ndim == 2 and all(b in (-1, a) for a, b in zip(array.shape, shape, strict=True))
            require(fits, f"{name} must have shape {shape}".replace("-1", "any"), array)


@dataclass(frozen=True, eq=False)
class Selection:
    """Which notes belong to which stem.

    ``weights`` has shape (groups, notes): how much of a note belongs to a group; over the groups it sums to one, or to
    zero for a note that no group claims.  ``note[g]`` is the only note of a group made by ``each: note``, else -1.
    """

    names: tuple[str, ...]
    weights: Array
    note: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Account:
    """How stems came about: the alignment, which notes each holds, and the loss of each iteration of the fit.

    ``names`` and ``weights`` are those of a `Selection`: the groups, without the residual, and how much of each note
    belongs to each, shape (groups, notes).
    """

    alignment: Alignment
    names: tuple[str, ...]
    weights: Array
    loss: Array

    def __post_init__(self) -> None:
        wanted = (len(self.names), len(self.alignment.notes))
        require(self.weights.shape == wanted, f"weights must have shape {wanted}", self.weights)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.alignment.fingerprint

    def group_of_notes(self) -> Array:
        """Return the group that has most of each note, shape (notes,); -1 where none has any."""
        if not self.names:
            return np.full(len(self.alignment.notes), -1)
        return np.where(self.weights.any(axis=0), self.weights.argmax(axis=0), -1)
