"""The metrics of separation agree with those of mir_eval and hold where signals are silent, alike or in float32."""

import itertools
import time
import warnings

import numpy as np
import pytest

from scoresep.evaluation import metrics
from scoresep.evaluation.metrics import (
    MAX_DECIBELS,
    MISSING_NOTE_ERROR,
    SCORE_TIME_TOLERANCE,
    bss_eval,
    ideal_mask,
    null_level,
    onset_errors,
    si_sdr,
    snr,
    spectral_distance,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # mir_eval will drop what we compare with
    from mir_eval.separation import bss_eval_sources
    from mir_eval.transcription import match_notes

RNG = np.random.default_rng(0)
#: Three sources of coloured noise, and estimates with interference, artefacts and a filter.
REFERENCES = np.cumsum(RNG.normal(size=(3, 20_000)), axis=1) * 0.01 + RNG.normal(size=(3, 20_000))
ESTIMATES = 0.8 * np.roll(REFERENCES, 3, axis=1) + 0.2 * REFERENCES[::-1] + 0.1 * RNG.normal(size=(3, 20_000))


@pytest.fixture(scope="module")
def figures_of_mir_eval():
    """Give the figures of the estimates by mir_eval, which takes its time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return bss_eval_sources(REFERENCES, ESTIMATES, compute_permutation=False)[:3]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_figures_agree_with_mir_eval(dtype, figures_of_mir_eval):
    found = bss_eval(REFERENCES.astype(dtype), ESTIMATES.astype(dtype))
    assert np.allclose(found, figures_of_mir_eval, atol=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_references_that_are_alike_are_no_error(dtype):
    alike = np.stack([REFERENCES[0], REFERENCES[0] * 0.5, REFERENCES[0]]).astype(dtype)
    sdr, sir, _ = bss_eval(alike, ESTIMATES.astype(dtype))
    assert np.isfinite(sdr).all()
    assert sir[0] > 40  # nothing comes from others: there are none


def test_projection_does_without_a_cholesky_factor(monkeypatch):
    def refuse(*_):
        raise np.linalg.LinAlgError

    signals = REFERENCES[:2], ESTIMATES[:2]  # a third one would take three times as long
    wanted = bss_eval(*signals)
    monkeypatch.setattr(metrics.scipy.linalg, "cho_factor", refuse)
    assert np.allclose(bss_eval(*signals), wanted, atol=0.01)


def test_silence_has_no_figures_and_does_not_change_others():
    references, estimates = REFERENCES.copy(), ESTIMATES.copy()
    references[1] = estimates[2] = 0
    for figure in (bss_eval, lambda *signals: (si_sdr(*signals),)):
        found = figure(references, estimates)
        assert np.isnan(np.array(found)[:, 1:]).all()
        assert np.isfinite(np.array(found)[:, 0]).all()
    assert np.allclose(bss_eval(references[[0, 2]], estimates[[0, 2]])[0][0], bss_eval(references, estimates)[0][0])
    assert np.isnan(bss_eval(0 * references, estimates)).all()


def test_perfect_estimates_reach_the_limit():
    for figures in (bss_eval(REFERENCES, REFERENCES)[0], si_sdr(REFERENCES, REFERENCES), snr(REFERENCES, REFERENCES)):
        assert (figures > 90).all()
        assert (figures <= MAX_DECIBELS).all()


def test_scale_matters_to_snr_only():
    assert np.allclose(si_sdr(REFERENCES, 3 * ESTIMATES), si_sdr(REFERENCES, ESTIMATES))
    assert np.allclose(bss_eval(REFERENCES, 3 * ESTIMATES), bss_eval(REFERENCES, ESTIMATES))
    assert snr(REFERENCES, 0.5 * REFERENCES) == pytest.approx(20 * np.log10(2) * np.ones(3))


def test_null_level_tells_how_exact_a_sum_is():
    assert null_level(REFERENCES, REFERENCES) == MAX_DECIBELS
    assert null_level(REFERENCES, 0.99 * REFERENCES) == pytest.approx(40)


def test_ideal_mask_separates_what_does_not_overlap():
    time = np.arange(20_000) / 8000
    references = np.stack([np.sin(2 * np.pi * 500 * time), np.sin(2 * np.pi * 2000 * time)])
    estimates = ideal_mask(references.sum(axis=0), references)
    assert estimates.shape == references.shape
    assert (bss_eval(references, estimates)[1] > 40).all()
    assert np.allclose(estimates.sum(axis=0), references.sum(axis=0), atol=1e-6)


def test_arguments_must_fit_and_are_not_changed():
    references, estimates = REFERENCES.copy(), ESTIMATES.copy()
    bss_eval(references, estimates)
    assert np.array_equal(references, REFERENCES)
    assert np.array_equal(estimates, ESTIMATES)
    with pytest.raises(ValueError, match="must equal"):
        bss_eval(REFERENCES, ESTIMATES[:2])


def test_onsets_are_looked_up_by_pitch_and_score_time():
    truth = np.array([[1.0, 60, 0.5], [2.0, 60, 1.5], [3.0, 64, 2.5]])
    found = np.array([[2.01, 60, 1.51], [0.98, 60, 0.5], [3.0, 65, 2.5]])
    assert np.allclose(onset_errors(truth, found), [-0.02, 0.01, MISSING_NOTE_ERROR])


def test_repeated_note_counts_once():
    truth = np.array([[1.0, 60, 0.5], [5.0, 60, 0.5]])
    found = np.array([[5.1, 60, 0.5], [1.1, 60, 0.5]])
    assert np.allclose(onset_errors(truth, found), [0.1, 0.1])
    assert np.allclose(onset_errors(truth, found[:1]), [MISSING_NOTE_ERROR, 0.1])


def test_two_notes_of_one_pitch_share_two_candidates_in_the_best_way():
    truth = np.array([[1.0, 60, 0.5], [1.2, 60, 0.5]])
    found = np.array([[1.19, 60, 0.5], [0.5, 60, 0.5]])
    assert np.allclose(onset_errors(truth, found), [-0.5, -0.01])


def test_a_note_leaves_its_nearest_candidate_to_one_that_has_no_other():
    truth = np.array([[1.0, 60, 0.50], [1.0, 60, 0.52]])
    found = np.array([[1.0, 60, 0.51], [1.3, 60, 0.48]])
    assert np.allclose(onset_errors(truth, found), [0.3, 0.0])


def random_notes(rng, count):
    """Return rows of onset, pitch and score onset, of few pitches and many notes at nearly the same time."""
    score_time = 0.007 * rng.integers(0, 140, count)  # no two are as far apart as the tolerance, where rounding decides
    return np.stack([score_time + rng.normal(0, 0.1, count), rng.integers(60, 63, count), score_time], axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_as_many_notes_are_matched_as_by_mir_eval(seed):
    rng = np.random.default_rng(seed)
    truth, found = random_notes(rng, 80), random_notes(rng, 60)
    errors = onset_errors(truth, found)
    intervals, hertz = zip(
        *((np.stack([n[:, 2], n[:, 2] + 1], axis=1), 440 * 2 ** ((n[:, 1] - 69) / 12)) for n in (truth, found)),
        strict=True,
    )
    matched = match_notes(
        intervals[0], hertz[0], intervals[1], hertz[1], onset_tolerance=SCORE_TIME_TOLERANCE, offset_ratio=None
    )
    assert np.sum(errors != MISSING_NOTE_ERROR) == len(matched)


@pytest.mark.parametrize("seed", range(5))
def test_no_matching_has_smaller_errors(seed):
    rng = np.random.default_rng(seed)
    truth = np.column_stack([rng.uniform(0, 9, 5), np.full(5, 60), np.zeros(5)])
    found = np.column_stack([rng.uniform(0, 9, 5), np.full(5, 60), np.zeros(5)])
    least = min(np.abs(found[list(order), 0] - truth[:, 0]).sum() for order in itertools.permutations(range(5)))
    assert np.abs(onset_errors(truth, found)).sum() == pytest.approx(least)


@pytest.mark.parametrize(("n_true", "n_found"), [(0, 0), (0, 3), (3, 0)])
def test_without_notes_there_are_no_matches(n_true, n_found):
    rng = np.random.default_rng(0)
    errors = onset_errors(random_notes(rng, n_true), random_notes(rng, n_found))
    assert errors.tolist() == [MISSING_NOTE_ERROR] * n_true


def test_ten_thousand_notes_are_matched_quickly():
    rng = np.random.default_rng(0)
    score_time = np.sort(rng.uniform(0, 3600, 10_000))
    truth = np.stack([score_time, rng.integers(40, 90, 10_000), score_time], axis=1)
    found = truth + np.array([0.02, 0, 0])
    begin = time.perf_counter()
    assert np.allclose(onset_errors(truth, rng.permutation(found)), 0.02)
    assert time.perf_counter() - begin < 5


def test_the_spectral_distance_is_that_of_levels():
    assert spectral_distance(REFERENCES, REFERENCES) == pytest.approx(0)
    assert spectral_distance(REFERENCES, -2 * REFERENCES) == pytest.approx(20 * np.log10(2), rel=0.01)
    assert (spectral_distance(REFERENCES, ESTIMATES) > 0).all()
