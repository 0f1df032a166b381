"""A sound stretched along a path: attacks come when the path says, pitches stay, and sums stay sums."""

import numpy as np
import pytest
import synth

from scoresep.dsp.time_stretch import keep_attacks, map_along, warping

RATE = 8000
#: Beginnings of notes in the sound (s), and in the result.
ONSETS = np.array([0.3, 0.8, 1.0, 1.6, 2.6, 2.9])
NEW = np.array([0.2, 0.9, 1.2, 1.6, 2.1, 2.9])


@pytest.fixture(scope="module")
def sound():
    """Give six decaying tones, none of which lasts until the next one."""
    return synth.tones(synth.notes(*((t, t + 0.05, 69, 1) for t in ONSETS)), seconds=4.0)[0].astype(float)


def attacks(sound, times):
    """Return when the energy rises most within 50 ms of each time (s)."""
    energy = np.add.reduceat(sound**2, np.arange(0, len(sound), 8))
    rise = np.diff(np.log(energy + 1e-7))
    near = [np.arange(round((t - 0.05) * RATE / 8), round((t + 0.05) * RATE / 8)) for t in times]
    return np.array([(k[np.argmax(rise[k])] + 1) * 8 / RATE for k in near])


def test_attacks_come_when_the_path_says(sound):
    found = warping(sound, np.stack([NEW, ONSETS]), ONSETS, RATE, duration=3.5)
    result = found.apply(sound[None])[0]
    assert len(result) == 3.5 * RATE
    assert attacks(result, NEW) - NEW == pytest.approx(attacks(sound, ONSETS) - ONSETS, abs=0.003)


def test_sums_stay_sums(sound):
    found = warping(sound, np.stack([NEW, ONSETS]), ONSETS, RATE, duration=3.5)
    part = sound * np.linspace(0, 1, len(sound))
    both = found.apply(np.stack([part, sound - part, sound]))
    assert both[0] + both[1] == pytest.approx(both[2], abs=1e-12)


def test_the_same_tempo_leaves_the_sound_as_it_is(sound):
    path = np.array([[0.0, 4.0], [0.0, 4.0]])
    result = warping(sound, path, ONSETS, RATE, duration=4.0).apply(sound[None])[0]
    assert result == pytest.approx(sound, abs=1e-12)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.5, 3.0])
def test_pitch_stays(factor):
    tone = synth.sine(69, seconds=2.0, rate=RATE).astype(float)
    found = warping(tone, np.array([[0.0, 2 * factor], [0.0, 2.0]]), np.zeros(0), RATE, duration=2 * factor)
    result = found.apply(tone[None])[0][400:-400]
    spectrum = np.abs(np.fft.rfft(result * np.hanning(len(result))))
    assert np.argmax(spectrum) * RATE / len(result) == pytest.approx(440, abs=RATE / len(result))
    assert spectrum[: np.argmax(spectrum) // 2].max() < 0.01 * spectrum.max()


def test_the_path_keeps_its_pace_around_onsets_and_rises():
    path, kept = keep_attacks(np.stack([NEW, ONSETS]), np.r_[ONSETS, ONSETS + 0.01])
    assert len(kept) == len(ONSETS)
    assert (np.diff(path) >= 0).all()
    inside = np.array([-0.01, 0.0, 0.01])
    for new, onset in zip(NEW, ONSETS, strict=True):
        assert map_along(path, onset + inside) == pytest.approx(new + inside)


def test_a_path_may_leave_out_a_passage_and_end_before_the_sound(sound):
    path = np.array([[0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 2.5, 3.5]])
    result = warping(sound, path, ONSETS, RATE, duration=6.0).apply(sound[None])[0]
    assert attacks(result, [1.1, 1.4]) == pytest.approx([1.1, 1.4], abs=0.02)
    assert not result[round(3.0 * RATE) :].any()
