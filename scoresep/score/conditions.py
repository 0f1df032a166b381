"""What the keys of a selector ask of a note: by part, hand, pitch, piece of the drum kit, number, time and so on.

A new key is one entry in `KEYS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scoresep.errors import InputError
from scoresep.score.drum_kit import drum_piece, keys_named
from scoresep.score.hands import hands_of
from scoresep.score.instruments import DRUMS, matches_instrument
from scoresep.score.pitch import parse_pitch, pitch_name
from scoresep.times import parse_time
from scoresep.values import Array, Condition, Notes
from scoresep.values.notes import NO_BAR


@dataclass(frozen=True)
class Key:
    """A key of a selector.

    Parameters
    ----------
    matches : callable
        Called with the notes and a value of the groups file; returns which notes have the value, shape (notes,).  For a
        value that cannot be read it raises ValueError, with what is wanted.
    found : callable
        Called with the notes; returns what the score has, for the message about a value that no note has.
    in_recording : bool
        Whether the answer depends on the recording, so that it is known only after the alignment.
    """

    matches: Callable[[Notes, str], Array]
    found: Callable[[Notes], str]
    in_recording: bool = False


def fulfils(
    condition: Condition, group: str, notes: Notes, *, is_aligned: bool = True, is_for_drums: bool = False
) -> Array:
    """Return which notes have one of the values of a condition, shape (notes,).

    ``group`` is what the group is called in messages, such as "group 'left'".  Before the alignment (not
    ``is_aligned``), all notes fulfil a condition that depends on the recording.  ``is_for_drums`` says that a condition
    on ``pitch`` asks for the keys of drum notes; any other asks for pitches, which drum notes do not have.

    Raises InputError, with the place, for a value that cannot be read or that no note has.  Of several pieces of a
    drum kit it is enough that one is played.
    """
    if condition.key == "pitch" and notes.is_drum.any() and not notes.is_drum.all():
        result = np.zeros(len(notes), bool)
        own = np.flatnonzero(notes.is_drum == is_for_drums)
        result[own] = fulfils(condition, group, notes.take(own))
        return result
    key = KEYS[condition.key]
    result = np.zeros(len(notes), bool)
    unplayed = []
    for value in condition.values:
        says = f"{condition.place}: {group}"
        try:
            matches = key.matches(notes, value)
        except ValueError as error:
            raise InputError(f"{says} has {condition.key} '{value}'; wanted {error}") from error
        if key.in_recording and not is_aligned:
            matches = np.ones(len(notes), bool)
        if not matches.any():
            unplayed.append(f"{says} names {condition.key} '{value}'; {key.found(notes)}")
        result |= matches
    is_of_kit = condition.key == "drum" or (condition.key == "pitch" and notes.is_drum.all())
    if unplayed and not (is_of_kit and result.any()):
        raise InputError(unplayed[0])
    return result


def notes_of_part(notes: Notes, value: str) -> Array:
    """Return the notes of the parts of a name, or else of the part of that number."""
    named = [k for k, name in enumerate(notes.part_names, start=1) if name.strip().casefold() == value.casefold()]
    if not named and value.isdecimal():
        named = [int(value)]
    return np.isin(notes.part, named)


def _by_hand(notes: Notes, value: str) -> Array:
    """Return the notes of the left or the right hand."""
    if value.casefold() not in ("left", "right"):
        raise ValueError("left or right")
    hands = hands_of(notes)
    return np.zeros(len(notes), bool) if hands is None else hands[value.casefold() == "right"]


def _by_instrument(notes: Notes, value: str) -> Array:
    """Return the notes whose instrument or part has a word in its name."""
    program = np.where(notes.is_drum, 0, notes.program)
    found = [matches_instrument(value, int(program[i]), notes.part_name(i)) for i in range(len(notes))]
    return np.array(found, bool) | (notes.is_drum & (value.casefold() in DRUMS[0]))


def _by_drum(notes: Notes, value: str) -> Array:
    """Return the drum notes of a piece, a family or a key."""
    keys = keys_named(value, set(notes.pitch[notes.is_drum].tolist()))
    return np.asarray(notes.is_drum & np.isin(notes.pitch, list(keys)))


def _by_pitch(notes: Notes, value: str) -> Array:
    """Return the notes of a pitch, or of a range of pitches with both ends."""
    lowest, highest = _range(value, parse_pitch)
    return np.asarray((notes.pitch >= lowest) & (notes.pitch <= highest))


def _by_bars(notes: Notes, value: str) -> Array:
    """Return the notes that begin in a bar, or in a range of bars with both ends."""
    first, last = _range(value, _bar_number)
    return np.asarray((notes.bar >= max(first, 0)) & (notes.bar <= last))


def _by_time(notes: Notes, value: str) -> Array:
    """Return the notes whose onset is in a range of times, without its end."""
    if ".." not in value:
        raise ValueError("a range like 0:32..0:40")
    begin, end = _range(value, parse_time)
    return np.asarray((notes.onset >= begin) & (notes.onset < end))


def _by_number(notes: Notes, value: str) -> Array:
    """Return the note of a number, or the notes of a range with both ends; the first note is 1."""
    lowest, highest = _range(value, _whole_number)
    number = np.arange(1, len(notes) + 1)
    return np.asarray((number >= lowest) & (number <= highest))


def _range(value: str, parse: Callable[[str], float]) -> tuple[float, float]:
    """Return the ends of a range 'a..b', of which one may be missing, or of a single value."""
    first, dots, last = value.partition("..")
    begin = parse(first) if first or not dots else -np.inf
    end = (parse(last) if last else np.inf) if dots else begin
    if end < begin:
        raise ValueError("a range that rises")
    return begin, end


def _whole_number(text: str) -> float:
    """Return a number without sign or fraction."""
    if not text.strip().isdecimal():
        raise ValueError("a number from 1, or a range like 1..3")
    return int(text)


def _bar_number(text: str) -> float:
    """Return the number of a bar."""
    if not text.strip().isdecimal():
        raise ValueError("a bar such as 5, or a range like 12..20; a pickup is 0")
    return int(text)


def _part_names(notes: Notes) -> str:
    """Return the names of the parts."""
    return "the score has " + (", ".join(f"'{name}'" for name in notes.part_names) or "no parts")


def _instruments(notes: Notes) -> str:
    """Return the programs or, without any, the names of the parts."""
    return _number("program").found(notes) if _numbers(notes, "program").any() else _part_names(notes)


def _pitches(notes: Notes) -> str:
    """Return the lowest and the highest pitch, or the keys of drums."""
    if notes.is_drum.all():
        return _kit(notes)
    lowest, highest = (pitch_name(int(pitch)) for pitch in (notes.pitch.min(), notes.pitch.max()))
    return f"the score goes from {lowest} to {highest}"


def _bars(notes: Notes) -> str:
    """Return the first and the last bar."""
    bars = notes.bar[notes.bar != NO_BAR]
    return f"the score has bars {bars.min()} to {bars.max()}" if len(bars) else "the notes have no bar numbers"


def _kit(notes: Notes) -> str:
    """Return the pieces of the drum kit with their keys."""
    keys = sorted(set(notes.pitch[notes.is_drum].tolist()))
    return "the score has " + (", ".join(f"{drum_piece(key).name} ({key})" for key in keys) or "no drums")


def _onsets(notes: Notes) -> str:
    """Return the first and the last onset."""
    return f"the notes begin between {notes.onset.min():.2f} and {notes.onset.max():.2f} s"


def _number(column: str) -> Key:
    """Return a key that asks for numbers, from 1, in a column of the notes; 0 says that the score does not tell."""

    def matches(notes: Notes, value: str) -> Array:
        lowest, highest = _range(value, _whole_number)
        numbers = _numbers(notes, column)
        return np.asarray((numbers >= max(lowest, 1)) & (numbers <= highest))

    def found(notes: Notes) -> str:
        numbers = sorted(set(_numbers(notes, column).tolist()) - {0})
        return f"the score has {column} {', '.join(map(str, numbers))}" if numbers else f"the score tells no {column}"

    return Key(matches, found)


def _numbers(notes: Notes, column: str) -> Array:
    """Return the numbers in a column of the notes; the programs of drum notes, which are those of kits, count as 0."""
    numbers = getattr(notes, column)
    return np.where(notes.is_drum, 0, numbers) if column == "program" else np.asarray(numbers)


#: The keys of selectors, in the order of messages.
KEYS = {
    "part": Key(notes_of_part, _part_names),
    "hand": Key(_by_hand, lambda _: "the score is not for the two hands of a keyboard"),
    "staff": _number("staff"),
    "voice": _number("voice"),
    "channel": _number("channel"),
    "program": _number("program"),
    "instrument": Key(_by_instrument, _instruments),
    "bars": Key(_by_bars, _bars),
    "pitch": Key(_by_pitch, _pitches),
    "drum": Key(_by_drum, _kit),
    "note": Key(_by_number, lambda notes: f"the notes have numbers from 1 to {len(notes)}", in_recording=True),
    "time": Key(_by_time, _onsets, in_recording=True),
}
