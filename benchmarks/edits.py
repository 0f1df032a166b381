"""Measure edits against true renderings of the changed notes.

    python benchmarks/edits.py SOUNDFONT ITEM …

An ITEM is a folder with truth.csv (onset, offset, pitch, velocity: a performance on a piano).  The performance is
rendered by the program fluidsynth before and after an edit, and the edit of the first rendering is compared with the
second one.  Needs fluidsynth and a soundfont (.sf2); librosa's phase vocoder is compared as well.
"""

import csv
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import mido
import numpy as np
import scipy.fft
import scipy.signal
import soundfile

from scoresep.editing import apply
from scoresep.editing.apply import apply_changes
from scoresep.editing.pitch_shift import shift_pitch
from scoresep.errors import ScoresepWarning
from scoresep.pipeline import align_and_decompose
from scoresep.values import Alignment, Array, Audio, NoteChanges, Notes

RATE = 44100
#: Only the first part of a performance is rendered (s).
LENGTH = 40.0


def performance(item: Path) -> list[list[float]]:
    """Return onset, offset, pitch and velocity of the notes of a performance."""
    with (item / "truth.csv").open() as file:
        rows = [[float(row[name]) for name in ("onset", "offset", "pitch", "velocity")] for row in csv.DictReader(file)]
    return [row for row in rows if row[1] < LENGTH - 1]


def render(rows: list[list[float]], soundfont: str) -> Array:
    """Return the sound of a performance, without room, shape (2, samples)."""
    events = sorted((round(row[k] * 2000), 1 - k, int(row[2]), int(row[3])) for row in rows for k in (0, 1))
    midi = mido.MidiFile(ticks_per_beat=1000)
    track = midi.add_track()
    now = 0
    for tick, is_onset, pitch, velocity in events:
        kind = "note_on" if is_onset else "note_off"
        track.append(mido.Message(kind, note=pitch, velocity=velocity * is_onset, time=tick - now))
        now = tick
    with tempfile.TemporaryDirectory() as folder:
        midi.save(f"{folder}/notes.mid")
        options = f"-niq -R 0 -C 0 -g 0.4 -r {RATE} -O float -T wav -F {folder}/notes.wav".split()
        command = ["fluidsynth", *options, soundfont, f"{folder}/notes.mid"]
        subprocess.run(command, check=True, capture_output=True)
        sound = soundfile.read(f"{folder}/notes.wav", dtype="float32", always_2d=True)[0].T
    result = np.zeros((2, round(LENGTH * RATE)), np.float32)
    result[:, : min(sound.shape[1], result.shape[1])] = sound[:, : result.shape[1]]
    return result


def aligned(rows: list[list[float]]) -> Alignment:
    """Return the notes of a performance as they would come from an alignment without errors."""
    names = ("onset", "offset", "pitch", "velocity")
    notes = Notes.from_rows(
        [dict(zip(names, row, strict=True)) | {"part": 1, "program": 1} for row in rows], ("Piano",)
    )
    ends = np.array([0.0, LENGTH])
    return Alignment(
        notes, notes.onset, notes.offset, np.ones(len(notes)), 1.0, np.stack([ends, ends]),
        np.concatenate([ends, ends])[None], np.zeros((0, 2)), "",
    )  # fmt: skip


def sdr(truth: Array, estimate: Array) -> float:
    """Return the signal-to-distortion ratio (dB) of sounds, or of magnitudes."""
    return 10 * float(np.log10(np.sum(truth**2) / np.sum((truth - estimate) ** 2)))


def magnitudes(sound: Array) -> Array:
    """Return the magnitudes of a short-time Fourier transform, which do not depend on the phases of partials."""
    return np.abs(scipy.signal.stft(sound, nperseg=4096, noverlap=3072)[2])


def by_phase_vocoder(
    sound: Array, semitones: float, onset: int, sample_rate: int, *, fundamental: float | None = None
) -> Array:
    """Move a sound in pitch by librosa's phase vocoder."""
    import librosa

    return librosa.effects.pitch_shift(sound.astype(np.float32), sr=sample_rate, n_steps=semitones)


