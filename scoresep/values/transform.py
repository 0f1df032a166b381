"""The sizes of a short-time Fourier transform, with the recording that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values.arrays import Array


def count_frames(n_samples: int, hop: int) -> int:
    """Return the number of frames of a recording, in which each sample lies within at least two windows."""
    return -(-n_samples // hop) + 1


@dataclass(frozen=True)
class Transform:
    """The sizes of a short-time Fourier transform (STFT) of one recording.

    It travels with every value that has bins or frames.  Frame ``n`` is centred on sample ``n * hop``; bin ``k`` is
    at ``k * sample_rate / n_fft`` hertz.

    Parameters
    ----------
    sample_rate : int
        Samples a second of the recording.
    n_fft : int
        Length of the window in samples.
    hop : int
        Samples from one frame to the next, at most ``n_fft``.
    n_samples : int
        Samples in each channel of the recording.
    """

    sample_rate: int
    n_fft: int
    hop: int
    n_samples: int

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_fft", "hop"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be positive")
        if self.hop > self.n_fft:
            raise ValueError(f"hop={self.hop} must not be above n_fft={self.n_fft}")
        if self.n_samples < 0:
            raise ValueError(f"n_samples={self.n_samples} must not be negative")

    @property
    def duration(self) -> float:
        """The length of the recording (s)."""
        return self.n_samples / self.sample_rate

    @property
    def n_bins(self) -> int:
        """The number of frequency bins."""
        return self.n_fft // 2 + 1

    @property
    def n_frames(self) -> int:
        """The number of frames that it takes to cover every sample, edges included."""
        return count_frames(self.n_samples, self.hop)

    @property
    def frame_rate(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.hop

    @property
    def frequencies(self) -> Array:
        """The frequency of each bin in hertz, shape (bins,)."""
        return np.arange(self.n_bins) * self.sample_rate / self.n_fft

    @property
    def frame_times(self) -> Array:
        """The time of the centre of each frame in seconds, shape (frames,)."""
        return np.arange(self.n_frames) * self.hop / self.sample_rate
