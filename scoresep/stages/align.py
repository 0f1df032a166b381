"""Recording and score → where each note of the score sounds in the recording."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scoresep.alignment.coarse import FRAME, LEAST_LIKENESS, POOL, Coarse, align_coarsely, completed, fit_of
from scoresep.alignment.dtw import follow, mean_path
from scoresep.alignment.features import CLOCK, estimate_tuning, pitch_energies, recording_features
from scoresep.alignment.onset_placement import Evidence, evidence_of_onsets, place_onsets
from scoresep.alignment.score_features import Score
from scoresep.dsp.downmix import Mono, mono_of
from scoresep.errors import InputError, ScoresepWarning
from scoresep.model.instrument_models import INSTRUMENT_MODELS
from scoresep.score.instruments import instrument_of
from scoresep.score.unfolding import to_score_time, unfold, unfolded_time
from scoresep.times import show_time
from scoresep.values import Alignment, Array, Audio, Notes

#: Below this energy, relative to the loudest, a frame at the ends of the recording is not music yet or any more.
AUDIBLE = 1e-8
#: A recording with less to hear than this (s) is too short to tell whether a score is its own.
LEAST_LENGTH = 4.0
#: How far outside the score (s) an anchor may lie.
OUTSIDE = 0.01
#: From this fit on, a note is where it seems to be; below the other, for so long (s), the score is not what is played.
GOOD_FIT, POOR_FIT, LEAST_MISFIT = 0.5, 0.32, 3.0
#: A warning names no more passages than this.
MOST_SPANS = 10


def align(
    recording: Audio | Mono,
    notes: Notes | Sequence[Notes],
    *,
    is_aligned: bool = False,
    anchors: Array | None = None,
    force: bool = False,
) -> Alignment:
    """Find the notes of a score in a recording; of several readings of a score, find and take the one that is played.

    Dynamic time warping of pitch and onset features gives a coarse path, through repeats and cuts; then each onset is
    placed by the novelty of its own pitches, with a smooth local tempo.  ``anchors`` has shape (anchors, 2): score
    times that sound at recording times (s).  With ``is_aligned`` the score is in recording time already and stays as
    it is.  Warns of what the recording repeats or leaves out and of what the score does not fit.  Raises InputError if
    the score hardly resembles the recording, unless with ``force``, and for anchors that lie outside of either or
    whose recording times do not rise; ValueError if there are no notes or the anchors have another shape.
    With anchors, or with ``is_aligned``, the first reading is taken.
    """
    readings = [notes] if isinstance(notes, Notes) else list(notes)
    if not readings or not all(map(len, readings)):
        raise ValueError("there are no notes to align")
    mono = recording if isinstance(recording, Mono) else mono_of(recording)
    tuning = estimate_tuning(mono.samples)
    energies, fingerprint = pitch_energies(mono.samples, tuning=tuning), mono.fingerprint
    del mono  # hours of samples are large
    features = recording_features(energies, POOL)
    duration = energies.shape[1] * CLOCK
    pinned = _checked(None if is_aligned else anchors, readings[0], duration)
    if is_aligned:
        coarse = _as_written(readings[0], duration)
    else:
        coarse = _coarse(energies, features, readings[:1] if len(pinned) else readings, pinned, force=force)
    notes = coarse.notes
    course = completed(coarse.sections, float(notes.onset.min()), np.inf)
    played, index = unfold(notes, course)
    kind = [
        INSTRUMENT_MODELS.get(instrument_of(int(played.program[i]), played.part_name(i))[1]).onset_evidence
        for i in range(len(played))
    ]
    evidence = Evidence(energies, played.pitch + coarse.transposition, kind)
    found, path, certainty = played, coarse.path, np.ones(len(played))
    if not is_aligned:
        pins = np.column_stack([unfolded_time(pinned, course), pinned[:, 1]])
        onset, certainty = place_onsets(evidence, played, path, pins)
        path = mean_path(played.onset, onset)
        length = follow(path, played.offset) - follow(path, played.onset)
        found = replace(played, onset=onset, offset=onset + np.maximum(length, CLOCK))
        path[0] = to_score_time(path[0], course)
    fit = fit_of(features, Score(found, coarse.transposition))
    at = (found.onset / FRAME).astype(int).clip(0, len(fit) - 1)
    confidence = certainty * evidence_of_onsets(evidence, found.onset) * np.clip(fit[at] / GOOD_FIT, 0, 1)
    confidence *= min(coarse.likeness / GOOD_FIT, 1.0)
    heard = (found.onset >= 0) & (found.onset < len(fit) * FRAME)
    misfits = _misfits(fit, found)
    if coarse.likeness >= LEAST_LIKENESS:
        _warn_of(coarse.sections, misfits, notes)
    order = np.lexsort((found.pitch, found.onset))
    return Alignment(
        notes=found.take(order),
        score_onset=notes.onset[index][order],
        score_offset=notes.offset[index][order],
        confidence=confidence[order],
        overall_confidence=float(confidence[heard].mean()) if heard.any() else 0.0,
        path=path,
        sections=coarse.sections,
        misfits=misfits,
        fingerprint=fingerprint,
        tuning=tuning,
        transposition=coarse.transposition,
    )


def _coarse(energies: Array, features: Array, readings: Sequence[Notes], anchors: Array, *, force: bool) -> Coarse:
    """Return the coarse alignment; raise InputError, or warn, if the score is of something else."""
    audible = np.flatnonzero(energies.max(axis=0) > AUDIBLE) // POOL
    if not len(audible):
        warnings.warn("the recording is silent; the score stays where it is", ScoresepWarning, stacklevel=3)
        return _as_written(readings[0], energies.shape[1] * CLOCK, likeness=0.0)
    recording = features[:, audible[0] : audible[-1] + 1]
    coarse = align_coarsely(recording, readings, int(audible[0]), anchors)
    if coarse.likeness < LEAST_LIKENESS:
        message = f"the score hardly resembles the recording (likeness {coarse.likeness:.2f}, 0.6 is usual)"
        if not force and recording.shape[1] * FRAME >= LEAST_LENGTH:
            raise InputError(f"{message}; is it of this piece? --force goes on all the same")
        warnings.warn(f"{message}; look at the alignment before you trust the stems", ScoresepWarning, stacklevel=3)
    return coarse


def _checked(anchors: Array | None, notes: Notes, duration: float) -> Array:
    """Return the anchors, none if not given; raise InputError if they lie outside or are not in order."""
    if anchors is None:
        return np.zeros((0, 2))
    begin, end = float(notes.onset.min()), float(notes.offset.max())
    pinned = np.asarray(anchors, float)
    if pinned.ndim != 2 or pinned.shape[1] != 2 or not np.isfinite(pinned).all():
        raise ValueError(f"anchors must be finite and have shape (anchors, 2); they have shape {pinned.shape}")
    for score_time, time in pinned.tolist():
        if not (begin - OUTSIDE <= score_time <= end + OUTSIDE and 0 <= time <= duration):
            raise InputError(
                f"anchor {show_time(score_time)} of the score at {show_time(time)} of the recording: the score goes "
                f"from {show_time(begin)} to {show_time(end)}, the recording to {show_time(duration)}"
            )
    if not (np.diff(pinned[:, 1]) > 0).all():
        raise InputError("the recording times of the anchors must rise")
    return pinned


def _as_written(notes: Notes, duration: float, *, likeness: float = 1.0) -> Coarse:
    """Return the alignment of a score that is in recording time already."""
    sections = np.array([[notes.onset.min(), notes.offset.max(), 0.0, duration]])
    return Coarse(notes, 0, sections, np.array([notes.onset, notes.onset]), likeness)


def _misfits(fit: Array, found: Notes) -> Array:
    """Return the passages (s) between the first and the last note that the score does not fit, shape (passages, 2)."""
    begin, end = (np.clip(int(time / FRAME), 0, len(fit)) for time in (found.onset.min(), found.offset.max()))
    poor = np.diff(fit[begin:end] < POOR_FIT, prepend=False, append=False)
    passages = (np.flatnonzero(poor).reshape(-1, 2) + begin) * FRAME
    return np.asarray(passages[passages[:, 1] - passages[:, 0] >= LEAST_MISFIT])


def _warn_of(sections: Array, misfits: Array, notes: Notes) -> None:
    """Say which sections of the score are played, if that is not once and from begin to end, and what does not fit."""
    played: list[list[float]] = []
    for begin, end, *_ in sections.tolist():
        if played and played[-1][1] == begin:
            played[-1][1] = end
        else:
            played.append([begin, end])
    missing = played[0][0] - notes.onset.min(), notes.offset.max() - played[-1][1]
    if len(played) > 1 or max(missing) > LEAST_MISFIT:
        warnings.warn(f"the recording plays {_spans(played)} of the score", ScoresepWarning, stacklevel=3)
    if len(misfits):
        warnings.warn(f"the score does not fit the recording at {_spans(misfits)}", ScoresepWarning, stacklevel=3)


def _spans(spans: Array | Sequence[Sequence[float]]) -> str:
    """Return stretches of time (s) as people write them, of very many only the first."""
    shown = ", ".join(f"{show_time(begin)} to {show_time(end)}" for begin, end in spans[:MOST_SPANS])
    return shown + (f" and {len(spans) - MOST_SPANS} more" if len(spans) > MOST_SPANS else "")
