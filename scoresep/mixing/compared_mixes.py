"""The notes of a recording and of mixes of its stems."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scoresep.values import RESIDUAL, Array, ComparedNotes, Mix, SeparationRecord


def compare_mixes(record: SeparationRecord, mixes: Sequence[Mix]) -> ComparedNotes:
    """Return the notes of a recording and of mixes of its stems.

    Parameters
    ----------
    record : SeparationRecord
        How the stems were made.
    mixes : sequence of Mix

    Returns
    -------
    ComparedNotes
        Version 0 is the recording, the others are the mixes in order.  Notes whose stem no mix changes are the same in
        all versions.
    """
    notes = record.alignment.notes
    names = np.array([*record.names, RESIDUAL], object)[record.group_of_notes()]
    changed = {name for mix in mixes for name in set(names) if _remark(mix, name)}
    is_changed = np.isin(names, list(changed))

    def version(number: int, chosen: Array, mix: Mix) -> ComparedNotes:
        remarks = [_remark(mix, name) for name in names[chosen]]
        return ComparedNotes(notes.take(chosen), np.full(int(chosen.sum()), number), remarks)

    parts = [ComparedNotes.unchanged(notes.take(~is_changed)), version(0, is_changed, Mix())]
    for number, mix in enumerate(mixes, start=1):
        silent = [name for name, gain in mix.gains.items() if gain == -math.inf]
        parts.append(version(number, is_changed & ~np.isin(names, silent), mix))
    return ComparedNotes.joined(parts)


def _remark(mix: Mix, name: str) -> str:
    """Return what a mix does with a stem; nothing if it leaves it as it is."""
    gain, pan = mix.gains.get(name, 0.0), mix.pans.get(name, 0.0)
    words = [f"{name} {gain:+g} dB"] if gain else []
    return ", ".join([*words, *([f"{name} panned to {pan:+g}"] if pan else [])])
