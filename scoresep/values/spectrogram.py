"""The short-time Fourier transform of a recording."""

from __future__ import annotations

from dataclasses import dataclass

from scoresep.values.arrays import Array, require, require_sizes
from scoresep.values.audio import Audio


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """The short-time Fourier transform of a recording, or of a stretch of its frames.

    ``stft`` is complex, shape (channels, bins, frames); its first frame is frame ``first_frame`` of the
    recording, and frame n is centred on sample n * hop.
    """

    stft: Array
    n_fft: int
    hop: int
    audio: Audio
    first_frame: int = 0

    def __post_init__(self) -> None:
        require_sizes(self.n_fft, self.hop, self.first_frame)
        wanted = (self.audio.samples.shape[0], self.n_fft // 2 + 1)
        require(
            self.stft.ndim == 3 and self.stft.shape[:2] == wanted,
            f"stft must have shape {wanted} + (frames,)",
            self.stft,
        )

    @property
    def frames(self) -> range:
        """The frames of the recording that this stretch covers."""
        return range(self.first_frame, self.first_frame + self.stft.shape[2])

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.audio.fingerprint
