"""Sound files as samples and back, without the loss of a bit where the format allows it."""

import io

import numpy as np
import pytest
import soundfile

from scoresep.errors import InputError, OutputError, ScoresepWarning
from scoresep.io.audio import AudioFile, check_audio, read_audio, read_mono
from scoresep.io.audio_writer import LOSSLESS, SoundFormat, SoundWriter, stem_format, suffix_of
from scoresep.io.npz import load, save
from scoresep.stages.stft import stft
from scoresep.values import BLOCK, Audio, Spectrogram

BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
RATE = 8000
ODD_NAMES = [
    "a b.wav", "Übung ♯1 左.wav", "-rf.wav", "100%.wav", "%d.wav", "{}.wav", "{0!r}.wav", "it's.wav", "~.wav", "#.wav",
]  # fmt: skip

READERS = pytest.mark.parametrize("read", [read_audio, read_mono, check_audio])


def noise(subtype, *, channels=2, n_samples=1000):
    """Return samples on the grid of a format, full scale and its two ends included."""
    rng = np.random.default_rng(0)
    dtype = np.float64 if subtype in ("PCM_32", "DOUBLE") else np.float32
    if subtype not in BITS:
        return rng.uniform(-1.5, 1.5, (channels, n_samples)).astype(dtype)
    scale = 2 ** (BITS[subtype] - 1)
    whole = rng.integers(-scale, scale, (channels, n_samples))
    whole[:, :5] = -scale, scale - 1, 0, -1, 1
    return (whole / scale).astype(dtype)


def write(path, samples, *, container="WAV", subtype="PCM_16", rate=RATE):
    """Write samples in two stretches."""
    writer = SoundWriter(path, sample_rate=rate, n_channels=len(samples), format=SoundFormat(container, subtype))
    writer.write(samples[:, :300])
    writer.write(samples[:, 300:])
    writer.close()


def silence(subtype="PCM_16", *, channels=1, rate=RATE, n_samples=10):
    return Audio(np.zeros((channels, n_samples), np.float32), rate, subtype)


@pytest.fixture
def song(tmp_path):
    """Return the path of a second of noise."""
    path = tmp_path / "song.wav"
    write(path, noise("PCM_16", n_samples=RATE))
    return path


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        (container, subtype)
        for container in ("WAV", "RF64", "FLAC", "AIFF")
        for subtype in LOSSLESS
        if soundfile.check_format(container, subtype)
    ],
)
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_lossless_formats_keep_every_bit(tmp_path, container, subtype, channels):
    samples = noise(subtype, channels=channels)
    write(tmp_path / "song", samples, container=container, subtype=subtype, rate=11025)
    audio = read_audio(tmp_path / "song")
    assert audio.samples.dtype == samples.dtype
    assert np.array_equal(audio.samples, samples)
    assert (audio.sample_rate, audio.subtype) == (11025, subtype)


@pytest.mark.parametrize(("container", "subtype"), [("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")])
def test_lossy_formats_keep_length_and_level(tmp_path, container, subtype):
    path = tmp_path / f"song{suffix_of(container)}"
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE, dtype=np.float32)[None]
    write(path, samples, container=container, subtype=subtype)
    audio = read_audio(path)
    assert (audio.samples.shape, audio.subtype) == (samples.shape, subtype)
    assert np.abs(audio.samples - samples).mean() < 0.05


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (None, None, slice(0, 8000)),
        (0.25, None, slice(2000, 8000)),
        (None, 0.5, slice(0, 4000)),
        (0.25, 0.5, slice(2000, 4000)),
        (0, 99, slice(0, 8000)),
        (0.99992, 1, slice(7999, 8000)),
    ],
)
def test_part_is_what_the_whole_has_there(song, start, end, span):
    part = read_audio(song, start=start, end=end)
    assert np.array_equal(part.samples, read_audio(song).samples[:, span])


