"""The engraved score in the report: its layouts, which note is which, and when each bar is played."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.alignment.beats import played_beats
from scoresep.errors import InputError
from scoresep.io.stems_reader import StemSet
from scoresep.values import Alignment, Array, Beats, Notes
from scoresep.values.beats import bar_starts
from scoresep.views.report import engraving
from scoresep.views.report.blocks import as_text
from scoresep.views.report.note_matching import SAME_TIME, clock, match_notes, tied_notes
from scoresep.views.report.score_text import score_text

#: A score with less of the notes than this is not the one that was aligned.
LEAST_MATCHED = 0.5
#: What sounds for less than this before the first whole bar is no bar (s).
SHORTEST_BAR = 0.1


def staves_data(stem_set: StemSet, score: Path | None = None) -> dict[str, Any]:
    """Return the engraved score for the page, ready for JSON.

    Parameters
    ----------
    stem_set : StemSet
        The stems and what their folder says of them.
    score : Path, optional
        The score. Without it, the one that the manifest names, if it is still there.

    Returns
    -------
    dict
        ``missing`` is why there are no staves. Otherwise there are ``layouts``, each with a width and compressed JSON;
        ``notes``, the number of the engraved note of each note in the page, -1 for none; ``tied``, pairs of an engraved
        note and the one that it is tied to; ``bars``, rows of number, begin and end (s) of each bar that is played, in
        the order played; ``barNames``; and ``unmatched``, how many
        notes of the page are not engraved. Empty for a recording without a score.

    Raises
    ------
    InputError
        If ``score`` cannot be read or is another one than that of the stems.
    """
    if stem_set.record is None or not len(stem_set.record.alignment.notes):
        return {}
    if not engraving.is_installed():
        return {"missing": engraving.MISSING}
    alignment = stem_set.record.alignment
    try:
        return _engraved(alignment, score or _named_score(stem_set))
    except InputError as error:
        if score is not None:
            raise
        return {"missing": f"No staves: {error}"}


def _named_score(stem_set: StemSet) -> Path:
    """Return the score that the manifest of a folder of stems names, wherever it lies now."""
    name = Path(str(stem_set.summary.get("score") or ""))
    folder = stem_set.folder
    places = [name, folder / name, folder.parent / name, folder / name.name, folder.parent / name.name]
    found = next((place for place in places if name.name and place.is_file()), None)
    if found is None:
        raise InputError(f"{name.name or 'the score'} is no longer where it was; name it: scoresep report --score FILE")
    return found


def _engraved(alignment: Alignment, score: Path) -> dict[str, Any]:
    """Return the staves of a score and how its notes are those of an alignment."""
    text = score_text(score)
    if text is None:
        raise InputError(f"{score.name} is no notation")
    engraved = engraving.engrave(*text)
    alignment = _folded(alignment)
    notes = alignment.notes
    theirs = (engraved.quarter, engraved.pitch, engraved.staff)
    found = match_notes(alignment.score_onset, notes.pitch, staves_of(notes), *theirs)
    shown = found[alignment.in_recording]
    if (share := float((shown >= 0).mean()) if len(shown) else 0.0) < LEAST_MATCHED:
        raise InputError(f"{score.name} is another score than that of the stems ({100 * share:.0f} % of its notes)")
    time_at = _Clock(*clock(alignment.score_onset, engraved.quarter, found))
    sounding = (alignment.score_onset, alignment.score_offset, notes.pitch)
    tied = tied_notes(*sounding, found, (time_at(engraved.quarter), engraved.pitch))
    return {
        "layouts": [{"width": layout.width, "content": _packed(layout)} for layout in engraved.layouts],
        "notes": shown.tolist(),
        "tied": list(tied.items()),
        "bars": _played_bars(alignment, time_at(engraved.bar_quarter)),
        "barNames": engraved.bar_names,
        "unmatched": int((shown < 0).sum()),
    }


def _folded(alignment: Alignment) -> Alignment:
    """Return an alignment in the times of the page, with a section for each stretch that is played without a jump.

    An alignment whose reading has the repeats written out has score times that run on through them.
    """
    beats = alignment.beats
    if beats is None or len(alignment.sections) != 1 or not (np.diff(beats.bar_index) < 0).any():
        return alignment
    starts = np.flatnonzero(bar_starts(beats.bar_index, beats.beat))
    bar, begin = beats.bar_index[starts], beats.time[starts]
    length = np.diff(begin, append=max(float(alignment.score_offset.max()), float(beats.time[-1])))
    numbers, first = np.unique(bar, return_index=True)
    on_page = dict(zip(numbers.tolist(), np.cumsum(length[first]) - length[first], strict=True))
    jumps = np.flatnonzero(np.diff(bar, prepend=-2) != 1)
    unfolded = np.append(begin[jumps], begin[-1] + length[-1])
    moves = np.array([on_page[int(bar[k])] for k in jumps]) - unfolded[:-1]
    path = alignment.path

    def shift(time: Array) -> Array:
        return np.asarray(moves[(np.searchsorted(unfolded[:-1], time, side="right") - 1).clip(0)])

    pages = np.stack([unfolded[:-1] + moves, unfolded[1:] + moves], axis=1)
    at = np.interp(unfolded, path[0], path[1])
    move = shift(alignment.score_onset + SAME_TIME)
    return replace(
        alignment,
        score_onset=alignment.score_onset + move,
        score_offset=alignment.score_offset + move,
        path=np.stack([path[0] + shift(path[0]), path[1]]),
        sections=np.column_stack([pages, at[:-1], at[1:]]),
    )


def staves_of(notes: Notes) -> Array:
    """Return the staff of each note, counted from 1 through all parts, shape (notes,)."""
    parts_and_staves = np.stack([notes.part, notes.staff], axis=1)
    return np.asarray(np.unique(parts_and_staves, axis=0, return_inverse=True)[1]).reshape(-1) + 1


@dataclass(frozen=True, eq=False)
class _Clock:
    """Score times (s) of quarters by some pairs of both, which rise; beyond them at the tempo of all."""

    quarters: Array
    times: Array

    def __call__(self, quarter: Array) -> Array:
        pace = np.ptp(self.times) / max(float(np.ptp(self.quarters)), 1e-9)
        beyond = np.minimum(quarter - self.quarters[0], 0) + np.maximum(quarter - self.quarters[-1], 0)
        return np.asarray(np.interp(quarter, self.quarters, self.times) + pace * beyond)


def _played_bars(alignment: Alignment, begins: Array) -> list[list[float]]:
    """Return number, begin and end (s) of each bar that a recording plays, in the order played.

    ``begins`` has the score time (s) of each bar.
    """
    numbers = np.arange(len(begins))
    beats = Beats(np.maximum.accumulate(begins), numbers, np.ones(len(begins), int), numbers)
    played = played_beats(replace(alignment, beats=beats))
    end = alignment.duration or float(alignment.notes.offset.max())
    ends = np.append(played.time[1:], end)
    last = len(begins) - 1
    rows = list(zip(played.bar.tolist(), played.time.round(3).tolist(), ends.round(3).tolist(), strict=True))
    if rows and rows[0][0] > 0 and (alignment.notes.onset < rows[0][1] - SHORTEST_BAR).any():
        rows.insert(0, (rows[0][0] - 1, 0.0, rows[0][1]))  # a bar that begins before the recording
    longest = float(alignment.notes.offset[alignment.in_recording].max(initial=0.0))
    return [[bar, begin, min(end, longest) if bar == last and longest > begin else end] for bar, begin, end in rows]


def _packed(layout: engraving.Layout) -> str:
    """Return a layout as JSON, compressed, in base 64."""
    systems = [vars(system) for system in layout.systems]
    content = json.dumps({"shapes": layout.shapes, "systems": systems}, separators=(",", ":"))
    return as_text(gzip.compress(content.encode(), 9, mtime=0))
