"""A comb has energy around its partials and nowhere else."""

import numpy as np
import pytest

from scoresep.model.harmonic_templates import LOBE, comb, partial_frequencies, piano_inharmonicity
from scoresep.score.pitch import pitch_frequency

RATE, N_FFT = 22050, 4096


def both(partials, *, width=0.01, least_bins=1.5, rolloff=1.0):
    return comb(partials, n_fft=N_FFT, sample_rate=RATE, width=width, least_bins=least_bins, rolloff=rolloff)


def template(partials, **how):
    return both(partials, **how)[0]


def test_a4_is_440_hertz_and_an_octave_doubles():
    assert pitch_frequency(69) == 440
    assert pitch_frequency(81) == pytest.approx(880)
    assert pitch_frequency(69.5) == pytest.approx(440 * 2 ** (1 / 24))


@pytest.mark.parametrize("pitch", [0, 21, 60, 108, 120])
def test_partials_end_at_the_highest_frequency(pitch):
    partials = partial_frequencies(pitch_frequency(pitch), 0.0, RATE / 2)
    np.testing.assert_allclose(partials, pitch_frequency(pitch) * np.arange(1, len(partials) + 1))
    assert partials[-1] <= RATE / 2 < partials[-1] + partials[0]


def test_a_string_stretches_its_partials():
    partials = partial_frequencies(100.0, 1e-3, 3000.0)
    assert np.all(np.diff(partials, n=2) > 0)
    assert partials[0] == pytest.approx(100 * np.sqrt(1.001))


def test_short_strings_are_stiffer():
    assert piano_inharmonicity(72) == pytest.approx(3 * piano_inharmonicity(60), rel=0.02)


def test_a_pitch_above_the_highest_frequency_has_no_partials():
    assert not len(partial_frequencies(5000.0, 0.0, 4000.0))
    assert not template(np.zeros(0)).any()


@pytest.mark.parametrize("pitch", [21, 60.3, 108, 120])
@pytest.mark.parametrize("rolloff", [0.0, 1.0, 2.0])
def test_a_template_sums_to_one(pitch, rolloff):
    made = template(partial_frequencies(pitch_frequency(pitch), 0.0, RATE / 2), rolloff=rolloff)
    assert made.shape == (N_FFT // 2 + 1,)
    assert made.min() == 0
    assert made.sum() == pytest.approx(1)


@pytest.mark.parametrize(("width", "least_bins"), [(0.01, 1.5), (0.05, 0.5), (0.0, 0.6)])
def test_energy_is_near_partials_only(width, least_bins):
    partials = partial_frequencies(440.0, 0.0, RATE / 2)
    bins = np.arange(N_FFT // 2 + 1)[:, None]
    centres = partials * N_FFT / RATE
    reach = np.maximum(width * centres, least_bins) + LOBE
    made = template(partials, width=width, least_bins=least_bins)
    assert not made[~(np.abs(bins - centres) <= reach).any(axis=1)].any()
    assert (made[(np.abs(bins - centres) < reach - 0.1).any(axis=1)] > 0).all()


def test_partials_roll_off():
    made, owner = both(partial_frequencies(440.0, 0.0, RATE / 2), width=0.0, rolloff=2.0)
    energy = np.bincount(owner, made)[1:5]
    np.testing.assert_allclose(energy / energy[0], np.arange(1, 5) ** -2.0, rtol=0.05)


@pytest.mark.parametrize(("smear", "shape"), [(1e-3, [0, 0.5, 1, 0.5, 0]), (10.0, [1, 1, 1, 1, 1])])
def test_a_partial_is_the_lobe_of_the_window_smeared(smear, shape):
    made = template(np.array([500 * RATE / N_FFT]), width=0.0, least_bins=smear)[498:503]
    np.testing.assert_allclose(made / made[2], shape, atol=0.02)


def test_each_bin_belongs_to_the_partial_that_is_highest_there():
    partials = partial_frequencies(440.0, 0.0, 4000.0)
    made, owner = both(partials, rolloff=0.0)
    assert ((owner > 0) == (made > 0)).all()
    assert owner[np.rint(partials * N_FFT / RATE).astype(int)].tolist() == list(range(1, len(partials) + 1))
    made, owner = both(np.array([1000.0, 1010.0]), rolloff=1.0)
    assert set(owner.tolist()) == {0, 1, 2}
    assert (np.diff(owner[owner > 0]) >= 0).all()


def test_where_lobes_meet_the_higher_one_counts():
    made = template(np.array([500.0, 505.0]), width=0.05)
    at = round(500 * N_FFT / RATE)
    assert made[at] == made.max()


def test_a_partial_at_the_edge_stays_inside():
    made = template(np.array([0.1, RATE / 2]), width=0.1)
    assert made[0] > 0
    assert made[-1] > 0
