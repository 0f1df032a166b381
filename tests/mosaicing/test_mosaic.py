"""Mosaics imitate a recording by another one."""

import numpy as np
import pytest
import synth

import scoresep
from scoresep.errors import StaleError
from scoresep.mosaicing.constraints import fade_polyphony, fade_repetitions, sum_diagonals
from scoresep.mosaicing.fit import fit_mosaic
from scoresep.mosaicing.mosaic import MosaicOptions, find_mosaic, render_mosaic
from scoresep.mosaicing.phase import griffin_lim
from scoresep.mosaicing.pitch import allowed_by_notes, frames_of_pitches
from scoresep.stages.stft import stft
from scoresep.values import Audio, Transform

FREE = {"repetition": 0, "polyphony": 0, "continuity": 0}
RATE = 8000


def scale(*pitches, length=0.3):
    """Return a recording of one tone after the other."""
    notes = synth.notes(*((k * length, (k + 1) * length, pitch, 1) for k, pitch in enumerate(pitches)))
    return Audio(synth.tones(notes, seconds=length * len(pitches), rate=RATE), RATE)


@pytest.fixture(scope="module")
def source():
    """Give a recording that has all pitches of an octave."""
    return scale(*range(60, 73))


@pytest.fixture
def activations():
    return np.random.default_rng(0).random((9, 20)).astype(np.float32)


def test_repetitions_are_faded(activations):
    found = fade_repetitions(activations, reach=3, fade=0.0)
    for row in found:
        assert (np.diff(np.flatnonzero(row)) > 3).all()
    assert np.array_equal(found.max(axis=1), activations.max(axis=1))


def test_polyphony_is_limited(activations):
    found = fade_polyphony(activations, voices=3, fade=0.0)
    assert ((found > 0).sum(axis=0) == 3).all()
    assert np.array_equal(found.max(axis=0), activations.max(axis=0))
    assert np.array_equal(fade_polyphony(activations, voices=9, fade=0.0), activations)


def test_diagonals_are_summed():
    activations = np.zeros((7, 7), np.float32)
    activations[3, 3] = 1
    assert np.array_equal(sum_diagonals(activations, reach=2), np.diag([0, 1, 1, 1, 1, 1, 0]))


def test_arguments_stay_as_they_are(activations):
    before = activations.copy()
    for function in (
        lambda x: fade_repetitions(x, reach=2, fade=0.5),
        lambda x: fade_polyphony(x, voices=2, fade=0.5),
        lambda x: sum_diagonals(x, reach=2),
    ):
        assert not np.array_equal(function(activations), before)
        assert np.array_equal(activations, before)


def test_without_constraints_the_loss_never_rises():
    rng = np.random.default_rng(1)
    templates = rng.random((30, 12)).astype(np.float32)
    templates /= templates.sum(axis=0)
    target = rng.random((30, 25)).astype(np.float32)
    _, loss = fit_mosaic(target, templates, iterations=30, **FREE)
    assert (np.diff(loss) <= 1e-6 * loss[0]).all()
    assert loss[-1] < 0.9 * loss[0]


def test_what_is_not_allowed_stays_zero():
    rng = np.random.default_rng(2)
    templates = rng.random((30, 12)).astype(np.float32)
    allowed = rng.random((12, 25)) > 0.5
    found, _ = fit_mosaic(
        rng.random((30, 25)).astype(np.float32), templates / templates.sum(axis=0),
        iterations=5, repetition=2, polyphony=4, continuity=2, allowed=allowed,
    )  # fmt: skip
    assert not found[~allowed].any()
    assert found[allowed].any()


def test_a_recording_is_its_own_best_mosaic(source):
    found = find_mosaic(source, source)
    n_frames = found.transform.n_frames
    on_diagonal = np.abs(np.subtract.outer(np.arange(n_frames), np.arange(n_frames))) <= 1
    energy = np.square(found.activations)
    assert energy[on_diagonal].sum() > 0.9 * energy.sum()
    sound = render_mosaic(found, source)
    assert scoresep.snr(source.samples, sound.samples) > 10


def test_pitches_are_taken_from_the_source(source):
    """The frames of the source that are heard are those of the pitch of the target."""
    target = scale(64, 71, 60, 67, length=0.6)
    found = find_mosaic(target, source, options=MosaicOptions(continuity=0))
    for k, pitch in enumerate((64, 71, 60, 67)):
        frame = round((0.6 * k + 0.3) * found.transform.frame_rate)
        heard = found.activations[:, frame - 2 : frame + 3].sum(axis=1).argmax() / found.transform.frame_rate
        assert 0.3 * (pitch - 60) - 0.1 < heard < 0.3 * (pitch - 59) + 0.1


