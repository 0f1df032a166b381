"""How loud each note is played, by the activations of a decomposition."""

from __future__ import annotations

import numpy as np

from scoresep.model.gates import gate_weights, note_openings
from scoresep.values import Array, Decomposition

#: A note is as loud as it is at most within this time of its onset (s); later, others have begun.
ATTACK = 0.25
#: A note may begin so long before its onset (s), since a window reaches beyond its frame.
BEFORE = 0.1
#: The velocity of a note of median level.
MEDIAN_VELOCITY = 64.0
#: Velocity for each decibel, as measured on pianos (benchmarks/velocities.py).
VELOCITY_PER_DB = 2.2
#: Levels this far below the loudest note (dB) are silence.
RANGE = 80.0
#: Frames that are looked at at once; this bounds the memory.
_STRETCH = 8192


def played_velocities(decomposition: Decomposition) -> Array:
    """Estimate the MIDI velocity at which each note is played.

    Parameters
    ----------
    decomposition : Decomposition

    Returns
    -------
    np.ndarray of int [shape=(notes,)]
        From 1 to 127; a note of median level has 64.  Velocities of two recordings cannot be compared.
    """
    level = note_levels(decomposition)
    sounds = level > -np.inf
    if not sounds.any():
        return np.full(len(level), round(MEDIAN_VELOCITY))
    velocity = MEDIAN_VELOCITY + VELOCITY_PER_DB * (level - np.median(level[sounds]))
    return np.asarray(np.rint(np.clip(velocity, 1, 127)).astype(int))


def note_levels(decomposition: Decomposition) -> Array:
    """Give the level of each note shortly after its onset, shape (notes,), in dB; -inf for one that does not sound."""
    frame_rate, n_notes = decomposition.transform.frame_rate, len(decomposition.notes)
    gain = np.sqrt(np.square(decomposition.templates, dtype=np.float64).sum(axis=(0, 1, 3)))
    before, after = round(BEFORE * frame_rate), round(ATTACK * frame_rate)
    first = np.rint(decomposition.notes.onset * frame_rate).astype(int) - before
    amplitude = np.zeros((n_notes, before + after + 1))
    table = decomposition.components, decomposition.notes, decomposition.gates
    for start in range(0, len(decomposition.frames), _STRETCH):
        frames = decomposition.frames[start : start + _STRETCH]
        total = gate_weights(*table, np.ones(n_notes), frames)
        own = decomposition.activations[:, frames.start : frames.stop] * gain[:, None]
        own /= np.where(total > 0, total, 1)
        for note, open_frames, rows, opening in note_openings(*table, frames):
            k = np.arange(open_frames.start, open_frames.stop) + frames.start - first[note]
            near = (k >= 0) & (k < amplitude.shape[1])
            if near.any():
                amplitude[note, k[near]] += (own[rows, open_frames].sum(axis=0) * opening)[near]
    peak = amplitude.max(axis=1, initial=0.0)
    floor = peak.max(initial=0.0) * 10 ** (-RANGE / 20)
    return np.asarray(np.where(peak > floor, 20 * np.log10(np.maximum(peak, floor or 1.0)), -np.inf))
