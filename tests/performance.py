"""Alignments whose truth is known: scores that are played with a tempo that never stays the same."""

import numpy as np

from scoresep.values import Alignment, Beats, Notes

#: A scale of four bars of three quarters, half a second each.
PITCHES = [60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65]


def time_of(score_time):
    """Return when a time of the score sounds in the recording (s)."""
    score_time = np.asarray(score_time, float)
    return 0.9 + 1.1 * score_time + 0.12 * np.sin(1.7 * score_time)


def scale():
    """Return the notes of the scale, in two parts, with its beats."""
    time = 0.5 * np.arange(len(PITCHES))
    rows = [
        {"onset": t, "offset": t + 0.5, "pitch": p, "velocity": 64, "part": 1 + (k % 2), "channel": 1 + (k % 2)}
        for k, (t, p) in enumerate(zip(time.tolist(), PITCHES, strict=True))
    ]
    notes = Notes.from_rows(rows, ("High", "Low"))
    number = np.arange(len(PITCHES))
    return notes, Beats(time, 1 + number // 3, 1 + number % 3)


def performed(notes, beats, *, duration=None, transposition=0, shift=0.0):
    """Return the alignment of a score with a recording that begins ``shift`` seconds later, or is shorter."""
    onset, offset = time_of(notes.onset) - shift, time_of(notes.offset) - shift
    end = float(notes.offset.max())
    placed = Notes(**{name: getattr(notes, name) for name in Notes.columns()} | {"onset": onset, "offset": offset},
                   part_names=notes.part_names)  # fmt: skip
    score_time = np.unique(notes.onset)
    path = np.stack([score_time, time_of(score_time) - shift])
    return Alignment(
        placed, notes.onset, notes.offset, np.ones(len(notes)), 1.0, path,
        np.array([[0.0, end, float(time_of(0.0)) - shift, float(time_of(end)) - shift]]), np.zeros((0, 2)), "",
        transposition=transposition, duration=duration or float(time_of(end)) - shift + 0.5, beats=beats,
    )  # fmt: skip
