"""A recording opened for a separation: from a file or from memory, whole or a part of it, within the memory allowed."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np

from scoresep.errors import InputError
from scoresep.io.audio import AudioFile, read_audio, warn_if_clipped
from scoresep.values import Audio

#: The memory that a separation may take unless the caller says otherwise (bytes).
MAX_MEMORY = 2e9
#: The memory that a separation takes for a recording of no length (bytes).
BASE_MEMORY = 0.3e9
#: Up to this length (s), all frames of a recording are used to fit the templates; of a longer one, a part of them.
FULLY_FITTED = 1400.0
#: The memory for each second up to this length (bytes).
FULLY_FITTED_MEMORY = 0.5e6
#: The memory for each second beyond it (bytes).
LATER_MEMORY = 0.2e6
#: The share of the memory that the samples may take. If they need more, they stay in the file.
SAMPLES_SHARE = 0.25


def open_audio(
    recording: str | Path | Audio,
    *,
    start: float | None = None,
    end: float | None = None,
    max_memory: float = MAX_MEMORY,
) -> Audio:
    """Open a recording, or a part of it, for a separation that may use ``max_memory`` bytes.

    Parameters
    ----------
    recording : str, Path or Audio
        A sound file, or a recording in memory.
    start, end : float, optional
        The part to take (s).
    max_memory : float
        The memory that the separation may use (bytes).

    Returns
    -------
    Audio
        The samples of a long file stay in the file. They have been read once, so that its faults are known.

    Raises
    ------
    InputError
        If the file cannot be read, if there are no samples in the part, or if its separation needs more memory.
    ValueError
        If a time is negative or not finite.
    """
    if isinstance(recording, Audio):
        audio, name = _cut(recording, start, end), "the recording"
    else:
        audio, name = read_audio(recording, start=start, end=end, in_memory=max_memory * SAMPLES_SHARE), str(recording)
    needed = BASE_MEMORY + min(audio.duration, FULLY_FITTED) * FULLY_FITTED_MEMORY
    needed += max(audio.duration - FULLY_FITTED, 0.0) * LATER_MEMORY
    if needed > max_memory:
        raise InputError(
            f"{name}: {audio.duration / 3600:.1f} hours need about {needed / 1e9:.1f} GB of memory; allow it with "
            f"--max-memory {np.ceil(needed / 1e9):.0f}G, or take a part with --start and --end"
        )
    if isinstance(audio, AudioFile):
        deque(warn_if_clipped(audio.blocks(), name), maxlen=0)
    return audio


def _cut(audio: Audio, start: float | None, end: float | None) -> Audio:
    """Return the part of a recording from ``start`` to ``end`` (s)."""
    if not all(0 <= time < np.inf for time in (start, end) if time is not None):
        raise ValueError(f"{start=} and {end=} must be finite and not negative")
    if start is None and end is None:
        return audio
    first = round((start or 0.0) * audio.sample_rate)
    last = audio.n_samples if end is None else min(round(end * audio.sample_rate), audio.n_samples)
    if last <= first:
        raise InputError(f"no samples with {start=} and {end=}; the recording is {audio.duration:.2f} s long")
    return Audio(audio.read(first, last), audio.sample_rate, audio.subtype)
