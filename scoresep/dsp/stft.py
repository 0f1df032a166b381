"""The short-time Fourier transform of any stretch of frames, and its inverse by overlap-add.

Conventions: a periodic Hann window; frame ``n`` is centred on sample ``n * hop``; samples outside the
recording are zero; ``hop`` is at most half of ``n_fft``.  A stretch is a ``range`` of frames with step 1.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.fft

from scoresep.values import Array, Audio, Spectrogram, Transform
from scoresep.values.transform import count_frames

#: Default hop, about 46 ms (s): 2048 samples at 44.1 kHz.
DEFAULT_HOP = 2048 / 44100
#: Default length of the window, in hops: 279 ms.
HOPS_IN_WINDOW = 6
#: Frames in a stretch: enough for fast matrix products, few enough that the masks of fifty single notes fit in memory.
STRETCH_FRAMES = 64


def default_hop(sample_rate: int) -> int:
    """Return the hop (samples) next to `DEFAULT_HOP` for which an FFT is fast."""
    return int(scipy.fft.next_fast_len(max(round(DEFAULT_HOP * sample_rate), 1), real=True))


def stretches(frames: range, size: int = STRETCH_FRAMES) -> list[range]:
    """Divide a range of frames at the multiples of ``size``."""
    borders = [frames.start, *range((frames.start // size + 1) * size, frames.stop, size), frames.stop]
    return [range(start, stop) for start, stop in zip(borders, borders[1:], strict=False)]


@cache
def hann(length: int) -> Array:
    """Return the periodic Hann window, shape (length,), float32."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.flags.writeable = False
    return window


def windows_of(audio: Audio, *, length: int, hop: int, frames: range) -> Array:
    """Return the samples under each frame's window, shape (channels, frames, length), float32.

    Only the samples that the stretch needs are read.
    """
    begin = frames.start * hop - length // 2
    end = (frames.stop - 1) * hop - length // 2 + length
    padded = np.zeros((audio.n_channels, end - begin), np.float32)
    inside = audio.read(max(begin, 0), max(end, 0))
    offset = max(-begin, 0)
    padded[:, offset : offset + inside.shape[1]] = inside
    return np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)[:, ::hop]


def forward(audio: Audio, *, n_fft: int, hop: int, frames: range) -> Array:
    """Return the STFT of a stretch, shape (channels, bins, frames), complex64."""
    windows = windows_of(audio, length=n_fft, hop=hop, frames=frames)
    return spectra_of(windows)


def spectra_of(windows: Array) -> Array:
    """Transform the samples under each window, shape (channels, frames, n_fft), to (channels, bins, frames)."""
    return np.asarray(scipy.fft.rfft(windows * hann(windows.shape[2]), axis=2).swapaxes(1, 2))


def inverse(spectrum: Array, *, n_fft: int, hop: int) -> Array:
    """Compute the overlap-add of the windowed frames of a stretch, as `join_stretch` needs it.

    ``spectrum`` has shape (channels, bins, frames), the result (channels, (frames - 1) * hop + n_fft).
    """
    windows = scipy.fft.irfft(spectrum.swapaxes(1, 2), n=n_fft, axis=2)
    windows *= hann(n_fft)
    total = np.zeros((len(spectrum), (spectrum.shape[2] - 1) * hop + n_fft), np.float32)
    for k in range(spectrum.shape[2]):
        total[:, k * hop : k * hop + n_fft] += windows[:, k]
    return total


