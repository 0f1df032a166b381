"""The sum of stems, each as loud as a mix says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from scoresep.errors import InputError
from scoresep.io.audio import AudioFile
from scoresep.io.stems_reader import StemSet
from scoresep.values import Array, Audio, Mix


class MixedStems(Audio):
    """A mix as a recording, of which each stretch is computed when it is read.

    Samples are summed in float64.  So stems in PCM that are left as they are give the bits of the recording.

    Parameters
    ----------
    stems : StemSet
    mix : Mix

    Raises
    ------
    InputError
        If the mix names a stem that is not there, or pans stems of more than two channels.
    """

    def __init__(self, stems: StemSet, mix: Mix) -> None:
        for name in (*mix.gains, *mix.pans):
            if name not in stems.names:
                raise InputError(f"{stems.folder}: has no stem '{name}'; the stems are {', '.join(stems.names)}")
        channels = {stem.channels for stem in stems.stems}
        if len(channels) > 1:
            raise InputError(f"{stems.folder}: has stems of {sorted(channels)} channels; wanted as many in each")
        (n_channels,) = channels
        if mix.pans and n_channels > 2:
            raise InputError(f"{stems.folder}: has stems of {n_channels} channels; only one or two can be panned")
        # The fields of a frozen dataclass can be set in no other way.
        object.__setattr__(self, "sample_rate", stems.sample_rate)
        object.__setattr__(self, "subtype", AudioFile(stems.stems[0].path, 0, 0).subtype)
        self._stems = [stem for stem in stems.stems if mix.gains.get(stem.name, 0.0) > -math.inf]
        self._factors = [
            np.array(mix.factors(stem.name) if mix.pans else mix.factors(stem.name)[:1])[:, None]
            for stem in self._stems
        ]
        self._shape = 2 if mix.pans else n_channels, stems.n_samples

    @property
    def samples(self) -> Array:
        """All samples, shape (channels, samples); they are computed each time."""
        return self.read(0, self.n_samples)

    @property
    def n_channels(self) -> int:
        """The number of channels."""
        return self._shape[0]

    @property
    def n_samples(self) -> int:
        """The number of samples in each channel."""
        return self._shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the samples."""
        return np.dtype(np.float64)

    def read(self, start: int, stop: int) -> Array:
        """Return the samples from ``start`` up to ``stop``, as `Audio.read` does."""
        stop = min(stop, self.n_samples)
        samples = np.zeros((self.n_channels, max(stop - start, 0)))
        for stem, factors in zip(self._stems, self._factors, strict=True):
            samples += factors * stem.read(start, stop)
        return samples
