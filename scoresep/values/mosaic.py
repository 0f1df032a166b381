"""Which frames of a source imitate those of a target."""

from __future__ import annotations

from dataclasses import dataclass

from scoresep.values.arrays import Array, require
from scoresep.values.transform import Transform


@dataclass(frozen=True, eq=False)
class Mosaic:
    """A mosaic before it is sound: which frames of the source are heard in each frame of the target.

    Parameters
    ----------
    activations : np.ndarray [shape=(source frames, frames)]
        How much of each frame of the source, of magnitude one, each frame of the target gets.  Frames of sources that
        are moved in pitch follow those of the source itself.
    loss : np.ndarray [shape=(iterations + 1,)]
        The Kullback-Leibler divergence before each iteration and after the last one.
    transform : Transform
        The STFT of the target, at the sample rate of the source.
    shifts : np.ndarray [shape=(sources,)]
        By how many semitones each copy of the source is moved; 0 is the source itself.
    source : str
        The fingerprint of the source.
    fingerprint : str
        The fingerprint of the target.
    """

    activations: Array
    loss: Array
    transform: Transform
    shifts: Array
    source: str
    fingerprint: str

    @property
    def frames(self) -> range:
        """All frames of the target."""
        return range(self.transform.n_frames)

    def __post_init__(self) -> None:
        wanted = self.activations.ndim == 2 and self.activations.shape[1] == self.transform.n_frames
        require(wanted, f"activations must have {self.transform.n_frames} frames", self.activations)
        require(self.loss.ndim == 1, "loss must have shape (iterations + 1,)", self.loss)
        require(self.shifts.ndim == 1, "shifts must have shape (sources,)", self.shifts)