@pytest.mark.parametrize("suffix", ["ogg", "mp3", "flac"])
def test_part_of_a_compressed_file_begins_where_it_should(tmp_path, suffix):
    path = tmp_path / f"song.{suffix}"
    soundfile.write(path, noise("FLOAT", n_samples=RATE).T / 4, RATE)
    whole, part = read_audio(path), read_audio(path, start=0.3, end=0.6)
    assert np.allclose(part.samples, whole.samples[:, 2400:4800], atol=1e-4)


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        (2, None, "no samples from 2 s; the recording is 1.00 s long"),
        (1, None, "no samples from 1 s; "),
        (0.5, 0.25, "no samples from 0.5 s to 0.25 s; "),
        (None, 0, "no samples to 0 s; "),
    ],
)
def test_part_without_samples_says_how_long_the_recording_is(song, start, end, wanted):
    with pytest.raises(InputError, match=rf"song\.wav: {wanted}"):
        read_audio(song, start=start, end=end)


@pytest.mark.parametrize("time", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize("bound", ["start", "end"])
def test_impossible_time_is_the_callers_error(song, bound, time):
    with pytest.raises(ValueError, match="must be finite and not negative"):
        read_audio(song, **{bound: time})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_that_are_no_numbers_are_placed(tmp_path, value, subtype):
    samples = noise(subtype, n_samples=RATE)
    samples[1, [4000, 4100]] = value
    write(tmp_path / "song.wav", samples, subtype=subtype)
    for start in (None, 0.25):
        with pytest.raises(InputError, match=r"song\.wav: has samples that are not finite .*, the first at 0\.500 s"):
            read_audio(tmp_path / "song.wav", start=start)
    with pytest.raises(InputError, match=r"song\.wav: has samples that are not finite numbers, the first at 0\.500 s"):
        read_mono(tmp_path / "song.wav")
    assert read_audio(tmp_path / "song.wav", end=0.5).n_samples == 4000


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("song.wav", b"", "not a sound file that can be read"),
        ("song.wav", b"This is a text, whatever its name says.", "not a sound file that can be read"),
        ("song.wav", b"RIFF\xff\xff\xff\xffWAVEfmt ", "not a sound file that can be read"),
        ("song.raw", b"\0" * 100, "not a sound file that can be read"),
        ("song.mp3", b"\xff\xfb" + b"\0" * 100, "not a sound file that can be read"),
        ("song.m4a", b"\0\0\0\x20ftypM4A ", "can be read .*; convert it to WAV or FLAC first"),
        ("score.mid", b"MThd\0\0\0\6", "can be read .*; this is a score; name the recording first, then the score"),
        ("SONG.MP4", b"\0\0\0\x20ftypisom", "can be read .*; convert it to WAV or FLAC first"),
    ],
)
@READERS
def test_what_is_no_sound_file_is_said_to_be_none(tmp_path, read, name, content, wanted):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=wanted) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_audio, read_mono])
def test_recording_without_samples_is_refused(tmp_path, read):
    soundfile.write(tmp_path / "song.wav", np.zeros((0, 2)), RATE)
    with pytest.raises(InputError, match=r"song\.wav: no samples; the recording is 0\.00 s long"):
        read(tmp_path / "song.wav")


@READERS
def test_missing_recording_is_said_to_be_missing(tmp_path, read):
    with pytest.raises(InputError, match=r"none\.wav: no such file"):
        read(tmp_path / "none.wav")


@READERS
def test_folder_is_no_recording(tmp_path, read):
    with pytest.raises(InputError, match="a folder, not a sound file"):
        read(tmp_path)


def test_a_sound_file_passes_the_check(song):
    check_audio(song)
    check_audio(str(song))


def test_a_long_recording_is_read_in_blocks_without_a_seam(tmp_path):
    samples = noise("PCM_16", n_samples=2 * BLOCK + 5)
    write(tmp_path / "song.wav", samples)
    assert np.array_equal(read_audio(tmp_path / "song.wav").samples, samples)
    part = read_audio(tmp_path / "song.wav", start=1.0)
    assert np.array_equal(part.samples, samples[:, RATE:])


def test_samples_that_are_no_numbers_are_placed_in_any_block(tmp_path):
    samples = noise("FLOAT", n_samples=2 * BLOCK)
    samples[0, BLOCK + 5] = np.nan
    write(tmp_path / "song.wav", samples, subtype="FLOAT")
    with pytest.raises(InputError, match=rf"the first at {(BLOCK + 5) / RATE:.3f} s"):
        read_audio(tmp_path / "song.wav", start=1.0)


