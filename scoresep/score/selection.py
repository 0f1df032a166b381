"""Groups and notes → which notes belong to which stem."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.errors import InputError
from scoresep.score.hands import hands_of
from scoresep.score.instruments import matches_instrument
from scoresep.score.pitch import parse_pitch, pitch_name
from scoresep.times import parse_time
from scoresep.values import RESIDUAL, Array, Group, Notes, Selection, Selector, Test

#: Names that a file cannot have on some system, or that mean something else here.
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{device}{k}" for device in ("com", "lpt") for k in range(1, 10)),
    RESIDUAL,
}

#: Bytes that a stem's name may take, so that a suffix still fits in a file name.
_LONGEST = 120


@dataclass(frozen=True, eq=False)
class _Stem:
    """A stem's name as it was asked for and its notes, shape (notes,), or None for the rest."""

    name: str
    members: Array | None
    note: int = -1


def select(groups: Sequence[Group] | None, notes: Notes, *, is_aligned: bool = True) -> Selection:
    """Return the notes of each group; without groups, two hands or one stem a part.

    Raises InputError for a group that matches nothing, with what the score has.  Unless ``is_aligned`` the notes do
    not tell when they sound in the recording, and every note passes for a time.
    """
    stems = (
        _default_stems(notes)
        if groups is None
        else [stem for group in groups for stem in _stems(group, notes, is_aligned=is_aligned)]
    )
    claimed = np.any(
        [stem.members for stem in stems if stem.members is not None] or [np.zeros(len(notes), bool)], axis=0
    )
    members = np.array([~claimed if stem.members is None else stem.members for stem in stems], np.float32)
    return Selection(
        _safe_names([stem.name for stem in stems]),
        members / np.maximum(members.sum(axis=0), 1),
        tuple(stem.note for stem in stems),
    )


def _default_stems(notes: Notes) -> list[_Stem]:
    """Return two hands, or one stem a part."""
    hands = hands_of(notes)
    if hands is not None:
        return [_Stem("left", hands[0]), _Stem("right", hands[1])]
    return [_Stem(notes.part_label(part), notes.part == part) for part in sorted(set(notes.part.tolist()))]


def _stems(group: Group, notes: Notes, *, is_aligned: bool) -> Iterator[_Stem]:
    """Return the stems of a group: one, or as many as its selectors divide it into."""
    if group.is_rest:
        yield _Stem(group.name, None)
        return
    whole = np.zeros(len(notes), bool)
    for selector in group.selectors:
        members = np.all(
            [_passes(test, group, notes, is_aligned=is_aligned) for test in selector.tests]
            or [np.ones(len(notes), bool)],
            axis=0,
        )
        if not members.any():
            raise InputError(f"{group.place}: group '{group.name}' matches no note; its conditions exclude one another")
        if selector.each is None:
            whole |= members
        else:
            yield from _divided(group, selector, members, notes)
    if whole.any():
        yield _Stem(group.name, whole)


def _divided(group: Group, selector: Selector, members: Array, notes: Notes) -> Iterator[_Stem]:
    """Return a stem for each note, pitch or part among the members."""
    if selector.each == "note":
        for i in np.flatnonzero(members):
            own = np.zeros(len(notes), bool)
            own[i] = True
            yield _Stem(f"{group.name}-{i + 1:04d}-{pitch_name(int(notes.pitch[i]))}", own, int(i))
        return
    column = notes.pitch if selector.each == "pitch" else notes.part
    for value in sorted(set(column[members].tolist())):
        label = pitch_name(value) if selector.each == "pitch" else notes.part_label(value)
        yield _Stem(f"{group.name}-{label}", members & (column == value))


def _passes(test: Test, group: Group, notes: Notes, *, is_aligned: bool) -> Array:
    """Return which notes have one of the values that a test asks for."""
    result = np.zeros(len(notes), bool)
    for value in test.values:
        try:
            passed = _TESTS[test.key](notes, value)
        except ValueError as error:
            raise InputError(f"{test.place}: group '{group.name}' has {test.key} '{value}'; wanted {error}") from error
        if test.key == "time" and not is_aligned:
            passed = np.ones(len(notes), bool)
        if not passed.any():
            raise InputError(
                f"{test.place}: group '{group.name}' names {test.key} '{value}'; {_inventory(test.key, notes)}"
            )
        result |= passed
    return result


