"""What a decomposition learns from: a spectrogram with no more in it than tells something.

Activations and the templates below ``LIMIT`` are learned from bins below it and from all frames, of which there are
at most ``MOST_FRAMES``: of a longer recording, from frames evenly spread over it.  For templates above the
limit and for the stereo image fewer frames will do, since each tells much the same as the one before.  Whether notes
die away is heard in excerpts of neighbouring frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.stft import magnitude
from scoresep.model.stereo import differ
from scoresep.values import Array, Spectrogram

#: Below this frequency (Hz) are the partials that tell notes, and places, apart.
LIMIT = 5000.0
#: How many frames are fewer: this many, or every ``SPREAD``-th of those below the limit if these are more.
FEWER, SPREAD = 500, 6
#: As many as there are in 23 minutes.
MOST_FRAMES = 30000
#: An excerpt has as many frames, enough to hear whether a note dies away, and all excerpts together have so many.
EXCERPT, IN_EXCERPTS = 16, 4096


@dataclass(frozen=True, eq=False)
class TrainingFrames:
    """A spectrogram in parts.

    ``lower`` has the magnitude of the bins below the limit in the frames ``learned``, shape (lower bins, learned
    frames); ``upper`` that of the bins above, shape (upper bins, fewer frames), and ``channels`` the STFT of two
    channels below it, shape (2, lower bins, fewer frames), both in every ``spread``-th of these frames.  Where
    there is no stereo image, ``channels`` has no bins.  ``excerpts`` is like ``lower``, in the frames
    ``excerpt_frames``.  ``first`` is the first stretch of the spectrogram,
    ``n_frames`` counts all of its frames.
    """

    lower: Array
    upper: Array
    channels: Array
    learned: Array
    spread: int
    excerpts: Array
    excerpt_frames: Array
    n_frames: int
    first: Spectrogram


def select_training_frames(stretches: Iterable[Spectrogram], *, is_spatial: bool) -> TrainingFrames:
    """Return what there is to learn from a spectrogram, given in consecutive stretches; ValueError if it has none."""
    n_frames = 0
    for stretch in stretches:
        V, bins = magnitude(stretch), lower_bins(stretch)
        if not n_frames:
            first, total = stretch, stretch.transform.n_frames
            stride = max(-(-total // MOST_FRAMES), 1)
            spread = min(max(total // stride // FEWER, 1), SPREAD)
            learned = np.arange(0, total, stride)
            fewer = learned[::spread]
            near = np.flatnonzero(np.arange(total) % max(EXCERPT * total // IN_EXCERPTS, EXCERPT) < EXCERPT)
            lower = np.empty((bins, len(learned)), np.float32)
            excerpts = np.empty((bins, len(near)), np.float32)
            upper = np.empty((len(V) - bins, len(fewer)), np.float32)
            image = np.empty((2, bins if is_spatial and len(stretch.stft) == 2 else 0, len(fewer)), np.complex64)
        n_frames += V.shape[1]
        _pick(V[:bins], stretch.first_frame, learned, out=lower)
        _pick(V[bins:], stretch.first_frame, fewer, out=upper)
        _pick(V[:bins], stretch.first_frame, near, out=excerpts)
        if image.size:
            _pick(stretch.stft[:, :bins], stretch.first_frame, fewer, out=image)
    if not n_frames:
        raise ValueError("there is no spectrogram to decompose")
    if n_frames != total:
        raise ValueError(f"the spectrogram has {n_frames} of the {total} frames of its recording")
    return TrainingFrames(
        lower, upper, image if differ(image) else image[:, :0], learned, spread, excerpts, near, n_frames, first
    )


def _pick(stretch: Array, first: int, frames: Array, *, out: Array) -> None:
    """Copy those of the ``frames`` that a stretch has, from frame ``first`` on, to their places in ``out``."""
    begin, end = np.searchsorted(frames, [first, first + stretch.shape[-1]])
    out[..., begin:end] = stretch[..., frames[begin:end] - first]


def lower_bins(spectrogram: Spectrogram) -> int:
    """Return how many bins are below the limit."""
    transform = spectrogram.transform
    return min(int(LIMIT * transform.n_fft / transform.sample_rate) + 1, transform.n_bins)
