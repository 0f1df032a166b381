"""The true onsets of items, and how far found ones are from them.

An item is a folder with recording.* (or one sound file), one score (.mid) and truth.csv with the columns onset, pitch
and score_onset (s).
"""

import csv
from pathlib import Path

import numpy as np

#: The error (s) of a note that was not found at all.
LOST = 10.0
#: Score times nearer than this (s) are one.
SAME = 0.03


def recording_of(item: Path) -> Path:
    """Return the sound file of an item."""
    return next(path for pattern in ("recording.*", "*.flac", "*.wav") for path in sorted(item.glob(pattern)))


def score_of(item: Path) -> Path:
    """Return the score of an item."""
    return next(path for pattern in ("score.mid", "*.mid") for path in sorted(item.glob(pattern)))


def truth_of(item: Path) -> np.ndarray:
    """Return onset, pitch and score onset of the notes whose truth is known, shape (notes, 3)."""
    path = item / "truth.csv"
    if not path.exists():
        return np.zeros((0, 3))
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["score_onset"]]
    return np.array([[float(row[name]) for name in ("onset", "pitch", "score_onset")] for row in rows]).reshape(-1, 3)


def errors_of(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return the absolute errors (s) of the onsets; both have rows of onset, pitch and score onset.

    A note that is played more than once is looked up each time, the nearest one first; a row of ``found`` counts once.
    """
    free = np.ones(len(found), bool)
    errors = []
    for onset, pitch, score_onset in truth:
        match = np.flatnonzero(free & (found[:, 1] == pitch) & (np.abs(found[:, 2] - score_onset) < SAME))
        if len(match):
            nearest = match[np.abs(found[match, 0] - onset).argmin()]
            free[nearest] = False
            errors.append(abs(found[nearest, 0] - onset))
        else:
            errors.append(LOST)
    return np.array(errors)
