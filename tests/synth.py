"""Recordings whose truth is known: notes and the tones that they make."""

import mido
import numpy as np

from scoresep.values import Audio, Notes

RATE = 8000


def notes(*rows, parts=("Right hand", "Left hand")):
    """Return notes from (onset, offset, pitch, part) rows; part counts from 1."""
    table = [{"onset": a, "offset": b, "pitch": p, "part": k, "velocity": 64, "channel": k} for a, b, p, k in rows]
    return Notes.from_rows(table, parts)


def duet():
    """Return eight seconds of two hands: quarters over halves, no pitch in both."""
    right = [(0.2 + 0.5 * k, 0.65 + 0.5 * k, 72 + (0, 4, 7, 11, 12, 9, 5, 2)[k % 8], 1) for k in range(14)]
    left = [(0.2 + 1.0 * k, 1.1 + 1.0 * k, 48 + (0, 7, 5, 2)[k % 4], 2) for k in range(7)]
    return notes(*right, *left)


def tones(score, *, seconds=8.0, rate=RATE, stretch=1.0, channels=1):
    """Return the sound of notes as decaying tones of eight partials, shape (channels, samples), float32."""
    samples = np.zeros(int(seconds * rate))
    for onset, offset, pitch in zip(score.onset * stretch, score.offset * stretch, score.pitch, strict=True):
        time = np.arange(int((offset - onset + 0.2) * rate)) / rate
        release = np.clip((offset - onset + 0.1 - time) / 0.1, 0, 1)
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        partials = [m for m in range(1, 9) if m * frequency < rate / 2]
        tone = sum(np.sin(2 * np.pi * m * frequency * time) / m**1.5 for m in partials) * np.exp(-2 * time) * release
        begin = int(onset * rate)
        end = min(begin + len(tone), len(samples))
        samples[begin:end] += 0.1 * tone[: end - begin]
    return np.repeat(samples[None], channels, axis=0).astype(np.float32)


def recording(score, *, subtype="FLOAT", **kwargs):
    """Return the sound of notes as a recording on the grid of ``subtype``."""
    samples = tones(score, **kwargs)
    if subtype == "PCM_16":
        samples = (np.rint(samples * 2**15) / 2**15).astype(np.float32)
    return Audio(samples, kwargs.get("rate", RATE), subtype)


def write_score(path, notes):
    """Write notes as a MIDI file, a track a part, 960 ticks a second."""
    midi = mido.MidiFile(ticks_per_beat=480)
    for part, name in enumerate(notes.part_names, start=1):
        track = midi.add_track(name)
        own = [i for i in range(len(notes)) if notes.part[i] == part]
        events = [(round(notes.onset[i] * 960), "note_on", int(notes.pitch[i])) for i in own]
        events += [(round(notes.offset[i] * 960), "note_off", int(notes.pitch[i])) for i in own]
        now = 0
        for tick, kind, pitch in sorted(events):
            track.append(mido.Message(kind, note=pitch, velocity=64, channel=part - 1, time=tick - now))
            now = tick
    midi.save(path)


def sine(pitch, *, seconds=1.0, rate=22050):
    """Return a sine of a MIDI pitch, which may be fractional, shape (samples,), float32."""
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    return np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate).astype(np.float32)
