"""Aligned notes as a table for people and other programs."""

from __future__ import annotations

import csv
from typing import TextIO

from scoresep.values import Alignment

COLUMNS = ("onset", "offset", "pitch", "velocity", "part", "score_onset", "score_offset", "confidence")


def write_notes(alignment: Alignment, file: TextIO) -> None:
    """Write one line a note, times in seconds; pitch is the written one."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    notes = alignment.notes
    for i in range(len(notes)):
        times = (notes.onset[i], notes.offset[i])
        score_times = (alignment.score_onset[i], alignment.score_offset[i])
        table.writerow(
            [
                *(f"{time:.4f}" for time in times),
                int(notes.pitch[i]),
                int(notes.velocity[i]),
                notes.part_name(i),
                *(f"{time:.5f}" for time in score_times),
                f"{alignment.confidence[i]:.3f}",
            ]
        )
