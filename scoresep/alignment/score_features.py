"""A score as features, to be compared with those of a recording.

Conventions: as in `features`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.alignment.dtw import unit
from scoresep.alignment.features import CLOCK, KEYS, LOWEST, PARTIALS, averaged, normalized
from scoresep.values import Array, Notes

#: How loud the partials of a note are taken to be.
_PARTIAL_WEIGHTS = (1.0, 0.6, 0.4, 0.3, 0.2)


@dataclass(frozen=True, eq=False)
class Score:
    """The notes of a score as features, moved by a transposition in semitones."""

    notes: Notes
    transposition: int = 0

    @property
    def begin(self) -> float:
        """The first onset (s)."""
        return float(self.notes.onset.min())

    @property
    def end(self) -> float:
        """The last offset (s), after the first onset."""
        return max(float(self.notes.offset.max()), self.begin + CLOCK)

    def averaged_features(self, n_frames: int, detail: int) -> Array:
        """Return the features of the whole score in ``n_frames`` frames, each the mean of ``detail`` finer ones."""
        return averaged(self.features(self.begin, self.end, n_frames * detail), detail)

    def features(self, begin: float, end: float, n_frames: int) -> Array:
        """Return the features from ``begin`` to ``end`` seconds in ``n_frames`` frames."""
        inside = self.notes.take((self.notes.offset >= begin) & (self.notes.onset < end))
        onset, offset = inside.onset - begin, inside.offset - begin
        pitch = inside.pitch + self.transposition
        return score_features(onset, offset, pitch, duration=end - begin, n_frames=n_frames)


def score_features(onset: Array, offset: Array, pitch: Array, *, duration: float, n_frames: int) -> Array:
    """Return the features of a score that is ``duration`` seconds long, for ``n_frames`` frames.

    ``onset`` and ``offset`` are in seconds.  A note sounds with its first five partials.
    """
    sound, begin = np.zeros((KEYS, n_frames), np.float32), np.zeros((KEYS, n_frames), np.float32)
    first = (onset / duration * n_frames).astype(int).clip(0, n_frames - 1)
    last = np.maximum((offset / duration * n_frames).astype(int), first + 1)
    for start, stop, p in zip(first.tolist(), last.tolist(), pitch.tolist(), strict=True):
        for partial, weight in zip(PARTIALS, _PARTIAL_WEIGHTS, strict=True):
            key = p + partial - LOWEST
            if 0 <= key < KEYS:
                sound[key, start:stop] = np.maximum(sound[key, start:stop], weight)
                begin[key, start] = max(begin[key, start], weight)
    return normalized(sound, 0.1, begin)


def shifted(features: Array, semitones: int) -> Array:
    """Return features moved up by semitones; what leaves the keys is lost, columns have norm one or are silent."""
    blocks = features.reshape(2, -1, features.shape[1])
    moved = np.zeros_like(blocks)
    up, down = max(semitones, 0), max(-semitones, 0)
    moved[:, up : blocks.shape[1] - down] = blocks[:, down : blocks.shape[1] - up]
    return unit(moved.reshape(features.shape))
