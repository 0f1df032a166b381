"""Downmix a recording to one channel at the sample rate of the alignment, block by block.

Conventions: blocks have shape (channels, samples), mono samples shape (samples,) in float32.  A long recording is
never in memory with all its channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import soxr

from scoresep.values import Array, Audio

#: Sample rate (Hz) of all mono recordings here; pitches up to 11 kHz are enough to align a score.
MONO_SAMPLE_RATE = 22050
#: Channels are said to cancel if their mean has less than this share of their mean power.
CANCELLATION_RATIO = 0.1


@dataclass(frozen=True, eq=False)
class MonoAudio:
    """A recording in one channel.

    Parameters
    ----------
    samples
        Shape (samples,), float32, at ``MONO_SAMPLE_RATE``.
    fingerprint
        The fingerprint of the recording that it was made from, see `Audio.fingerprint`.
    duration
        Of that recording (s).
    """

    samples: Array
    fingerprint: str
    duration: float


def downmix(audio: Audio) -> MonoAudio:
    """Average the channels of a recording in memory and resample it to ``MONO_SAMPLE_RATE``."""
    samples = downmix_blocks(audio.blocks, audio.sample_rate, audio.n_samples)
    return MonoAudio(samples, audio.fingerprint, audio.duration)


def downmix_blocks(read_blocks: Callable[[], Iterable[Array]], sample_rate: int, n_samples: int) -> Array:
    """Average the channels of a recording that comes in blocks and resample it to ``MONO_SAMPLE_RATE``.

    If the channels cancel one another, the first channel is taken instead of their mean.  A constant signal gives
    zeros, so that its beginning and end do not look like onsets.

    Parameters
    ----------
    read_blocks
        Function that reads the recording from its beginning, in blocks of shape (channels, samples).  It is called a
        second time if the channels cancel.
    sample_rate
        Sample rate of the blocks (Hz).
    n_samples
        Number of samples in each channel, or more.

    Returns
    -------
    Array
        Shape (samples,), float32.
    """
    mean = _ChannelMean()
    samples = _resample((mean.of(block) for block in read_blocks()), sample_rate, n_samples)
    if mean.is_cancelled:
        return _resample((block[0] for block in read_blocks()), sample_rate, n_samples)
    if mean.is_constant:
        samples[:] = 0
    return samples


class _ChannelMean:
    """The mean of the channels, block by block, with its power and its range over all blocks so far."""

    def __init__(self) -> None:
        self.power = 0.0
        self.channel_power = 0.0
        self.lowest = np.inf
        self.highest = -np.inf

    def of(self, block: Array) -> Array:
        """Return the mean of the channels of the next block, shape (samples,)."""
        mean: Array = block.mean(axis=0)
        self.channel_power += np.square(block, dtype=float).sum() / len(block)
        self.power += np.square(mean, dtype=float).sum()
        self.lowest = min(self.lowest, mean.min())
        self.highest = max(self.highest, mean.max())
        return mean

    @property
    def is_cancelled(self) -> bool:
        """Whether the channels cancel one another."""
        return self.power < CANCELLATION_RATIO * self.channel_power

    @property
    def is_constant(self) -> bool:
        """Whether all samples of the mean are equal."""
        return bool(self.lowest == self.highest)


def _resample(blocks: Iterator[Array], sample_rate: int, n_samples: int) -> Array:
    """Return blocks of one channel, resampled and joined."""
    stream = soxr.ResampleStream(sample_rate, MONO_SAMPLE_RATE, 1, dtype="float32")
    # A second more than needed: the resampler may round up.
    resampled = np.empty(n_samples * MONO_SAMPLE_RATE // sample_rate + MONO_SAMPLE_RATE, np.float32)
    n_done = 0
    for block in chain(blocks, [np.zeros(0)]):  # the empty block ends the stream
        chunk = stream.resample_chunk(np.asarray(block, np.float32), last=not len(block))
        resampled[n_done : n_done + len(chunk)] = chunk
        n_done += len(chunk)
    return resampled[:n_done]
