"""Take the picture and the sounds of how-to/edit.md: `python docs/edited_waltz.py`.

They are made from the fixture waltz; waltz-minor.flac is its true rendering in minor.
Prints how near to it the recording and its edit are.
"""

from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
from matplotlib import pyplot as plt

import scoresep

DOCS = Path(__file__).parent
FIXTURES = DOCS.parent / "fixtures"
#: The part that is shown and heard (s).
START, END = 3.0, 8.0
#: The highest frequency in the picture (Hz).
HIGHEST = 1000.0
#: What the three recordings are called, in the names of sounds and in the picture.
TITLES = {
    "waltz": "The recording, in D flat major",
    "waltz-edited": "Edited: D flat minor",
    "waltz-minor": "Rendered in D flat minor",
}


def magnitudes(audio: scoresep.Audio) -> np.ndarray:
    """Return the magnitudes of a short-time Fourier transform."""
    return np.abs(scipy.signal.stft(audio.samples, nperseg=4096, noverlap=3072)[2])


def sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Return the signal-to-distortion ratio in dB."""
    return 10 * float(np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def main() -> None:
    """Make all files."""
    before, truth = (scoresep.read_audio(FIXTURES / f"{name}.flac") for name in ("waltz", "waltz-minor"))
    edited = scoresep.edit(before, FIXTURES / "waltz.mid", key=("Db major", "Db minor"))
    recordings = dict(zip(TITLES, (before, edited, truth), strict=True))
    for audio in (before, edited):
        waveform, spectra = sdr(truth.samples, audio.samples), sdr(magnitudes(truth), magnitudes(audio))
        print(f"{waveform:.1f} dB, magnitudes {spectra:.1f} dB")
    figure, axes = plt.subplots(3, 1, figsize=(9, 8), sharex=True, layout="constrained")
    view = scoresep.View(start=START, end=END, fmax=HIGHEST)
    for ax, (name, audio) in zip(axes, recordings.items(), strict=True):
        scoresep.plot_spectrogram(scoresep.stft(audio), view=view, ax=ax)
        ax.set_title(TITLES[name], loc="left", fontsize=10)
        part = audio.read(int(START * audio.sample_rate), int(END * audio.sample_rate))
        soundfile.write(DOCS / "sounds" / f"{name}.flac", part.mean(axis=0), audio.sample_rate)
    figure.savefig(DOCS / "pictures" / "edit.png", dpi=80)


if __name__ == "__main__":
    main()
