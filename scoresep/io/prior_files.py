"""The sounds of another separator → priors, checked against the recording."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.audio import read_audio
from scoresep.values import BLOCK, Audio, Priors

#: How much the length of a prior may differ from that of the recording (s); coders of lossy formats add some samples.
LENGTH_TOLERANCE = 0.1
#: A prior softer than this, relative to the power of the recording (-80 dB), is silent.
SILENCE = 1e-8
#: The least gain with which a prior is found in the recording: one for a true stem, more for one with leakage, and
#: about zero for another recording or one that is shifted in time.
LEAST_GAIN = 0.3


def read_priors(
    sounds: Mapping[str, str | Path | Audio],
    recording: Audio,
    *,
    start: float | None = None,
    end: float | None = None,
    in_memory: float = np.inf,
) -> Priors | None:
    """Read what another separator has made of a recording.

    Parameters
    ----------
    sounds : mapping of str to str, Path or Audio
        From the notes of a sound, as in `score.prior_notes`, to its file.
    recording : Audio
        The recording, or the part of it that is separated.
    start, end : float, optional
        The part of the files to read (s), as of the recording.
    in_memory : float
        As in `read_audio`.

    Returns
    -------
    Priors or None
        Without those that are silent; None if there are no others.

    Raises
    ------
    InputError
        If a file cannot be read, if it does not have the sample rate and the length of the recording, or if it is not a
        part of it.

    Warns
    -----
    ScoresepWarning
        If a prior is silent.
    """
    found: dict[str, Audio] = {}
    for name, source in sounds.items():
        if isinstance(source, Audio):
            audio, place = source, f"the prior of {name}"
        else:
            audio, place = read_audio(source, start=start, end=end, in_memory=in_memory), str(source)
        _check_sizes(audio, recording, place)
        gain = _gain(audio, recording)
        if gain is None:
            warnings.warn(f"{place}: is silent, so it is not used", ScoresepWarning, stacklevel=2)
            continue
        if gain < LEAST_GAIN:
            raise InputError(
                f"{place}: is not a part of the recording, or is shifted in time (its gain in the recording is "
                f"{gain:.2f}, about 1 is usual); separate this recording anew"
            )
        found[name] = audio
    return Priors(recording, found) if found else None


def _check_sizes(audio: Audio, recording: Audio, place: str) -> None:
    """Raise InputError unless a prior has the sample rate and, nearly, the length of the recording."""
    if audio.sample_rate != recording.sample_rate:
        raise InputError(
            f"{place}: its sample rate is {audio.sample_rate} Hz, that of the recording {recording.sample_rate} Hz; "
            "resample it"
        )
    if abs(audio.duration - recording.duration) > LENGTH_TOLERANCE:
        raise InputError(
            f"{place}: is {audio.duration:.2f} s long, the recording {recording.duration:.2f} s; "
            "wanted a file as long as the recording"
        )


def _gain(audio: Audio, recording: Audio) -> float | None:
    """Compute the gain with which a sound is best subtracted from the recording; None for silence."""
    power = product = whole = 0.0
    for begin in range(0, audio.n_samples, BLOCK):
        sound = audio.read(begin, begin + BLOCK).astype(float)
        block = recording.read(begin, begin + BLOCK).astype(float)
        if len(sound) != len(block):
            sound, block = (array.mean(axis=0, keepdims=True) for array in (sound, block))
        n = min(sound.shape[1], block.shape[1])
        product += float((block[:, :n] * sound[:, :n]).sum())
        power += float((sound**2).sum())
        whole += float((block**2).sum())
    return product / power if power > SILENCE * whole else None