def _by_part(notes: Notes, value: str) -> Array:
    named = [k for k, name in enumerate(notes.part_names, start=1) if name.strip().casefold() == value.casefold()]
    if not named and value.isdecimal():
        named = [int(value)]
    return np.isin(notes.part, named)


def _by_hand(notes: Notes, value: str) -> Array:
    if value.casefold() not in ("left", "right"):
        raise ValueError("left or right")
    hands = hands_of(notes)
    return np.zeros(len(notes), bool) if hands is None else hands[value.casefold() == "right"]


def _by_number(column: str) -> Callable[[Notes, str], Array]:
    def test(notes: Notes, value: str) -> Array:
        lowest, highest = _range(value, _whole_number)
        numbers = getattr(notes, column)
        return np.asarray((numbers >= max(lowest, 1)) & (numbers <= highest))

    return test


def _by_pitch(notes: Notes, value: str) -> Array:
    lowest, highest = _range(value, parse_pitch)
    return np.asarray((notes.pitch >= lowest) & (notes.pitch <= highest))


def _by_time(notes: Notes, value: str) -> Array:
    if ".." not in value:
        raise ValueError("a range like 0:32..0:40")
    begin, end = _range(value, parse_time)
    return np.asarray((notes.onset >= begin) & (notes.onset < end))


def _by_instrument(notes: Notes, value: str) -> Array:
    return np.array(
        [matches_instrument(value, int(notes.program[i]), notes.part_name(i)) for i in range(len(notes))], bool
    )


_TESTS: dict[str, Callable[[Notes, str], Array]] = {
    "part": _by_part,
    "hand": _by_hand,
    "staff": _by_number("staff"),
    "voice": _by_number("voice"),
    "channel": _by_number("channel"),
    "program": _by_number("program"),
    "instrument": _by_instrument,
    "pitch": _by_pitch,
    "time": _by_time,
}


def _range(value: str, parse: Callable[[str], float]) -> tuple[float, float]:
    """Return the ends of a range 'a..b', of which one may be missing, or of a single value."""
    first, dots, last = value.partition("..")
    begin = parse(first) if first or not dots else -np.inf
    end = (parse(last) if last else np.inf) if dots else begin
    if end < begin:
        raise ValueError("a range that rises")
    return begin, end


def _whole_number(text: str) -> float:
    if not text.strip().isdecimal():
        raise ValueError("a number from 1, or a range like 1..3")
    return int(text)


def _inventory(key: str, notes: Notes) -> str:
    """Return what the score has instead, for a message."""
    if key == "part" or (key == "instrument" and not notes.program.any()):
        return "the score has " + (", ".join(f"'{name}'" for name in notes.part_names) or "no parts")
    if key == "hand":
        return "the score is not for the two hands of a keyboard"
    if key == "pitch":
        return f"the score goes from {pitch_name(int(notes.pitch.min()))} to {pitch_name(int(notes.pitch.max()))}"
    if key == "time":
        return f"the notes begin between {notes.onset.min():.2f} and {notes.onset.max():.2f} s"
    column = "program" if key == "instrument" else key
    found = sorted(set(getattr(notes, column).tolist()) - {0})
    return f"the score has {column} " + ", ".join(map(str, found)) if found else f"the score tells no {column}"


def _safe_names(names: list[str]) -> tuple[str, ...]:
    """Return names that are safe as file names everywhere, and distinct even where case does not count."""
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
    """Return a name without what some file system or shell would trip over."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(
        c if c.isalnum() or c in " #+,()_.-" or unicodedata.category(c).startswith("M") else "-" for c in text
    )
    text = re.sub(r"-{2,}", "-", text).strip(" .-") or "stem"
    text = text.encode()[:_LONGEST].decode(errors="ignore").rstrip(" .-")
    return f"{text}-" if text.casefold() in _RESERVED else text
