"""Groups of notes, as a groups file states them and as they divide the notes of a score."""

from __future__ import annotations

from dataclasses import dataclass

from scoresep.values.arrays import Array

#: The name of the last stem: what no group claims and what no note explains.
RESIDUAL = "residual"


@dataclass(frozen=True, eq=False)
class Selection:
    """Which notes belong to which stem.

    ``weights`` has shape (groups, notes): how much of a note belongs to a group; over the groups it sums to one, or to
    zero for a note that no group claims.  ``note[g]`` is the only note of a group made by ``each: note``, else -1.
    """

    names: tuple[str, ...]
    weights: Array
    note: tuple[int, ...]


@dataclass(frozen=True)
class Test:
    """A key of a selector, the values of which a note must have one, and the place in the file."""

    key: str
    values: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Selector:
    """Tests that a note must all pass, and what gets a stem of its own ("note", "pitch", "part"), if anything."""

    tests: tuple[Test, ...]
    each: str | None = None


@dataclass(frozen=True)
class Group:
    """A group as the file states it: its selectors, or none for the rest."""

    name: str
    selectors: tuple[Selector, ...]
    place: str

    @property
    def is_rest(self) -> bool:
        """Whether the group takes what no other one claims."""
        return not self.selectors
