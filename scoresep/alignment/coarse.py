"""The coarse alignment: transposition, played order and warping path of a recording and its score.

Conventions: score and recording times are in seconds, recording features have one frame for every ``POOL`` frames of
the clock of `features`; a section is a row (score begin, score end, recording begin, recording end) in seconds;
unfolded score time is that of `unfolding`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.ndimage

from scoresep.alignment.dtw import mean_path, warp
from scoresep.alignment.features import CLOCK, averaged, is_flat
from scoresep.alignment.jumps import find_course
from scoresep.alignment.score_features import Score
from scoresep.alignment.similarity import likeness, transposition_of
from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import stretches
from scoresep.score.unfolding import unfold, unfolded_begin, unfolded_time
from scoresep.values import Array, Notes

#: Frames of the fine clock in one of the coarse path, and how long that is (s).
POOL = 8
FRAME = POOL * CLOCK
#: What it costs to skip a frame at the ends of recording or score, when likeness is measured and when the path is
#: found; matching costs about 0.4, mismatching 1.
SKIP_COST, END_COST = 0.55, 0.75
#: How far the fine levels of the coarse path may leave the level before (frames).
RADIUS = 20
#: A frame of a course is this many coarse frames long; longer if there were more than so many of them, ...
DETAIL, FEW_FRAMES = 5, 4500
#: ... but no longer than this (1.6 s: in longer ones all music sounds alike), unless there were still more than so
#: many.
COARSEST, MOST_FRAMES = 40, 18000
#: A score is looked at with a quarter of the frames of the recording and with up to twice as many; with more while
#: one lasts longer than this share of one of the recording, and never with one that lasts longer than so many seconds
#: and than so many of the recording.
SCALES_ALWAYS, N_SCALES, SHORTEST, LONGEST = 3, 14, 0.75, (2.5, 1.5)
#: Courses with less than this share of the highest likeness are wrong.
NEARLY = 0.8
#: Two pieces resemble one another less than this, a score and its recording more.
LEAST_LIKENESS = 0.33
#: Recording kept before and after each section (s), and looked at around each jump.
MARGIN, JUMP_SPAN = 2.0, 3.0
#: Frames of that span around a jump.
JUMP_FRAMES = round(JUMP_SPAN / FRAME)
#: How long (s) after an onset a section may be found to begin that begins there.
LATE = 0.13
#: Over how much of the recording (s) a fit is measured, and for how many frames at once.
FIT_SPAN, FIT_FRAMES = 2.0, 4096
#: The music that goes on less than this many frames of a course away goes on where it was.
NEAR = 3


@dataclass(frozen=True, eq=False)
class Coarse:
    """A coarse alignment of the reading ``notes`` of a score.

    ``path`` has shape (2, points): unfolded score seconds over recording seconds, both rising.  ``likeness`` is about
    0.6 for a score and its recording and under 0.33 for two pieces.
    """

    notes: Notes
    transposition: int
    sections: Array
    path: Array
    likeness: float


def align_coarsely(recording: Array, readings: Sequence[Notes], first: int, anchors: Array) -> Coarse:
    """Return the coarse alignment of the fittest reading and a recording's features, which begin at frame ``first``.

    ``readings`` are the notes of a score in the orders in which they may be played.  ``anchors`` has shape
    (anchors, 2): score seconds over recording seconds, the latter rising.
    """
    pinned = anchors - [0.0, first * FRAME]
    score, sections, alike = _find_sections(recording, readings, pinned)
    if alike < LEAST_LIKENESS:
        score, sections = Score(readings[0]), np.zeros((0, 4))
    if len(sections):
        sections = _refined(score, recording, sections)
    else:
        sections = np.array([[score.begin, score.end, 0.0, recording.shape[1] * FRAME]])
    path = _path(score, recording, sections, pinned)
    sections[:, 2:] += first * FRAME
    path[1] += first * FRAME
    return Coarse(score.notes, score.transposition, sections, path, alike)


def fit_of(recording: Array, aligned: Score) -> Array:
    """Return how much aligned notes resemble the features of a recording at each frame, shape (frames,).

    It is the mean inner product within ``FIT_SPAN``: about 0.55 where the score is played, under 0.3 where it is not.
    """
    fit = np.empty(recording.shape[1])
    for part in stretches(range(len(fit)), FIT_FRAMES):
        features = aligned.features(part.start * FRAME, part.stop * FRAME, len(part))
        fit[part.start : part.stop] = np.einsum("ij,ij->j", features, recording[:, part.start : part.stop])
    return np.asarray(scipy.ndimage.uniform_filter1d(fit, round(FIT_SPAN / FRAME)))


def _find_sections(recording: Array, readings: Sequence[Notes], anchors: Array) -> tuple[Score, Array, float]:
    """Return the score in the key of the recording, the sections in the order they are played, and the likeness.

    Of the courses that make score and recording nearly as much alike as any, the cheapest is right.
    """
    n_frames = recording.shape[1]
    group = max(DETAIL, min(-(-n_frames // FEW_FRAMES), COARSEST), -(-n_frames // MOST_FRAMES))
    coarse, long = averaged(recording, group), group * FRAME
    found = [course for notes in readings for course in _courses_of(notes, coarse, long, anchors)]
    if not found:
        return Score(readings[0]), np.zeros((0, 4)), 0.0
    most = max(alike for _, alike, _, _ in found)
    _, alike, score, sections = min((item for item in found if item[1] >= NEARLY * most), key=lambda item: item[0])
    return score, sections, alike


def _courses_of(notes: Notes, coarse: Array, long: float, anchors: Array) -> list[tuple[float, float, Score, Array]]:
    """Return the cost, the likeness, the score and the sections of the courses of a reading, by keys and scales."""
    salient = np.flatnonzero(~is_flat(coarse))
    whole = Score(notes).averaged_features(coarse.shape[1], DETAIL)
    moved = transposition_of(whole, coarse, frame=long, skip=SKIP_COST, enough=LEAST_LIKENESS)
    scores = [Score(notes, shift) for shift in sorted({0, moved}, key=abs)]
    sizes = list(_sizes(coarse.shape[1], scores[0].end - scores[0].begin, long)) if len(salient) else []

    def find(scaled: tuple[Score, int]) -> tuple[float, float, Score, Array] | None:
        score, size = scaled
        frame = (score.end - score.begin) / size
        pinned = np.column_stack([(anchors[:, 0] - score.begin) / frame, anchors[:, 1] / long])
        pins = np.floor(pinned).clip(0, [size - 1, coarse.shape[1] - 1]).astype(int)
        cost, rows = find_course(score.averaged_features(size, DETAIL), coarse, pins)
        if len(rows):
            rows[0, 2], rows[-1, 3] = max(rows[0, 2], salient[0]), min(rows[-1, 3], salient[-1] + 1)
        in_seconds = rows * [frame, frame, long, long] + [score.begin, score.begin, 0.0, 0.0]
        sections = _joined(in_seconds, NEAR * frame)
        if not _is_sound(sections, notes):
            return None
        return cost, _likeness(score, coarse, sections, long, n_salient=len(salient)), score, sections

    return [course for course in ordered_map(find, product(scores, sizes)) if course]


def _sizes(n_frames: int, duration: float, length: float) -> Iterator[int]:
    """Return numbers of frames for a score of ``duration`` seconds, opposite ``n_frames`` of a ``length`` (s).

    From a quarter to twice as many, and more if the score is much longer than the recording.
    """
    for k in range(N_SCALES):
        size = max(round(0.25 * 2**k * n_frames), 2)
        if k > SCALES_ALWAYS and duration / size < SHORTEST * length:
            return
        if duration / size <= max(LONGEST[0], LONGEST[1] * length):
            yield size


def _is_sound(sections: Array, notes: Notes) -> bool:
    """Return whether all sections last and there is a note in one of them."""
    lasting = len(sections) and (sections[:, 1] > sections[:, 0]).all() and (sections[:, 3] > sections[:, 2]).all()
    return bool(lasting) and len(unfold(notes, sections)[0]) > 0


def _likeness(score: Score, coarse: Array, sections: Array, length: float, *, n_salient: int) -> float:
    """Return how much the sections resemble what they cover of a recording, and how much that is of either."""
    faced = _face(score, coarse, sections, length)
    alike = likeness(averaged(faced.features, DETAIL), coarse[:, faced.frames], frame=length, skip=SKIP_COST)
    of_score, of_recording = (float((sections[:, b] - sections[:, a]).sum()) for a, b in ((0, 1), (2, 3)))
    return alike * min(max(of_score / (score.end - score.begin), of_recording / (n_salient * length)), 1.0)


def _joined(sections: Array, near: float) -> Array:
    """Return sections of which one begins where the one before ends, if that is ``near`` (s)."""
    joined = sections.copy()
    for k in range(len(joined) - 1):
        if abs(joined[k, 1] - joined[k + 1, 0]) < near:
            joined[k + 1, 0] = joined[k, 1]
    return joined


def _refined(score: Score, recording: Array, sections: Array) -> Array:
    """Return the sections with the place of each jump found again with fine frames around it."""
    refined = sections.copy()
    for k in range(len(sections) - 1):
        (begin, leave, entry, stop), (arrive, end, start, last) = sections[k : k + 2].tolist()
        if leave == arrive or start - stop > JUMP_SPAN:
            continue
        before, after = (JUMP_SPAN * (s[1] - s[0]) / (s[3] - s[2]) for s in sections[k : k + 2])
        spans = (
            (max(leave - before, begin), min(leave + before / 2, score.end)),
            (max(arrive - after / 2, score.begin), min(arrive + after, end)),
        )
        sizes = [
            max(round((b - a) / length * JUMP_FRAMES), 2) for (a, b), length in zip(spans, (before, after), strict=True)
        ]
        first = round(max(stop - JUMP_SPAN, entry) / FRAME)
        some = recording[:, first : round(min(start + JUMP_SPAN, last) / FRAME)]
        around = [score.features(*span, size) for span, size in zip(spans, sizes, strict=True)]
        _, rows = find_course(np.concatenate(around, axis=1), some)
        ends, begins = rows[rows[:, 0] < sizes[0]], rows[rows[:, 1] > sizes[0]]
        if len(ends) and len(begins):
            (a, b), (c, d) = spans
            refined[k, 1] = a + (b - a) * min(ends[-1, 1] / sizes[0], 1.0)
            refined[k + 1, 0] = c + (d - c) * max((begins[0, 0] - sizes[0]) / sizes[1], 0.0)
            refined[k, 3] = refined[k + 1, 2] = (first + begins[0, 2]) * FRAME
            begun = score.notes.onset[score.notes.onset <= refined[k + 1, 0]].max(initial=-np.inf)
            if refined[k + 1, 0] - begun <= LATE * after / JUMP_SPAN:
                refined[k + 1, 0] = begun
    return refined if _is_sound(refined, score.notes) else sections


def completed(sections: Array, begin: float, end: float) -> Array:
    """Return the sections with what the score has before its first and after its last played note."""
    complete = sections.copy()
    if complete[0, 0] == complete[:, 0].min():
        complete[0, 0] = begin
    if complete[-1, 1] == complete[:, 1].max():
        complete[-1, 1] = end
    return complete


@dataclass(frozen=True, eq=False)
class _Faced:
    """A score opposite the frames of a recording that sections cover, both at about the same pace.

    ``begin`` is the unfolded score time of the first frame of ``features``, ``frame`` how long one is (s).
    """

    features: Array
    begin: float
    frame: float
    frames: Array


def _face(score: Score, recording: Array, sections: Array, length: float, detail: int = DETAIL) -> _Faced:
    """Return the unfolded score opposite a recording whose frames have a length (s), with a margin at both ends.

    The features of the score have ``detail`` frames for one of the recording.
    """
    complete = completed(sections, score.begin, score.end)
    unfolded = Score(unfold(score.notes, complete)[0], score.transposition)
    pace = (sections[:, 3] - sections[:, 2]).sum() / (sections[:, 1] - sections[:, 0]).sum()
    last = unfolded_begin(complete)[-1] + sections[-1, 1] - complete[-1, 0]
    begin = max(sections[0, 0] - MARGIN / pace, score.begin)
    end = min(last + MARGIN / pace, unfolded.end)
    n_frames = max(round((end - begin) * pace / length), 1) * detail
    margin = round(MARGIN / length)
    kept = np.zeros(recording.shape[1], bool)
    for start, stop in np.rint(sections[:, 2:] / length).astype(int).tolist():
        kept[max(start - margin, 0) : stop + margin] = True
    return _Faced(unfolded.features(begin, end, n_frames), begin, (end - begin) / n_frames, np.flatnonzero(kept))


def _path(score: Score, recording: Array, sections: Array, anchors: Array) -> Array:
    """Return the path, shape (2, points), in unfolded score time."""
    faced = _face(score, recording, sections, FRAME, detail=1)
    score_times = unfolded_time(anchors, completed(sections, score.begin, score.end))
    pinned = np.column_stack(
        [(score_times - faced.begin) / faced.frame, np.searchsorted(faced.frames, anchors[:, 1] / FRAME)]
    )
    pins = pinned.astype(int).clip(0, [faced.features.shape[1] - 1, len(faced.frames) - 1])
    i, j = warp(faced.features, recording[:, faced.frames], skip=END_COST, radius=RADIUS, pins=pins)
    return mean_path(faced.begin + (i + 0.5) * faced.frame, (faced.frames[j] + 0.5) * FRAME)
