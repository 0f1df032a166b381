"""Groups and notes → which notes belong to which stem, and what the stems are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.errors import InputError
from scoresep.score.conditions import fulfils
from scoresep.score.hands import hands_of
from scoresep.score.pitch import pitch_name
from scoresep.values import RESIDUAL, Array, Group, Notes, Selection, Selector

#: Names that a file cannot have on some system.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{device}{k}" for device in ("com", "lpt") for k in range(1, 10))}
#: Names that a stem cannot have: those, and that of the residual.
_RESERVED = {*_DEVICES, RESIDUAL}
#: Characters that a stem's name may have besides letters and digits.
_ALLOWED = " #+,()_.-"
#: The most bytes of a stem's name; names of files are limited to 255, with suffixes and numbers.
_MOST_BYTES = 120


@dataclass(frozen=True, eq=False)
class _Stem:
    """A stem: its name in the groups file, its notes as a mask (None for the rest), and its only note or -1."""

    name: str
    members: Array | None
    note: int = -1


def select(groups: Sequence[Group] | None, notes: Notes, *, is_aligned: bool = True) -> Selection:
    """Find the notes of each group.

    Parameters
    ----------
    groups : sequence of Group, or None
        What `read_groups` gives.  With None there are two hands for a piano score, else a group for each part.
    notes : Notes
        The notes of the score, or better those of an alignment.
    is_aligned : bool
        Whether the onsets of the notes are those in the recording.  If not, all notes fulfil a condition on ``time``.

    Returns
    -------
    Selection
        The groups with names that files can have.  A note in several groups belongs to each of them in equal parts.

    Raises
    ------
    InputError
        If a group matches no note; the message says what the score has.
    """
    if groups is None:
        stems = _default_stems(notes)
    else:
        stems = [stem for group in groups for stem in _stems(group, notes, is_aligned=is_aligned)]
    claimed = np.zeros(len(notes), bool)
    for stem in stems:
        if stem.members is not None:
            claimed |= stem.members
    members = np.array([~claimed if stem.members is None else stem.members for stem in stems], np.float32)
    members = members.reshape(len(stems), len(notes))
    return Selection(
        _safe_names([stem.name for stem in stems]),
        members / np.maximum(members.sum(axis=0), 1),
        tuple(stem.note for stem in stems),
    )


def _default_stems(notes: Notes) -> list[_Stem]:
    """Return two hands, or one stem for each part."""
    hands = hands_of(notes)
    if hands is not None:
        return [_Stem("left", hands[0]), _Stem("right", hands[1])]
    return [_Stem(notes.part_label(part), notes.part == part) for part in sorted(set(notes.part.tolist()))]


def _stems(group: Group, notes: Notes, *, is_aligned: bool) -> Iterator[_Stem]:
    """Yield the stems of a group: one, or those that ``each`` divides it into."""
    if group.is_rest:
        yield _Stem(group.name, None)
        return
    together = np.zeros(len(notes), bool)
    for selector in group.selectors:
        members = np.ones(len(notes), bool)
        for condition in selector.conditions:
            members &= fulfils(condition, group.name, notes, is_aligned=is_aligned)
        if not members.any():
            raise InputError(f"{group.place}: group '{group.name}' matches no note; its conditions exclude one another")
        if selector.each is None:
            together |= members
        else:
            yield from _divided(group.name, selector, members, notes)
    if together.any():
        yield _Stem(group.name, together)


def _divided(name: str, selector: Selector, members: Array, notes: Notes) -> Iterator[_Stem]:
    """Yield a stem for each note, or for each pitch or part, among the members of a selector."""
    if selector.each == "note":
        for i in np.flatnonzero(members):
            own = np.zeros(len(notes), bool)
            own[i] = True
            yield _Stem(f"{name}-{i + 1:04d}-{pitch_name(int(notes.pitch[i]))}", own, int(i))
        return
    column, label = _DIVISIONS[str(selector.each)]
    numbers = getattr(notes, column)
    for number in sorted(set(numbers[members].tolist())):
        yield _Stem(f"{name}-{label(notes, number)}", members & (numbers == number))


#: What ``each`` can divide a group by, besides single notes: the column of the notes, and what its numbers are called.
_DIVISIONS: dict[str, tuple[str, Callable[[Notes, int], str]]] = {
    "pitch": ("pitch", lambda _, pitch: pitch_name(pitch)),
    "part": ("part", lambda notes, part: notes.part_label(part)),
}
#: All that ``each`` may say.
EACH = ("note", *_DIVISIONS)


def _safe_names(names: list[str]) -> tuple[str, ...]:
    """Return names that files can have everywhere, and that differ even where case does not count."""
    taken: set[str] = set()
    result = []
    for name in names:
        plain = _safe_name(name)
        candidate, count = plain, 1
        while candidate.casefold() in taken:
            count += 1
            candidate = f"{plain}-{count}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return tuple(result)


def _safe_name(name: str) -> str:
    """Return a name with "-" for characters that some file system or shell does not take as they are."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(c if c.isalnum() or c in _ALLOWED or unicodedata.category(c).startswith("M") else "-" for c in text)
    text = re.sub(r"-{2,}", "-", text).strip(" .-") or "stem"
    text = text.encode()[:_MOST_BYTES].decode(errors="ignore").rstrip(" .-")
    return f"{text}-" if text.casefold() in _RESERVED else text
