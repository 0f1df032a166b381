"""Ornaments as the notes that a player plays.

- A trill alternates with the note above, twelve notes a second, begins and ends on the written note.
- A mordent is the written note, the one below and the written one; an inverted mordent has the one above.
- A turn is the note above, the written one, the one below and the written one; a delayed one comes at the end.
- A tremolo repeats its note, or alternates with another one, as often as its strokes say.
- An arpeggio spreads a chord, 50 ms from note to note, from the beat on.

Players differ; a recording decides about the exact times, once the notes are there to be found.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from operator import attrgetter

from scoresep.errors import InputError
from scoresep.io.scores.notated import MOST_NOTES, NotatedNote, NotatedScore, Ornament, TempoMap

#: Seconds of a note of a trill or a mordent.
QUICK = 0.08
#: Seconds of a note of a turn.
TURN = 0.1
#: No note of a tremolo is shorter (s).
SHORTEST = 0.06
#: Seconds from note to note of an arpeggio, which takes half of the chord at most.
SPREAD = 0.05
#: No ornament has more notes.
_MOST_IN_ONE = 2_000
#: A voice that plays so many notes of a trill while it is written plays it out.
_WRITTEN_OUT = 3


def play_ornaments(notes: list[NotatedNote], score: NotatedScore, tempos: TempoMap) -> list[NotatedNote]:
    """Return notes with ornaments as those that are played, and count the ornaments in the score."""
    _spread_chords(notes, score, tempos)
    by_pitch: dict[tuple[int, int], list[NotatedNote]] = defaultdict(list)
    for note in sorted(notes, key=attrgetter("onset")):
        by_pitch[note.part, note.pitch].append(note)
    played: list[NotatedNote] = []
    for note in notes:
        ornament = next(iter(note.ornaments), None)
        if ornament is None:
            played.append(note)
        elif ornament.kind == "trill" and (begin := _written_out(note, ornament, by_pitch)) is not None:
            played += [replace(note, offset=begin, ornaments=())] if begin > note.onset else []
        else:
            score.ornaments[ornament.kind] += 1
            played += _play(note, ornament, tempos)
        if len(played) > MOST_NOTES:
            raise InputError(f"more than {MOST_NOTES} notes with all ornaments; split the score")
    return played


def _play(note: NotatedNote, ornament: Ornament, tempos: TempoMap) -> list[NotatedNote]:
    """Return the notes that are played for one with an ornament."""
    length = note.offset - note.onset
    quick = min(tempos.quarters_in(QUICK, note.onset), length / 4)
    slow = min(tempos.quarters_in(TURN, note.onset), length / (6 if ornament.is_delayed else 4))
    if length <= 0:
        return [note]
    match ornament.kind:
        case "trill":
            count = max(3, min(int(length / max(quick, Fraction(1, 1920))), _MOST_IN_ONE))
            count -= 1 - count % 2
            return _in_turn(note, (0, ornament.upper), count, length / count)
        case "mordent":
            return _before_the_note(note, (0, -ornament.lower), quick)
        case "inverted mordent":
            return _before_the_note(note, (0, ornament.upper), quick)
        case "turn" | "inverted turn":
            steps = (ornament.upper, 0, -ornament.lower, 0)
            steps = steps if ornament.kind == "turn" else (-ornament.lower, 0, ornament.upper, 0)
            if not ornament.is_delayed:
                return _before_the_note(note, steps[:3], slow)
            main = replace(note, offset=note.offset - 4 * slow, ornaments=())
            return [main, *_row(replace(note, onset=main.offset), steps, slow)]
        case "tremolo":
            unit = max(ornament.unit, tempos.quarters_in(SHORTEST, note.onset))
            count = max(1, min(round(length / unit), _MOST_IN_ONE))
            return _in_turn(note, (0,), count, length / count)
    return _alternate(note, ornament, tempos)


def _alternate(note: NotatedNote, ornament: Ornament, tempos: TempoMap) -> list[NotatedNote]:
    """Return every other note of an alternation of two."""
    length = ornament.end - ornament.begin
    unit = max(ornament.unit, tempos.quarters_in(SHORTEST, ornament.begin))
    if length <= 0 or unit <= 0:
        return [note]
    count = max(2, min(round(length / unit), _MOST_IN_ONE))
    unit = length / count
    begins = [ornament.begin + k * unit for k in range(int(ornament.is_second), count, 2)]
    return [replace(note, onset=begin, offset=begin + unit, ornaments=()) for begin in begins]


def _before_the_note(note: NotatedNote, steps: tuple[int, ...], unit: Fraction) -> list[NotatedNote]:
    """Return quick notes from the onset of a note on, and what is left of it after them."""
    rest = replace(note, onset=note.onset + len(steps) * unit, ornaments=())
    return [*_row(note, steps, unit), rest]


def _row(note: NotatedNote, steps: tuple[int, ...], unit: Fraction) -> list[NotatedNote]:
    """Return notes of equal length from the onset of a note on, so many semitones from it."""
    return [
        replace(
            note, onset=note.onset + k * unit, offset=note.onset + (k + 1) * unit,
            pitch=max(0, min(note.pitch + step, 127)), ornaments=(),
        )
        for k, step in enumerate(steps)
    ]  # fmt: skip


def _in_turn(note: NotatedNote, steps: tuple[int, ...], count: int, unit: Fraction) -> list[NotatedNote]:
    """Return so many notes of equal length, whose steps from a note come in turn."""
    return _row(note, tuple(steps[k % len(steps)] for k in range(count)), unit)


def _written_out(
    note: NotatedNote, ornament: Ornament, by_pitch: dict[tuple[int, int], list[NotatedNote]]
) -> Fraction | None:
    """Return when another voice of the part begins to play a trill note by note, or None if none does."""
    others = [
        other
        for pitch in (note.pitch, note.pitch + ornament.upper)
        for other in _between(by_pitch[note.part, pitch], note.onset, note.offset)
        if other.line != note.line
    ]
    has_both = len({other.pitch for other in others}) > 1
    return min(other.onset for other in others) if has_both and len(others) >= _WRITTEN_OUT else None


def _between(notes: list[NotatedNote], begin: Fraction, end: Fraction) -> list[NotatedNote]:
    """Return the notes, sorted by onset, that begin between two times."""
    first = bisect_left(notes, begin, key=attrgetter("onset"))
    return notes[first : bisect_left(notes, end, key=attrgetter("onset"))]


def _spread_chords(notes: list[NotatedNote], score: NotatedScore, tempos: TempoMap) -> None:
    """Spread the chords that are to be, which changes the onsets of their notes."""
    chords: dict[tuple[int, Fraction, str], list[NotatedNote]] = defaultdict(list)
    for note in notes:
        if note.arpeggio:
            chords[note.part, note.onset, note.arpeggio].append(note)
    for (_, onset, name), chord in chords.items():
        if len(chord) < 2:
            continue
        score.ornaments["arpeggio"] += 1
        chord.sort(key=attrgetter("pitch"), reverse=name.startswith("-"))
        shortest = min(note.offset - note.onset for note in chord)
        step = min(tempos.quarters_in(SPREAD, onset), shortest / 2 / max(1, math.ceil(len(chord) - 1)))
        for k, note in enumerate(chord):
            note.onset += k * step
