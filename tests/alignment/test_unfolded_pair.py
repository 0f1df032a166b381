"""A score is unfolded into its played sections and put opposite the frames that play them."""

import numpy as np
import pytest
import synth

from scoresep.alignment.score_features import ScoreFeatures
from scoresep.alignment.unfolded_pair import extend_to_score_ends, unfold_and_crop

SECTIONS = np.array([[0.0, 10.0, 1.0, 11.0], [4.0, 12.0, 11.0, 19.0]])
NOTES = synth.notes(*((time, time + 1.0, 60 + time, 1) for time in range(20)))


@pytest.mark.parametrize(
    ("sections", "begin", "end"),
    [
        (SECTIONS, -1.0, 20.0),
        (SECTIONS[::-1], 4.0, 10.0),
        (np.array([[3.0, 5.0, 0.0, 2.0]]), -1.0, 20.0),
    ],
    ids=["in order", "turned", "one"],
)
def test_sections_are_extended_where_the_score_is_not_played_before_or_after(sections, begin, end):
    before = sections.copy()
    extended = extend_to_score_ends(sections, -1.0, 20.0)
    assert (extended[0, 0], extended[-1, 1]) == (begin, end)
    assert np.array_equal(sections, before)


@pytest.mark.parametrize("oversampling", [1, 5])
def test_the_pair_covers_the_sections_with_a_margin(oversampling):
    pair = unfold_and_crop(ScoreFeatures(NOTES), 250, SECTIONS, frame_duration=0.1, oversampling=oversampling)
    assert pair.begin == 0.0
    assert pair.score.shape[1] * pair.frame_duration == pytest.approx(18 + 2)
    assert pair.frame_duration == pytest.approx(0.1 / oversampling)
    assert pair.recording_frames.tolist() == list(range(210))


def test_frames_far_from_sections_are_cropped():
    sections = np.array([[0.0, 5.0, 3.0, 8.0], [5.0, 10.0, 15.0, 20.0]])
    pair = unfold_and_crop(ScoreFeatures(NOTES), 300, sections, frame_duration=0.1, oversampling=1)
    assert pair.recording_frames.tolist() == [*range(10, 100), *range(130, 220)]
