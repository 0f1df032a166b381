"""A recording."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scoresep.values.arrays import Array, require

#: Samples of each channel that are read or hashed at once.
BLOCK = 2**18


@dataclass(frozen=True, eq=False)
class Audio:
    """A recording, or a part of one.

    ``samples`` has shape (channels, samples) and full scale 1.0; float32 holds PCM of up to 24 bits exactly,
    float64 is used for what is finer.  ``subtype`` is libsndfile's name of the source's sample format.
    """

    samples: Array
    sample_rate: int
    subtype: str = "FLOAT"

    def __post_init__(self) -> None:
        require(self.samples.ndim == 2, "samples must have shape (channels, samples)", self.samples)
        require(self.samples.dtype.kind == "f", "samples must be floating-point", self.samples)
        if self.sample_rate <= 0:
            raise ValueError(f"{self.sample_rate=} must be positive")

    @property
    def n_samples(self) -> int:
        """The number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return self.n_samples / self.sample_rate

    def blocks(self) -> Iterator[Array]:
        """Return the samples piece by piece, each of shape (channels, samples)."""
        for begin in range(0, self.n_samples, BLOCK):
            yield self.samples[:, begin : begin + BLOCK]

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of samples and rate, by which every later value knows its recording."""
        fingerprint = Fingerprint(self.sample_rate)
        for block in self.blocks():
            fingerprint.update(block)
        return str(fingerprint)


class Fingerprint:
    """The fingerprint of a recording, from one block of its samples after the other."""

    def __init__(self, sample_rate: int) -> None:
        self._digest = hashlib.blake2b(f"{sample_rate}".encode(), digest_size=8)

    def update(self, block: Array) -> None:
        """Take in the next samples, shape (channels, samples)."""
        self._digest.update(f"{len(block)} {block.dtype}".encode())
        self._digest.update(np.ascontiguousarray(block).data)

    def __str__(self) -> str:
        return self._digest.hexdigest()
