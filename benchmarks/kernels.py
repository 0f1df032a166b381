"""How near the factorization comes to what the processor can do, and how it compares to others on the same matrices.

    python benchmarks/kernels.py ITEM [--rounds N]

An ITEM is a folder with recording.* and score.mid.  Takes the spectrogram below 5 kHz and the factors that the score
allows, and prints how long 25 multiplicative iterations for the KL divergence take: ours, those of scikit-learn (the
same rule, dense), and, for the squared distance, those of ours and of libfmp; each if it is installed.  The bound is
the time of our matrix products alone at the speed of a large product of the same machine, on all cores.
"""

import argparse
import importlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from truth import recording_of, score_of

import scoresep
from scoresep.backends.alternating_fit import BLOCK
from scoresep.backends.contract import Problem
from scoresep.backends.nmf import NMF
from scoresep.backends.options import NoOptions
from scoresep.model.initial_factors import find_instruments, make_initial_factors
from scoresep.model.training_frames import select_training_frames
from scoresep.streaming import spectrogram_stretches

ITERATIONS = 25
#: Matrix products in an iteration: the model, its gain for H, the model again, its gain for W.
PRODUCTS = 4


def factors(item: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return spectrogram, templates and activations before the fit."""
    audio = scoresep.read_audio(recording_of(item))
    alignment = scoresep.align(audio, scoresep.read_score(score_of(item)))
    frames = select_training_frames(spectrogram_stretches(audio), is_spatial=False)
    instruments = find_instruments(frames, alignment, "auto")
    initial = make_initial_factors(frames, alignment, instruments, onsets="auto")
    W = initial.templates[: len(frames.lower), :, 0].astype(np.float32)
    return frames.lower / frames.lower.max(), W, initial.activations.astype(np.float32)


def fit(V: np.ndarray, W: np.ndarray, H: np.ndarray, loss: str) -> None:
    """Fit the factors by our multiplicative updates."""
    NMF.fit(Problem(V, W[:, :, None], H, loss, ITERATIONS), NoOptions())


def peak_speed() -> float:
    """Return the fastest that a large product of float32 matrices was (operations a second)."""
    a, size = np.random.default_rng(0).random((3000, 3000), np.float32), 3000
    return 2 * size**3 / min(timed(lambda: a @ a) for _ in range(5))


def gathered(H: np.ndarray) -> tuple[float, float]:
    """Return how many entries of H are gated open, and how many are in the gathered blocks, as shares."""
    blocks = [H[:, start : start + BLOCK] for start in range(0, H.shape[1], BLOCK)]
    return (H > 0).mean(), sum(b.any(axis=1).sum() * b.shape[1] for b in blocks) / H.size


def timed(function: Callable[[], Any]) -> float:
    """Return how many seconds a call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def contestants(V: np.ndarray, W: np.ndarray, H: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Return what is measured, by name."""
    calls: dict[str, Callable[[], Any]] = {
        "scoresep, KL": lambda: fit(V, W, H, "kl"),
        "scoresep, Euclidean": lambda: fit(V, W, H, "euclidean"),
    }
    if find("sklearn"):
        from sklearn.decomposition import non_negative_factorization

        calls["scikit-learn, KL"] = lambda: non_negative_factorization(
            V, W.copy(), H.copy(), n_components=W.shape[1], init="custom", solver="mu",
            beta_loss="kullback-leibler", tol=0, max_iter=ITERATIONS,
        )  # fmt: skip
    if find("libfmp"):
        from libfmp.c8 import nmf as peer

        double = [matrix.astype(float) for matrix in (V, W, H)]  # it takes no other
        calls["libfmp, Euclidean"] = lambda: peer(
            double[0], W.shape[1], thresh=0.0, L=ITERATIONS, W=double[1].copy(), H=double[2].copy()
        )
    return calls


def find(name: str) -> bool:
    """Whether a library is installed."""
    return importlib.util.find_spec(name) is not None


def main() -> None:
    """Measure everything in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("item", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    V, W, H = factors(given.item)
    bins, frames = V.shape
    opened, share = gathered(H)
    operations = 2 * PRODUCTS * ITERATIONS * bins * frames * len(H) * share
    bound = operations / peak_speed()
    print(f"{bins} bins, {frames} frames, {len(H)} components, {os.cpu_count()} cores")
    print(f"of H {100 * opened:.0f} % may sound, {100 * share:.0f} % are in the gathered blocks")
    print(f"bound: {operations / 1e9:.1f} thousand million operations, {bound:.2f} s")
    best = dict.fromkeys((calls := contestants(V, W, H)), np.inf)
    for _ in range(given.rounds):
        for name, call in calls.items():
            best[name] = min(best[name], timed(call))
    ours = best["scoresep, KL"]
    for name, seconds in best.items():
        print(f"{name:24s}{seconds:8.2f} s {seconds / bound:8.1f} x the bound {seconds / ours:8.1f} x ours", flush=True)


if __name__ == "__main__":
    main()
