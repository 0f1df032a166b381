"""Bars and beats of a score: their times in it, and passages in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scoresep.errors import InputError
from scoresep.values import Array, BarAnchors, Beats
from scoresep.values.beats import bar_starts


def anchor_times(anchors: BarAnchors, beats: Beats | None) -> Array:
    """Return anchors as score times and recording times (s), shape (anchors, 2).

    Raises InputError for a bar or a beat that the score does not have, or that it plays more than once.
    """
    columns = (anchors.bar, anchors.beat, anchors.repeat)
    times = [beat_time(beats, *place) for place in zip(*(column.tolist() for column in columns), strict=True)]
    return np.column_stack([np.array(times, float), anchors.recording])


def beat_time(beats: Beats | None, bar: int, beat: float, repeat: int = 0) -> float:
    """Return when a beat stands in a score (s).

    Parameters
    ----------
    beats
        The beats of the score, its repeats unfolded or not.
    bar
        The printed number of the bar.
    beat
        The beat, from 1; fractions lie between two beats.
    repeat
        Which time of those that the bar is played, from 1; 0 if it is played once.

    Raises
    ------
    InputError
        If the score does not have the beat, or has it more than once while ``repeat`` is 0.
    """
    place = f"anchor at bar {bar}, beat {beat:g}"
    if beats is None or not len(beats):
        raise InputError(f"{place}: the score has no bars; give anchors in seconds (columns score, recording)")
    first = np.flatnonzero((beats.bar == bar) & (beats.beat == int(beat)))
    if not len(first):
        raise InputError(f"{place}: {_what_there_is(beats, bar)}")
    if repeat > len(first) or (repeat == 0 and len(first) > 1):
        raise InputError(
            f"{place}: the score plays it {len(first)} times; say which with a column repeat, from 1 to {len(first)}"
        )
    k = int(first[max(repeat, 1) - 1])
    length = np.diff(beats.time[k : k + 2] if k + 1 < len(beats) else beats.time[-2:])
    return float(beats.time[k] + (beat - int(beat)) * length.sum())


def _what_there_is(beats: Beats, bar: int) -> str:
    """Return which beats a bar has or, if there is no such bar, which bars a score has."""
    own = sorted(set(beats.beat[beats.bar == bar].tolist()))
    if own:
        return f"the bar has the beats {', '.join(map(str, own))}"
    return f"the score has bars {beats.bar.min()} to {beats.bar.max()}"


def bar_passages(beats: Beats, passages: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last bar of each run of bars in some passages of a score, given as begin and end (s).

    A passage begins and ends at the beats nearest to its ends.  Bars that follow one another on the page are one run.
    """
    middles = (beats.time[1:] + beats.time[:-1]) / 2
    for begin, end in passages:
        first, stop = np.searchsorted(middles, [begin, end]).tolist()
        stop = len(beats) if end > beats.time[-1] else max(stop, first + 1)
        index, bar = beats.bar_index[first:stop], beats.bar[first:stop]
        starts = np.flatnonzero(bar_starts(index, beats.beat[first:stop]))
        runs = np.split(starts, np.flatnonzero(np.diff(index[starts]) != 1) + 1)
        yield from ((int(bar[run[0]]), int(bar[run[-1]])) for run in runs)
