"""A. Recordings that are missing, damaged, odd or degenerate; the names say the fault, the bodies what comes of it."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import synth

from scoresep.cli.main import run

SEPARATE = ["separate", "song.wav", "score.mid", "-o", "out"]
pytestmark = pytest.mark.filterwarnings("always::scoresep.errors.ScoresepWarning")


def change(function, subtype="FLOAT", rate=synth.RATE):
    """Replace song.wav by what a function makes of its samples, shape (samples, 1)."""
    samples, _ = soundfile.read("song.wav", dtype="float32", always_2d=True)
    soundfile.write("song.wav", function(samples), rate, subtype)


def stems(folder="out"):
    """Return the samples of each file in a folder of stems by its name."""
    return {path.stem: soundfile.read(path, always_2d=True)[0] for path in sorted(Path(folder).glob("*.wav"))}


def assert_sum(folder="out", tolerance=1e-6):
    """Assert that the files add up to the recording, with its length, channels and rate."""
    recording, rate = soundfile.read("song.wav", always_2d=True)
    found = stems(folder)
    assert set(found) == {"left", "right", "residual"}
    assert soundfile.info(f"{folder}/left.wav").samplerate == rate
    assert np.abs(sum(found.values()) - recording).max() <= tolerance * max(np.abs(recording).max(), 1)
    assert all(np.isfinite(samples).all() for samples in found.values())


def test_01_missing_recording(answer):
    """A recording that is missing, a folder or unreadable."""
    answer(["separate", "none.wav", "score.mid"], status=1, says="none.wav: no such file")
    answer(["separate", ".", "score.mid"], status=1, says=".: a folder, not a sound file")


def test_01_unreadable_recording(song, answer, monkeypatch):
    """A recording that is missing, a folder or unreadable."""
    opened = Path.open

    def deny(path, *args, **kwargs):
        if path.name == "song.wav":
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", deny)
    answer(SEPARATE, status=1, says="song.wav: not a sound file that can be read (Permission denied)")


@pytest.mark.parametrize("content", [b"", b"dear reader, I am no sound file " * 10])
def test_02_text_or_nothing_for_a_recording(song, answer, content):
    """A file of 0 bytes, or text with the suffix .wav."""
    Path("song.wav").write_bytes(content)
    answer(SEPARATE, status=1, says="song.wav: not a sound file that can be read")


def test_03_header_without_samples(answer):
    """A sound header, but no samples."""
    change(lambda samples: samples[:0])
    answer(SEPARATE, status=1, says="song.wav: no samples; the recording is 0.00 s long")
    assert not Path("out").exists()


@pytest.mark.parametrize("n_samples", [100, 1])
def test_04_shorter_than_a_window(answer, n_samples):
    """A recording shorter than one window, or a single sample."""
    change(lambda samples: samples[2000 : 2000 + n_samples])
    answer(SEPARATE)
    assert_sum()


def test_05_digital_silence(answer):
    """Digital silence."""
    change(np.zeros_like, "PCM_16")
    assert "the recording is silent; the score stays where it is" in answer(SEPARATE).warnings
    assert_sum()
    assert not any(samples.any() for samples in stems().values())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_06_samples_that_are_no_numbers(answer, bad):
    """Samples that are NaN or infinite: refused, since nothing can be put in their place that was not guessed."""
    change(lambda samples: np.where(np.arange(len(samples))[:, None] == 3000, bad, samples))
    answer(SEPARATE, status=1, says="not finite numbers, the first at 0.375 s")


def test_06_samples_beyond_all_measure(answer):
    """Samples that are NaN or infinite: refused, since nothing can be put in their place that was not guessed."""
    change(lambda samples: samples * np.float32(1e30))
    answer(SEPARATE, status=1, says="song.wav: has samples beyond 1e+10, the first at 0.2")


def test_07_clipped_recording(answer):
    """A recording that is clipped already."""
    change(lambda samples: np.clip(20 * samples, -1, 1), "PCM_16")
    assert any("song.wav: is clipped at 4" in warning for warning in answer(SEPARATE).warnings)
    assert_sum(tolerance=0)


def test_08_peaks_above_full_scale(answer):
    """Peaks 12 dB above full scale, in floating point: stems are float too; PCM, which would cut them, is refused."""
    change(lambda samples: samples / np.abs(samples).max() * 4)
    answer(SEPARATE)
    assert_sum()
    words = ["separate", "song.wav", "score.mid", "-o", "pcm", "--format", "flac"]
    answer(words, status=1, says="the recording goes 12.0 dB above full scale")


def test_09_constant_offset(answer):
    """A constant offset, or nothing but a constant."""
    change(lambda samples: samples + 0.5)
    answer(SEPARATE)
    assert_sum()
    change(np.ones_like)
    assert "the recording is silent; the score stays where it is" in answer([*SEPARATE, "--overwrite"]).warnings
    assert_sum()


def test_10_cut_off_wav_or_lying_header(answer):
    """A WAV file that is cut off, or whose header claims 4 GB: what is there is used."""
    content = Path("song.wav").read_bytes()
    Path("song.wav").write_bytes(content[:40] + b"\xff" * 4 + content[44:])
    assert any(
        "promises 4294967295 bytes of sound, 128000 are there" in warning for warning in answer(SEPARATE).warnings
    )
    assert_sum(tolerance=0)
    Path("song.wav").write_bytes(content[:100_000])
    found = answer([*SEPARATE, "--overwrite"])
    assert any("promises 128000 bytes of sound, 99956 are there" in warning for warning in found.warnings)
    assert_sum(tolerance=0)


def test_11_cut_off_flac_or_mp3(song, answer):
    """A FLAC file that is cut off is refused, it has lost its sum; an MP3 is used as far as it goes."""
    samples, rate = soundfile.read("song.wav", always_2d=True)
    soundfile.write("song.flac", samples, rate)
    Path("song.flac").write_bytes(Path("song.flac").read_bytes()[:40_000])
    answer(["separate", "song.flac", "score.mid"], status=1, says="song.flac: not a sound file that can be read")
    soundfile.write("song.mp3", samples, rate)
    Path("song.mp3").write_bytes(Path("song.mp3").read_bytes()[:10_000])
    found = answer(["separate", "song.mp3", "score.mid", "-o", "out"])
    assert any("song.mp3: of 8.00 s of sound only 3." in warning for warning in found.warnings)


def test_12_format_that_needs_a_decoder(song, answer):
    """A format that libsndfile does not read, under an innocent name or one that means something to other programs."""
    for name in ("song.m4a", "-i.m4a", "concat:a|b.m4a", "|echo.m4a"):
        Path(name).write_bytes(b"\0\0\0\x20ftypM4A " + bytes(range(200)))
        answer(["separate", "--", name, "score.mid"], status=1, says="convert it to WAV or FLAC first")


@pytest.mark.parametrize(("rate", "channels"), [(8000, 6), (22050, 1), (48000, 2), (96000, 1), (192000, 1), (8000, 9)])
def test_13_any_rate_and_channels(song, answer, rate, channels):
    """Rates from 8 to 192 kHz, one, two, six or nine channels."""
    notes = synth.duet()
    samples = synth.tones(notes, rate=rate, channels=channels) * (1 + np.arange(channels)[:, None]) / channels
    soundfile.write("song.wav", samples[:, : 4 * rate].T, rate, "PCM_16")
    answer([*SEPARATE, "--iterations", "3"])
    assert_sum(tolerance=0)


def test_14_spectrogram_of_another_rate(song, answer):
    """Masks of the same sound at another sample rate."""
    samples, _ = soundfile.read("song.wav")
    soundfile.write("other.wav", samples, 2 * synth.RATE, "PCM_16")
    words = "stft song.wav -o s.npz align score.mid decompose --iterations 1 -o p.npz mask -o m.npz"
    assert run(words.split()) == 0
    assert run("stft other.wav -o o.npz".split()) == 0
    answer("render o.npz m.npz -o out", status=1, says="the masks are of another recording")
    answer("decompose o.npz score.mid -o x.npz", status=1)


def test_15_eight_hours(song, answer):
    """Eight hours of sound: refused with an estimate before anything is read."""
    header = bytearray(Path("song.wav").read_bytes()[:44])
    header[40:44] = (8 * 3600 * synth.RATE * 2).to_bytes(4, "little")
    Path("song.wav").write_bytes(header)
    os.truncate("song.wav", 44 + 8 * 3600 * synth.RATE * 2)
    answer(SEPARATE, status=1, says="song.wav: 8.0 hours need about 6.5 GB of memory; allow it with --max-memory 7G")


ODD_NAMES = [
    "a b.wav",
    "Übung 左.wav",
    "-rf.wav",
    "100%.wav",
    "{stem}{0.__class__}.wav",
    "new\nline.wav",
    "y" * 240 + ".wav",
    os.fsdecode(b"\xff\xfe.wav"),
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_16_odd_names(song, answer, name):
    """Spaces, line breaks, leading dashes, braces, long names and bytes that are no text in file names."""
    shutil.move("song.wav", name)
    found = answer(["separate", "-o", "out", "--iterations", "1", "--", name, "score.mid"], in_process=False)
    assert len(found.out.split()) == 3
    summary = answer(
        ["separate", "-o", "other", "--iterations", "1", "--json", "--", name, "score.mid"], in_process=False
    )
    assert json.loads(summary.out)["recording"] == name


def test_16_odd_name_of_the_folder(song, answer):
    """Spaces, line breaks, leading dashes, braces, long names and bytes that are no text in file names."""
    folder = os.fsdecode(b"\xff out")
    answer(["separate", "song.wav", "score.mid", "-o", folder, "--iterations", "1"], in_process=False)
    assert (Path(folder) / "left.wav").exists()


def test_17_pipe_for_a_recording(song, answer):
    """A named pipe or standard input for the recording: refused at once, since it is read more than once."""
    os.mkfifo("pipe.wav")
    answer(["separate", "pipe.wav", "score.mid"], status=1, says="pipe.wav: not a plain file")
    answer(["separate", "-", "score.mid"], status=1, says="-: standard input is not read as a sound file; name a file")
    for words in (
        "separate song.wav score.mid --groups pipe.wav",
        "separate --manifest pipe.wav",
        "plot pipe.wav -o x.png",
    ):
        answer(words, status=1, says="not a plain file")


def test_warnings_are_shown_once_and_are_in_the_summary(song, capsys):
    change(lambda samples: np.clip(20 * samples, -1, 1), "PCM_16")
    assert run([*SEPARATE, "--json", "--iterations", "1"]) == 0
    printed = capsys.readouterr()
    shown = [line.removeprefix("scoresep: warning: ") for line in printed.err.splitlines()]
    assert len(set(shown)) == len(shown)
    assert json.loads(printed.out)["warnings"] == shown
    assert any("is clipped at" in line for line in shown)
