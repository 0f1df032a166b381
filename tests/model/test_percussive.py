"""How the hits of a drum kit look in a spectrogram."""

import numpy as np
import pytest

from scoresep.model.instrument_models import FREE, INSTRUMENT_MODELS
from scoresep.model.instrument_models.percussive import PERCUSSIVE, choked_ends
from scoresep.model.training_frames import select_training_frames
from scoresep.score.drum_kit import drum_decay, drum_family
from scoresep.stages.stft import stft
from scoresep.values import Audio, Notes, Transform

TRANSFORM = Transform(22050, 2048, 256, 22050 * 4)


def hits(*rows):
    """Return hits from (onset, key)."""
    return Notes.from_rows(
        [{"onset": o, "offset": o + 0.1, "pitch": p, "part": 1, "channel": 10} for o, p in rows], ("D",)
    )


@pytest.fixture(scope="module")
def templates():
    """Give the components of three keys and their templates."""
    noise = np.random.default_rng(0).normal(size=(1, 22050 * 2)).astype(np.float32)
    frames = select_training_frames([stft(Audio(0.1 * noise, 22050, "FLOAT"), n_fft=2048)], is_spatial=False)
    notes = hits((0.5, 36), (1.0, 38), (1.5, 42))
    components = PERCUSSIVE.components(notes, onsets="auto", has_background=False)
    return components, PERCUSSIVE.templates(components, notes, frames, tuning=0.0), frames.first.transform


def test_it_is_the_model_of_drums():
    assert INSTRUMENT_MODELS.get("percussive") is PERCUSSIVE


def test_each_key_has_copies_that_differ(templates):
    components, made, _ = templates
    assert components.pitch.tolist() == np.repeat([36, 38, 42], PERCUSSIVE.copies).tolist()
    assert len({template.tobytes() for template in made.array[:, :, 0].T}) == len(components)


def test_templates_are_those_of_the_family_but_for_noise(templates):
    components, made, transform = templates
    assert made.array.shape == (transform.n_bins, len(components), 1)
    np.testing.assert_allclose(made.array.sum(axis=0), 1)
    assert (made.array > 0).all()
    for key in (36, 38, 42):
        mean = np.log(made.array[:, components.pitch == key, 0]).mean(axis=1)
        assert np.corrcoef(mean, np.log(drum_family(key).spectrum(transform.frequencies)))[0, 1] > 0.95


def test_nothing_is_tied(templates):
    _, made, _ = templates
    assert (made.by_instrument == FREE).all()
    assert (made.by_pitch == FREE).all()


def test_templates_do_not_depend_on_the_other_keys():
    noise = np.zeros((1, 22050), np.float32)
    frames = select_training_frames([stft(Audio(noise, 22050, "FLOAT"), n_fft=2048)], is_spatial=False)
    alone, both = (
        PERCUSSIVE.components(notes, onsets="auto", has_background=False)
        for notes in (hits((0, 38)), hits((0, 36), (0, 38)))
    )
    made = [PERCUSSIVE.templates(c, hits((0, 38)), frames, tuning=50.0).array for c in (alone, both)]
    np.testing.assert_array_equal(made[0], made[1][:, PERCUSSIVE.copies :])


def test_beside_a_background_there_are_fewer_copies_of_the_same_start(templates):
    components, made, _ = templates
    fewer = PERCUSSIVE.components(hits((0.5, 36), (1.0, 38)), onsets="auto", has_background=True)
    assert len(fewer) < len(components) / 2
    noise = np.zeros((1, 22050), np.float32)
    frames = select_training_frames([stft(Audio(noise, 22050, "FLOAT"), n_fft=2048)], is_spatial=False)
    own = PERCUSSIVE.templates(fewer, hits((0.5, 36)), frames, tuning=0.0).array
    first = [np.flatnonzero(components.pitch == key)[0] for key in (36, 38)]
    others = [np.flatnonzero(fewer.pitch == key)[0] for key in (36, 38)]
    np.testing.assert_array_equal(own[:, others], made.array[:, first])


def test_gates_close_as_the_hit_dies_away():
    gates = PERCUSSIVE.gates(hits((1.0, 36), (1.0, 49)), TRANSFORM)
    rate = TRANSFORM.frame_rate
    for begin, end, shape, key in zip(gates.begin, gates.end, gates.shape, (36, 49), strict=True):
        assert begin / rate == pytest.approx(0.9, abs=1 / rate)
        assert (end - 1) / rate == pytest.approx(1 + drum_decay(key), abs=1 / rate)
        own = shape[: end - begin]
        assert own[0] == 1
        assert (np.diff(own) <= 0).all()
        assert own[-1] == pytest.approx(0.1, rel=0.3)


def test_hats_are_choked_by_other_hats_only():
    notes = hits((0.0, 46), (0.3, 42), (0.6, 46), (0.7, 38), (0.8, 46), (1.0, 44))
    assert choked_ends(notes) == [0.3, 0.6, 1.0, np.inf, 1.0, np.inf]


def test_gate_of_a_choked_hat_ends_with_the_choke():
    open_hat = PERCUSSIVE.gates(hits((1.0, 46)), TRANSFORM)
    choked = PERCUSSIVE.gates(hits((1.0, 46), (1.05, 42)), TRANSFORM)
    assert choked.end[0] < open_hat.end[0]
    assert choked.end[0] / TRANSFORM.frame_rate <= 1.05 + 1 / TRANSFORM.frame_rate


def test_hits_outside_of_the_recording_have_no_frames():
    gates = PERCUSSIVE.gates(hits((-3.0, 36), (90.0, 36)), TRANSFORM)
    assert (gates.begin == gates.end).all()
