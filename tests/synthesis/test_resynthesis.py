"""Stems made anew from partials and noise."""

import dataclasses

import numpy as np
import pytest
import synth
from partials import RATE, decomposed, tone

import scoresep
from scoresep.errors import OptionError, StaleError
from scoresep.model.harmonic_templates import piano_inharmonicity
from scoresep.pipeline import plan_separation
from scoresep.synthesis.resynthesis import Resynthesis
from scoresep.values import Audio

SCORE = synth.notes((0.5, 2.5, 57, 1), (1.0, 2.0, 64, 2))


def ratio(truth, found):
    """Return how far an error is below the truth (dB)."""
    return 10 * np.log10(np.sum(truth**2) / np.sum((truth - found) ** 2))


@pytest.fixture(scope="module")
def two_tones():
    tones = [tone(57, 0.5, 2.5), tone(64, 1.0, 2.0)]
    return tones, *decomposed(sum(tones), SCORE, instrument="sustained")


@pytest.mark.parametrize("instrument", ["sustained", "struck"])
def test_a_tone_is_given_back(instrument):
    sound = tone(57, 0.5, 2.5)
    score = synth.notes((0.5, 2.5, 57, 1), parts=("Piano",))
    found = scoresep.resynthesize(*decomposed(sound, score, instrument=instrument))["Piano"][0]
    steady = slice(int(0.8 * RATE), int(2.2 * RATE))
    assert ratio(sound[steady], found[steady]) > 50
    assert ratio(sound, found) > 20


def test_tones_are_told_apart_though_partials_coincide(two_tones):
    tones, *problem = two_tones
    stems = scoresep.resynthesize(*problem)
    assert ratio(tones[0], stems["Right hand"][0]) > 14
    assert ratio(tones[1], stems["Left hand"][0]) > 11


def test_a_stretched_string_is_given_back():
    B = 2 * piano_inharmonicity(45)
    string = tone(45, 0.5, 2.8, inharmonicity=B, decay=1.0, partials=20)
    problem = decomposed(string, synth.notes((0.5, 2.8, 45, 1), parts=("Piano",)), instrument="struck")
    ratios = Resynthesis.plan(*problem).tracks[0].ratios[:20]
    m = np.arange(1, 21)
    assert ratios / ratios[0] == pytest.approx(m * np.sqrt((1 + B * m**2) / (1 + B)), rel=1e-3)
    assert ratio(string, scoresep.resynthesize(*problem)["Piano"][0]) > 15


def test_a_moving_pitch_is_followed():
    sound = tone(60, 0.5, 2.5, glide=0.25)
    problem = decomposed(sound, synth.notes((0.5, 2.5, 60, 1), parts=("Violin",)), instrument="sustained")
    track = Resynthesis.plan(*problem).tracks[0]
    times = np.linspace(0.8, 2.2, 15)
    cents = 1200 * np.log2(track.frequency_at(times) / 440) + 900 - 25 * (times - 0.5)
    assert np.abs(cents).max() < 5
    assert ratio(sound, scoresep.resynthesize(*problem)["Violin"][0]) > 15


def test_silence_stays_silent():
    stems = scoresep.resynthesize(*decomposed(np.zeros(3 * RATE), SCORE))
    assert not stems.samples.any()


def test_stretches_are_the_same_whole_and_in_pieces(two_tones):
    rendering = Resynthesis.plan(*two_tones[1:])
    hop = rendering.transform.hop
    whole = rendering.sounds(range(10, 50)).sums
    parts = {name: np.zeros_like(sound) for name, sound in whole.items()}
    for frames in (range(10, 23), range(23, 50)):
        for name, sound in rendering.sounds(frames).sums.items():
            begin = (frames.start - 10) * hop
            parts[name][:, begin : begin + sound.shape[1]] += sound
    for name, sound in whole.items():
        assert parts[name] == pytest.approx(sound, abs=1e-6)


def test_stems_and_residual_add_up_exactly(two_tones):
    audio, fit, selection = two_tones[1:]
    rounded = Audio((np.rint(audio.samples * 2**15) / 2**15).astype(np.float32), RATE, "PCM_16")
    stems = scoresep.resynthesize(rounded, dataclasses.replace(fit, fingerprint=rounded.fingerprint), selection)
    assert np.array_equal(stems.samples.sum(axis=0), rounded.samples)
    assert np.array_equal(stems["Left hand"] * 2**15, np.rint(stems["Left hand"] * 2**15))


def test_another_recording_is_refused(two_tones):
    _, audio, fit, selection = two_tones
    with pytest.raises(StaleError, match="another recording"):
        scoresep.resynthesize(dataclasses.replace(audio, samples=audio.samples / 2), fit, selection)


def test_unknown_methods_are_refused(two_tones):
    with pytest.raises(ValueError, match="method='cut' must be one of resynthesis, ddsp"):
        scoresep.resynthesize(*two_tones[1:], method="cut")
    with pytest.raises(OptionError, match="method cut must be one of mask, resynthesis, ddsp"):
        plan_separation(two_tones[1], SCORE, method="cut")
    with pytest.raises(OptionError, match="exponent is for masks"):
        plan_separation(two_tones[1], SCORE, method="resynthesis", exponent=2.0)
