"""Measure edits of single notes, sung ones or hits of drums, against the truth that stems give.

    python benchmarks/stem_edits.py SECONDS ITEM …

An ITEM is a folder with recording.*, a score, stems/*.flac (or .wav) and groups.yaml, which says which notes each stem
has.  In each stem one note sounds at a time, so it can be cut out of its stem: from its onset to the onset of the next
one.  Every fourth note of each stem is changed.  The truth is the recording with the cut-out notes changed; it is
compared with the edit of the recording, for which score and recording are aligned automatically.  A cut-out note that
is sung is transposed by the method of the edit itself, so that this row tells only of the separation.  The truth about
transposing comes from a synthesizer, which sings in the place of the first stem, with vibrato, in fixed formants.

The figures are the level of the changed notes over that of the difference from the truth, in dB, of waveforms and of
magnitudes: more is better.  "No edit" is the same for the recording as it is.  The time is that of the edits alone.
"""

import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.signal
from truth import recording_of, score_of

import scoresep
from scoresep.editing.apply import apply_changes
from scoresep.editing.pitch_shift import shift_pitch
from scoresep.pipeline import align_and_decompose
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array, Audio, NoteChanges

#: Each so manieth note of a stem is changed.
EVERY = 4
#: A cut-out note begins so much before its onset (s), and fades in from there on.
BEFORE = 0.01
#: How much later notes are moved (s).
LATER = 0.1
#: Formants of the synthetic singer: their frequencies and half their widths (Hz).
FORMANTS = ((800, 90), (1150, 100), (2900, 150), (3900, 200))
#: Its vibrato (Hz), and how far it goes (semitones).
VIBRATO_RATE, VIBRATO_DEPTH = 5.5, 0.3
#: What is done to the notes, and what changes about them.
ACTIONS = {
    "mute": {"gain": 0.0},
    "6 dB softer": {"gain": 0.5},
    "6 dB louder": {"gain": 2.0},
    "0.1 s later": {"shift": LATER},
    "2 semitones higher": {"semitones": 2.0},
    "replace": {"is_sampled": True},
}


