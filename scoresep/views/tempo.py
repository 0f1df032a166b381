"""How fast a score goes by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoresep.values import Alignment, Array

#: Over how much of the recording (s, to each side) the local tempo is measured, and how often (s).
TEMPO_SPAN, TEMPO_STEP = 1.0, 0.1


def path_lines(value: Alignment) -> Iterator[tuple[Array, Array]]:
    """Return recording and score times of the path of each section."""
    ends = np.append(value.sections[1:, 2], np.inf)
    section = np.searchsorted(ends, value.path[1], side="right")
    for k in range(len(ends)):
        if len(own := value.path[:, section == k][::-1].T):
            yield own[:, 0], own[:, 1]


def tempo_lines(value: Alignment) -> Iterator[tuple[Array, Array]]:
    """Return times and the local tempo, as a share of the written one, of each section that is long enough."""
    for time, score_time in path_lines(value):
        if time[-1] - time[0] > 2 * TEMPO_SPAN:
            clock = np.arange(time[0] + TEMPO_SPAN, time[-1] - TEMPO_SPAN, TEMPO_STEP)
            before, after = (np.interp(clock + span, time, score_time) for span in (-TEMPO_SPAN, TEMPO_SPAN))
            yield clock, (after - before) / (2 * TEMPO_SPAN)
