"""How well and how fast recordings are separated whose true stems are known.

    python benchmarks/separation.py ITEM [ITEM ...]

An ITEM is a folder with recording.*, score.mid, stems/*.flac (the truth) and, if wanted, groups.yaml and truth.csv (the
true onsets, with the columns onset, pitch and score_onset).  Prints SDR, SIR and SAR of the stems, the SDR of
the recording itself, the median error of the onsets and the share under 50 ms, and the speed of the whole command
as a multiple of real time.
"""

import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from truth import errors_of, recording_of, score_of, truth_of

from scoresep.evaluation import bss_eval


def measure(item: Path) -> tuple[float, ...]:
    """Return the figures of one item, the means over its stems."""
    recording, score = recording_of(item), score_of(item)
    groups = ["--groups", item / "groups.yaml"] if (item / "groups.yaml").exists() else []
    with tempfile.TemporaryDirectory() as folder:
        out, table = Path(folder) / "stems", Path(folder) / "notes.csv"
        began = time.perf_counter()
        scoresep("separate", recording, score, "-o", out, *groups)
        seconds = time.perf_counter() - began
        scoresep("align", recording, score, "--csv", table)
        truth = sorted((item / "stems").glob("*"))
        references = np.array([mono(path) for path in truth])
        sdr, sir, sar = bss_eval(references, np.array([mono(out / f"{path.stem}.wav") for path in truth]))
        mixture, _, _ = bss_eval(references, np.array([mono(recording)] * len(truth)))
        errors = onset_errors(item, table)
    duration = soundfile.info(recording).duration
    onsets = (float(np.median(errors)) * 1000, float(np.mean(errors < 0.05)) * 100) if len(errors) else (np.nan, np.nan)
    return float(sdr.mean()), float(sir.mean()), float(sar.mean()), float(mixture.mean()), *onsets, duration / seconds


def mono(path: Path) -> np.ndarray:
    """Return the mean of a file's channels."""
    return soundfile.read(path, always_2d=True)[0].mean(axis=1)


def onset_errors(item: Path, table: Path) -> np.ndarray:
    """Return the absolute errors of the onsets (s) in a table of aligned notes."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return errors_of(
        truth_of(item), np.array([[float(row[n]) for n in ("onset", "pitch", "score_onset")] for row in rows])
    )


def scoresep(*words: object) -> None:
    """Run the command line in a process of its own."""
    subprocess.run([sys.executable, "-m", "scoresep", "-q", *map(str, words)], check=True)


def main(items: list[str]) -> None:
    """Measure all items and print a table."""
    print(f"{'':32s}   SDR    SIR    SAR   recording   onsets   < 50 ms   real time")
    rows = []
    for item in map(Path, items):
        rows.append(measure(item))
        show(item.name, rows[-1])
    show("mean", tuple(np.mean(rows, axis=0)))


def show(name: str, row: tuple[float, ...]) -> None:
    """Print a line of the table."""
    sdr, sir, sar, mixture, onsets, near, speed = row
    stems = f"{sdr:5.2f}  {sir:5.2f}  {sar:5.2f}       {mixture:5.2f}"
    print(f"{name:32s} {stems}  {onsets:4.1f} ms    {near:5.1f} %  {speed:8.0f} x", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
