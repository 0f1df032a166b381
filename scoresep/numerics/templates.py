"""Harmonic combs: where in the spectrum a note of known pitch may have energy.

Conventions: frequencies in hertz, pitches are MIDI numbers (A4 = 69 = 440 Hz) that may be fractional, bins are those of
an ``n_fft``-point real FFT.
"""

from __future__ import annotations

import numpy as np

from scoresep.values import Array


def pitch_frequency(pitch: float) -> float:
    """Return the fundamental frequency in hertz of a MIDI pitch, which may be fractional."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def piano_inharmonicity(pitch: float) -> float:
    """Return the coefficient B of a typical piano string of this pitch.

    The rise by a factor of three an octave is the treble asymptote of Rigaud, David and Daudet (2013).
    """
    return float(np.exp(0.0925 * pitch - 13.9))


def partial_frequencies(fundamental: float, inharmonicity: float, highest: float) -> Array:
    """Return f_m = m f0 sqrt(1 + B m²) for m = 1, 2, … up to ``highest`` (Fletcher, 1964)."""
    m = np.arange(1, max(int(highest / fundamental), 1) + 1)
    partials = m * fundamental * np.sqrt(1.0 + inharmonicity * m**2)
    return np.asarray(partials[partials <= highest])


def comb(
    partials: Array,
    *,
    n_fft: int,
    sample_rate: int,
    width: float,
    least_bins: float,
    rolloff: float,
) -> Array:
    """Return a template with energy only around ``partials``, shape (bins,), summing to one.

    Partial m is a box of ± ``width`` times its frequency, at least ± ``least_bins`` bins, and of height
    m to the power of minus ``rolloff``; where boxes meet, the higher one counts.  After Ewert and Müller
    (ICASSP 2012).
    """
    template = np.zeros(n_fft // 2 + 1)
    centres = partials * n_fft / sample_rate
    for m, centre in enumerate(centres, start=1):
        reach = max(width * centre, least_bins)
        lower, upper = int(np.ceil(centre - reach)), int(np.floor(centre + reach))
        box = template[max(lower, 0) : upper + 1]
        np.maximum(box, float(m) ** -rolloff, out=box)
    total = template.sum()
    return template / total if total else template
