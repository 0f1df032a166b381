"""What a discriminator changes in the fit of a synthesizer to a recording.

    python benchmarks/adversarial.py SECONDS STEPS ITEM …

An ITEM is a folder with recording.* and a score.  The whole recording is synthesized, with and without a discriminator
and with two seeds.  *Loss* is the one of the fit, *distance* the multi-resolution spectral distance (dB), *Fréchet* the
Fréchet distance of normal distributions of patches (16 mel bands, 4 frames, in powers of ten): less is nearer.
"""

import sys
import time
import warnings
from pathlib import Path

import librosa
import numpy as np
from truth import recording_of, score_of

import scoresep
from scoresep.synthesis import ddsp
from scoresep.synthesis.frequencies import measured_tracks
from scoresep.synthesis.tracks import make_tracks

#: The weight of the discriminator in each row, and the seed.
ROWS = ((0.0, 0), (0.0, 1), (0.5, 0), (0.5, 1), (2.0, 0))


def patches(sound: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return log-mel patches of a sound, shape (patches, bands * frames)."""
    mel = librosa.feature.melspectrogram(y=sound.astype(np.float32), sr=sample_rate, n_mels=16).T
    frames = np.log10(mel + 1e-7)
    return np.concatenate([frames[k : len(frames) - 3 + k] for k in range(4)], axis=1)


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Fréchet distance of normal distributions with the means and covariances of two sets of points."""
    one, other = (np.cov(points.T) + 1e-4 * np.eye(points.shape[1]) for points in (first, second))
    roots = np.sqrt(np.maximum(np.linalg.eigvals(one @ other).real, 0))
    means = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    return float(means + np.trace(one) + np.trace(other) - 2 * roots.sum())


def measure(item: Path, seconds: float, steps: int) -> None:
    """Print the rows of an item."""
    import torch

    plan = scoresep.plan_separation(recording_of(item), score_of(item), end=seconds)
    fit, audio = plan.run().decomposition, plan.audio
    tracks = [track for track in make_tracks(fit) if len(track.ratios)]
    voices = ddsp.make_voices(fit, measured_tracks(audio, fit, tracks))
    mix = audio.samples.mean(axis=0)
    level = float(np.sqrt(np.mean(mix**2)))
    for weight, seed in ROWS:
        ddsp.ADVERSARIAL_WEIGHT = weight
        started = time.perf_counter()
        parameters = ddsp.fit_synthesizer(
            audio, voices, fit.transform, adversarial=weight > 0, steps=steps, seed=seed, device="cpu"
        )
        taken = time.perf_counter() - started
        with torch.no_grad():
            sound = ddsp.synthesize(voices, parameters, range(len(mix)), fit.transform)
        loss = float(ddsp.spectral_loss(sound, torch.as_tensor(mix, dtype=torch.float32), level))
        found = sound.numpy().astype(float)
        distance = float(scoresep.spectral_distance(mix[None], found[None])[0])
        frechet = frechet_distance(*(patches(each, audio.sample_rate) for each in (mix, found)))
        print(f"{item.name:<28}{weight:8.1f}{seed:6d}{loss:8.3f}{distance:10.3f}{frechet:9.2f}{taken:9.1f}", flush=True)


def main() -> None:
    """Print a table."""
    warnings.simplefilter("ignore")
    print(f"{'':<28}{'weight':>8}{'seed':>6}{'loss':>8}{'distance':>10}{'Fréchet':>9}{'seconds':>9}")
    for word in sys.argv[3:]:
        measure(Path(word), float(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main()
