"""Whether notes die away, as those of a piano do, or are held, as those of a violin are.

Conventions: the spectrogram is a magnitude of shape (bins, frames); times are in seconds, pitches MIDI numbers.
"""

from __future__ import annotations

import numpy as np

from scoresep.model.harmonic_templates import partial_frequencies
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array, Notes

#: What is heard of a note from this long after its onset to this long before its offset is its own.
INSET = (0.12, 0.08)
#: The partials that are listened to.
PARTIALS = 5
#: Frames without which a note tells nothing.
FEWEST = 4


def decay_rates(
    V: Array, frames: Array, notes: Notes, *, n_fft: int, hop: int, sample_rate: int, tuning: float
) -> Array:
    """Return how fast each note changes its level, in dB a second, or NaN for one too short to tell, shape (notes,).

    The columns of V are the ``frames`` of the recording, which rise.  Struck strings lose 10 to 30 dB a second, held
    notes less than 5.  ``tuning`` is in cents.
    """
    floor = max(float(V.max(initial=0)) * 1e-6, 1e-12)
    begin = np.searchsorted(frames, (notes.onset + INSET[0]) * sample_rate / hop)
    end = np.searchsorted(frames, np.floor((notes.offset - INSET[1]) * sample_rate / hop))
    rates = np.full(len(notes), np.nan)
    reach = np.arange(-2, 3)
    for i in np.flatnonzero(end - begin >= FEWEST):
        fundamental = pitch_frequency(notes.pitch[i] + tuning / 100)
        centres = partial_frequencies(fundamental, 0.0, sample_rate / 2)[:PARTIALS] * n_fft / sample_rate
        bins = (np.rint(centres).astype(int)[:, None] + reach).clip(0, len(V) - 1)
        heard = V[:, begin[i] : end[i]][bins].max(axis=1).sum(axis=0)
        seconds = frames[begin[i] : end[i]] * hop / sample_rate
        seconds = seconds - seconds.mean()
        level = 20 * np.log10(np.maximum(heard, floor))
        rates[i] = seconds @ level / (seconds @ seconds)  # the slope of the line that fits best
    return rates
