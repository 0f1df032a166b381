"""Novelty functions: how strongly notes begin or end at each pitch and time.

Conventions: arrays have shape (pitches, frames), with the rows and frames of `scoresep.alignment.pitch_energies`;
values are from 0, nothing begins (or ends), to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.ndimage

from scoresep.alignment.features import PARTIAL_INTERVALS, rise
from scoresep.alignment.pitch_energies import HIGHEST_PITCH, LOWEST_PITCH, pitch_energies
from scoresep.values import Array

#: Semitones from a note to those of its partials that may mask a partial of another note.
_MASKING_INTERVALS = (0, 12, 19, 24, 28, 31, 34, 36)
#: Weight of a partial that another note of the chord may mask; others have weight one.
_MASKED_WEIGHT = 0.1
#: Exponent that compresses the energies of struck notes.  It places onsets better than a logarithm: the rise when the
#: edge of a window first touches a note after silence is smaller than the rise to full strength.
_STRUCK_EXPONENT = 0.2
#: Factor on the rises of struck notes, before they are limited to 1.
_STRUCK_GAIN = 3
#: Frames to each side over which a struck note rises (20 ms in all).
_STRUCK_REACH = 2
#: Added to energies before their logarithm is taken: 50 dB below the maximum.
_LOG_FLOOR = np.float32(1e-5)
#: Frames over which the levels of sustained notes are smoothed (25 ms).
_SUSTAINED_SMOOTHING = 5
#: Frames to each side over which a sustained note rises or falls (40 ms in all).
_SUSTAINED_REACH = 4


@dataclass(frozen=True, eq=False)
class Novelty:
    """Novelty functions of a recording for one kind of instrument, each of shape (pitches, frames).

    Parameters
    ----------
    bands
        Rise of the energy in the band of each pitch.
    onset
        Mean rise of the first five partials of each pitch.
    ending
        Mean fall of the first five partials, zero for instruments whose notes fade.
    """

    bands: Array
    onset: Array
    ending: Array


def struck_novelty(energies: Array) -> Novelty:
    """Compute the novelty of struck and plucked instruments: rises of compressed energy over 20 ms."""
    bands = np.minimum(_STRUCK_GAIN * rise(energies**_STRUCK_EXPONENT, _STRUCK_REACH), 1)
    return Novelty(bands, _mean_of_partials(bands), np.zeros((len(energies), energies.shape[1]), np.float32))


def sustained_novelty(energies: Array) -> Novelty:
    """Compute the novelty of blown, bowed and sung notes: changes of level over 40 ms, where 10 dB count as 1.

    Such notes begin softly, often while the note before ends; so their endings are evidence too.
    """
    level = scipy.ndimage.uniform_filter1d(np.log10(energies + _LOG_FLOOR), _SUSTAINED_SMOOTHING, axis=1)
    bands = np.minimum(rise(level, _SUSTAINED_REACH), 1)
    falls = np.minimum(rise(-level, _SUSTAINED_REACH), 1)
    return Novelty(bands, _mean_of_partials(bands), _mean_of_partials(falls))


def unmasked_novelty(novelty: Novelty, pitch: int, others: list[int]) -> Array:
    """Compute the onset novelty of one note of a chord, mostly from partials that the other notes do not have.

    Parameters
    ----------
    novelty
        Novelty functions of the recording.
    pitch
        MIDI pitch of the note.
    others
        MIDI pitches of the other notes.

    Returns
    -------
    Array
        Shape (frames,).
    """
    masked = {other + interval for other in others for interval in _MASKING_INTERVALS}
    partials = [pitch + interval for interval in PARTIAL_INTERVALS]
    bands = [band for band in partials if band - LOWEST_PITCH < len(novelty.bands)]
    weights = np.array([_MASKED_WEIGHT if band in masked else 1.0 for band in bands])
    return np.asarray(weights @ novelty.bands[np.array(bands) - LOWEST_PITCH] / weights.sum())


def _mean_of_partials(bands: Array) -> Array:
    """Return the mean of each pitch's first five partials; those above the highest band count as zero."""
    result = np.zeros_like(bands)
    for interval in PARTIAL_INTERVALS:
        result[: len(bands) - interval] += bands[interval:]
    return result / len(PARTIAL_INTERVALS)


#: A function from the samples of a recording (mono, at ``MONO_SAMPLE_RATE``) to energies, shape (rows, frames), in the
#: frames of `scoresep.alignment.pitch_energies`; it takes the tuning in cents by name.
EnergiesOf = Callable[..., Array]


class OnsetEvidence(Protocol):
    """How the onsets of a kind of instrument are found.

    Its novelty functions have a row for each pitch, or for whatever else tells the notes of such instruments apart.
    """

    def __hash__(self) -> int:
        """Return a number by which novelty that is computed once is found again."""

    @property
    def energies_of(self) -> EnergiesOf:
        """The energies of a recording that the novelty is made of."""

    @property
    def has_endings(self) -> bool:
        """Whether the endings of notes are clear enough to tell where the next notes begin."""

    @property
    def chord_reach(self) -> float:
        """How far the onset of a note of a chord may be from that of the chord (s); 0 if all begin together."""

    def novelty(self, energies: Array) -> Novelty:
        """Compute the novelty functions from a stretch of the energies."""

    def row(self, pitch: int) -> int:
        """Give the row of a MIDI pitch, or of the key of a drum."""

    def unmasked_onset(self, novelty: Novelty, row: int, others: list[int]) -> Array:
        """Compute the onset novelty of one note of a chord, shape (frames,), from what the rows of others leave."""


@dataclass(frozen=True)
class PitchedOnsets:
    """The onsets of pitched notes, by the energies at their partials.

    Parameters
    ----------
    novelty
        Function from pitch energies, shape (pitches, frames), to a `Novelty`.
    has_endings, chord_reach
        As in `OnsetEvidence`.
    """

    novelty: Callable[[Array], Novelty]
    has_endings: bool
    chord_reach: float
    energies_of: EnergiesOf = pitch_energies

    def row(self, pitch: int) -> int:
        """Give the row of a MIDI pitch; those beyond the rows are moved to the first and the last one."""
        return min(max(pitch, LOWEST_PITCH), HIGHEST_PITCH) - LOWEST_PITCH

    def unmasked_onset(self, novelty: Novelty, row: int, others: list[int]) -> Array:
        """Compute the onset novelty of one note of a chord, mostly from partials that the others do not have."""
        return unmasked_novelty(novelty, row + LOWEST_PITCH, [other + LOWEST_PITCH for other in others])


#: How far a note of a struck chord may be moved from the chord (s).
_CHORD_REACH = 0.12
#: Struck and plucked instruments: sharp onsets, and notes that fade.
STRUCK_ONSETS = PitchedOnsets(struck_novelty, has_endings=False, chord_reach=_CHORD_REACH)
#: Blown, bowed and sung notes: soft onsets, and clear endings.
SUSTAINED_ONSETS = PitchedOnsets(sustained_novelty, has_endings=True, chord_reach=0.0)
