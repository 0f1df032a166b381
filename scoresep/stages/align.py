"""Stage: recording and score → where each note of the score sounds in the recording."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoresep.alignment.coarse import CoarseAlignment, align_coarsely
from scoresep.alignment.confidence import GOOD_SIMILARITY, fit_as_a_whole, fit_of_frames, unmatched_passages
from scoresep.alignment.drum_onsets import drum_band_energies, drum_novelty
from scoresep.alignment.drum_path import FEWEST_HITS, MIN_KEY_MARGIN, align_by_drums, key_margin
from scoresep.alignment.features import FEATURE_PERIOD, POOLING, recording_features
from scoresep.alignment.onset_novelty import EnergiesOf, OnsetEvidence
from scoresep.alignment.onset_placement import NoteNovelty, place_onsets, rank_onsets
from scoresep.alignment.partial_path import align_partial_score
from scoresep.alignment.partial_scores import CHANCE_SIGNIFICANCE, match_partial_score, weaken_onsets
from scoresep.alignment.paths import map_times, monotonic_path
from scoresep.alignment.pitch_energies import ENERGY_PERIOD, pitch_energies
from scoresep.alignment.remarks import describe_match, remarks
from scoresep.alignment.similarity import MIN_SIMILARITY
from scoresep.alignment.tuning import estimate_tuning
from scoresep.alignment.unfolded_pair import extend_to_score_ends
from scoresep.dsp.downmix import MonoAudio, downmix
from scoresep.errors import InputError, ScoresepWarning
from scoresep.model.instrument_models import INSTRUMENT_MODELS
from scoresep.score.bars import anchor_times
from scoresep.score.instruments import note_instruments
from scoresep.score.unfolding import to_score_time, unfold, unfolded_time
from scoresep.times import show_time
from scoresep.values import Alignment, Array, Audio, BarAnchors, Notes

#: Frames at the beginning and the end of a recording whose energy is below this, relative to the loudest, are left out.
AUDIBLE_ENERGY = 1e-8
#: A recording shorter than this (s) is too short to tell whether the score is its own.
MIN_DURATION = 4.0
#: A recording shorter than this (s) is too short to tell whether a score resembles it by chance.
MIN_DOUBTED_DURATION = 8.0
#: In a recording longer than this (s), a score of another piece does not pass for that of the recording by chance.
MAX_DOUBTED_DURATION = 60.0
#: How far before or after the score an anchor may be (s).
ANCHOR_TOLERANCE = 0.01


def align(
    recording: Audio | MonoAudio,
    notes: Notes | Sequence[Notes],
    *,
    is_aligned: bool = False,
    anchors: Array | BarAnchors | None = None,
    force: bool = False,
) -> Alignment:
    """Find where each note of a score sounds in a recording.

    Dynamic time warping of pitch and onset features gives a coarse path, through repeats and cuts.  Then each onset is
    placed by the novelty at its own pitch, with a smooth local tempo.  A score that has only a part of what sounds is
    found by its greatest gain.  A ScoresepWarning tells of jumps, of another key and of passages that do not match.

    Parameters
    ----------
    recording
        The recording, or its downmix.
    notes
        The notes of a score; or several readings of it (with and without repeats), of which the one that is played is
        found and aligned.  With anchors or with ``is_aligned`` the first reading is taken.
    is_aligned
        The notes are in recording time already and stay where they are.
    anchors
        Shape (anchors, 2): score times and the recording times at which they sound, in seconds; the latter rise.  Or
        bars and beats of the score, with such recording times.
    force
        Do not refuse a score that does not match the recording.

    Returns
    -------
    Alignment
        The notes in recording time, sorted by onset and pitch.  A note that is played twice is there twice.

    Raises
    ------
    InputError
        If the score does not match the recording, or if anchors lie outside of either or are not in order.
    ValueError
        If there are no notes, if their onsets do not rise, or if anchors have another shape.
    """
    readings = [notes] if isinstance(notes, Notes) else list(notes)
    if not readings or not all(map(len, readings)):
        raise ValueError("there are no notes to align")
    if not is_aligned:
        for reading in readings:
            reading.check_sorted()
    analysis = _analyse(recording, readings)
    if is_aligned:
        return _keep_onsets(analysis, readings[0])
    pinned = _check_anchors(anchors, readings[0], analysis.duration)
    coarse = _align_coarsely(analysis, readings[:1] if len(pinned) else readings, pinned, force=force)
    return _find_onsets(analysis, coarse, pinned)


@dataclass(frozen=True, eq=False)
class _Analysis:
    """What the alignment uses of a recording: its energies, its features, its tuning, its fingerprint and its duration.

    ``energies`` has those of the pitches, and others that tell onsets of the score, by the functions that make them.
    """

    energies: dict[EnergiesOf, Array]
    features: Array
    tuning: float
    fingerprint: str
    audio_duration: float

    @property
    def duration(self) -> float:
        """Length of the energies in seconds, a little more than that of the recording."""
        return float(self.energies[pitch_energies].shape[1] * ENERGY_PERIOD)


@dataclass(frozen=True, eq=False)
class _Unfolded:
    """The notes of a coarse alignment in unfolded score time, and what is needed to place them.

    ``index`` has the number of each note in the score, shape (notes,); ``sections`` are those of the alignment,
    extended to the ends of the score.
    """

    notes: Notes
    index: Array
    sections: Array
    novelty: NoteNovelty


def _analyse(recording: Audio | MonoAudio, readings: Sequence[Notes]) -> _Analysis:
    """Compute what the alignment uses of a recording; the samples are not kept."""
    mono = recording if isinstance(recording, MonoAudio) else downmix(recording)
    tuning = estimate_tuning(mono.samples)
    kinds = dict.fromkeys([pitch_energies, *(own.energies_of for notes in readings for own in _evidence(notes))])
    energies, about = {of: of(mono.samples, tuning=tuning) for of in kinds}, (mono.fingerprint, mono.duration)
    del mono  # an hour of samples takes 300 MB
    return _Analysis(energies, recording_features(energies[pitch_energies]), tuning, *about)


def _evidence(notes: Notes) -> list[OnsetEvidence]:
    """Return how the onset of each note is found, by its instrument."""
    kinds = [kind for _, kind in note_instruments(notes)]
    evidence = {kind: INSTRUMENT_MODELS.get(kind).onset_evidence for kind in dict.fromkeys(kinds)}
    return [evidence[kind] for kind in kinds]


def _check_anchors(anchors: Array | BarAnchors | None, notes: Notes, duration: float) -> Array:
    """Return the anchors, shape (0, 2) if not given; raise InputError if they lie outside or are not in order."""
    if anchors is None:
        return np.zeros((0, 2))
    begin, end = float(notes.onset.min()), float(notes.offset.max())
    checked = anchor_times(anchors, notes.beats) if isinstance(anchors, BarAnchors) else np.asarray(anchors, float)
    if checked.ndim != 2 or checked.shape[1] != 2 or not np.isfinite(checked).all():
        raise ValueError(f"anchors must be finite and have shape (anchors, 2); they have shape {checked.shape}")
    for score_time, time in checked.tolist():
        is_in_score = begin - ANCHOR_TOLERANCE <= score_time <= end + ANCHOR_TOLERANCE
        if not (is_in_score and 0 <= time <= duration):
            raise InputError(
                f"anchor {show_time(score_time)} of the score at {show_time(time)} of the recording: the score goes "
                f"from {show_time(begin)} to {show_time(end)}, the recording to {show_time(duration)}"
            )
    if not (np.diff(checked[:, 1]) > 0).all():
        raise InputError("the recording times of the anchors must rise")
    return checked


def _align_coarsely(analysis: _Analysis, readings: Sequence[Notes], anchors: Array, *, force: bool) -> CoarseAlignment:
    """Return the coarse alignment; raise InputError, or warn, if the score hardly resembles the recording."""
    audible = np.flatnonzero(analysis.energies[pitch_energies].max(axis=0) > AUDIBLE_ENERGY) // POOLING
    if not len(audible):
        warnings.warn("the recording is silent; the score stays where it is", ScoresepWarning, stacklevel=3)
        return _as_written(readings[0], analysis.duration, similarity=0.0)
    features = analysis.features[:, audible[0] : audible[-1] + 1]
    coarse = _by_pitched_notes(analysis, features, readings, int(audible[0]), anchors)
    is_missed = coarse is None or (coarse.similarity < MIN_SIMILARITY and not coarse.is_partial)
    if coarse is None or (is_missed and coarse.notes.is_drum.sum() >= FEWEST_HITS):
        by_drums = align_by_drums(analysis.energies[drum_band_energies], readings, anchors)
        if coarse is None or (
            by_drums.similarity >= MIN_SIMILARITY and key_margin(analysis.features, by_drums) >= MIN_KEY_MARGIN
        ):
            coarse = by_drums
    _check_match(coarse, features.shape[1] * FEATURE_PERIOD, force=force, has_anchors=len(anchors) > 0)
    return coarse


def _check_match(coarse: CoarseAlignment, duration: float, *, force: bool, has_anchors: bool) -> None:
    """Raise InputError, or warn, if a score hardly matches a recording of a duration (s)."""
    if coarse.similarity < MIN_SIMILARITY and not coarse.is_partial:
        message = f"the score hardly resembles the recording (similarity {coarse.similarity:.2f}, 0.6 is usual)"
        is_refused = not force and duration >= MIN_DURATION
    elif coarse.significance is not None and coarse.significance < CHANCE_SIGNIFICANCE:
        message = f"the score resembles the recording, but no more than by chance ({describe_match(coarse)})"
        is_refused = not force and not has_anchors
    else:
        return
    if is_refused:
        raise InputError(f"{message}; is it of this piece? --force goes on all the same")
    warnings.warn(f"{message}; look at the alignment before you trust the stems", ScoresepWarning, stacklevel=4)


def _by_pitched_notes(
    analysis: _Analysis, features: Array, readings: Sequence[Notes], first_frame: int, anchors: Array
) -> CoarseAlignment | None:
    """Return the coarse alignment by the pitched notes, maybe a partial one; None if there are no pitched notes."""
    pitched = [reading.take(~reading.is_drum) if reading.is_drum.any() else reading for reading in readings]
    if not all(map(len, pitched)):
        return None
    coarse = align_coarsely(features, pitched, first_frame=first_frame, anchors=anchors)
    coarse = replace(coarse, notes=readings[[own is coarse.notes for own in pitched].index(True)])
    duration = features.shape[1] * FEATURE_PERIOD
    if coarse.similarity < MIN_SIMILARITY and duration >= MIN_DURATION:
        energies = analysis.energies.get(drum_band_energies)
        partial = align_partial_score(
            features,
            readings,
            first_frame=first_frame,
            anchors=anchors,
            similarity=coarse.similarity,
            drum_novelty=None if energies is None else drum_novelty(energies).onset,
        )
        return partial or coarse
    if coarse.similarity < GOOD_SIMILARITY and MIN_DOUBTED_DURATION <= duration <= MAX_DOUBTED_DURATION:
        match = match_partial_score(weaken_onsets(features), [coarse.notes])
        coarse = replace(coarse, significance=match.significance)
    return coarse


def _as_written(notes: Notes, duration: float, *, similarity: float) -> CoarseAlignment:
    """Return the coarse alignment of notes that are in recording time already."""
    sections = np.array([[notes.onset.min(), notes.offset.max(), 0.0, duration]])
    return CoarseAlignment(notes, 0, sections, np.array([notes.onset, notes.onset]), similarity)


def _unfold(analysis: _Analysis, coarse: CoarseAlignment) -> _Unfolded:
    """Return the notes of a coarse alignment in unfolded score time."""
    sections = extend_to_score_ends(coarse.sections, float(coarse.notes.onset.min()), np.inf)
    notes, index = unfold(coarse.notes, sections)
    sounding = notes.pitch + coarse.transposition * ~notes.is_drum
    novelty = NoteNovelty(analysis.energies, sounding, _evidence(notes))
    return _Unfolded(notes, index, sections, novelty)


def _keep_onsets(analysis: _Analysis, notes: Notes) -> Alignment:
    """Return the alignment of notes that are in recording time already."""
    coarse = _as_written(notes, analysis.duration, similarity=1.0)
    unfolded = _unfold(analysis, coarse)
    certainty = np.ones(len(unfolded.notes))
    return _alignment(analysis, coarse, unfolded, unfolded.notes, coarse.path, certainty, is_aligned=True)


def _find_onsets(analysis: _Analysis, coarse: CoarseAlignment, anchors: Array) -> Alignment:
    """Return the alignment with each onset near the path of a coarse one."""
    unfolded = _unfold(analysis, coarse)
    notes = unfolded.notes
    pins = np.column_stack([unfolded_time(anchors, unfolded.sections), anchors[:, 1]])
    onset, certainty = place_onsets(unfolded.novelty, notes, coarse.path, pins)
    path = monotonic_path(notes.onset, onset)
    duration = map_times(path, notes.offset) - map_times(path, notes.onset)
    placed = replace(notes, onset=onset, offset=onset + np.maximum(duration, ENERGY_PERIOD))
    path = np.stack([to_score_time(path[0], unfolded.sections), path[1]])
    return _alignment(analysis, coarse, unfolded, placed, path, certainty)


def _alignment(
    analysis: _Analysis,
    coarse: CoarseAlignment,
    unfolded: _Unfolded,
    placed: Notes,
    path: Array,
    certainty: Array,
    *,
    is_aligned: bool = False,
) -> Alignment:
    """Return the alignment of ``placed`` notes with their confidence; warn of what is unusual about it."""
    fit = fit_of_frames(analysis.features, placed, coarse)
    frame = (placed.onset / FEATURE_PERIOD).astype(int).clip(0, len(fit) - 1)
    confidence = certainty * rank_onsets(unfolded.novelty, placed.onset)
    confidence = confidence * np.where(placed.is_drum, 1, np.clip(fit[frame], 0, 1)) * fit_as_a_whole(coarse)
    is_inside = (placed.onset >= 0) & (placed.onset < len(fit) * FEATURE_PERIOD)
    overall_confidence = float(confidence[is_inside].mean()) if is_inside.any() else 0.0
    unmatched = unmatched_passages(fit, placed, coarse)
    for remark in remarks(coarse, unmatched, None if is_aligned else overall_confidence):
        warnings.warn(remark, ScoresepWarning, stacklevel=4)
    order = np.lexsort((placed.pitch, placed.onset))
    return Alignment(
        notes=replace(placed.take(order), beats=None),  # which are in the time of the score
        score_onset=coarse.notes.onset[unfolded.index][order],
        score_offset=coarse.notes.offset[unfolded.index][order],
        confidence=confidence[order],
        overall_confidence=overall_confidence,
        path=path,
        sections=coarse.sections,
        unmatched=unmatched,
        fingerprint=analysis.fingerprint,
        tuning=analysis.tuning,
        transposition=coarse.transposition,
        is_partial=coarse.is_partial,
        duration=analysis.audio_duration,
        beats=coarse.notes.beats,
    )
