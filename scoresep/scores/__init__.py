"""Score file → Notes, by the reader that its suffix asks for."""

from __future__ import annotations

from pathlib import Path

from scoresep.errors import InputError
from scoresep.values import Notes

MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
NOTATION_SUFFIXES = (".musicxml", ".xml", ".mxl", ".mei", ".krn")


def read_score(path: str | Path) -> Notes:
    """Return the notes of a score file in score time (s).

    Raises InputError if the file cannot be read as a score or has no notes.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {'a folder, not a score' if path.is_dir() else 'no such file'}")
    suffix = path.suffix.lower()
    if suffix in MIDI_SUFFIXES:
        from scoresep.scores.midi import read_midi

        notes = read_midi(path)
    elif suffix in NOTATION_SUFFIXES:
        from scoresep.scores.notation import read_notation

        notes = read_notation(path)
    else:
        raise InputError(
            f"{path}: not a score that can be read; wanted {' '.join((*MIDI_SUFFIXES, *NOTATION_SUFFIXES))}"
        )
    if not len(notes):
        raise InputError(f"{path}: the score has no notes")
    return notes
