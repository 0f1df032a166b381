"""Aligned notes as a MIDI file in score time: notes at their places in the bars, and the tempo of the performance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scoresep.exports.tempo_map import tempo_map
from scoresep.exports.timeline import Timeline, timeline
from scoresep.io.note_export import group_notes, write_midi
from scoresep.score.selection import select
from scoresep.values import Alignment, Array, Selection

if TYPE_CHECKING:
    import mido

#: Ticks in a quarter; 3, 5 and 64 divide it.
TICKS_PER_QUARTER = 960
#: The slowest tempo of MIDI (microseconds a quarter).
SLOWEST = 2**24 - 1


def export_score_midi(alignment: Alignment, path: str | Path, *, selection: Selection | None = None) -> None:
    """Write aligned notes as MIDI in score time, with the tempo map of the performance.

    Notes are at their places in the bars of the score, repeats unfolded, and the tempo changes at every beat so that
    playing the file follows the recording from its beginning on.  What the recording has before the first beat is a bar
    of its own.

    Parameters
    ----------
    alignment : Alignment
        The notes, of a score with bars.
    path : str or Path
        The file to write; one that is there is replaced.
    selection : Selection, optional
        The groups, each of which becomes a track (default: as by `select` without groups).

    Raises
    ------
    InputError
        If the alignment has no bars.

    Warns
    -----
    ScoresepWarning
        If notes are too high or too low for MIDI.
    """
    line = timeline(alignment)
    # Half a second is a quarter there.
    groups = group_notes(alignment, selection or select(None, alignment.notes), line.note_positions(alignment) / 2)
    conductor = list(_conductor(line, tempo_map(line, alignment)))
    write_midi(groups, Path(path), conductor=conductor, ticks_per_quarter=TICKS_PER_QUARTER)


def _conductor(line: Timeline, tempos: Array) -> Iterator[mido.MetaMessage]:
    """Yield the time signatures and the tempos, each with the ticks since the one before."""
    import mido

    events: list[tuple[int, int, tuple[int, ...]]] = []
    before = None
    for bar in line.bars:
        if bar.metre != before:
            events.append((_tick(bar.position), 0, bar.metre))
        before = bar.metre
    ticks = np.array([_tick(position) for position in tempos[0]])
    now = 0.0
    for tick, length, end in zip(ticks[:-1].tolist(), np.diff(ticks).tolist(), tempos[1, 1:].tolist(), strict=True):
        if length:
            # Against the time so far, so that rounding never adds up.
            tempo = min(max(round(1e6 * (end - now) * TICKS_PER_QUARTER / length), 1), SLOWEST)
            events.append((tick, 1, (tempo,)))
            now += tempo * length / TICKS_PER_QUARTER / 1e6
    last = 0
    for tick, is_tempo, values in sorted(events):
        message: dict[str, int] = (
            {"tempo": values[0]} if is_tempo else {"numerator": min(values[0], 255), "denominator": values[1]}
        )
        yield mido.MetaMessage("set_tempo" if is_tempo else "time_signature", time=tick - last, **message)
        last = tick


def _tick(position: float) -> int:
    """Return the tick of a position (quarters)."""
    return round(position * TICKS_PER_QUARTER)
