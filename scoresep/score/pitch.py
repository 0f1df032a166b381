"""Names and frequencies of pitches."""

from __future__ import annotations

import re

import numpy as np

from scoresep.values import Array

#: Semitones of each letter above C.
_PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
#: The name of each semitone above C, with the accidental that is the more usual one.
_PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI pitch, as a groups file has it: 60 is C4."""
    return f"{_PITCH_NAMES[pitch % 12]}{pitch // 12 - 1}"


def parse_pitch(text: str) -> float:
    """Return the MIDI pitch that 'C4', 'F#3', 'Bb2' or '60' names.

    Raises ValueError, with what is wanted, for another text.
    """
    found = re.fullmatch(r"([A-Ga-g])([#♯b♭]*)(-?\d{1,2})", text.strip())
    if found:
        letter, accidentals, octave = found.groups()
        shift = sum(1 if sign in "#♯" else -1 for sign in accidentals)
        return _PITCH_CLASSES[letter.upper()] + shift + 12 * (int(octave) + 1)
    if text.strip().isdecimal():
        return int(text)
    raise ValueError("a pitch like C4, F#3 or 60, or a range like C4..A6")


def pitch_frequency(pitch: float) -> float:
    """Return the frequency (Hz) of a MIDI pitch, which may be fractional; A4, 69, has 440 Hz."""
    return float(pitch_frequencies(np.float64(pitch)))


def pitch_frequencies(pitch: Array | np.float64) -> Array:
    """Return the frequencies (Hz) of MIDI pitches, which may be fractional."""
    return np.asarray(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
