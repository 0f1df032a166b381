"""Measure how exact tempo, pitch, sync and clicks of the report are while it plays, in a browser and in real time.

    python benchmarks/practice.py REPORT.html [SECONDS]

Needs Playwright and Chromium. The sound of the page's first block is replaced by tone bursts, one each half second, of the first track
on the left and of the second one on the right; the beats of the score are where the bursts begin. What comes out of the mixer is recorded for
SECONDS (60 if not said) at each tempo, over and over in a loop, and its last seconds are looked at.
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
#: Plays bursts in place of the first two tracks, with clicks, and gives the last seconds of left, right and clicks as text, with the times
#: of the audio context and the positions at the begin and the end.
PLAY = """async ([tempo, transposition, seconds, lookedAt, period, frequency]) => {
  const { player, data, loader } = scoresep, rate = data.sampleRate, length = Math.floor(Math.min(data.duration, 19) / period) * period;
  const stem = (channel) => {
    const buffer = new AudioBuffer({ numberOfChannels: 2, length: Math.ceil((length + 1) * rate), sampleRate: rate });
    const samples = buffer.getChannelData(channel);
    for (let begin = 0; begin < length; begin += period) {
      const first = Math.round((begin + data.margin + player.delay) * rate), size = Math.round(0.1 * rate);
      for (let n = 0; n < size; n += 1) samples[first + n] = 0.5 * Math.sin(2 * Math.PI * frequency * n / rate) * Math.sin(Math.PI * n / size) ** 2;
    }
    return buffer;
  };
  await loader.decoded(0);
  loader.ready.set(0, new Map([[0, stem(0)], [1, stem(1)]]));
  const beats = Array.from({ length: Math.round(length / period) }, (_, k) => [k * period, 1 + Math.floor(k / 4), 1 + (k % 4)]);
  player.stop();
  player.metronome = new Metronome(beats, length);
  player.metronome.isOn = true;
  Object.assign(player, { tempo, transposition, loop: { begin: 0, end: length, isOn: true }, pausedAt: 0 });
  player.open();
  const { context, mixer } = player;
  if (!player.recorder) {
    const code = `registerProcessor("recorder", class extends AudioWorkletProcessor {
      process([sound]) { if (sound.length) this.port.postMessage([currentTime, sound.map((channel) => channel.slice())]); return true; } })`;
    await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(code)}`);
    player.recorder = new AudioWorkletNode(context, "recorder", { channelCount: 3, channelCountMode: "explicit", channelInterpretation: "discrete" });
    const merger = new ChannelMergerNode(context, { numberOfInputs: 3 }), sum = new GainNode(context, { channelCount: 2, channelCountMode: "explicit" });
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    mixer.plain.connect(sum);
    mixer.stretched.connect(sum);
    sum.connect(splitter);
    splitter.connect(merger, 0, 0);
    splitter.connect(merger, 1, 1);
    mixer.clicks.connect(merger, 0, 2);
    merger.connect(player.recorder).connect(new GainNode(context, { gain: 0 })).connect(context.destination);
  }
  player.updateGains();
  const parts = [];
  player.recorder.port.onmessage = ({ data: part }) => { parts.push(part); while (parts[0][0] < part[0] - lookedAt) parts.shift(); };
  player.play();
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  while (player.position() < 0.1) await wait(20);
  const begin = [context.currentTime, player.position()];
  const later = Math.min(5, (length - begin[1] - 0.5) / tempo); // before the loop comes back
  await wait(1000 * later);
  const end = [context.currentTime, player.position()];
  await wait(1000 * Math.max(seconds - later, 0));
  player.pause();
  const text = (samples) => btoa(Array.from(new Uint8Array(samples.buffer), (byte) => String.fromCharCode(byte)).join(""));
  const whole = [0, 1, 2].map((k) => Float32Array.from(parts.flatMap(([, channels]) => [...(channels[k] ?? new Float32Array(128))])));
  return { rate, begin, end, channels: whole.map(text) };
}"""


def middles(samples: np.ndarray, starts: np.ndarray, reach: int) -> np.ndarray:
    """Return where the energy after each start has its middle (samples)."""
    pieces = [samples[start : start + reach] ** 2 for start in starts]
    return np.array([start + np.average(np.arange(len(piece)), weights=piece + 1e-12) for start, piece in zip(starts, pieces, strict=True)])


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
    return [f"{100 * tempo:.0f} %", str(transposition), f"{100 * played:.2f} %", *(f"{ms:.2f}" for ms in (between, *milliseconds)), f"{pitch:.3f}"]


def main() -> None:
    """Print the table."""
    page_file, seconds = Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    print("| tempo | semitones | tempo found | clicks apart, error (ms) | burst to click (ms) | left to right (ms) | semitones found |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
        for tempo, transposition in SETTINGS:
            page = browser.new_page()
            page.goto(page_file.as_uri())
            page.wait_for_timeout(1000)
            print("| " + " | ".join(measure(page, tempo, transposition, seconds)) + " |", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
