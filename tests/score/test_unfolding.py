"""Notes are put in the order in which their sections are played."""

import numpy as np
import synth

from scoresep.score.unfolding import to_score_time, unfold, unfolded_begin, unfolded_time
from scoresep.values import Notes

NOTES = synth.duet()
SECTIONS = np.array([[0.0, 10.0, 1.0, 11.0], [4.0, 12.0, 11.0, 19.0]])


def test_notes_are_unfolded_in_the_order_they_are_played():
    notes = synth.notes((0.0, 1.0, 60, 1), (5.0, 6.0, 62, 1), (9.0, 11.0, 64, 1), (11.5, 13.0, 65, 1))
    unfolded, index = unfold(notes, SECTIONS)
    assert index.tolist() == [0, 1, 2, 1, 2, 3]
    assert unfolded.onset.tolist() == [0.0, 5.0, 9.0, 11.0, 15.0, 17.5]
    assert unfolded.offset.tolist() == [1.0, 6.0, 10.0, 12.0, 17.0, 19.0]
    assert unfolded.pitch.tolist() == notes.pitch[index].tolist()


def test_one_section_of_everything_unfolds_to_the_score():
    unfolded, index = unfold(NOTES, np.array([[0.0, np.inf, 0.0, 30.0]]))
    assert index.tolist() == list(range(len(NOTES)))
    for column in Notes.columns():
        np.testing.assert_array_equal(getattr(unfolded, column), getattr(NOTES, column))


def test_unfolded_time_runs_on_through_the_sections():
    assert unfolded_begin(SECTIONS).tolist() == [0.0, 10.0]
    times = np.array([0.0, 3.0, 9.9, 10.0, 15.0])
    assert to_score_time(times, SECTIONS).tolist() == [0.0, 3.0, 9.9, 4.0, 9.0]


def test_anchors_are_unfolded_by_the_section_that_they_sound_in():
    anchors = np.array([[5.0, 6.0], [5.0, 12.0], [9.0, 16.0]])
    unfolded = unfolded_time(anchors, SECTIONS)
    assert unfolded.tolist() == [5.0, 11.0, 15.0]
    np.testing.assert_allclose(to_score_time(unfolded, SECTIONS), anchors[:, 0])
    assert unfolded_time(np.zeros((0, 2)), SECTIONS).shape == (0,)


def test_unfolded_anchors_never_go_back():
    assert (np.diff(unfolded_time(np.array([[9.0, 2.0], [5.0, 6.0], [11.0, 12.0]]), SECTIONS)) >= 0).all()
