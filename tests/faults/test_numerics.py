"""Degenerate numbers give no warning of NumPy, nothing that is not finite, and the same bits from run to run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import synth

import scoresep
from scoresep.values import Audio

NOTES = synth.duet()
TONES = synth.tones(NOTES)
pytestmark = pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
RNG = np.random.default_rng(0)
SOUNDS = {
    "silence": np.zeros_like(TONES),
    "constant": np.ones_like(TONES),
    "one sample": TONES[:, 3000:3001],
    "one frame": TONES[:, 3000:3400],
    "clipping": np.clip(1000 * TONES, -1, 1),
    "denormals": TONES * np.float32(1e-41),
    "tiny": TONES * np.float32(1e-30),
    "huge": TONES * np.float32(1e9),
    "one bit of noise": np.sign(RNG.standard_normal(TONES.shape)).astype(np.float32),
    "one click": np.eye(1, TONES.shape[1], 30_000, dtype=np.float32),
    "channels that cancel": np.concatenate([TONES, -TONES]),
    "one silent channel": np.concatenate([TONES, 0 * TONES]),
}


def separated(samples, **options):
    return scoresep.separate(Audio(samples, synth.RATE), NOTES, force=True, **{"iterations": 4, **options})


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("loss", ["kl", "is", "euclidean"])
def test_degenerate_sound_is_shared_out_all_the_same(sound, loss):
    song = separated(SOUNDS[sound], loss=loss)
    assert np.isfinite(song.stems.samples).all()
    assert np.isfinite(song.decomposition.loss).all()
    loudest = np.abs(SOUNDS[sound]).max()
    assert np.abs(song.stems.samples.sum(axis=0) - SOUNDS[sound]).max() <= 1e-6 * loudest


@pytest.mark.parametrize(
    ("backend", "loss"), [("gradient", "kl"), ("gradient", "4"), ("nmf", "0"), ("nmf", "4"), ("nae", "kl")]
)
@pytest.mark.parametrize("gain", [1e-41, 1e-20, 1e9])
def test_every_fit_is_finite_at_every_level(backend, loss, gain):
    song = separated(TONES * np.float32(gain), backend=backend, loss=loss, is_aligned=True)
    assert np.isfinite(song.stems.samples).all()


def test_an_hour_of_nothing_with_one_note():
    rate = 1000
    samples = np.zeros((1, 3600 * rate), np.float32)
    note = synth.notes((1800.0, 1801.0, 60, 1), parts=("Piano",))
    tone = synth.tones(synth.notes((0.0, 1.0, 60, 1)), seconds=1.5, rate=rate)
    samples[:, 1800 * rate : 1800 * rate + tone.shape[1]] = tone
    song = scoresep.separate(
        Audio(samples, rate), note, is_aligned=True, groups={"note": {"part": "Piano"}}, iterations=3
    )
    found = song.stems["note"]
    assert np.isfinite(song.stems.samples).all()
    assert not found[:, : 1799 * rate].any()
    assert np.square(found - samples).sum() < 0.1 * np.square(samples).sum()


def test_the_same_bits_from_any_number_of_threads(monkeypatch):
    found = []
    for threads in ("1", "2", "3", "8", "2"):
        monkeypatch.setenv("SCORESEP_THREADS", threads)
        song = separated(TONES, exponent=2.0)
        found.append(
            (song.stems.samples.tobytes(), song.decomposition.templates.tobytes(), song.alignment.path.tobytes())
        )
    assert len(set(found)) == 1


PROGRAM = """
import sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
import scoresep, synth
song = scoresep.separate(synth.recording(synth.duet()), synth.duet(), iterations=10)
sys.stdout.buffer.write(song.stems.samples.tobytes())
"""
#: What makes NumPy and OpenBLAS work as on a plain old processor, and OpenBLAS with as many threads as it likes.
OLD = {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3"}


@pytest.mark.parametrize(
    "environment", [{}, OLD, {"OPENBLAS_NUM_THREADS": "4"}], ids=["again", "old processor", "4 threads"]
)
def test_nearly_the_same_on_other_machines(environment):
    known = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", PROGRAM, str(Path(synth.__file__).parent)]
    found = subprocess.run(command, env=known | environment, capture_output=True, check=True).stdout
    here = scoresep.separate(synth.recording(synth.duet()), synth.duet(), iterations=10).stems.samples
    assert np.abs(np.frombuffer(found, np.float32).reshape(here.shape) - here).max() < 1e-4
