"""Which frames of a source have the pitches of the notes of a score."""

from __future__ import annotations

import numpy as np

from scoresep.score.pitch import pitch_frequencies
from scoresep.values import Array, Notes, Transform

#: How many partials tell the pitch of a frame.
_PARTIALS = 8
#: How far from a partial (semitones) its energy lies.
_WIDTH = 0.5
#: A frame has a pitch if its score is at least the highest score less this part of it.
_MARGIN = 0.2
#: Every second, third, fifth or seventh partial of a pitch could be a partial of a higher pitch.
_MULTIPLES = (2, 3, 5, 7)


def frames_of_pitches(templates: Array, frequencies: Array, pitches: Array) -> Array:
    """Say which frames of a source have which pitch, shape (pitches, source frames).

    The score of a frame is the share of the pitch's partials in its magnitudes, less the share that a higher pitch with
    some of the same partials would have.  The frames of a pitch are those with nearly the highest score.  So each pitch
    has some frames, the best that there are.

    Parameters
    ----------
    templates : np.ndarray [shape=(bins, source frames)]
        Magnitudes, each column with sum one or zero.
    frequencies : np.ndarray [shape=(bins,)]
        Of the bins (Hz).
    pitches : np.ndarray [shape=(pitches,)]
        MIDI pitches.
    """
    fundamentals = pitch_frequencies(np.asarray(pitches, float))
    share = _comb(frequencies, fundamentals) @ templates
    higher = [_comb(frequencies, multiple * fundamentals) @ templates for multiple in _MULTIPLES]
    score = np.where(templates.any(axis=0), share - np.maximum.reduce(higher), -1)
    best = score.max(axis=1, keepdims=True)
    return np.asarray(score >= best - _MARGIN * np.abs(best))


def _comb(frequencies: Array, fundamentals: Array) -> Array:
    """Return 1 for the bins of the first partials of each fundamental and 0 elsewhere, shape (fundamentals, bins)."""
    with np.errstate(divide="ignore"):
        semitones = 12 * np.log2(frequencies / fundamentals[:, None])
    partials = 12 * np.log2(np.arange(1, _PARTIALS + 1))
    half_bin = frequencies[1] / 2 / fundamentals[:, None]  # as a share of the pitch
    width = np.maximum(_WIDTH, 12 * np.log2(1 + half_bin))
    return np.asarray(np.abs(semitones[:, :, None] - partials).min(axis=2) <= width, np.float32)


def allowed_by_notes(has_pitch: Array, pitches: Array, notes: Notes, transform: Transform) -> Array:
    """Say where activations may be other than zero, shape (source frames, frames).

    Where notes sound, source frames of their pitches; where none sounds, all.

    Parameters
    ----------
    has_pitch : np.ndarray [shape=(pitches, source frames)]
    pitches : np.ndarray [shape=(pitches,)]
    notes : Notes
        In the time of the target.
    transform : Transform
        That of the target.
    """
    times = transform.frame_times
    reach = transform.hop / transform.sample_rate
    sounds = np.zeros((len(pitches), transform.n_frames), bool)
    for onset, offset, pitch in zip(notes.onset, notes.offset, notes.pitch, strict=True):
        sounds[np.searchsorted(pitches, pitch)] |= (times > onset - reach) & (times < offset + reach)
    allowed = has_pitch.T.astype(np.float32) @ sounds.astype(np.float32) > 0
    return np.asarray(allowed | ~sounds.any(axis=0))
