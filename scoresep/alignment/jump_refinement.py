"""Refine where a recording leaves a section of the score and where it enters the next.

Conventions: a section is a row (score begin, score end, recording begin, recording end) in seconds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoresep.alignment.features import FEATURE_PERIOD
from scoresep.alignment.score_features import ScoreFeatures
from scoresep.alignment.section_search import are_playable
from scoresep.alignment.viterbi import find_played_sections
from scoresep.values import Array

#: Seconds of the recording that are looked at before and after a jump.
JUMP_SPAN = 3.0
#: Feature frames in that span.
JUMP_FRAMES = round(JUMP_SPAN / FEATURE_PERIOD)
#: A section that is found to begin at most this long (s) after an onset begins at the onset.
MAX_LATENESS = 0.13


class _Jump(NamedTuple):
    """The score time that is left, the score time that is entered, and the recording time of both."""

    leave: float
    enter: float
    time: float


def refine_jumps(score: ScoreFeatures, recording: Array, sections: Array) -> Array:
    """Find the place of each jump again, with frames as short as those of the features.

    Parameters
    ----------
    score
        The score as written.
    recording
        Features, shape (features, frames), a frame for each ``FEATURE_PERIOD``.
    sections
        Shape (sections, 4), found with longer frames.

    Returns
    -------
    Array
        The sections with other borders at the jumps, or as they were if one of them would vanish.
    """
    refined = sections.copy()
    for k in range(len(sections) - 1):
        if jump := _refine_jump(score, recording, *sections[k : k + 2]):
            refined[k, 1], refined[k + 1, 0] = jump.leave, jump.enter
            refined[k, 3] = refined[k + 1, 2] = jump.time
    return refined if are_playable(refined, score.notes) else sections


def _refine_jump(score: ScoreFeatures, recording: Array, last: Array, following: Array) -> _Jump | None:
    """Return the jump between two sections, None if there is none or it cannot be told.

    The played sections are searched again in two passages of the score, around the end of the ``last`` section and the
    begin of the ``following`` one, put side by side.
    """
    if last[1] == following[0] or following[2] - last[3] > JUMP_SPAN:
        return None
    # Score seconds that are played in JUMP_SPAN.
    before, after = (JUMP_SPAN * (row[1] - row[0]) / (row[3] - row[2]) for row in (last, following))
    leave_begin, leave_end = max(last[1] - before, last[0]), min(last[1] + before / 2, score.end)
    enter_begin, enter_end = max(following[0] - after / 2, score.begin), min(following[0] + after, following[1])
    n_leave = max(round((leave_end - leave_begin) / before * JUMP_FRAMES), 2)
    n_enter = max(round((enter_end - enter_begin) / after * JUMP_FRAMES), 2)
    first = round(max(last[3] - JUMP_SPAN, last[2]) / FEATURE_PERIOD)
    around = recording[:, first : round(min(following[2] + JUMP_SPAN, following[3]) / FEATURE_PERIOD)]
    passages = score.passage(leave_begin, leave_end, n_leave), score.passage(enter_begin, enter_end, n_enter)
    _, rows = find_played_sections(np.concatenate(passages, axis=1), around)
    left, entered = rows[rows[:, 0] < n_leave], rows[rows[:, 1] > n_leave]
    if not (len(left) and len(entered)):
        return None
    leave = leave_begin + (leave_end - leave_begin) * min(left[-1, 1] / n_leave, 1.0)
    enter = enter_begin + (enter_end - enter_begin) * max((entered[0, 0] - n_leave) / n_enter, 0.0)
    onset = score.notes.onset[score.notes.onset <= enter].max(initial=-np.inf)
    if enter - onset <= MAX_LATENESS * after / JUMP_SPAN:
        enter = onset
    return _Jump(leave, enter, (first + entered[0, 2]) * FEATURE_PERIOD)
