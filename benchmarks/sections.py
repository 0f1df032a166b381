"""Make sections out of soloists: choirs in which several singers share each part, with their own pitch and time.

    python benchmarks/sections.py ITEM … -o FOLDER [--singers 4]

ITEM is a folder with stems/*.flac, a stem for each soloist.  Every stem is replaced by the mean of several copies,
each with a slow random curve of pitch (at most 15 cents) and a shift of at most 30 ms.  FOLDER gets an item of the same
name for each, with score and groups, which `separation.py` takes.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import scipy.ndimage
import scipy.signal
import soundfile

#: The largest detuning (cents) and shift (s) of a copy.
CENTS, SHIFT = 15.0, 0.03
#: The pitch of a copy changes as slowly as noise that is smoothed by a Gaussian of this width (s).
DRIFT = 0.5
#: Seconds between the values from which the curve is interpolated.
KNOT = 0.1
#: Samples are interpolated after the rate is multiplied by this.
OVERSAMPLING = 4


def copy_of(stem: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Return a stem as another singer would sing it: with a pitch that wanders, and a little early or late."""
    knots = scipy.ndimage.gaussian_filter1d(rng.standard_normal(int(len(stem) / rate / KNOT) + 8), DRIFT / KNOT)
    curve = np.interp(np.arange(len(stem)) / rate / KNOT, np.arange(len(knots)), knots)
    cents = CENTS * (curve - curve.mean()) / np.abs(curve - curve.mean()).max()
    lag = np.cumsum(2 ** (cents / 1200) - 1) + rng.uniform(-SHIFT, SHIFT) * rate
    fine = scipy.signal.resample_poly(stem, OVERSAMPLING, 1)
    at = (np.arange(len(stem)) + lag) * OVERSAMPLING
    return np.interp(at, np.arange(len(fine)), fine, left=0.0, right=0.0)


def make_sections(item: Path, folder: Path, *, n_singers: int, seed: int) -> None:
    """Write the item with sections in place of its soloists."""
    rng = np.random.default_rng(seed)
    target = folder / item.name
    (target / "stems").mkdir(parents=True, exist_ok=True)
    for file in (*item.glob("score.*"), *item.glob("groups.yaml")):
        shutil.copy(file, target)
    mix, rate = 0.0, 0
    for path in sorted((item / "stems").glob("*.flac")):
        stem, rate = soundfile.read(path)
        mono = stem if stem.ndim == 1 else stem.mean(axis=1)
        section = np.mean([copy_of(mono, rate, rng) for _ in range(n_singers)], axis=0)
        soundfile.write(target / "stems" / path.name, section, rate)
        mix = mix + section
    soundfile.write(target / "recording.flac", mix, rate)


def main() -> None:
    """Make the items that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("items", nargs="+", type=Path)
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--singers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    for item in chosen.items:
        make_sections(item, chosen.output, n_singers=chosen.singers, seed=chosen.seed)


if __name__ == "__main__":
    main()
