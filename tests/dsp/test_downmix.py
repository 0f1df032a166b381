"""A recording has the same downmix from a file, block by block, and from memory."""

import numpy as np
import pytest
import soundfile
import synth

from scoresep.dsp.downmix import MONO_SAMPLE_RATE, downmix, downmix_blocks
from scoresep.errors import ScoresepWarning
from scoresep.io.audio import read_audio, read_mono
from scoresep.values import BLOCK, Audio

SCORE = synth.notes((0.1, 0.9, 60, 1))


def noise(n_samples, *, channels=2, dtype=np.float32):
    return np.random.default_rng(0).uniform(-0.5, 0.5, (channels, n_samples)).astype(dtype)


def assert_same_downmix(path):
    """Check that a file and its samples in memory give the same bits; return the downmix."""
    streamed, whole = read_mono(path), downmix(read_audio(path))
    assert np.array_equal(streamed.samples, whole.samples)
    assert streamed.fingerprint == whole.fingerprint == read_audio(path).fingerprint
    return streamed


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_has_the_downmix_of_its_samples(tmp_path, rate, channels):
    soundfile.write(tmp_path / "song.wav", noise(rate + 1, channels=channels).T, rate)
    mono = assert_same_downmix(tmp_path / "song.wav")
    assert mono.samples.dtype == np.float32
    assert len(mono.samples) == pytest.approx((rate + 1) * MONO_SAMPLE_RATE / rate, abs=1)


@pytest.mark.parametrize("n_samples", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7])
def test_blocks_leave_no_seam(tmp_path, n_samples):
    soundfile.write(tmp_path / "song.wav", noise(n_samples).T, 44100, subtype="PCM_24")
    assert_same_downmix(tmp_path / "song.wav")


@pytest.mark.parametrize("block", [1000, 50_000])
def test_the_size_of_the_blocks_does_not_matter(block):
    samples = noise(60_000)
    pieces = [samples[:, begin : begin + block] for begin in range(0, 60_000, block)]
    streamed = downmix_blocks(lambda: iter(pieces), 44100, 60_000)
    assert np.array_equal(streamed, downmix(Audio(samples, 44100)).samples)


@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_32"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")])
def test_every_format_has_the_downmix_of_its_samples(tmp_path, container, subtype):
    path = tmp_path / f"song.{container.lower()}"
    soundfile.write(path, noise(30_000).T, 22050, format=container, subtype=subtype)
    assert_same_downmix(path)


def test_a_truncated_file_is_mixed_as_far_as_it_goes(tmp_path):
    path = tmp_path / "song.mp3"
    soundfile.write(path, noise(3 * BLOCK, channels=1).T, MONO_SAMPLE_RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 4])
    with pytest.warns(ScoresepWarning, match=r"of 35\.67 s of sound only 8\.\d\d s can be read; it is damaged"):
        assert len(assert_same_downmix(path).samples) > 0


@pytest.mark.parametrize("rate", [8000, MONO_SAMPLE_RATE, 44100])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_note_keeps_its_pitch(rate, channels):
    mono = downmix(synth.recording(SCORE, seconds=1.0, rate=rate, channels=channels))
    spectrum = np.abs(np.fft.rfft(mono.samples[:MONO_SAMPLE_RATE]))
    assert spectrum.argmax() == pytest.approx(261.6, abs=2)


def test_a_recording_at_the_rate_keeps_its_samples():
    samples = noise(5000, channels=1)
    np.testing.assert_allclose(downmix(Audio(samples, MONO_SAMPLE_RATE)).samples, samples[0], atol=1e-6)


def test_the_channels_are_averaged():
    samples = noise(20_000, channels=3)
    mean = downmix(Audio(samples.mean(axis=0, keepdims=True), 44100))
    np.testing.assert_allclose(downmix(Audio(samples, 44100)).samples, mean.samples, atol=1e-6)


@pytest.mark.parametrize("second", [-1.0, -0.9])
def test_of_channels_that_cancel_the_first_is_taken(tmp_path, second):
    samples = noise(BLOCK + 100, channels=1)
    soundfile.write(tmp_path / "song.wav", np.concatenate([samples, second * samples]).T, 44100, subtype="FLOAT")
    mixed = assert_same_downmix(tmp_path / "song.wav")
    assert np.array_equal(mixed.samples, downmix(Audio(samples, 44100)).samples)


def test_a_short_last_block_does_not_decide_whether_channels_cancel():
    samples = noise(BLOCK + 1, channels=1)
    audio = Audio(np.concatenate([samples, -samples]), 44100)
    audio.samples[:, -1] = 1.0
    assert np.array_equal(downmix(audio).samples, downmix(Audio(audio.samples[:1], 44100)).samples)


def test_channels_cancel_as_a_whole_not_in_a_block():
    samples = noise(2 * BLOCK, channels=1)
    second = samples * np.repeat(np.float32([-1, 1]), BLOCK)
    mixed = downmix(Audio(np.concatenate([samples, second]), 44100)).samples
    assert np.abs(mixed[: len(mixed) // 2 - 100]).max() < 1e-6


@pytest.mark.parametrize("rate", [8000, 22050, 192_000])
def test_one_sample_is_enough(tmp_path, rate):
    soundfile.write(tmp_path / "song.wav", np.full((1, 1), 0.5), rate)
    mono = assert_same_downmix(tmp_path / "song.wav")
    assert len(mono.samples) <= 3
    assert np.isfinite(mono.samples).all()


def test_silence_stays_silent():
    mono = downmix(Audio(np.zeros((2, 44100), np.float32), 44100))
    assert len(mono.samples) == MONO_SAMPLE_RATE
    assert not mono.samples.any()


def test_samples_are_unchanged():
    samples = noise(5000)
    before = samples.copy()
    downmix(Audio(samples, 44100))
    assert np.array_equal(samples, before)
