"""A spectrogram is explained by the notes, within what the score allows."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.dsp.stft import magnitude
from scoresep.errors import StaleError
from scoresep.model.gates import gate_openings
from scoresep.model.reconstruct import reconstruct
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.stft import stft
from scoresep.values import Audio

SCORE = synth.notes((0.2, 0.8, 60, 1), (0.6, 1.2, 67, 1), (1.0, 1.8, 48, 2), (1.3, 1.8, 60, 1))
AUDIO = synth.recording(SCORE, seconds=2.0)
SPECTROGRAM = stft(AUDIO, n_fft=512, hop=32)
ALIGNMENT = align(AUDIO, SCORE, is_aligned=True)


def decomposed(**options):
    return decompose(SPECTROGRAM, ALIGNMENT, **({"iterations": 4} | options))


def start(**options):
    """Return the decomposition before the first iteration."""
    return decomposed(iterations=0, **options)


def assert_same_bits(one, other):
    for name in ("templates", "activations", "loss"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_shapes_follow_the_components():
    result = decomposed()
    assert result.templates.shape == (1, 257, len(result.components), 1)
    assert result.activations.shape == (len(result.components), SPECTROGRAM.stft.shape[2])
    assert result.loss.shape == (5,)
    assert (result.transform, result.fingerprint) == (SPECTROGRAM.transform, AUDIO.fingerprint)


@pytest.mark.parametrize("family", ["struck", "sustained"])
@pytest.mark.parametrize("loss", ["kl", "euclidean"])
def test_notes_sound_only_where_the_score_allows(family, loss):
    first, result = start(instrument=family), decomposed(instrument=family, loss=loss)
    allowed = gate_openings(result.components, result.notes, result.gates, SPECTROGRAM.frames) > 0
    assert not result.activations[~allowed].any()
    assert not result.templates[first.templates == 0].any()


@pytest.mark.parametrize("loss", ["kl", "euclidean"])
def test_the_loss_never_rises(loss):
    values = decomposed(loss=loss, iterations=30).loss
    assert (np.diff(values) <= 1e-6 * values[0]).all()


def test_the_model_resembles_the_recording():
    result = decomposed(iterations=25)
    model, truth = reconstruct(result)[0], magnitude(SPECTROGRAM)
    assert np.linalg.norm(model - truth) < 0.3 * np.linalg.norm(truth)


@pytest.mark.parametrize("cut", [1, 200, 256, 300])
def test_stretches_give_the_bits_of_the_whole(cut):
    frames = SPECTROGRAM.frames
    parts = (stft(AUDIO, n_fft=512, hop=32, frames=part) for part in (frames[:cut], frames[cut:]))
    assert_same_bits(decompose(lambda: parts, ALIGNMENT, iterations=4), decomposed())


def test_the_same_arguments_give_the_same_bits():
    assert_same_bits(decomposed(constraints="none"), decomposed(constraints="none"))


def test_components_are_the_pitches_of_an_instrument():
    components = decomposed().components
    assert list(zip(components.pitch, components.role, strict=True)) == [
        (pitch, role) for pitch in (48, 60, 67) for role in ("sustain", "onset")
    ]


@pytest.mark.parametrize(
    ("family", "onsets", "each"),
    [
        ("struck", "auto", 2),
        ("struck", "off", 1),
        ("sustained", "auto", 11),
        ("sustained", "on", 12),
        ("struck", "on", 2),
    ],
)
def test_onsets_and_detuned_copies_are_components(family, onsets, each):
    assert len(decomposed(instrument=family, onsets=onsets).components) == 3 * each


def test_instruments_have_templates_of_their_own():
    parts = ("Violin", "Clarinet")
    alignment = align(AUDIO, dataclasses.replace(SCORE, part_names=parts), is_aligned=True)
    result = decompose(SPECTROGRAM, alignment, iterations=1)
    assert result.instruments == ("clarinet", "violin")
    assert [result.instruments[k].capitalize() for k in result.gates.instrument] == [
        alignment.notes.part_name(i) for i in result.gates.note
    ]


def test_templates_are_in_tune_with_the_recording():
    def templates(**found):
        return decompose(SPECTROGRAM, dataclasses.replace(ALIGNMENT, **found), iterations=0).templates[0]

    lowest = [np.flatnonzero(templates(tuning=cents)[:, -2])[0] for cents in (-100.0, 0.0, 100.0)]
    assert lowest == sorted(set(lowest))
    assert np.array_equal(templates(tuning=100.0), templates(tuning=0.0, transposition=1))


@pytest.mark.parametrize("constraints", ["both", "templates", "activations", "none"])
def test_a_constraint_that_is_left_out_leaves_no_zeros(constraints):
    result = start(constraints=constraints)
    assert (result.templates == 0).any() == (constraints in ("both", "templates"))
    assert (result.activations == 0).any() == (constraints in ("both", "activations"))


def test_the_seed_chooses_the_random_start():
    assert not np.array_equal(start(constraints="none").templates, start(constraints="none", seed=1).templates)
    assert_same_bits(start(seed=0), start(seed=1))


def test_the_options_are_kept():
    options = {"loss": "euclidean", "iterations": 3, "threshold": 0.0, "seed": 5, "constraints": "templates"}
    result = decomposed(**options)
    assert result.backend == "nmf"
    unchanged = {"onsets": "auto", "instrument": "auto", "spatial": "auto", "background": "auto"}
    assert result.options == unchanged | options


def test_a_threshold_stops_early():
    assert len(decomposed(iterations=100, threshold=0.1).loss) < 50


def test_iterations_are_reported():
    told = []
    decomposed(iterations=3, on_iteration=lambda done, loss: told.append(done))
    assert told == [1, 2, 3]


@pytest.mark.filterwarnings("ignore:.* notes lie outside of the recording")
@pytest.mark.parametrize("seconds", [0.0, 1 / 8000, 0.01, 1.0])
def test_silence_is_explained_by_silence(seconds):
    audio = Audio(np.zeros((2, round(seconds * 8000)), np.float32), 8000)
    result = decompose(stft(audio), dataclasses.replace(ALIGNMENT, fingerprint=audio.fingerprint))
    assert not (reconstruct(result)[0]).any()
    assert np.isfinite(result.loss).all()


def test_pitches_above_the_spectrum_are_never_heard():
    score = synth.notes((0.2, 1.0, 127, 1), (0.2, 1.0, 60, 1))
    result = decompose(SPECTROGRAM, align(AUDIO, score, is_aligned=True), iterations=3)
    high = result.components.pitch == 127
    assert not result.templates[0][:, high][:, result.components.role[high] == "sustain"].any()
    assert np.isfinite(result.activations).all()


def test_arguments_are_unchanged():
    arrays = (SPECTROGRAM.stft, AUDIO.samples, ALIGNMENT.notes.onset, ALIGNMENT.notes.offset)
    before = [array.copy() for array in arrays]
    decomposed()
    assert all(np.array_equal(*pair) for pair in zip(before, arrays, strict=True))


def test_an_alignment_of_another_recording_is_stale():
    other = stft(Audio(AUDIO.samples * np.float32(0.5), 8000), n_fft=512, hop=32)
    with pytest.raises(StaleError, match="alignment is of another recording"):
        decompose(other, ALIGNMENT)


@pytest.mark.parametrize("option", ["backend", "constraints", "onsets", "spatial", "loss"])
def test_an_unknown_choice_is_a_callers_mistake(option):
    with pytest.raises(ValueError, match=f"{option}='spam' must be one of"):
        decomposed(**{option: "spam"})


def test_templates_may_go_on_over_several_frames():
    result = decomposed(backend="nmfd", taps=5, iterations=20)
    assert result.templates.shape == (1, 257, len(result.components), 5)
    assert result.options["taps"] == 5
    assert (np.diff(result.loss) <= 1e-6 * result.loss[0]).all()
    allowed = gate_openings(result.components, result.notes, result.gates, SPECTROGRAM.frames) > 0
    assert not result.activations[~allowed].any()
    model, truth = reconstruct(result)[0], magnitude(SPECTROGRAM)
    assert np.linalg.norm(model - truth) < 0.3 * np.linalg.norm(truth)


def test_the_number_of_taps_follows_the_hop():
    assert decomposed(backend="nmfd", iterations=0).templates.shape[-1] == round(0.25 * synth.RATE / 32)


def test_one_tap_has_the_bits_of_nmf():
    assert_same_bits(decomposed(backend="nmfd", taps=1), decomposed())


def test_nothing_to_decompose_is_a_callers_mistake():
    with pytest.raises(ValueError, match="no spectrogram"):
        decompose(list, ALIGNMENT)
