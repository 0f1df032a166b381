"""The inharmonicity of each pitch of a string instrument, learned from the recording.

Conventions: pitches are MIDI numbers, frequencies in hertz; the spectrogram is a magnitude of shape (bins, frames).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import median_filter

from scoresep.model.harmonic_templates import partial_frequencies, piano_inharmonicity
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array

#: Inharmonicities that are tried, as multiples of that of a typical piano.
MULTIPLES = 2.0 ** np.linspace(-2, 2, 33)
#: The number of partials, from the lowest, that are compared with the spectrum.
MOST_PARTIALS = 24
#: The highest frequency (Hz) of these partials.
HIGHEST_FREQUENCY = 4800.0
#: A peak stands out against the median of this many bins.
NEIGHBOURHOOD = 61
#: Width (semitones) of the window over which the evidence of neighbouring pitches is summed.
SMOOTHING_WIDTH = 6.0
#: Weight of the evidence of all other pitches of the instrument.
GLOBAL_WEIGHT = 0.02
#: Penalty of an inharmonicity that is twice or half that of a typical piano.
PRIOR_PENALTY = 1.0
#: The most frames of a pitch that are looked at.
MOST_FRAMES_A_PITCH = 100


def learned_inharmonicity(
    V: Array, frames_of: Mapping[int, Sequence[int]], *, n_fft: int, sample_rate: int, tuning: float
) -> dict[int, float]:
    """Learn the inharmonicity coefficient B of each pitch of one instrument.

    Of multiples of a typical piano's B, the one is taken whose partials lie best on the peaks of the spectra.  The
    evidence is smoothed over the pitches, since B changes smoothly with pitch [1]_.

    Parameters
    ----------
    V : array, shape (bins, frames)
        Magnitudes.
    frames_of : mapping of int to sequence of int
        The frames in which each pitch sounds.
    n_fft, sample_rate : int
        The sizes of the STFT.
    tuning : float
        Cents from A4 = 440 Hz.

    Returns
    -------
    dict of int to float
        B by pitch.

    References
    ----------
    .. [1] Rigaud, David and Daudet, "A parametric model and estimation techniques for the inharmonicity and tuning of
       the piano", JASA 133(5), 2013.
    """
    pitches = sorted(frames_of)
    bins = int(HIGHEST_FREQUENCY * n_fft / sample_rate) + NEIGHBOURHOOD
    fits = np.array(
        [
            _fits(_peaks(V[:bins], frames_of[pitch]), pitch, pitch + tuning / 100, n_fft / sample_rate)
            for pitch in pitches
        ]
    )
    distance = np.subtract.outer(pitches, pitches)
    weights = np.exp(-((distance / SMOOTHING_WIDTH) ** 2)) + GLOBAL_WEIGHT
    smooth = weights @ fits - PRIOR_PENALTY * np.log2(MULTIPLES) ** 2
    best = MULTIPLES[smooth.argmax(axis=1)]
    return {pitch: piano_inharmonicity(pitch) * float(best[k]) for k, pitch in enumerate(pitches)}


def _peaks(V: Array, frames: Sequence[int]) -> Array:
    """Give how far each bin is above its neighbours in the median spectrum (natural logarithm, at least zero)."""
    if not len(frames):
        return np.zeros(len(V))
    chosen = np.asarray(frames)[:: -(-len(frames) // MOST_FRAMES_A_PITCH)]
    spectrum = np.median(V[:, chosen], axis=1)
    level = np.log(np.maximum(spectrum, max(float(spectrum.max()) * 1e-6, 1e-12)))
    return np.asarray(np.maximum(level - median_filter(level, NEIGHBOURHOOD), 0))


def _fits(peaks: Array, pitch: int, sounding: float, bins_per_hertz: float) -> Array:
    """Sum the heights of the peaks at the partials, for each multiple of B, shape (multiples,)."""
    fundamental, bins = pitch_frequency(sounding), np.arange(len(peaks))
    heights = []
    for multiple in MULTIPLES:
        partials = partial_frequencies(fundamental, multiple * piano_inharmonicity(pitch), HIGHEST_FREQUENCY)
        heights.append(np.interp(bins_per_hertz * partials[:MOST_PARTIALS], bins, peaks).sum())
    return np.array(heights)
