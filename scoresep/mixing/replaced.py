"""A recording with one of its stems replaced by another sound."""

from __future__ import annotations

import math

import numpy as np
import soxr

from scoresep.errors import InputError
from scoresep.io.stems_reader import StemSet
from scoresep.mixing.mixed_stems import MixedStems
from scoresep.values import Audio, Mix


def replace_stem(stems: StemSet, name: str, sound: Audio) -> Audio:
    """Return the sum of all stems, with another sound in place of one of them.

    Parameters
    ----------
    stems : StemSet
    name : str
        The stem to leave out.
    sound : Audio
        What is heard instead, at any sample rate.  One channel is put into each of the stems; otherwise it has as many
        as they have, or its channels are averaged.

    Returns
    -------
    Audio
        With the channels and the sample rate of the stems, and as long as they are.

    Raises
    ------
    InputError
        If there is no such stem.
    """
    others = MixedStems(stems, Mix({name: -math.inf}))
    total = others.samples
    samples = sound.samples.astype(np.float64)
    if len(samples) not in (1, len(total)):
        samples = samples.mean(axis=0, keepdims=True)
    if sound.sample_rate != others.sample_rate:
        samples = soxr.resample(samples.T, sound.sample_rate, others.sample_rate).T
    length = min(samples.shape[1], total.shape[1])
    total[:, :length] += samples[:, :length]
    return Audio(total, others.sample_rate, others.subtype)


def stem_audio(stems: StemSet, name: str) -> Audio:
    """Return one stem as a recording of its own.  Raises InputError if there is no such stem."""
    if name not in stems.names:
        raise InputError(f"{stems.folder}: has no stem '{name}'; the stems are {', '.join(stems.names)}")
    return MixedStems(stems, Mix({other: -math.inf for other in stems.names if other != name}))
