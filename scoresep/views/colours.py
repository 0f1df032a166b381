"""Colours: one home for those of parts, groups and instruments, in pictures and in the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

import numpy as np

from scoresep.values import RESIDUAL, Array, Notes

#: Colours that colour-blind eyes tell apart too (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
#: The colour of the residual, and of notes in no group.
RESIDUAL_COLOUR = "#8A8A8A"
#: The colour of all groups together that a picture has no room for.
OTHERS_COLOUR = "#DDDDDD"
#: Notes with less confidence than this are marked.
LOW_CONFIDENCE = 0.6
#: The colour that marks these, and passages that do not match.
DOUBT_COLOUR = "#D00000"
#: What stands on a dark ground for the colours that are too dark for it.
ON_DARK = {"#000000": "#F4F4F4", "#0072B2": "#4BA3E3", RESIDUAL_COLOUR: "#9A9A9A"}
#: How strong the colour of a sustained sound is, where attacks have the full colour.
SUSTAIN_TINT = 0.5
#: How strong the colour of the consonants and the breath of singers is.
NOISE_TINT = 0.25


def part_colour(part: int) -> str:
    """Return the colour of a part, counted from 1."""
    return COLOURS[(part - 1) % len(COLOURS)]


def instrument_colour(instrument: int) -> str:
    """Return the colour of an instrument, counted from 0."""
    return COLOURS[instrument % len(COLOURS)]


def group_colours(names: Sequence[str], notes: Notes | None = None, weights: Array | None = None) -> dict[str, str]:
    """Return the colour of each group.

    A group has the colour of a part if most notes of the group are of this part, and no other group has more of them.
    The other groups have colours that no such group has, in turn, as far as there are any.

    Parameters
    ----------
    names : sequence of str
        All groups of a separation, in their order.  The residual may be among them.
    notes : Notes, optional
        The notes of the score.
    weights : ndarray, shape (groups, notes), optional
        How much of each note belongs to a group; one row for each of the first names.

    Returns
    -------
    dict
        The colours as ``#RRGGBB``, by the names of the groups.
    """
    colours = {name: RESIDUAL_COLOUR for name in names if name.casefold() == RESIDUAL}
    n_parts = 0
    if notes is not None and weights is not None and weights.size:
        n_parts = len(notes.part_names)
        colours |= {names[group]: part_colour(part) for group, part in _groups_of_parts(notes, weights)}
    first = n_parts % len(COLOURS)
    ordered = (*COLOURS[first:], *COLOURS[:first])
    free = cycle([colour for colour in ordered if colour not in colours.values()] or ordered)
    return {name: colours.get(name) or next(free) for name in names}


def _groups_of_parts(notes: Notes, weights: Array) -> Iterator[tuple[int, int]]:
    """Yield each group and part, from 1, that have more notes in common than either has with any other."""
    counts = np.array([weights[:, notes.part == part].sum(axis=1) for part in range(1, len(notes.part_names) + 1)])
    for part, shares in enumerate(counts, start=1):
        group = int(shares.argmax()) if shares.any() else -1
        if group >= 0 and int(counts[:, group].argmax()) == part - 1:
            yield group, part


def on_dark(colour: str) -> str:
    """Return the colour that stands for another one on a dark ground."""
    return ON_DARK.get(colour, colour)


def tint(colour: str, strength: float) -> Array:
    """Mix a colour with white.

    Parameters
    ----------
    colour : str
        ``#RRGGBB``.
    strength : float
        0 gives white, 1 the colour itself.

    Returns
    -------
    ndarray, shape (3,)
        Red, green and blue, from 0 to 1.
    """
    channels = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.asarray(1 - strength * (1 - channels))
