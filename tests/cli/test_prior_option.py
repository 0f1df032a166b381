"""``--prior``: what another separator has made, on the command line."""

import json
import shutil

import pytest
import soundfile

from scoresep.cli.main import run

STEMS = ("left.wav", "right.wav", "residual.wav")


@pytest.fixture
def prior(waltz, fixtures):
    """Put the true left hand beside the waltz, with some of the right one in it."""
    shutil.copy(fixtures / "stems/left.flac", waltz / "true.flac")
    left, rate = soundfile.read("true.flac")
    soundfile.write("left.wav", left + 0.1 * soundfile.read(fixtures / "stems/right.flac")[0], rate)
    return waltz / "left.wav"


def stems_of(folder):
    return [(folder / name).read_bytes() for name in STEMS]


def test_word_chain_and_files_give_the_same_bits(waltz, prior):
    assert run("separate song.flac score.mid --prior left=left.wav -o word --keep kept".split()) == 0
    assert run("stft song.flac align score.mid decompose mask --prior left=left.wav render -o chain".split()) == 0
    files = "mask kept/song.stft.npz kept/song.parts.npz --prior left=left.wav -o m.npz"
    assert run(files.split()) == 0
    assert run("render kept/song.stft.npz m.npz -o files".split()) == 0
    assert run("render kept/song.stft.npz kept/song.masks.npz -o kept_stems".split()) == 0
    wanted = stems_of(waltz / "word")
    for folder in ("chain", "files", "kept_stems"):
        assert stems_of(waltz / folder) == wanted, folder
    assert json.loads((waltz / "word/stems.json").read_text())["options"]["priors"] == ["left"]


def test_stems_add_up_and_change(waltz, prior):
    assert run("separate song.flac score.mid -o plain".split()) == 0
    assert run("separate song.flac score.mid --prior left=left.wav -o out".split()) == 0
    recording = soundfile.read("song.flac", dtype="int16")[0].astype(int)
    assert (sum(soundfile.read(f"out/{name}", dtype="int16")[0].astype(int) for name in STEMS) == recording).all()
    assert stems_of(waltz / "out") != stems_of(waltz / "plain")


def test_a_part_of_the_recording_takes_the_same_part_of_the_prior(waltz, prior):
    assert run("separate song.flac score.mid --start 1 --end 5 --prior left=left.wav -o part".split()) == 0


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ("--prior left", 2, "'left' is not NAME=FILE"),
        ("--prior left=left.wav --prior left=song.flac", 2, "'left' has two files"),
        ("--prior thumb=left.wav", 1, "prior 'thumb': no group or part is called 'thumb'; there are the groups 'left'"),
        ("--prior left=nothing.wav", 1, "nothing.wav: no such file"),
        ("--prior left=hands.yaml", 1, "hands.yaml: not a sound file"),
        ("--prior left=short.wav", 1, "short.wav: is 1.00 s long, the recording"),
        ("--prior left=unmix", 2, "--model FOLDER and --prior NAME=unmix need each other"),
        ("--model here --prior left=left.wav", 2, "need each other"),
    ],
)
def test_faults_are_told_before_anything_is_computed(waltz, prior, error_of, words, status, message):
    samples, rate = soundfile.read("left.wav")
    soundfile.write("short.wav", samples[:rate], rate)
    assert message in error_of(["separate", "song.flac", "score.mid", "-o", "out", *words.split()], status)
    assert not (waltz / "out").exists()


def test_a_prior_is_for_one_recording(waltz, prior, error_of):
    words = "separate song.flac score.mid song.flac score.mid --prior left=left.wav -o out"
    assert "--prior is for one recording" in error_of(words.split(), 2)


def test_masks_need_the_spectrogram_for_priors_only(waltz, prior, error_of):
    assert run("separate song.flac score.mid -o word --keep kept".split()) == 0
    words = "mask kept/song.parts.npz --prior left=left.wav -o m.npz"
    assert "no spectrogram to work on" in error_of(words.split(), 2)
    words = "mask kept/song.stft.npz kept/song.parts.npz -o m.npz"
    assert "only with --prior" in error_of(words.split(), 2)


def test_a_prior_is_not_overwritten(waltz, prior, error_of):
    (waltz / "out").mkdir()
    shutil.copy(prior, waltz / "out/left.wav")
    words = "separate song.flac score.mid --prior left=out/left.wav --overwrite -o out"
    assert "out" in error_of(words.split(), 1)
