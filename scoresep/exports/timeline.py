"""The bars and beats that a recording plays, as positions in quarters from its beginning on.

Programs count bars from the beginning of a file.  So what the recording has before the first beat becomes a bar of its
own, the lead-in, of as many beats as fit into it at about the first tempo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scoresep.alignment.beats import played_beats
from scoresep.alignment.unfolded_path import unfold_times, unfolded_onsets
from scoresep.errors import InputError
from scoresep.values import Alignment, Array, PlayedBeats
from scoresep.values.beats import bar_starts

#: The shortest time between two beats (s); MIDI has no tempo for none.
SHORTEST = 1e-3
#: The number of the bar before the first beat.
LEAD_IN = -1


@dataclass(frozen=True)
class PlayedBar:
    """A bar of a recording.

    ``number`` is that of the score, `LEAD_IN` before it begins; ``repeat`` is 1 for the first time that it is played.
    ``position`` and ``length`` are in quarters, and so is ``beat``, the length of a beat; ``time`` is its begin (s).
    """

    number: int
    repeat: int
    position: float
    length: float
    beat: float
    time: float

    @property
    def metre(self) -> tuple[int, int]:
        """The numbers of its time signature."""
        for unit in (1, 2, 4, 8, 16, 32):
            count = self.length * unit / 4
            is_compound = self.beat * unit / 4 == 3  # a dotted beat is three of them
            if abs(count - round(count)) < 1e-6 and (is_compound or abs(self.beat * unit / 4 - 1) < 1e-6):
                return round(count), unit
        return max(round(self.length), 1), 4


@dataclass(frozen=True, eq=False)
class Timeline:
    """Positions in a score as it is played, over times of the recording.

    Parameters
    ----------
    position : np.ndarray [shape=(beats + 1,)]
        Of each beat from the beginning of the recording, the lead-in included, and the end of the last one (quarters).
    time : np.ndarray [shape=(beats + 1,)]
        When each sounds in the recording (s), from 0.
    bars : tuple of PlayedBar
    unfolded : np.ndarray [shape=(2, beats + 1)]
        Positions over unfolded score times (s), the lead-in not included.
    """

    position: Array
    time: Array
    bars: tuple[PlayedBar, ...]
    unfolded: Array

    @property
    def tempo(self) -> Array:
        """Quarters a minute from each position up to the next one."""
        return np.asarray(60 * np.diff(self.position) / np.diff(self.time))

    def note_positions(self, alignment: Alignment) -> Array:
        """Return the positions at which notes begin and end in the score, shape (2, notes)."""
        onset = unfolded_onsets(alignment)
        times = np.stack([onset, onset + alignment.score_offset - alignment.score_onset])
        position, score_time = self.unfolded
        return np.maximum(_extrapolated(times, score_time, position), 0)


def timeline(alignment: Alignment) -> Timeline:
    """Return the bars and beats that a recording plays.

    Raises InputError if the alignment has no beats, or if the recording plays fewer than two.
    """
    beats = beats_of(alignment)
    time = beats.time + np.maximum.accumulate(np.maximum(SHORTEST * np.arange(len(beats)) - beats.time, 0))
    time = np.append(time, 2 * time[-1] - time[-2])
    lead_in = max(round(time[0] / (time[1] - time[0])), 1) if time[0] > SHORTEST else 0
    position = beats.quarters[0] * lead_in + np.concatenate([[0.0], np.cumsum(beats.quarters)])
    score_time = unfold_times(alignment, beats.score_time, beats.time)
    score_time = np.append(score_time, 2 * score_time[-1] - score_time[-2])
    bars = _bars(beats, position, time)
    if alignment.beats is not None and alignment.duration:
        whole = float(alignment.beats.quarters[alignment.beats.bar_index == beats.bar_index[-1]].sum())
        bars = (*bars[:-1], replace(bars[-1], length=max(whole, bars[-1].length)))  # the recording may cut it off
    unfolded = np.stack([position, score_time])
    if lead_in:
        quarters = float(beats.quarters[0])
        bars = (PlayedBar(LEAD_IN, 1, 0.0, lead_in * quarters, quarters, 0.0), *bars)
        position = np.concatenate([quarters * np.arange(lead_in), position])
        time = np.concatenate([time[0] * np.arange(lead_in) / lead_in, time])
    return Timeline(position, time, bars, unfolded)


def beats_of(alignment: Alignment) -> PlayedBeats:
    """Return the beats that a recording plays.  Raises InputError if there are fewer than two."""
    beats = played_beats(alignment)
    if alignment.beats is None:
        raise InputError("the alignment has no bars; align the score anew, or take a score that has bars")
    if len(beats) < 2:
        raise InputError("the recording has fewer than two beats of the score")
    return beats


def _bars(beats: PlayedBeats, position: Array, time: Array) -> tuple[PlayedBar, ...]:
    """Return the bars of beats, whose positions and times have one more for the end."""
    starts = np.flatnonzero(bar_starts(beats.bar_index, beats.beat))
    ends = np.append(starts[1:], len(beats))
    return tuple(
        PlayedBar(
            int(beats.bar[k]), int(beats.repeat[k]), float(position[k]), float(position[end] - position[k]),
            float(beats.quarters[k]), float(time[k]),
        )
        for k, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )  # fmt: skip


def _extrapolated(x: Array, known: Array, value: Array) -> Array:
    """Interpolate values; beyond the ends they go on as between the two points there."""
    inside = np.interp(x, known, value)
    first, last = ((value[k + 1] - value[k]) / max(known[k + 1] - known[k], SHORTEST) for k in (0, -2))
    return np.asarray(inside + first * np.minimum(x - known[0], 0) + last * np.maximum(x - known[-1], 0))