def by_signalsmith(
    sound: Array, semitones: float, onset: int, sample_rate: int, *, fundamental: float | None = None
) -> Array:
    """Move a sound in pitch by the library python-stretch, with its delay taken out."""
    import python_stretch

    stretch = python_stretch.Signalsmith.Stretch()
    stretch.preset(len(sound), sample_rate)
    stretch.setTransposeSemitones(semitones)
    result = np.asarray(stretch.process(sound.astype(np.float32)))
    length = round(0.2 * sample_rate)
    match = scipy.signal.correlate(np.abs(result).sum(0), np.abs(sound).sum(0), method="fft")
    delay = int(np.clip(np.argmax(match) - sound.shape[1] + 1, -length, length))
    return np.pad(result, ((0, 0), (length, length)))[:, length + delay :][:, : sound.shape[1]]


def by_bands(
    sound: Array, semitones: float, onset: int, sample_rate: int, *, fundamental: float | None = None
) -> Array:
    """Move the bands around the partials of a note in the spectrum of its whole sound, with phases from its onset."""
    ratio = 2 ** (semitones / 12)
    size = scipy.fft.next_fast_len(sound.shape[1] + sample_rate // 2, real=True)
    spectrum = scipy.fft.rfft(sound, size, axis=1)
    partials = fundamental * np.arange(1, int(0.48 * sample_rate / fundamental))
    edges = np.concatenate([[partials[0] / 2], (partials[1:] + partials[:-1]) / 2, [sample_rate / 2]])
    bins = np.rint(edges * size / sample_rate).astype(int)
    moved = np.zeros_like(spectrum)
    moved[:, : bins[0]] = spectrum[:, : bins[0]]
    for partial, begin, end in zip(partials, bins[:-1], bins[1:], strict=True):
        shift = round((ratio - 1) * partial * size / sample_rate)
        stop = min(end, spectrum.shape[1] - shift)
        if begin < stop:
            turned = spectrum[:, begin:stop] * np.exp(-2j * np.pi * shift * onset / size)
            moved[:, begin + shift : stop + shift] += turned
    return scipy.fft.irfft(moved, size, axis=1)[:, : sound.shape[1]]


METHODS = {
    "resampling": shift_pitch,
    "bands of the partials": by_bands,
    "phase vocoder (librosa)": by_phase_vocoder,
    "python-stretch": by_signalsmith,
    "sampler": shift_pitch,
}


def measure(item: Path, soundfont: str, semitones: int) -> Iterator[tuple[float, ...]]:
    """Move every eighth note by each method; yield SDRs: as in `main`."""
    rows = performance(item)
    moved = set(range(3, len(rows), 8))
    after = [[*row[:2], row[2] + semitones * (k in moved), row[3]] for k, row in enumerate(rows)]
    rest = [row for k, row in enumerate(rows) if k not in moved]
    others, before, wanted = (render(each, soundfont) for each in (rest, rows, after))
    audio = Audio(before, RATE, "FLOAT")
    alignment, decomposition = align_and_decompose(audio, aligned(rows))
    index = {(row[0], row[2]): k for k, row in enumerate(rows)}
    places = zip(alignment.notes.onset.tolist(), alignment.notes.pitch.tolist(), strict=True)
    is_moved = np.array([index[place] in moved for place in places])
    truth = wanted - others
    loud = magnitudes(truth)
    yield sdr(truth, before - others), sdr(loud, magnitudes(before - others)), sdr(wanted, before), 0.0
    for method, shift in METHODS.items():
        changes = NoteChanges.none(len(is_moved))
        changes.semitones[is_moved] = semitones
        changes.is_sampled[is_moved] = method == "sampler"
        begin = time.perf_counter()
        with (
            patch.object(apply, "shift_pitch", shift),
            patch.object(apply, "_is_sung", lambda *_, shift=shift: shift is by_bands),  # gives the fundamental
        ):
            edited = apply_changes(audio, decomposition, changes)
        seconds = time.perf_counter() - begin
        yield sdr(truth, edited - others), sdr(loud, magnitudes(edited - others)), sdr(wanted, edited), seconds


def main(soundfont: str, items: list[Path]) -> None:
    """Print a table: SDR of the changed notes, of their magnitudes, and of the whole recording; time of the edit."""
    print(f"{'method':<26}{'semitones':>10}{'SDR':>8}{'magnitudes':>12}{'whole':>8}{'seconds':>9}")
    for semitones in (-1, 1, 2, 5):
        found = np.mean([list(measure(item, soundfont, semitones)) for item in items], axis=0)
        for method, row in zip(("no edit", *METHODS), found, strict=True):
            print(f"{method:<26}{semitones:>10}{row[0]:>8.1f}{row[1]:>12.1f}{row[2]:>8.1f}{row[3]:>9.1f}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ScoresepWarning)
    main(sys.argv[1], [Path(word) for word in sys.argv[2:]])
