"""A recording in another tempo, along its alignment with the score; pitches and attacks stay as they are.

Conventions: a path has shape (2, points), times of the result over times of the recording (s), both rising.
"""

from __future__ import annotations

import math

import numpy as np

from scoresep.alignment.unfolded_path import unfolded_path
from scoresep.dsp.time_stretch import Warping, map_along, warping
from scoresep.errors import InputError
from scoresep.exports.timeline import timeline
from scoresep.io.stems_manifest import RECORD
from scoresep.io.stems_reader import StemSet
from scoresep.values import Alignment, Array, Audio

#: The longest result (s): four hours.
LONGEST = 4 * 3600.0


def warp(recording: Audio, alignment: Alignment, *, tempo: float | None = None, factor: float | None = None) -> Audio:
    """Play a recording in the tempo of its score, or in another one.

    Pitches stay as they are, and so do attacks: the sound is stretched between them.

    Parameters
    ----------
    recording : Audio
    alignment : Alignment
        The notes of the score in the recording.
    tempo : float, optional
        Quarters a minute, the same from the first beat to the last.  Without it, times are those of the score: the
        repeats are unfolded, and what the recording has before the beginning of the score is left out.
    factor : float, optional
        Keep the tempo as it is played, but so many times as fast.

    Returns
    -------
    Audio
        At the sample rate of the recording.

    Raises
    ------
    InputError
        If there is a ``tempo`` and the alignment has no bars, or if the result would be longer than four hours.
    ValueError
        If ``tempo`` or ``factor`` is not above zero, or if both are given.

    References
    ----------
    .. [1] Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality
       time-scale modification of speech", ICASSP 1993.

    Examples
    --------
    >>> import scoresep
    >>> recording = scoresep.read_audio("waltz.flac")  # doctest: +SKIP
    >>> alignment = scoresep.align(recording, scoresep.read_score("waltz.mid"))  # doctest: +SKIP
    >>> scoresep.write_audio("in_time.wav", scoresep.warp(recording, alignment))  # doctest: +SKIP
    """
    path = new_times(alignment, tempo=tempo, factor=factor)
    return warp_along(recording, find_warping(recording, alignment, path))


def new_times(alignment: Alignment, *, tempo: float | None = None, factor: float | None = None) -> Array:
    """Return the path to the tempo of the score, to ``tempo`` quarters a minute, or to ``factor`` times that as played.

    Parameters and errors are those of `warp`.
    """
    if tempo is not None and factor is not None:
        raise ValueError("tempo and factor cannot be used together")
    if not all(0 < number < math.inf for number in (tempo, factor) if number is not None):
        raise ValueError(f"tempo and factor must be above zero; they are {tempo} and {factor}")
    if factor is not None:
        end = max(alignment.duration, 1.0)
        return np.array([[-end / factor, 2 * end / factor], [-end, 2 * end]])
    path = unfolded_path(alignment)
    if tempo is not None:
        return _even_times(alignment, path, tempo)
    begin = max(float(map_along(path, np.zeros(1))[0]), min(float(path[0, 0]), 0.0))
    return np.stack([path[0] - begin, path[1]])


def _even_times(alignment: Alignment, path: Array, tempo: float) -> Array:
    """Return the path to so many quarters a minute from the first beat to the last; before it nothing changes."""
    line = timeline(alignment)
    position, score_time = line.unfolded
    time = line.time[-len(position) :]
    inside = path[:, (path[0] > score_time[0]) & (path[0] < score_time[-1])]
    known = np.concatenate([np.stack([score_time, time]), inside], axis=1)
    known = known[:, np.lexsort((known[0], known[1]))]
    quarters = np.maximum.accumulate(np.interp(known[0], score_time, position - position[0]))
    return np.stack([time[0] + 60 / tempo * quarters, known[1]])


def find_warping(recording: Audio, alignment: Alignment, path: Array) -> Warping:
    """Find how to stretch a recording along a path; the same for all its stems.

    Raises InputError if the result would be longer than four hours.
    """
    duration = float(map_along(path, np.array([recording.duration]))[0])
    if duration > LONGEST:
        raise InputError(f"the result would be {duration / 3600:.1f} hours long; wanted at most {LONGEST / 3600:.0f}")
    sounding = alignment.notes.take(alignment.in_recording)
    mono = np.concatenate([block.mean(axis=0, dtype=np.float64) for block in recording.blocks()])
    return warping(mono, path, sounding.onset, recording.sample_rate, duration=duration)


def alignment_of(stems: StemSet) -> Alignment:
    """Return the alignment that stems were made by.  Raises InputError if their folder does not tell."""
    if stems.record is None:
        raise InputError(f"{stems.folder}: has no {RECORD}, which has the alignment; make the stems with this version")
    return stems.record.alignment


def warp_along(sound: Audio, found: Warping) -> Audio:
    """Stretch a recording, or a stem of it."""
    stretched = found.apply(sound.read(0, sound.n_samples))
    return Audio(stretched.astype(np.float32), sound.sample_rate, sound.subtype)
