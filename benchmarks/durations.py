"""How time and memory grow with the length of the recording.

    python benchmarks/durations.py [--command separate|align] [--minutes N ...] [--max-memory N] [--drums pieces]
        [--groups FILE] [ITEM ...]

Makes recordings of 1, 5, 20 and 60 minutes (44.1 kHz, stereo, 16 bits) and prints for each how long the whole command
took, cold start included, what multiple of real time that is, and the most memory it held.  The recordings are those of
ITEMs, folders with recording.* and score.mid, one after the other as often as it takes; without any, random notes for
two hands with a wandering tempo, whose median error is printed for ``align``.
"""

import argparse
import csv
import sys
import tempfile
from itertools import cycle
from pathlib import Path

import mido
import numpy as np
import soundfile
import soxr
from speed import run
from truth import recording_of, score_of

import scoresep

RATE = 44100
#: Seconds that are synthesized at once.
STRETCH = 60
#: The part that stands for drums, and their channel, from 0.
DRUMS, DRUM_CHANNEL = 1000, 9


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
    """Write the score as MIDI, one track a hand; the hand ``DRUMS`` is on the channel of drums."""
    file = mido.MidiFile(ticks_per_beat=480)
    for hand in sorted(set(notes[:, 3].tolist())):
        own = notes[notes[:, 3] == hand]
        channel = DRUM_CHANNEL if hand == DRUMS else 0
        events = [(on, "note_on", int(p)) for on, _, p, _ in own] + [(off, "note_off", int(p)) for _, off, p, _ in own]
        track, now = file.add_track(f"Part {hand:g}"), 0
        for at, kind, pitch in sorted(events):
            tick = round(at * 960)
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=64, time=tick - now))
            now = tick
    file.save(path)


def sound_file(path: Path, seconds: float) -> soundfile.SoundFile:
    """Open a recording in stereo for writing: WAV, or RF64 where WAV cannot be as long."""
    return soundfile.SoundFile(path, "w", RATE, 2, "PCM_16", format="WAV" if 4 * RATE * seconds < 2**32 else "RF64")


def write_recording(notes: np.ndarray, seconds: float, path: Path, random: np.random.Generator) -> None:
    """Write decaying tones of six partials in two channels, a minute at a time."""
    order = np.argsort(notes[:, 0])
    onsets, offsets, pitches = played(notes[order, 0]), played(notes[order, 1]), notes[order, 2]
    tail = np.zeros(2 * RATE)
    with sound_file(path, seconds) as file:
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


def write_random(folder: Path, seconds: float) -> None:
    """Write a recording of random notes and its score."""
    random = np.random.default_rng(0)
    notes = random_score(seconds - 3, random)
    write_score(notes, folder / "score.mid")
    write_recording(notes, seconds, folder / "song.wav", random)


def write_items(folder: Path, seconds: float, items: list[Path]) -> None:
    """Write the recordings of items one after the other, and their scores as one."""
    rows, done, left = [], 0.0, round(seconds * RATE)
    with sound_file(folder / "song.wav", seconds) as file:
        for item in cycle(items):
            if not left:
                break
            samples, rate = soundfile.read(recording_of(item), always_2d=True, dtype="float32")
            samples = soxr.resample(samples, rate, RATE) if rate != RATE else samples
            samples = np.broadcast_to(samples, (len(samples), 2))[:left]
            file.write(samples)
            notes = scoresep.read_score(score_of(item))
            pace = soundfile.info(recording_of(item)).duration / notes.offset.max()
            parts = np.where(notes.is_drum, DRUMS, notes.part)
            for on, off, pitch, part in zip(notes.onset, notes.offset, notes.pitch, parts, strict=True):
                if on * pace < len(samples) / RATE:
                    rows.append((done + on * pace, done + off * pace, pitch, part))
            done, left = done + len(samples) / RATE, left - len(samples)
    write_score(np.array(rows), folder / "score.mid")


def measure(minutes: float, items: list[Path], command: str, options: list[object]) -> str:
    """Return the figures of one length as a line."""
    seconds = 60 * minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if items:
            write_items(folder, seconds, items)
        else:
            write_random(folder, seconds)
        table = folder / "notes.csv"
        output = ["--csv", table] if command == "align" else ["-o", folder / "stems", *options]
        took, memory = run(
            [sys.executable, "-m", "scoresep", "-q", command, folder / "song.wav", folder / "score.mid", *output]
        )
        line = f"{minutes:7g} {took:9.1f} s {seconds / took:8.0f} x {memory:8.2f} GB"
        if command == "align" and not items:
            with table.open(newline="") as file:
                rows = [(float(row["onset"]), float(row["score_onset"])) for row in csv.DictReader(file)]
            error = np.median([abs(onset - played(np.array(score_onset))) for onset, score_onset in rows])
            line += f" {1000 * error:9.1f} ms"
    return line


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", choices=["separate", "align"], default="separate")
    parser.add_argument("--minutes", nargs="+", type=float, default=[1, 5, 20, 60])
    parser.add_argument("--max-memory", default="2G")
    parser.add_argument("--drums", choices=["kit", "pieces"], default="kit")
    parser.add_argument("--groups", type=Path)
    parser.add_argument("items", nargs="*", type=Path)
    given = parser.parse_args()
    options = ["--max-memory", given.max_memory]
    options += ["--groups", given.groups] if given.groups else ["--drums", given.drums]
    print("minutes        time   real time     memory")
    for minutes in given.minutes:
        print(measure(minutes, given.items, given.command, options), flush=True)
