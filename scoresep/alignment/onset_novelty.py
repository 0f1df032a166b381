"""Evidence of onsets and endings at each pitch.

Conventions: arrays have shape (pitches from ``LOWEST``, frames) on the clock of `features`; a value is from 0,
nothing begins (or ends), to 1, it does without doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from scoresep.alignment.features import LOWEST, PARTIALS, rise
from scoresep.values import Array

#: Semitones from a note to those of its partials that may drown a partial of another note.
_LOUD_PARTIALS = (0, 12, 19, 24, 28, 31, 34, 36)
#: How much a partial counts that another note of the chord has too.
_SHARED = 0.1


@dataclass(frozen=True, eq=False)
class Novelty:
    """Where the notes of a kind of instrument begin and end.

    ``bands`` are the rises of single bands, ``onset`` those of a pitch's partials together, ``ending`` their falls, or
    zero for instruments whose notes fade.
    """

    bands: Array
    onset: Array
    ending: Array


def struck_novelty(energies: Array) -> Novelty:
    """Return the novelty of struck and plucked instruments: rises over 20 ms.

    Energies are compressed to the power of 0.2, which places onsets better than the logarithm: a rise from silence,
    where the edge of a window first touches a note, weighs less than the rise to its full strength.
    """
    bands = np.minimum(3 * rise(energies**0.2, 2), 1)
    return Novelty(bands, _of_partials(bands), np.zeros((len(energies), energies.shape[1]), np.float32))


def sustained_novelty(energies: Array) -> Novelty:
    """Return the novelty of blown, bowed and sung notes: changes by up to 10 dB over 40 ms, smoothed over 25 ms.

    They begin softly, often while the note before ends; so both ends count.
    """
    level = scipy.ndimage.uniform_filter1d(np.log10(energies + np.float32(1e-5)), 5, axis=1)
    bands = np.minimum(rise(level, 4), 1)
    return Novelty(bands, _of_partials(bands), _of_partials(np.minimum(rise(-level, 4), 1)))


def own_novelty(novelty: Novelty, pitch: int, others: list[int]) -> Array:
    """Return the novelty of a note, shape (frames,), above all by the partials that ``others`` with it do not have."""
    taken = {other + partial for other in others for partial in _LOUD_PARTIALS}
    bands = [pitch + partial for partial in PARTIALS if pitch + partial - LOWEST < len(novelty.bands)]
    weights = np.array([_SHARED if band in taken else 1.0 for band in bands])
    return np.asarray(weights @ novelty.bands[np.array(bands) - LOWEST] / weights.sum())


def _of_partials(bands: Array) -> Array:
    """Return the mean of each pitch's first five partials; those above the highest band count as nothing."""
    result = np.zeros_like(bands)
    for partial in PARTIALS:
        result[: len(bands) - partial] += bands[partial:]
    return result / len(PARTIALS)


@dataclass(frozen=True)
class OnsetEvidence:
    """What tells the onsets of a kind of instrument.

    Parameters
    ----------
    novelty : callable
        From the energies of the pitches, shape (pitches, frames), to a `Novelty`.
    has_endings : bool
        Whether the end of a note is heard and tells where the next ones begin.
    spreads_chords : bool
        Whether the notes of a chord have onsets of their own, each near that of the chord.
    """

    novelty: Callable[[Array], Novelty]
    has_endings: bool
    spreads_chords: bool


#: Struck and plucked instruments: hard attacks, and notes that fade.
STRUCK_ONSETS = OnsetEvidence(struck_novelty, has_endings=False, spreads_chords=True)
#: Blown, bowed and sung notes: soft attacks, and ends that are heard.
SUSTAINED_ONSETS = OnsetEvidence(sustained_novelty, has_endings=True, spreads_chords=False)
