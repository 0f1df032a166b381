"""The short-time Fourier transform of a recording."""

from __future__ import annotations

from dataclasses import dataclass

from scoresep.values.arrays import Array, require
from scoresep.values.audio import Audio
from scoresep.values.transform import Transform


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """The short-time Fourier transform of a recording, or of a stretch of its frames.

    Parameters
    ----------
    stft : array of complex, shape (channels, bins, frames)
        Its first frame is frame ``first_frame`` of the recording.
    transform : Transform
        Its sizes.
    audio : Audio
        The recording.
    first_frame : int
        Where a stretch begins; 0 for a whole recording.
    """

    stft: Array
    transform: Transform
    audio: Audio
    first_frame: int = 0

    def __post_init__(self) -> None:
        wanted = (self.audio.n_channels, self.transform.n_bins)
        require(
            self.stft.ndim == 3 and self.stft.shape[:2] == wanted,
            f"stft must have shape {wanted} + (frames,)",
            self.stft,
        )
        found = (self.transform.sample_rate, self.transform.n_samples)
        if found != (self.audio.sample_rate, self.audio.n_samples):
            raise ValueError(f"transform is of {found[1]} samples at {found[0]} Hz, audio is not")
        if self.first_frame < 0 or self.frames.stop > self.transform.n_frames:
            raise ValueError(f"{self.first_frame=} with {self.stft.shape[2]} frames is outside of the recording")

    @property
    def frames(self) -> range:
        """The frames of the recording that this stretch covers."""
        return range(self.first_frame, self.first_frame + self.stft.shape[2])

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.audio.fingerprint
