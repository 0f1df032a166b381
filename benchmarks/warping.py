"""Measure how exactly recordings are played in the tempo of their scores.

    python benchmarks/warping.py ITEM …

An ITEM is a folder with recording.flac, score.mid and, if the performance is known, truth.csv (onset, pitch,
score_onset).  The recording is warped to the times of the score.  Two figures tell by how much onsets then differ from
the score (median and 90 %, ms): where the true onsets have gone, the mean of each chord, and where the notes are found
when the result is aligned with the score once more.
"""

import csv
import sys
import time
import warnings
from pathlib import Path

import numpy as np

import scoresep
from scoresep.practising.warp import find_warping, new_times, warp_along
from scoresep.values import Array

#: Only the first part of a recording is taken (s).
LENGTH = 60.0


def true_chords(item: Path) -> Array:
    """Return recording and score times of the chords of a performance, shape (2, chords); none if it is not known."""
    if not (item / "truth.csv").exists():
        return np.zeros((2, 0))
    with (item / "truth.csv").open() as file:
        rows = [(row["onset"], row["score_onset"]) for row in csv.DictReader(file) if row["score_onset"]]
    onset, score_onset = np.array(rows, float).T
    chord, index = np.unique(score_onset.round(4), return_inverse=True)
    return np.stack([np.bincount(index, onset) / np.bincount(index), chord])


def figures(name: str, late: Array) -> str:
    """Return the median and the 90 % quantile of how late onsets are (s), both in ms."""
    late = np.abs(late) * 1e3
    return f"{name} {np.median(late):5.1f} {np.quantile(late, 0.9):5.1f} ms"


def measure(item: Path) -> float:
    """Print the figures of an item; return the median of the second alignment (s)."""
    recording, score = scoresep.read_audio(item / "recording.flac", end=LENGTH), scoresep.read_score(item / "score.mid")
    alignment = scoresep.align(recording, score)
    path = new_times(alignment)
    begin = float(alignment.path[0, 0] - path[0, 0])
    started = time.perf_counter()
    found = find_warping(recording, alignment, path)
    result = warp_along(recording, found)
    seconds = time.perf_counter() - started
    onset, score_onset = true_chords(item)[:, true_chords(item)[0] < LENGTH - 1]
    centre = (found.places + found.half) / recording.sample_rate
    nearest = np.abs(onset[:, None] - centre).argmin(axis=1)
    true = nearest * found.half / recording.sample_rate + onset - centre[nearest] - (score_onset - begin)
    again = scoresep.align(result, score)
    late = (again.notes.onset - again.score_onset + begin)[again.in_recording]
    columns = ([figures("true onsets", true)] if len(true) else []) + [figures("aligned once more", late)]
    print(f"{item.name:24}{'   '.join(columns)}   {seconds:.1f} s of work for {recording.duration:.0f} s")
    return float(np.median(np.abs(late)))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    medians = [measure(Path(item)) for item in sys.argv[1:]]
    print(f"mean of the medians of the second alignment {1e3 * np.mean(medians):.1f} ms")
