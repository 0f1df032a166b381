"""Practice files: a part louder, missing and alone, in another tempo, with clicks."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from performance import performed, scale

from scoresep.errors import InputError
from scoresep.io.stems_reader import StemSet, StemSound
from scoresep.practising.files import practice
from scoresep.values import SeparationRecord

RATE = 8000


@pytest.fixture(scope="module")
def stems(tmp_path_factory):
    """Give stems of two parts and the residual: noise of three levels."""
    folder = tmp_path_factory.mktemp("stems")
    alignment = performed(*scale())
    n_samples = round(alignment.duration * RATE)
    noise = np.random.default_rng(0)
    sounds = []
    for name, level in (("High", 0.1), ("Low", 0.05), ("residual", 0.01)):
        soundfile.write(folder / f"{name}.wav", noise.normal(0, level, n_samples), RATE, subtype="FLOAT")
        sounds.append(StemSound(name, folder / f"{name}.wav", 0, n_samples, 1, RATE))
    record = SeparationRecord(alignment, ("High", "Low"), np.zeros((2, 12), np.float32), np.zeros(1))
    return StemSet(folder, sounds, {}, record)


def samples_of(plan):
    """Return the samples of each file by its name."""
    return {name: sound.samples[0] for name, sound in plan.sounds()}


def test_a_part_is_louder_missing_and_alone(stems):
    sounds = samples_of(practice(stems, parts=["low"]))
    high, low, rest = (stems[name][0] for name in stems.names)
    assert list(sounds) == ["Low-louder", "Low-missing", "Low-alone"]
    assert sounds["Low-louder"] == pytest.approx(low + 10 ** (-10 / 20) * (high + rest), abs=1e-7)
    assert sounds["Low-missing"] == pytest.approx(high + rest, abs=1e-7)
    assert sounds["Low-alone"] == pytest.approx(low, abs=1e-7)


def test_all_parts_unless_one_is_named(stems):
    plan = practice(stems)
    assert plan.parts == ("High", "Low")
    assert [name for name, _ in plan.sounds()] == plan.names
    assert len(plan.names) == 6


@pytest.mark.parametrize("tempo", [{"factor": 0.8}, {"tempo": 90.0}, {}])
def test_clicks_are_where_the_table_of_the_beats_says(stems, tempo):
    with_clicks = samples_of(practice(stems, parts=["Low"], click=True, count_in=1, **tempo))["Low-alone"]
    plan = practice(stems, parts=["Low"], **tempo)
    without = samples_of(plan)["Low-alone"]
    counted = practice(stems, parts=["Low"], count_in=1, **tempo)
    before = round(counted.clicks.lead_in * RATE)
    clicks = with_clicks - np.pad(without, (before, 0))
    assert np.abs(clicks[: round(0.02 * RATE)]).max() > 0.3  # the count-in
    beats = practice(stems, click=True, count_in=1, **tempo).beats
    assert beats.time == pytest.approx(plan.beats.time + counted.clicks.lead_in)
    for time in beats.time.tolist():
        near = np.abs(clicks[round((time - 0.05) * RATE) : round((time + 0.05) * RATE)])
        assert np.flatnonzero(near > 0.05)[0] / RATE - 0.05 == pytest.approx(0, abs=0.005)
    if "tempo" in tempo:
        assert np.diff(plan.beats.time) == pytest.approx(np.full(11, 60 / 90), abs=1e-3)


def test_a_count_in_alone_has_no_other_clicks(stems):
    plan = practice(stems, count_in=1)
    assert len(plan.clicks.time) == 3
    assert (plan.clicks.time < plan.beats.time[0]).all()


def test_stems_without_bars_can_be_stretched_but_not_counted(stems):
    record = replace(stems.record, alignment=replace(stems.record.alignment, beats=None))
    plain = replace(stems, record=record)
    plan = practice(plain, factor=2.0, parts=["High"])
    assert plan.beats is None
    assert len(samples_of(plan)["High-alone"]) == pytest.approx(stems.n_samples / 2, abs=1)
    with pytest.raises(InputError, match="has no bars"):
        practice(plain, click=True)
    with pytest.raises(InputError, match="has no separation"):
        practice(replace(stems, record=None), factor=2.0)


def test_what_cannot_be_is_said(stems):
    with pytest.raises(InputError, match="has no part 'Alto'; the parts are High, Low"):
        practice(stems, parts=["Alto"])
    with pytest.raises(ValueError, match="negative"):
        practice(stems, softer=-1)
