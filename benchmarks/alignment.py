"""How well notes are found in recordings whose onsets are known, as they are and made harder.

    python benchmarks/alignment.py [--peer SCRIPT [--peer-python PYTHON]] ITEM [ITEM ...]

An ITEM is a folder with recording.*, score.mid and truth.csv (the true onsets, with the columns onset, pitch and
score_onset).  Prints a table of the variants that are made of the items, and which scores of other items are refused.
A peer is a script that is called with recording, score and a folder, and prints how many seconds it took until it
had aligned; the ratio of its time to that of the whole command ``scoresep align`` is printed.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soxr
from truth import recording_of, score_of, truth_of

import scoresep
from scoresep.dsp.downmix import MONO_SAMPLE_RATE as RATE
from scoresep.dsp.downmix import downmix
from scoresep.evaluation.metrics import MISSING_NOTE_ERROR, onset_errors
from scoresep.values import Audio, Notes

#: Seconds of noise, and its level relative to the recording.
NOISE, LEVEL = 20, 0.3


@dataclass(frozen=True)
class Item:
    """A recording at ``MONO_SAMPLE_RATE``, its score, and rows of onset, pitch and score onset."""

    samples: np.ndarray
    notes: Notes
    truth: np.ndarray


def variants(item: Item) -> Iterator[tuple[str, Item]]:
    """Return an item as it is and made harder, each with its truth."""
    samples, notes, truth = item.samples, item.notes, item.truth
    quarter, half, three = (len(samples) * k // 4 for k in (1, 2, 3))
    random = np.random.default_rng(0)
    noise = LEVEL * samples.std() * random.normal(size=NOISE * RATE)
    yield "plain", item
    yield f"{NOISE} s of noise at both ends", Item(join(noise, samples, noise), notes, moved(truth, NOISE))
    middle = join(samples[:half], noise, samples[half:])
    cut = [part(truth, 0, half), moved(part(truth, half), NOISE)]
    yield f"{NOISE} s of noise in the middle", Item(middle, notes, np.concatenate(cut))
    yield "score 2 semitones lower", Item(samples, replace(notes, pitch=notes.pitch - 2), truth - np.array([0, 2, 0]))
    for cents in (40, -110):
        pace = 2 ** (cents / 1200)
        yield f"detuned by {cents} cents", Item(soxr.resample(samples, RATE * pace, RATE), notes, truth / [pace, 1, 1])
    for pace in (2, 3, 1 / 3):
        faster = replace(notes, onset=notes.onset / pace, offset=notes.offset / pace)
        yield f"score tempo x {pace:.2g}", Item(samples, faster, truth / [1, 1, pace])
    again = [part(truth, 0, half), moved(part(truth, quarter), (half - quarter) / RATE)]
    yield "a repeat inserted", Item(join(samples[:half], samples[quarter:]), notes, np.concatenate(again))
    left = [part(truth, 0, quarter), moved(part(truth, half), (quarter - half) / RATE)]
    yield "a passage left out", Item(join(samples[:quarter], samples[half:]), notes, np.concatenate(left))
    inner = moved(part(truth, quarter, three), -quarter / RATE)
    yield "only the middle half", Item(samples[quarter:three], notes, inner)
    some = random.random(len(notes)) < 0.9
    yield "a tenth of the notes missing", Item(samples, notes.take(some), kept(truth, notes.take(some)))
    yield "8 kHz", Item(soxr.resample(soxr.resample(samples, RATE, 8000), 8000, RATE), notes, truth)


def join(*parts: np.ndarray) -> np.ndarray:
    """Return sounds one after the other."""
    return np.concatenate(parts).astype(np.float32)


def moved(truth: np.ndarray, seconds: float) -> np.ndarray:
    """Return the truth of a recording that begins later."""
    return truth + np.array([seconds, 0, 0])


def part(truth: np.ndarray, begin: int, end: int | None = None) -> np.ndarray:
    """Return what begins between two samples."""
    return truth[(truth[:, 0] >= begin / RATE) & (truth[:, 0] < (end / RATE if end else np.inf))]


def kept(truth: np.ndarray, notes: Notes) -> np.ndarray:
    """Return the truth of notes that a score has."""
    same = [np.any((notes.pitch == pitch) & (np.abs(notes.onset - time) < 1e-3)) for _, pitch, time in truth]
    return truth[np.array(same, bool)]


def errors(item: Item) -> np.ndarray:
    """Return the errors (s) of the alignment of an item; all notes are lost if its score is refused."""
    try:
        alignment = scoresep.align(Audio(item.samples[None].astype(np.float32), RATE), item.notes)
    except scoresep.InputError:
        return np.full(len(item.truth), MISSING_NOTE_ERROR)
    found = np.stack([alignment.notes.onset, alignment.notes.pitch, alignment.score_onset], axis=1)
    return np.abs(onset_errors(item.truth, found))


def refusals(items: dict[str, Item]) -> tuple[list[str], list[str]]:
    """Return the pairs of different pieces that are accepted, and the pairs of recording and own score refused."""
    accepted, refused = [], []
    for name, item in items.items():
        for other, stranger in items.items():
            own = len(stranger.notes) == len(item.notes) and np.array_equal(stranger.notes.pitch, item.notes.pitch)
            try:
                scoresep.align(Audio(item.samples[None], RATE), stranger.notes)
            except scoresep.InputError:
                refused += [f"{name} with {other}"] * own
            else:
                accepted += [f"{name} with {other}"] * (not own)
    return accepted, refused


def ratio(folder: Path, peer: str, python: str) -> float:
    """Return how many times as long a peer takes to align an item as the whole command takes."""
    with tempfile.TemporaryDirectory() as out:
        words = [recording_of(folder), score_of(folder), Path(out) / "stems"]
        printed = subprocess.run([python, peer, *map(str, words)], check=True, capture_output=True, text=True).stdout
        began = time.perf_counter()
        command = ["align", *words[:2], "-q", "--csv", Path(out) / "notes.csv"]
        subprocess.run([sys.executable, "-m", "scoresep", *map(str, command)], check=True)
        seconds = time.perf_counter() - began
    return float(re.search(r"([\d.]+) s until aligned", printed)[1]) / seconds


def main() -> None:
    """Measure all items and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("items", nargs="+", type=Path)
    parser.add_argument("--peer")
    parser.add_argument("--peer-python", default=sys.executable)
    words = parser.parse_args()
    warnings.simplefilter("ignore", scoresep.ScoresepWarning)
    items = {}
    for folder in words.items:
        mono = downmix(scoresep.read_audio(recording_of(folder)))
        items[folder.name] = Item(mono.samples, scoresep.read_score(score_of(folder)), truth_of(folder))
    found: dict[str, list[np.ndarray]] = {}
    for item in items.values():
        for name, variant in variants(item):
            found.setdefault(name, []).append(errors(variant))
    print(f"{'':32s}  notes   median   < 50 ms   < 100 ms   lost   x plain")
    plain = np.median(np.concatenate(found["plain"]))
    for name, some in found.items():
        all_of = np.concatenate(some)
        near = "".join(f"{100 * np.mean(all_of < limit):9.1f} %" for limit in (0.05, 0.1))
        lost = np.sum(all_of >= MISSING_NOTE_ERROR)
        middle = np.median(all_of)
        print(
            f"{name:32s}  {len(all_of):5d} {1000 * middle:5.1f} ms{near} {lost:6d}   {middle / plain:7.2f}", flush=True
        )
    accepted, refused = refusals(items)
    print(f"other pieces accepted: {', '.join(accepted) or 'none'}; own scores refused: {', '.join(refused) or 'none'}")
    if words.peer:
        for folder in words.items:
            print(f"{folder.name:32s}  the peer takes {ratio(folder, words.peer, words.peer_python):.1f} times as long")


if __name__ == "__main__":
    main()
