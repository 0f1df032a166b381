"""Recording → spectrogram."""

from __future__ import annotations

import numpy as np

from scoresep.dsp.stft import choose_transform, forward, stretches
from scoresep.values import Audio, Spectrogram


def stft(audio: Audio, *, n_fft: int | None = None, hop: int | None = None, frames: range | None = None) -> Spectrogram:
    """Compute the short-time Fourier transform of a recording.

    The default window is long enough to tell the partials of low notes apart.

    Parameters
    ----------
    audio : Audio
        The recording.
    n_fft : int, optional
        Length of the Hann window in samples; six hops (279 ms) unless given.
    hop : int, optional
        Samples from frame to frame; about 46 ms unless given, at every sample rate.
    frames : range, optional
        A stretch of frames; all of them unless given.

    Returns
    -------
    Spectrogram
        ``stft`` has shape (channels, bins, frames), complex64.

    Raises
    ------
    ValueError
        If ``hop`` is more than half of ``n_fft``.
    """
    transform = choose_transform(audio.sample_rate, audio.n_samples, n_fft=n_fft, hop=hop)
    frames = range(transform.n_frames) if frames is None else frames
    result = np.empty((audio.n_channels, transform.n_bins, len(frames)), np.complex64)
    for part in stretches(frames):
        result[..., part.start - frames.start : part.stop - frames.start] = forward(
            audio, n_fft=transform.n_fft, hop=transform.hop, frames=part
        )
    return Spectrogram(result, transform, audio, frames.start)
