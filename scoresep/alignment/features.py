"""Features of a recording that can be compared with those of a score.

Conventions: features have shape (2 * N_KEYS, frames), float32.  The first ``N_KEYS`` rows tell how strongly each key of
a piano sounds, the others how strongly it begins to sound.  Columns have norm one, so that the inner product of two
columns is their cosine similarity.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from scoresep.alignment.pitch_energies import ENERGY_PERIOD
from scoresep.dsp.stft import stretches
from scoresep.values import Array

#: Keys of a piano, from MIDI pitch 21 (`LOWEST_PITCH`) to 108.
N_KEYS = 88
#: Semitones from a note to its first five partials.
PARTIAL_INTERVALS = (0, 12, 19, 24, 28)
#: Frames of pitch energies that make one frame of features.
POOLING = 8
#: Seconds from one frame of features to the next (40 ms).
FEATURE_PERIOD = POOLING * ENERGY_PERIOD
#: Exponent that compresses energies before they are compared as sound.
_SOUND_EXPONENT = 0.25
#: Exponent that compresses energies before their rise is taken.
_ONSET_EXPONENT = 0.2
#: Frames of energies to each side over which a rise is taken (10 ms).
_RISE_REACH = 2
#: A frame counts as silent if its sound has less than this share of the norm of the loudest frame.
_SILENCE_RATIO = 0.02
#: Onsets weaker than this are scaled as if they were so strong; strong ones have a norm of about one.
_MIN_ONSET_NORM = 0.1
#: Frames over which an onset decays.
_ONSET_DECAY = 5
#: Onsets are divided by the strongest one within this many frames.
_ONSET_SCALING_SPAN = 25
#: Norm of the strongest onsets; that of the sound is one.
_ONSET_WEIGHT = 1.5
#: Semitones around a key whose mean is subtracted from it.
_NEIGHBOURHOOD = 13
#: A key is salient if it has at least this share of the norm of the sound in its frame.
_SALIENT_SHARE = 0.2
#: Frames that are computed at once; this bounds the memory.
_CHUNK_FRAMES = 4096


def recording_features(energies: Array, *, pooling: int = POOLING) -> Array:
    """Compute the features of a recording from its pitch energies.

    The sound of a key is its mean compressed energy, its onset the largest rise of that energy.  From both, the mean of
    the keys around is subtracted.

    Parameters
    ----------
    energies
        Shape (pitches, energy frames), see `pitch_energies.pitch_energies`.
    pooling
        Energy frames that make one frame of features.

    Returns
    -------
    Array
        Shape (2 * N_KEYS, frames).
    """
    n_frames = -(-energies.shape[1] // pooling)
    sound, onsets = np.empty((N_KEYS, n_frames), np.float32), np.empty((N_KEYS, n_frames), np.float32)
    for chunk in stretches(range(n_frames), _CHUNK_FRAMES):
        # A rise needs energies on both sides, also at the borders of a chunk.
        context = _RISE_REACH if chunk.start else 0
        part = energies[:N_KEYS, chunk.start * pooling - context : chunk.stop * pooling + _RISE_REACH]
        own = slice(context, context + len(chunk) * pooling)
        level = _group(part[:, own] ** _SOUND_EXPONENT, pooling).mean(axis=2)
        growth = _group(rise(part**_ONSET_EXPONENT, _RISE_REACH)[:, own], pooling).max(axis=2)
        sound[:, chunk.start : chunk.stop] = _exceed_neighbours(level)
        onsets[:, chunk.start : chunk.stop] = _exceed_neighbours(growth)
    return join_features(sound, onsets, silence=_SILENCE_RATIO * float(np.linalg.norm(sound, axis=0).max(initial=0)))


def join_features(sound: Array, onsets: Array, *, silence: float) -> Array:
    """Make features from the sound and the onsets of keys.

    Onsets are divided by the strongest onset nearby and decay over a few frames, as the DLNCO features [1]_ do for
    chroma.

    Parameters
    ----------
    sound
        Shape (N_KEYS, frames): how strongly each key sounds.
    onsets
        Shape (N_KEYS, frames): how strongly each key begins to sound.
    silence
        Columns of ``sound`` with at most this norm are taken as silence, which is equally similar to all keys.

    Returns
    -------
    Array
        Shape (2 * N_KEYS, frames), columns of norm one.

    References
    ----------
    .. [1] S. Ewert, M. Müller, P. Grosche, "High resolution audio synchronization using chroma onset features",
       ICASSP 2009.
    """
    features = np.empty((2 * N_KEYS, sound.shape[1]), np.float32)
    norm = np.linalg.norm(sound, axis=0)
    np.divide(sound, np.maximum(norm, 1e-12), out=features[:N_KEYS])
    features[:N_KEYS, norm <= silence] = 1 / np.sqrt(N_KEYS)
    onsets = onsets / max(float(np.percentile(onsets.max(axis=0), 90)), 1e-6)
    strongest = scipy.ndimage.maximum_filter1d(np.linalg.norm(onsets, axis=0), _ONSET_SCALING_SPAN)
    onsets *= _ONSET_WEIGHT / np.maximum(strongest, _MIN_ONSET_NORM)
    decaying = features[N_KEYS:]
    decaying[:] = onsets
    for delay in range(1, min(_ONSET_DECAY, onsets.shape[1])):
        weight = np.float32(np.sqrt(1 - delay / _ONSET_DECAY))
        np.maximum(decaying[:, delay:], weight * onsets[:, :-delay], out=decaying[:, delay:])
    features /= np.linalg.norm(features, axis=0)
    return features


def rise(levels: Array, reach: int) -> Array:
    """Return by how much levels grow around each frame, zero where they fall.

    Parameters
    ----------
    levels
        Shape (rows, frames).
    reach
        The level ``reach`` frames before is compared with that ``reach`` frames after.

    Returns
    -------
    Array
        Shape (rows, frames), not negative; zero within ``reach`` frames of either end.
    """
    growth = np.zeros_like(levels)
    inner = growth[:, reach : max(levels.shape[1] - reach, 0)]
    np.maximum(levels[:, 2 * reach :] - levels[:, : -2 * reach], 0, out=inner)
    return growth


def has_no_salient_key(features: Array) -> Array:
    """Return whether all keys are about equally strong, as in silence and noise, for each frame, shape (frames,)."""
    sound = features[:N_KEYS]
    return np.asarray(sound.max(axis=0) < _SALIENT_SHARE * np.linalg.norm(sound, axis=0))


def normalize(features: Array) -> Array:
    """Scale each column to norm one; columns of zeros stay."""
    return np.asarray(features / np.maximum(np.linalg.norm(features, axis=0), 1e-9))


def average(features: Array, size: int) -> Array:
    """Average groups of ``size`` frames and scale the means to norm one; missing frames of the last group are zero."""
    return normalize(_group(features, size).mean(axis=2))


def halve(features: Array) -> Array:
    """Average pairs of frames, without scaling; an odd last frame stays as it is."""
    even = features[:, : features.shape[1] // 2 * 2]
    halved = 0.5 * (even[:, ::2] + even[:, 1::2])
    return np.concatenate([halved, features[:, even.shape[1] :]], axis=1)


def transpose(features: Array, semitones: int) -> Array:
    """Move features up by a number of semitones; what leaves the keys is lost, and columns are scaled to norm one."""
    blocks = features.reshape(2, -1, features.shape[1])
    moved = np.zeros_like(blocks)
    up, down = max(semitones, 0), max(-semitones, 0)
    moved[:, up : blocks.shape[1] - down] = blocks[:, down : blocks.shape[1] - up]
    return normalize(moved.reshape(features.shape))


def _exceed_neighbours(rows: Array) -> Array:
    """Return by how much each row exceeds the mean of the octave around it, zero where it does not."""
    return np.asarray(np.maximum(rows - scipy.ndimage.uniform_filter1d(rows, _NEIGHBOURHOOD, axis=0), 0))


def _group(rows: Array, size: int) -> Array:
    """Return frames in groups, shape (rows, groups, size); the last group is filled up with zeros."""
    missing = -rows.shape[1] % size
    return np.pad(rows, ((0, 0), (0, missing))).reshape(len(rows), -1, size)
