"""Harmonic combs: where in the spectrum a note of known pitch may have energy.

Conventions: frequencies in hertz, pitches are MIDI numbers (A4 = 69 = 440 Hz) that may be fractional, bins are those of
an ``n_fft``-point real FFT of a Hann window.
"""

from __future__ import annotations

import numpy as np

from scoresep.values import Array

#: The main lobe of a Hann window reaches this many bins to each side.
LOBE = 2.0
_OFFSETS = np.linspace(-LOBE, LOBE, 400)
#: The area under the main lobe, sinc(x) / (1 - x²), from its left end to each offset.
_AREA = np.cumsum(np.sinc(_OFFSETS) / (1 - _OFFSETS**2)) * (_OFFSETS[1] - _OFFSETS[0])


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
) -> tuple[Array, Array]:
    """Return a template with energy only around ``partials``, and the partial that each bin belongs to.

    Both have shape (bins,); the template sums to one, partials count from 1, 0 is none.  Partial m is the main lobe
    of the window, smeared over ± ``width`` times its frequency (at least ± ``least_bins`` bins), times m to the
    power of minus ``rolloff``; where lobes meet, the higher one counts.  After Ewert and Müller (ICASSP 2012), who
    have boxes.
    """
    template, owner = np.zeros(n_fft // 2 + 1), np.zeros(n_fft // 2 + 1, int)
    centre, number = partials * n_fft / sample_rate, np.arange(1, len(partials) + 1)
    smear = np.maximum(width * centre, least_bins)
    lower = np.maximum(np.ceil(centre - smear - LOBE), 0).astype(int)
    upper = np.minimum(np.floor(centre + smear + LOBE) + 1, len(template)).astype(int)
    count = np.maximum(upper - lower, 0)
    part = np.repeat(np.arange(len(partials)), count)
    bins = np.arange(len(part)) + np.repeat(lower - (np.cumsum(count) - count), count)
    height = _smeared_lobe(bins - centre[part], smear[part]) * (number.astype(float) ** -rolloff)[part]
    rising = np.argsort(height, kind="stable")
    rising = rising[height[rising] > 0]
    template[bins[rising]], owner[bins[rising]] = height[rising], number[part[rising]]
    total = template.sum()
    return template / total if total else template, owner


def _smeared_lobe(offsets: Array, smear: Array) -> Array:
    """Return the height, at ``offsets`` bins from its centre, of a lobe that wanders over ± ``smear`` bins."""
    area = np.interp(offsets + smear, _OFFSETS, _AREA) - np.interp(offsets - smear, _OFFSETS, _AREA)
    return np.asarray(np.maximum(area, 0) / (2 * smear))
