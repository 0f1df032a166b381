"""Notes that are engraved small: which are the music, and which only tell what another part plays.

Engravers use small notes for two things.  In a piano score they are played: cadenzas, the notes of a trill, a second
layer of figures.  In the part of one player they may be cues, which tell what others play while this one rests.
"""

from __future__ import annotations

import bisect
from collections import defaultdict

from scoresep.io.scores.notated import NotatedNote, NotatedScore

#: Cues of another part repeat at least this share of their notes there, at the same time, in any octave.
_SAME_SHARE = 0.5


def drop_cues(score: NotatedScore) -> None:
    """Leave out the small notes that are cues of another part, bar by bar, with a problem for each.

    The small notes of a part in a bar are cues if another part plays at least half of them at ordinary size, or if the
    part has one staff and rests in another voice for as long as they last.  All others are the music.
    """
    small: dict[tuple[int, int], list[NotatedNote]] = defaultdict(list)
    begins = [bar.begin for bar in score.bars]
    for note in score.notes:
        if note.is_cue:
            small[note.part, bisect.bisect_right(begins, note.onset) - 1].append(note)
    if not small:
        return
    played = {(note.onset, note.pitch % 12, note.part) for note in score.notes if not note.is_cue}
    parts = {note.part for note in score.notes}
    staves = {(note.part, note.staff) for note in score.notes}
    dropped: set[int] = set()
    for (part, bar), notes in small.items():
        same = sum(any((note.onset, note.pitch % 12, other) in played for other in parts - {part}) for note in notes)
        is_single = sum(own == part for own, _ in staves) == 1
        if same >= _SAME_SHARE * len(notes) or (is_single and _rests_meanwhile(score, notes)):
            dropped |= {id(note) for note in notes}
            for _ in notes:
                score.problem("small notes that are cues of another part are left out", f"bar {score.bars[bar].number}")
    score.notes = [note for note in score.notes if id(note) not in dropped]


def _rests_meanwhile(score: NotatedScore, notes: list[NotatedNote]) -> bool:
    """Whether another voice of the same part rests for as long as all of some notes last."""
    begin, end = min(note.onset for note in notes), max(note.onset for note in notes)
    part, voices = notes[0].part, {note.voice for note in notes}
    return any(
        own == part and voice not in voices and rest_begin <= begin and end < rest_end
        for own, _, voice, rest_begin, rest_end in score.rests
    )
