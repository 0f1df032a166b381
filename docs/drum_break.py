"""Take the picture and the sounds of the section on a drum break in how-to/drums.md: `python docs/drum_break.py`.

They are made with the commands of the page from the fixture groove, whose last bars are kept.
"""

import shlex
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from scoresep.cli.main import run

DOCS = Path(__file__).parent
FIXTURES = DOCS.parent / "fixtures"
#: The part that is shown and heard (s).
START, END = 10.0, 15.4
#: The commands of the page, with {0} the recording, {1} its score and {2} a folder
#: for stems and {3} that of the documentation.
COMMANDS = f"""
separate {{0}} {{1}} -o {{2}}/band
separate {{2}}/band/Drums.wav {{1}} --without Bass --without Melody --drums pieces --backend nmfd --n-fft 1024 \
    --hop 256 --taps 20 --keep {{2}}/kept -o {{2}}/break
plot {{2}}/kept/Drums.parts.npz {{2}}/kept/Drums.stft.npz --start {START} --end {END} --fmax 8000 \
    -o {{3}}/pictures/break.png --overwrite
"""
#: The stems that make a sound, by its name.
SOUNDS = {
    "break": ["band/Drums"],
    "kick": ["break/kick"],
    "snare": ["break/snare"],
    "hihat": ["break/hihat closed", "break/hihat open"],
    "toms": ["break/tom low", "break/floor tom low"],
}


def main() -> None:
    """Make all files."""
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS.strip().splitlines():
            arguments = command.format(FIXTURES / "groove.flac", FIXTURES / "groove.mid", folder, DOCS)
            if run([*shlex.split(arguments), "-q"]):
                raise SystemExit(f"scoresep {arguments} failed")
        (DOCS / "sounds").mkdir(exist_ok=True)
        for name, stems in SOUNDS.items():
            read = [soundfile.read(f"{folder}/{stem}.wav", always_2d=True) for stem in stems]
            rate = read[0][1]
            sound = np.sum([samples.mean(axis=1) for samples, _ in read], axis=0)
            soundfile.write(DOCS / "sounds" / f"{name}.flac", sound[int(START * rate) : int(END * rate)], rate)


if __name__ == "__main__":
    main()
