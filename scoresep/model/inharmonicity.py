"""How stiff the strings of an instrument are: the inharmonicity of each pitch, learned from the recording.

Conventions: pitches are MIDI numbers, frequencies in hertz; the spectrogram is a magnitude of shape (bins, frames).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import median_filter

from scoresep.model.harmonic_templates import partial_frequencies, piano_inharmonicity
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array

#: Stiffness that is tried, as multiples of that of a typical piano.
MULTIPLES = 2.0 ** np.linspace(-2, 2, 33)
#: The partials that tell: as many as this, up to this frequency (Hz), if the spectrogram reaches so far.
MOST_PARTIALS, HIGHEST = 24, 4800.0
#: A peak stands out against the median of this many bins.
NEIGHBOURHOOD = 61
#: Pitches within about this many semitones are stiff alike; all pitches of an instrument are a little.
ALIKE, ALL_ALIKE = 6.0, 0.02
#: Where nothing tells, a typical piano is the likeliest: what a stiffness of two or half its costs.
UNLIKELY = 1.0
#: More frames of a pitch than this tell nothing new.
MOST_FRAMES = 100


def learned_inharmonicity(
    V: Array, frames_of: Mapping[int, Sequence[int]], *, n_fft: int, sample_rate: int, tuning: float
) -> dict[int, float]:
    """Return the coefficient B of each pitch of one instrument, from the frames in which it sounds.

    Of the multiples of a typical piano's B, the one is taken whose partials lie on the peaks of the spectra best, where
    the pitches nearby have a say (their B changes smoothly; Rigaud, David and Daudet, 2013).  ``tuning`` is in cents.
    """
    pitches = sorted(frames_of)
    bins = int(HIGHEST * n_fft / sample_rate) + NEIGHBOURHOOD
    fits = np.array(
        [
            _fits(_peaks(V[:bins], frames_of[pitch]), pitch, pitch + tuning / 100, n_fft / sample_rate)
            for pitch in pitches
        ]
    )
    distance = np.subtract.outer(pitches, pitches)
    smooth = (np.exp(-((distance / ALIKE) ** 2)) + ALL_ALIKE) @ fits - UNLIKELY * np.log2(MULTIPLES) ** 2
    best = MULTIPLES[smooth.argmax(axis=1)]
    return {pitch: piano_inharmonicity(pitch) * float(best[k]) for k, pitch in enumerate(pitches)}


def _peaks(V: Array, frames: Sequence[int]) -> Array:
    """Return how far each bin stands out in most of the frames (natural logarithm, at least zero)."""
    if not len(frames):
        return np.zeros(len(V))
    chosen = np.asarray(frames)[:: -(-len(frames) // MOST_FRAMES)]
    spectrum = np.median(V[:, chosen], axis=1)
    level = np.log(np.maximum(spectrum, max(float(spectrum.max()) * 1e-6, 1e-12)))
    return np.asarray(np.maximum(level - median_filter(level, NEIGHBOURHOOD), 0))


def _fits(peaks: Array, pitch: int, sounding: float, bins_per_hertz: float) -> Array:
    """Return how high the peaks are at the partials, shape (multiples,)."""
    return np.array(
        [
            np.interp(
                bins_per_hertz
                * partial_frequencies(pitch_frequency(sounding), multiple * piano_inharmonicity(pitch), HIGHEST)[
                    :MOST_PARTIALS
                ],
                np.arange(len(peaks)),
                peaks,
            ).sum()
            for multiple in MULTIPLES
        ]
    )
