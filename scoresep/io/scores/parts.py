"""Parts of a score left out: those that a recording does not have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from scoresep.errors import InputError
from scoresep.values import Alignment, Array, Notes


def without_parts(notes: Notes, parts: Iterable[str | int], path: str | Path = "score") -> Notes:
    """Return the notes that are in none of some parts; the others keep their numbers.

    Parameters
    ----------
    notes
        The notes of a score.
    parts
        Names (case ignored) or numbers (from 1) of the parts to leave out.
    path
        The score's file, for messages.

    Returns
    -------
    found : Notes
        The notes of the other parts.

    Raises
    ------
    InputError
        If the score has no such part, or no other one.
    """
    return notes.take(_kept(notes, parts, path))


def alignment_without_parts(alignment: Alignment, parts: Iterable[str | int], path: str | Path = "score") -> Alignment:
    """Return an alignment without the notes of some parts, as `without_parts` does with notes."""
    kept = _kept(alignment.notes, parts, path)
    columns = {name: getattr(alignment, name)[kept] for name in ("score_onset", "score_offset", "confidence")}
    return replace(alignment, notes=alignment.notes.take(kept), **columns)


def _kept(notes: Notes, parts: Iterable[str | int], path: str | Path) -> Array:
    """Return which notes are in none of some parts, a boolean for each."""
    kept = np.ones(len(notes), bool)
    for part in parts:
        own = _numbers(notes, str(part).strip())
        if not own:
            known = ", ".join(f"{k} '{notes.part_label(k)}'" for k in sorted(set(notes.part.tolist())))
            raise InputError(f"{path}: no part '{part}' to leave out; the score has {known}")
        kept &= ~np.isin(notes.part, own)
    if not kept.any():
        raise InputError(f"{path}: no part is left; leave out fewer parts")
    return kept


def _numbers(notes: Notes, part: str) -> list[int]:
    """Return the numbers of the parts that a name or a number means."""
    parts = sorted(set(notes.part.tolist()))
    named = [k for k in parts if k and notes.part_label(k).strip().casefold() == part.casefold()]
    return named or [k for k in parts if part.isdecimal() and k == int(part) and k]
