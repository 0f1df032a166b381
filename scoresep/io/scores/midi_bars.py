"""The bars of a MIDI file, by its time signatures."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import mido

from scoresep.io.scores.bars import metre_of, number_bars
from scoresep.io.scores.notated import Bar, Metre

#: The time signature of a file without any.
FOUR_FOUR = Metre(Fraction(4), Fraction(1))
#: A file with more bars is damaged.
_MAX_BARS = 100_000


def midi_bars(midi: mido.MidiFile, end: int) -> list[Bar]:
    """Return the numbered bars of a MIDI file up to a tick; none if its ticks are parts of seconds.

    A first bar in a shorter metre than the second is a pickup.
    """
    if midi.ticks_per_beat <= 0:
        return []
    metres = _metres(midi, end)
    if sum((stop - begin) / metre.length for begin, stop, metre in metres) > _MAX_BARS:
        return []
    bars: list[Bar] = []
    for begin, stop, metre in metres:
        now = begin
        while now < stop:
            bars.append(Bar(now, min(now + metre.length, stop), metre=metre, index=len(bars)))
            now += metre.length
    if len(bars) > 1 and bars[0].metre != bars[1].metre and _length(bars[0]) < _length(bars[1]):
        bars[0].metre = bars[1].metre
    number_bars(bars)
    return bars


def _length(bar: Bar) -> Fraction:
    """Return the length of a bar in quarters."""
    return bar.end - bar.begin


def _metres(midi: mido.MidiFile, end: int) -> list[tuple[Fraction, Fraction, Metre]]:
    """Return the time signatures of a file, each with its begin and its end in quarters."""
    changes = {0: FOUR_FOUR}
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "time_signature" and message.numerator and message.denominator:
                unit = Fraction(4, message.denominator)
                changes[now] = metre_of(message.numerator * unit, unit)
    ticks = [tick for tick in sorted(changes) if tick < end]
    bounds = [Fraction(tick, midi.ticks_per_beat) for tick in (*ticks, end)]
    return [(begin, stop, changes[tick]) for (begin, stop), tick in zip(pairwise(bounds), ticks, strict=True)]
