"""The columns of tables of notes and anchors: their names, what stands for a missing one, and their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoresep.values.notes import MAX_BAR, NO_BAR

#: The columns that a table of notes must have.
NEEDED = ("onset", "offset", "pitch")
#: The other columns, and their values in a table that lacks them; without score times, the recording's are taken.
DEFAULTS: Mapping[str, Any] = {
    "velocity": 64,
    "part": "",
    "part_number": 0,
    "channel": 0,
    "program": 0,
    "staff": 0,
    "voice": 0,
    "hand": 0,
    "lyrics": 0,
    "bar": NO_BAR,
    "score_onset": None,
    "score_offset": None,
    "confidence": 1.0,
    "tuning": 0.0,
    "transposition": 0,
}
#: All columns, in the order in which they are written.
COLUMNS = (*NEEDED, *DEFAULTS)
#: The columns that say how a note was aligned; a table of a score lacks them.
ALIGNED = ("score_onset", "score_offset", "confidence", "tuning", "transposition")
#: What the column ``hand`` says of a note, by its number.
HANDS = ("", "left", "right")
#: The number and the name that stand for no part.
NO_PART = (0, "")
#: The least and the largest number in columns of whole numbers.
WHOLE = {
    "pitch": (0, 127),
    "velocity": (0, 127),
    "part_number": (0, 10_000),
    "channel": (0, 16),
    "program": (0, 128),
    "staff": (0, 10_000),
    "voice": (0, 10_000),
    "lyrics": (0, 1),
    "bar": (NO_BAR, MAX_BAR),
    "transposition": (-60, 60),
    "repeat": (0, 1000),
}
#: No time is beyond this (s).
_MOST_SECONDS = 1e6
#: The least and the largest number in all columns of numbers.
RANGES = {
    **WHOLE,
    **dict.fromkeys(("onset", "offset", "score_onset", "score_offset"), (-_MOST_SECONDS, _MOST_SECONDS)),
    **dict.fromkeys(("score", "recording"), (0, _MOST_SECONDS)),
    "confidence": (0, 1),
    "tuning": (-100, 100),
    "beat": (1, 1000),
}
