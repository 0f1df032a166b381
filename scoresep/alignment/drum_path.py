"""The coarse alignment of a score by its drums, where there are no pitched notes to follow, or too few.

Features of recording and score tell, for each family of pieces, how strongly hits begin.  Drums repeat themselves, so a
path that keeps its tempo is far more likely than one that does not.

Conventions: features have shape (families + 3, frames), a frame for each `features.FEATURE_PERIOD`, columns of norm
one; other conventions are those of `scoresep.alignment.coarse`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scoresep.alignment.coarse import CoarseAlignment
from scoresep.alignment.drum_onsets import FAMILIES, drum_novelty
from scoresep.alignment.dtw import warping_path
from scoresep.alignment.features import FEATURE_PERIOD, POOLING
from scoresep.alignment.paths import map_times, monotonic_path
from scoresep.alignment.score_features import ScoreFeatures
from scoresep.alignment.similarity import TRANSPOSITIONS
from scoresep.dsp.stft import stretches
from scoresep.score.drum_kit import DRUM_FAMILIES, drum_piece
from scoresep.values import Array, Notes

#: Factor that brings the similarity of drums to the scale of `similarity`: a recording and its score have about 0.6,
#: most others less than ``MIN_SIMILARITY``; but a song with the same pattern cannot be told.
_SIMILARITY_SCALE = 1.1
#: The pitched notes of a song are more similar to it than they are in any other key, by this at least.  Placed by the
#: drums of five real songs, those of the right song are by 0.10 to 0.22, those of another by 0.04 at most.
MIN_KEY_MARGIN = 0.06
#: Fewer hits do not tell whether a score is that of a recording.
FEWEST_HITS = 16
#: Frames over which an onset decays.
_ONSET_DECAY = 4
#: The recording is compared from its first to its last frame with this share of its strongest onset.
_AUDIBLE_ONSET = 0.3
#: Exponent that turns the magnitudes of a spectrum into a rise of compressed energy, as `drum_onsets` has it.
_RESPONSE_EXPONENT = 0.4
#: What every frame has in common, so that frames without onsets are alike.
_REST = 0.3
#: What no two frames have in common: with it, a step that is not diagonal costs even where frames are alike.
_STEADINESS = 1.36
#: The same for the path whose similarity is measured: hardly any pattern fits another one at a steady tempo.
_STRICT_STEADINESS = 3.5
#: Cost of a frame before the beginning or after the end of the path, of either sequence.
_SKIP_COST = 1.5
#: Half the width of the band around a path that was found with longer frames.
_BAND_RADIUS = 20
#: The path is first searched among so many frames: longer ones would blur the pattern.
_SEARCHED_FRAMES = 4000
#: How long the last hit of a score sounds (s).
_LAST_HIT = 0.3
#: Frames of energies that are worked on at once; this bounds the memory.
_CHUNK_FRAMES = 4096 * POOLING


def align_by_drums(energies: Array, readings: Sequence[Notes], anchors: Array) -> CoarseAlignment:
    """Align a recording with the reading of a score whose drums it has.

    Parameters
    ----------
    energies
        Those of `drum_onsets.drum_band_energies`, shape (bands, energy frames).
    readings
        The notes of the score in the orders in which they may be played; drum notes alone count.
    anchors
        Shape (anchors, 2): score times and the recording times at which they sound; the latter rise.

    Returns
    -------
    CoarseAlignment
        That of the greatest similarity: the mean one of the features along the path, times the share of its steps that
        keep the tempo, on the scale of `alignment.similarity`.
    """
    onsets = _recording_onsets(energies)
    audible = np.flatnonzero(onsets.max(axis=0) > _AUDIBLE_ONSET * max(float(onsets.max()), 1e-9))
    first, stop = (int(audible[0]), int(audible[-1]) + 1) if len(audible) else (0, onsets.shape[1])
    stop = min(stop + round(_LAST_HIT / FEATURE_PERIOD), onsets.shape[1])
    found = [_aligned(onsets[:, first:stop], first, notes, anchors) for notes in readings]
    return max(found, key=lambda coarse: coarse.similarity)


def key_margin(features: Array, coarse: CoarseAlignment) -> float:
    """Tell by how much pitched notes are more similar to a recording as they are than in any other key.

    Parameters
    ----------
    features
        Those of the recording, see `alignment.features`.
    coarse
        An alignment that knows nothing of the pitched notes.

    Returns
    -------
    float
        Mean cosine similarity while they sound, less the greatest one of other transpositions; negative if another
        key fits better.
    """
    notes = coarse.notes.take(~coarse.notes.is_drum)
    onset, offset = map_times(coarse.path, notes.onset), map_times(coarse.path, notes.offset)
    placed = replace(notes, onset=onset, offset=np.maximum(offset, onset + FEATURE_PERIOD))
    n_frames = features.shape[1]
    sounding = np.zeros(n_frames + 1, int)
    for ends, step in ((placed.onset, 1), (placed.offset + FEATURE_PERIOD, -1)):
        np.add.at(sounding, (ends / FEATURE_PERIOD).astype(int).clip(0, n_frames), step)
    frames = np.flatnonzero(np.cumsum(sounding[:-1]) > 0)
    values = {}
    for semitones in TRANSPOSITIONS:
        score = ScoreFeatures(placed, semitones)
        total = 0.0
        for chunk in stretches(range(n_frames), _CHUNK_FRAMES // POOLING):
            own = frames[(frames >= chunk.start) & (frames < chunk.stop)]
            part = score.passage(chunk.start * FEATURE_PERIOD, chunk.stop * FEATURE_PERIOD, len(chunk))
            total += float(np.vdot(part[:, own - chunk.start], features[:, own]))
        values[semitones] = total / max(len(frames), 1)
    return values.pop(0) - max(values.values())


def _aligned(onsets: Array, first: int, notes: Notes, anchors: Array) -> CoarseAlignment:
    """Align a recording, whose onsets begin with its frame ``first``, with one reading."""
    drums = notes.take(notes.is_drum)
    n_frames, begin = onsets.shape[1], float(drums.onset.min())
    end = float(drums.onset.max()) + _LAST_HIT
    frame = (end - begin) / n_frames
    score = _score_onsets(drums, begin, frame, n_frames)
    rows, columns = (anchors[:, 0] - begin) / frame, anchors[:, 1] / FEATURE_PERIOD - first
    pins = np.column_stack([rows, columns]).astype(int).clip(0, n_frames - 1)
    i, j, _ = _path(score, onsets, pins, _STEADINESS)
    path = monotonic_path(begin + (i + 0.5) * frame, (first + j + 0.5) * FEATURE_PERIOD)
    sections = np.array([[notes.onset.min(), notes.offset.max(), path[1, 0], path[1, -1]]])
    similarity = _path(score, onsets, pins, _STRICT_STEADINESS)[2]
    return CoarseAlignment(notes, 0, sections, path, _SIMILARITY_SCALE * max(similarity, 0.0))


def _path(score: Array, recording: Array, pins: Array, steadiness: float) -> tuple[Array, Array, float]:
    """Return the frames of score and recording along the path of their onsets, and how similar they are there."""
    rows, columns = _features(score, (0.0, steadiness)), _features(recording, (steadiness, 0.0))
    i, j = warping_path(rows, columns, skip=_SKIP_COST, radius=_BAND_RADIUS, pins=pins, max_frames=_SEARCHED_FRAMES)
    alike = float(np.vdot(rows[:, i], columns[:, j])) * (1 + steadiness**2) / max(score.shape[1], len(i))
    steady = float(np.mean((np.diff(i) == 1) & (np.diff(j) == 1))) if len(i) > 1 else 0.0
    return i, j, alike * steady


def _recording_onsets(energies: Array) -> Array:
    """Return how strongly hits of each family begin in a recording, shape (families, frames)."""
    n_frames = -(-energies.shape[1] // POOLING)
    onsets = np.zeros((len(FAMILIES), n_frames * POOLING), np.float32)
    for chunk in stretches(range(energies.shape[1]), _CHUNK_FRAMES):
        context = min(chunk.start, POOLING)
        part = drum_novelty(energies[:, chunk.start - context : chunk.stop + POOLING]).onset
        onsets[:, chunk.start : chunk.stop] = part[:, context : context + len(chunk)]
    return np.asarray(onsets.reshape(len(FAMILIES), n_frames, POOLING).max(axis=2))


def _score_onsets(drums: Notes, begin: float, frame: float, n_frames: int) -> Array:
    """Return how strongly hits of each family should begin, shape (families, frames)."""
    onsets = np.zeros((len(FAMILIES), n_frames), np.float32)
    responses = _responses()
    position = ((drums.onset - begin) / frame).astype(int).clip(0, n_frames - 1)
    for key, column in zip(drums.pitch.tolist(), position.tolist(), strict=True):
        response = responses[:, FAMILIES.index(drum_piece(key).family)]
        np.maximum(onsets[:, column], response, out=onsets[:, column])
    return onsets


def _responses() -> Array:
    """Return how strongly a hit shows in the band of each family, shape (families that show, families that are hit)."""
    frequencies = np.linspace(0, 11025, 2048)
    found = np.empty((len(FAMILIES), len(FAMILIES)), np.float32)
    for k, name in enumerate(FAMILIES):
        spectrum = DRUM_FAMILIES[name].spectrum(frequencies)
        bands = [DRUM_FAMILIES[other].onset_band for other in FAMILIES]
        means = np.array([spectrum[(frequencies >= low) & (frequencies < high)].mean() for low, high in bands])
        found[:, k] = (means / means.max()) ** _RESPONSE_EXPONENT
    return found


def _features(onsets: Array, own: tuple[float, float]) -> Array:
    """Return features of onsets: each family's by how far they are from its mean, decaying over a few frames.

    ``own`` stands in two rows more, before the columns are scaled to norm one.
    """
    decaying = onsets.copy()
    for delay in range(1, min(_ONSET_DECAY, onsets.shape[1])):
        weight = np.float32(np.sqrt(1 - delay / _ONSET_DECAY))
        np.maximum(decaying[:, delay:], weight * onsets[:, :-delay], out=decaying[:, delay:])
    spread = decaying.std(axis=1, keepdims=True)
    scaled = np.where(spread > 1e-3, (decaying - decaying.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-3), 0)
    rows = np.concatenate([scaled, np.full((1, onsets.shape[1]), _REST)])
    rows /= np.linalg.norm(rows, axis=0)
    more = np.repeat(np.array(own)[:, None], onsets.shape[1], axis=1)
    return np.asarray(np.concatenate([rows, more]) / np.sqrt(1 + sum(own) ** 2), np.float32)
