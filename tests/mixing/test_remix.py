"""Mixes of stems."""

import math
import warnings

import numpy as np
import pytest
import soundfile
import synth

import scoresep
from scoresep.errors import InputError, OptionError, OutputError, ScoresepWarning
from scoresep.values import Audio, Stems


@pytest.fixture
def folder(tmp_path):
    """Give a folder of three stems in 16 bits, in two channels, that add up to a recording."""
    rng = np.random.default_rng(0)
    samples = (np.rint(rng.uniform(-0.3, 0.3, (3, 2, 9000)) * 2**15) / 2**15).astype(np.float32)
    notes = synth.notes((0.0, 0.1, 60, 1))
    names, no_note = ("left", "right", "residual"), np.full(3, -1)
    stems = Stems(names, samples, no_note, notes, sample_rate=8000, subtype="PCM_16")
    scoresep.write_stems(tmp_path / "stems", stems, minus_one=True)
    return tmp_path / "stems"


def test_stems_as_they_are_give_the_recording(folder):
    stems = scoresep.read_stems(folder)
    mix = scoresep.remix(folder)
    assert np.array_equal(mix.samples, sum(stems[name] for name in stems.names))
    assert (mix.sample_rate, mix.n_channels, mix.n_samples, mix.subtype) == (8000, 2, 9000, "PCM_16")


def test_a_stem_left_out_is_what_minus_one_writes(folder, tmp_path):
    stems = scoresep.read_stems(folder)
    for name in ("left", "right"):
        scoresep.write_audio(tmp_path / "mix.wav", scoresep.remix(stems, {name: -math.inf}), overwrite=True)
        (file,) = (folder / "minus-one").glob(f"*{name}.wav")
        assert (tmp_path / "mix.wav").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("note", [-1, 0])
def test_a_recording_without_a_stem_never_clips_in_silence(tmp_path, subtype, note):
    """A stem can take away from the peaks of the others; a single note is written to a cropped file."""
    samples = np.zeros((3, 1, 9000), np.float32)
    samples[:, 0, 100:8000] = np.array([-0.5, 0.75, 0.5])[:, None] * np.linspace(0.5, 1, 7900)
    step = 2.0 ** -(int(subtype[4:]) - 1)
    samples = (np.rint(samples / step) * step).astype(np.float32)
    names, notes = ("left", "right", "residual"), synth.notes((0.0, 0.1, 60, 1))
    stems = Stems(names, samples, np.array([note, -1, -1]), notes, sample_rate=8000, subtype=subtype)
    with pytest.warns(ScoresepWarning, match=r"without-left.wav: turned down by 1\.9 dB, since it would clip"):
        scoresep.write_stems(tmp_path / "stems", stems, minus_one=True)
    found, _ = soundfile.read(tmp_path / "stems/minus-one/without-left.wav")
    np.testing.assert_allclose(found, samples[1:].sum(axis=(0, 1)) / 1.25, atol=1e-4)
    with pytest.warns(ScoresepWarning, match="mix.wav: turned down"):
        scoresep.write_audio(tmp_path / "mix.wav", scoresep.remix(tmp_path / "stems", {"left": -math.inf}))
    assert (tmp_path / "mix.wav").read_bytes() == (tmp_path / "stems/minus-one/without-left.wav").read_bytes()


def test_gains_are_in_decibels(folder):
    stems = scoresep.read_stems(folder)
    mix = scoresep.remix(stems, {"left": -20, "right": 6, "residual": -math.inf})
    np.testing.assert_allclose(mix.samples, 0.1 * stems["left"] + 10**0.3 * stems["right"], atol=1e-12)


@pytest.mark.parametrize(("pan", "left", "right"), [(-1, 1, 0), (-0.5, 1, 0.5), (0, 1, 1), (0.25, 0.75, 1), (1, 0, 1)])
def test_a_pan_makes_the_other_side_softer(folder, pan, left, right):
    stems = scoresep.read_stems(folder)
    mix = scoresep.remix(stems, {"right": -math.inf, "residual": -math.inf}, pans={"left": pan})
    np.testing.assert_allclose(mix.samples, stems["left"] * [[left], [right]])


