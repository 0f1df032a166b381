"""Which notes the sounds of another separator belong to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoresep.errors import InputError
from scoresep.score.conditions import notes_of_part
from scoresep.score.instruments import note_instruments
from scoresep.values import Array, Notes, Selection

#: Stands between several names of one prior.
SEPARATOR = "+"
#: What separators call stems of several parts, and the kind of the instruments that these have.
KINDS_OF_STEMS = {"drums": "percussive", "vocals": "sung"}


def find_prior_notes(names: Sequence[str], selection: Selection, notes: Notes, *, is_aligned: bool = True) -> Array:
    """Find the notes of each prior.

    A name is that of a group, the name or the number of a part, or "drums" or "vocals" for all drums or all sung parts.
    Several names with "+" between them are all their notes.

    Parameters
    ----------
    names : sequence of str
    selection : Selection
        The groups.
    notes : Notes
    is_aligned : bool
        Whether the selection is final.  Before the alignment groups may have more notes than they will have, so that
        notes with two priors are no error.

    Returns
    -------
    array of bool, shape (priors, notes)

    Raises
    ------
    InputError
        If there is no group or part of a name, or if a note has two priors.
    """
    found = np.zeros((len(names), len(notes)), bool)
    for prior, name in enumerate(names):
        whole = _notes_named(name, selection, notes)
        if whole is not None:
            found[prior] = whole
            continue
        for word in name.split(SEPARATOR):
            own = _notes_named(word.strip(), selection, notes)
            if own is None:
                raise InputError(
                    f"prior '{name}': no group or part is called '{word.strip()}'; {_known(selection, notes)}"
                )
            found[prior] |= own
    for prior, name in enumerate(names):
        for other in range(prior):
            if is_aligned and (found[prior] & found[other]).any():
                raise InputError(
                    f"prior '{name}': prior '{names[other]}' has some of its notes; a note can have only one"
                )
    return found


def _notes_named(name: str, selection: Selection, notes: Notes) -> Array | None:
    """Find the notes of a group, of a part or of a kind of instruments; None if there are none of the name."""
    groups = [g for g, group in enumerate(selection.names) if group.casefold() == name.casefold()]
    if groups:
        return np.asarray((selection.weights[groups] > 0).any(axis=0))
    candidates = [notes_of_part(notes, name)]
    if name.casefold() in KINDS_OF_STEMS:
        kind = KINDS_OF_STEMS[name.casefold()]
        candidates.append(np.array([found == kind for _, found in note_instruments(notes)], bool))
    return next((own for own in candidates if own.any()), None)


def _known(selection: Selection, notes: Notes) -> str:
    """Say what groups and parts there are."""
    labels = [notes.part_label(part) for part in sorted(set(notes.part.tolist()))]
    groups, parts = (", ".join(f"'{name}'" for name in names) for names in (selection.names, labels))
    return f"there are the groups {groups} and the parts {parts}"
