"""Recording and score → where each note of the score sounds in the recording."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import soxr

from scoresep.errors import ScoresepWarning
from scoresep.instruments import instrument_of
from scoresep.numerics.features import (
    CLOCK,
    HIGHEST,
    LOWEST,
    RATE,
    estimate_tuning,
    pitch_energies,
    recording_features,
    score_features,
)
from scoresep.numerics.likeness import likeness_of_shifts, shifted
from scoresep.numerics.novelty import Novelty, own_novelty, struck_novelty, sustained_novelty
from scoresep.numerics.refinement import around, events_of, place_events, place_note
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
#: Two pieces resemble one another less than this, a score and its recording more (unless little of it is played).
LEAST_LIKENESS = 0.25
#: Over how much of the score (s, to each side) the local tempo is measured.
TEMPO_SPAN = 0.8
#: How much the endings of sustained notes count beside onsets, and how near to an event (s) they must be written.
ENDING_WEIGHT, ENDING_SPAN = 0.4, 0.06


def align(audio: Audio, notes: Notes, *, is_aligned: bool = False) -> Alignment:
    """Find the notes of a score in a recording.

    Dynamic time warping of pitch and onset features gives a coarse path; then each onset is placed by the novelty
    of its own pitches, with a smooth local tempo.  With ``is_aligned`` the score is in recording time already and
    stays as it is.  Warns if the score hardly resembles the recording.  Raises ValueError if there are no notes.
    """
    if not len(notes):
        raise ValueError("there are no notes to align")
    samples = soxr.resample(audio.mono(), audio.sample_rate, RATE).astype(np.float32)
    tuning = estimate_tuning(samples)
    energies = pitch_energies(samples, tuning=tuning)
    transposition, path = 0, np.array([notes.onset, notes.onset])
    if not is_aligned:
        transposition, path = _coarse_path(energies, notes)
    players = _players(notes, transposition, energies)
    onset, offset = notes.onset, notes.offset
    if not is_aligned:
        onset = _place_onsets(players, notes, path)
        path = _mean_path(notes.onset, onset)
        offset = onset + np.maximum(follow(path, notes.offset) - follow(path, notes.onset), CLOCK)
    confidence = _confidence(players, onset)
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
        transposition=transposition,
    )


def follow(path: Array, score_time: Array) -> Array:
    """Return the recording times of score times (s) along a path; beyond its ends it goes on at its mean pace."""
    inside = np.interp(score_time, path[0], path[1])
    length = path[:, -1] - path[:, 0]
    pace = length[1] / length[0] if length[0] > 0 else 1.0
    return np.asarray(
        inside + pace * (np.minimum(score_time - path[0, 0], 0) + np.maximum(score_time - path[0, -1], 0))
    )


def _coarse_path(energies: Array, notes: Notes) -> tuple[int, Array]:
    """Return the transposition in semitones and the path of dynamic time warping in seconds, shape (2, points).

    Silence at the ends is left out: it would match a rest anywhere in the score, at the price of the notes before.
    """
    audible = np.flatnonzero(energies.max(axis=0) > AUDIBLE)
    if not len(audible):
        warnings.warn("the recording is silent; the score stays where it is", ScoresepWarning, stacklevel=3)
        return 0, np.array([notes.onset, notes.onset])
    first, last = audible[[0, -1]]
    recording = recording_features(energies[:, first : last + 1], POOL)
    n_frames = recording.shape[1]
    begin = float(notes.onset.min())
    duration = max(float(notes.offset.max()) - begin, CLOCK)
    score = score_features(notes.onset - begin, notes.offset - begin, notes.pitch, duration=duration, n_frames=n_frames)
    likeness = likeness_of_shifts(score, recording, skip=SKIP_COST)
    best = max(likeness, key=lambda shift: likeness[shift])
    transposition = best if likeness[best] > max(LEAST_LIKENESS, 2 * likeness[0]) else 0
    if likeness[transposition] < LEAST_LIKENESS:
        warnings.warn(
            f"the score hardly resembles the recording (likeness {likeness[transposition]:.2f}, 0.6 is usual); "
            "look at the alignment before you trust the stems",
            ScoresepWarning,
            stacklevel=3,
        )
    if transposition:
        score = shifted(score, transposition)
    i, j = warp(score, recording, skip=SKIP_COST, radius=RADIUS)
    return transposition, _mean_path(begin + (i + 0.5) / n_frames * duration, (first + (j + 0.5) * POOL) * CLOCK)


def _mean_path(score_time: Array, time: Array) -> Array:
    """Return one point for each distinct score time, at the mean of its recording times; both rise."""
    distinct, index = np.unique(score_time, return_inverse=True)
    mean = np.bincount(index, time) / np.bincount(index)
    return np.stack([distinct, np.maximum.accumulate(mean)])


@dataclass(frozen=True, eq=False)
class _Players:
    """The novelty for each kind of instrument, and the pitch and the kind of each note."""

    novelty: dict[str, Novelty]
    pitch: Array
    kind: list[str]

    def onset(self, note: int) -> Array:
        """Return the onset novelty at the pitch of a note, shape (frames,)."""
        return np.asarray(self.novelty[self.kind[note]].onset[self.pitch[note] - LOWEST])

    def ending(self, note: int) -> Array:
        """Return the ending novelty at the pitch of a note, shape (frames,)."""
        return np.asarray(self.novelty[self.kind[note]].ending[self.pitch[note] - LOWEST])


def _players(notes: Notes, transposition: int, energies: Array) -> _Players:
    """Return the novelty of the notes, by what plays them, and the pitches that sound."""
    kind = [instrument_of(int(notes.program[i]), notes.part_name(i))[1] for i in range(len(notes))]
    compute = {"struck": struck_novelty, "sustained": sustained_novelty}
    pitch = (notes.pitch + transposition).clip(LOWEST, HIGHEST)
    return _Players({k: compute[k](energies) for k in sorted(set(kind))}, pitch, kind)


def _place_onsets(players: _Players, notes: Notes, path: Array) -> Array:
    """Return the onset of each note (s): its event's place on the best path, moved to a struck note's own onset."""
    event = events_of(notes.onset)
    first = np.flatnonzero(np.diff(event, prepend=-1))
    at = notes.onset[first]
    coarse = np.rint(follow(path, at) / CLOCK).astype(int)
    middle = (at[1:] + at[:-1]) / 2
    pace = (follow(path, middle + TEMPO_SPAN) - follow(path, middle - TEMPO_SPAN)) / (2 * TEMPO_SPAN)
    gap = np.diff(at) * np.maximum(pace, 0.05) / CLOCK
    members = np.split(np.arange(len(notes)), first[1:])
    strength = np.stack(
        [
            _strength(players, own, _ending_at(notes, time), position)
            for own, time, position in zip(members, at, coarse.tolist(), strict=True)
        ]
    )
    frames = place_events(strength, coarse, gap)[event]
    for own in members:
        for i in own if len(own) > 1 else ():
            if players.kind[i] == "struck":
                others = [int(players.pitch[k]) for k in own if players.pitch[k] != players.pitch[i]]
                novelty = own_novelty(players.novelty["struck"], int(players.pitch[i]), others)
                frames[i] = place_note(novelty, int(frames[i]))
    return frames * CLOCK


def _strength(players: _Players, begun: Array, ended: Array, position: int) -> Array:
    """Return how evident an event is around a position: the novelty of the notes that begin, and of those that end.

    A pitch that ends and begins at once tells nothing by its end.
    """
    begin = {(players.kind[i], int(players.pitch[i])): i for i in begun}
    end = {(players.kind[i], int(players.pitch[i])): i for i in ended if players.kind[i] == "sustained"}
    total = _together([players.onset(i) for i in begin.values()], position)
    if endings := [players.ending(i) for key, i in end.items() if key not in begin]:
        total = total + ENDING_WEIGHT * _together(endings, position)
    return total


def _together(rows: list[Array], position: int) -> Array:
    """Return how evident several notes are around a position; more than three are no more evident than three."""
    return np.asarray(np.sqrt(min(len(rows), 3)) * around(np.stack(rows), position).mean(axis=0))


def _ending_at(notes: Notes, time: float) -> Array:
    """Return the notes that end, as written, about a score time."""
    return np.flatnonzero((np.abs(notes.offset - time) < ENDING_SPAN) & (notes.onset < time - ENDING_SPAN / 2))


def _confidence(players: _Players, onset: Array) -> Array:
    """Return how evident each note's onset is: the share of the frames within 1 s that are less so."""
    span = round(1.0 / CLOCK)
    result = np.zeros(len(onset))
    for i, frame in enumerate(np.rint(onset / CLOCK).astype(int).tolist()):
        novelty = players.onset(i)
        if 0 <= frame < len(novelty):
            own = novelty[max(frame - 2, 0) : frame + 3].max()
            result[i] = np.mean(novelty[max(frame - span, 0) : frame + span + 1] < own) if own > 0 else 0.0
    return result
