"""Which parts of a score have words to sing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

#: The least share of the onsets of a part that have a syllable.  A syllable may be held over many notes; stray words,
#: such as the name of a tune, are no lyrics.
LEAST_SHARE = 0.125


def parts_with_lyrics(notes: Iterable[tuple[int, Hashable, bool]]) -> set[int]:
    """Find the parts that have lyrics.

    Parameters
    ----------
    notes : iterable of (int, hashable, bool)
        The part and the onset of each note, and whether a syllable is written to it.

    Returns
    -------
    set of int
        The parts in which enough onsets have a syllable.
    """
    onsets: dict[int, dict[Hashable, bool]] = defaultdict(dict)
    for part, onset, has_syllable in notes:
        onsets[part][onset] = onsets[part].get(onset, False) or has_syllable
    return {part for part, found in onsets.items() if sum(found.values()) >= LEAST_SHARE * len(found)}


def is_syllable(text: str | None) -> bool:
    """Whether a text is sung: it has letters, unlike numbers of verses or fingers."""
    return any(character.isalpha() for character in text or "")
