"""How well and how fast recordings are separated whose true stems are known.

    python benchmarks/separation.py ITEM [ITEM ...]

An ITEM is a folder with recording.*, score.mid, stems/*.flac (the truth) and, if wanted, groups.yaml and truth.csv (the
true onsets, with the columns onset, pitch and score_onset).  Prints SDR, SIR and SAR of the stems, the SDR of
the recording itself, the median error of the onsets and the share under 50 ms, and the speed of the whole command
as a multiple of real time.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from truth import recording_of, score_of

from scoresep.evaluation.compare import compare_onsets, compare_stems


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
        stems = compare_stems(item, out, recording=recording)
        onsets = compare_onsets(item / "truth.csv", table) if (item / "truth.csv").exists() else None
    duration = soundfile.info(recording).duration
    near = (onsets.median, 100 * onsets.under_50) if onsets else (np.nan, np.nan)
    mean = stems.mean
    return mean.sdr, mean.sir, mean.sar, mean.recording, *near, duration / seconds


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
