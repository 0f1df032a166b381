"""A stem replaced by another sound."""

import numpy as np
import pytest
import soundfile

import scoresep
from scoresep.errors import InputError
from scoresep.mixing.replaced import replace_stem, stem_audio
from scoresep.values import Audio


@pytest.fixture
def stems(tmp_path):
    """Give two stems in two channels, each of one value."""
    for name, value in {"left": 0.125, "right": 0.25}.items():
        soundfile.write(tmp_path / f"{name}.wav", np.full((8000, 2), value), 8000)
    return scoresep.read_stems(tmp_path)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (8000, 2), (16000, 1), (8000, 3)])
def test_a_sound_takes_the_place_of_a_stem(stems, rate, channels):
    found = replace_stem(stems, "left", Audio(np.full((channels, 2 * rate), 0.5, np.float32), rate))
    assert (found.n_channels, found.sample_rate, found.n_samples) == (2, 8000, 8000)
    np.testing.assert_allclose(found.samples[:, 100:-100], 0.75, atol=1e-3)


def test_where_a_sound_ends_the_others_go_on(stems):
    found = replace_stem(stems, "right", Audio(np.full((1, 2000), 0.5, np.float32), 8000))
    assert np.array_equal(found.samples[0, [0, 1999, 2000, -1]], [0.625, 0.625, 0.125, 0.125])


def test_a_stem_is_a_recording_of_its_own(stems):
    assert np.array_equal(stem_audio(stems, "right").samples, stems["right"])
    for function in (stem_audio, lambda *names: replace_stem(*names, Audio(np.zeros((1, 9), np.float32), 8000))):
        with pytest.raises(InputError, match="no stem 'lft'; the stems are left, right"):
            function(stems, "lft")
