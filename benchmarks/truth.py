"""Recordings, scores and true onsets of items.

An item is a folder with recording.* (or one sound file), one score (.mid) and truth.csv with the columns onset, pitch
and score_onset (s).
"""

from pathlib import Path

import numpy as np

from scoresep.io.note_table import read_onsets


def recording_of(item: Path) -> Path:
    """Return the sound file of an item."""
    return next(path for pattern in ("recording.*", "*.flac", "*.wav") for path in sorted(item.glob(pattern)))


def score_of(item: Path) -> Path:
    """Return the score of an item."""
    return next(path for pattern in ("score.mid", "*.mid") for path in sorted(item.glob(pattern)))


def truth_of(item: Path) -> np.ndarray:
    """Return onset, pitch and score onset of the notes whose truth is known, shape (notes, 3)."""
    path = item / "truth.csv"
    return read_onsets(path) if path.exists() else np.zeros((0, 3))
