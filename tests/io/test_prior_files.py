"""Priors are read and checked against the recording."""

import numpy as np
import pytest
import soundfile

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.prior_files import read_priors
from scoresep.values import Audio, Priors

RATE = 8000
RNG = np.random.default_rng(5)
STEMS = RNG.normal(size=(2, 2, 2 * RATE)).astype(np.float32) * 0.1
RECORDING = Audio(STEMS.sum(axis=0), RATE)


def test_stems_and_leaking_stems_are_taken(tmp_path):
    path = tmp_path / "voice.wav"
    soundfile.write(path, STEMS[0].T, RATE)
    leaking = Audio(STEMS[1] + 0.3 * STEMS[0], RATE)
    priors = read_priors({"voice": path, "rest": leaking}, RECORDING)
    assert list(priors.sounds) == ["voice", "rest"]
    assert priors.recording is RECORDING
    np.testing.assert_allclose(priors.sounds["voice"].samples, STEMS[0], atol=1e-4)


def test_only_the_wanted_part_is_read(tmp_path):
    path = tmp_path / "voice.wav"
    soundfile.write(path, STEMS[0].T, RATE, subtype="FLOAT")
    part = Audio(RECORDING.read(RATE // 2, RATE), RATE)
    priors = read_priors({"voice": path}, part, start=0.5, end=1.0)
    np.testing.assert_array_equal(priors.sounds["voice"].samples, STEMS[0][:, RATE // 2 : RATE])


def test_one_channel_fits_two():
    mono = Audio(STEMS[0].mean(axis=0), RATE)
    assert read_priors({"voice": mono}, RECORDING) is not None
    assert read_priors({"voice": Audio(STEMS[0], RATE)}, Audio(RECORDING.samples.mean(axis=0), RATE)) is not None


def test_a_few_samples_may_be_missing():
    assert read_priors({"voice": Audio(STEMS[0][:, :-300], RATE)}, RECORDING) is not None
    longer = np.pad(STEMS[0], ((0, 0), (0, 300)))
    assert read_priors({"voice": Audio(longer, RATE)}, RECORDING) is not None


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (STEMS[0], 2 * RATE, "sample rate is 16000 Hz, that of the recording 8000 Hz"),
        (STEMS[0][:, :RATE], RATE, "is 1.00 s long, the recording 2.00 s"),
        (np.roll(STEMS[0], 500, axis=1), RATE, "is not a part of the recording, or is shifted"),
        (-STEMS[0], RATE, "is not a part of the recording"),
    ],
)
def test_what_does_not_fit_is_refused(samples, rate, message):
    with pytest.raises(InputError, match=f"the prior of voice: .*{message}"):
        read_priors({"voice": Audio(samples, rate)}, RECORDING)


def test_silence_is_left_out_with_a_warning():
    with pytest.warns(ScoresepWarning, match="the prior of voice: is silent, so it is not used"):
        assert read_priors({"voice": Audio(0 * STEMS[0], RATE)}, RECORDING) is None


def test_priors_have_the_sample_rate_of_the_recording():
    with pytest.raises(ValueError, match="has a sample rate of 16000 Hz"):
        Priors(RECORDING, {"voice": Audio(STEMS[0], 2 * RATE)})
