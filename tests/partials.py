"""Recordings whose partials are known."""

import numpy as np

import scoresep
from scoresep.score.selection import select
from scoresep.values import Audio

RATE = 22050


def decomposed(samples, score, **options):
    """Return a recording of some samples with its decomposition and the selection of its parts."""
    audio = Audio(np.atleast_2d(samples).astype(np.float32), RATE, "FLOAT")
    fit = scoresep.decompose(scoresep.stft(audio), scoresep.align(audio, score, is_aligned=True), **options)
    parts = {name: {"part": name} for name in score.part_names}
    return audio, fit, select(scoresep.read_groups(parts), fit.notes)


def tone(pitch, onset, offset, *, seconds=3.0, inharmonicity=0.0, glide=0.0, decay=0.0, partials=10):
    """Return a tone whose partials have known places; ``glide`` is in semitones a second."""
    time = np.arange(int(seconds * RATE)) / RATE
    fundamental = 440 * 2 ** ((pitch + glide * (time - onset) - 69) / 12)
    m = np.arange(1, partials + 1)[:, None]
    phase = 2 * np.pi * np.cumsum(fundamental) / RATE
    waves = np.sin(m * np.sqrt(1 + inharmonicity * m**2) * phase + m) / m**1.5
    envelope = np.clip((time - onset) / 0.01, 0, 1) * np.clip((offset - time) / 0.05, 0, 1)
    return 0.1 * envelope * np.exp(-decay * np.maximum(time - onset, 0)) * waves.sum(axis=0)
