"""Make the picture of the page on resynthesis: the left hand of the waltz by masks and made anew.

python docs/resynthesis.py
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import mlab

import scoresep

DOCS = Path(__file__).parent
FIXTURES = DOCS.parent / "fixtures"
#: What is shown: from, to (s), and the highest frequency (Hz).
START, END, HIGHEST = 7.0, 10.0, 3000
#: The levels that are shown (dB), from the highest.
RANGE = 70


def main() -> None:
    """Separate the waltz by both methods and write the picture."""
    words = FIXTURES / "waltz.flac", FIXTURES / "waltz.mid"
    song = scoresep.separate(*words)
    anew = scoresep.separate(*words, method="resynthesis")
    true = scoresep.read_audio(FIXTURES / "stems" / "left.flac")
    sounds = {
        "true left hand": true.samples,
        "by masks": song.stems["left"],
        "made anew from partials and noise": anew.stems["left"],
        "residual of what is made anew": anew.stems["residual"],
    }
    highest = None
    figure, axes = plt.subplots(2, 2, figsize=(10, 6), sharex=True, sharey=True, layout="constrained")
    for axis, (title, samples) in zip(axes.flat, sounds.items(), strict=True):
        piece = samples.mean(axis=0)[int(START * true.sample_rate) : int(END * true.sample_rate)]
        power, frequencies, times = mlab.specgram(piece, 8192, true.sample_rate, noverlap=7168)
        level = 10 * np.log10(power + 1e-14)
        highest = level.max() if highest is None else highest
        axis.pcolormesh(START + times, frequencies, level, vmin=highest - RANGE, vmax=highest, rasterized=True)
        axis.set(title=title, ylim=(0, HIGHEST))
    figure.supxlabel("time (s)")
    figure.supylabel("frequency (Hz)")
    figure.savefig(DOCS / "pictures" / "resynthesis.png", dpi=80)


if __name__ == "__main__":
    main()
