"""A recording."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scoresep.values.arrays import Array, require

#: Samples of each channel that are read or hashed at once.
BLOCK = 2**18
#: An array with more channels than this, and with more channels than samples, has its two axes swapped.
MANY_CHANNELS = 16


@dataclass(frozen=True, eq=False)
class Audio:
    """A recording, or a part of one, with its samples in memory.

    `scoresep.read_audio` may also give a recording whose samples stay in their file.  Both kinds are used in the
    same way: by `read` and `blocks`, which give a stretch of samples at a time.  Only ``samples`` takes memory for all
    of them.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, samples) or (samples,)]
        Floating-point samples with full scale 1.0.  One channel may be given as a plain row, like librosa's ``y``;
        it becomes shape (1, samples).  float32 holds PCM of up to 24 bits exactly, float64 is for what is finer.
    sample_rate : int
        Samples per second.
    subtype : str
        libsndfile's name of the sample format of the source, such as "PCM_16" (default: "FLOAT").  Stems are
        written in it unless another one is asked for.

    Raises
    ------
    ValueError
        If the samples are not such an array, or if ``sample_rate`` is not positive.
    """

    samples: Array
    sample_rate: int
    subtype: str = "FLOAT"

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if samples.ndim == 1:
            samples = samples[None]
        object.__setattr__(self, "samples", samples)
        require(samples.ndim == 2, "samples must have shape (channels, samples)", samples)
        require(samples.dtype.kind == "f", "samples must be floating-point with full scale 1.0", samples)
        is_swapped = len(samples) > max(samples.shape[1], MANY_CHANNELS)
        require(not is_swapped, "samples must have shape (channels, samples), not (samples, channels)", samples)
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate must be positive; it is {self.sample_rate}")

    @property
    def n_channels(self) -> int:
        """The number of channels."""
        return len(self.samples)

    @property
    def n_samples(self) -> int:
        """The number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the samples."""
        return self.samples.dtype

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return self.n_samples / self.sample_rate

    def read(self, start: int, stop: int) -> Array:
        """Return the samples from ``start`` up to, not including, ``stop``.

        Parameters
        ----------
        start, stop : int
            Not negative.  What lies beyond the end of the recording is left out.

        Returns
        -------
        np.ndarray [shape=(channels, samples)]
        """
        return self.samples[:, start:stop]

    def blocks(self) -> Iterator[Array]:
        """Yield all samples in order, in blocks of shape (channels, samples)."""
        for start in range(0, self.n_samples, BLOCK):
            yield self.read(start, start + BLOCK)

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the samples and the sample rate; every later value carries that of its recording."""
        fingerprint = Fingerprint(self.sample_rate)
        for block in self.blocks():
            fingerprint.update(block)
        return str(fingerprint)


class Fingerprint:
    """The fingerprint of a recording, computed block by block."""

    def __init__(self, sample_rate: int) -> None:
        self._digest = hashlib.blake2b(f"{sample_rate}".encode(), digest_size=8)

    def update(self, block: Array) -> None:
        """Add the next samples, shape (channels, samples)."""
        self._digest.update(f"{len(block)} {block.dtype}".encode())
        self._digest.update(np.ascontiguousarray(block).data)

    def __str__(self) -> str:
        return self._digest.hexdigest()
