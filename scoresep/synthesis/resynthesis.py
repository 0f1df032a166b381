"""Harmonic plus noise: the partials of each note by least squares, and the noise of its attack.

After Serra and Smith, "Spectral modeling synthesis", Computer Music Journal 14(4), 1990, with the frequencies of the
score's notes in place of peaks that are followed from frame to frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.stft import forward, hann, inverse, stretches
from scoresep.stages.render import Sounds
from scoresep.synthesis.atoms import fit_amplitudes, make_atoms
from scoresep.synthesis.frequencies import measured_tracks
from scoresep.synthesis.shares import model_shares
from scoresep.synthesis.tracks import Track, make_tracks
from scoresep.values import Array, Audio, Decomposition, Notes, Selection, Transform

#: How much the decomposition counts beside the recording where both tell the amplitude of a partial.
PRIOR_WEIGHT = 0.3
#: Frames that are worked on at once; few enough that a spectrogram for each sounding note fits in memory.
FRAMES_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class Resynthesis:
    """The rendering that makes the sound of each group from partials and noise.

    The frequencies of partials are those of the decomposition's notes; their complex amplitudes in each frame come from
    least squares on the spectrum of the recording.  What is left of the recording without all partials is divided by
    the noise of the model: attacks, drums and consonants.

    Parameters
    ----------
    audio : Audio
        The recording.
    decomposition : Decomposition
    selection : Selection
        The groups.
    tracks : sequence of Track
        The partials of the notes.
    prior_weight : float
        How much the decomposition counts beside the recording for the amplitudes of partials; positive.
    """

    audio: Audio
    decomposition: Decomposition
    selection: Selection
    tracks: Sequence[Track]
    prior_weight: float = PRIOR_WEIGHT

    @classmethod
    def plan(
        cls, audio: Audio, decomposition: Decomposition, selection: Selection, *, prior_weight: float = PRIOR_WEIGHT
    ) -> Resynthesis:
        """Measure the frequencies of all partials in the recording."""
        tracks = measured_tracks(audio, decomposition, make_tracks(decomposition))
        return cls(audio, decomposition, selection, tracks, prior_weight)

    @property
    def transform(self) -> Transform:
        """The STFT of the decomposition."""
        return self.decomposition.transform

    @property
    def notes(self) -> Notes:
        """The notes of the groups."""
        return self.decomposition.notes

    def sounds(self, frames: range) -> Sounds:
        """Make the sound of each group in a stretch; a group is left out where it is silent."""
        sizes = {"n_fft": self.transform.n_fft, "hop": self.transform.hop}
        total = np.zeros(
            (len(self.selection.names), self.audio.n_channels, self.transform.n_bins, len(frames)), np.complex64
        )
        for part in stretches(frames, FRAMES_AT_ONCE):
            total[..., part.start - frames.start : part.stop - frames.start] = self._spectra(part)
        return Sounds(
            frames,
            {name: inverse(own, **sizes) for name, own in zip(self.selection.names, total, strict=True) if own.any()},
        )

    def _spectra(self, frames: range) -> Array:
        """Give the spectrum of each group, shape (groups, channels, bins, frames)."""
        spectrum = forward(self.audio, n_fft=self.transform.n_fft, hop=self.transform.hop, frames=frames)
        tracks = [track for track in self.tracks if track.begin < frames.stop and track.end > frames.start]
        share, noise = model_shares(self.decomposition, tracks, self.selection.weights, frames)
        result = np.zeros((len(self.selection.names), *spectrum.shape), np.complex64)
        for t, frame in enumerate(frames):
            groups = self._partials(spectrum[..., t], tracks, share[..., t], frame)
            left = spectrum[..., t] - groups[-1]
            result[..., t] = groups[:-1] + noise[..., t] * left
        return result

    def _partials(self, spectrum: Array, tracks: Sequence[Track], share: Array, frame: int) -> Array:
        """Give the partials of each group and, last, of all notes in a frame, shape (groups + 1, channels, bins)."""
        weights = self.selection.weights[:, [track.note for track in tracks]]
        weights = np.concatenate([weights, np.ones((1, len(tracks)))])
        result = np.zeros((len(weights), *spectrum.shape), np.complex128)
        sounding = [k for k, track in enumerate(tracks) if track.begin <= frame < track.end and share[k].any()]
        if not sounding:
            return result
        atoms = make_atoms([tracks[k] for k in sounding], frame, self.transform)
        own = share[sounding].swapaxes(1, 2)[atoms.track[:, None], atoms.bins]
        is_heard = np.flatnonzero(own.any(axis=(1, 2)))
        atoms, own = atoms.take(is_heard), own[is_heard].swapaxes(1, 2)
        scale = 2 / float(hann(self.transform.n_fft).sum())  # a partial of amplitude one has a peak of one
        amplitudes = fit_amplitudes(atoms, spectrum * scale, own, self.prior_weight) / scale
        weights = weights[:, np.array(sounding)[atoms.track]]
        for group, weight in enumerate(weights):
            chosen = np.flatnonzero(weight)
            result[group] = atoms.take(chosen).sum(amplitudes[chosen] * weight[chosen, None], spectrum.shape[1])
        return result
