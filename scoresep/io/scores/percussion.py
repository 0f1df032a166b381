"""Percussion notes as keys of General MIDI: by the names of instruments, by the places on a staff, by drum kits."""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from scoresep.io.scores.symbols import LETTERS
from scoresep.values import Notes

#: Keys by words in the names of instruments; the first that fits counts.
_NAMES = tuple(
    (re.compile(words, re.IGNORECASE), key)
    for words, key in (
        (r"kick|bass[ _.-]?drum|gro(ss|ß)e trommel|grosse caisse|gran cassa", 36),
        (r"side ?stick|rim|cross ?stick", 37), (r"snare|kleine trommel|caisse claire", 38), (r"clap", 39),
        (r"pedal.*hi|hi.*(pedal|foot)", 44), (r"open.*hi.?hat|hi.?hat.*open", 46), (r"hi.?hat", 42),
        (r"(low|2).*floor.*tom|low.*floor", 41), (r"floor.*tom|stand.*tom", 43), (r"low.*tom|tom.*low", 45),
        (r"hi(gh)?.?mid.*tom", 48), (r"mid.*tom", 47), (r"hi(gh)?.*tom|tom.*hi", 50), (r"tom", 47),
        (r"ride.*bell|bell.*ride", 53), (r"ride", 51), (r"chin(a|ese)", 52), (r"splash", 55), (r"crash", 49),
        (r"tambourin", 54), (r"cow ?bell", 56), (r"vibra.?slap", 58), (r"bongo", 60), (r"conga", 63),
        (r"timbale", 65), (r"agog", 67), (r"cabasa", 69), (r"maraca|shaker", 70), (r"whistle", 71), (r"g[uü]iro", 73),
        (r"claves", 75), (r"wood.?block", 76), (r"cu[ií]ca", 78), (r"triang", 81), (r"cymbal|becken|piatti", 49),
    )
)  # fmt: skip
#: Keys by the staff position of a note (steps above the lowest line, where E4 stands in a treble clef).
_POSITIONS = {-1: 44, 0: 35, 1: 36, 2: 41, 3: 43, 4: 45, 5: 38, 6: 47, 7: 48, 8: 51, 9: 42, 10: 49, 11: 57}
#: The same for notes whose head is a cross, a circled cross or the like.
_CROSSED = {-1: 44, 5: 37, 8: 51, 9: 42, 10: 49, 11: 57}
#: What Roland's drum kits send: the edges of the closed and the open hi-hat; and, in their files, the rim of a tom.
_ROLAND = {22: 42, 26: 46}
_ROLAND_TOM = {58: 43}


def key_by_name(name: str) -> int | None:
    """Return the General MIDI key of an instrument by its name, or None."""
    return next((key for words, key in _NAMES if words.search(name)), None)


def key_by_position(letter: str, octave: int, *, is_crossed: bool = False) -> int | None:
    """Return the General MIDI key of a note by where it stands on the staff, as in a treble clef, or None."""
    position = LETTERS.index(letter) + 7 * octave - (LETTERS.index("E") + 7 * 4)
    return _CROSSED.get(position, _POSITIONS.get(position)) if is_crossed else _POSITIONS.get(position)


def standard_keys(notes: Notes) -> Notes:
    """Return notes whose drums have General MIDI keys where they have those of Roland's kits."""
    drums = set(notes.pitch[notes.is_drum].tolist())
    kit = _ROLAND | (_ROLAND_TOM if drums & _ROLAND.keys() else {})
    if not drums & kit.keys():
        return notes
    table = np.arange(128)
    table[list(kit)] = list(kit.values())
    return dataclasses.replace(notes, pitch=np.where(notes.is_drum, table[notes.pitch], notes.pitch))
