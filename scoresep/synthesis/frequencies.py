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

from scoresep.dsp.stft import hann, stretches, windows_of
from scoresep.synthesis.shares import model_shares
from scoresep.synthesis.tracks import Track, has_copies
from scoresep.values import Array, Audio, Decomposition, Transform

#: Bins to each side of a partial in which its frequency is measured.
NEAR = 1
#: A partial is at most this far from where it is expected (bins), or as far as the next constant says, if that is more.
TOLERANCE_BINS = 1.5
#: The same relative to its frequency, at first and once the pitch of the note is known better.
TOLERANCES = (0.01, 0.004)
#: Partials that tell the pitch of a note at first.
FIRST_PARTIALS = 6
#: The window of the decomposition is so many times as long as the one in which sustained notes are measured (93 ms).
WINDOWS_IN_ONE = 3
#: The hop of the decomposition is so many times as long as the one in which sustained notes are measured.
HOPS_IN_ONE = 2
#: A note fills the window of a frame if its envelope covers at least this share of it.
FILLED = 0.9
#: The weight of frames whose window a note does not fill, beside one for the others.
BARELY = 1e-4
#: Points of the window at which that is computed.
WINDOW_POINTS = 32
#: Frames that are worked on at once.
FRAMES_AT_ONCE = 16
#: A frequency (Hz) that counts as none.
LEAST_FREQUENCY = 1.0


def measured_tracks(audio: Audio, decomposition: Decomposition, tracks: Sequence[Track]) -> list[Track]:
    """Move the partials of notes to where they are in the recording.

    Sustained notes are moved in windows that are short enough for vibrato; of struck ones, each partial of a pitch has
    one frequency in the whole recording.  Singers keep their contours.
    """
    instruments = _instruments(decomposition)
    pitch_of = {
        id(track): (instruments[track.note], int(decomposition.notes.pitch[track.note]))
        for track in tracks
        if instruments[track.note] not in decomposition.contours.instrument
    }
    moving = {key: has_copies(decomposition, *key) for key in set(pitch_of.values())}
    bent = [track for track in tracks if id(track) in pitch_of and moving[pitch_of[id(track)]]]
    struck = [track for track in tracks if id(track) in pitch_of and not moving[pitch_of[id(track)]]]
    fine = _vibrato_transform(decomposition.transform)
    found = {}
    for track, own in _measurements(audio, decomposition, bent, fine):
        frames = _fine_frames(range(track.begin, track.end), decomposition.transform, fine)
        found[id(track)] = _bent(track, own, frames, fine)
    together: dict[tuple[int, int], list[tuple[Track, Array]]] = defaultdict(list)
    for track, own in _measurements(audio, decomposition, struck, decomposition.transform):
        together[pitch_of[id(track)]].append((track, own))
    for members in together.values():
        stretched = _stretched(members[0][0], np.concatenate([own for _, own in members], axis=1))
        found.update({id(track): replace(track, ratios=stretched) for track, _ in members})
    return [found.get(id(track), track) for track in tracks]


def _vibrato_transform(transform: Transform) -> Transform:
    """Choose an STFT whose windows are short enough for vibrato."""
    n_fft = max(transform.n_fft // WINDOWS_IN_ONE, 16)
    return replace(transform, n_fft=n_fft, hop=max(min(transform.hop // HOPS_IN_ONE, n_fft // 2), 1))


def _measurements(
    audio: Audio, decomposition: Decomposition, tracks: Sequence[Track], fine: Transform
) -> list[tuple[Track, Array]]:
    """Measure the partials of notes in frames of another STFT; the shares of notes are those of the nearest frames.

    The arrays have shape (2, frames, partials): the weight of each partial, and its frequency relative to the track's.
    """
    transform = decomposition.transform
    spans = [_fine_frames(range(track.begin, track.end), transform, fine) for track in tracks]
    found = [np.zeros((2, len(span), len(track.ratios))) for span, track in zip(spans, tracks, strict=True)]
    bins = np.rint(fine.frequencies * transform.n_fft / fine.sample_rate).astype(int).clip(0, transform.n_bins - 1)
    no_groups = np.zeros((0, len(decomposition.notes)))
    for frames in stretches(range(transform.n_frames), FRAMES_AT_ONCE):
        sounding = [k for k, track in enumerate(tracks) if track.begin < frames.stop and track.end > frames.start]
        if not sounding:
            continue
        fine_frames = _fine_frames(frames, transform, fine)
        power, frequency = instantaneous_frequencies(audio, fine, fine_frames)
        shares, _ = model_shares(decomposition, [tracks[k] for k in sounding], no_groups, frames)
        nearest = _nearest_frames(fine_frames, transform, fine) - frames.start
        for k, share in zip(sounding, shares.mean(axis=1), strict=True):
            weighed = power * share[bins][:, nearest] ** 2
            for n in range(max(spans[k].start, fine_frames.start), min(spans[k].stop, fine_frames.stop)):
                t = n - fine_frames.start
                found[k][:, n - spans[k].start] = _measure(tracks[k], n, weighed[:, t], frequency[:, t], fine)
    return list(zip(tracks, found, strict=True))


def _nearest_frames(frames: range, transform: Transform, fine: Transform) -> Array:
    """Give the frame of ``transform`` that is nearest to each frame of ``fine``."""
    return np.asarray((np.asarray(frames) * fine.hop + transform.hop // 2) // transform.hop)


def _fine_frames(frames: range, transform: Transform, fine: Transform) -> range:
    """Give the frames of ``fine`` that are nearest to one of some frames of ``transform``."""
    first, last = (
        max(-(-(n * transform.hop - transform.hop // 2) // fine.hop), 0) for n in (frames.start, frames.stop)
    )
    return range(first, last)


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
    """Measure the partials of a note in a frame; give the weight of each, and its frequency relative to the track's."""
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


def _bent(track: Track, found: Array, frames: range, fine: Transform) -> Track:
    """Move a track in each frame by the mean of its partials; frames that it does not fill count little."""
    weight, ratio = found
    times = np.asarray(frames) * fine.hop / fine.sample_rate
    offsets = np.linspace(-0.5, 0.5, WINDOW_POINTS) * (fine.n_fft / fine.sample_rate)
    coverage = track.envelope_at(times[:, None] + offsets) @ hann(WINDOW_POINTS) / (WINDOW_POINTS / 2)
    heavy = weight * track.ratios**2 * np.where(coverage > FILLED, 1, BARELY)[:, None]
    total, moved = heavy.sum(axis=1), (heavy * ratio).sum(axis=1)
    known = np.flatnonzero(total > 1e-6 * total.max(initial=0))
    if not len(known):
        return track
    factor = np.interp(np.arange(len(total)), known, (moved / np.maximum(total, 1e-30))[known])
    return replace(track, times=times, frequency=track.frequency_at(times) * factor)


def _stretched(track: Track, found: Array) -> Array:
    """Move each partial of a pitch by its mean over all frames; those not found move as the others together."""
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
