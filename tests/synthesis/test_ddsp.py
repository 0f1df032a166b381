"""A synthesizer that is fitted to a recording."""

import sys

import numpy as np
import pytest
import synth
from partials import RATE, decomposed, tone

import scoresep
from scoresep.errors import OptionError, ScoresepError
from scoresep.evaluation.metrics import spectral_distance
from scoresep.synthesis import ddsp

SCORE = synth.notes((0.2, 1.3, 57, 1), parts=("Piano",))


def recorded(samples):
    return decomposed(samples, SCORE, instrument="struck")


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is an extra: pip install scoresep[torch]")


@pytest.fixture(scope="module")
def plucked():
    sound = tone(57, 0.2, 1.3, seconds=1.5, decay=4.0, partials=8)
    return sound, recorded(sound)


@pytest.mark.usefixtures("torch")
def test_the_fit_comes_nearer_to_the_recording(plucked):
    sound, problem = plucked
    distances = []
    for steps in (0, 20):
        rendering = ddsp.plan_synthesizer(*problem, steps=steps)
        found = ddsp.synthesize(rendering.voices, rendering.parameters, range(len(sound)), rendering.transform)
        distances.append(float(spectral_distance(sound[None], found.numpy()[None].astype(float))[0]))
    assert distances[1] < distances[0]


@pytest.mark.usefixtures("torch")
def test_equal_seeds_give_equal_sounds_whole_and_in_pieces(plucked):
    sound, problem = plucked
    one, other = (ddsp.plan_synthesizer(*problem, steps=2, seed=1) for _ in range(2))
    middle = len(sound) // 2
    whole = ddsp.synthesize(one.voices, one.parameters, range(len(sound)), one.transform).numpy()
    pieces = [
        ddsp.synthesize(other.voices, other.parameters, span, other.transform).numpy()
        for span in (range(middle), range(middle, len(sound)))
    ]
    assert np.concatenate(pieces) == pytest.approx(whole, abs=1e-5)


@pytest.mark.usefixtures("torch")
def test_a_discriminator_learns_and_changes_the_fit(plucked, torch):
    from scoresep.synthesis.discriminator import Discriminator

    sound, problem = plucked
    tensor = torch.as_tensor(sound, dtype=torch.float32)
    level, state = float(np.sqrt(np.mean(sound**2))), torch.random.get_rng_state()
    noise = level * torch.as_tensor(np.random.default_rng(0).standard_normal(len(sound)), dtype=torch.float32)
    discriminator = Discriminator(seed=0, device="cpu")
    losses = [discriminator.learn(noise, tensor, level) for _ in range(15)]
    assert losses[-1] < 0.5 * losses[0]
    assert discriminator.loss(tensor, level) < discriminator.loss(noise, level)
    assert torch.equal(state, torch.random.get_rng_state())  # the numbers of the caller stay as they are
    without, one, other = (
        ddsp.plan_synthesizer(*problem, steps=4, adversarial=adversarial).parameters["noise"]
        for adversarial in (False, True, True)
    )
    assert torch.equal(one, other)
    assert not torch.equal(without, one)


def test_a_discriminator_needs_a_synthesizer(plucked):
    for method in ("mask", "resynthesis"):
        with pytest.raises(OptionError, match="adversarial is for method ddsp"):
            scoresep.plan_separation(plucked[1][0], SCORE, method=method, adversarial=True)
    with pytest.raises(OptionError, match="adversarial is for method ddsp"):
        scoresep.resynthesize(*plucked[1], adversarial=True)


@pytest.mark.usefixtures("torch")
def test_stems_add_up_with_the_residual_and_silence_stays_silent(plucked, monkeypatch):
    monkeypatch.setattr(ddsp, "MOST_STEPS", 1)
    problem = plucked[1]
    stems = scoresep.resynthesize(*problem, method="ddsp")
    assert stems.samples.sum(axis=0) == pytest.approx(problem[0].samples, abs=1e-6)
    assert stems["Piano"].any()
    assert not scoresep.resynthesize(*recorded(np.zeros(RATE)), method="ddsp").samples.any()


def test_without_pytorch_nothing_is_computed(plucked, monkeypatch):
    monkeypatch.setattr("scoresep.synthesis.methods.find_spec", lambda name: None)
    with pytest.raises(ScoresepError, match=r'pip install "\.\[torch\]"'):
        scoresep.plan_separation(plucked[1][0], SCORE, method="ddsp")


def test_without_pytorch_it_says_what_to_install(plucked, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ScoresepError, match=r'pip install "\.\[torch\]"'):
        scoresep.resynthesize(*plucked[1], method="ddsp")