@pytest.mark.parametrize("length", [1000, 100, 43, 20, 12, 4])
def test_truncated_recording_is_what_is_left_or_refused(song, length):
    song.write_bytes(song.read_bytes()[:length])
    if length > 44:
        with pytest.warns(ScoresepWarning, match=f"promises 32000 bytes of sound, {length - 44} are there"):
            assert read_audio(song).n_samples == (length - 44) // 4
    else:
        with pytest.raises(InputError, match=r"song\.wav: "):
            read_audio(song)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_are_taken_as_they_are(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    samples = noise("PCM_16")
    write((tmp_path / name).relative_to(tmp_path), samples)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert np.array_equal(read_audio(name).samples, samples)


@pytest.mark.parametrize(
    ("source", "format", "subtype", "wanted"),
    [
        ("PCM_16", None, None, ("WAV", "PCM_16")),
        ("PCM_U8", None, None, ("WAV", "PCM_U8")),
        ("PCM_24", None, None, ("WAV", "PCM_24")),
        ("PCM_32", None, None, ("WAV", "PCM_32")),
        ("FLOAT", None, None, ("WAV", "FLOAT")),
        ("DOUBLE", None, None, ("WAV", "DOUBLE")),
        ("VORBIS", None, None, ("WAV", "FLOAT")),
        ("MPEG_LAYER_III", None, None, ("WAV", "FLOAT")),
        ("ULAW", None, None, ("WAV", "FLOAT")),
        ("PCM_S8", None, None, ("WAV", "PCM_24")),
        ("PCM_16", "flac", None, ("FLAC", "PCM_16")),
        ("FLOAT", "flac", None, ("FLAC", "PCM_24")),
        ("PCM_32", "aiff", None, ("AIFF", "PCM_32")),
        ("PCM_16", None, "float", ("WAV", "FLOAT")),
        ("FLOAT", "WAV", "pcm_24", ("WAV", "PCM_24")),
    ],
)
def test_stems_are_like_the_recording_unless_said(source, format, subtype, wanted):
    assert stem_format(silence(source), format, subtype) == wanted


@pytest.mark.parametrize(
    ("source", "subtype", "wanted"),
    [("PCM_32", None, "PCM_24"), ("FLOAT", "PCM_16", "PCM_16"), ("PCM_24", "PCM_16", "PCM_16")],
)
def test_a_coarser_format_says_that_the_sum_is_rounded(source, subtype, wanted):
    with pytest.warns(ScoresepWarning, match=f"{wanted} is coarser than the recording .{source}.: .* rounded"):
        assert stem_format(silence(source), "flac", subtype) == ("FLAC", wanted)


def test_a_format_that_would_clip_the_recording_is_refused():
    loud = Audio(np.full((1, 10), 4, np.float32), RATE, "FLOAT")
    with pytest.raises(OutputError, match=r"--subtype PCM_24: the recording goes 12\.0 dB above full scale"):
        stem_format(loud, "flac", None)
    assert stem_format(loud, None, None) == ("WAV", "FLOAT")


@pytest.mark.parametrize(("format", "wanted"), [("ogg", ("OGG", "VORBIS")), ("Mp3", ("MP3", "MPEG_LAYER_III"))])
def test_a_lossy_format_says_that_the_sum_is_lost(format, wanted):
    with pytest.warns(ScoresepWarning, match="is lossy: the files will add up to the recording only nearly"):
        assert stem_format(silence("PCM_16"), format, None) == wanted


@pytest.mark.parametrize(
    ("format", "subtype", "audio", "wanted"),
    [
        ("xyz", None, silence(), "--format xyz: there is no such sound format; wanted wav, flac"),
        ("raw", None, silence(), "--format raw: there is no such sound format"),
        ("sd2", None, silence(), "--format sd2: there is no such sound format"),
        ("wav", "PCM_99", silence(), "--subtype PCM_99: WAV does not hold it; wanted PCM_16, PCM_24"),
        ("wav", "vorbis", silence(), "--subtype VORBIS: WAV does not hold it"),
        ("flac", "float", silence(), "--subtype FLOAT: FLAC does not hold it; wanted PCM_S8, PCM_16, PCM_24"),
        ("mp3", None, silence(rate=96000), "--format MP3: does not hold 1 channels at 96000 Hz .*; wav does"),
        ("flac", None, silence(channels=9), "--format FLAC: does not hold 9 channels at 8000 Hz .*; wav does"),
    ],
)
def test_format_that_there_is_not_is_refused(format, subtype, audio, wanted):
    with pytest.raises(OutputError, match=wanted):
        stem_format(audio, format, subtype)


def test_stems_too_large_for_wav_are_rf64():
    samples = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (2, 2**30), (0, 0))
    assert stem_format(Audio(samples, RATE, "PCM_16"), None, None) == ("RF64", "PCM_16")
    assert stem_format(Audio(samples, RATE, "PCM_16"), "flac", None) == ("FLAC", "PCM_16")


