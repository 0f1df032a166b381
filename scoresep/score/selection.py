"""Groups and notes → which notes belong to which stem, and what the stems are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.errors import InputError
from scoresep.score.conditions import KEYS, fulfils
from scoresep.score.drum_kit import drum_piece
from scoresep.score.hands import hands_of, with_hands
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
    """A stem: its name in the groups file, its notes as mask or indices (None: the rest), and its only note or -1."""

    name: str
    members: Array | None
    note: int = -1


def select(
    groups: Sequence[Group] | None,
    notes: Notes,
    *,
    is_aligned: bool = True,
    drums: str = "kit",
    duration: float = np.inf,
) -> Selection:
    """Find the notes of each group.

    Parameters
    ----------
    groups : sequence of Group, or None
        What `read_groups` gives.  With None there are two hands for a piano score, else a group for each part; drums
        beside a piano have one, too.
    notes : Notes
        The notes of the score, or better those of an alignment.
    is_aligned : bool
        Whether the onsets of the notes are those in the recording.  If not, all notes fulfil a condition on ``time``.
    drums : {"kit", "pieces"}
        Without groups, whether drums are one group, or each piece of the kit is one.
    duration : float
        The length of the recording (s); ``{each: note}`` leaves out notes that lie outside of it.

    Returns
    -------
    Selection
        The groups with names that files can have.  A note in several groups belongs to each of them in equal parts.

    Raises
    ------
    InputError
        If a group matches no note; the message says what the score has.
    ValueError
        If ``drums`` says something else.
    """
    if drums not in DRUM_STEMS:
        raise ValueError(f"{drums=} must be one of {', '.join(DRUM_STEMS)}")
    if asks_for_hands(groups):
        notes = with_hands(notes)  # once for all groups
    if groups is None:
        stems = _default_stems(notes, by_piece=drums == "pieces")
    else:
        stems = [stem for group in groups for stem in _stems(group, notes, is_aligned=is_aligned, duration=duration)]
    claimed = np.zeros(len(notes), bool)
    for stem in stems:
        if stem.members is not None:
            claimed[stem.members] = True
    weights = np.zeros((len(stems), len(notes)), np.float32)
    for row, stem in zip(weights, stems, strict=True):
        row[~claimed if stem.members is None else stem.members] = 1
    weights /= np.maximum(weights.sum(axis=0), 1)
    return Selection(_safe_names([stem.name for stem in stems]), weights, tuple(stem.note for stem in stems))


def asks_for_hands(groups: Sequence[Group] | None) -> bool:
    """Whether groups depend on which hand plays which note; without groups they may."""
    if groups is None:
        return True
    return any(_asks_for_hands(selector) for group in groups for selector in group.selectors)


def _asks_for_hands(selector: Selector) -> bool:
    """Whether a selector, or an exception of it, has a condition on the hand."""
    conditions = [condition for part in (selector, *selector.exceptions) for condition in part.conditions]
    return any(condition.key == "hand" for condition in conditions)


def _default_stems(notes: Notes, *, by_piece: bool) -> list[_Stem]:
    """Return two hands, or one stem for each part; ``by_piece`` gives one to each piece of the drum kit."""
    hands = hands_of(notes)
    if hands is not None and not (hands[0].any() and hands[1].any()):
        hands = None  # notes of one hand alone are not divided
    stems = [] if hands is None else [_Stem("left", hands[0]), _Stem("right", hands[1])]
    is_left = np.ones(len(notes), bool) if hands is None else ~(hands[0] | hands[1])
    if by_piece:
        is_left &= ~notes.is_drum
    stems += [
        _Stem(notes.part_label(part), is_left & (notes.part == part))
        for part in sorted(set(notes.part[is_left].tolist()))
    ]
    return [*stems, *_divided("", Selector((), "drum"), notes.is_drum, notes)] if by_piece else stems


def _stems(group: Group, notes: Notes, *, is_aligned: bool, duration: float) -> Iterator[_Stem]:
    """Yield the stems of a group: one, or those that ``each`` divides it into."""
    if group.is_rest:
        yield _Stem(group.name, None)
        return
    together = np.zeros(len(notes), bool)
    for selector in group.selectors:
        members = _members(selector, group, notes, is_aligned=is_aligned)
        if selector.each is None:
            together |= members
        else:
            if selector.each == "note" and is_aligned:
                members = members & notes.sounding_before(duration)
            yield from _divided(group.name, selector, members, notes)
    if together.any():
        yield _Stem(group.name, together)


def _members(selector: Selector, group: Group, notes: Notes, *, is_aligned: bool) -> Array:
    """Return which notes fulfil all conditions of a selector, and are in none of its exceptions.

    ``pitch`` asks for keys if the other conditions leave drum notes only.
    """
    members = np.ones(len(notes), bool)
    for condition in sorted(selector.conditions, key=lambda condition: condition.key == "pitch"):
        is_for_drums = bool(members.any()) and bool(notes.is_drum[members].all())
        members &= fulfils(condition, group.label, notes, is_aligned=is_aligned, is_for_drums=is_for_drums)
    if selector.each == "drum":
        if not notes.is_drum.any():
            raise InputError(f"{group.place}: {group.label} has each: drum; the score has no drums")
        members &= notes.is_drum
    for exception in selector.exceptions:
        excepted = _members(exception, group, notes, is_aligned=is_aligned)
        if is_aligned or not any(KEYS[condition.key].in_recording for condition in exception.conditions):
            members &= ~excepted
    if not members.any():
        raise InputError(f"{group.place}: {group.label} matches no note; its conditions exclude one another")
    return members


def _divided(name: str, selector: Selector, members: Array, notes: Notes) -> Iterator[_Stem]:
    """Yield a stem for each note, or for each pitch, part or piece of the kit, among the members of a selector."""
    if selector.each == "note":
        for i in np.flatnonzero(members).tolist():
            yield _Stem(f"{name}-{i + 1:04d}-{_pitch_label(notes, i)}", np.array([i]), i)
        return
    label_of = _DIVISIONS[str(selector.each)]
    labels = {i: label_of(notes, i) for i in np.flatnonzero(members).tolist()}
    order = sorted(
        labels, key=lambda i: (notes.is_drum[i], notes.part[i] if selector.each == "part" else notes.pitch[i])
    )
    for label in dict.fromkeys(labels[i] for i in order):
        own = np.zeros(len(notes), bool)
        own[[i for i, other in labels.items() if other == label]] = True
        yield _Stem(f"{name}-{label[1]}" if name else str(label[1]), own)


def _pitch_label(notes: Notes, note: int) -> str:
    """Return the name of a note's pitch, or of the piece of the kit that it is played on."""
    pitch = int(notes.pitch[note])
    return drum_piece(pitch).name if notes.is_drum[note] else pitch_name(pitch)


#: What ``each`` can divide a group by, besides single notes: from a note to what its stem is told by and called.
_DIVISIONS: dict[str, Callable[[Notes, int], tuple[int, str]]] = {
    "pitch": lambda notes, i: (int(notes.pitch[i]), _pitch_label(notes, i)),
    "part": lambda notes, i: (int(notes.part[i]), notes.part_label(int(notes.part[i]))),
    "drum": lambda notes, i: (0, _pitch_label(notes, i)),
}
#: All that ``each`` may say.
EACH = ("note", *_DIVISIONS)
#: What stems drums can have where there are no groups: one for the kit, or one for each of its pieces.
DRUM_STEMS = ("kit", "pieces")


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
