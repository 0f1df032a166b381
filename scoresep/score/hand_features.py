"""What tells which hand plays a note: its place among the notes around it, as numbers for a network.

Each note has *features* (its pitch, length, what sounds below and above) and *relations* to the notes before and
after it: how many semitones and chords away each is, and whether it still sounds, joins on or has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values import Array

#: Notes that begin, or end, within this time (s) do so together.
TOGETHER = 0.03
#: What a hand spans without effort (semitones).
OCTAVE = 12
#: How many notes before a note, and how many after it, it is related to.
WINDOW = 32
#: Intervals between two notes are told apart up to this (semitones), wider ones count as this.
WIDEST = 36
#: Distances from which on chords are told apart: the next one, the second, 3 or 4 chords away, and so on.
CHORDS_AWAY = (1, 2, 3, 5, 9, 17)
#: Kinds of relations: two within a chord, and three for each distance, before and after.
KINDS = 2 + 2 * 3 * len(CHORDS_AWAY)
#: The relation to a note that is not there.
NO_RELATION = KINDS * (2 * WIDEST + 1)
#: The middle of the keyboard, about which left and right mirror each other (MIDI pitch).
MIDDLE = 62
#: Pitches between which a pitch is interpolated, and the coarser ones for the lowest and the highest that sounds.
PITCHES = np.arange(28, 101, 6)
EXTREMES = PITCHES[::2]
#: Intervals (semitones) between which the interval to the next note below or above is interpolated.
INTERVALS = np.array([1, 2, 3, 4, 5, 7, 9, 12, 16, 24, 36])
#: No more notes than this are counted below or above a note.
MOST = 4


@dataclass(frozen=True)
class Context:
    """Notes in the order of time, chords from low to high, and what a network is told of them.

    Attributes
    ----------
    order : array of int, shape (notes,)
        Where each of them is among the notes that were given.
    chord : array of int, shape (notes,)
        The chord that a note belongs to, counted from 0.
    features : array of float, shape (notes, features)
    relations : array of int, shape (notes, 2 * WINDOW)
        Relations to the notes before it (nearest last) and after it (nearest first).
    """

    order: Array
    chord: Array
    features: Array
    relations: Array


def context_of(onset: Array, offset: Array, pitch: Array) -> Context:
    """Return what a network is told of notes.

    Parameters
    ----------
    onset, offset : array of float, shape (notes,)
        Seconds.
    pitch : array of int, shape (notes,)
        MIDI numbers.
    """
    chord = chords_of(onset)
    order = np.lexsort((offset, onset, pitch, chord))
    chord, onset, offset, pitch = chord[order], onset[order], offset[order], pitch[order].astype(int)
    times = np.minimum.reduceat(onset, np.flatnonzero(np.diff(chord, prepend=-1)))
    end = np.maximum(np.searchsorted(times, offset - TOGETHER), chord + 1)
    features = np.column_stack([_timing(onset, offset, times, chord, end), _surroundings(pitch, chord, end)])
    return Context(order, chord, features.astype(np.float32), _relations(pitch, chord, end))


def chords_of(onset: Array) -> Array:
    """Return which chord each note belongs to, counted from 0 in the order of time."""
    order = np.argsort(onset, kind="stable")
    numbers, first, number = [], -np.inf, -1
    for time in onset[order].tolist():
        if time > first + TOGETHER:
            number, first = number + 1, time
        numbers.append(number)
    chord = np.empty(len(onset), int)
    chord[order] = numbers
    return chord


def _relations(pitch: Array, chord: Array, end: Array) -> Array:
    """Return the relation of each note to the notes around it; `end` is the first chord at which it sounds no more."""
    intervals = 2 * WIDEST + 1
    relations = np.full((len(pitch), 2 * WINDOW), NO_RELATION, np.int16)
    for k in range(1, min(WINDOW, len(pitch) - 1) + 1):
        first, second = slice(None, -k), slice(k, None)
        away = chord[second] - chord[first]
        interval = np.clip(pitch[second] - pitch[first], -WIDEST, WIDEST)
        ended = np.sign(chord[second] - end[first]) + 1
        before = 2 + 3 * (np.searchsorted(CHORDS_AWAY, away, "right") - 1) + ended
        struck = np.where(end[first] == end[second], 0, 1)
        before, after = (np.where(away == 0, struck, kind) for kind in (before, before + 3 * len(CHORDS_AWAY)))
        relations[second, WINDOW - k] = before * intervals - interval + WIDEST
        relations[first, WINDOW + k - 1] = after * intervals + interval + WIDEST
    return relations


def _timing(onset: Array, offset: Array, times: Array, chord: Array, end: Array) -> Array:
    """Return how long notes are, and how long before and after them other chords are, in octaves of the usual time."""
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.25
    since, until = np.diff(times, prepend=times[0] - 1)[chord], np.diff(times, append=times[-1] + 1)[chord]
    lengths = np.column_stack([offset - onset, since, until])
    octaves = np.log2(np.maximum(lengths, 1e-3) / usual).clip(-3, 4) / 2
    return np.column_stack([octaves, np.log2(end - chord) / 2])


def _surroundings(pitch: Array, chord: Array, end: Array) -> Array:
    """Return where notes lie on the keyboard and among the notes that sound at their onset."""
    struck = np.zeros((chord[-1] + 2, 129), int)
    np.add.at(struck, (chord, pitch + 1), 1)
    sounding = struck.copy()
    np.add.at(sounding, (np.minimum(end, chord[-1] + 1), pitch + 1), -1)
    sounding = sounding.cumsum(axis=0)
    columns = [(pitch - MIDDLE) / 12, _hats(pitch, PITCHES)]
    for counts in (sounding, struck):
        lower = counts.cumsum(axis=1)
        below, above = lower[chord, pitch], lower[chord, -1] - lower[chord, pitch + 1]
        columns += [np.minimum(n, MOST) / MOST for n in (below, above)] + [n == 0 for n in (below, above)]
    keys = np.arange(128)
    low = np.maximum.accumulate(np.where(sounding[:, 1:] > 0, keys, -99), axis=1)
    high = np.minimum.accumulate(np.where(sounding[:, 1:] > 0, keys, 299)[:, ::-1], axis=1)[:, ::-1]
    gap_below = np.where(pitch > 0, pitch - low[chord, np.maximum(pitch - 1, 0)], 99)
    gap_above = np.where(pitch < 127, high[chord, np.minimum(pitch + 1, 127)] - pitch, 99)
    columns += [_hats(gap, INTERVALS) for gap in (gap_below, gap_above)]
    lowest, highest = high[chord, 0], low[chord, -1]
    columns += [_hats(lowest, EXTREMES), _hats(highest, EXTREMES)]
    return np.column_stack([*columns, *(np.minimum(n, WIDEST) / WIDEST for n in (pitch - lowest, highest - pitch))])


def _hats(values: Array, knots: Array) -> Array:
    """Return how near values are to each of some knots, as the weights of linear interpolation between them."""
    return np.stack([np.interp(values, knots, row) for row in np.eye(len(knots))], axis=1)
