"""Which singer of a part sings each note: a singer has one note at a time."""

from __future__ import annotations

import numpy as np

from scoresep.values import Array, Notes

#: Notes of one singer may overlap by this much (s): what is sung legato.
LEGATO = 0.15
#: A part in which at most this share of the notes overlap has one singer.
RARE_OVERLAP = 0.05


def singers_of(notes: Notes) -> Array:
    """Divide the notes of a part among singers.

    Most sung parts have one line.  Where notes sound together, the voices of the score divide them if that is enough,
    else the order of the pitches, from the top.

    Parameters
    ----------
    notes : Notes
        The notes of one part, sorted by onset.

    Returns
    -------
    array of int, shape (notes,)
        The number of the singer, from 0.
    """
    if _is_one_line(notes):
        return np.zeros(len(notes), int)
    lines = np.unique(np.stack([notes.staff, notes.voice]), axis=1, return_inverse=True)[1].reshape(-1)
    if all(_is_one_line(notes.take(lines == line)) for line in np.unique(lines)):
        return np.asarray(lines, int)
    rank = np.zeros(len(notes), int)
    for i in range(len(notes)):
        together = (notes.onset <= notes.onset[i] + LEGATO) & (notes.offset > notes.onset[i] + LEGATO)
        rank[i] = int(np.sum(together & (notes.pitch > notes.pitch[i])))
    return np.unique(rank, return_inverse=True)[1].reshape(-1)


def _is_one_line(notes: Notes) -> bool:
    """Whether hardly any note begins while another one goes on."""
    order = np.argsort(notes.onset, kind="stable")
    ends = np.maximum.accumulate(notes.offset[order])[:-1]
    overlaps = np.minimum(ends, notes.offset[order][1:]) - notes.onset[order][1:] > LEGATO
    return float(np.mean(overlaps)) <= RARE_OVERLAP if len(overlaps) else True
