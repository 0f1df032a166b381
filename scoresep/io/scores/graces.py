"""When grace notes are played.

Grace notes with a stroke, and those in groups, are played before the beat, a tenth of a second each.  A single one
without a stroke that is written as an eighth or longer is an appoggiatura: it is played on the beat and takes its
written length from the note that it leads to, half of it at most.  What the score says of it (``acc`` and ``unacc`` in
MEI, the stolen time in MusicXML) goes before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from fractions import Fraction

from scoresep.io.scores.notated import NotatedNote, TempoMap

#: Seconds that a short grace note lasts; pianists take 0.06 to 0.17 in our recordings.
SHORT = 0.1
#: A group takes at most this share of the note before it, or of the one that it leads to.
_MOST = Fraction(1, 2)
#: Quarters from which on a single grace note without a stroke is an appoggiatura.
_LONG = Fraction(1, 2)

_Line = tuple[int, int, int]


def play_graces(notes: list[NotatedNote], tempos: TempoMap, targets: set[Fraction]) -> int:
    """Move the grace notes among notes, which are changed, to where they are played; return how many there are.

    Where the music jumps to (``targets``) there is no time before the beat: they are played on it.
    """
    groups: dict[tuple[_Line, Fraction], list[NotatedNote]] = defaultdict(list)
    mains: dict[tuple[_Line, Fraction], list[NotatedNote]] = defaultdict(list)
    onsets: dict[_Line, list[Fraction]] = defaultdict(list)
    for note in notes:
        line = note.line
        (mains if note.grace is None else groups)[line, note.onset].append(note)
        if note.grace is None and (not onsets[line] or onsets[line][-1] < note.onset):
            onsets[line].append(note.onset)
    for (line, beat), group in groups.items():
        _play_group(group, mains[line, beat], onsets[line], tempos, is_target=beat in targets)
    return sum(map(len, groups.values()))


def _play_group(
    group: list[NotatedNote], mains: list[NotatedNote], onsets: list[Fraction], tempos: TempoMap, *, is_target: bool
) -> None:
    """Give the grace notes of one voice at one beat their time."""
    beat = group[0].onset
    order = sorted({note.grace.place for note in group if note.grace is not None})
    k = bisect_left(onsets, beat)
    free = beat - onsets[k - 1] if k else beat
    own = min((note.offset - note.onset for note in mains), default=Fraction(0))
    timing = _timing(group, len(order), own)
    if timing != "on" and not is_target and free > 0:
        unit = min(tempos.quarters_in(SHORT, beat), _MOST * free / len(order))
        begin = beat - unit * len(order)
    else:
        values = [note.grace.value for note in group if note.grace is not None]
        length = max(values) if timing == "on" else tempos.quarters_in(SHORT, beat)
        unit, begin = min(length, _MOST * own / len(order)), beat
        for note in mains:
            note.onset += unit * len(order)
    for note in group:
        note.beat = beat
        place = order.index(note.grace.place) if note.grace is not None else 0
        is_held = note.offset > beat  # it is tied to the note that it adorns
        note.onset = begin + unit * place
        note.offset = note.offset if is_held else note.onset + unit


def _timing(group: list[NotatedNote], count: int, own: Fraction) -> str:
    """Return whether a group is played "before" the beat or "on" it; ``own`` is the length of the note adorned."""
    said = {note.grace.timing for note in group if note.grace is not None} - {""}
    if said:
        return "on" if "on" in said and own > 0 else "before"
    graces = [note.grace for note in group if note.grace is not None]
    is_appoggiatura = count == 1 and own > 0 and all(g.value >= _LONG and not g.has_stroke for g in graces)
    return "on" if is_appoggiatura and all(note.offset <= note.onset for note in group) else "before"
