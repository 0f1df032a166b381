"""The warping path and the local tempo of an alignment as lines, for pictures and for the report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoresep.values import Alignment, Array

#: How much of the recording on each side of a moment its local tempo is measured over (s).
TEMPO_REACH = 1.0
#: From one measurement of the tempo to the next (s).
TEMPO_STEP = 0.1


def path_lines(alignment: Alignment) -> Iterator[tuple[Array, Array]]:
    """Return recording times and score times (s) of the warping path, one pair for each section."""
    ends = np.append(alignment.sections[1:, 2], np.inf)
    section = np.searchsorted(ends, alignment.path[1], side="right")
    for k in range(len(ends)):
        own = alignment.path[:, section == k]
        if own.size:
            yield own[1], own[0]


def tempo_lines(alignment: Alignment) -> Iterator[tuple[Array, Array]]:
    """Return recording times (s) and the local tempo as a share of the written one.

    There is one pair for each section longer than two times `TEMPO_REACH`.
    """
    for time, score_time in path_lines(alignment):
        if time[-1] - time[0] > 2 * TEMPO_REACH:
            middles = np.arange(time[0] + TEMPO_REACH, time[-1] - TEMPO_REACH, TEMPO_STEP)
            before, after = (np.interp(middles + reach, time, score_time) for reach in (-TEMPO_REACH, TEMPO_REACH))
            yield middles, (after - before) / (2 * TEMPO_REACH)
