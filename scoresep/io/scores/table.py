"""Table of notes (.csv) → what score readers give."""

from __future__ import annotations

from pathlib import Path

from scoresep.io.note_table import read_notes
from scoresep.io.scores.contract import ScoreContent


def read_table(path: Path, content: bytes, *, ornaments: str = "played") -> ScoreContent:
    """Return the notes of a table, whose times are those of a score.  Raises InputError as `read_notes` does."""
    return ScoreContent("table", read_notes(path).notes)