def test_notes_choose_the_frames_of_the_source(source):
    spectrogram = stft(source, n_fft=1024, hop=512)
    templates = np.abs(spectrogram.stft[0])
    pitches = np.array([62, 69])
    has_pitch = frames_of_pitches(templates / templates.sum(axis=0), spectrogram.transform.frequencies, pitches)
    times = spectrogram.transform.frame_times
    for row, pitch in zip(has_pitch, pitches, strict=True):
        assert row.any()
        begin = 0.3 * (pitch - 60)
        assert (np.abs(times[row] - begin - 0.15) < 0.25).all()
    transform = Transform(RATE, 1024, 512, 2 * RATE)
    notes = synth.notes((0.5, 1.0, 62, 1))
    allowed = allowed_by_notes(has_pitch, pitches, notes, transform)
    inside = int(0.75 * transform.frame_rate)
    assert np.array_equal(allowed[:, inside], has_pitch[0])
    assert allowed[:, -1].all()


def test_moved_copies_give_pitches_that_the_source_lacks(source):
    """A tone a fourth above the highest one is found in the copy that is moved up."""
    found = find_mosaic(scale(77, length=0.8), source, options=MosaicOptions(transpose=5, continuity=0))
    assert found.shifts.tolist() == [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5]
    loss_without = find_mosaic(scale(77, length=0.8), source, options=MosaicOptions(continuity=0)).loss[-1]
    assert found.loss[-1] < loss_without
    assert render_mosaic(found, source).n_samples == round(0.8 * RATE)


def test_silence_stays_silent(source):
    silence = Audio(np.zeros((1, RATE), np.float32), RATE)
    assert not scoresep.mosaic(silence, source).samples.any()
    assert np.isfinite(scoresep.mosaic(source, silence).samples).all()


def test_the_same_seed_gives_the_same_bits(source):
    target = scale(62, 65)
    first, again, other = (scoresep.mosaic(target, source, seed=seed).samples for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_rates_and_channels_are_those_of_the_source(source):
    target = Audio(np.repeat(scale(64).samples, 2, axis=0), RATE)
    stereo = Audio(np.concatenate([source.samples, 0.5 * source.samples]), 2 * RATE, "PCM_24")
    found = scoresep.mosaic(target, stereo)
    assert (found.n_channels, found.sample_rate, found.subtype) == (2, 2 * RATE, "PCM_24")
    assert abs(found.n_samples - 2 * target.n_samples) <= 1
    np.testing.assert_allclose(found.samples[1], 0.5 * found.samples[0], atol=1e-4)


def test_phases_become_consistent(source):
    """As a witness, librosa's Griffin and Lim from random phases is no nearer to the magnitudes."""
    librosa = pytest.importorskip("librosa")
    spectrogram = stft(source, n_fft=1024, hop=512)
    magnitude = np.abs(spectrogram.stft)

    def distance(samples):
        return np.linalg.norm(np.abs(stft(Audio(samples, RATE), n_fft=1024, hop=512).stft) - magnitude)

    rng = np.random.default_rng(0)
    spectrum = (magnitude * np.exp(2j * np.pi * rng.random(magnitude.shape))).astype(np.complex64)
    before, after = (griffin_lim(spectrum, spectrogram.transform, iterations=k) for k in (0, 60))
    theirs = librosa.griffinlim(
        magnitude[0, :, : 1 + source.n_samples // 512],
        n_iter=60,
        hop_length=512,
        n_fft=1024,
        length=source.n_samples,
        momentum=0,
        random_state=0,
    )
    assert distance(after) < 0.5 * distance(before)
    assert distance(after) < 1.3 * distance(theirs[None].astype(np.float32))
    assert distance(griffin_lim(spectrogram.stft, spectrogram.transform, iterations=1)) < 1e-3 * distance(before)


def test_another_source_is_refused(source):
    with pytest.raises(StaleError, match="another source"):
        render_mosaic(find_mosaic(source, source), scale(60, 62))


@pytest.mark.parametrize(
    "wrong", [{"repetition": -1}, {"polyphony": -1}, {"continuity": -1}, {"iterations": 0}, {"transpose": -1}]
)
def test_wrong_options_are_named(source, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        scoresep.mosaic(source, source, **wrong)
