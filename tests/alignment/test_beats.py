"""Where the beats of a score are played in a recording."""

from dataclasses import replace

import numpy as np
import pytest
from synth import notes

from scoresep.alignment.beats import played_beats
from scoresep.values import Alignment, Beats


def alignment(path, sections, duration, n_bars=4):
    """Return an alignment of bars of two beats, a second each."""
    path, times = np.array(path, float).T, np.arange(2.0 * n_bars)
    one_note = notes((0, 1, 60, 1))
    beats = Beats(times, 1 + times.astype(int) // 2, 1 + times.astype(int) % 2)
    one = np.zeros(1)
    return Alignment(
        one_note,
        one,
        one,
        one,
        1.0,
        path,
        np.array(sections, float),
        np.zeros((0, 2)),
        "",
        duration=duration,
        beats=beats,
    )  # fmt: skip


def test_beats_follow_the_tempo():
    played = played_beats(alignment([(0, 1), (2, 3), (4, 7), (8, 15)], [(0, 8, 1, 15)], 20.0))
    assert played.time.tolist() == [1, 2, 3, 5, 7, 9, 11, 13]
    assert played.score_time.tolist() == list(range(8))
    assert played.bar.tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert played.beat.tolist() == [1, 2] * 4
    assert played.repeat.tolist() == [1] * 8


def test_beats_of_a_repeat_come_twice():
    path = [(0, 0), (1, 1), (2, 2), (3, 3), (0, 4), (1, 5), (2, 6), (3, 7), (4, 8), (7, 11)]
    played = played_beats(alignment(path, [(0, 4, 0, 4), (0, 8, 4, 12)], 12.0))
    assert played.time == pytest.approx(np.arange(12))
    assert played.bar.tolist() == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4]
    assert played.repeat.tolist() == [1] * 4 + [2] * 4 + [1] * 4
    assert played.bar_index.tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3]


def test_a_jump_is_found_though_the_section_begins_a_little_late():
    path = [(0, 0), (1, 1), (2, 2), (3, 3), (0, 3.95), (1, 5), (4, 8), (7, 11)]
    played = played_beats(alignment(path, [(0, 4, 0, 4.1), (0, 8, 4.1, 12)], 12.0))
    assert played.repeat.tolist() == [1] * 4 + [2] * 4 + [1] * 4
    assert (np.diff(played.time) > 0).all()


def test_beats_of_a_cut_are_left_out():
    path = [(0, 0), (1, 1), (2, 2), (6, 3), (7, 4)]
    played = played_beats(alignment(path, [(0, 3, 0, 3), (6, 8, 3, 5)], 5.0))
    assert played.bar.tolist() == [1, 1, 2, 4, 4]
    assert played.time == pytest.approx([0, 1, 2, 3, 4])


def test_beats_outside_of_an_excerpt_are_left_out():
    path = [(0, -3), (1, -2), (3, 0), (5, 2), (7, 4)]
    played = played_beats(alignment(path, [(3, 5, 0, 2)], 2.5))
    assert played.score_time.tolist() == [3, 4, 5]
    assert played.time == pytest.approx([0, 1, 2])


def test_beats_before_the_first_note_and_after_the_last_keep_the_tempo():
    played = played_beats(alignment([(2, 5), (4, 9)], [(2, 4, 5, 9)], 20.0))
    assert played.time.tolist() == [1, 3, 5, 7, 9, 11, 13, 15]


def test_the_same_number_on_the_page_twice_is_no_repeat():
    own = alignment([(0, 0), (8, 8)], [(0, 8, 0, 8)], 8.0)
    own = replace(own, beats=replace(own.beats, bar=np.array([1, 1, 2, 2, 1, 1, 2, 2])))
    assert played_beats(own).repeat.tolist() == [1] * 8


def test_without_beats_there_are_none():
    own = alignment([(0, 0), (8, 8)], [(0, 8, 0, 8)], 8.0)
    assert len(played_beats(replace(own, beats=None))) == 0


def test_a_bar_is_played_again_where_the_beat_does_not_rise():
    path = [(0, 0), (1, 1), (0, 2), (1, 3), (0, 4), (1, 5)]
    sections = [(0, 2, 0, 2), (0, 2, 2, 4), (0, 2, 4, 6)]
    assert played_beats(alignment(path, sections, 6.0, n_bars=1)).repeat.tolist() == [1, 1, 2, 2, 3, 3]