def join_stretch(
    total: Array, tail: Array | None, *, n_fft: int, hop: int, frames: range, n_samples: int
) -> tuple[Array, Array]:
    """Compute the samples that are complete after a stretch, and the tail that overlaps the next stretch.

    This is the least-squares inverse of Griffin and Lim (1984): the overlap-add of the windowed frames, divided by the
    sum of the squared windows.  The tail is not divided yet.

    Parameters
    ----------
    total : array, shape (channels, (frames - 1) * hop + n_fft)
        The result of `inverse` for the stretch.
    tail : array, shape (channels, samples), or None
        The tail of the stretch before; None for the first one.
    n_fft, hop : int
    frames : range
        The stretch.
    n_samples : int
        The length of the recording.

    Returns
    -------
    samples : array, shape (channels, samples)
        Those of `finished_samples`.
    tail : array, shape (channels, n_fft - hop)
    """
    if tail is not None:
        total = total.copy()
        total[:, : tail.shape[1]] += tail
    span = finished_samples(frames, n_fft=n_fft, hop=hop, n_samples=n_samples)
    shift = frames.start * hop - n_fft // 2
    done = total[:, span.start - shift : span.stop - shift]
    weight = _weight(span, n_fft=n_fft, hop=hop, n_samples=n_samples)
    # Adding zero turns -0.0 into 0.0: a silent group has the same bits whether it was computed or left out.
    return done / weight + np.float32(0), total[:, len(frames) * hop :].copy()


def finished_samples(frames: range, *, n_fft: int, hop: int, n_samples: int) -> range:
    """Return the samples that the stretch ``frames`` completes: no later frame overlaps them."""
    start = max(frames.start * hop - n_fft // 2, 0)
    is_last = frames.stop >= count_frames(n_samples, hop)
    stop = n_samples if is_last else min(max(frames.stop * hop - n_fft // 2, 0), n_samples)
    return range(min(start, stop), stop)


def _weight(span: range, *, n_fft: int, hop: int, n_samples: int) -> Array:
    """Return the sum of the squared windows of all frames, at the samples of ``span``, shape (samples,)."""
    squared = hann(n_fft) ** 2
    first = max(-(-(span.start + n_fft // 2 - n_fft + 1) // hop), 0)
    last = min((span.stop - 1 + n_fft // 2) // hop, count_frames(n_samples, hop) - 1)
    total = np.zeros(len(span) + 2 * n_fft, np.float32)
    for frame in range(first, last + 1):
        start = frame * hop - n_fft // 2 - span.start + n_fft
        total[max(start, 0) : start + n_fft] += squared[max(-start, 0) : max(len(total) - start, 0)]
    return np.maximum(total[n_fft : n_fft + len(span)], 1e-8)


def choose_transform(
    sample_rate: int, n_samples: int, *, n_fft: int | None = None, hop: int | None = None
) -> Transform:
    """Choose the sizes of an STFT.

    Parameters
    ----------
    sample_rate, n_samples : int
        Those of the recording.
    n_fft : int, optional
        Length of the window in samples; `HOPS_IN_WINDOW` hops unless given.
    hop : int, optional
        Samples from one frame to the next; unless given, `n_fft / HOPS_IN_WINDOW`, or `DEFAULT_HOP` if ``n_fft`` is not
        given either.

    Returns
    -------
    Transform

    Raises
    ------
    ValueError
        If ``hop`` is more than half of ``n_fft``.
    """
    if hop is None:
        hop = default_hop(sample_rate) if n_fft is None else max(n_fft // HOPS_IN_WINDOW, 1)
    if n_fft is None:
        n_fft = HOPS_IN_WINDOW * hop
    if not 0 < hop <= n_fft // 2:
        raise ValueError(f"{hop=} must be from 1 to half of {n_fft=}")
    return Transform(sample_rate, n_fft, hop, n_samples)


def magnitude(spectrogram: Spectrogram) -> Array:
    """Return the root mean square of the magnitudes of all channels, shape (bins, frames), float32."""
    return channel_mean(spectrogram.stft)


def channel_mean(stft: Array) -> Array:
    """Return the root mean square of the magnitudes of all channels of an STFT, shape (bins, frames), float32."""
    if len(stft) == 1:
        return np.asarray(np.abs(stft[0]))
    return np.asarray(np.sqrt(np.square(np.abs(stft)).mean(axis=0)))
