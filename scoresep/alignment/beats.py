"""Where the beats of a score sound in a recording."""

from __future__ import annotations

from collections import Counter

import numpy as np

from scoresep.alignment.unfolded_pair import extend_to_score_ends
from scoresep.score.unfolding import TOLERANCE, unfold_beats, unfolded_begin
from scoresep.values import Alignment, Array, Beats, PlayedBeats
from scoresep.values.beats import bar_starts

#: Before the first note and after the last one the tempo is that of so many seconds of the score next to them.
LENGTH_OF_TEMPO = 4.0
#: A section goes on beyond its end in the recording by this at most (s).
_JUMP_TOLERANCE = 1.0


def played_beats(alignment: Alignment) -> PlayedBeats:
    """Return the beats that a recording plays, with their times in it.

    Parameters
    ----------
    alignment : Alignment
        The aligned notes of a score with beats.

    Returns
    -------
    PlayedBeats
        The beats that lie in the recording, in the order in which they are played; a beat that is played twice is there
        twice.  None at all if the alignment has no beats.

    Examples
    --------
    >>> import scoresep
    >>> alignment = scoresep.load("song.align.npz", scoresep.Alignment)  # doctest: +SKIP
    >>> beats = scoresep.played_beats(alignment)  # doctest: +SKIP
    >>> beats.time[(beats.bar == 12) & (beats.beat == 1)]  # doctest: +SKIP
    array([24.31])
    """
    if alignment.beats is None or not min(len(alignment.beats), len(alignment.sections), alignment.path.size):
        none = np.zeros(0, int)
        return PlayedBeats(none, none, none, np.zeros(0), np.zeros(0), none, np.zeros(0))
    begin = min(alignment.beats.time[0], alignment.path[0].min())
    sections = extend_to_score_ends(alignment.sections, begin, np.inf)
    played, origin = unfold_beats(alignment.beats, sections)
    path = np.stack([_unfolded_path(alignment.path, sections), alignment.path[1]])
    time = _map_times(path, played.time)
    repeat = _repeats(played)
    end = alignment.duration or max(float(path[1, -1]), float(sections[-1, 3]))
    inside = np.flatnonzero((time >= 0) & (time < end))
    columns = (played.bar, played.beat, repeat, alignment.beats.time[origin], time, played.bar_index, played.quarters)
    return PlayedBeats(*(column[inside] for column in columns))


def _unfolded_path(path: Array, sections: Array) -> Array:
    """Return the unfolded times of the points of a path, shape (points,): each lies in the section that plays it."""
    starts = unfolded_begin(sections)
    time = np.empty(path.shape[1])
    current, before = 0, -np.inf
    for point, (score_time, recording_time) in enumerate(path.T.tolist()):
        possible = [k for k in range(current, len(sections)) if _contains(sections[k], score_time)]
        has_passed = score_time < before or recording_time > sections[current, 3] + _JUMP_TOLERANCE
        later = [k for k in possible if k > current or not has_passed]
        current = later[0] if later else current
        time[point] = starts[current] + score_time - sections[current, 0]
        before = score_time
    return np.maximum.accumulate(time)


def _contains(section: Array, score_time: float) -> bool:
    """Whether a section plays a time of the score (s)."""
    return bool(section[0] - TOLERANCE <= score_time <= section[1] + TOLERANCE)


def _map_times(path: Array, time: Array) -> Array:
    """Return the recording times of unfolded times; beyond the path, at the tempo of its first or last seconds."""
    score, recording = path
    first = np.searchsorted(score, score[0] + LENGTH_OF_TEMPO).clip(0, len(score) - 1)
    last = np.searchsorted(score, score[-1] - LENGTH_OF_TEMPO, side="right").clip(1) - 1
    before = _pace(score[[0, first]], recording[[0, first]])
    after = _pace(score[[last, -1]], recording[[last, -1]])
    inside = np.interp(time, score, recording)
    return np.asarray(inside + before * np.minimum(time - score[0], 0) + after * np.maximum(time - score[-1], 0))


def _pace(score: Array, recording: Array) -> float:
    """Return how many seconds of a recording a second of the score takes between two points."""
    return float(np.ptp(recording) / np.ptp(score)) if np.ptp(score) > 0 < np.ptp(recording) else 1.0


def _repeats(beats: Beats) -> Array:
    """Return how often the bar of each beat has been played up to then, for beats in the order played."""
    starts = np.flatnonzero(bar_starts(beats.bar_index, beats.beat))
    count: Counter[int] = Counter()
    repeats = []
    for bar in beats.bar_index[starts].tolist():
        count[bar] += 1
        repeats.append(count[bar])
    return np.repeat(np.array(repeats, int), np.diff([*starts, len(beats)]))
