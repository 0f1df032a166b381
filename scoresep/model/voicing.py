"""When a singer sounds: from the fitted loudness, since a note may be sung shorter than it is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoresep.model.excitation import voiced_components
from scoresep.values import Array, Decomposition

#: A singer is silent where the voiced sound is this far (dB) below its median over the singer's notes.
DEPTH = 15.0
#: The highest frequency (Hz) whose partials count.
HIGHEST_FREQUENCY = 5000.0
#: Frames that are worked on at once.
BLOCK = 1024


def with_voicing(decomposition: Decomposition) -> Decomposition:
    """Find when each singer sounds.

    Parameters
    ----------
    decomposition : Decomposition
        A finished fit.

    Returns
    -------
    Decomposition
        The same, whose contours know it.
    """
    contours, rate = decomposition.contours, decomposition.transform.frame_rate
    if not len(contours):
        return decomposition
    frame_times = np.arange(decomposition.transform.n_frames) / rate
    is_voiced = np.zeros(contours.frequency.shape, bool)
    combs = voiced_components(decomposition.components, contours)
    for singer in range(len(contours)):
        own = [rows for rows, number, _ in combs if number == singer]
        rows = slice(own[0].start, own[-1].stop)
        has_note = contours.frequency[singer] > 0
        level = np.interp(contours.times, frame_times, voiced_levels(decomposition, rows, singer))
        is_voiced[singer] = has_note & (level > np.median(level[has_note] if has_note.any() else level) - DEPTH)
    return replace(decomposition, contours=replace(contours, is_voiced=is_voiced))


def voiced_levels(decomposition: Decomposition, rows: slice, singer: int) -> Array:
    """Compute the level of the partials of a singer in each frame, in dB.

    Parameters
    ----------
    decomposition : Decomposition
    rows : slice
        The singer's filters among the components.
    singer : int
        Which of the contours.

    Returns
    -------
    array, shape (frames,)
    """
    transform, contours = decomposition.transform, decomposition.contours
    bin_width = transform.sample_rate / transform.n_fft
    n_bins = min(int(HIGHEST_FREQUENCY / bin_width) + 1, transform.n_bins)
    filters = decomposition.templates[..., :n_bins, rows, 0].mean(axis=0)
    at = np.rint(np.arange(transform.n_frames) / transform.frame_rate / contours.period).astype(int)
    frequency = contours.frequency[singer, np.minimum(at, contours.frequency.shape[1] - 1)]
    power = np.full(transform.n_frames, 1e-20)
    for start in range(0, transform.n_frames, BLOCK):
        frames = start + np.flatnonzero(frequency[start : start + BLOCK])
        envelope = filters @ decomposition.activations[rows, frames]
        for number in range(1, int(HIGHEST_FREQUENCY / max(frequency[frames].min(initial=np.inf), 1.0)) + 1):
            bins = np.rint(number * frequency[frames] / bin_width).astype(int)
            inside = np.flatnonzero(bins < n_bins)
            power[frames[inside]] += envelope[bins[inside], inside] ** 2
    return np.asarray(10 * np.log10(power))
