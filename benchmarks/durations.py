"""How time and memory of the alignment grow with the length of the recording.

    python benchmarks/durations.py [MINUTES ...]

Makes recordings of 1, 5, 20 and 60 minutes (44.1 kHz, stereo) of random notes for two hands with a wandering tempo, and
prints for each how long the whole command ``scoresep align`` took, cold start included, what multiple of real time that
is, the most memory it held and the median error of the onsets.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mido
import numpy as np
import soundfile

RATE = 44100
#: Seconds that are synthesized at once.
STRETCH = 60


def random_score(seconds: float, random: np.random.Generator) -> np.ndarray:
    """Return notes (onset, offset, pitch, hand) at six and two a second; the melodies wander."""
    rows = []
    for hand, pace, low, high in ((0, 6.0, 60, 84), (1, 2.0, 36, 57)):
        onset = np.arange(0, seconds - 1, 1 / pace)
        steps = random.choice([-4, -2, -1, 1, 2, 3, 5], len(onset)).cumsum()
        span = high - low
        pitch = low + np.abs((steps + span) % (2 * span) - span)
        rows.append(np.stack([onset, onset + 0.9 / pace, pitch, np.full(len(onset), hand)], axis=1))
    return np.concatenate(rows)


def played(time: np.ndarray) -> np.ndarray:
    """Return recording times of score times: a tempo that goes up and down by a fifth."""
    return 0.5 + time + 2.0 * np.sin(time / 10)


def write_score(notes: np.ndarray, path: Path) -> None:
    """Write the score as MIDI, one track a hand."""
    file = mido.MidiFile(ticks_per_beat=480)
    for hand in (0, 1):
        own = notes[notes[:, 3] == hand]
        events = [(on, "note_on", int(p)) for on, _, p, _ in own] + [(off, "note_off", int(p)) for _, off, p, _ in own]
        track, now = file.add_track(f"{('Right', 'Left')[hand]} hand"), 0
        for at, kind, pitch in sorted(events):
            tick = round(at * 960)
            track.append(mido.Message(kind, note=pitch, velocity=64, time=tick - now))
            now = tick
    file.save(path)


def write_recording(notes: np.ndarray, seconds: float, path: Path, random: np.random.Generator) -> None:
    """Write decaying tones of six partials in two channels, a minute at a time."""
    order = np.argsort(notes[:, 0])
    onsets, offsets, pitches = played(notes[order, 0]), played(notes[order, 1]), notes[order, 2]
    tail = np.zeros(2 * RATE)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for begin in np.arange(0, seconds, STRETCH):
            sound = np.concatenate([tail, np.zeros(STRETCH * RATE)])
            inside = (onsets >= begin) & (onsets < begin + STRETCH)
            for on, off, pitch in zip(onsets[inside], offsets[inside], pitches[inside], strict=True):
                clock = np.arange(round((off - on + 0.3) * RATE)) / RATE
                release = np.clip((off - on + 0.2 - clock) / 0.2, 0, 1)
                frequency = 440 * 2 ** ((pitch - 69) / 12)
                tone = sum(np.sin(2 * np.pi * m * frequency * clock) / m**1.5 for m in range(1, 7))
                first = round((on - begin) * RATE)
                sound[first : first + len(clock)] += 0.05 * tone * release * np.exp(-2 * clock)
            noise = 1e-3 * random.normal(size=(STRETCH * RATE, 2))
            file.write(sound[: STRETCH * RATE, None] + noise)
            tail = sound[STRETCH * RATE :]


def measure(minutes: float) -> str:
    """Return the figures of one length as a line."""
    random = np.random.default_rng(0)
    seconds = 60 * minutes
    notes = random_score(seconds - 3, random)
    with tempfile.TemporaryDirectory() as folder:
        score, recording, table = (Path(folder) / name for name in ("score.mid", "song.wav", "notes.csv"))
        write_score(notes, score)
        write_recording(notes, seconds, recording, random)
        began = time.perf_counter()
        command = [sys.executable, "-m", "scoresep", "-q", "align", recording, score, "--csv", table]
        process = subprocess.Popen([str(word) for word in command])
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        if status:
            sys.exit("scoresep failed")
        with table.open(newline="") as file:
            rows = [(float(row["onset"]), float(row["score_onset"])) for row in csv.DictReader(file)]
    error = np.median([abs(onset - played(np.array(score_onset))) for onset, score_onset in rows])
    return (
        f"{minutes:7g} {took:9.1f} s {seconds / took:8.0f} x {usage.ru_maxrss / 2**20:8.2f} GB {1000 * error:9.1f} ms"
    )


if __name__ == "__main__":
    print("minutes        time   real time     memory    median error")
    for words in sys.argv[1:] or ["1", "5", "20", "60"]:
        print(measure(float(words)), flush=True)
