"""Onsets go where the novelty is, unless the tempo speaks against it."""

import numpy as np
import pytest

from scoresep.numerics.features import CLOCK
from scoresep.numerics.refinement import (
    CHORD_REACH,
    REACH,
    around,
    events_of,
    place_events,
    place_note,
)

SPAN = round(REACH / CLOCK)


def novelty_with(*frames, n_frames=1000):
    """Return novelty of one at some frames."""
    novelty = np.zeros(n_frames)
    novelty[list(frames)] = 1
    return novelty


def placed(novelty, coarse, gap):
    strength = np.concatenate([around(novelty[None], position) for position in coarse])
    return place_events(strength, np.array(coarse), np.array(gap))


def test_events_are_score_onsets():
    assert events_of(np.array([0.0, 0.0, 0.011, 0.013, 0.5])).tolist() == [0, 0, 0, 1, 2]


def test_a_slow_run_of_notes_is_not_one_event():
    assert events_of(np.arange(10) * 0.008).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("coarse", [-SPAN - 5, -40, 0, 30, 999, 1050, 5000])
def test_strengths_stay_in_their_place_at_the_edges(coarse):
    (strengths,) = around(novelty_with(5, 990)[None], coarse)
    found = np.flatnonzero(strengths) - SPAN + coarse
    assert found.tolist() == [frame for frame in (5, 990) if abs(frame - coarse) <= SPAN]


def test_events_go_to_their_onsets():
    onsets = [200, 310, 390]
    assert placed(novelty_with(*onsets), [210, 300, 400], [100.0, 100.0]).tolist() == onsets


def test_an_onset_before_the_coarse_recording_is_found():
    assert placed(novelty_with(5, 105), [-30, 70], [100.0]).tolist() == [5, 105]


def test_without_novelty_the_tempo_is_kept():
    assert np.diff(placed(novelty_with(), [200, 300, 400], [100.0, 100.0])).tolist() == [100, 100]


def test_a_weak_onset_does_not_break_the_tempo():
    novelty = novelty_with(200, 300, 400)
    novelty[230] = 0.3
    assert placed(novelty, [200, 300, 400], [100.0, 100.0])[0] == 200


def test_a_stronger_onset_must_be_worth_the_change_of_tempo():
    novelty = novelty_with(200, 400)
    novelty[300], novelty[390] = 0.5, 0.6
    assert placed(novelty, [200, 300, 400], [100.0, 100.0])[1] == 300
    novelty[320] = 0.9
    assert placed(novelty, [200, 300, 400], [100.0, 100.0])[1] == 320


@pytest.mark.parametrize("strength", [1, 100])
def test_events_never_run_backwards(strength):
    rng = np.random.default_rng(0)
    coarse = np.sort(rng.integers(0, 400, 60))
    strengths = strength * rng.random((60, 2 * SPAN + 1))
    assert (np.diff(place_events(strengths, coarse, np.diff(coarse).astype(float))) > 0).all()


def test_a_single_event_goes_to_its_onset():
    assert placed(novelty_with(220), [200], []).tolist() == [220]


@pytest.mark.parametrize(("onset", "place"), [(500, 500), (510, 510), (490, 490), (600, 500)])
def test_a_note_of_a_chord_goes_to_its_own_onset_nearby(onset, place):
    novelty = novelty_with(onset)
    assert abs(place - 500) <= CHORD_REACH / CLOCK
    assert place_note(novelty, 500) == place


@pytest.mark.parametrize(("further", "place"), [(0.51, 505), (0.6, 512)])
def test_a_note_moves_further_only_for_a_stronger_onset(further, place):
    novelty = np.zeros(1000)
    novelty[505], novelty[512] = 0.5, further
    assert place_note(novelty, 500) == place


@pytest.mark.parametrize("position", [-500, -1, 0, 999, 5000])
def test_a_note_without_an_onset_stays(position):
    assert place_note(np.zeros(1000), position) == position
