"""The subset of bins and frames that a decomposition is fitted to.

Activations and the templates below `SPLIT_FREQUENCY` are fitted to all frames, or in a long recording to
`MOST_FRAMES` frames spread evenly over it.  The templates above, and the stereo image, are fitted to fewer of these
frames, since neighbouring frames are much alike.  Decay rates are measured in excerpts of consecutive frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.stft import magnitude
from scoresep.model.stereo import differ
from scoresep.values import Array, Spectrogram

#: Frequency (Hz) below which the partials lie that tell notes, and places in the stereo image, apart.
SPLIT_FREQUENCY = 5000.0
#: The upper bins and the stereo image are fitted to about this many frames, if there are so many,
LEAST_SPARSE_FRAMES = 500
#: but at least to one frame in so many.
LARGEST_SPREAD = 6
#: The most frames that the lower bins are fitted to: 23 minutes.
MOST_FRAMES = 30000
#: The number of frames in an excerpt.
EXCERPT_FRAMES = 16
#: The number of frames in all excerpts together, at most.
MOST_EXCERPT_FRAMES = 4096


@dataclass(frozen=True, eq=False)
class TrainingFrames:
    """The parts of a spectrogram that a decomposition is fitted to.

    Parameters
    ----------
    lower : array, shape (lower bins, learned frames)
        Magnitudes below `SPLIT_FREQUENCY`.
    upper : array, shape (upper bins, sparse frames)
        Magnitudes above, in every ``spread``-th of the learned frames.
    channels : array of complex, shape (2, lower bins, sparse frames)
        The STFT of two channels below `SPLIT_FREQUENCY`; without a stereo image it has no bins.
    learned : array of int
        The learned frames, as numbers in the recording.
    spread : int
    excerpts : array, shape (lower bins, excerpt frames)
        Magnitudes of excerpts of consecutive frames.
    excerpt_frames : array of int
        The frames of the excerpts, as numbers in the recording.
    n_frames : int
        The number of all frames of the recording.
    first : Spectrogram
        The first stretch of the spectrogram.
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
    """Pick the bins and frames to fit to from a spectrogram that comes in consecutive stretches.

    Parameters
    ----------
    stretches : iterable of Spectrogram
        All stretches of a recording, from the first on.
    is_spatial : bool
        Whether to keep the stereo image.

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
            spread = min(max(total // stride // LEAST_SPARSE_FRAMES, 1), LARGEST_SPREAD)
            learned = np.arange(0, total, stride)
            sparse = learned[::spread]
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
        image if differ(image) else image[:, :0],
        learned,
        spread,
        excerpts,
        excerpt_frames,
        n_frames,
        first,
    )


def _pick(stretch: Array, first: int, frames: Array, *, out: Array) -> None:
    """Copy those of the ``frames`` that a stretch has, from frame ``first`` on, to their places in ``out``."""
    begin, end = np.searchsorted(frames, [first, first + stretch.shape[-1]])
    out[..., begin:end] = stretch[..., frames[begin:end] - first]


def lower_bins(spectrogram: Spectrogram) -> int:
    """Count the bins below `SPLIT_FREQUENCY`."""
    transform = spectrogram.transform
    return min(int(SPLIT_FREQUENCY * transform.n_fft / transform.sample_rate) + 1, transform.n_bins)
