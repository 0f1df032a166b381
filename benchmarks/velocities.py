"""Measure how well the velocities of notes are found in recordings of pianos.

    python benchmarks/velocities.py ITEM …

An ITEM is a folder with recording.flac, score.mid and truth.csv (onset, offset, pitch, velocity: the performance that
was recorded).  The correlation of the estimates with the true velocities is printed, and the slope in velocities for
each decibel that fits best.
"""

import csv
import sys
import warnings
from pathlib import Path

import numpy as np

import scoresep
from scoresep.model.note_velocities import note_levels, played_velocities
from scoresep.pipeline import align_and_decompose
from scoresep.values import Alignment, Array

#: Only the first part of a recording is taken (s).
LENGTH = 60.0
#: A note of the performance is that of the score if it begins within this time of where the note was found (s).
TOLERANCE = 0.15


def true_velocities(item: Path, alignment: Alignment) -> Array:
    """Return the true velocity of each note, NaN where the performance has none near it."""
    with (item / "truth.csv").open() as file:
        rows = [[float(row[name]) for name in ("onset", "pitch", "velocity")] for row in csv.DictReader(file)]
    onset, pitch, velocity = np.array(rows).T
    notes = alignment.notes
    found = np.full(len(notes), np.nan)
    for i in np.flatnonzero(alignment.in_recording):
        distance = np.where(pitch == notes.pitch[i], np.abs(onset - notes.onset[i]), np.inf)
        if distance.min() < TOLERANCE:
            found[i] = velocity[np.argmin(distance)]
    return found


def measure(item: Path) -> float:
    """Print the figures of an item; return the correlation."""
    audio = scoresep.read_audio(item / "recording.flac", end=LENGTH)
    alignment, decomposition = align_and_decompose(audio, scoresep.read_score(item / "score.mid"))
    true = true_velocities(item, alignment)
    level = note_levels(decomposition)
    known = ~np.isnan(true) & np.isfinite(level)
    correlation = float(np.corrcoef(played_velocities(decomposition)[known], true[known])[0, 1])
    slope = np.polyfit(level[known], true[known], 1)[0]
    print(f"{item.name:24}{known.sum():5} notes  correlation {correlation:.2f}  {slope:.1f} velocities a dB")
    return correlation


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(f"mean correlation {np.mean([measure(Path(item)) for item in sys.argv[1:]]):.2f}")
