"""Which frames of a source have the pitches of the notes of a score."""

from __future__ import annotations

import numpy as np

from scoresep.score.pitch import pitch_frequencies
from scoresep.values import Array, Notes, Transform

#: How many partials tell the pitch of a frame.
_PARTIALS = 8
#: Bins up to this far from a partial (semitones) belong to it.
_WIDTH = 0.5
#: A frame has a pitch if its salience is no more than this share below the highest one.
_MARGIN = 0.2
#: Fundamentals so many times as high share partials with a pitch, and could be taken for it.
_MULTIPLES = (2, 3, 5, 7)


def frames_of_pitches(templates: Array, frequencies: Array, pitches: Array) -> Array:
    """Find which frames of a source have which pitch, shape (pitches, source frames).

    The salience of a pitch in a frame is the share of its partials in the magnitudes, less the largest share of a
    higher pitch with some of the same partials.  The frames of a pitch are those in which it is nearly as salient as
    anywhere, so each pitch has some frames.

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
    salience = np.where(templates.any(axis=0), share - np.maximum.reduce(higher), -1)
    best = salience.max(axis=1, keepdims=True)
    return np.asarray(salience >= best - _MARGIN * np.abs(best))


def _comb(frequencies: Array, fundamentals: Array) -> Array:
    """Return 1 for the bins of the first partials of each fundamental and 0 elsewhere, shape (fundamentals, bins)."""
    with np.errstate(divide="ignore"):
        semitones = 12 * np.log2(frequencies / fundamentals[:, None])
    partials = 12 * np.log2(np.arange(1, _PARTIALS + 1))
    half_bin = frequencies[1] / 2 / fundamentals[:, None]  # as a share of the pitch
    width = np.maximum(_WIDTH, 12 * np.log2(1 + half_bin))
    return np.asarray(np.abs(semitones[:, :, None] - partials).min(axis=2) <= width, np.float32)


def allowed_by_notes(has_pitch: Array, pitches: Array, notes: Notes, transform: Transform) -> Array:
    """Find where activations may be other than zero, shape (source frames, frames).

    Where notes sound, only source frames of their pitches are allowed; where none sounds, all are.

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
