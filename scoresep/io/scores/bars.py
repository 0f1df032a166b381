"""Numbers and beats of the bars of a score.

Numbers are those that are printed.  Where a file has none, bars are counted from 1, a pickup is 0.  A bar without a
number that fills up the bar before it, as at a repeat sign within a bar, is part of that one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from scoresep.io.scores.notated import Bar, Metre
from scoresep.values import Array, Beats
from scoresep.values.notes import MAX_BAR

#: How many units a bar of a compound metre has; three of them are a beat.
COMPOUND = (6, 9, 12)
#: The beat where no time signature is known (quarters).
QUARTER = Fraction(1)
#: A score with more beats is damaged.
_MAX_BEATS = 500_000


def metre_of(length: Fraction, unit: Fraction) -> Metre:
    """Return a metre by the lengths of its bars and of its unit, the lower number of the time signature (quarters)."""
    is_compound = unit > 0 and length / unit in COMPOUND
    return Metre(length, 3 * unit if is_compound else unit)


def number_bars(bars: Sequence[Bar]) -> None:
    """Give the bars of a score, which are in the order of the page, their printed numbers and places in the metre."""
    if not bars:
        return
    found = [_number_of(bar) for bar in bars]
    numbered = next((k for k, number in enumerate(found) if number is not None), None)
    is_pickup = len(bars) > 1 and _is_short(bars[0])
    first = int(not is_pickup) if numbered is None else max((found[numbered] or 0) - numbered, 0)
    bars[0].printed = first if found[0] is None else found[0]
    bars[0].lead = _missing(bars[0]) if is_pickup else Fraction(0)
    for k, (before, bar) in enumerate(pairwise(bars), start=1):
        number = found[k]
        goes_on = _goes_on(before, bar) and number in (None, before.printed)
        if number is None:
            is_part = goes_on or (bar.is_implicit and k > (numbered or 0))
            number = before.printed if is_part else before.printed + 1
        bar.printed = min(number, MAX_BAR)
        bar.lead = before.lead + before.end - before.begin if goes_on else Fraction(0)
        if number == 0 and not goes_on:
            bar.lead = _missing(bar)


def beats_of(bars: Sequence[Bar], seconds: Callable[[Sequence[Fraction]], Array]) -> Beats | None:
    """Return the beats of numbered bars; ``seconds`` converts times in quarters.  None for a damaged score."""
    if sum((bar.end - bar.begin) / _beat_of(bar) for bar in bars) > _MAX_BEATS:
        return None
    rows: list[tuple[Fraction, int, int, int, Fraction]] = []
    for bar in bars:
        unit = _beat_of(bar)
        last = bar.lead + bar.end - bar.begin
        beats = range(math.ceil(bar.lead / unit), math.ceil(last / unit))
        rows += [(bar.begin + beat * unit - bar.lead, bar.printed, beat + 1, bar.index, unit) for beat in beats]
    times, *columns, units = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    number, beat, index = (np.array(column, int) for column in columns)
    return Beats(seconds(times), number, beat, index, np.array(units, float))


def _number_of(bar: Bar) -> int | None:
    """Return the number of a bar in the file, or None if it has none, as "X1"."""
    found = re.match(r"\s*(\d{1,6})(?!\d)", bar.number)
    return int(found[1]) if found else None


def _beat_of(bar: Bar) -> Fraction:
    """Return the length of a beat of a bar in quarters."""
    return bar.metre.beat if bar.metre is not None and bar.metre.beat > 0 else QUARTER


def _missing(bar: Bar) -> Fraction:
    """Return by how many quarters a bar is shorter than its metre."""
    length = Fraction(0) if bar.metre is None else bar.metre.length
    return max(length - (bar.end - bar.begin), Fraction(0))


def _is_short(bar: Bar) -> bool:
    """Whether a bar is shorter than its metre."""
    return _missing(bar) > 0


def _goes_on(before: Bar, bar: Bar) -> bool:
    """Whether a bar can be the rest of the one before: both are of one measure in the file, or fill the metre up."""
    if before.index == bar.index:
        return True
    filled = before.lead + before.end - before.begin
    return bar.metre is not None and bar.metre.length > filled and bar.end - bar.begin <= bar.metre.length - filled
