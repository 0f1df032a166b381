"""Clicks: on the beats, the first of a bar accented, and a count-in at the first tempo."""

import numpy as np
import pytest
from performance import performed, scale, time_of
from scipy.signal import find_peaks

from scoresep.exports.timeline import beats_of
from scoresep.practising.clicks import FREQUENCIES, click_track, plan_clicks


def found_clicks(audio):
    """Return when clicks begin (s), and whether each is that of a first beat."""
    samples, rate = audio.samples[0], audio.sample_rate
    energy = np.convolve(samples**2, np.ones(16), mode="valid")
    loud = find_peaks(np.diff(energy, prepend=0), height=1e-3, distance=rate // 20)[0]
    spectra = [np.abs(np.fft.rfft(samples[k : k + rate // 50], rate)) for k in loud.tolist()]
    return loud / rate, [spectrum[round(FREQUENCIES[0])] > spectrum[round(FREQUENCIES[1])] for spectrum in spectra]


def test_clicks_are_on_the_beats():
    track = click_track(performed(*scale()))
    time, is_first = found_clicks(track)
    assert time == pytest.approx(time_of(0.5 * np.arange(12)), abs=0.002)
    assert is_first == [True, False, False] * 4


def test_the_count_in_leads_to_the_first_beat():
    alignment = performed(*scale())
    beats = beats_of(alignment)
    plan = plan_clicks(beats, count_in=2)
    period = np.diff(plan.time[:7])
    assert period == pytest.approx(np.full(6, period[0]))
    assert period[0] == pytest.approx(0.55, rel=0.15)  # at about the first tempo
    assert plan.is_first.tolist() == [True, False, False] * 6
    assert plan.time[0] == pytest.approx(0, abs=1e-9)
    assert plan.time[6:] - plan.lead_in == pytest.approx(beats.time)
    time, _ = found_clicks(click_track(alignment, count_in=2))
    assert time == pytest.approx(plan.time, abs=0.002)


def test_a_pickup_is_counted_in_by_the_beats_that_it_lacks():
    notes, beats = scale()
    alignment = performed(notes.take(np.arange(2, 12)), beats.take(np.arange(2, 12)))
    plan = plan_clicks(beats_of(alignment), count_in=1)
    assert plan.is_first[:6].tolist() == [True, False, False, True, False, False]  # 1 2 3 1 2, and the pickup
    assert len(plan.time) == 10 + 5


def test_there_is_no_lead_in_where_the_recording_has_room():
    alignment = performed(*scale(), shift=-5.0)
    assert plan_clicks(beats_of(alignment), count_in=1).lead_in == 0
