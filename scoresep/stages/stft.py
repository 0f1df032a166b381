"""Recording → spectrogram."""

from __future__ import annotations

import numpy as np

from scoresep.dsp.stft import count_frames, forward, stretches, transform_sizes
from scoresep.values import Audio, Spectrogram


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
