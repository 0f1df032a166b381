"""The bars and beats that a recording plays, as a table, as labels for Audacity, and as sync points for alphaTab."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from scoresep.exports.timeline import beats_of
from scoresep.values import Alignment, PlayedBeats
from scoresep.values.beats import bar_starts

#: The columns of the table.
COLUMNS = ("bar", "beat", "repeat", "score_time", "time")
#: The suffixes of what can be written.
SUFFIXES = (".csv", ".txt", ".json", ".alphatex")


def export_bars(alignment: Alignment, path: str | Path) -> None:
    """Write which bars and beats a recording plays, and when.

    Parameters
    ----------
    alignment : Alignment
        The notes, of a score with bars.
    path : str or Path
        The file to write; one that is there is replaced.  Its suffix tells the format: ``.csv`` is a table with a row
        for each beat (bar, beat, repeat, seconds of the score and of the recording), ``.txt`` labels of the bars for
        Audacity, ``.json`` and ``.alphatex`` sync points, which tie a score in alphaTab to the recording: the JSON of
        its method ``applyFlatSyncPoints``, or lines for the end of an alphaTex file.

    Raises
    ------
    InputError
        If the alignment has no bars.
    ValueError
        If the suffix is another one.
    """
    path = Path(path)
    writers = {".csv": _write_table, ".txt": _write_labels, ".json": _write_sync_points, ".alphatex": _write_alphatex}
    if path.suffix.lower() not in writers:
        raise ValueError(f"{path} cannot be written; wanted {', '.join(SUFFIXES)}")
    writers[path.suffix.lower()](alignment, path)


def bar_label(number: int, repeat: int) -> str:
    """Return what a bar is called in other programs."""
    return str(number) if repeat == 1 else f"{number} ({repeat})"


def write_beats(beats: PlayedBeats, path: Path) -> None:
    """Write a table with a row for each beat."""
    columns = (beats.bar, beats.beat, beats.repeat, beats.score_time, beats.time)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for bar, beat, repeat, score_time, time in zip(*(column.tolist() for column in columns), strict=True):
            table.writerow([bar, beat, repeat, f"{score_time:.4f}", f"{time:.4f}"])


def _write_table(alignment: Alignment, path: Path) -> None:
    """Write a table with a row for each beat."""
    write_beats(beats_of(alignment), path)


def _write_labels(alignment: Alignment, path: Path) -> None:
    """Write a label for each bar: begin, end and number, separated by tabs."""
    beats = beats_of(alignment)
    starts = np.flatnonzero(bar_starts(beats.bar_index, beats.beat))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for k in starts.tolist():
            time, label = float(beats.time[k]), bar_label(int(beats.bar[k]), int(beats.repeat[k]))
            file.write(f"{time:.6f}\t{time:.6f}\t{label}\n")


def sync_points(alignment: Alignment) -> list[dict[str, float]]:
    """Return a sync point of alphaTab for each beat; it spells ``barOccurence`` so, and counts from 0."""
    beats, score = beats_of(alignment), alignment.beats
    whole = np.bincount(score.bar_index, score.quarters) if score is not None else np.ones(1)
    points = []
    columns = (beats.bar_index, beats.beat, beats.repeat, beats.time)
    for bar, beat, repeat, time in zip(*(column.tolist() for column in columns), strict=True):
        before = 0.0 if score is None else score.quarters[(score.bar_index == bar) & (score.beat < beat)].sum()
        points.append(
            {
                "barIndex": bar,
                "barOccurence": repeat - 1,
                "barPosition": round(float(before / whole[bar]), 6),
                "millisecondOffset": round(1000 * time),
            }
        )
    return points


def _write_sync_points(alignment: Alignment, path: Path) -> None:
    """Write sync points as JSON."""
    path.write_text(json.dumps(sync_points(alignment), indent=1) + "\n", encoding="utf-8")


def _write_alphatex(alignment: Alignment, path: Path) -> None:
    """Write sync points as lines of alphaTex."""
    lines = [
        f"\\sync {point['barIndex']} {point['barOccurence']} {point['millisecondOffset']} {point['barPosition']:g}\n"
        for point in sync_points(alignment)
    ]
    path.write_text("".join(lines), encoding="utf-8")
