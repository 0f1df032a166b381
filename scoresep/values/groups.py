"""Groups of notes: as a groups file states them, and as they divide the notes of a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoresep.values.arrays import Array, require

#: The name of the last stem: the sound that no group and no note explains.
RESIDUAL = "residual"
#: What the shares of a note may miss their sum by, in float32.
ROUNDING = 1e-4


@dataclass(frozen=True, eq=False)
class Selection:
    """Which notes belong to which group.

    Parameters
    ----------
    names : tuple of str
        The names of the groups, without the residual.
    weights : np.ndarray [shape=(groups, notes)]
        How much of a note belongs to a group, 0 to 1.  Over the groups it sums to one, or to zero for a note in no
        group.
    note : tuple of int
        For a group made by ``each: note`` the index of its note, for any other group -1.

    Raises
    ------
    ValueError
        If the fields do not fit one another.
    """

    names: tuple[str, ...]
    weights: Array
    note: tuple[int, ...]

    def __post_init__(self) -> None:
        require_names(self.names)
        n_groups = len(self.names)
        fits = self.weights.ndim == 2 and len(self.weights) == n_groups
        require(fits, f"weights must have shape ({n_groups}, notes), a row for each name", self.weights)
        if self.weights.size:
            total = self.weights.sum(axis=0)
            if not (self.weights.min() >= 0 and total.max() <= 1 + ROUNDING):
                raise ValueError("weights must be from 0 to 1 and sum to at most 1 over the groups")
        if len(self.note) != n_groups:
            raise ValueError(f"note must have one entry for each of the {n_groups} names; it has {len(self.note)}")
        n_notes = self.weights.shape[1]
        if any(not -1 <= note < n_notes for note in self.note):
            raise ValueError(f"note must be -1 or the index of one of the {n_notes} notes; it is {self.note}")


@dataclass(frozen=True)
class Condition:
    """One key of a selector: a note fulfils it with any of the ``values``.

    ``place`` is where it stands, for messages.
    """

    key: str
    values: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Selector:
    """The conditions that a note must fulfil, all of them; it must not fulfil those of any of the ``exceptions``.

    ``each`` says what gets a stem of its own ("note", "pitch" or "part"); it is None where all notes go together.
    """

    conditions: tuple[Condition, ...]
    each: str | None = None
    exceptions: tuple[Selector, ...] = ()


@dataclass(frozen=True)
class Group:
    """A group of notes as a groups file states it.

    Parameters
    ----------
    name : str
        The name of the group.
    selectors : tuple of Selector
        A note is in the group if any of them selects it.  A group without selectors is the rest: all notes that are in
        no other group.
    place : str
        Where the group stands, for messages.
    kind : str
        What it is, for messages: a "group", or an "edit" of the notes.
    """

    name: str
    selectors: tuple[Selector, ...]
    place: str
    kind: str = "group"

    @property
    def label(self) -> str:
        """What the group is called in messages."""
        return f"{self.kind} '{self.name}'"

    @property
    def is_rest(self) -> bool:
        """Whether the group has all notes that are in no other group."""
        return not self.selectors


def require_names(names: Sequence[str]) -> None:
    """Raise ValueError unless ``names`` differ and can be names of files."""
    for name in names:
        if not name or set(name) & set("/\\\0"):
            raise ValueError(f"names must be names that a file can have; {name!r} is not")
    if len(set(names)) < len(names):
        repeated = next(name for k, name in enumerate(names) if name in names[:k])
        raise ValueError(f"names must differ; {repeated!r} is there twice")
