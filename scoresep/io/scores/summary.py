"""What a score holds, for a look at it before anything is computed, and groups to start from."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from scoresep.errors import ScoresepWarning
from scoresep.io.scores import open_score
from scoresep.io.scores.certainty import certainties, instrument_source
from scoresep.io.scores.doubling import doubling_parts
from scoresep.io.scores.notated import Unfolding
from scoresep.score.hands import hands_of, is_for_estimate, two_hands
from scoresep.score.instruments import instrument_of
from scoresep.values import Array, Notes


def inventory(path: str | Path, *, ornaments: str = "played", without: Sequence[str | int] = ()) -> dict[str, Any]:
    """Return what a score file holds, and how sure that is.

    Parameters
    ----------
    path
        A score file.
    ornaments, without
        As in `read_score`.

    Returns
    -------
    dict
        The parts, hands, repeats and ornaments of the score, ``known`` and ``estimated`` sentences about them, and the
        problems that were found and mended; docs/formats.md lists the keys.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ScoresepWarning)
        score = open_score(path, ornaments=ornaments, without=without)
        notes = score.unfoldings["written"].notes
        hands = hands_of(notes)
    left = None if hands is None else hands[0]
    found = {
        "score": str(path),
        "format": score.format,
        "notes": len(notes),
        "seconds": round(float(notes.offset.max()), 3),
        "parts": [_part(notes, part) for part in sorted(set(notes.part.tolist()))],
        "hands": None
        if left is None
        else {"left": int(left.sum()), "right": int((~left).sum()), "from": _source(notes)},
        "repeats": _repeats(score.unfoldings),
        "ornaments": dict(sorted(score.ornaments.items())),
        "drums": score.drums,
        "doubling": doubling_parts(notes),
    }
    return (
        found
        | certainties(found, score.tempo_marks)
        | {"problems": [str(warning.message).removeprefix(f"{path}: ") for warning in caught]}
    )


def starting_groups(path: str | Path, *, without: Sequence[str | int] = ()) -> str:
    """Return a groups file for a score as text: its hands, or else its parts, but for those ``without``."""
    notes = open_score(path, without=without).unfoldings["written"].notes
    labels = Counter(notes.part_label(part).strip().casefold() for part in set(notes.part.tolist()))
    groups: dict[str, Any] = {}
    if two_hands(notes) is not None or is_for_estimate(notes):
        groups = {hand: {"hand": hand} for hand in ("left", "right")}
    else:
        for part in sorted(set(notes.part.tolist())):
            label = notes.part_label(part).strip()
            is_plain = bool(label) and labels[label.casefold()] == 1 and part > 0
            name = label if is_plain else f"{label or 'part'} {part}"
            groups[name] = {"part": label if is_plain and not label.isdecimal() else part} if part else "rest"
    return _as_yaml(groups, Path(path).name)


def _as_yaml(groups: Mapping[str, Any], score: str) -> str:
    """Return groups as a file, a line each."""
    lines = yaml.safe_dump(dict(groups), default_flow_style=None, allow_unicode=True, sort_keys=False, width=10_000)
    shown = "".join(character for character in score if character.isprintable())
    return f"# Groups of {shown}: a name for each stem, and the notes that go to it.\n{lines}"


def _part(notes: Notes, part: int) -> dict[str, Any]:
    """Return what a part holds."""
    own = notes.take(notes.part == part)
    programs = _numbers(own.program)
    instrument, kind = instrument_of(Counter(own.program.tolist()).most_common(1)[0][0], notes.part_label(part))
    return {
        "number": part,
        "name": notes.part_label(part),
        "instrument": instrument,
        "kind": kind,
        "instrument_from": instrument_source(own.program, notes.part_label(part)),
        "notes": len(own),
        "lowest": int(own.pitch.min()),
        "highest": int(own.pitch.max()),
        "begin": round(float(own.onset.min()), 3),
        "end": round(float(own.offset.max()), 3),
        "channels": _numbers(own.channel),
        "programs": programs,
        "staves": _numbers(own.staff),
        "voices": _numbers(own.voice),
    }


def _numbers(column: Array) -> list[int]:
    """Return the numbers that a column has, without the 0 for what the score does not tell."""
    return sorted(set(column.tolist()) - {0})


def _source(notes: Notes) -> str:
    """Return where the hands are known from."""
    if two_hands(notes) is None:
        return "estimate"
    return "staves" if len(np.unique(notes.part)) == 1 else "parts"


def _repeats(unfoldings: Mapping[str, Unfolding]) -> list[dict[str, Any]]:
    """Return the orders in which a score may be played, if there are several."""
    found = [
        {
            "name": name,
            "seconds": round(float(unfolding.notes.offset.max()), 3),
            "bars": [[first.number, last.number] for first, last in unfolding.sections],
        }
        for name, unfolding in unfoldings.items()
    ]
    return found if len({str(order["bars"]) for order in found}) > 1 else []
