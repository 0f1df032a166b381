"""What every score reader gives: the notes of a file, and the orders in which they may be played.

Another package adds a reader by an entry point, whose name is the ending of the files without its dot::

    [project.entry-points."scoresep.score_readers"]
    toy = "my_package.toy:read_toy"

A file type with several endings has an entry point for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scoresep.values import Beats, Notes


@dataclass(frozen=True)
class Section:
    """A stretch of a score that is played without a jump: its begin and end (s), its first and its last bar."""

    begin: float
    end: float
    first_bar: str = ""
    last_bar: str = ""


@dataclass(frozen=True, eq=False)
class ScoreContent:
    """What a score file holds.

    Parameters
    ----------
    format : str
        The name of the format, such as "MusicXML".
    notes : Notes
        Each note of the file once, with times in seconds at the tempo of the score, sorted by onset.  Drums are on
        channel 10, at their keys in General MIDI.
    orders : mapping of str to tuple of Section, optional
        The orders in which the sections of the score may be played, by what is done with its repeats: "written" comes
        first, "none" is without repeats, "found" has all sections once, "all" has the repeats in a da capo, too.
        Without any, the notes are played once.
    tempo_marks : int
        How many tempo marks there are; -1 where the times of the format are real ones.
    ornaments : Counter
        How many ornaments of each kind are played.
    beats : Beats, optional
        The beats of the score, each once, in the time of the notes.
    """

    format: str
    notes: Notes
    orders: Mapping[str, tuple[Section, ...]] = field(default_factory=dict)
    tempo_marks: int = -1
    ornaments: Counter[str] = field(default_factory=Counter)
    beats: Beats | None = None


class ScoreReader(Protocol):
    """A function that reads the score files of one ending, or of several."""

    def __call__(self, path: Path, content: bytes, *, ornaments: str) -> ScoreContent:
        """Read a score file.

        Parameters
        ----------
        path : Path
            The file, for messages; its ending is that of the reader.
        content : bytes
            What is in the file, at most 50 MB.
        ornaments : {"played", "written"}
            Whether ornaments are the notes that a player makes of them, or plain notes.

        Returns
        -------
        ScoreContent
            What the file holds, drums included.

        Raises
        ------
        InputError
            If it cannot be read as a score; the message is one line that begins with the path.

        Warns
        -----
        ScoresepWarning
            Of what had to be mended or left out.
        """
