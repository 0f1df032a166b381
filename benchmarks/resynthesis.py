"""Masks beside stems that are made anew: how near the true stems they are, and how long they take.

    python benchmarks/resynthesis.py SECONDS ITEM [ITEM ...]

Only the first SECONDS of each recording are used.  An ITEM is a folder with recording.*, score.mid, stems/*.flac (the
truth) and groups.yaml.  Method ddsp is left out without PyTorch.  For each method there is a line with means over the
stems of all items: SDR (BSS Eval, version 3), the multi-resolution spectral distance (dB), the level of the residual
relative to the recording (dB), and the seconds that the rendering of a second of recording takes.
"""

import sys
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from truth import recording_of, score_of

import scoresep
from scoresep.pipeline import stem_stretches
from scoresep.stages.render import gather
from scoresep.synthesis.methods import METHODS


def measure(item: Path, method: str, found: tuple[scoresep.Audio, scoresep.Decomposition]) -> list[tuple[float, ...]]:
    """Return a row for each stem of an item."""
    audio, fit = found
    selection = scoresep.select(scoresep.read_groups(item / "groups.yaml"), fit.notes)
    started = time.perf_counter()
    parts = list(stem_stretches(audio, fit, selection, method=method))
    seconds = (time.perf_counter() - started) / audio.duration
    stems = gather(parts, selection.names, selection.note, audio.n_samples)
    files = {path.stem: path for path in (item / "stems").glob("*") if path.stem in selection.names}
    names = sorted(files)
    true = np.array([scoresep.read_audio(files[name], end=audio.duration).samples.mean(axis=0) for name in names])
    estimates = np.array([stems[name].mean(axis=0) for name in names])
    left = np.sum(audio.samples**2) / np.sum(stems["residual"] ** 2)
    sdr = scoresep.bss_eval(true, estimates)[0]
    distance = scoresep.spectral_distance(true, estimates)
    return [(a, b, 10 * np.log10(left), seconds) for a, b in zip(sdr, distance, strict=True)]


def main(seconds: float, items: list[str]) -> None:
    """Measure all items and print a table of means."""
    warnings.simplefilter("ignore")
    methods = [method for method in METHODS if method != "ddsp" or find_spec("torch")]
    rows: dict[str, list[tuple[float, ...]]] = {method: [] for method in methods}
    for item in map(Path, items):
        plan = scoresep.plan_separation(recording_of(item), score_of(item), groups=item / "groups.yaml", end=seconds)
        run = plan.run()
        for method in methods:
            rows[method] += measure(item, method, (plan.audio, run.decomposition))
    print(f"{'method':12s} {'SDR':>8s} {'distance':>10s} {'residual':>10s} {'seconds':>8s}")
    for method, found in rows.items():
        sdr, distance, left, taken = np.mean(found, axis=0)
        print(f"{method:12s} {sdr:8.2f} {distance:10.2f} {-left:10.2f} {taken:8.3f}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(float(sys.argv[1]), sys.argv[2:])
