"""The path of a score that has a part of what sounds leads to its notes."""

import dataclasses
from functools import cache

import band
import numpy as np
import pytest

from scoresep.alignment.drum_onsets import drum_band_energies, drum_novelty
from scoresep.alignment.features import recording_features
from scoresep.alignment.partial_path import align_partial_score, smooth_path
from scoresep.alignment.paths import map_times
from scoresep.alignment.pitch_energies import pitch_energies
from scoresep.dsp.downmix import downmix

MELODY = band.melody(1)
NO_ANCHORS = np.zeros((0, 2))


@cache
def analysis(score):
    """Return the features of a song and the novelty of its drums."""
    samples = downmix(band.song(score)).samples
    return recording_features(pitch_energies(samples)), drum_novelty(drum_band_energies(samples)).onset


def aligned(score, *, played=MELODY, anchors=NO_ANCHORS, first_frame=0, has_drums=False):
    """Return the alignment of a score with a song."""
    features, novelty = analysis(played)
    return align_partial_score(
        features[:, first_frame:],
        [score],
        first_frame=first_frame,
        anchors=anchors,
        similarity=0.1,
        drum_novelty=novelty if has_drums else None,
    )


def errors(coarse):
    """Return how far (s) the path is from each note."""
    onset = coarse.notes.onset
    return np.abs(map_times(coarse.path, onset) - band.STRETCH * onset)


def test_the_path_is_near_the_notes():
    coarse = aligned(MELODY)
    assert np.median(errors(coarse)) < 0.05
    assert errors(coarse).max() < 0.3
    assert coarse.is_partial
    assert coarse.similarity == 0.1
    assert (np.diff(coarse.path) >= 0).all()


def test_frames_left_out_before_count_as_time():
    np.testing.assert_allclose(aligned(MELODY, first_frame=5).path[1, -1], aligned(MELODY).path[1, -1], atol=0.1)
    assert np.median(errors(aligned(MELODY, first_frame=5))) < 0.05


def test_drums_lead_the_path_through_rests():
    score = band.with_drums(MELODY)
    kept = np.flatnonzero(score.is_drum | (score.onset < 5) | (score.onset > 11))
    gap = score.take(kept)
    with_hits, without = (aligned(gap, played=gap, has_drums=has_drums) for has_drums in (True, False))
    assert with_hits.notes is gap
    far, farther = (np.percentile(errors(coarse), 90) for coarse in (with_hits, without))
    assert far < 0.15 < farther


def test_the_path_leads_through_anchors():
    anchors = np.array([[4.0, 4.6], [10.0, 10.9]])
    path = aligned(MELODY, anchors=anchors).path
    np.testing.assert_allclose(map_times(path, anchors[:, 0]), anchors[:, 1])
    assert (np.diff(path) >= 0).all()


def test_anchors_that_go_back_in_the_score_are_no_matter_of_one_section():
    assert aligned(MELODY, anchors=np.array([[10.0, 4.0], [4.0, 11.0]])) is None


def test_another_melody_is_not_aligned():
    assert aligned(band.melody(11)) is None


def test_drums_alone_are_not_aligned():
    score = band.with_drums(MELODY)
    assert aligned(score.take(score.is_drum), has_drums=True) is None


@pytest.mark.parametrize("most_cells", [2_000, 20_000])
def test_a_long_song_is_searched_from_coarse_to_fine(monkeypatch, most_cells):
    monkeypatch.setattr("scoresep.alignment.partial_scores.MAX_CELLS", most_cells)
    monkeypatch.setattr("scoresep.alignment.partial_path.MIN_SIGNIFICANCE", 2.0)
    assert np.median(errors(aligned(MELODY))) < 0.05


def test_arguments_are_unchanged():
    features, anchors = analysis(MELODY)[0].copy(), np.array([[4.0, 4.4]])
    aligned(MELODY, anchors=anchors)
    np.testing.assert_array_equal(features, analysis(MELODY)[0])
    np.testing.assert_array_equal(anchors, [[4.0, 4.4]])


def test_lines_stay_as_they_are_when_smoothed():
    score_time = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.1, 300))
    path = np.stack([score_time, 3 + 1.2 * score_time])
    np.testing.assert_allclose(smooth_path(path, 2.0), path, atol=1e-6)


def test_noise_on_a_path_is_smoothed():
    score_time = np.arange(0, 20, 0.02)
    truth = score_time + 0.3 * np.sin(0.3 * score_time)
    noisy = truth + np.random.default_rng(0).normal(0, 0.05, len(score_time))
    assert np.abs(smooth_path(np.stack([score_time, noisy]), 2.0)[1] - truth).mean() < 0.01


def test_a_point_alone_stays():
    path = np.array([[0.0, 10.0, 20.0], [0.0, 12.0, 21.0]])
    np.testing.assert_allclose(smooth_path(path, 4.0), path, atol=1e-9)


def test_a_singer_who_waits_is_followed():
    late = dataclasses.replace(
        MELODY,
        onset=MELODY.onset - 0.8 * (MELODY.onset > 8),
        offset=MELODY.offset - 0.8 * (MELODY.onset > 8),
    )
    coarse = aligned(late)
    truth = band.STRETCH * (coarse.notes.onset + 0.8 * (coarse.notes.onset > 7.5))
    found = map_times(coarse.path, coarse.notes.onset)
    assert np.median(np.abs(found - truth)) < 0.1
