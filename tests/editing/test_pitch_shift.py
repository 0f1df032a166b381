"""The sound of a note moves in pitch and time, and keeps its length, its attack and a voice's formants."""

import numpy as np
import pytest

from scoresep.dsp.time_stretch import stretch_after
from scoresep.editing.pitch_shift import shift_pitch

RATE = 22050


def tone(frequency, *, seconds=1.2, onset=0.1, decay=2.0):
    """Return a decaying tone of five partials in two channels, of which one is softer."""
    time = np.arange(round(seconds * RATE)) / RATE - onset
    sound = sum(np.sin(2 * np.pi * m * frequency * time) / m for m in range(1, 6)) * np.exp(-decay * time)
    return np.stack([sound, 0.5 * sound]) * (time >= 0)


def frequency_of(sound):
    """Return the frequency of the strongest partial."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    return power.argmax() * RATE / (8 * len(sound))


@pytest.mark.parametrize("semitones", [-7, -1, 0.5, 1, 12])
def test_pitch_moves_and_length_and_onset_stay(semitones):
    sound = tone(330)
    moved = shift_pitch(sound, semitones, round(0.1 * RATE), RATE)
    assert moved.shape == sound.shape
    assert frequency_of(moved[0]) == pytest.approx(330 * 2 ** (semitones / 12), rel=0.003)
    assert moved[1] == pytest.approx(0.5 * moved[0], abs=1e-9)
    loud = np.flatnonzero(np.abs(moved[0]) > 0.3)
    assert loud[0] / RATE == pytest.approx(0.1, abs=0.003)
    energies = [np.square(each[0, : round(0.9 * RATE)]).sum() for each in (sound, moved)]
    assert energies[1] == pytest.approx(energies[0], rel=0.45)
    assert np.square(moved[0, round(0.95 * RATE) :]).sum() > 0.2 * np.square(sound[0, round(0.95 * RATE) :]).sum()


def test_attack_is_that_of_the_moved_tone():
    """In its first tenth of a second the result is the tone of the other pitch, with its phases from the onset."""
    moved, wanted = shift_pitch(tone(330, decay=0), 2, round(0.1 * RATE), RATE), tone(330 * 2 ** (2 / 12), decay=0)
    part = slice(round(0.12 * RATE), round(0.2 * RATE))
    assert np.square(moved - wanted)[:, part].sum() < 0.02 * np.square(wanted[:, part]).sum()


def test_nothing_moves_by_no_semitone():
    sound = tone(330)
    assert shift_pitch(sound, 0, 100, RATE) is sound


def test_formants_of_a_voice_stay():
    """A formant at 900 Hz stays there, when a voice is moved by a fourth."""
    time = np.arange(RATE) / RATE
    partials = np.arange(1, 60) * 150.0
    heights = 1 / (1 + ((partials - 900) / 200) ** 2)
    sound = (heights[:, None] * np.sin(2 * np.pi * partials[:, None] * time)).sum(axis=0)[None]

    def centre(sound):
        power = np.abs(np.fft.rfft(sound[0])) ** 2
        low = power[:2500]
        return (low * np.arange(2500)).sum() / low.sum()

    plain, kept = shift_pitch(sound, 5, 0, RATE), shift_pitch(sound, 5, 0, RATE, fundamental=150.0)
    assert abs(centre(kept) - centre(sound)) < 0.3 * abs(centre(plain) - centre(sound))


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.1, 2.0])
def test_stretching_keeps_pitch_and_begin(factor):
    sound, start = tone(220, decay=0.5), round(0.4 * RATE)
    longer = stretch_after(sound, factor, start, RATE)
    assert longer.shape == (2, start + round((sound.shape[1] - start) * factor))
    assert (longer[:, : start - round(0.03 * RATE)] == sound[:, : start - round(0.03 * RATE)]).all()
    assert frequency_of(longer[0]) == pytest.approx(220, rel=0.005)


def test_arguments_are_not_changed_and_silence_stays():
    sound = tone(330)
    before = sound.copy()
    shift_pitch(sound, 3, 2205, RATE, fundamental=330.0)
    stretch_after(sound, 1.3, 4000, RATE)
    assert (sound == before).all()
    assert not shift_pitch(np.zeros((1, 9000)), 3, 100, RATE, fundamental=200.0).any()
    assert shift_pitch(np.zeros((1, 10)), 3, 5, RATE).shape == (1, 10)
    assert stretch_after(np.zeros((1, 0)), 2.0, 0, RATE).shape == (1, 0)
