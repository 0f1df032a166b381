"""The whole way from a recording and a score to stems, in Python."""

import numpy as np
import pytest
import synth

import scoresep

SCORE = synth.duet()
AUDIO = synth.recording(SCORE, subtype="PCM_16", channels=2)
HANDS = {"left": {"part": "Left hand"}, "right": {"part": "Right hand"}}


@pytest.fixture(scope="module")
def separation():
    return scoresep.separate(AUDIO, SCORE, groups=HANDS)


def test_stems_add_up_to_the_recording(separation):
    assert separation.stems.names == ("left", "right", "residual")
    assert np.array_equal(separation.stems.samples.sum(axis=0), AUDIO.samples)


def test_stems_resemble_the_hands(separation):
    for part, hand in ((2, "left"), (1, "right")):
        true = synth.tones(SCORE.take(SCORE.part == part))
        error = separation.stems[hand][:1] - true
        assert 10 * np.log10(np.sum(true**2) / np.sum(error**2)) > 10


def test_one_word_gives_the_bits_of_the_stages(separation):
    spectrogram = scoresep.stft(AUDIO)
    alignment = scoresep.align(AUDIO, SCORE)
    decomposition = scoresep.decompose(spectrogram, alignment)
    masks = scoresep.mask(decomposition, scoresep.select(scoresep.read_groups(HANDS), alignment.notes))
    stems = scoresep.render(spectrogram, masks)
    assert stems.samples.tobytes() == separation.stems.samples.tobytes()


def test_progress_is_reported_in_order():
    seen = []
    scoresep.separate(AUDIO, SCORE, iterations=3, on_progress=lambda *report: seen.append(report))
    assert list(dict.fromkeys(stage for stage, *_ in seen)) == ["align", "decompose", "render"]
    assert [(done, total) for stage, done, total, _ in seen if stage == "decompose"] == [(1, 3), (2, 3), (3, 3)]


def test_an_option_that_no_stage_has_is_refused():
    with pytest.raises(TypeError, match="no option nfft"):
        scoresep.separate(AUDIO, SCORE, nfft=1024)


def test_a_mistake_in_the_groups_costs_nothing(monkeypatch):
    monkeypatch.setattr("scoresep.pipeline.align", lambda *_, **__: pytest.fail("it went on"))
    with pytest.raises(scoresep.InputError, match="names part 'Cello'"):
        scoresep.separate(AUDIO, SCORE, groups={"x": {"part": "Cello"}})


def test_public_names_are_there():
    assert all(getattr(scoresep, name) is not None for name in dir(scoresep))
