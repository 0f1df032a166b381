"""Move the sound of a single note in pitch."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
import scipy.signal

from scoresep.dsp.stft import hann
from scoresep.dsp.time_stretch import stretch_after
from scoresep.values import Array

#: The part of a note after its onset that is not stretched (s).  With a shorter one, edits sound less like the truth.
ATTACK = 0.2
#: The window in which formants are measured (s).
FORMANT_WINDOW = 0.046
#: A formant is not made stronger or weaker than by this factor.
MOST_CORRECTION = 8.0
#: A spectrum is smoothed over so many partials to give the formants.
SMOOTHED_PARTIALS = 1.5


def shift_pitch(
    sound: Array, semitones: float, onset: int, sample_rate: int, *, fundamental: float | None = None
) -> Array:
    """Move the sound of a note in pitch and keep its length.

    The sound is resampled, with its onset where it was, after the part behind the attack has been stretched by the
    same ratio.  So the attack is as sharp as before.  It comes nearer to a true rendering of the note than moving the
    bands of its partials, or a phase vocoder (benchmarks/edits.py).

    Parameters
    ----------
    sound : np.ndarray [shape=(channels, samples)]
        The sound of one note.
    semitones : float
        How much higher it becomes.
    onset : int
        The sample at which the note begins.
    sample_rate : int
    fundamental : float, optional
        The frequency of the note (Hz); if it is given, formants stay where they are, as for a voice.

    Returns
    -------
    np.ndarray [shape=(channels, samples)]
    """
    if not semitones:
        return sound
    import soxr

    ratio = 2.0 ** (semitones / 12)
    onset = max(onset, 0)
    length = max(sound.shape[1] - onset, 0)
    attack = min(ATTACK * sample_rate, length / (2 * ratio))
    # What follows the attack is stretched so that, resampled, it ends where it did.
    factor = (length - attack) * ratio / max(length - attack * ratio, 1.0)
    stretched = stretch_after(sound, factor, onset + round(attack * ratio), sample_rate)
    higher = soxr.resample(np.ascontiguousarray(stretched.T), sample_rate * ratio, sample_rate, quality="VHQ").T
    later = onset - round(onset / ratio)
    result = np.zeros(sound.shape)
    part = higher[:, max(-later, 0) : max(-later, 0) + sound.shape[1] - max(later, 0)]
    result[:, max(later, 0) : max(later, 0) + part.shape[1]] = part
    return result if fundamental is None else _with_formants_of(sound, result, fundamental, ratio, sample_rate)


def _with_formants_of(sound: Array, moved: Array, fundamental: float, ratio: float, sample_rate: int) -> Array:
    """Give a sound that was moved in pitch the smoothed spectrum that it had before."""
    length = scipy.fft.next_fast_len(round(FORMANT_WINDOW * sample_rate), real=True) // 4 * 4
    sizes: dict[str, Any] = {"nperseg": length, "noverlap": length * 3 // 4, "window": hann(length)}
    if sound.shape[1] < length:
        return moved
    before = _envelope(scipy.signal.stft(sound, **sizes)[2], fundamental, sample_rate, length)
    spectrum = scipy.signal.stft(moved, **sizes)[2]
    after = _envelope(spectrum, fundamental * ratio, sample_rate, length)
    spectrum *= np.clip(before / after, 1 / MOST_CORRECTION, MOST_CORRECTION)
    result = scipy.signal.istft(spectrum, **sizes)[1][:, : sound.shape[1]]
    return np.asarray(np.pad(result, ((0, 0), (0, sound.shape[1] - result.shape[1]))))


def _envelope(spectrum: Array, fundamental: float, sample_rate: int, length: int) -> Array:
    """Smooth the magnitudes of all channels over frequency, shape (bins, frames)."""
    power = (np.abs(spectrum) ** 2).mean(axis=0)
    width = max(round(SMOOTHED_PARTIALS * fundamental * length / sample_rate), 2)
    window = np.hanning(2 * width + 1)[1:-1]
    padded = np.pad(power, ((width - 1, width - 1), (0, 0)), mode="reflect")
    smooth = scipy.signal.fftconvolve(padded, (window / window.sum())[:, None], mode="valid", axes=0)
    return np.asarray(np.sqrt(np.maximum(smooth, 1e-4 * power.max(initial=0.0) + 1e-20)))
