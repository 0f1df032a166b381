"""Pitch contours are measured as mir_eval measures them."""

import warnings

import mir_eval.melody
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoresep.evaluation.pitch_measures import pitch_figures


def contour(rng, *, seconds=4.0, period=0.01, start=0.0):
    """Return a contour with rests, times and frequencies, some of them marked as silent by their sign."""
    times = start + np.arange(round((seconds - start) / period)) * period
    frequency = 220 * 2 ** (rng.integers(-12, 13, len(times) // 20 + 1) / 12).repeat(20)[: len(times)]
    frequency *= 2 ** (rng.normal(0, 0.02, len(times)))
    frequency[rng.random(len(times) // 10 + 1).repeat(10)[: len(times)] < 0.3] = 0
    frequency[rng.random(len(times)) < 0.05] *= -1
    return np.stack([times, frequency])


def by_mir_eval(truth, found):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mir_eval.melody.evaluate(*truth, *found)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 1000),
    period=st.sampled_from([0.01, 0.0058, 0.02]),
    seconds=st.sampled_from([3.0, 4.0, 5.0]),
    start=st.sampled_from([0.0, 0.3]),
)
def test_figures_are_those_of_mir_eval(seed, period, seconds, start):
    rng = np.random.default_rng(seed)
    truth = contour(rng)
    truth[1] = np.abs(truth[1])
    found = contour(rng, seconds=seconds, period=period, start=start)
    near = np.interp(found[0], *truth)
    found[1] = np.where(rng.random(len(near)) < 0.6, near, found[1])
    figures, wanted = pitch_figures(truth, found), by_mir_eval(truth, found)
    names = {
        "raw_pitch": "Raw Pitch Accuracy",
        "raw_chroma": "Raw Chroma Accuracy",
        "voicing_recall": "Voicing Recall",
        "voicing_false_alarm": "Voicing False Alarm",
        "overall": "Overall Accuracy",
    }
    for name, theirs in names.items():
        assert getattr(figures, name) == pytest.approx(wanted[theirs], abs=1e-9), name


def test_true_contour_is_right():
    truth = contour(np.random.default_rng(0))
    truth[1] = np.abs(truth[1])
    figures = pitch_figures(truth, truth, name="Alto")
    assert (figures.name, figures.times) == ("Alto", 400)
    assert (figures.raw_pitch, figures.raw_chroma, figures.voicing_recall, figures.overall) == (1, 1, 1, 1)
    assert figures.voicing_false_alarm == 0


def test_octaves_are_forgiven_in_chroma_alone():
    truth = np.stack([np.arange(10) * 0.1, np.full(10, 220.0)])
    figures = pitch_figures(truth, truth * [[1], [2]])
    assert (figures.raw_pitch, figures.raw_chroma) == (0, 1)


def test_silence_has_no_pitch_to_be_right():
    silent = np.stack([np.arange(10) * 0.1, np.zeros(10)])
    figures = pitch_figures(silent, silent)
    assert (figures.raw_pitch, figures.voicing_recall, figures.overall) == (0, 0, 1)
