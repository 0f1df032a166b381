"""The stages over a recording of any length, one stretch of frames after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import choose_transform, stretches
from scoresep.stages.mask import mask
from scoresep.stages.render import Sounds, masked_sounds
from scoresep.stages.stft import stft
from scoresep.values import Audio, Decomposition, Notes, Priors, Selection, Spectrogram, Transform


def spectrogram_stretches(audio: Audio, *, n_fft: int | None = None, hop: int | None = None) -> Iterator[Spectrogram]:
    """Yield the STFT of a recording in stretches of frames; the options are those of `stages.stft`."""
    transform = choose_transform(audio.sample_rate, audio.n_samples, n_fft=n_fft, hop=hop)
    sizes = {"n_fft": transform.n_fft, "hop": transform.hop}
    return ordered_map(lambda frames: stft(audio, frames=frames, **sizes), stretches(range(transform.n_frames)))


@dataclass(frozen=True, eq=False)
class MaskedDecomposition:
    """The rendering that computes the spectrogram and the masks of each stretch when they are needed.

    Parameters
    ----------
    audio : Audio
        The recording.
    decomposition : Decomposition
    selection : Selection
        The groups.
    exponent : float
    priors : Priors, optional
        As in `stages.mask`.
    """

    audio: Audio
    decomposition: Decomposition
    selection: Selection
    exponent: float = 1.5
    priors: Priors | None = None

    @property
    def transform(self) -> Transform:
        """The STFT of the decomposition."""
        return self.decomposition.transform

    @property
    def notes(self) -> Notes:
        """The notes of the groups."""
        return self.decomposition.notes

    def sounds(self, frames: range) -> Sounds:
        """Give the sound of each group in a stretch; a group is left out where it is silent."""
        spectrogram = stft(self.audio, n_fft=self.transform.n_fft, hop=self.transform.hop, frames=frames)
        masks = mask(self.decomposition, self.selection, exponent=self.exponent, priors=self.priors, frames=frames)
        return masked_sounds(spectrogram.stft, masks)
