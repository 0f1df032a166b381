"""What the page needs to write corrected notes: the table of the notes, their groups, and how these were selected."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scoresep.io.note_table import write_notes
from scoresep.score.conditions import notes_of_part
from scoresep.values import Alignment, Array, Notes, SeparationRecord
from scoresep.values.notes import LEFT, RIGHT

#: What the recording and the score are called in the command if their names are not known, by their keys.
NAMES = {"recording": "song.wav", "score": "score.mid"}


def correction_data(record: SeparationRecord, sounds: Array, track_of_group: Sequence[int]) -> dict[str, Any]:
    """Return what the page needs besides its notes to write ``notes.csv`` and ``groups.yaml``, ready for JSON.

    Parameters
    ----------
    record : SeparationRecord
        The notes and their groups.
    sounds : array
        Which notes the page shows, shape (notes,).
    track_of_group : sequence of int
        The track of each group, and last that of notes in no group.

    Returns
    -------
    dict
        ``columns`` has those of the table of notes, each a list of texts or, where all are the same, one text.
        ``groups`` has for each group its name, its track, and the condition that selects its notes and no other
        (none if there is no simple one).  ``members`` has for each note the numbers of its groups.
    """
    weights, notes = record.weights[:, sounds] > 0, record.notes.take(sounds)
    return {
        "columns": _columns(record.alignment, sounds),
        "groups": [
            {"name": name, "track": track, "condition": _condition(own, notes)}
            for name, track, own in zip(record.names, track_of_group, weights, strict=False)
        ],
        "members": [own.nonzero()[0].tolist() for own in weights.T],
        "unassigned": track_of_group[-1],
    }


def correction_command(summary: Mapping[str, Any]) -> str:
    """Return the command that separates the recording of a folder of stems again, with the files of the page."""
    recording, score = (Path(str(summary.get(key) or name)).name for key, name in NAMES.items())
    notes = ["notes.csv"] if score.lower().endswith(".csv") else [shlex.quote(score), "--aligned notes.csv"]
    asked = summary.get("asked") or {}
    part = [f"--{name} {asked[name]}" for name in ("start", "end") if name in asked]
    words = ["scoresep separate", shlex.quote(recording), *notes, "--groups groups.yaml", *part, "-o corrected"]
    return " ".join(words)


def _columns(alignment: Alignment, sounds: Array) -> dict[str, str | list[str]]:
    """Return the columns of the table of notes, without the notes that do not sound."""
    text = io.StringIO(newline="")
    write_notes(alignment, text)
    text.seek(0)
    names, *rows = csv.reader(text)
    shown = [row for row, sounding in zip(rows, sounds.tolist(), strict=True) if sounding]
    columns = dict(zip(names, map(list, zip(*shown, strict=True)), strict=True)) if shown else {}
    return {name: cells if len(set(cells)) > 1 else cells[0] for name, cells in columns.items()}


def _condition(members: Array, notes: Notes) -> dict[str, str] | None:
    """Return a condition on the hand or the part that exactly the notes of a group fulfil, or None."""
    if not members.any():
        return None
    for hand, name in ((LEFT, "left"), (RIGHT, "right")):
        if notes.hand.all() and ((notes.hand == hand) == members).all():
            return {"hand": name}
    for name in dict.fromkeys(notes.part_names):
        if name.strip() and (notes_of_part(notes, name.strip()) == members).all():
            return {"part": name.strip()}
    return None
