"""Which engraved note each note of an alignment is.

Both have times and pitches, but not the same clock: bars may be of other lengths, ornaments are written out, signs are
read in other ways.  So the chords of both are matched in order, with as many common notes as possible; they give a
common clock, by which the rest is found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from scoresep.values import Array

#: An ornament is up to so many semitones from its written note.
ORNAMENT_REACH = 3
#: A note is up to so many quarters from where the common clock says.
NEAR = 0.6
#: Times of the score that are closer than this (s) are one.
SAME_TIME = 1e-3


def match_notes(time: Array, pitch: Array, staff: Array, quarter: Array, written: Array, lines: Array) -> Array:
    """Return the engraved note of each note, shape (notes,), -1 for none.

    Parameters
    ----------
    time, pitch, staff : array, shape (notes,)
        Score times (s), MIDI pitches and staves of the notes; a note that is played twice may be there twice.
    quarter, written, lines : array, shape (engraved notes,)
        The same of the engraved notes, in quarters.

    Returns
    -------
    array of int, shape (notes,)
        Indices of engraved notes.
    """
    found = np.full(len(time), -1)
    if not len(time) or not len(quarter):
        return found
    moment = np.round(np.asarray(time) / SAME_TIME).astype(int)
    ours, theirs = _chords(moment, pitch), _chords(np.round(1000 * quarter).astype(int), written)
    pairs = _common_chords([set(c) for c in ours.values()], [set(c) for c in theirs.values()])
    ours_at, theirs_at = list(ours), list(theirs)
    for a, b in pairs:
        _match_chord(ours[ours_at[a]], theirs[theirs_at[b]], staff, lines, found)
    if len(pairs) > 1:
        anchors = np.array([(ours_at[a] * SAME_TIME, theirs_at[b] / 1000) for a, b in pairs])
        _match_rest(_on_clock(anchors, time), pitch, staff, (quarter, written, lines), found)
    return found


def tied_notes(
    onset: Array, offset: Array, pitch: Array, found: Array, engraved: tuple[Array, Array]
) -> dict[int, int]:
    """Return the notes that are tied to one before, each with that one: they are engraved while it sounds.

    Parameters
    ----------
    onset, offset, pitch : array, shape (notes,)
        Score times (s) and MIDI pitches of the notes.
    found : array of int, shape (notes,)
        Their engraved notes, -1 for none.
    engraved : tuple of array
        Score times (s) and MIDI pitches of the engraved notes.
    """
    own = np.flatnonzero(found >= 0)
    tied = {}
    for note in np.setdiff1d(np.arange(len(engraved[0])), found[own]).tolist():
        time = engraved[0][note] + SAME_TIME
        holds = (pitch[own] == engraved[1][note]) & (onset[own] < time) & (time < offset[own])
        if holds.any():
            tied[note] = int(found[own[holds][0]])
    return tied


def clock(time: Array, quarter: Array, found: Array) -> tuple[Array, Array]:
    """Return quarters that rise, and the score times (s) at them, by notes that were found."""
    own = found >= 0
    at, index = np.unique(np.asarray(quarter)[found[own]].round(3), return_inverse=True)
    moments = np.array([np.median(time[own][index == k]) for k in range(len(at))])
    return at, np.maximum.accumulate(moments)


def _chords(moment: Array, pitch: Array) -> dict[int, dict[int, list[int]]]:
    """Return the notes of each moment, in order, by their pitches."""
    chords: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for note in np.argsort(moment, kind="stable").tolist():
        chords[int(moment[note])][int(pitch[note])].append(note)
    return chords


def _common_chords(ours: list[set[int]], theirs: list[set[int]]) -> list[tuple[int, int]]:
    """Return pairs of chords, both in order, that have the most notes in common: a longest common subsequence."""
    a, b = (_pitch_matrix(chords) for chords in (ours, theirs))
    best = np.zeros(len(theirs) + 1)
    steps = np.zeros((len(ours), len(theirs)), np.int8)
    for k, chord in enumerate(a):
        common = b @ chord
        common -= 1e-3 * (b.sum(axis=1) + chord.sum() - 2 * common)  # of two chords the more similar one
        paired = np.where(common > 0, best[:-1] + common, -np.inf)
        row = np.maximum.accumulate(np.maximum(best[1:], paired))
        steps[k] = np.where(paired >= row, 2, np.where(best[1:] >= row, 1, 0))
        best[1:] = row
    pairs = []
    i, j = len(ours) - 1, len(theirs) - 1
    while i >= 0 and j >= 0:
        if steps[i, j] == 2:
            pairs.append((i, j))
            i, j = i - 1, j - 1
        elif steps[i, j] == 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _pitch_matrix(chords: list[set[int]]) -> Array:
    """Return which pitches each chord has, shape (chords, 128)."""
    matrix = np.zeros((len(chords), 128))
    for row, chord in zip(matrix, chords, strict=True):
        row[[pitch for pitch in chord if 0 <= pitch < 128]] = 1
    return matrix


def _match_chord(
    ours: dict[int, list[int]], theirs: dict[int, list[int]], staff: Array, lines: Array, found: Array
) -> None:
    """Match the notes of two chords by pitch; several of one pitch by their staves, from the highest to the lowest."""
    for pitch in ours.keys() & theirs.keys():
        engraved = sorted(theirs[pitch], key=lambda note: lines[note])
        same: dict[int, list[int]] = defaultdict(list)
        for note in ours[pitch]:
            same[int(staff[note])].append(note)
        for k, number in enumerate(sorted(same)):
            on_line = [note for note in engraved if lines[note] == number]
            found[same[number]] = on_line[0] if on_line else engraved[min(k, len(engraved) - 1)]


def _on_clock(anchors: Array, time: Array) -> Array:
    """Return times (s) in quarters, by pairs of both; beyond them at the tempo of all."""
    at, quarters = anchors.T
    pace = np.ptp(quarters) / max(np.ptp(at), 1e-9)
    beyond = pace * (np.minimum(time - at[0], 0) + np.maximum(time - at[-1], 0))
    return np.asarray(np.interp(time, at, quarters) + beyond)


def _match_rest(when: Array, pitch: Array, staff: Array, engraved: tuple[Array, Array, Array], found: Array) -> None:
    """Match the notes that are left with engraved ones near their time, first those that no other note has."""
    quarter = engraved[0]
    order = np.argsort(quarter, kind="stable")
    for note in np.flatnonzero(found < 0).tolist():
        first, last = np.searchsorted(quarter[order], [when[note] - 4, when[note] + NEAR])
        near = order[first:last]
        found[note] = _best(near, _costs(note, near, when, pitch, staff, engraved))


def _costs(
    note: int, near: Array, when: Array, pitch: Array, staff: Array, engraved: tuple[Array, Array, Array]
) -> Array:
    """Return how badly each of some engraved notes fits a note; infinite where it does not."""
    quarter, written, lines = engraved
    late, off = when[note] - quarter[near], np.abs(written[near] - pitch[note])
    is_same = (off % 12 == 0) & (np.abs(late) <= NEAR)
    is_ornament = (off <= ORNAMENT_REACH) & (late >= -NEAR)
    cost = np.abs(late) + 0.3 * off + 0.5 * (lines[near] != staff[note])
    return np.asarray(np.where(is_same | is_ornament, np.where(is_same, cost - 0.3 * off, cost), np.inf))


def _best(candidates: Iterable[int], costs: Array) -> int:
    """Return the candidate of the least cost, -1 if none is possible."""
    return int(np.asarray(candidates)[costs.argmin()]) if len(costs) and np.isfinite(costs.min()) else -1
