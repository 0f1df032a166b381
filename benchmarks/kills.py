"""Kill `scoresep separate` at random moments, and look at what is left.

    python benchmarks/kills.py [--kills 150] [--seed 0]

SIGINT, SIGTERM and SIGKILL take turns; every third run replaces stems that are there, and every tenth has two songs and
two jobs.  After each, a stem under its final name must be whole, a folder that was there must be readable, and a second
run must succeed and leave nothing but its results.  The exit status is 1 if anything was found that should not be.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import soundfile

FIXTURES = Path(__file__).parent.parent / "fixtures"
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}
STEMS = {"left.wav", "right.wav", "residual.wav"}
OPTIONS = ["--end", "1", "--iterations", "2", "--force", "--overwrite"]


def command(jobs: int) -> list[str]:
    """Return the command that separates one song, or two at once."""
    names = ["one", "two"][:jobs]
    words = [word for name in names for word in (f"{name}.flac", "score.mid")]
    more = ["-o", "out", "--jobs", "2"] if jobs > 1 else ["-o", "out/one_stems"]
    return [sys.executable, "-m", "scoresep", "separate", *words, *more, *OPTIONS]


def faults_after(folder: Path, *, finished: bool) -> list[str]:
    """Return what is wrong with the folders of stems: half files, or, after a run to the end, anything but stems."""
    wrong = []
    for stem in folder.glob("out/*_stems/*.wav"):
        try:
            samples, _ = soundfile.read(stem)
            if len(samples) != 44100:
                wrong.append(f"{stem.name} has {len(samples)} samples")
        except soundfile.LibsndfileError as error:
            wrong.append(f"{stem.name}: {error}")
    if finished:
        wrong += [f"left over: {path.name}" for path in folder.rglob(".*")]
        for stems in folder.glob("out/*_stems"):
            if {path.name for path in stems.glob("*.wav")} != STEMS:
                wrong.append(f"not all stems are in {stems.name}")
    return wrong


def kill_once(folder: Path, number: int, rng: random.Random, longest: float) -> tuple[str, list[str]]:
    """Kill a run at a random moment; return what it ended with, and what was wrong then or after a second run."""
    sent, jobs = list(SIGNALS)[number % 3], 2 if number % 10 == 9 else 1
    (folder / "out").mkdir(exist_ok=True)
    if number % 3 != 0:
        shutil.rmtree(folder / "out")
        (folder / "out").mkdir()
    with (folder / "said").open("w") as said_file:
        process = subprocess.Popen(command(jobs), cwd=folder, stdout=subprocess.DEVNULL, stderr=said_file)
    time.sleep(rng.uniform(0, 0.7 * longest * jobs))
    process.send_signal(sent)
    process.wait(timeout=60)
    said = (folder / "said").read_text()
    if jobs > 1:
        time.sleep(2)  # until the workers have seen that they are alone
    # Before our own handlers are there, Python's or the system's end the process.
    allowed = {0, SIGNALS[sent], -sent, 1} if sent == signal.SIGINT else {0, SIGNALS[sent], -sent}
    wrong = [] if process.returncode in allowed else [f"{sent.name}: ended with {process.returncode}: {said[-200:]}"]
    if process.returncode == SIGNALS[sent] and sent != signal.SIGKILL and "Traceback" in said:
        wrong.append(f"{sent.name}: a traceback")
    wrong += faults_after(folder, finished=False)
    second = subprocess.run(command(jobs), cwd=folder, capture_output=True, text=True, check=False)
    if second.returncode:
        wrong.append(f"the second run ended with {second.returncode}: {second.stderr[-200:]}")
    return f"{sent.name} {'done before' if process.returncode == 0 else 'killed'}", wrong + faults_after(
        folder, finished=True
    )


def main() -> None:
    """Kill runs and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng, sums, wrong = random.Random(given.seed), Counter[str](), []  # noqa: S311
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for song in ("one", "two"):
            shutil.copy(FIXTURES / "waltz.flac", folder / f"{song}.flac")
        shutil.copy(FIXTURES / "waltz.mid", folder / "score.mid")
        (folder / "out").mkdir()
        began = time.monotonic()
        subprocess.run(command(1), cwd=folder, capture_output=True, check=True)
        longest = time.monotonic() - began
        for number in range(given.kills):
            ended, found = kill_once(folder, number, rng, longest)
            sums[ended] += 1
            wrong += [f"{number}: {what}" for what in found]
    print("| kills of a run | number |\n|---|---|")
    for ended, count in sorted(sums.items()):
        print(f"| {ended} | {count} |")
    print(f"| half files, leftovers, second runs that failed | {len(wrong)} |")
    print(*wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