def test_mono_stems_that_are_panned_become_stereo(tmp_path):
    sound = np.full((1, 500), 0.25, np.float32)
    for name in ("one", "two"):
        soundfile.write(tmp_path / f"{name}.wav", sound.T, 8000)
    mix = scoresep.remix(tmp_path, pans={"one": -1, "two": 1})
    np.testing.assert_allclose(mix.samples, np.full((2, 500), 0.25), atol=1e-4)
    assert scoresep.remix(tmp_path).n_channels == 1


def test_a_stretch_is_that_of_the_whole(folder):
    mix = scoresep.remix(folder, {"left": 3}, pans={"right": 0.3})
    assert np.array_equal(mix.read(100, 900), mix.samples[:, 100:900])
    assert mix.read(8999, 20000).shape == (2, 1)


def test_a_mix_that_would_clip_is_turned_down_and_says_so(folder, tmp_path):
    mix = scoresep.remix(folder, {"left": 20})
    with pytest.warns(ScoresepWarning, match=r"loud.wav: turned down by \d+\.\d dB, since it would clip"):
        scoresep.write_audio(tmp_path / "loud.wav", mix)
    found, _ = soundfile.read(tmp_path / "loud.wav", always_2d=True)
    wanted = mix.samples.T
    assert 0.999 < np.abs(found).max() < 1
    np.testing.assert_allclose(found, wanted * (np.abs(found).max() / np.abs(wanted).max()), atol=1e-4)


def test_floating_samples_are_not_turned_down(folder, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scoresep.write_audio(tmp_path / "loud.wav", scoresep.remix(folder, {"left": 20}), subtype="FLOAT")
    assert np.abs(soundfile.read(tmp_path / "loud.wav")[0]).max() > 2


def test_the_suffix_names_the_format(folder, tmp_path):
    mix = scoresep.remix(folder)
    for name, wanted in (("a.flac", "FLAC"), ("a.aif", "AIFF"), ("a.wav", "WAV")):
        scoresep.write_audio(tmp_path / name, mix)
        assert soundfile.info(tmp_path / name).format == wanted
    with pytest.raises(OutputError, match="no suffix"):
        scoresep.write_audio(tmp_path / "mix", mix)
    with pytest.raises(OutputError, match="no such sound format"):
        scoresep.write_audio(tmp_path / "mix.xyz", mix)


def test_nothing_is_replaced_unasked(folder, tmp_path):
    (tmp_path / "mix.wav").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is there already"):
        scoresep.write_audio(tmp_path / "mix.wav", scoresep.remix(folder))
    assert (tmp_path / "mix.wav").read_bytes() == b"mine"


def test_mistakes_are_named(folder):
    with pytest.raises(InputError, match="no stem 'lft'; the stems are left, right, residual"):
        scoresep.remix(folder, {"lft": 3})
    for gains, pans in (({"left": 61}, {}), ({"left": math.nan}, {}), ({}, {"left": 1.5}), ({}, {"left": math.nan})):
        with pytest.raises(OptionError, match="left"):
            scoresep.remix(folder, gains, pans=pans)


def test_stems_of_several_channels_are_not_panned(tmp_path):
    soundfile.write(tmp_path / "many.wav", np.zeros((100, 4)), 8000)
    assert scoresep.remix(tmp_path).n_channels == 4
    with pytest.raises(InputError, match="4 channels"):
        scoresep.remix(tmp_path, pans={"many": 1})


def test_the_result_is_audio_for_the_rest_of_the_package(folder):
    mix = scoresep.remix(folder)
    assert isinstance(mix, Audio)
    assert mix.fingerprint == Audio(mix.samples, 8000).fingerprint
