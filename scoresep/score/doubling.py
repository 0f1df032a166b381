"""Parts that play only what others play, such as an organ with a choir: often they are not in the recording."""

from __future__ import annotations

import numpy as np

from scoresep.values import Notes

#: A part doubles several others if at least this share of its notes is in them too, but not in a single one of them.
_DOUBLED_SHARE = 0.9
#: Parts with fewer notes are not judged.
_FEWEST_NOTES = 10


def doubling_parts(notes: Notes) -> list[int]:
    """Return the numbers of the pitched parts that play what several others play, and nothing else."""
    notes = notes.take(~notes.is_drum)
    places = list(zip(notes.onset.round(2).tolist(), notes.pitch.tolist(), strict=True))
    parts = sorted(set(notes.part.tolist()))
    own = {part: {places[k] for k in np.flatnonzero(notes.part == part).tolist()} for part in parts}
    found = []
    for part, mine in own.items():
        shared = [mine & others for number, others in own.items() if number != part]
        by_one = max((len(places) for places in shared), default=0) / len(mine)
        by_all = len(set().union(*shared)) / len(mine)
        if part and len(mine) >= _FEWEST_NOTES and by_one < _DOUBLED_SHARE <= by_all:
            found.append(part)
    return found


def describe_doubling(part: int, name: str) -> str:
    """Return a sentence on a part that only doubles others, and what to do if it is not there."""
    advice = f"if it is not in the recording, leave it out with --without {part}"
    return f"part {part} '{name}' only doubles other parts; {advice}"
