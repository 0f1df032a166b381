"""Which note of a recording can take the place of another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.model.reconstruct import reconstruct
from scoresep.values import Array, Decomposition

#: A note takes the place of another one that is up to so many semitones away.
FARTHEST_SOURCE = 2
#: So many notes of the same or a near pitch are compared, the nearest and longest first.
MOST_CANDIDATES = 16
#: How much of each note is looked at, from its onset (s).
COMPARED = 1.0
#: Each semitone of distance multiplies the worth of a candidate by this factor.
FACTOR_OF_SEMITONE = 0.85
#: How clear a note is, is measured below this frequency (Hz).
HIGHEST_FREQUENCY = 5000.0


@dataclass(frozen=True)
class Clearness:
    """How clear a note is in the recording, by the model.

    ``share`` is the part of its sound that no other note covers, 0 to 1; ``level`` its root mean square magnitude.
    """

    share: float
    level: float


class Sampler:
    """Finds notes of a recording that can take the place of others.

    Parameters
    ----------
    decomposition : Decomposition
    damaged : np.ndarray [shape=(notes,)]
        Which notes are taken only if there is no other.
    """

    def __init__(self, decomposition: Decomposition, damaged: Array) -> None:
        self._decomposition = decomposition
        self._damaged = damaged
        self._known: dict[int, Clearness] = {}

    def clearness(self, note: int) -> Clearness:
        """Compute how clear a note is."""
        if note not in self._known:
            self._known[note] = self._computed(note)
        return self._known[note]

    def find(self, pitch: float, duration: float, part: int, *, is_drum: bool = False) -> int | None:
        """Find the clearest note of a pitch, or up to two semitones from it; for drums, the clearest hit of a key.

        A note of the same part is taken if there is any.

        Parameters
        ----------
        pitch : float
            The MIDI pitch that is wanted.
        duration : float
            How long it will be (s).
        part : int
            Its part; 0 for any.
        is_drum : bool
            Whether it is a hit of the drum of this key.

        Returns
        -------
        int or None
            The index of the note, if there is one.
        """
        notes = self._decomposition.notes
        distance = np.abs(notes.pitch - pitch)
        usable = (notes.is_drum == is_drum) & (distance <= (0 if is_drum else FARTHEST_SOURCE))
        for is_better in (~self._damaged, notes.part == part):
            if (usable & is_better).any():
                usable &= is_better
        candidates = np.flatnonzero(usable)
        if not len(candidates):
            return None
        fullness = np.minimum((notes.offset - notes.onset) / max(duration, 1e-3), 1)
        worth = FACTOR_OF_SEMITONE**distance * fullness**0.5
        candidates = candidates[np.argsort(-worth[candidates], kind="stable")][:MOST_CANDIDATES]
        found = [self.clearness(int(note)) for note in candidates]
        loudest = max(1e-12, *(each.level for each in found))
        scores = [
            worth[n] * each.share * (each.level / loudest) ** 0.5 for n, each in zip(candidates, found, strict=True)
        ]
        return int(candidates[int(np.argmax(scores))]) if max(scores) > 0 else None

    def _computed(self, note: int) -> Clearness:
        """Compute how clear a note is, from the model of its first second."""
        decomposition, notes = self._decomposition, self._decomposition.notes
        rate = decomposition.transform.frame_rate
        begin = max(int(notes.onset[note] * rate), 0)
        end = int(np.ceil(min(notes.offset[note], notes.onset[note] + COMPARED) * rate)) + 1
        frames = range(begin, min(end, decomposition.activations.shape[1]))
        if not frames:
            return Clearness(0.0, 0.0)
        n_bins = int(np.searchsorted(decomposition.transform.frequencies, HIGHEST_FREQUENCY))
        weights = np.zeros((1, len(notes)))
        weights[0, note] = 1
        own, others = reconstruct(
            decomposition, weights=weights, frames=frames, templates=decomposition.templates[:, :n_bins]
        )
        total = float(own.sum())
        if total <= 0:
            return Clearness(0.0, 0.0)
        share = float((own * own / np.maximum(own + others, 1e-20)).sum()) / total
        return Clearness(share, float(np.sqrt(np.mean(own.astype(np.float64) ** 2))))