class Item:
    """A recording, its decomposition, and the notes to change, with the sound of each."""

    def __init__(self, path: Path, seconds: float) -> None:
        groups = path / "groups.yaml"
        plan = scoresep.plan_separation(recording_of(path), score_of(path), groups=groups, end=seconds)
        run = plan.run()
        self.audio, self.alignment, self.decomposition = plan.audio, run.alignment, run.decomposition
        self.notes = run.alignment.notes
        self.samples = self.audio.samples.astype(np.float64)
        self.chosen: list[int] = []
        self.sounds: list[Array] = []
        selection = scoresep.select(scoresep.read_groups(groups), self.notes)
        self.own = {
            file: np.flatnonzero((own > 0) & self.notes.sounding_before(seconds - 1))
            for name, own in zip(selection.names, selection.weights, strict=True)
            for file in (path / "stems").glob(f"{name}.*")
        }
        self.stems = {file: scoresep.read_audio(file, end=seconds).samples.astype(np.float64) for file in self.own}
        self.choose()
        self.is_drum = bool(self.notes.is_drum[self.chosen].all())

    def choose(self) -> None:
        """Cut every fourth note out of its stem; chords and very short notes are left out."""
        for file, own in self.own.items():
            stem, onset, rate = self.stems[file], self.notes.onset[own], self.audio.sample_rate
            ends = np.append(onset[1:], self.audio.duration)
            times = np.arange(stem.shape[1]) / rate
            for place in range(EVERY // 2, len(own), EVERY):
                begin, end = onset[place] - BEFORE, ends[place] - BEFORE
                if end - begin > 4 * BEFORE:
                    fades = np.clip([(times - begin) / BEFORE, (end + BEFORE - times) / BEFORE], 0, 1)
                    self.chosen.append(int(own[place]))
                    self.sounds.append(stem * fades.prod(axis=0))

    def truth(self, action: str) -> Array:
        """Return the recording with the changed notes as they should be."""
        result = self.samples.copy()
        for note, sound in zip(self.chosen, self.sounds, strict=True):
            result += self.changed(note, sound, **ACTIONS[action]) - sound
        return result

    def changed(self, note: int, sound: Array, *, gain: float = 1.0, shift: float = 0.0, semitones: float = 0.0,
                is_sampled: bool = False) -> Array:  # fmt: skip
        """Return the changed sound of a note; one that is replaced should sound as it did."""
        rate = self.audio.sample_rate
        if semitones:
            fundamental = pitch_frequency(float(self.notes.pitch[note]))
            sound = shift_pitch(sound, semitones, round(self.notes.onset[note] * rate), rate, fundamental=fundamental)
        later = round(shift * rate)
        return gain * np.pad(sound, ((0, 0), (later, 0)))[:, : sound.shape[1]]

    def edit(self, action: str) -> tuple[Array, float]:
        """Edit the recording; return it, and the seconds that the edit takes."""
        changes = NoteChanges.none(len(self.notes))
        for name, value in ACTIONS[action].items():
            getattr(changes, name)[self.chosen] = value
        begin = time.perf_counter()
        return apply_changes(self.audio, self.decomposition, changes), time.perf_counter() - begin


class SyntheticSinger(Item):
    """An item whose first stem is sung by a synthesizer, which can sing changed notes as well."""

    def choose(self) -> None:
        """Put the synthesizer in the place of the stem, and decompose the recording again with the same alignment."""
        (file, own), *_ = self.own.items()
        stem = self.stems[file]
        sung = [self.sing(note) for note in own.tolist()]
        self.gain = np.sqrt(np.mean(stem**2) / np.mean(sum(sung) ** 2))
        self.samples += self.gain * sum(sung) - stem
        self.audio = Audio(self.samples, self.audio.sample_rate, "FLOAT")
        found = align_and_decompose(self.audio, replace(self.alignment, fingerprint=""))
        self.decomposition, self.notes = found[1], found[0].notes
        for place in range(EVERY // 2, len(own), EVERY):
            self.chosen.append(int(own[place]))
            self.sounds.append(self.gain * sung[place])

    def sing(self, note: int, semitones: float = 0.0) -> Array:
        """Return a note: harmonics with vibrato, in the formants of a vowel, shape of the recording."""
        rate, begin, end = self.audio.sample_rate, self.notes.onset[note], self.notes.offset[note]
        after = np.arange(self.samples.shape[1]) / rate - begin
        depth = VIBRATO_DEPTH * np.clip(after / 0.4, 0, 1)
        pitch = self.notes.pitch[note] + semitones + depth * np.sin(2 * np.pi * VIBRATO_RATE * after)
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        phase = 2 * np.pi * np.cumsum(frequency) / rate
        total = np.zeros_like(after)
        for partial in range(1, int(0.45 * rate / frequency.max())):
            gain = sum(1 / (1 + ((partial * frequency - formant) / width) ** 2) for formant, width in FORMANTS)
            total += (0.02 + gain) / partial * np.cos(partial * phase)
        loudness = np.clip(after / 0.05, 0, 1) * np.clip((end - begin - after) / 0.08, 0, 1)
        return np.broadcast_to(total * loudness, self.samples.shape)

    def changed(self, note: int, sound: Array, *, semitones: float = 0.0, **others: float) -> Array:
        """Return the changed sound of a note, sung anew at another pitch."""
        return super().changed(note, self.gain * self.sing(note, semitones) if semitones else sound, **others)


def level(sound: Array) -> float:
    """Return the energy of a sound or of magnitudes (dB)."""
    return 10 * float(np.log10(np.sum(sound**2) + 1e-20))


def magnitudes(sound: Array) -> Array:
    """Return the magnitudes of a short-time Fourier transform, which do not depend on phases."""
    return np.abs(scipy.signal.stft(sound, nperseg=2048, noverlap=1536)[2])


def measure(item: Item, action: str) -> list[float]:
    """Return the errors of no edit and of the edit, of waveforms and of magnitudes, and the seconds."""
    before, wanted = item.samples, item.truth(action)
    edited, seconds = item.edit(action)
    notes = sum(item.sounds)
    loud, rest = level(magnitudes(notes)), magnitudes(wanted)
    row = [level(notes) - level(wanted - sound) for sound in (before, edited)]
    return [*row, *(loud - level(rest - magnitudes(sound)) for sound in (before, edited)), seconds]


def table(items: list[Item], actions: list[str]) -> None:
    """Print a table of means over items."""
    print(f"{sum(len(item.chosen) for item in items)} notes changed in {sum(i.audio.duration for i in items):.0f} s")
    print(f"{'':<20}{'no edit':>9}{'edit':>7}{'magnitudes: no edit':>21}{'edit':>7}{'seconds':>9}")
    for action in actions:
        row = np.mean([measure(item, action) for item in items], axis=0)
        before = [f"{min(error, 99):.1f}" for error in row[[0, 2]]]
        print(f"{action:<20}{before[0]:>9}{row[1]:7.1f}{before[1]:>21}{row[3]:7.1f}{row[4]:9.2f}", flush=True)


def main(seconds: float, paths: list[Path]) -> None:
    """Print the table of all items and, if they are sung, that of a synthetic singer."""
    items = [Item(path, seconds) for path in paths]
    are_drums = items[0].is_drum
    table(items, [action for action in ACTIONS if action != ("2 semitones higher" if are_drums else "replace")])
    if not are_drums:
        print("\nwith a synthetic singer in the place of the first stem:")
        table([SyntheticSinger(path, seconds) for path in paths], ["mute", "2 semitones higher"])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    warnings.simplefilter("ignore")
    main(float(sys.argv[1]), [Path(word) for word in sys.argv[2:]])
