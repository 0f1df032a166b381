"""Decay rates of notes, which tell struck instruments such as a piano from sustained ones such as a violin.

Conventions: the spectrogram is a magnitude of shape (bins, frames); times are in seconds, pitches MIDI numbers.
"""

from __future__ import annotations

import numpy as np

from scoresep.model.harmonic_templates import partial_frequencies
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array, Notes

#: The level of a note is measured from this long (s) after its onset, when its attack is over,
AFTER_ONSET = 0.12
#: to this long (s) before its offset, where the next note may begin.
BEFORE_OFFSET = 0.08
#: The number of partials, from the lowest, whose level is measured.
N_PARTIALS = 5
#: Notes that have fewer frames are too short to measure.
LEAST_FRAMES = 4


def decay_rates(
    V: Array, frames: Array, notes: Notes, *, n_fft: int, hop: int, sample_rate: int, tuning: float
) -> Array:
    """Measure how fast each note changes its level.

    Struck strings lose 10 to 30 dB a second, held notes less than 5.

    Parameters
    ----------
    V : array, shape (bins, frames)
        Magnitudes of some frames of the recording.
    frames : array of int, shape (frames,)
        Which frames these are; they rise.
    notes : Notes
        The notes in recording time.
    n_fft, hop, sample_rate : int
        The sizes of the STFT.
    tuning : float
        Cents from A4 = 440 Hz.

    Returns
    -------
    array, shape (notes,)
        The slope of the level (dB/s), NaN for notes that are too short.
    """
    floor = max(float(V.max(initial=0)) * 1e-6, 1e-12)
    begin = np.searchsorted(frames, (notes.onset + AFTER_ONSET) * sample_rate / hop)
    end = np.searchsorted(frames, np.floor((notes.offset - BEFORE_OFFSET) * sample_rate / hop))
    rates = np.full(len(notes), np.nan)
    reach = np.arange(-2, 3)
    for i in np.flatnonzero(end - begin >= LEAST_FRAMES):
        fundamental = pitch_frequency(notes.pitch[i] + tuning / 100)
        centres = partial_frequencies(fundamental, 0.0, sample_rate / 2)[:N_PARTIALS] * n_fft / sample_rate
        bins = (np.rint(centres).astype(int)[:, None] + reach).clip(0, len(V) - 1)
        magnitude = V[:, begin[i] : end[i]][bins].max(axis=1).sum(axis=0)
        seconds = frames[begin[i] : end[i]] * hop / sample_rate
        seconds = seconds - seconds.mean()
        level = 20 * np.log10(np.maximum(magnitude, floor))
        rates[i] = seconds @ level / (seconds @ seconds)  # the slope of the line that fits best
    return rates
