"""How fast the whole command is, how much memory it takes, and how that compares to a peer in the same run.

    python benchmarks/speed.py [--peer SCRIPT [--peer-python PYTHON]] [--rounds N] ITEM [ITEM ...]

An ITEM is a folder with recording.* and score.mid.  ``scoresep separate`` and the peer, a script that is called with
recording, score and a folder, run by turns, each in a process of its own, cold start, reading and writing included; the
fastest of the rounds counts.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile
from truth import recording_of, score_of


def run(words: list[object]) -> tuple[float, float]:
    """Run a command; return the seconds that it took and the most memory that it held (GB)."""
    began = time.perf_counter()
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    if status:
        sys.exit(f"failed: {' '.join(map(str, words))}")
    return took, usage.ru_maxrss / 2**20


def measure(item: Path, peer: list[str], rounds: int) -> str:
    """Return the figures of an item as a line."""
    recording, score = recording_of(item), score_of(item)
    ours, theirs = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(
                run([sys.executable, "-m", "scoresep", "-q", "separate", recording, score, "-o", f"{folder}/a"])
            )
            if peer:
                theirs.append(run([*peer, recording, score, f"{folder}/b"]))
    seconds = soundfile.info(recording).duration
    took, memory = min(ours)
    line = f"{item.name:32s} {seconds:6.0f} s {took:7.1f} s {seconds / took:7.0f} x {memory:7.2f} GB"
    if theirs:
        line += f" {min(theirs)[0]:9.1f} s {min(theirs)[1]:7.2f} GB {min(theirs)[0] / took:7.1f}"
    return line


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("items", nargs="+", type=Path)
    given = parser.parse_args()
    print(f"{'':32s} length     took   real time   memory" + ("       peer    memory   ratio" if given.peer else ""))
    for item in given.items:
        print(measure(item, [given.peer_python, given.peer] if given.peer else [], given.rounds), flush=True)
