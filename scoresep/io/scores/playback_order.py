"""In which order the bars of a score are played: repeats, endings (voltas), da capo and dal segno.

In what a jump back leads to nothing is repeated, and the last endings are played, as is the custom; what comes after
the jump is new, and its repeats are played.  Each jump is followed once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction

from scoresep.io.scores.notated import Bar

#: Bars that an order may have; what is longer is damaged.
MOST_BARS = 100_000


def playback_order(
    bars: Sequence[Bar], *, repeats: bool = True, jumps: bool = True, repeats_again: bool = False
) -> list[int]:
    """Return the bars in the order they are played, by their places on the page.

    Without ``repeats`` only the last endings are played.  Without ``jumps`` no da capo or dal segno is followed; with
    ``repeats_again`` repeats are taken after one too.
    """
    order: list[int] = []
    place, start, turn = 0, 0, 1
    jumped: set[int] = set()
    jump = -1  # the bar whose jump was followed last; up to it everything has been played before
    while place < len(bars) and len(order) < MOST_BARS:
        bar = bars[place]
        is_again = place <= jump
        if place > start and (bar.opens or (bars[place - 1].endings and not bar.endings) or place == jump + 1 > 0):
            start, turn = place, 1
        is_repeated = repeats and (repeats_again or not is_again)
        total = _turns(bars, place)
        if bar.endings and (turn if is_repeated else total) not in bar.endings:
            place += 1
            continue
        order.append(place)
        is_to_repeat = bar.times > 1 and is_repeated and turn < total
        if is_again and "fine" in bar.marks and "alcoda" not in bars[jump].marks and not is_to_repeat:
            break
        if is_again and (coda := _coda_of(bars, place, jump)) is not None:
            place, start, turn = coda, coda, 1
        elif is_to_repeat:
            place, turn = start, turn + 1
        elif jumps and place not in jumped and bar.marks.keys() & {"dacapo", "dalsegno"}:
            jumped.add(place)
            place, jump = _target_of(bars, place), place
            start, turn = place, 1
        else:
            place += 1
            if bar.times > 1 and not bar.endings:
                start, turn = place, 1
    return order


def sections_of(order: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last bar of what is played without a jump."""
    sections: list[tuple[int, int]] = []
    for place in order:
        if sections and sections[-1][1] == place - 1:
            sections[-1] = sections[-1][0], place
        else:
            sections.append((place, place))
    return sections


def split_bars(bars: Sequence[Bar], repeats_inside: Mapping[Fraction, AbstractSet[int]]) -> list[Bar]:
    """Return the bars with those divided in which a repeat opens (0) or closes (the times that it is played)."""
    cuts = sorted(repeats_inside)
    parts: list[Bar] = []
    k = 0
    for bar in bars:
        while k < len(cuts) and cuts[k] <= bar.begin:
            k += 1
        while k < len(cuts) and cuts[k] < bar.end:
            signs = repeats_inside[cuts[k]]
            begun = {mark: label for mark, label in bar.marks.items() if mark in ("segno", "coda")}
            parts.append(replace(bar, end=cuts[k], times=max(signs | {1}), marks=begun))
            ended = {mark: label for mark, label in bar.marks.items() if mark not in begun}
            bar = replace(bar, begin=cuts[k], opens=0 in signs, marks=ended)
            k += 1
        parts.append(bar)
    return parts


def jump_targets(bars: Sequence[Bar], orders: Sequence[Sequence[int]]) -> set[Fraction]:
    """Return the begins (quarters) of the bars that are played after another one than that before them on the page."""
    return {
        bars[place].begin
        for order in orders
        for before, place in zip([-1, *order], order, strict=False)
        if place != before + 1 or place == 0
    }


def _coda_of(bars: Sequence[Bar], place: int, jump: int) -> int | None:
    """Return where a bar sends to its coda, if it does so after this jump."""
    if "tocoda" not in bars[place].marks or "alfine" in bars[jump].marks:
        return None
    label = bars[place].marks["tocoda"]
    codas = [k for k in range(place + 1, len(bars)) if "coda" in bars[k].marks]
    return next((k for k in codas if label and bars[k].marks["coda"] == label), codas[0] if codas else None)


def _target_of(bars: Sequence[Bar], place: int) -> int:
    """Return where a da capo or dal segno leads: to the segno that it names, or the nearest before it."""
    if "dalsegno" not in bars[place].marks:
        return 0
    label = bars[place].marks["dalsegno"]
    segnos = [k for k in range(place + 1) if "segno" in bars[k].marks]
    return next((k for k in segnos if label and bars[k].marks["segno"] == label), segnos[-1] if segnos else 0)


def _group(bars: Sequence[Bar], place: int) -> Sequence[Bar]:
    """Return the bars that belong to endings around a place, itself included."""
    first = last = place
    while first > 0 and bars[first].endings and bars[first - 1].endings:
        first -= 1
    while last + 1 < len(bars) and bars[last].endings and bars[last + 1].endings:
        last += 1
    return bars[first : last + 1]


def _turns(bars: Sequence[Bar], place: int) -> int:
    """Return how often what leads to a bar is played, which is the number of the last ending too."""
    return max(max((*bar.endings, bar.times)) for bar in _group(bars, place))
