"""What a score holds, for a look at it before anything is computed, and groups to start from."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from scoresep.errors import ScoresepWarning
from scoresep.io.note_table import write_score
from scoresep.io.scores import Unfolding, open_score, read_score
from scoresep.io.scores.certainty import certainties, instrument_source
from scoresep.score.doubling import doubling_parts
from scoresep.score.drum_kit import drum_piece
from scoresep.score.hands import hands_of, is_for_estimate, two_hands
from scoresep.score.instruments import note_instruments
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
        score = open_score(path, ornaments=ornaments, without=without, hands=True)
        notes = score.unfoldings["written"].notes
        hands = hands_of(notes)
    found = {
        "score": str(path),
        "format": score.format,
        "notes": len(notes),
        "seconds": round(float(notes.offset.max()), 3),
        "parts": [_part(notes, part) for part in sorted(set(notes.part.tolist()))],
        "hands": None
        if hands is None
        else {"left": int(hands[0].sum()), "right": int(hands[1].sum()), "from": score.hands_from},
        "repeats": _repeats(score.unfoldings),
        "ornaments": dict(sorted(score.ornaments.items())),
        "drums": _pieces(notes),
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
    pitched = notes.take(~notes.is_drum)
    labels = Counter(notes.part_label(part).strip().casefold() for part in set(notes.part.tolist()))
    groups: dict[str, Any] = {}
    parts = sorted(set(notes.part.tolist()))
    if two_hands(pitched) is not None or is_for_estimate(pitched):
        groups = {hand: {"hand": hand} for hand in ("left", "right")}
        parts = sorted(set(notes.part[notes.is_drum].tolist()))
    for part in parts:
        label = notes.part_label(part).strip()
        is_plain = bool(label) and labels[label.casefold()] == 1 and part > 0
        name = label if is_plain else f"{label or 'part'} {part}"
        groups[name] = {"part": label if is_plain and not label.isdecimal() else part} if part else "rest"
    return _as_yaml(groups, Path(path).name) + _kit_lines(notes)


def note_table(path: str | Path, *, ornaments: str = "played", without: Sequence[str | int] = ()) -> str:
    """Return the notes of a score, repeats as written, as a table to edit, with the hand that plays each of them."""
    table = io.StringIO()
    write_score(read_score(path, ornaments=ornaments, without=without, hands=True), table)
    return table.getvalue()


def _as_yaml(groups: Mapping[str, Any], score: str) -> str:
    """Return groups as a file, a line each."""
    lines = yaml.safe_dump(dict(groups), default_flow_style=None, allow_unicode=True, sort_keys=False, width=10_000)
    shown = "".join(character for character in score if character.isprintable())
    return f"# Groups of {shown}: a name for each stem, and the notes that go to it.\n{lines}"


def _pieces(notes: Notes) -> dict[str, int]:
    """Return how many hits each piece of the drum kit has, from the one with the lowest key on."""
    return dict(Counter(drum_piece(key).name for key in sorted(notes.pitch[notes.is_drum].tolist())))


def _kit_lines(notes: Notes) -> str:
    """Return lines of a groups file, as comments, with a group for each family of the drum kit."""
    families = dict.fromkeys(drum_piece(key).family for key in sorted(notes.pitch[notes.is_drum].tolist()))
    lines = "".join(f"# {family}: {{drum: {family}}}\n" for family in families)
    return f"# In place of a stem for all drums, one for each family of pieces:\n{lines}" if lines else ""


def _part(notes: Notes, part: int) -> dict[str, Any]:
    """Return what a part holds."""
    own = notes.take(notes.part == part)
    programs = _numbers(own.program)
    found = zip(note_instruments(notes), notes.part.tolist(), strict=True)  # a bass is sung if another part is
    instrument, kind = Counter(each for each, number in found if number == part).most_common(1)[0][0]
    return {
        "number": part,
        "name": notes.part_label(part),
        "instrument": instrument,
        "kind": kind,
        "instrument_from": instrument_source(own, notes.part_label(part)),
        "notes": len(own),
        "lowest": int(own.pitch.min()),
        "highest": int(own.pitch.max()),
        "begin": round(float(own.onset.min()), 3),
        "end": round(float(own.offset.max()), 3),
        "channels": _numbers(own.channel),
        "programs": programs,
        "staves": _numbers(own.staff),
        "voices": _numbers(own.voice),
        "pieces": _pieces(own),
    }


def _numbers(column: Array) -> list[int]:
    """Return the numbers that a column has, without the 0 for what the score does not tell."""
    return sorted(set(column.tolist()) - {0})


def _repeats(unfoldings: Mapping[str, Unfolding]) -> list[dict[str, Any]]:
    """Return the orders in which a score may be played, if there are several."""
    found = [
        {
            "name": name,
            "seconds": round(float(unfolding.notes.offset.max()), 3),
            "bars": [[section.first_bar, section.last_bar] for section in unfolding.sections],
        }
        for name, unfolding in unfoldings.items()
    ]
    return found if len({str(order["bars"]) for order in found}) > 1 else []
