"""Tied notes made one note; ties are told apart by staff and voice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import groupby

from scoresep.io.scores.notated import NotatedNote, NotatedScore

_Waiting = dict[tuple[int, int, Fraction], list[NotatedNote]]


def join_ties(score: NotatedScore) -> list[NotatedNote]:
    """Return the notes of a score by onset, those that are tied to one before made part of it.

    A tie holds to a note of the same part and pitch that ends where this one begins: of the same staff and voice if
    there is one, else of the same staff, else of any.  Ties without a beginning are ignored, with a problem.
    """
    joined: list[NotatedNote] = []
    waiting: _Waiting = defaultdict(list)
    for _, group in groupby(sorted(score.notes, key=_by_onset), key=lambda note: note.onset):
        together = list(group)
        before = _partners(together, waiting)
        for note in together:
            whole = before.get(id(note))
            if whole is None:
                joined.append(note)
                if note.is_tied_back:
                    score.problem("ties without a beginning are ignored")
                whole = note
            else:
                whole.offset = max(whole.offset, note.offset)
                whole.ornaments += note.ornaments
            if note.is_tied_on:
                waiting[note.part, note.pitch, note.offset].append(whole)
                if note.grace is not None:  # a grace note that is held: what it is tied to begins at the same time
                    before |= _partners([n for n in together if id(n) not in before and n is not note], waiting)
    return joined


def _by_onset(note: NotatedNote) -> tuple[Fraction, bool, int]:
    """Return what notes are sorted by: grace notes come before those that they adorn."""
    return note.onset, note.grace is None, 0 if note.grace is None else note.grace.place


def _partners(notes: Iterable[NotatedNote], waiting: _Waiting) -> dict[int, NotatedNote]:
    """Return what notes that begin together are tied back to, by identity; the best matches come first."""
    found: dict[int, NotatedNote] = {}
    tied = [note for note in notes if note.is_tied_back]
    matches: tuple[Callable[[NotatedNote, NotatedNote], bool], ...] = (
        lambda one, other: (one.staff, one.voice) == (other.staff, other.voice),
        lambda one, other: one.staff == other.staff,
        lambda _one, _other: True,
    )
    for is_match in matches:
        for note in tied:
            candidates = waiting.get((note.part, note.pitch, note.onset), [])
            if id(note) not in found:
                partner = next((other for other in candidates if is_match(note, other)), None)
                if partner is not None:
                    candidates.remove(partner)
                    found[id(note)] = partner
    return found
