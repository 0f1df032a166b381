"""Where the notes of a score sound in a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values.arrays import Array, require
from scoresep.values.beats import Beats
from scoresep.values.notes import Notes


@dataclass(frozen=True, eq=False)
class Alignment:
    """The notes in recording time beside their score times.

    ``score_onset``, ``score_offset`` and ``confidence`` (0 to 1) have one entry a note; a note that is played twice
    is there twice.  ``path`` has shape (2, points): score seconds over recording seconds; both rise, but where the
    recording jumps in the score.  ``sections`` has shape (sections, 4): score begin and end and recording begin and
    end (s) of what is played without a jump.  ``unmatched`` has shape (passages, 2): begin and end (s) of passages of
    the recording that the score does not match.  ``is_partial`` says that more sounds than the score has.
    ``duration`` is that of the recording (s), 0 where it is not known.  ``tuning`` is in cents from A4 = 440 Hz,
    ``transposition`` in semitones from score to recording.  ``beats`` are those of the score, in the time of
    ``score_onset``; None where they are not known.
    """

    notes: Notes
    score_onset: Array
    score_offset: Array
    confidence: Array
    overall_confidence: float
    path: Array
    sections: Array
    unmatched: Array
    fingerprint: str
    tuning: float = 0.0
    transposition: int = 0
    is_partial: bool = False
    duration: float = 0.0
    beats: Beats | None = None

    def __post_init__(self) -> None:
        for name in ("score_onset", "score_offset", "confidence"):
            column = getattr(self, name)
            require(
                column.shape == (len(self.notes),), f"{name} must have one entry a note ({len(self.notes)})", column
            )
        for name, shape in (("path", (2, -1)), ("sections", (-1, 4)), ("unmatched", (-1, 2))):
            array = getattr(self, name)
            fits = array.ndim == 2 and all(b in (-1, a) for a, b in zip(array.shape, shape, strict=True))
            require(fits, f"{name} must have shape {shape}".replace("-1", "any"), array)

    @property
    def in_recording(self) -> Array:
        """Which notes sound in the recording, shape (notes,): of an excerpt, only some do."""
        return self.notes.sounding_before(self.duration or np.inf)
