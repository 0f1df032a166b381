"""Bars and beats of a score: anchors at them, and passages as runs of bars."""

from dataclasses import replace

import numpy as np
import pytest

from scoresep.errors import InputError
from scoresep.score.bars import anchor_times, bar_passages, beat_time
from scoresep.score.unfolding import unfold_beats
from scoresep.values import BarAnchors, Beats

#: A pickup of a beat and four bars of three, half a second a beat.
WALTZ = Beats(0.5 * np.arange(13), np.array([0, *np.repeat([1, 2, 3, 4], 3)]), np.array([3, *[1, 2, 3] * 4]))
#: The same with the first two bars repeated.
REPEATED = unfold_beats(WALTZ, np.array([[0.0, 3.5], [0.5, 6.5]]))[0]


def anchors(*rows):
    """Return anchors from rows of bar, beat, repeat and recording time."""
    bar, beat, repeat, recording = np.array(rows, float).T
    return BarAnchors(bar.astype(int), beat, repeat.astype(int), recording)


def test_anchors_have_the_times_of_their_beats():
    found = anchor_times(anchors((0, 3, 0, 1.0), (1, 1, 0, 2.0), (2, 2.5, 0, 3.0)), WALTZ)
    assert found.tolist() == [[0.0, 1.0], [0.5, 2.0], [2.75, 3.0]]


def test_fractions_of_the_last_beat_are_as_long_as_those_before():
    assert beat_time(WALTZ, 4, 3.5) == 6.25


def test_a_repeated_bar_is_told_by_its_repeat():
    assert [beat_time(REPEATED, 2, 1, repeat) for repeat in (1, 2)] == [2.0, 5.0]
    assert beat_time(REPEATED, 3, 1) == 6.5


@pytest.mark.parametrize(
    ("beats", "place", "says"),
    [
        (None, (1, 1), "the score has no bars; give anchors in seconds"),
        (WALTZ, (9, 1), "anchor at bar 9, beat 1: the score has bars 0 to 4"),
        (WALTZ, (0, 1), "anchor at bar 0, beat 1: the bar has the beats 3"),
        (REPEATED, (2, 1), "the score plays it 2 times; say which with a column repeat, from 1 to 2"),
        (REPEATED, (2, 1, 3), "the score plays it 2 times"),
    ],
)
def test_anchors_that_are_no_place_are_refused(beats, place, says):
    with pytest.raises(InputError, match=says):
        beat_time(beats, *place)


@pytest.mark.parametrize(
    ("passage", "bars"),
    [
        ((0.0, 6.5), (0, 4)),
        ((0.0, 6.2), (0, 4)),
        ((0.55, 3.4), (1, 2)),
        ((3.3, 5.1), (3, 3)),
        ((6.0, 9.0), (4, 4)),
    ],
)
def test_passage_has_the_bars_of_the_nearest_beats(passage, bars):
    assert list(bar_passages(WALTZ, [passage])) == [bars]


def test_passage_of_an_unfolded_score_is_in_runs_of_the_page():
    assert list(bar_passages(REPEATED, [(0.0, 9.5)])) == [(0, 2), (1, 4)]


def test_a_bar_without_a_number_of_its_own_is_in_the_run():
    halves = replace(WALTZ, bar_index=np.array([0, 1, 1, 2, *np.repeat([3, 4, 5], 3)]))
    assert list(bar_passages(halves, [(0.0, 6.5)])) == [(0, 4)]
