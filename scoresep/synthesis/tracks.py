"""The frequencies of the partials of each note over time.

Conventions: frequencies in hertz, times in seconds; partials count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.model.excitation import VOICED, sampled_frequency
from scoresep.score.pitch import pitch_frequency
from scoresep.values import NO_NOTE, Array, Decomposition

#: The roles of components that are sums of partials.
TONAL = ("sustain", VOICED)
#: The most partials of a note.
MOST_PARTIALS = 100
#: Partials above this share of half the sample rate are left out.
HIGHEST_SHARE = 0.98
#: A note fades in over this long before its onset (s).
FADE_IN = 0.01
#: A note fades out over this long before its end (s).
FADE_OUT = 0.05
#: So many partials are found in a template at first; then twice as many, and so on, as the stretch is known better.
FITTED_FIRST = 6
#: How far (bins) a partial is looked for around its place in a template.
PEAK_REACH = 2.5
#: The largest coefficient B of a string.
MOST_INHARMONICITY = 0.02


@dataclass(frozen=True, eq=False)
class Track:
    """The partials of one note.

    Parameters
    ----------
    note : int
        The index of the note.
    begin, end : int
        The first frame in which the note may sound, and the one after its last.
    start, stop : float
        When the sound begins and ends (s).
    times, frequency : array, shape (points,)
        The fundamental frequency (Hz) at some times (s); linear between them.
    ratios : array, shape (partials,)
        The frequency of each partial, as a multiple of the fundamental.
    """

    note: int
    begin: int
    end: int
    start: float
    stop: float
    times: Array
    frequency: Array
    ratios: Array

    def frequency_at(self, times: Array) -> Array:
        """Give the fundamental frequency (Hz) at some times (s)."""
        return np.asarray(np.interp(times, self.times, self.frequency))

    def envelope_at(self, times: Array) -> Array:
        """Give how far the note is faded in and not yet faded out at some times (s), from 0 to 1."""
        rise = np.clip((times - self.start) / FADE_IN + 1, 0, 1)
        return np.asarray(rise * np.clip((self.stop - times) / FADE_OUT + 1, 0, 1))


@dataclass(frozen=True)
class Comb:
    """The partials of one pitch of one instrument: the fundamental (Hz), and the coefficient B of the string."""

    fundamental: float
    inharmonicity: float

    def ratios(self, sample_rate: int, most: int = MOST_PARTIALS) -> Array:
        """Give the partials below half the sample rate as multiples of the fundamental (Fletcher, 1964)."""
        m = np.arange(1, most + 1)
        ratios = m * np.sqrt(1 + self.inharmonicity * m**2)
        return np.asarray(ratios[ratios * self.fundamental < HIGHEST_SHARE * sample_rate / 2])


def make_tracks(decomposition: Decomposition) -> list[Track]:
    """Give the partials of each note as the decomposition has them.

    Singers follow their contours.  The other notes have the frequencies of their templates, and those of sustained
    instruments bend with the detuned copies of the template.
    """
    transform, gates, notes = decomposition.transform, decomposition.gates, decomposition.notes
    sung = {int(k): singer for singer, k in enumerate(decomposition.contours.instrument.tolist())}
    combs: dict[tuple[int, int], Comb] = {}
    tracks = []
    for gate in np.flatnonzero(np.isin(gates.role, TONAL) & (gates.note != NO_NOTE) & (gates.end > gates.begin)):
        note, instrument = int(gates.note[gate]), int(gates.instrument[gate])
        frames = np.arange(gates.begin[gate], gates.end[gate])
        times = frames * transform.hop / transform.sample_rate
        if instrument in sung:
            period = decomposition.contours.period / 2
            times = np.arange(times[0] - 2 * period, times[-1] + 2 * period, period)
            frequency = _contour_at(decomposition, sung[instrument], times)
            ratios = Comb(float(frequency.max()), 0.0).ratios(transform.sample_rate)
        else:
            key = instrument, int(notes.pitch[note])
            if key not in combs:
                combs[key] = template_comb(decomposition, *key)
            frequency = combs[key].fundamental * 2 ** (_bend(decomposition, *key, frames) / 12)
            ratios = combs[key].ratios(transform.sample_rate)
        stop = min(float(gates.end[gate]) * transform.hop, transform.n_samples) / transform.sample_rate
        start = float(notes.onset[note])
        tracks.append(Track(note, int(frames[0]), int(frames[-1]) + 1, start, stop, times, frequency, ratios))
    return tracks


def has_copies(decomposition: Decomposition, instrument: int, pitch: int) -> bool:
    """Tell whether the pitches of an instrument move, by whether a pitch has detuned copies."""
    return len(_rows(decomposition, instrument, pitch)) > 1


def template_comb(decomposition: Decomposition, instrument: int, pitch: int) -> Comb:
    """Find the fundamental and the inharmonicity of a pitch in its template, the lower partials first."""
    rows = _rows(decomposition, instrument, pitch)
    if not len(rows):
        return Comb(pitch_frequency(pitch), 0.0)
    row = rows[np.abs(decomposition.components.detuning[rows]).argmin()]
    detuning = float(decomposition.components.detuning[row])
    spectrum = decomposition.templates[:, :, row, 0].mean(axis=0).astype(float)
    width = decomposition.transform.sample_rate / decomposition.transform.n_fft
    comb = Comb(pitch_frequency(pitch + detuning), 0.0)
    most = FITTED_FIRST
    while True:
        comb = _fitted(spectrum, comb, most, width, is_stretched=len(rows) == 1)
        if most >= MOST_PARTIALS:
            return Comb(comb.fundamental * 2 ** (-detuning / 12), comb.inharmonicity)
        most *= 2


def _fitted(spectrum: Array, comb: Comb, most: int, width: float, *, is_stretched: bool) -> Comb:
    """Fit a comb to the partials of a template, each as heavy as it is high; ``width`` is that of a bin (Hz)."""
    bins = comb.fundamental * comb.ratios(int(2 * width * (len(spectrum) - 1)), most) / width
    found = np.array([_centre(spectrum, place) for place in bins]).reshape(-1, 2)
    m = np.arange(1, len(bins) + 1)
    weight = found[:, 1] * (np.abs(found[:, 0] - bins) < PEAK_REACH)
    if not weight.any():
        return comb
    # (f_m / m)² = f0² + f0² B m² is linear; an error of f_m is one of about 2 f0 / m of the left side.
    left, heavy = (found[:, 0] * width / m) ** 2, np.sqrt(weight) * m
    if not is_stretched or np.count_nonzero(weight) < 3:
        square = np.sum(left * heavy**2 / (1 + comb.inharmonicity * m**2)) / np.sum(heavy**2)
        return Comb(float(np.sqrt(square)), comb.inharmonicity)
    matrix = np.stack([heavy, heavy * m**2], axis=1)
    square, slope = np.linalg.lstsq(matrix, left * heavy, rcond=None)[0]
    inharmonicity = float(np.clip(slope / max(square, 1e-9), 0, MOST_INHARMONICITY))
    return Comb(float(np.sqrt(max(square, 1e-9))), inharmonicity)


def _centre(spectrum: Array, place: float) -> tuple[float, float]:
    """Give the place (bins) and the height of the highest peak near ``place``, by a parabola through three bins."""
    low, high = max(int(np.ceil(place - PEAK_REACH)), 1), min(int(place + PEAK_REACH) + 1, len(spectrum) - 1)
    if low >= high:
        return place, 0.0
    k = low + int(spectrum[low:high].argmax())
    left, top, right = np.log(np.maximum(spectrum[k - 1 : k + 2], spectrum[k] * 1e-4 + 1e-30))
    curve = left - 2 * top + right
    shift = 0.5 * (left - right) / curve if curve < 0 else 0.0
    return k + float(np.clip(shift, -0.5, 0.5)), float(spectrum[k])


def _rows(decomposition: Decomposition, instrument: int, pitch: int) -> Array:
    """List the components of the tone of a pitch."""
    components = decomposition.components
    is_own = (components.instrument == instrument) & (components.pitch == pitch)
    return np.flatnonzero(is_own & np.isin(components.role, TONAL))


def _bend(decomposition: Decomposition, instrument: int, pitch: int, frames: Array) -> Array:
    """Give how far a note is off its pitch (semitones) in some frames: the mean of the detuned copies that sound."""
    rows = _rows(decomposition, instrument, pitch)
    if len(rows) < 2:
        return np.zeros(len(frames))
    strength = decomposition.activations[np.ix_(rows, frames)].astype(float) ** 2 + 1e-30
    return np.asarray(decomposition.components.detuning[rows] @ strength / strength.sum(axis=0))


def _contour_at(decomposition: Decomposition, singer: int, times: Array) -> Array:
    """Give the frequency of a singer (Hz) at equally spaced times (s)."""
    rate = 1000
    first = int(np.floor(times[0] * rate))
    dense = sampled_frequency(decomposition.contours, singer, first, int(times[-1] * rate) + 2, rate)
    return np.interp(times, (first + np.arange(len(dense))) / rate, dense)
