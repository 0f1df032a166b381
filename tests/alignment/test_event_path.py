"""Onsets go where the novelty is, unless the tempo speaks against it."""

import numpy as np
import pytest

from scoresep.alignment.event_path import ELSEWHERE, TEMPO_COST, events_of, place_events, place_note
from scoresep.alignment.onset_novelty import STRUCK_ONSETS
from scoresep.alignment.pitch_energies import ENERGY_PERIOD

SPAN, NOTE_SPAN = 120, round(STRUCK_ONSETS.chord_reach / ENERGY_PERIOD)


def novelty_with(*frames, n_frames=1000):
    """Return novelty of one at some frames."""
    novelty = np.zeros(n_frames)
    novelty[list(frames)] = 1
    return novelty


def around(novelty, position, span=SPAN):
    """Return the novelty at all shifts from a position, zero outside."""
    return np.pad(novelty, 10_000)[10_000 + position - span : 10_000 + position + span + 1]


def placed(novelty, coarse, gap):
    """Return the positions of events."""
    return placed_with_margins(novelty, coarse, gap)[0]


def placed_with_margins(novelty, coarse, gap):
    strength = np.stack([around(novelty, position) for position in coarse])
    return place_events(strength, np.array(coarse), np.array(gap))


def worth(positions, novelty):
    """Return what a path through events 100 frames apart is worth, from its definition."""
    return novelty[positions].sum() - TEMPO_COST * np.abs(np.log(np.diff(positions) / 100)).sum()


def test_events_are_score_onsets():
    assert events_of(np.array([0.0, 0.0, 0.011, 0.013, 0.5])).tolist() == [0, 0, 0, 1, 2]


def test_a_slow_run_of_notes_is_not_one_event():
    assert events_of(np.arange(10) * 0.008).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


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
    assert (np.diff(place_events(strengths, coarse, np.diff(coarse).astype(float))[0]) > 0).all()


def test_a_single_event_goes_to_its_onset():
    assert placed(novelty_with(220), [200], []).tolist() == [220]


@pytest.mark.parametrize("step", [1, 3, 7])
def test_shifts_are_in_steps(step):
    strength = np.zeros((2, 21))
    strength[0, 12] = strength[1, 5] = 1.0
    positions, _ = place_events(strength, np.array([500, 1000]), np.array([500.0]), step=step)
    assert positions.tolist() == [500 + 2 * step, 1000 - 5 * step]


def test_an_evident_event_has_a_large_margin_and_an_ambiguous_one_a_small_one():
    evident = placed_with_margins(novelty_with(200, 300, 400), [200, 300, 400], [100.0, 100.0])[1]
    ambiguous = placed_with_margins(novelty_with(200, 280, 320, 400), [200, 300, 400], [100.0, 100.0])[1]
    assert evident.min() > 0.8
    assert ambiguous[1] == pytest.approx(0, abs=1e-9)
    assert min(ambiguous[0], ambiguous[2]) > 0.3


def test_a_margin_is_what_the_best_path_elsewhere_lacks():
    novelty = novelty_with(200, 300, 400)
    novelty[320] = 0.7
    far = round(ELSEWHERE / ENERGY_PERIOD) + 1
    novelty[300 + far - 2] = 0.9
    positions, margins = placed_with_margins(novelty, [200, 300, 400], [100.0, 100.0])
    strength = np.stack([around(novelty, position) for position in (200, 300, 400)])
    offsets = np.arange(-SPAN, SPAN + 1)
    strength[1, np.abs(offsets) <= far - 1] = -1e3
    elsewhere = place_events(strength, np.array([200, 300, 400]), np.array([100.0, 100.0]))[0]
    assert elsewhere.tolist() == [200, 320, 400]
    assert positions.tolist() == [200, 300, 400]
    assert margins[1] == pytest.approx(worth(positions, novelty) - worth(elsewhere, novelty), abs=1e-3)


@pytest.mark.parametrize("count", [1, 2, 30])
def test_margins_are_not_negative(count):
    rng = np.random.default_rng(count)
    coarse = 100 * np.arange(count)
    _, margins = place_events(rng.random((count, 2 * SPAN + 1)), coarse, np.full(count - 1, 100.0))
    assert margins.shape == (count,)
    assert (margins >= 0).all()


def test_a_place_that_has_no_rival_has_an_endless_margin():
    _, margins = place_events(np.ones((1, 3)), np.array([100]), np.zeros(0))
    assert margins.tolist() == [np.inf]


def test_arguments_are_unchanged():
    strength, coarse, gap = np.random.default_rng(0).random((5, 21)), 50 * np.arange(5), np.full(4, 50.0)
    before = strength.copy(), coarse.copy(), gap.copy()
    place_events(strength, coarse, gap, step=3)
    for was, now in zip(before, (strength, coarse, gap), strict=True):
        assert np.array_equal(was, now)


@pytest.mark.parametrize(("onset", "shift"), [(500, 0), (510, 10), (490, -10), (600, 0)])
def test_a_note_of_a_chord_goes_to_its_own_onset_nearby(onset, shift):
    assert abs(shift) <= NOTE_SPAN
    assert place_note(around(novelty_with(onset), 500, NOTE_SPAN)) == shift


@pytest.mark.parametrize(("further", "shift"), [(0.51, 5), (0.6, 12)])
def test_a_note_moves_further_only_for_a_stronger_onset(further, shift):
    novelty = np.zeros(1000)
    novelty[505], novelty[512] = 0.5, further
    assert place_note(around(novelty, 500, NOTE_SPAN)) == shift


@pytest.mark.parametrize("length", [1, 3, 49])
def test_a_note_without_an_onset_stays(length):
    assert place_note(np.zeros(length)) == 0