@pytest.mark.parametrize(
    ("container", "suffix"), [("WAV", ".wav"), ("RF64", ".wav"), ("FLAC", ".flac"), ("OGG", ".ogg")]
)
def test_suffix_is_that_of_the_container(container, suffix):
    assert suffix_of(container) == suffix


def test_writer_says_what_it_cannot_write(tmp_path):
    with pytest.raises(OutputError, match=r"song\.wav: cannot be written"):
        write(tmp_path / "none" / "song.wav", noise("PCM_16"))
    with pytest.raises(OutputError, match=r"song\.mp3: cannot be written"):
        write(tmp_path / "song.mp3", noise("PCM_16"), container="MP3", subtype="MPEG_LAYER_III", rate=96000)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_samples_may_stay_in_the_file(tmp_path, subtype):
    write(tmp_path / "song.wav", noise(subtype, n_samples=BLOCK + 5000), subtype=subtype)
    whole = read_audio(tmp_path / "song.wav", start=0.1, end=33.0)
    kept = read_audio(tmp_path / "song.wav", start=0.1, end=33.0, in_memory=1000)
    assert isinstance(kept, AudioFile)
    assert not isinstance(whole, AudioFile)
    for name in ("n_channels", "n_samples", "dtype", "sample_rate", "subtype", "duration", "fingerprint"):
        assert getattr(kept, name) == getattr(whole, name), name
    n = kept.n_samples
    for start, stop in ((0, 10), (500, BLOCK + 100), (n - 3, n), (n - 3, n + 50), (n + 5, n + 9), (7, 7)):
        assert np.array_equal(kept.read(start, stop), whole.read(start, stop))
        assert kept.read(start, stop).dtype == whole.dtype
    for found, wanted in zip(kept.blocks(), whole.blocks(), strict=True):
        assert np.array_equal(found, wanted)
    assert np.array_equal(kept.samples, whole.samples)
    assert "song.wav" in repr(kept)


def test_samples_in_the_file_are_checked_when_they_are_met(tmp_path):
    samples = noise("FLOAT")
    samples[0, 700] = np.nan
    write(tmp_path / "song.wav", samples, subtype="FLOAT")
    kept = read_audio(tmp_path / "song.wav", in_memory=10)
    assert np.isfinite(kept.read(0, 700)).all()
    with pytest.raises(InputError, match="not finite numbers"):
        kept.read(600, 800)


def test_a_spectrogram_of_samples_in_the_file_is_saved_with_them(tmp_path):
    write(tmp_path / "song.wav", noise("PCM_16"))
    files = []
    for in_memory in (np.inf, 10):
        audio = read_audio(tmp_path / "song.wav", in_memory=in_memory)
        save(stft(audio, n_fft=64, hop=32), stream := io.BytesIO())
        files.append(stream.getvalue())
    assert files[0] == files[1]
    again = load(io.BytesIO(files[1]), Spectrogram)
    assert np.array_equal(again.audio.samples, read_audio(tmp_path / "song.wav").samples)


def test_errors_of_the_caller_are_not_taken_for_errors_of_the_file(song, monkeypatch):
    def fail(blocks, *_):
        next(blocks())
        raise ValueError("a fault of the caller")

    monkeypatch.setattr("scoresep.io.audio.downmix_blocks", fail)
    with pytest.raises(ValueError, match=r"^a fault of the caller$"):
        read_mono(song)
