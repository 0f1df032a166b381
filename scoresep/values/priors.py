"""Sounds that another program has separated from a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scoresep.values.audio import Audio


@dataclass(frozen=True, eq=False)
class Priors:
    """Estimates of parts of a recording, made by another separator.

    Parameters
    ----------
    recording : Audio
        What was separated.
    sounds : mapping of str to Audio
        From the notes of a sound to the sound.  The notes are given as in `score.prior_notes`: by the name of a group
        or a part, or by several names with "+" between them.  A sound that is shorter than the recording is silent
        after its end.

    Raises
    ------
    ValueError
        If a sound has another sample rate than the recording.
    """

    recording: Audio
    sounds: Mapping[str, Audio]

    def __post_init__(self) -> None:
        for name, sound in self.sounds.items():
            if sound.sample_rate != self.recording.sample_rate:
                raise ValueError(
                    f"the prior of {name} has a sample rate of {sound.sample_rate} Hz, the recording of "
                    f"{self.recording.sample_rate} Hz"
                )
