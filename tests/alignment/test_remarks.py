"""What is unusual about an alignment is told in plain sentences."""

import re
from dataclasses import replace

import numpy as np
import pytest
import synth

from scoresep.alignment.coarse import CoarseAlignment
from scoresep.alignment.remarks import describe_sections, describe_transposition, list_passages, remarks
from scoresep.values import Beats

SCORE = synth.duet()
NONE = np.zeros((0, 2))


def coarse(*, transposition=0, similarity=0.6, **fields):
    """Return an alignment of the whole score."""
    end = float(SCORE.offset.max())
    sections = np.array([[0.2, end, 0.2, end]])
    path = np.array([[0.2, end], [0.2, end]])
    return CoarseAlignment(SCORE, transposition, sections, path, similarity, **fields)


def test_nothing_is_told_of_what_is_usual():
    assert list(remarks(coarse(), NONE, 0.8)) == []
    assert list(remarks(coarse(similarity=0.4, significance=7.0), NONE, 0.8)) == []


@pytest.mark.parametrize(
    ("alignment", "unmatched", "confidence", "words"),
    [
        (coarse(transposition=-12), NONE, 0.8, "an octave lower than the score"),
        (coarse(), np.array([[1.0, 5.0]]), 0.8, "does not fit the recording at 0:01.0 to 0:05.0"),
        (coarse(), NONE, 0.2, r"low confidence \(0.20"),
        (coarse(similarity=0.1, significance=8.0, is_partial=True), NONE, 0.8, "only a part .* is 8.0 standard"),
        (coarse(similarity=0.4, significance=4.5), NONE, 0.8, "may be of another piece"),
    ],
    ids=["octave", "unmatched", "confidence", "part", "doubt"],
)
def test_each_unusual_thing_is_told(alignment, unmatched, confidence, words):
    (remark,) = remarks(alignment, unmatched, confidence)
    assert re.search(words, remark)


def test_of_a_score_that_was_not_found_no_more_is_told():
    assert list(remarks(coarse(similarity=0.1), NONE, 0.1)) == []


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ([(0, 4), (2, 8)], "the recording plays bars 1 to 2 and 2 to 4 of the score"),
        ([(0, 8), (2, 4), (2, 8)], "the recording plays bars 1 to 4, 2 and 2 to 4 of the score"),
        ([(0, 2)], "the recording plays bar 1 of the score"),
        ([(0, 8)], ""),
    ],
)
def test_sections_are_told_in_bars(sections, words):
    beats = Beats(np.arange(8.0), np.repeat([1, 2, 3, 4], 2), np.array([1, 2] * 4))
    notes = replace(synth.notes((0, 1, 60, 1), (7, 8, 60, 1)), beats=beats)
    assert describe_sections(np.array(sections, float), notes) == words


def test_of_very_many_sections_the_first_are_told():
    beats = Beats(np.arange(8.0), np.repeat([1, 2, 3, 4], 2), np.array([1, 2] * 4))
    notes = replace(synth.notes((0, 1, 60, 1), (7, 8, 60, 1)), beats=beats)
    assert describe_sections(np.array([(0.0, 4.0)] * 12), notes).endswith("1 to 2 and 2 more of the score")


def test_the_confidence_of_a_score_in_recording_time_is_not_told():
    assert list(remarks(coarse(), NONE, None)) == []


@pytest.mark.parametrize(
    ("semitones", "words"), [(1, "1 semitone higher"), (-2, "2 semitones lower"), (12, "an octave higher")]
)
def test_a_transposition_has_a_direction(semitones, words):
    assert words in describe_transposition(semitones)


def test_a_few_of_many_passages_are_listed():
    spans = np.array([(k, k + 1.0) for k in range(7, 19)])
    assert list_passages(spans).endswith("and 2 more")
