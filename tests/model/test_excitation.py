"""Combs that follow a contour, against the spectrum of a harmonic sound that follows it."""

import numpy as np
import pytest

from scoresep.dsp.stft import choose_transform, forward
from scoresep.model import excitation
from scoresep.model.excitation import excitation_spectrum, sampled_frequency, source_spectra, voiced_components
from scoresep.values import ANY_PITCH, Audio, Components, Contours

RATE = 16000
SECONDS = 2.0
TRANSFORM = choose_transform(RATE, int(RATE * SECONDS))


def contours(frequency):
    """Return one contour with a value every 20 ms."""
    return Contours(np.atleast_2d(frequency), np.zeros(1, int), 0.02)


def vibrato(depth):
    """Return 220 Hz with a vibrato of 5 Hz, so many semitones deep."""
    time = np.arange(int(SECONDS / 0.02) + 1) * 0.02
    return 220 * 2 ** (depth / 12 * np.sin(2 * np.pi * 5 * time))


@pytest.mark.parametrize("depth", [0.0, 0.5])
def test_comb_is_the_spectrum_of_a_harmonic_sound(depth):
    own = contours(vibrato(depth))
    frequency = sampled_frequency(own, 0, 0, int(RATE * SECONDS), RATE)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    sound = sum(np.cos(number * phase) for number in range(1, 25))
    frames = range(10, 30)
    wanted = np.abs(
        forward(Audio(sound[None].astype(np.float32), RATE), n_fft=TRANSFORM.n_fft, hop=TRANSFORM.hop, frames=frames)[0]
    )
    found = excitation_spectrum(own, 0, TRANSFORM, frames)
    below = slice(int(5000 * TRANSFORM.n_fft / RATE))
    scale = TRANSFORM.n_fft / 4  # of a cosine of height one under a Hann window
    error = np.linalg.norm(found[below] * scale - wanted[below]) / np.linalg.norm(wanted[below])
    assert error < 0.1


def test_a_steady_partial_has_height_one():
    spectrum = excitation_spectrum(contours(np.full(101, 200.0)), 0, TRANSFORM, range(10, 12))
    assert spectrum.max() == pytest.approx(1, abs=0.02)


def test_frames_may_be_computed_alone():
    own = contours(vibrato(0.3))
    together = excitation_spectrum(own, 0, TRANSFORM, range(40))
    alone = excitation_spectrum(own, 0, TRANSFORM, np.array([0, 7, 39]))
    np.testing.assert_allclose(alone, together[:, [0, 7, 39]], atol=1e-3)


def test_lower_bins_are_those_of_all_bins():
    own = contours(vibrato(0.3))
    whole = excitation_spectrum(own, 0, TRANSFORM, range(5, 9))
    np.testing.assert_allclose(excitation_spectrum(own, 0, TRANSFORM, range(5, 9), 300), whole[:300], atol=1e-6)


def test_rests_are_bridged_in_semitones():
    frequency = np.full(101, 100.0)
    frequency[40:60], frequency[60:] = 0, 400
    middle = sampled_frequency(contours(frequency), 0, RATE - 10, RATE + 10, RATE)
    np.testing.assert_allclose(middle, 200, rtol=0.05)


def test_a_contour_without_a_note_gives_a_finite_comb():
    assert np.isfinite(excitation_spectrum(contours(np.zeros(101)), 0, TRANSFORM, range(3))).all()


def test_each_contour_has_the_voiced_components_of_its_instrument():
    rows = [
        (0, 60, 0.0, "sustain"),
        (1, ANY_PITCH, 0.0, "voiced"),
        (1, ANY_PITCH, 0.0, "voiced"),
        (1, ANY_PITCH, 0.0, "unvoiced"),
    ]
    own = Contours(np.ones((1, 5)), np.array([1]), 0.02)
    assert voiced_components(Components.from_rows(rows), own) == [(slice(1, 3), 0, 0.0)]


def test_combs_of_long_recordings_are_kept_in_half_precision(monkeypatch):
    own, components = contours(vibrato(0.3)), Components.from_rows([(0, ANY_PITCH, 0.0, "voiced")])
    ((_, single),) = source_spectra(components, own, TRANSFORM, range(20))
    monkeypatch.setattr(excitation, "MOST_SINGLE", 1000)
    ((_, half),) = source_spectra(components, own, TRANSFORM, range(20))
    assert single.dtype == np.float32
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, single, rtol=1e-3, atol=1e-6)
