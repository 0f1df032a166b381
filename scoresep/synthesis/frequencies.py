"""The frequencies of partials as the recording has them, to fractions of a bin.

They come from the change of phase within a window: Auger and Flandrin, "Improving the readability of time-frequency and
time-scale representations by the reassignment method", IEEE Trans. Signal Processing 43(5), 1995.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.fft
import scipy.ndimage

from scoresep.dsp.stft import hann, stretches, windows_of
from scoresep.synthesis.shares import model_shares
from scoresep.synthesis.tracks import Track, has_copies
from scoresep.values import Array, Audio, Decomposition, Transform

#: Bins to each side of a partial in which its frequency is measured.
NEAR = 1
#: The largest departure of a partial from where it is expected, in bins,
TOLERANCE_BINS = 1.5
#: or relative to its frequency, at first and once the note is known better.
TOLERANCES = (0.01, 0.004)
#: Partials that tell the pitch of a note at first.
FIRST_PARTIALS = 6
#: Frames over which the pitch of a sustained note is smoothed.
SMOOTHING = 3
#: A frame whose window a note fills by less than this
FILLED = 0.9
#: counts by this much for its pitch.
BARELY = 1e-4
#: Points of a window at which a note is looked at.
WINDOW_POINTS = 32
#: Frames that are worked on at once.
FRAMES_AT_ONCE = 16
#: A frequency (Hz) that counts as none.
LEAST_FREQUENCY = 1.0


def measured_tracks(audio: Audio, decomposition: Decomposition, tracks: Sequence[Track]) -> list[Track]:
    """Move the partials of notes to where they are in the recording.

    Sustained notes are moved frame by frame; of struck ones, each partial of a pitch has one frequency in the whole
    recording.  Singers keep their contours.
    """
    transform, instruments = decomposition.transform, _instruments(decomposition)
    sung = set(decomposition.contours.instrument.tolist())
    moved = [track for track in tracks if instruments[track.note] not in sung]
    place = {id(track): k for k, track in enumerate(moved)}
    found = [np.zeros((2, track.end - track.begin, len(track.ratios))) for track in moved]
    no_groups = np.zeros((0, len(decomposition.notes)))
    for frames in stretches(range(transform.n_frames), FRAMES_AT_ONCE):
        own = [track for track in moved if track.begin < frames.stop and track.end > frames.start]
        if not own:
            continue
        power, frequency = instantaneous_frequencies(audio, transform, frames)
        shares, _ = model_shares(decomposition, own, no_groups, frames)
        for track, share in zip(own, shares.mean(axis=1), strict=True):
            for frame in range(max(track.begin, frames.start), min(track.end, frames.stop)):
                t = frame - frames.start
                measured = _measure(track, frame, power[:, t] * share[:, t] ** 2, frequency[:, t], transform)
                found[place[id(track)]][:, frame - track.begin] = measured
    together: dict[tuple[int, int], list[int]] = defaultdict(list)
    result = list(moved)
    for k, track in enumerate(moved):
        key = instruments[track.note], int(decomposition.notes.pitch[track.note])
        if has_copies(decomposition, *key):
            result[k] = _bent(track, *found[k], coverage=_coverage(track, transform))
        else:
            together[key].append(k)
    for members in together.values():
        stretched = _stretched(moved[members[0]], np.concatenate([found[k] for k in members], axis=1))
        for k in members:
            result[k] = replace(moved[k], ratios=stretched)
    return [result[place[id(track)]] if id(track) in place else track for track in tracks]


def instantaneous_frequencies(audio: Audio, transform: Transform, frames: range) -> tuple[Array, Array]:
    """Give the power, and the frequency (Hz) that the phase tells, of each bin, shape (bins, frames) each."""
    windows = windows_of(audio, length=transform.n_fft, hop=transform.hop, frames=frames)
    n = transform.n_fft
    slope = (np.pi / n * np.sin(2 * np.pi * np.arange(n) / n)).astype(np.float32)  # the derivative of the window
    spectrum = scipy.fft.rfft(windows * hann(n), axis=2)
    power = np.square(np.abs(spectrum)).sum(axis=0)
    turn = np.imag(scipy.fft.rfft(windows * slope, axis=2) * spectrum.conj()).sum(axis=0)
    shift = turn / np.maximum(power, 1e-30) * (transform.sample_rate / (2 * np.pi))
    return power.T, (transform.frequencies - shift).T


def _measure(track: Track, frame: int, power: Array, frequency: Array, transform: Transform) -> Array:
    """Measure the partials of a note in a frame; give how heavy each is, and its frequency relative to the track's."""
    width = transform.sample_rate / transform.n_fft
    expected = track.ratios * track.frequency_at(np.array([frame * transform.hop / transform.sample_rate]))
    scale = 1.0
    for tolerance, count in zip(TOLERANCES, (FIRST_PARTIALS, len(track.ratios)), strict=True):
        places = scale * expected[:count]
        bins = np.rint(places / width).astype(int)[:, None] + np.arange(-NEAR, NEAR + 1)
        bins = bins.clip(0, transform.n_bins - 1)
        off = np.abs(frequency[bins] - places[:, None])
        heavy = power[bins] * (off < np.maximum(tolerance * places, TOLERANCE_BINS * width)[:, None])
        weight = heavy.sum(axis=1)
        ratio = (heavy * frequency[bins]).sum(axis=1) / np.maximum(weight, 1e-30) / expected[:count]
        relative = weight * expected[:count] ** 2
        if not relative.any():
            return np.zeros((2, len(expected)))
        scale = float(relative @ ratio / relative.sum())
    return np.stack([weight, ratio])


def _coverage(track: Track, transform: Transform) -> Array:
    """Give how much of each frame's window a note fills, from 0 to 1, shape (frames,)."""
    offsets = np.linspace(-0.5, 0.5, WINDOW_POINTS) * (transform.n_fft / transform.sample_rate)
    return np.asarray(track.envelope_at(track.times[:, None] + offsets) @ hann(WINDOW_POINTS) / (WINDOW_POINTS / 2))


def _bent(track: Track, weight: Array, ratio: Array, *, coverage: Array) -> Track:
    """Move a track by what all partials together tell in each frame; frames that it does not fill tell little."""
    heavy = weight * track.ratios**2 * np.where(coverage > FILLED, 1, BARELY)[:, None]
    total = scipy.ndimage.uniform_filter1d(heavy.sum(axis=1), SMOOTHING, mode="constant")
    moved = scipy.ndimage.uniform_filter1d((heavy * ratio).sum(axis=1), SMOOTHING, mode="constant")
    known = np.flatnonzero(total > 1e-6 * total.max(initial=0))
    if not len(known):
        return track
    factor = np.interp(np.arange(len(total)), known, (moved / np.maximum(total, 1e-30))[known])
    return replace(track, frequency=track.frequency * factor)


def _stretched(track: Track, found: Array) -> Array:
    """Move the partials of a pitch by what all its frames tell; unknown ones move as the whole."""
    weight, ratio = found
    total = weight.sum(axis=0)
    mean = (weight * ratio).sum(axis=0) / np.maximum(total, 1e-30)
    heavy = total * track.ratios**2
    if not heavy.any():
        return track.ratios
    whole = float(heavy @ mean / heavy.sum())
    return np.asarray(track.ratios * np.where(total > 1e-6 * total.max(), mean, whole))


def _instruments(decomposition: Decomposition) -> dict[int, int]:
    """Give the instrument of each note."""
    gates = decomposition.gates
    return dict(zip(gates.note.tolist(), gates.instrument.tolist(), strict=True))
