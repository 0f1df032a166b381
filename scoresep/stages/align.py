"""Recording and score → where each note of the score sounds in the recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import soxr

from scoresep.numerics.features import (
    CLOCK,
    HIGHEST,
    LOWEST,
    RATE,
    estimate_tuning,
    novelty,
    pitch_energies,
    recording_features,
    score_features,
)
from scoresep.numerics.refinement import event_strengths, events_of, place_events, place_note
from scoresep.numerics.warping import warp
from scoresep.values import Alignment, Array, Audio, Notes

#: Frames of the fine clock in one of the coarse path.
POOL = 4
#: What it costs to skip a coarse frame at the ends of the recording or the score; matching costs about 0.3,
#: mismatching 1.
SKIP_COST = 0.5
#: How far the fine levels of the coarse path may leave the level before (frames).
RADIUS = 40
#: Below this energy, relative to the loudest, a frame at the ends of the recording is not music yet or any more.
AUDIBLE = 1e-8
#: Over how much of the score (s, to each side) the local tempo is measured.
TEMPO_SPAN = 0.8


def align(audio: Audio, notes: Notes, *, is_aligned: bool = False) -> Alignment:
    """Find the notes of a score in a recording.

    Dynamic time warping of chroma and onset features gives a coarse path; then each onset is placed by the novelty
    of its own pitches, with a smooth local tempo.  With ``is_aligned`` the score is in recording time already and
    stays as it is.  Raises ValueError if there are no notes.
    """
    if not len(notes):
        raise ValueError("there are no notes to align")
    samples = soxr.resample(audio.mono(), audio.sample_rate, RATE).astype(np.float32)
    tuning = estimate_tuning(samples)
    energies = pitch_energies(samples, tuning=tuning)
    strength = novelty(energies)
    pitch = notes.pitch.clip(LOWEST, HIGHEST)
    if is_aligned:
        onset, offset, path = notes.onset, notes.offset, np.array([notes.onset, notes.onset])
    else:
        onset = _place_onsets(strength, notes.onset, pitch, _coarse_path(energies, notes))
        path = _mean_path(notes.onset, onset)
        offset = onset + np.maximum(follow(path, notes.offset) - follow(path, notes.onset), CLOCK)
    confidence = _confidence(strength, pitch, onset)
    order = np.lexsort((notes.pitch, onset))
    return Alignment(
        notes=replace(notes, onset=onset, offset=offset).take(order),
        score_onset=notes.onset[order],
        score_offset=notes.offset[order],
        confidence=confidence[order],
        overall_confidence=float(confidence.mean()),
        path=path,
        fingerprint=audio.fingerprint,
        tuning=tuning,
    )


def follow(path: Array, score_time: Array) -> Array:
    """Return the recording times of score times (s) along a path; beyond its ends it goes on at its mean pace."""
    inside = np.interp(score_time, path[0], path[1])
    length = path[:, -1] - path[:, 0]
    pace = length[1] / length[0] if length[0] > 0 else 1.0
    return np.asarray(
        inside + pace * (np.minimum(score_time - path[0, 0], 0) + np.maximum(score_time - path[0, -1], 0))
    )


def _coarse_path(energies: Array, notes: Notes) -> Array:
    """Return the path of dynamic time warping in seconds, shape (2, points).

    Silence at the ends is left out: it would match a rest anywhere in the score, at the price of the notes before.
    """
    audible = np.flatnonzero(energies.max(axis=0) > AUDIBLE)
    first, last = (audible[0], audible[-1]) if len(audible) else (0, energies.shape[1] - 1)
    recording = recording_features(energies[:, first : last + 1], POOL)
    n_frames = recording.shape[1]
    begin = float(notes.onset.min())
    duration = max(float(notes.offset.max()) - begin, CLOCK)
    score = score_features(notes.onset - begin, notes.offset - begin, notes.pitch, duration=duration, n_frames=n_frames)
    i, j = warp(score, recording, skip=SKIP_COST, radius=RADIUS)
    return _mean_path(begin + (i + 0.5) / n_frames * duration, (first + (j + 0.5) * POOL) * CLOCK)


def _mean_path(score_time: Array, time: Array) -> Array:
    """Return one point for each distinct score time, at the mean of its recording times; both rise."""
    distinct, index = np.unique(score_time, return_inverse=True)
    mean = np.bincount(index, time) / np.bincount(index)
    return np.stack([distinct, np.maximum.accumulate(mean)])


def _place_onsets(strength: Array, score_onset: Array, pitch: Array, path: Array) -> Array:
    """Return the onset of each note (s): its event's place on the best path, moved to the note's own onset."""
    event = events_of(score_onset)
    at = score_onset[np.flatnonzero(np.diff(event, prepend=-1))]
    coarse = np.rint(follow(path, at) / CLOCK).astype(int)
    middle = (at[1:] + at[:-1]) / 2
    pace = (follow(path, middle + TEMPO_SPAN) - follow(path, middle - TEMPO_SPAN)) / (2 * TEMPO_SPAN)
    gap = np.diff(at) * np.maximum(pace, 0.05) / CLOCK
    position = place_events(event_strengths(strength, pitch, event, coarse), coarse, gap)
    is_chord = np.bincount(event)[event] > 1
    frames = [
        place_note(strength[row - LOWEST], position[k]) if chord else position[k]
        for row, k, chord in zip(pitch.tolist(), event.tolist(), is_chord.tolist(), strict=True)
    ]
    return np.array(frames) * CLOCK


def _confidence(strength: Array, pitch: Array, onset: Array) -> Array:
    """Return how strong each note's onset is: the share of the frames within 1 s that are weaker."""
    around = round(1.0 / CLOCK)
    result = np.zeros(len(onset))
    for i, (row, frame) in enumerate(zip(pitch - LOWEST, np.rint(onset / CLOCK).astype(int), strict=True)):
        if 0 <= frame < strength.shape[1]:
            near = strength[row, max(frame - around, 0) : frame + around + 1]
            own = strength[row, max(frame - 2, 0) : frame + 3].max()
            result[i] = np.mean(near < own) if own > 0 else 0.0
    return result
