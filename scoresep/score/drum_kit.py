"""The pieces of a drum kit: which key of General MIDI plays which, and how each family of pieces sounds.

Conventions: times are in seconds, frequencies in Hz.  A decay is the time in which a sound falls by 20 dB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from scoresep.values import Array

#: Added to the spectrum of every family: no frequency is impossible.
_SPECTRUM_FLOOR = 0.001


@dataclass(frozen=True)
class DrumFamily:
    """What the pieces of a family have in common.

    Parameters
    ----------
    decay : float
        How fast the sound of a hit dies away in its main part.
    ring : float
        How fast its long end does; no template of a hit needs to be longer.
    onset_band : tuple of float
        The lowest and the highest frequency of the band in which an onset is clearest.
    shape : callable
        From frequencies to a rough spectrum, relative to its maximum; `spectrum` is made of it.
    """

    decay: float
    ring: float
    onset_band: tuple[float, float]
    shape: Callable[[Array], Array]

    def spectrum(self, frequencies: Array) -> Array:
        """Make a rough spectrum of a hit (magnitudes), of sum one, shape of ``frequencies``."""
        values = self.shape(np.asarray(frequencies, float)) + _SPECTRUM_FLOOR
        return np.asarray(values / values.sum())


def _below(corner: float) -> Callable[[Array], Array]:
    """Give a spectrum that falls above a frequency, as that of a skin does."""
    return lambda f: np.asarray(1 / (1 + (f / corner) ** 2))


def _above(corner: float, order: int) -> Callable[[Array], Array]:
    """Give a spectrum that rises up to a frequency, as that of a cymbal does."""
    return lambda f: np.asarray(1 / (1 + (corner / (f + 1)) ** order))


def _snare(f: Array) -> Array:
    """Give the spectrum of a snare: a skin around 400 Hz, and the noise of the wires up to 12 kHz."""
    return np.asarray(np.exp(-0.5 * (np.log2((f + 1) / 400) / 2) ** 2) + 0.05 * (f < 12000))


#: The families of pieces by name.
DRUM_FAMILIES = {
    "kick": DrumFamily(0.15, 0.3, (30, 160), _below(100)),
    "snare": DrumFamily(0.15, 0.3, (150, 9000), _snare),
    "hihat": DrumFamily(0.12, 0.12, (5000, 11000), _above(5000, 4)),
    "toms": DrumFamily(0.25, 0.5, (60, 400), _below(200)),
    "cymbals": DrumFamily(1.5, 1.5, (3000, 11000), _above(3000, 2)),
    "percussion": DrumFamily(0.15, 0.3, (150, 9000), _snare),
}


@dataclass(frozen=True)
class DrumPiece:
    """The piece of a kit that a key plays: its name, and its family, a key of `DRUM_FAMILIES`.

    Two keys may play one piece: they have one name.  A piece that rings longer than its family has a decay of its own.
    """

    name: str
    family: str
    decay: float = 0.0


#: The piece that each drum key of General MIDI plays.
DRUM_KEYS = {
    35: DrumPiece("kick", "kick"),
    36: DrumPiece("kick", "kick"),
    37: DrumPiece("side stick", "snare"),
    38: DrumPiece("snare", "snare"),
    39: DrumPiece("clap", "snare"),
    40: DrumPiece("snare", "snare"),
    41: DrumPiece("floor tom low", "toms"),
    42: DrumPiece("hihat closed", "hihat"),
    43: DrumPiece("floor tom high", "toms"),
    44: DrumPiece("hihat pedal", "hihat"),
    45: DrumPiece("tom low", "toms"),
    46: DrumPiece("hihat open", "hihat"),
    47: DrumPiece("tom low-mid", "toms"),
    48: DrumPiece("tom high-mid", "toms"),
    49: DrumPiece("crash", "cymbals"),
    50: DrumPiece("tom high", "toms"),
    51: DrumPiece("ride", "cymbals"),
    52: DrumPiece("china", "cymbals"),
    53: DrumPiece("ride bell", "cymbals"),
    54: DrumPiece("tambourine", "percussion"),
    55: DrumPiece("splash", "cymbals"),
    56: DrumPiece("cowbell", "percussion"),
    57: DrumPiece("crash 2", "cymbals"),
    58: DrumPiece("vibraslap", "percussion"),
    59: DrumPiece("ride 2", "cymbals"),
    60: DrumPiece("bongo high", "percussion"),
    61: DrumPiece("bongo low", "percussion"),
    62: DrumPiece("conga high muted", "percussion"),
    63: DrumPiece("conga high", "percussion"),
    64: DrumPiece("conga low", "percussion"),
    65: DrumPiece("timbale high", "percussion"),
    66: DrumPiece("timbale low", "percussion"),
    67: DrumPiece("agogo high", "percussion"),
    68: DrumPiece("agogo low", "percussion"),
    69: DrumPiece("cabasa", "percussion"),
    70: DrumPiece("maracas", "percussion"),
    71: DrumPiece("whistle short", "percussion"),
    72: DrumPiece("whistle long", "percussion"),
    73: DrumPiece("guiro short", "percussion"),
    74: DrumPiece("guiro long", "percussion"),
    75: DrumPiece("claves", "percussion"),
    76: DrumPiece("wood block high", "percussion"),
    77: DrumPiece("wood block low", "percussion"),
    78: DrumPiece("cuica muted", "percussion"),
    79: DrumPiece("cuica", "percussion"),
    80: DrumPiece("triangle muted", "percussion"),
    81: DrumPiece("triangle", "percussion"),
}
#: Keys of one instrument that can make one sound at a time: a hit of another one of them ends the one before.
CHOKE_GROUPS = ((42, 44, 46), (71, 72), (73, 74), (78, 79), (80, 81))
#: Other words for pieces and families, as a groups file may have them.
_SYNONYMS = (
    (re.compile(r"bass[ _-]?drums?|kicks"), "kick"),
    (re.compile(r"hi[ _-]?hats?|\bhats?\b"), "hihat"),
    (re.compile(r"cross[ _-]?stick|rim[ _-]?(shot|click)"), "side stick"),
    (re.compile(r"\b(tom|cymbal)s\b"), r"\1"),
)


def drum_piece(key: int) -> DrumPiece:
    """Give the piece that a key plays; keys beyond those of General MIDI are percussion with a number."""
    return DRUM_KEYS.get(key, DrumPiece(f"percussion {key}", "percussion"))


def drum_family(key: int) -> DrumFamily:
    """Give the family of the piece that a key plays."""
    return DRUM_FAMILIES[drum_piece(key).family]


def drum_decay(key: int) -> float:
    """Give how fast a hit of a key dies away (s), as in `DrumFamily`."""
    return drum_piece(key).decay or drum_family(key).decay


def choking_keys(key: int) -> tuple[int, ...]:
    """Give the keys of the instrument that a key is of, of which one sounds at a time; none for most pieces."""
    return next((group for group in CHOKE_GROUPS if key in group), ())


def keys_named(text: str, keys: Iterable[int]) -> set[int]:
    """Find which of some keys a text names: by a number, a family, or words of the names of pieces.

    Parameters
    ----------
    text : str
        "38", "toms", "low tom", "ride": the order of words, plurals and hyphens do not count.
    keys : iterable of int
        The keys to look among.

    Returns
    -------
    set of int
        Keys of pieces with that name; if there are none, or for a single word, all those that have the words in their
        name or their family.

    Raises
    ------
    ValueError
        With what is wanted, if no key of General MIDI and none of ``keys`` is named so.
    """
    if text.strip().isdecimal():
        return set(keys) & {int(text)}
    wanted, found = _words(text), set(keys)
    pieces = {key: drum_piece(key) for key in {*DRUM_KEYS, *found}}
    named = {key for key, piece in pieces.items() if wanted <= _words(piece.name) | _words(piece.family)}
    if len(wanted) > 1:
        named = {key for key in named if wanted == _words(pieces[key].name)} or named
    if not wanted or not named:
        families = ", ".join(DRUM_FAMILIES)
        raise ValueError(f"a piece of a kit like snare or open hihat, a family ({families}), or a key like 38")
    return named & found


def _words(text: str) -> set[str]:
    """Split a name into words, in one spelling."""
    plain = text.casefold()
    for pattern, word in _SYNONYMS:
        plain = pattern.sub(word, plain)
    return set(re.findall(r"\w+", plain))
