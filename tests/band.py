"""Songs whose score has only a part of what sounds: a melody and drums above a band."""

import dataclasses

import numpy as np
import synth

from scoresep.values import Audio, Notes

#: Length of a song (s), and how many times as long it lasts in its recording.
SECONDS, STRETCH = 20.0, 1.1


def melody(seed, seconds=0.85 * SECONDS):
    """Return a random melody with rests."""
    rng = np.random.default_rng(seed)
    rows, time, pitch = [], 0.5, 72
    while time < seconds - 1:
        length = rng.choice([0.25, 0.5, 0.5, 1.0])
        pitch = int(np.clip(pitch + rng.integers(-5, 6), 64, 84))
        if rng.random() < 0.85:
            rows.append((time, time + 0.9 * length, pitch, 1))
        time += length
    return synth.notes(*rows)


def chords(seed, seconds=0.85 * SECONDS):
    """Return chords below a melody, four notes each, struck twice a second."""
    rng = np.random.default_rng(seed)
    rows = []
    for time in np.arange(0.0, seconds - 1, 0.5):
        root = int(rng.integers(36, 60))
        rows += [(time + at, time + at + 0.23, root + k, 2) for k in (0, 4, 7, 12) for at in (0.0, 0.25)]
    return synth.notes(*rows)


def with_drums(score):
    """Return a score with a kick and a snare by turns, twice a second."""
    beats = np.arange(0.5, score.offset.max(), 0.5)
    rows = [(beat, beat + 0.1, 36 if k % 2 else 38, 2) for k, beat in enumerate(beats)]
    drums = dataclasses.replace(synth.notes(*rows), channel=np.full(len(rows), 10))
    joined = Notes.concatenated([score, drums])
    return joined.take(np.lexsort((joined.pitch, joined.onset)))


def hits(score, *, seed=0):
    """Return the sound of the drums of a score: noise that dies away, shape (1, samples)."""
    rng = np.random.default_rng(seed)
    samples = np.zeros(round(SECONDS * STRETCH * synth.RATE))
    for onset in score.onset[score.is_drum] * STRETCH:
        begin = round(onset * synth.RATE)
        length = min(1200, len(samples) - begin)
        samples[begin : begin + length] += 0.3 * rng.normal(size=length) * np.exp(-np.arange(length) / 250)
    return samples[None].astype(np.float32)


def song(score, *, level=0.5, seed=1):
    """Return a recording of a melody (and drums) above a band, a tenth slower than the score."""
    seconds = SECONDS * STRETCH
    tones = synth.tones(score.take(~score.is_drum), seconds=seconds, stretch=STRETCH)
    accompaniment = synth.tones(chords(seed), seconds=seconds, stretch=STRETCH)
    return Audio(tones + level * accompaniment + hits(score), synth.RATE)
