"""Notated scores → Notes: cues left out, ties joined, grace notes and ornaments played, quarters made seconds."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

import numpy as np

from scoresep.io.scores.cues import drop_cues
from scoresep.io.scores.graces import play_graces
from scoresep.io.scores.lyrics import parts_with_lyrics
from scoresep.io.scores.notated import NotatedScore, TempoMap
from scoresep.io.scores.ornaments import play_ornaments
from scoresep.io.scores.ties import join_ties
from scoresep.values import Notes

#: Quarters that a note without a length lasts, such as a grace note that is left as it is written.
SHORTEST = Fraction(1, 8)
#: How loud notated notes are (1 to 127): notation does not tell.
VELOCITY = 64
#: What can be done with ornaments and grace notes.
ORNAMENTS = ("played", "written")


def notes_of(score: NotatedScore, tempos: TempoMap, targets: set[Fraction], *, ornaments: str = "played") -> Notes:
    """Return the notes of a notated score in seconds, in the order of the page.

    Where the music jumps to (``targets``, quarters) grace notes are played on the beat.  Ornaments "written" leaves
    grace notes at the onset of the note that they adorn, and other ornaments out.
    """
    drop_cues(score)
    notes = join_ties(score)
    if ornaments == "played":
        if count := play_graces(notes, tempos, targets):
            score.ornaments["grace note"] = count
        notes = play_ornaments(notes, score, tempos)
    notes.sort(key=lambda note: (note.onset, note.pitch, note.part))
    ends = [note.offset if note.offset > note.onset else note.onset + SHORTEST for note in notes]
    table = {
        name: np.array([getattr(note, name) for note in notes], int)
        for name in ("pitch", "part", "channel", "program", "staff", "voice")
    }
    sung = parts_with_lyrics((note.part, note.onset, note.has_syllable) for note in notes)
    begins = [bar.begin for bar in score.bars]
    bars = [score.bars[max(bisect_right(begins, max(note.onset, note.beat)) - 1, 0)].printed for note in notes]
    return Notes(
        onset=tempos.seconds([note.onset for note in notes]),
        offset=tempos.seconds(ends),
        velocity=np.full(len(notes), VELOCITY),
        lyrics=np.array([note.part in sung for note in notes], int),
        bar=np.array(bars, int),
        **table,
        part_names=tuple(score.part_names),
        beats=None,
    )
