"""Which instrument model each note has: from the score, from the user, and from how the notes sound."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.model.instrument_models import INSTRUMENT_MODELS, InstrumentModel
from scoresep.score.instruments import instrument_of, named_instrument
from scoresep.values import Array, Notes

#: A piano's notes lose more than this (dB/s) in the middle of as many notes as this.
SLOWEST_DECAY, FEWEST_RATES = -7.0, 8
PIANO = ("piano", "struck")


def assign_instruments(
    notes: Notes, wanted: str | Sequence[str], rates: Callable[[Array], Array]
) -> tuple[tuple[str, ...], list[InstrumentModel], Array]:
    """Return the names of the instruments, the family of each, and the instrument of each note, shape (notes,).

    ``rates`` tells how fast some notes die away (dB/s), if that is needed.
    """
    players = [instrument_of(int(notes.program[i]), notes.part_name(i)) for i in range(len(notes))]
    named, held = _named(wanted, notes), []
    for part in sorted(set(notes.part.tolist())):
        own = np.flatnonzero(notes.part == part)
        if part in named:
            name, kind = named[part]
            for i in own:
                players[i] = name or players[i][0], kind
        elif (called_piano := [i for i in own if players[i] == PIANO]) and _is_held(rates(np.array(called_piano))):
            held.append(notes.part_label(part))
            for i in called_piano:
                players[i] = held[-1], "sustained"
    if held:
        warnings.warn(
            f"called a piano in the score, but with notes that do not die away: {', '.join(held)}; taken for sustained "
            "instruments (if it is a piano, say so: --instrument piano)",
            ScoresepWarning,
            stacklevel=4,
        )
    distinct = sorted(set(players))
    models = [INSTRUMENT_MODELS.get(kind) for _, kind in distinct]
    return tuple(name for name, _ in distinct), models, np.array([distinct.index(player) for player in players])


def _named(wanted: str | Sequence[str], notes: Notes) -> dict[int, tuple[str, str]]:
    """Return the instruments that the user names, "NAME" for all parts or "PART=NAME" for one, by part."""
    named: dict[int, tuple[str, str]] = {}
    for text in [wanted] if isinstance(wanted, str) else wanted:
        part, equals, name = text.rpartition("=")
        if name.strip().casefold() == "auto" and not equals:
            continue
        parts = sorted(set(notes.part.tolist()))
        own = [p for p in parts if part.strip().casefold() in (notes.part_label(p).casefold(), str(p))]
        if equals and not own:
            labels = ", ".join(notes.part_label(p) for p in parts)
            raise InputError(f"--instrument {text}: there is no part '{part}'; the score has {labels}")
        named |= dict.fromkeys(own if equals else parts, named_instrument(name, INSTRUMENT_MODELS.names()))
    return named


def _is_held(rates: Array) -> bool:
    """Whether notes that change their level at these rates (dB/s, NaN for unknown) are held rather than struck."""
    known = rates[~np.isnan(rates)]
    return len(known) >= FEWEST_RATES and float(np.median(known)) > SLOWEST_DECAY
