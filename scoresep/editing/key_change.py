"""From one key to another: each note keeps its degree of the scale."""

from __future__ import annotations

import numpy as np

from scoresep.errors import OptionError
from scoresep.score.pitch import parse_pitch
from scoresep.values import Array, NoteChanges, Notes

#: Semitones of each degree above the tonic.  "minor" is harmonic minor, with a leading note.
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 11),
    "natural minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}


def change_key(notes: Notes, before: str, after: str) -> NoteChanges:
    """Move each note to the same degree of another key, by the nearest way.

    Parameters
    ----------
    notes : Notes
        The notes with the pitches of the score.  Drums stay as they are.
    before, after : str
        Keys such as "A minor" and "A major".  "minor" is natural minor in ``before`` and harmonic minor in ``after``,
        so that a leading note stays both ways.

    Returns
    -------
    NoteChanges
        Notes outside of the scale move as the tonic does.

    Raises
    ------
    OptionError
        If a key cannot be read.
    """
    (tonic, old), (new_tonic, new) = (_parse_key(text) for text in (before, after))
    interval = (new_tonic - tonic + 6) % 12 - 6
    moves = np.zeros(12)
    if old != new:
        degrees = SCALES["natural minor" if old == "minor" else old]
        moves[list(degrees)] = np.subtract(SCALES[new], degrees)
    changes = NoteChanges.none(len(notes))
    changes.semitones[:] = np.where(notes.is_drum, 0, interval + moves[_classes(notes, tonic)])
    return changes


def _classes(notes: Notes, tonic: int) -> Array:
    """Return how many semitones, up to 11, each note is above the tonic."""
    return np.asarray((notes.pitch - tonic) % 12)


def _parse_key(text: str) -> tuple[int, str]:
    """Return the pitch class of the tonic and the name of the scale."""
    name, _, scale = " ".join(text.split()).partition(" ")
    try:
        tonic = int(parse_pitch(f"{name}4")) % 12
    except ValueError:
        scale = ""
    if scale.casefold() not in SCALES:
        raise OptionError(f"the key '{text}' cannot be read; wanted a tonic and one of {', '.join(SCALES)}: 'Eb major'")
    return tonic, scale.casefold()
