"""The bins and frames of a spectrogram that a decomposition is fitted to.

The bins below `SPLIT_FREQUENCY` (the lower bins) are fitted in all frames, or in a long recording in at most
`MOST_FRAMES` frames at equal distances (the learned frames).  The bins above (the upper bins) and the stereo image are
fitted in fewer of these frames (the sparse frames), since neighbouring frames are similar.  Decay rates are measured
in excerpts of consecutive frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.stft import magnitude
from scoresep.model.stereo import channels_differ
from scoresep.values import Array, Spectrogram

#: Frequency (Hz) between the lower bins, whose partials and stereo image tell notes apart, and the upper bins.
SPLIT_FREQUENCY = 5000.0
#: Number of sparse frames that is aimed at, if there are so many.
WANTED_SPARSE_FRAMES = 500
#: Largest number of learned frames for each sparse frame.
LARGEST_SPARSE_STRIDE = 6
#: Largest number of learned frames: 23 minutes.
MOST_FRAMES = 30000
#: Number of consecutive frames that are learned together for templates of several taps.
RUN_FRAMES = 1024
#: Number of frames in an excerpt.
EXCERPT_FRAMES = 16
#: Largest number of frames in all excerpts together.
MOST_EXCERPT_FRAMES = 4096


@dataclass(frozen=True, eq=False)
class TrainingFrames:
    """The parts of a spectrogram that a decomposition is fitted to.

    Parameters
    ----------
    lower : array, shape (lower bins, learned frames)
        Magnitudes below `SPLIT_FREQUENCY`.
    upper : array, shape (upper bins, sparse frames)
        Magnitudes from `SPLIT_FREQUENCY` on.
    channels : array of complex, shape (2, lower bins, sparse frames)
        The STFT of two channels below `SPLIT_FREQUENCY`; it has no bins if there is no stereo image.
    learned : array of int
        The learned frames, counted from the first frame of the recording.
    sparse_stride : int
        Each ``sparse_stride``-th learned frame is a sparse frame.
    excerpts : array, shape (lower bins, excerpt frames)
        Magnitudes of excerpts of consecutive frames.
    excerpt_frames : array of int
        The frames of the excerpts, counted from the first frame of the recording.
    n_frames : int
        The number of frames of the recording.
    first : Spectrogram
        The first stretch of the spectrogram.
    """

    lower: Array
    upper: Array
    channels: Array
    learned: Array
    sparse_stride: int
    excerpts: Array
    excerpt_frames: Array
    n_frames: int
    first: Spectrogram


def select_training_frames(
    stretches: Iterable[Spectrogram], *, is_spatial: bool, in_runs: bool = False
) -> TrainingFrames:
    """Select the bins and frames to fit from the consecutive stretches of a spectrogram.

    Parameters
    ----------
    stretches : iterable of Spectrogram
        All stretches of a recording in order.
    is_spatial : bool
        Whether to keep the STFT of both channels, if they differ.
    in_runs : bool
        Whether the learned frames lie in runs of `RUN_FRAMES`, for templates of several taps.

    Returns
    -------
    TrainingFrames

    Raises
    ------
    ValueError
        If there is no stretch, or if some are missing.
    """
    n_frames = 0
    for stretch in stretches:
        V, bins = magnitude(stretch), lower_bins(stretch)
        if not n_frames:
            first, total = stretch, stretch.transform.n_frames
            stride = max(-(-total // MOST_FRAMES), 1)
            sparse_stride = min(max(total // stride // WANTED_SPARSE_FRAMES, 1), LARGEST_SPARSE_STRIDE)
            run = RUN_FRAMES if in_runs else 1
            learned = np.flatnonzero(np.arange(total) // run % stride == 0)
            sparse = learned[::sparse_stride]
            period = max(EXCERPT_FRAMES * total // MOST_EXCERPT_FRAMES, EXCERPT_FRAMES)
            excerpt_frames = np.flatnonzero(np.arange(total) % period < EXCERPT_FRAMES)
            lower = np.empty((bins, len(learned)), np.float32)
            excerpts = np.empty((bins, len(excerpt_frames)), np.float32)
            upper = np.empty((len(V) - bins, len(sparse)), np.float32)
            image = np.empty((2, bins if is_spatial and len(stretch.stft) == 2 else 0, len(sparse)), np.complex64)
        n_frames += V.shape[1]
        _pick(V[:bins], stretch.first_frame, learned, out=lower)
        _pick(V[bins:], stretch.first_frame, sparse, out=upper)
        _pick(V[:bins], stretch.first_frame, excerpt_frames, out=excerpts)
        if image.size:
            _pick(stretch.stft[:, :bins], stretch.first_frame, sparse, out=image)
    if not n_frames:
        raise ValueError("there is no spectrogram to decompose")
    if n_frames != total:
        raise ValueError(f"the spectrogram has {n_frames} of the {total} frames of its recording")
    return TrainingFrames(
        lower,
        upper,
        image if channels_differ(image) else image[:, :0],
        learned,
        sparse_stride,
        excerpts,
        excerpt_frames,
        n_frames,
        first,
    )


def _pick(stretch: Array, first: int, frames: Array, *, out: Array) -> None:
    """Copy the ``frames`` that lie in a stretch to their columns of ``out``; the stretch begins at frame ``first``."""
    begin, end = np.searchsorted(frames, [first, first + stretch.shape[-1]])
    out[..., begin:end] = stretch[..., frames[begin:end] - first]


def lower_bins(spectrogram: Spectrogram) -> int:
    """Count the bins below `SPLIT_FREQUENCY`."""
    transform = spectrogram.transform
    return min(int(SPLIT_FREQUENCY * transform.n_fft / transform.sample_rate) + 1, transform.n_bins)
