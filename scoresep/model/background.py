"""Free components for what sounds in a recording and is not in its score."""

from __future__ import annotations

import numpy as np

from scoresep.model.instrument_models import FREE, Templates
from scoresep.model.training_frames import TrainingFrames
from scoresep.values import ANY_PITCH, NO_NOTE, Components, Gates

#: The name of the instrument, and the role, of these components.
BACKGROUND = "background"
#: What is added to random numbers from 0 to 1, so that no bin of a template begins near zero.
LEAST = 0.1


def free_components(count: int, frames: TrainingFrames, *, seed: int) -> tuple[Components, Gates, Templates]:
    """Make components of random spectra that are open all the time and belong to no note.

    Parameters
    ----------
    count : int
    frames : TrainingFrames
    seed : int
        For the random numbers.

    Returns
    -------
    components : Components
    gates : Gates
    templates : Templates
        All numbered from instrument 0.
    """
    components = Components.from_rows([(0, ANY_PITCH, 0.0, BACKGROUND)] * count)
    gates = Gates(
        np.array([NO_NOTE]), np.zeros(1, int), np.array([BACKGROUND]), np.zeros(1, int), np.full(1, frames.n_frames)
    )
    array = np.random.default_rng(seed).random((frames.first.transform.n_bins, count, 1)) + LEAST
    ties = np.full((len(frames.lower), count), FREE)
    return components, gates, Templates(array / array.sum(axis=0), ties, ties)
