"""Measure how exact tempo, pitch, sync and clicks of the report are while it plays, in a browser and in real time.

    python benchmarks/practice.py REPORT.html [SECONDS]

Needs Playwright and Chromium. The sound of the page's first block is replaced by tone bursts, one each half second, of
the first track on the left and of the second one on the right; the beats of the score are where the bursts begin. What
comes out of the mixer is recorded for SECONDS (60 if not said) at each tempo, over and over in a loop, and its last
seconds are looked at.
"""

from __future__ import annotations

import shutil
import sys
from base64 import b64decode
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

#: Tempos, and semitones of the transposition.
SETTINGS = ((1.0, 0), (0.6, 0), (0.25, 0), (1.5, 0), (1.0, 3), (0.8, -6))
#: Time between two bursts in the recording (s).
PERIOD = 0.5
#: Frequency of the bursts (Hz).
FREQUENCY = 1000.0
#: The seconds at the end that are looked at.
LOOKED_AT = 8.0
#: Plays the bursts in the page and records them.
PLAY = Path(__file__).with_suffix(".js").read_text()


def middles(samples: np.ndarray, starts: np.ndarray, reach: int) -> np.ndarray:
    """Return where the energy after each start has its middle (samples)."""
    pieces = [samples[start : start + reach] ** 2 for start in starts]
    return np.array(
        [
            start + np.average(np.arange(len(piece)), weights=piece + 1e-12)
            for start, piece in zip(starts, pieces, strict=True)
        ]
    )


def measure(page: Page, tempo: float, transposition: int, seconds: float) -> list[str]:
    """Return the cells of a row of the table."""
    found = page.evaluate(PLAY, [tempo, transposition, seconds, LOOKED_AT, PERIOD, FREQUENCY])
    left, right, clicks = (np.frombuffer(b64decode(text), "<f4").astype(float) for text in found["channels"])
    rate = found["rate"]
    apart = round(PERIOD / tempo * rate)
    loud = np.flatnonzero(np.abs(clicks) > 0.3)
    starts = loud[np.diff(loud, prepend=-apart) > apart // 2]
    starts = starts[(starts > 0.1 * rate) & (starts + 0.8 * apart < len(clicks))]
    before = round(0.05 * rate)  # a burst may begin before its click
    half = round(0.05 * rate / tempo)  # from a burst's begin to its middle
    middle = [middles(channel, starts - before, before + 2 * half + before) - half for channel in (left, right)]
    piece = left[starts[0] : starts[0] + 2 * half]
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 2**20))
    pitch = 12 * np.log2(np.argmax(spectrum) * rate / 2**20 / FREQUENCY)
    played = (found["end"][1] - found["begin"][1]) / (found["end"][0] - found["begin"][0])
    milliseconds = [1000 / rate * np.abs(error).max() for error in (middle[0] - starts, middle[0] - middle[1])]
    between = 1000 / rate * np.abs(np.diff(starts) - apart).max()
    return [
        f"{100 * tempo:.0f} %",
        str(transposition),
        f"{100 * played:.2f} %",
        *(f"{ms:.2f}" for ms in (between, *milliseconds)),
        f"{pitch:.3f}",
    ]


def main() -> None:
    """Print the table."""
    page_file, seconds = Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    errors = "clicks apart, error (ms) | burst to click (ms) | left to right (ms)"
    print(f"| tempo | semitones | tempo found | {errors} | semitones found |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        for tempo, transposition in SETTINGS:
            page = browser.new_page()
            page.goto(page_file.as_uri())
            page.wait_for_timeout(1000)
            print("| " + " | ".join(measure(page, tempo, transposition, seconds)) + " |", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
