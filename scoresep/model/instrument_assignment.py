"""Choose the instrument model of each note, by the score, the user's options and the decay of the notes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.model.instrument_models import INSTRUMENT_MODELS, InstrumentModel
from scoresep.score.instruments import DRUMS, named_instrument, note_instruments
from scoresep.values import Array, Notes

#: The median slope (dB/s) above which notes are held rather than struck.
SLOWEST_DECAY = -7.0
#: The least number of notes that can be measured to decide that.
LEAST_RATES = 8
#: The instrument of notes that a score calls a piano: its name and its model.
PIANO = ("piano", "struck")


def assign_instruments(
    notes: Notes, requested: str | Sequence[str], decay_rates: Callable[[Array], Array]
) -> tuple[tuple[str, ...], list[InstrumentModel], Array]:
    """Choose an instrument model for each note.

    Parameters
    ----------
    notes : Notes
    requested : str or sequence of str
        The instruments given by the user, as in `stages.decompose`.  Drum notes stay drums.
    decay_rates : callable
        Returns the decay rates (dB/s) of the notes with the given indices, as in `model.decay`.  It is called only for
        notes whose instrument in the score is a piano.

    Returns
    -------
    names : tuple of str
        The names of the instruments.
    models : list of InstrumentModel
        The model of each.
    instrument : array of int, shape (notes,)
        The instrument of each note.

    Raises
    ------
    InputError
        If the user names a part that the score does not have.
    ValueError
        If the user names an instrument that is not known.
    """
    instruments = note_instruments(notes)
    named, held = _requested_by_part(requested, notes), []
    for part in sorted(set(notes.part.tolist())):
        own = np.flatnonzero((notes.part == part) & ~notes.is_drum)
        if part in named:
            name, kind = named[part]
            for i in own:
                instruments[i] = name or instruments[i][0], kind
        elif (called_piano := [i for i in own if instruments[i] == PIANO]) and _is_held(
            decay_rates(np.array(called_piano))
        ):
            held.append(notes.part_label(part))
            for i in called_piano:
                instruments[i] = held[-1], "sustained"
    if held:
        warnings.warn(
            f"called a piano in the score, but with notes that do not die away: {', '.join(held)}; taken for sustained "
            "instruments (if it is a piano, say so: --instrument piano)",
            ScoresepWarning,
            stacklevel=4,
        )
    distinct = sorted(set(instruments))
    models = [INSTRUMENT_MODELS.get(kind) for _, kind in distinct]
    return (
        tuple(name for name, _ in distinct),
        models,
        np.array([distinct.index(each) for each in instruments]),
    )


def _requested_by_part(requested: str | Sequence[str], notes: Notes) -> dict[int, tuple[str, str]]:
    """Give name and model by part for what the user names: "NAME" for all parts or "PART=NAME" for one."""
    named: dict[int, tuple[str, str]] = {}
    for text in [requested] if isinstance(requested, str) else requested:
        part, equals, name = text.rpartition("=")
        if name.strip().casefold() == "auto" and not equals:
            continue
        parts = sorted(set(notes.part.tolist()))
        own = [p for p in parts if part.strip().casefold() in (notes.part_label(p).casefold(), str(p))]
        if equals and not own:
            labels = ", ".join(notes.part_label(p) for p in parts)
            raise InputError(f"--instrument {text}: there is no part '{part}'; the score has {labels}")
        wanted = named_instrument(name, INSTRUMENT_MODELS.names())
        if equals and wanted[1] != DRUMS[1] and notes.is_drum[np.isin(notes.part, own)].all():
            raise InputError(f"--instrument {text}: part '{part}' is drums (channel 10), which have keys, not pitches")
        named |= dict.fromkeys(own if equals else parts, wanted)
    return named


def _is_held(rates: Array) -> bool:
    """Whether notes that change their level at these rates (dB/s, NaN for unknown) are held rather than struck."""
    known = rates[~np.isnan(rates)]
    return len(known) >= LEAST_RATES and float(np.median(known)) > SLOWEST_DECAY
