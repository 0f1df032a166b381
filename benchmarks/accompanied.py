"""Make songs out of pianos and choirs: one singer of a choir with a piano that has nothing to do with it.

    python benchmarks/accompanied.py PIANO CHOIR STEM … -o FOLDER

PIANO and CHOIR are folders with recording.flac and score.mid, STEM is a singer of the choir: soprano, alto, tenor or
bass, with stems/STEM.flac.  Both are as loud.  FOLDER gets an item with the notes of both as each of them is aligned
alone, which `separation.py` takes.  Several groups of three may follow one another.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import soundfile
import soxr

import scoresep
from scoresep.io.note_table import write_score
from scoresep.values import Notes

#: The parts of the new score.
PARTS = ("Piano", "Voice")
#: Voices come from high to low in the scores of choirs.
VOICES = ("soprano", "alto", "tenor", "bass")
#: Full scale of the new recording.
PEAK = 0.5


def part_of(item: Path, part: int, *, of: int | None = None) -> Notes:
    """Return the aligned notes of an item, or those of its part ``of``, as notes of a part of the new score."""
    notes = scoresep.align(
        scoresep.read_audio(item / "recording.flac"), scoresep.read_unfoldings(item / "score.mid")
    ).notes
    notes = notes if of is None else notes.take(notes.part == of)
    ones = np.ones(len(notes), int)
    return dataclasses.replace(
        notes, part=part * ones, channel=part * ones, program=0 * ones, staff=0 * ones, part_names=PARTS
    )


def mono(path: Path, rate: int | None = None) -> tuple[np.ndarray, int]:
    """Return a sound file in one channel, at a sample rate if one is given."""
    samples, own = soundfile.read(path, always_2d=True)
    rate = rate or own
    return soxr.resample(samples.mean(axis=1), own, rate), rate


def make_song(piano: Path, choir: Path, stem: str, folder: Path) -> None:
    """Write the item of one piano and one singer."""
    accompaniment, rate = mono(piano / "recording.flac")
    voice, _ = mono(choir / "stems" / f"{stem}.flac", rate)
    length = min(len(accompaniment), len(voice))
    accompaniment, voice = accompaniment[:length], voice[:length]
    voice *= np.sqrt(np.square(accompaniment).mean() / np.square(voice).mean())
    scale = PEAK / np.abs(accompaniment + voice).max()
    notes = Notes.concatenated([part_of(piano, 1), part_of(choir, 2, of=VOICES.index(stem) + 1)])
    notes = notes.take(np.argsort(notes.onset, kind="stable"))
    notes = notes.take((notes.onset >= 0) & (notes.onset < length / rate))
    target = folder / f"{piano.name}+{choir.name}"
    (target / "stems").mkdir(parents=True, exist_ok=True)
    for name, samples in (("stems/piano", accompaniment), ("stems/voice", voice), ("recording", accompaniment + voice)):
        soundfile.write(target / f"{name}.flac", samples * scale, rate, "PCM_24")
    with (target / "score.csv").open("w") as file:
        write_score(notes, file)
    (target / "groups.yaml").write_text("piano: {part: Piano}\nvoice: {part: Voice}\n")


def main() -> None:
    """Make the items that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="+", metavar="PIANO CHOIR STEM")
    parser.add_argument("-o", "--output", required=True, type=Path)
    chosen = parser.parse_args()
    for piano, choir, stem in zip(*(iter(chosen.words),) * 3, strict=True):
        make_song(Path(piano), Path(choir), stem, chosen.output)


if __name__ == "__main__":
    main()
