"""How well a mosaic follows its target, and how much of its source it keeps, with each constraint and without.

    python benchmarks/mosaic.py TARGET SOURCE

*Similarity* is the mean cosine between the magnitude spectra of target and mosaic, over the frames of the target that
are not silent.  *Diagonals* is the share of the energy of the activations in entries whose neighbour on the diagonal is
at least half as large: there the frames of the source follow one another as they do in the source.  *Real time* is the
length of the target over the time of the whole mosaic.
"""

import sys
import time

import numpy as np

import scoresep
from scoresep.dsp.stft import channel_mean
from scoresep.mosaicing.mosaic import MosaicOptions, find_mosaic, render_mosaic, resampled
from scoresep.values import Transform

#: What is turned off in each row.
ROWS = {
    "all constraints": {},
    "without repetition": {"repetition": 0},
    "without polyphony": {"polyphony": 0},
    "without continuity": {"continuity": 0},
    "none": {"repetition": 0, "polyphony": 0, "continuity": 0},
}


def similarity(target: scoresep.Audio, found: scoresep.Audio, transform: Transform) -> float:
    """Return the mean cosine between the magnitude spectra of two recordings."""
    first, second = (
        channel_mean(scoresep.stft(audio, n_fft=transform.n_fft, hop=transform.hop).stft) for audio in (target, found)
    )
    sounding = first.sum(axis=0) > 1e-3 * first.sum(axis=0).max()
    norms = np.linalg.norm(first, axis=0) * np.linalg.norm(second, axis=0)
    return float(np.mean((first * second).sum(axis=0)[sounding] / np.maximum(norms[sounding], 1e-12)))


def on_diagonals(activations: np.ndarray) -> float:
    """Return the share of energy in entries whose neighbour on the diagonal is at least half as large."""
    padded = np.pad(activations, 1)
    neighbour = np.maximum(padded[2:, 2:], padded[:-2, :-2])
    energy = np.square(activations, dtype=np.float64)
    return float(energy[neighbour >= activations / 2].sum() / energy.sum())


def main() -> None:
    """Print a row for each set of constraints."""
    target, source = (scoresep.read_audio(path) for path in sys.argv[1:3])
    print(f"{'':<20} similarity  diagonals  real time")
    for name, options in ROWS.items():
        started = time.perf_counter()
        mosaic = find_mosaic(target, source, options=MosaicOptions(**options))
        found = render_mosaic(mosaic, source)
        speed = target.duration / (time.perf_counter() - started)
        alike = similarity(resampled(target, source.sample_rate), found, mosaic.transform)
        print(f"{name:<20} {alike:10.3f} {on_diagonals(mosaic.activations):10.3f} {speed:8.1f} x")


if __name__ == "__main__":
    main()
