"""Choose the instrument model of each note, by the score, the user's options and the decay of the notes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.model.instrument_models import INSTRUMENT_MODELS, InstrumentModel
from scoresep.model.singers import singers_of
from scoresep.score.instruments import DRUMS, named_instrument, note_instruments
from scoresep.values import Array, Notes

#: The median slope (dB/s) above which notes are held rather than struck.
SLOWEST_DECAY = -7.0
#: The least number of notes that can be measured to decide that.
LEAST_RATES = 8
#: The instrument of notes that a score calls a piano: its name and its model.
PIANO = ("piano", "struck")
#: The models of singers.
SINGERS = ("sung", "section")


class Instruments(NamedTuple):
    """The instruments of some notes.

    Parameters
    ----------
    names : tuple of str
        The names of the instruments.
    models : list of InstrumentModel
        The model of each.
    of_note : array of int, shape (notes,)
        The instrument of each note.
    """

    names: tuple[str, ...]
    models: list[InstrumentModel]
    of_note: Array

    @property
    def is_sung(self) -> Array:
        """Whether each note follows a pitch contour, shape (notes,)."""
        return np.array([model.has_contour for model in self.models], bool)[self.of_note]


def assign_instruments(
    notes: Notes,
    requested: str | Sequence[str],
    decay_rates: Callable[[Array], Array],
    *,
    knows_voices: bool = True,
) -> Instruments:
    """Choose an instrument model for each note.

    Parameters
    ----------
    notes : Notes
    requested : str or sequence of str
        The instruments given by the user, as in `stages.decompose`.  Drum notes stay drums.
    decay_rates : callable
        Returns the decay rates (dB/s) of the notes with the given indices, as in `model.decay`.  It is called only for
        notes whose instrument in the score is a piano.
    knows_voices : bool
        Whether there is a model for sung parts; if not, they are sustained instruments.

    Returns
    -------
    Instruments

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
    instruments = _one_for_each_singer(instruments, notes) if knows_voices else _without_singers(instruments)
    distinct = sorted(set(instruments))
    return Instruments(
        tuple(name for name, _ in distinct),
        [INSTRUMENT_MODELS.get(kind) for _, kind in distinct],
        np.array([distinct.index(each) for each in instruments], int),
    )


def _one_for_each_singer(instruments: list[tuple[str, str]], notes: Notes) -> list[tuple[str, str]]:
    """Give each singer of a sung part an instrument of their own."""
    result = list(instruments)
    is_sung = np.array([kind in SINGERS for _, kind in instruments], bool)
    for part in sorted(set(notes.part[is_sung].tolist())):
        own = np.flatnonzero(is_sung & (notes.part == part))
        singers = singers_of(notes.take(own))
        for i, singer in zip(own.tolist(), singers.tolist(), strict=True):
            number = f", singer {singer + 1}" if singers.any() else ""
            result[i] = f"{part} {instruments[i][0]}{number}", instruments[i][1]
    return result


def _without_singers(instruments: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Take singers for sustained instruments."""
    return [("voice", "sustained") if kind in SINGERS else (name, kind) for name, kind in instruments]


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
