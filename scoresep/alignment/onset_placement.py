"""Find the onset of each note of a score near a coarse warping path, by the novelty at its pitch.

Conventions: times are in seconds, positions in frames of `scoresep.alignment.pitch_energies`; an event is all notes
that begin together in the score; a path has shape (2, points), score times over recording times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scoresep.alignment.dtw import padded_slice
from scoresep.alignment.event_path import EVENT_SPAN, events_of, place_events, place_note
from scoresep.alignment.onset_novelty import EnergiesOf, Novelty, OnsetEvidence
from scoresep.alignment.paths import map_times, monotonic_path
from scoresep.alignment.pitch_energies import ENERGY_PERIOD
from scoresep.values import Array, Notes

#: The novelty at an onset is ranked among all frames within this time (s) before and after it.
RANK_SPAN = 1.0
#: The novelty of an onset is the maximum over its frame and this many frames before and after it.
RANK_TOLERANCE = 2
#: Least local tempo, in seconds of the recording per second of the score; slower ones are raised to it.
MIN_PACE = 0.05
#: Weight of the ending novelty of sustained notes; onset novelty has the weight one.
ENDING_WEIGHT = 0.4
#: A note that ends in the score within this time (s) of an event ends at the event.
ENDING_SPAN = 0.06
#: Divides the margin between the best and the next best place (in units of novelty) in the logistic function that
#: turns it into a probability.
MARGIN_SCALE = 0.08
#: The novelty of an event is scaled by the root of its number of notes, which counts up to this many.
MAX_EVIDENT_NOTES = 3
#: Frames in a block, whose novelty is computed at once and cached.
_BLOCK_FRAMES = 8192
#: Frames before and after a block that are computed with it, for searches that cross its borders.
_CONTEXT_FRAMES = 512
#: Novelty of an event with an anchor at all places but that of the anchor; too low for one of them to be chosen.
_EXCLUDED = -1e3


@dataclass(frozen=True)
class Search:
    """The range and the resolution of a search for events.

    Parameters
    ----------
    reach
        Largest distance from the path (s).
    step
        Distance between the places that are compared (frames).
    tempo_span
        The local tempo between two events is measured over this score time (s) before and after their middle.
    """

    reach: float
    step: int
    tempo_span: float


#: The searches in order: first with a large range and coarse steps, then with a small range and fine steps.
SEARCHES = (Search(reach=1.5, step=3, tempo_span=1.2), Search(reach=0.15, step=1, tempo_span=0.5))


class NoteNovelty:
    """The onset and ending novelty of each note at its pitch, computed in blocks when it is needed.

    Parameters
    ----------
    energies
        The energies that the evidence of the notes needs, by the function that makes them (``energies_of``); each of
        shape (rows, frames).
    pitch
        Shape (notes,): the sounding MIDI pitch of each note, or the key of a drum.
    evidence
        The onset evidence of each note's instrument.
    """

    def __init__(self, energies: Mapping[EnergiesOf, Array], pitch: Array, evidence: list[OnsetEvidence]) -> None:
        self.n_frames = next(iter(energies.values())).shape[1]
        self.row = [own.row(p) for own, p in zip(evidence, pitch.tolist(), strict=True)]
        self.evidence = evidence
        self._energies = energies
        self._block = lru_cache(maxsize=4)(self._compute_block)

    def onset(self, note: int, position: int, reach: float) -> Array:
        """Return the onset novelty of a note up to ``reach`` seconds around a frame, zero outside the recording."""
        return np.asarray(self._around(note, position, reach).onset[self.row[note]])

    def ending(self, note: int, position: int, reach: float) -> Array:
        """Return the ending novelty of a note up to ``reach`` seconds around a frame, zero outside the recording."""
        return np.asarray(self._around(note, position, reach).ending[self.row[note]])

    def unmasked_onset(self, note: int, others: list[int], position: int, reach: float) -> Array:
        """Return the onset novelty of a note, mostly from what the ``others`` (notes of its kind) do not have."""
        own, row = self.evidence[note], self.row[note]
        kind = own.energies_of
        rows = [self.row[i] for i in others if self.evidence[i].energies_of is kind and self.row[i] != row]
        return own.unmasked_onset(self._around(note, position, reach), row, rows)

    def _around(self, note: int, position: int, reach: float) -> Novelty:
        """Return the novelty of all pitches by the evidence of a note, up to ``reach`` seconds around a frame."""
        block = min(max(position, 0), self.n_frames - 1) // _BLOCK_FRAMES
        novelty, first = self._block(self.evidence[note], block)
        frames = round(reach / ENERGY_PERIOD)
        begin, end = position - frames - first, position + frames + 1 - first
        rows = (novelty.bands, novelty.onset, novelty.ending)
        return Novelty(*(padded_slice(row, begin, end, fill=0.0) for row in rows))

    def _compute_block(self, evidence: OnsetEvidence, block: int) -> tuple[Novelty, int]:
        """Return the novelty of a block with its context, and its first frame."""
        first = max(block * _BLOCK_FRAMES - _CONTEXT_FRAMES, 0)
        energies = self._energies[evidence.energies_of]
        return evidence.novelty(energies[:, first : (block + 1) * _BLOCK_FRAMES + _CONTEXT_FRAMES]), first


def place_onsets(novelty: NoteNovelty, notes: Notes, path: Array, anchors: Array) -> tuple[Array, Array]:
    """Find the onset of each note in the recording.

    All events are placed at once, in two searches.  Then, for instruments whose chords are spread, each note of a chord
    is moved to its own onset.

    Parameters
    ----------
    novelty
        The novelty of the notes.
    notes
        The notes in score time, sorted by onset.
    path
        The coarse path, shape (2, points).
    anchors
        Shape (anchors, 2): score times and recording times.  An event at the score time of an anchor is placed at its
        recording time.

    Returns
    -------
    onset : Array
        Shape (notes,), recording times.
    certainty : Array
        Shape (notes,): the estimated probability that the event of the note is at its place and not at the next best
        place, from 0.5 to 1.
    """
    event = events_of(notes.onset)
    first = np.flatnonzero(np.diff(event, prepend=-1))
    score_time = notes.onset[first]
    members = np.split(np.arange(len(notes)), first[1:])
    pins = {
        int(k): time
        for anchor, time in anchors.tolist()
        for k in np.flatnonzero(np.abs(score_time - anchor) < EVENT_SPAN)
    }
    certainty = np.ones(len(members))
    for search in SEARCHES:
        position, margin = _place(novelty, notes, members, path, pins, search)
        certainty = np.minimum(certainty, 1 / (1 + np.exp(-margin / MARGIN_SCALE)))
        path = monotonic_path(score_time, position * ENERGY_PERIOD)
    onset = (position * ENERGY_PERIOD)[event]
    for k, chord in enumerate(members):
        if k in pins:
            onset[chord] = pins[k]
        elif len(chord) > 1 and (moving := [i for i in chord.tolist() if novelty.evidence[i].chord_reach]):
            reach = min(novelty.evidence[i].chord_reach for i in moving)  # with drums, a band is more exact
            for i in moving:
                shift = _shift_in_chord(novelty, i, chord, int(position[k]), reach)
                onset[i] = (position[k] + shift) * ENERGY_PERIOD
    return onset, certainty[event]


def rank_onsets(novelty: NoteNovelty, onset: Array) -> Array:
    """Compute the rank of the novelty at each onset among the frames around it.

    Parameters
    ----------
    novelty
        The novelty of the notes.
    onset
        Shape (notes,), recording times.

    Returns
    -------
    Array
        Shape (notes,): the share of the frames within ``RANK_SPAN`` whose novelty is lower, from 0 to 1.
    """
    result = np.zeros(len(onset))
    for i, frame in enumerate(np.rint(onset / ENERGY_PERIOD).astype(int).tolist()):
        if 0 <= frame < novelty.n_frames:
            around = novelty.onset(i, frame, RANK_SPAN)
            middle = len(around) // 2
            own = around[middle - RANK_TOLERANCE : middle + RANK_TOLERANCE + 1].max()
            result[i] = np.mean(around < own) if own > 0 else 0.0
    return result


def _place(
    novelty: NoteNovelty, notes: Notes, members: list[Array], path: Array, pins: dict[int, float], search: Search
) -> tuple[Array, Array]:
    """Return position and margin of each event after a search; the events in ``pins`` are fixed to their times (s)."""
    score_time = notes.onset[[chord[0] for chord in members]]
    time = map_times(path, score_time)
    for k, pinned in pins.items():
        time[k] = pinned
    expected = np.rint(time / ENERGY_PERIOD).astype(int)
    middle, span = (score_time[1:] + score_time[:-1]) / 2, search.tempo_span
    pace = (map_times(path, middle + span) - map_times(path, middle - span)) / (2 * span)
    gap = np.diff(score_time) * np.maximum(pace, MIN_PACE) / ENERGY_PERIOD
    steps = round(search.reach / ENERGY_PERIOD / search.step)
    # The novelty of a place is the maximum over the frames within half a step of it.
    reach = (steps * search.step + search.step // 2) * ENERGY_PERIOD
    evidence = np.empty((len(members), 2 * steps + 1))
    for k, chord in enumerate(members):
        frames = _event_novelty(novelty, chord, _ending_at(notes, score_time[k]), int(expected[k]), reach)
        evidence[k] = frames.reshape(-1, search.step).max(axis=1)
        if k in pins:
            evidence[k] = _EXCLUDED
            evidence[k, steps] = 0.0
    return place_events(evidence, expected, gap, step=search.step)


def _shift_in_chord(novelty: NoteNovelty, note: int, chord: Array, position: int, reach: float) -> int:
    """Return how many frames after the position of its chord a note begins."""
    others = [j for j in chord.tolist() if j != note]
    return place_note(novelty.unmasked_onset(note, others, position, reach))


def _event_novelty(novelty: NoteNovelty, begun: Array, ended: Array, position: int, reach: float) -> Array:
    """Return the novelty of an event around a position, from the onsets and endings of its notes.

    Endings are used only for instruments whose endings are clear, and not where another note of the same pitch begins.
    """
    row, evidence = novelty.row, novelty.evidence
    onsets = {(evidence[i], row[i]): i for i in begun.tolist()}
    endings = {(evidence[i], row[i]): i for i in ended.tolist() if evidence[i].has_endings}
    total = _combine([novelty.onset(i, position, reach) for i in onsets.values()])
    if falls := [novelty.ending(i, position, reach) for key, i in endings.items() if key not in onsets]:
        total = total + ENDING_WEIGHT * _combine(falls)
    return total


def _combine(rows: list[Array]) -> Array:
    """Return the mean novelty of several notes, times the root of their number, up to ``MAX_EVIDENT_NOTES``."""
    return np.asarray(np.sqrt(min(len(rows), MAX_EVIDENT_NOTES)) * np.stack(rows).mean(axis=0), float)


def _ending_at(notes: Notes, score_time: float) -> Array:
    """Return the indices of the notes that end at an event and began before it."""
    is_near = np.abs(notes.offset - score_time) < ENDING_SPAN
    return np.flatnonzero(is_near & (notes.onset < score_time - ENDING_SPAN / 2))
