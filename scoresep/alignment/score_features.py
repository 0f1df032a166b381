"""Features of a score, in the form of those of a recording.

Conventions: those of `scoresep.alignment.features`; times are seconds of the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.alignment.features import N_KEYS, PARTIAL_INTERVALS, average, join_features
from scoresep.alignment.pitch_energies import ENERGY_PERIOD, LOWEST_PITCH
from scoresep.values import Array, Notes

#: Assumed amplitudes of the first five partials of a note.
_PARTIAL_AMPLITUDES = (1.0, 0.6, 0.4, 0.3, 0.2)
#: Norm up to which a frame counts as silent: half the amplitude of the weakest partial.
_SILENCE = 0.1


@dataclass(frozen=True, eq=False)
class ScoreFeatures:
    """Features of a score, computed for any passage and number of frames.

    Parameters
    ----------
    notes
        The notes, at least one.
    transposition
        Semitones by which they are moved up.
    """

    notes: Notes
    transposition: int = 0

    @property
    def begin(self) -> float:
        """Time of the first onset."""
        return float(self.notes.onset.min())

    @property
    def end(self) -> float:
        """Time of the last offset, always later than ``begin``."""
        return max(float(self.notes.offset.max()), self.begin + ENERGY_PERIOD)

    def passage(self, begin: float, end: float, n_frames: int) -> Array:
        """Return the features from ``begin`` to ``end``, shape (2 * N_KEYS, n_frames)."""
        inside = self.notes.take((self.notes.offset >= begin) & (self.notes.onset < end))
        onset, offset = inside.onset - begin, inside.offset - begin
        pitch = inside.pitch + self.transposition
        return score_features(onset, offset, pitch, duration=end - begin, n_frames=n_frames)

    def whole(self, n_frames: int, *, oversampling: int) -> Array:
        """Return the features from first to last note, shape (2 * N_KEYS, n_frames).

        Each frame is the mean of ``oversampling`` shorter ones, so that notes shorter than a frame count less.
        """
        return average(self.passage(self.begin, self.end, n_frames * oversampling), oversampling)


def score_features(onset: Array, offset: Array, pitch: Array, *, duration: float, n_frames: int) -> Array:
    """Compute the features of notes that sound with their first five partials.

    Parameters
    ----------
    onset, offset
        Shape (notes,), seconds.
    pitch
        Shape (notes,), MIDI pitches; what lies outside the keys of a piano is left out.
    duration
        Length in seconds of what the frames cover.
    n_frames
        Number of frames, all of the same length.

    Returns
    -------
    Array
        Shape (2 * N_KEYS, n_frames).
    """
    sound, onsets = np.zeros((N_KEYS, n_frames), np.float32), np.zeros((N_KEYS, n_frames), np.float32)
    first = (onset / duration * n_frames).astype(int).clip(0, n_frames - 1)
    last = np.maximum((offset / duration * n_frames).astype(int), first + 1)
    for start, stop, p in zip(first.tolist(), last.tolist(), pitch.tolist(), strict=True):
        for interval, amplitude in zip(PARTIAL_INTERVALS, _PARTIAL_AMPLITUDES, strict=True):
            key = p + interval - LOWEST_PITCH
            if 0 <= key < N_KEYS:
                sound[key, start:stop] = np.maximum(sound[key, start:stop], amplitude)
                onsets[key, start] = max(onsets[key, start], amplitude)
    return join_features(sound, onsets, silence=_SILENCE)
