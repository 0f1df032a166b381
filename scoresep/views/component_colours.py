"""What the components of a decomposition are called in pictures, and their colours."""

from __future__ import annotations

from itertools import cycle

import numpy as np

from scoresep.model.background import BACKGROUND
from scoresep.model.instrument_models.sung import UNVOICED
from scoresep.values import Array, Decomposition
from scoresep.views.colours import (
    COLOURS,
    NOISE_TINT,
    RESIDUAL_COLOUR,
    SUSTAIN_TINT,
    instrument_colour,
    part_colour,
    tint,
)

#: What a role adds to the name of its instrument in a legend; other roles add nothing.
_KINDS = {"onset": ", attack", UNVOICED: ", unvoiced"}


def instrument_colours(decomposition: Decomposition) -> list[str]:
    """Return the colour of each instrument: singers have that of their part, the background is grey."""
    names, contours = decomposition.instruments, decomposition.contours
    if not len(contours) and BACKGROUND not in names:
        return [instrument_colour(k) for k in range(len(names))]
    sung = {
        instrument: part_colour(part) if part else instrument_colour(instrument)
        for instrument, part in zip(contours.instrument.tolist(), decomposition.singer_parts.tolist(), strict=True)
    }
    free = cycle([colour for colour in COLOURS if colour not in sung.values()] or COLOURS)
    return [
        RESIDUAL_COLOUR if name == BACKGROUND else sung[k] if k in sung else next(free) for k, name in enumerate(names)
    ]


def instrument_labels(decomposition: Decomposition) -> list[str]:
    """Return what each instrument is called: singers by their part."""
    labels = list(decomposition.instruments)
    for instrument, name in zip(decomposition.contours.instrument.tolist(), decomposition.singers, strict=True):
        labels[instrument] = name
    return labels


def component_colours(decomposition: Decomposition) -> Array:
    """Return the colour of each component, shape (components, 3)."""
    colours = instrument_colours(decomposition)
    return np.array([_tinted(colours[k], role) for k, _, _, role in decomposition.components.rows()])


def meaning_of_colours(decomposition: Decomposition) -> list[tuple[str, Array]]:
    """Return the instruments and their attacks or noises, as a legend calls them, with their colours."""
    rows = decomposition.components.rows()
    kinds = sorted({(instrument, _KINDS.get(role, ""), role) for instrument, _, _, role in rows})
    labels, colours = instrument_labels(decomposition), instrument_colours(decomposition)
    return [(labels[k] + kind, _tinted(colours[k], role)) for k, kind, role in kinds]


def _tinted(colour: str, role: str) -> Array:
    """Return the colour of an instrument in a role: full for attacks, pale for sustained sounds, paler for noises."""
    return tint(colour, {"onset": 1.0, UNVOICED: NOISE_TINT}.get(role, SUSTAIN_TINT))
