"""From how much of each pitch a singer sings to one pitch in each frame."""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from scoresep.model.pitch_search import STEP, Singer
from scoresep.score.pitch import pitch_frequencies
from scoresep.values import Array

#: Width of the Gaussian by which the activations are smoothed, in frames and states.
SMOOTHING = (0.5, 1.5)
#: Cost of a move by one state between frames, where the strongest state of a frame is worth one.
MOVE_COST = 0.01
#: The most states that the pitch moves by in a frame,
FARTHEST_MOVE = 6
#: but for a jump, at this cost.
JUMP_COST = 0.18
#: A bin tells the pitch of a partial if its frequency is within this many semitones of it,
PARTIAL_REACH = 0.35
#: and if it is within so many bins of it.
PARTIAL_BINS = 1.5
#: What a state is worth that is not allowed.
FORBIDDEN = np.float32(-1e6)


def contour_pitch(singer: Singer) -> Array:
    """Find the path of a singer's pitch: a fractional MIDI number in each frame, NaN where nothing is allowed."""
    smoothed = scipy.ndimage.gaussian_filter(singer.activations, SMOOTHING) * singer.allowed
    smoothed /= np.maximum(smoothed.max(axis=1, keepdims=True), 1e-12)
    path = best_path(smoothed, singer.allowed)
    frames = np.flatnonzero(path >= 0)
    state = np.clip(path[frames], 1, smoothed.shape[1] - 2)
    below, at, above = (smoothed[frames, state + d] for d in (-1, 0, 1))
    peak = 0.5 * (below - above) / np.minimum(below - 2 * at + above, -1e-6)  # of the parabola through the three
    pitch = np.full(len(path), np.nan)
    pitch[frames] = (singer.lowest + state + np.clip(peak, -0.5, 0.5)) * STEP
    return pitch


def best_path(value: Array, allowed: Array) -> Array:
    """Find the states of the highest total value, less the costs of moves (Viterbi); -1 where none is allowed.

    Parameters
    ----------
    value : array, shape (frames, states)
    allowed : array of bool, shape (frames, states)

    Returns
    -------
    array of int, shape (frames,)
    """
    path = np.full(len(value), -1)
    worth = np.where(allowed, value, FORBIDDEN).astype(np.float32)
    is_open = np.concatenate([[False], allowed.any(axis=1), [False]])
    for begin, end in np.flatnonzero(np.diff(is_open)).reshape(-1, 2).tolist():
        path[begin:end] = _best_path_of_stretch(worth[begin:end], allowed[begin:end])
    return path


def _best_path_of_stretch(worth: Array, allowed: Array) -> Array:
    """Find the best path through frames in which some state is always allowed."""
    n_frames, n_states = worth.shape
    first, last = allowed.argmax(axis=1), n_states - allowed[:, ::-1].argmax(axis=1)
    move = -MOVE_COST * np.abs(np.arange(-FARTHEST_MOVE, FARTHEST_MOVE + 1)).astype(np.float32)
    padded = np.full(n_states + 2 * FARTHEST_MOVE, FORBIDDEN)
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, 2 * FARTHEST_MOVE + 1)
    came_from = np.zeros((n_frames, n_states), np.int32)
    total = worth[0]
    for frame in range(1, n_frames):
        own = slice(int(first[frame]), int(last[frame]))
        best = int(total.argmax())
        padded[FARTHEST_MOVE:-FARTHEST_MOVE] = total - total[best]
        reached = neighbours[own] + move
        step = reached.argmax(axis=1)
        gain = reached[np.arange(len(step)), step]
        jumps = gain < -JUMP_COST
        came_from[frame, own] = np.where(jumps, best, np.arange(own.start, own.stop) + step - FARTHEST_MOVE)
        total = np.full(n_states, FORBIDDEN)
        total[own] = np.where(jumps, -JUMP_COST, gain) + worth[frame, own]
    state = int(total.argmax())
    path = np.zeros(n_frames, int)
    for frame in range(n_frames - 1, -1, -1):
        path[frame] = state
        state = int(came_from[frame, state])
    return path


def refined_by_phase(pitch: Array, spectra: Array, frequency: Array, share: Array, bin_width: float) -> Array:
    """Move a contour to where the phases of the recording say that the singer's partials are.

    A bin has an instantaneous frequency.  That of a bin near partial ``m`` is ``m`` times the fundamental.  The mean
    over the bins weights them by magnitude, by the square of the singer's share and by ``m`` squared, since the error
    of a frequency is as large at high partials as at low ones.

    Parameters
    ----------
    pitch : array, shape (frames,)
        Fractional MIDI numbers, NaN where there is no note.
    spectra : array, shape (frames, bins)
        Magnitudes.
    frequency : array, shape (frames, bins)
        The instantaneous frequency of each bin in hertz.
    share : array, shape (frames, bins)
        As in `model.pitch_search.Singer`.
    bin_width : float
        Hertz from bin to bin.

    Returns
    -------
    array, shape (frames,)
    """
    sings = np.isfinite(pitch)
    fundamental = pitch_frequencies(np.where(sings, pitch, 57.0))[:, None].astype(np.float32)
    partial = np.maximum(np.rint(frequency / fundamental), 1)
    distance = 12 * np.log2(np.maximum(frequency / (partial * fundamental), 0.5))
    bins = (np.arange(spectra.shape[1]) * bin_width).astype(np.float32)
    is_near = (np.abs(distance) < PARTIAL_REACH) & (np.abs(bins - partial * fundamental) < PARTIAL_BINS * bin_width)
    weight = spectra * share**2 * partial**2 * is_near
    return np.where(sings, pitch + (weight * distance).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-20), np.nan)
