"""Recording → spectrogram."""

from __future__ import annotations

import numpy as np

from scoresep.numerics.fourier import count_frames, default_hop, forward, stretches
from scoresep.values import Array, Audio, Spectrogram

#: Hops in a window.
HOPS = 6


def stft(audio: Audio, *, n_fft: int | None = None, hop: int | None = None, frames: range | None = None) -> Spectrogram:
    """Return the short-time Fourier transform of a recording, or of the stretch ``frames`` of it.

    ``hop`` is about 46 ms and ``n_fft`` six hops (279 ms) unless given, at every sample rate: a window long enough to
    tell the partials of low notes apart.  Raises ValueError if ``hop`` is more than half of ``n_fft``.
    """
    n_fft, hop = transform_sizes(audio.sample_rate, n_fft=n_fft, hop=hop)
    if frames is None:
        frames = range(count_frames(audio.n_samples, hop))
    result = np.empty((len(audio.samples), n_fft // 2 + 1, len(frames)), np.complex64)
    for part in stretches(frames):
        result[..., part.start - frames.start : part.stop - frames.start] = forward(
            audio.samples, n_fft=n_fft, hop=hop, frames=part
        )
    return Spectrogram(result, n_fft, hop, audio, frames.start)


def transform_sizes(sample_rate: int, *, n_fft: int | None, hop: int | None) -> tuple[int, int]:
    """Return ``n_fft`` and ``hop`` with what is not given filled in, or raise ValueError."""
    if hop is None:
        hop = default_hop(sample_rate) if n_fft is None else max(n_fft // HOPS, 1)
    if n_fft is None:
        n_fft = HOPS * hop
    if not 0 < hop <= n_fft // 2:
        raise ValueError(f"{hop=} must be from 1 to half of {n_fft=}")
    return n_fft, hop


def magnitude(spectrogram: Spectrogram) -> Array:
    """Return the root mean square over the channels, shape (bins, frames), float32; no channel cancels another."""
    if len(spectrogram.stft) == 1:
        return np.asarray(np.abs(spectrogram.stft[0]))
    return np.asarray(np.sqrt(np.square(np.abs(spectrogram.stft)).mean(axis=0)))
