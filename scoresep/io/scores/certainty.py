"""What is known of a score, and what is only estimated or assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scoresep.score.doubling import describe_doubling
from scoresep.score.instruments import instrument_of, note_instruments
from scoresep.values import Notes


def instrument_source(part: Notes, name: str) -> str:
    """Return where the instrument of a part is known from.

    That is "drum note", "lyric", "program", "name", or an "assumption".
    """
    if part.is_drum.all():
        return "drum note"
    kinds = [{kind for _, kind in note_instruments(each)} for each in (part, replace(part, lyrics=0 * part.lyrics))]
    if kinds[0] != kinds[1]:
        return "lyric"
    if (part.program > 1).any():
        return "program"
    if instrument_of(0, name)[0] != "piano" or "piano" in name.casefold():
        return "name"
    return "program" if part.program.any() else "assumption"


def certainties(found: Mapping[str, Any], tempo_marks: int) -> dict[str, list[str]]:
    """Return sentences about what is ``known`` of a score and what is ``estimated``, from an inventory of it."""
    known: list[str] = ["pitches"]
    estimated: list[str] = []
    if tempo_marks > 0:
        known.append(f"tempo, from {tempo_marks} tempo mark" + "s" * (tempo_marks > 1))
    elif tempo_marks == 0:
        estimated.append("tempo: the score has no tempo mark; 120 quarters a minute are assumed")
    _instruments(found, known, estimated)
    if (hands := found["hands"]) is not None:
        if hands["from"] == "estimate":
            estimated.append("hands: both are on one staff or track; check them, or tell them apart by hand")
        else:
            known.append(f"hands, from {hands['from']}")
    for part in found["doubling"]:
        name = next(own["name"] for own in found["parts"] if own["number"] == part)
        estimated.append(describe_doubling(part, name))
    if orders := found["repeats"]:
        estimated.append(f"repeats: {len(orders)} orders are possible; the recording decides (--repeats)")
    if ornaments := found["ornaments"]:
        counts = ", ".join(f"{name} {count}" for name, count in ornaments.items())
        estimated.append(f"ornaments: how they are played ({counts}); --ornaments written leaves them plain")
    return {"known": known, "estimated": estimated}


def _instruments(found: Mapping[str, Any], known: list[str], estimated: list[str]) -> None:
    """Add which instruments are known, from what, and which are assumed."""
    parts = found["parts"]
    assumed = [part["number"] for part in parts if part["instrument_from"] == "assumption"]
    sources = sorted({part["instrument_from"] for part in parts} - {"assumption"})
    if sources:
        of_parts = f" of parts {_listed(p['number'] for p in parts if p['number'] not in assumed)}" if assumed else ""
        known.append(f"instruments{of_parts}, from {' and '.join(f'the {source}s' for source in sources)}")
    if assumed:
        estimated.append(f"instruments of part{'s' * (len(assumed) > 1)} {_listed(assumed)}: a piano is assumed")


def _listed(numbers: Any) -> str:
    """Return numbers as text."""
    return ", ".join(map(str, numbers))
