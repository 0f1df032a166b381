"""Clicks on the beats of a recording, with a count-in before the first of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.dsp.time_stretch import map_along
from scoresep.exports.timeline import beats_of
from scoresep.values import Alignment, Array, Audio, PlayedBeats

#: The frequency of a click on the first beat of a bar, and on the others (Hz).
FREQUENCIES = (1760.0, 1320.0)
#: The peak of either; full scale is 1.
PEAKS = (0.6, 0.35)
#: How long a click is (s), and the time in which it falls to a third (s).
LENGTH, DECAY = 0.05, 0.012
#: The count-in has the tempo of so many seconds from the first beat on, and of one bar at least.
TEMPO_SPAN = 4.0


@dataclass(frozen=True, eq=False)
class Clicks:
    """When clicks are to be heard.

    ``time`` has shape (clicks,) and ``is_first``, which says whether the click is on the first beat of a bar, too.
    ``lead_in`` (s) is the silence to put before the music so that the count-in has room; times count from its begin.
    """

    time: Array
    is_first: Array
    lead_in: float

    def take(self, index: Array) -> Clicks:
        """Return the clicks that ``index`` (positions or a mask) picks."""
        return Clicks(self.time[index], self.is_first[index], self.lead_in)

    def sound(self, n_samples: int, sample_rate: int) -> Array:
        """Return the sound of the clicks, shape (n_samples,)."""
        at = np.arange(round(LENGTH * sample_rate)) / sample_rate
        total = np.zeros(n_samples + len(at))
        shapes = [
            peak * np.sin(2 * np.pi * frequency * at) * np.exp(-at / DECAY)
            for frequency, peak in zip(FREQUENCIES, PEAKS, strict=True)
        ]
        for time, is_first in zip(self.time.tolist(), self.is_first.tolist(), strict=True):
            begin = round(time * sample_rate)
            if 0 <= begin < n_samples:
                total[begin : begin + len(at)] += shapes[0 if is_first else 1]
        return total[:n_samples]


def click_track(alignment: Alignment, *, count_in: int = 0, sample_rate: int = 44_100) -> Audio:
    """Make clicks on the beats that a recording plays, the first of each bar accented.

    Parameters
    ----------
    alignment : Alignment
        The notes, of a score with bars.
    count_in : int
        Bars of clicks before the first beat, at the first tempo.  If the recording begins too early for them, all
        clicks are later by the time that is missing.
    sample_rate : int

    Returns
    -------
    Audio
        As long as the recording, and the count-in that it has no room for.

    Raises
    ------
    InputError
        If the alignment has no bars.

    Examples
    --------
    >>> import scoresep
    >>> recording = scoresep.read_audio("waltz.flac")  # doctest: +SKIP
    >>> alignment = scoresep.align(recording, scoresep.read_score("waltz.mid"))  # doctest: +SKIP
    >>> scoresep.write_audio("click.wav", scoresep.click_track(alignment))  # doctest: +SKIP
    """
    beats = beats_of(alignment)
    clicks = plan_clicks(beats, count_in=count_in)
    end = clicks.lead_in + (alignment.duration or float(beats.time[-1]) + LENGTH)
    return Audio(clicks.sound(round(end * sample_rate), sample_rate).astype(np.float32), sample_rate, "PCM_16")


def plan_clicks(beats: PlayedBeats, path: Array | None = None, *, count_in: int = 0) -> Clicks:
    """Return when clicks are to be heard; ``path`` has times of the result over times of the recording."""
    time = beats.time if path is None else map_along(path, beats.time)
    if not count_in:
        return Clicks(time, beats.beat == 1, 0.0)
    in_bar = int(beats.beat[: 2 * int(beats.beat.max())].max())
    n_beats = min(max(in_bar, int(np.searchsorted(time, time[0] + TEMPO_SPAN))), len(time) - 1)
    period = (time[n_beats] - time[0]) / n_beats
    missing = int(beats.beat[0]) - 1
    number = np.arange(-(count_in * in_bar + missing), 0)
    before = time[0] + number * period
    lead_in = max(0.0, -float(before[0]))
    is_first = (number + missing) % in_bar == 0
    return Clicks(np.concatenate([before, time]) + lead_in, np.concatenate([is_first, beats.beat == 1]), lead_in)
