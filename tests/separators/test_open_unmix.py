"""Open-Unmix is run with weights from a folder; here small networks with random weights."""

import json

import numpy as np
import pytest
import synth

from scoresep.cli.main import run
from scoresep.errors import InputError
from scoresep.separators import open_unmix
from scoresep.values import Audio

torch = pytest.importorskip("torch")
pytest.importorskip("openunmix")
RATE = 8000
N_FFT = 256


def write_weights(folder, *names, n_fft=N_FFT, channels=2, rate=RATE, layers=1):
    """Write random weights as the training does, and return the networks by name."""
    from openunmix.model import OpenUnmix

    folder.mkdir(exist_ok=True)
    networks = {}
    for seed, name in enumerate(names):
        torch.manual_seed(seed)
        sizes = {"nb_bins": n_fft // 2 + 1, "nb_channels": channels, "hidden_size": 8, "nb_layers": layers}
        networks[name] = OpenUnmix(**sizes, max_bin=100).eval()
        torch.save(networks[name].state_dict(), folder / f"{name}.pth")
    settings = {"sample_rate": rate, "nfft": n_fft, "nhop": n_fft // 4, "nb_channels": channels}
    (folder / "separator.json").write_text(json.dumps(settings))
    return networks


def noise(seconds, channels=2):
    samples = 0.1 * np.random.default_rng(1).normal(size=(channels, round(seconds * RATE)))
    return Audio(samples.astype(np.float32), RATE)


def test_networks_get_the_sizes_and_weights_of_their_files(tmp_path):
    written = write_weights(tmp_path, "vocals", "drums", layers=2)
    loaded = open_unmix.load_open_unmix(tmp_path, ["vocals", "drums"])
    assert (loaded.targets, loaded.sample_rate, loaded.n_channels) == (("vocals", "drums"), RATE, 2)
    spectrum = torch.rand(1, 2, N_FFT // 2 + 1, 9)
    for name, network in written.items():
        found = loaded.separator.target_models[name]
        assert torch.equal(found(spectrum), network(spectrum))


def test_the_masks_of_the_networks_are_applied(tmp_path):
    """The result is that of openunmix's own loader and separator."""
    from openunmix.utils import load_separator

    write_weights(tmp_path, "vocals", "drums")
    for name in ("vocals", "drums"):
        settings = {"args": {"nfft": N_FFT, "nb_channels": 2, "hidden_size": 8}}
        (tmp_path / f"{name}.json").write_text(json.dumps(settings))
        state = torch.load(tmp_path / f"{name}.pth", weights_only=True)
        for k in (1, 2):  # that loader knows networks of three layers only
            for suffix in ("", "_reverse"):
                for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                    state[f"lstm.{part}_l{k}{suffix}"] = torch.rand_like(state[f"lstm.{part}_l0{suffix}"])
        torch.save(state, tmp_path / f"{name}.pth")
    audio = noise(1.0)
    theirs = load_separator(str(tmp_path), targets=["vocals", "drums"], niter=1, residual=True)
    theirs.freeze()
    with torch.no_grad():
        wanted = theirs(torch.from_numpy(audio.samples)[None])[0].numpy()
    found = open_unmix.load_open_unmix(tmp_path, ["vocals", "drums"]).separate(audio)
    for k, name in enumerate(("vocals", "drums")):
        assert found[name].samples.any()
        np.testing.assert_allclose(found[name].samples, wanted[k], atol=1e-6)


def test_pieces_are_joined_without_a_gap(tmp_path, monkeypatch):
    write_weights(tmp_path, "vocals")
    monkeypatch.setattr(open_unmix, "PIECE", 1.0)
    monkeypatch.setattr(open_unmix, "OVERLAP", 0.25)
    loaded = open_unmix.load_open_unmix(tmp_path, ["vocals"])
    audio = noise(3.1, channels=1)
    monkeypatch.setattr(open_unmix.OpenUnmix, "_separated", lambda _, samples: np.stack([[samples[0]] * 2]))
    found = loaded.separate(audio)["vocals"]
    np.testing.assert_allclose(found.samples, np.repeat(audio.samples, 2, axis=0), atol=1e-6)


def test_mono_recordings_get_the_channels_of_the_networks(tmp_path):
    write_weights(tmp_path, "vocals")
    found = open_unmix.load_open_unmix(tmp_path, ["vocals"]).separate(noise(1.0, channels=1))["vocals"]
    assert found.samples.shape == (2, RATE)
    assert np.isfinite(found.samples).all()


@pytest.mark.parametrize("name", ["vocals.pth", "vocals-b62c91ce.pth"])
def test_files_are_found_by_their_target(tmp_path, name):
    write_weights(tmp_path, "vocals")
    (tmp_path / "vocals.pth").rename(tmp_path / name)
    assert open_unmix.load_open_unmix(tmp_path, ["vocals"]).targets == ("vocals",)


def test_faults_are_told(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        open_unmix.load_open_unmix(tmp_path / "nowhere", ["vocals"])
    write_weights(tmp_path, "drums")
    with pytest.raises(InputError, match=r"no weights of Open-Unmix for 'vocals' \(vocals.pth\); there is drums.pth"):
        open_unmix.load_open_unmix(tmp_path, ["vocals"])
    (tmp_path / "vocals.pth").write_bytes(b"not weights")
    with pytest.raises(InputError, match=r"vocals.pth: not weights of Open-Unmix"):
        open_unmix.load_open_unmix(tmp_path, ["vocals"])
    torch.save({"weight": torch.ones(2)}, tmp_path / "vocals.pth")
    with pytest.raises(InputError, match=r"vocals.pth: not weights of Open-Unmix"):
        open_unmix.load_open_unmix(tmp_path, ["vocals"])
    (tmp_path / "separator.json").write_text("[")
    with pytest.raises(InputError, match=r"separator.json: not the settings"):
        open_unmix.load_open_unmix(tmp_path, ["drums"])


def test_command_line_runs_open_unmix(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    import soundfile

    score = synth.duet()
    soundfile.write("song.wav", synth.tones(score)[0], synth.RATE)
    synth.write_score("score.mid", score)
    write_weights(tmp_path / "model", "vocals")
    words = "separate song.wav score.mid --prior left=unmix:vocals --model model -o".split()
    assert run([*words, "word"]) == 0
    chain = (
        "stft song.wav align score.mid decompose mask --prior left=unmix:vocals --model model render -o chain".split()
    )
    assert run(chain) == 0
    for name in ("left.wav", "right.wav", "residual.wav"):
        assert (tmp_path / "word" / name).read_bytes() == (tmp_path / "chain" / name).read_bytes()
    assert run("separate song.wav score.mid --prior left=unmix -o x".split()) == 2
    assert "need each other" in capsys.readouterr().err
