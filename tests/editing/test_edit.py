"""The waltz in minor: an edit against its true rendering."""

import numpy as np
import pytest
import scipy.signal
from shell import ROOT

import scoresep


def power(sound):
    return float(np.square(sound, dtype=np.float64).sum())


@pytest.fixture(scope="module")
def waltz_in_minor():
    """Give the waltz, its rendering in minor, and what an edit makes of it."""
    before, truth = (scoresep.read_audio(ROOT / f"fixtures/{name}.flac") for name in ("waltz", "waltz-minor"))
    edited = scoresep.edit(before, ROOT / "fixtures/waltz.mid", key=("Db major", "Db minor"))
    return before.samples, truth.samples, edited.samples


def test_the_fixtures_differ_by_the_changed_notes(waltz_in_minor):
    before, truth, _ = waltz_in_minor
    first = np.flatnonzero((before != truth).any(axis=0))[0] / 44100
    assert 0.5 < first < 2  # the first B flat
    assert 0.1 < power(truth - before) / power(before) < 2


def test_the_edit_comes_near_its_true_rendering(waltz_in_minor):
    before, truth, edited = waltz_in_minor
    assert power(edited - truth) < 0.8 * power(before - truth)
    # Phases of partials depend on milliseconds of the onset; their magnitudes do not.
    loud = [np.abs(scipy.signal.stft(sound, nperseg=4096)[2]) for sound in (before, truth, edited)]
    assert power(loud[2] - loud[1]) < 0.3 * power(loud[0] - loud[1])


def test_what_is_before_the_first_changed_note_stays(waltz_in_minor):
    before, truth, edited = waltz_in_minor
    first = np.flatnonzero((before != truth).any(axis=0))[0] - round(0.4 * 44100)
    assert (edited[:, :first] == before[:, :first]).all()
