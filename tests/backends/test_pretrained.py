"""A trained encoder separates what it was not trained on."""

import dataclasses

import fits
import numpy as np
import pytest
import synth

from scoresep.backends import nae, nmf
from scoresep.dsp.stft import magnitude
from scoresep.errors import InputError, ScoresepError
from scoresep.io.npz import load, save
from scoresep.model import training_frames
from scoresep.model.reconstruct import reconstruct
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.stft import stft
from scoresep.values import Decomposition

SCORE = synth.duet()
SIZES = {"n_fft": 1024, "hop": 256}


def recorded(score, stretch=1.0):
    """Return the spectrogram and the alignment of a score that is played slower."""
    audio = synth.recording(score, stretch=stretch, seconds=8.0 * stretch)
    notes = dataclasses.replace(score, onset=score.onset * stretch, offset=score.offset * stretch)
    return stft(audio, **SIZES), align(audio, notes, is_aligned=True)


def distance(V, decomposition):
    """Return the norm of what the model leaves, relative to that of the recording."""
    model = reconstruct(decomposition)[0]
    return np.linalg.norm(V - model) / np.linalg.norm(V)


@pytest.fixture(scope="module", params=["nae", "nae-multiplicative"])
def trained(request):
    """Give a decomposition with a trained encoder."""
    return decompose(*recorded(SCORE), backend=request.param, iterations=30)


def test_on_its_own_recording_it_gives_what_training_gave(trained):
    again = decompose(*recorded(SCORE), init=trained)
    np.testing.assert_allclose(again.activations, trained.activations, rtol=1e-3, atol=1e-3 * again.activations.max())
    assert np.array_equal(again.templates, trained.templates)


def test_another_take_is_explained_without_training(trained):
    spectrogram, alignment = recorded(SCORE, stretch=1.3)
    V = magnitude(spectrogram)
    anew = decompose(spectrogram, alignment, backend=trained.backend, iterations=30)
    applied = decompose(spectrogram, alignment, init=trained)
    assert distance(V, applied) < 1.5 * distance(V, anew) + 0.05
    assert len(applied.loss) == 1


def test_it_survives_its_file(trained, tmp_path):
    save(trained, tmp_path / "trained.npz")
    loaded = load(tmp_path / "trained.npz", Decomposition)
    spectrogram, alignment = recorded(SCORE, stretch=1.3)
    one, other = (decompose(spectrogram, alignment, init=each) for each in (trained, loaded))
    assert np.array_equal(one.activations, other.activations)
    assert loaded.transform.sample_rate == synth.RATE


def test_fewer_notes_are_taken_and_others_named(trained):
    fewer = SCORE.take(SCORE.pitch > 50)
    assert len(decompose(*recorded(fewer), init=trained).components) < len(trained.components)
    higher = dataclasses.replace(SCORE, pitch=SCORE.pitch + 1)
    with pytest.raises(InputError, match=r"lacks pitches of this score: 49 \(acoustic grand piano\)|lacks pitches of"):
        decompose(*recorded(higher), init=trained)


def test_another_stft_is_named(trained):
    spectrogram, alignment = recorded(SCORE)
    other = stft(spectrogram.audio, n_fft=2048, hop=256)
    with pytest.raises(InputError, match=r"another STFT \(n_fft 1024, hop 256, 8000 Hz\); this one has n_fft 2048"):
        decompose(other, alignment, init=trained)


def test_options_of_autoencoders_are_theirs_alone():
    with pytest.raises(ValueError, match="the backend nmf has no option layers; those that have it are nae, nae-mult"):
        decompose(*recorded(SCORE), layers=[64])
    options = {"layers": [64], "sparsity": 0.1}
    result = decompose(*recorded(SCORE), backend="nae", iterations=2, **options)
    assert {name: result.options[name] for name in options} == options


def test_layers_are_as_wide_as_the_score_needs():
    with pytest.raises(
        InputError, match=r"a layer of 5 units is too narrow for the score's \d+ components; wanted at least that many"
    ):
        decompose(*recorded(SCORE), backend="nae", layers=[99, 5])


@pytest.mark.parametrize("encoder", ["dense", "recurrent", "convolutional"])
def test_pytorch_trains_encoders_that_can_be_applied(encoder):
    pytest.importorskip("torch", reason="PyTorch is an extra: pip install scoresep[torch]")
    spectrogram, alignment = recorded(SCORE)
    result = decompose(spectrogram, alignment, backend="torch", encoder=encoder, iterations=30)
    assert result.loss[-1] < 0.7 * result.loss[0]
    again = decompose(spectrogram, alignment, init=result)
    np.testing.assert_allclose(again.activations, result.activations, rtol=1e-2, atol=1e-3 * again.activations.max())


def test_without_pytorch_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(ScoresepError, match=r"needs PyTorch; install it: pip install \"\.\[torch\]\" in the clone"):
        fits.fit("torch", np.ones((4, 4)), np.ones((4, 1)), np.ones((1, 4)), iterations=1)


def test_the_rest_of_a_long_recording_is_encoded(trained, monkeypatch):
    """Frames that the templates were not fitted to have the activations of the encoder, not those of another fit."""
    spectrogram, alignment = recorded(SCORE)
    whole = decompose(spectrogram, alignment, init=trained)
    monkeypatch.setattr(training_frames, "MOST_FRAMES", spectrogram.stft.shape[2] // 3)
    monkeypatch.setattr(nmf, "_update_block", lambda *_, **__: pytest.fail("it was fitted"))
    for given in (spectrogram, lambda: [spectrogram]):
        long = decompose(given, alignment, init=trained)
        np.testing.assert_allclose(long.activations, whole.activations, rtol=1e-3, atol=1e-3 * whole.activations.max())


def test_the_rest_of_a_long_recording_has_the_encoder_that_was_trained(trained, monkeypatch):
    spectrogram, alignment = recorded(SCORE)
    monkeypatch.setattr(training_frames, "MOST_FRAMES", spectrogram.stft.shape[2] // 3)
    monkeypatch.setattr(nae, "fit_activations", lambda *_: pytest.fail("it was fitted by factorization"))
    long = decompose(spectrogram, alignment, backend=trained.backend, iterations=10)
    assert long.encoder.kind == "dense"
    assert distance(magnitude(spectrogram), long) < 0.5
