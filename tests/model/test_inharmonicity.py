"""The stiffness of strings is learned from where their partials lie."""

import numpy as np
import pytest

from scoresep.model.harmonic_templates import partial_frequencies, piano_inharmonicity
from scoresep.model.inharmonicity import learned_inharmonicity
from scoresep.score.pitch import pitch_frequency

SIZES = {"n_fft": 8192, "sample_rate": 22050}
PITCHES = range(40, 76, 5)


def spectrum(pitch, multiple, *, cents=0.0, noise=1e-3):
    """Return the magnitude of a string as stiff as ``multiple`` pianos' in some frames, shape (bins, 6)."""
    B = multiple * piano_inharmonicity(pitch)
    partials = partial_frequencies(pitch_frequency(pitch + cents / 100), B, 6000.0)
    bins = np.arange(4097)[:, None] - partials * 8192 / 22050
    lobes = (np.exp(-(bins**2)) / np.arange(1, len(partials) + 1)).sum(axis=1)
    return lobes[:, None] + noise * np.random.default_rng(pitch).random((4097, 6))


def learned(multiple, **how):
    """Return how many times as stiff as a typical piano each pitch is found, one after the other in the recording."""
    V = np.concatenate([spectrum(pitch, multiple, **how) for pitch in PITCHES], axis=1)
    frames = {pitch: range(6 * k, 6 * k + 6) for k, pitch in enumerate(PITCHES)}
    found = learned_inharmonicity(V, frames, tuning=how.get("cents", 0.0), **SIZES)
    return [found[pitch] / piano_inharmonicity(pitch) for pitch in PITCHES]


@pytest.mark.parametrize("multiple", [0.4, 0.7, 1.0, 1.5, 3.0])
def test_the_stiffness_of_each_pitch_is_found(multiple):
    np.testing.assert_allclose(learned(multiple), multiple, rtol=0.15)


def test_the_tuning_is_taken_into_account():
    np.testing.assert_allclose(learned(1.5, cents=30.0), 1.5, rtol=0.15)


def test_a_silent_pitch_follows_its_neighbours():
    V = np.concatenate([spectrum(60, 2.0), np.zeros((4097, 6))], axis=1)
    found = learned_inharmonicity(V, {60: range(6), 62: range(6, 12)}, tuning=0.0, **SIZES)
    assert found[62] / piano_inharmonicity(62) == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("frames", [range(0), range(6)])
def test_where_nothing_tells_a_string_is_a_typical_pianos(frames):
    found = learned_inharmonicity(np.zeros((4097, 6)), {60: frames}, tuning=0.0, **SIZES)
    assert found[60] == pytest.approx(piano_inharmonicity(60))


def test_noise_alone_hardly_moves_it():
    V = np.random.default_rng(0).random((4097, 40))
    found = learned_inharmonicity(V, {60: range(40)}, tuning=0.0, **SIZES)
    assert 0.25 <= found[60] / piano_inharmonicity(60) <= 4.0


def test_a_pitch_above_the_spectrum_does_no_harm():
    found = learned_inharmonicity(spectrum(60, 1.0), {60: range(6), 126: range(6)}, tuning=0.0, **SIZES)
    assert np.isfinite(list(found.values())).all()
