"""A recording as the alignment hears it: one channel at a low rate, made without the whole of it in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import soxr

from scoresep.values import Array, Audio

#: Samples a second.
RATE = 22050
#: Channels cancel if their average has less than this share of their power.
CANCELLED = 0.1


@dataclass(frozen=True, eq=False)
class Mono:
    """The mean of a recording's channels, or the first one where they cancel, shape (samples,), at ``RATE``."""

    samples: Array
    fingerprint: str


def mono_of(audio: Audio) -> Mono:
    """Return a recording in memory as the alignment hears it."""
    return Mono(listen(audio.blocks, audio.sample_rate, audio.n_samples), audio.fingerprint)


def listen(blocks: Callable[[], Iterator[Array]], sample_rate: int, n_samples: int) -> Array:
    """Return the samples of `Mono` from blocks of shape (channels, samples), ``n_samples`` at most."""
    power = np.zeros(2)
    extremes: list[float] = []

    def means() -> Iterator[Array]:
        for block in blocks():
            mean = block.mean(axis=0)
            power[:] += np.square(block, dtype=float).sum() / len(block), np.square(mean, dtype=float).sum()
            extremes[:] = min([*extremes, mean.min()]), max([*extremes, mean.max()])
            yield mean

    samples = _resampled(means(), sample_rate, n_samples)
    if power[1] < CANCELLED * power[0]:
        samples = _resampled((block[0] for block in blocks()), sample_rate, n_samples)
    elif extremes[0] == extremes[1]:
        samples[:] = 0  # nothing is heard of a constant; its ends are no attacks
    return samples


def _resampled(pieces: Iterator[Array], sample_rate: int, n_samples: int) -> Array:
    """Return pieces of one channel as a whole at ``RATE``, float32."""
    stream = soxr.ResampleStream(sample_rate, RATE, 1, dtype="float32")
    resampled, done = np.empty(n_samples * RATE // sample_rate + RATE, np.float32), 0
    for piece in chain(pieces, [np.zeros(0)]):
        some = stream.resample_chunk(np.asarray(piece, np.float32), last=not len(piece))
        resampled[done : done + len(some)] = some
        done += len(some)
    return resampled[:done]
