"""In which order the bars of a score are played: repeats, endings (voltas), da capo and dal segno.

After a jump back nothing is repeated, and the last endings are played, as is the custom.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoresep.io.scores.notated import Bar

#: Bars that a course may have; what is longer is damaged.
MOST_BARS = 100_000


def course_of(
    bars: Sequence[Bar], *, repeats: bool = True, jumps: bool = True, repeats_again: bool = False
) -> list[int]:
    """Return the bars in the order they are played, by their places on the page.

    Without ``repeats`` only the last endings are played.  Without ``jumps`` no da capo or dal segno is followed; with
    ``repeats_again`` repeats are taken after one too.
    """
    course: list[int] = []
    place, start, turn, has_jumped = 0, 0, 1, False
    while place < len(bars) and len(course) < MOST_BARS:
        bar = bars[place]
        if place > start and (bar.opens or (bars[place - 1].endings and not bar.endings)):
            start, turn = place, 1
        is_repeated = repeats and (repeats_again or not has_jumped)
        total = _turns(bars, place)
        if bar.endings and (turn if is_repeated else total) not in bar.endings:
            place += 1
            continue
        course.append(place)
        is_to_repeat = bar.times > 1 and is_repeated and turn < total
        if has_jumped and "fine" in bar.marks and not is_to_repeat:
            break
        if has_jumped and "tocoda" in bar.marks and (coda := _place_of("coda", bars, place + 1)) is not None:
            place, start, turn = coda, coda, 1
        elif is_to_repeat:
            place, turn = start, turn + 1
        elif jumps and not has_jumped and bar.marks & {"dacapo", "dalsegno"}:
            place = (_place_of("segno", bars, 0) or 0) if "dalsegno" in bar.marks else 0
            start, turn, has_jumped = place, 1, True
        else:
            place += 1
            if bar.times > 1 and not bar.endings:
                start, turn = place, 1
    return course


def sections_of(course: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last bar of what is played without a jump."""
    sections: list[tuple[int, int]] = []
    for place in course:
        if sections and sections[-1][1] == place - 1:
            sections[-1] = sections[-1][0], place
        else:
            sections.append((place, place))
    return sections


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


def _place_of(mark: str, bars: Sequence[Bar], first: int) -> int | None:
    """Return the first bar from a place on that has a mark."""
    return next((place for place in range(first, len(bars)) if mark in bars[place].marks), None)
