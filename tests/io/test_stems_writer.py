"""Stems as files: together they are the recording, single notes lie where the table says."""

import csv
import json

import numpy as np
import pytest
import soundfile
from synth import RATE, notes

from scoresep.errors import OutputError
from scoresep.io.audio import read_audio
from scoresep.io.audio_writer import SoundFormat
from scoresep.io.stems_manifest import MANIFEST, MINUS_ONE, NOTES_TABLE
from scoresep.io.stems_reader import read_stems
from scoresep.io.stems_writer import check_stems, write_stem_stretches, write_stems
from scoresep.values import Alignment, Audio, Selection, SeparationRecord, Stems

SCORE = notes((0.1, 0.3, 60, 1), (0.4, 0.6, 48, 2), (0.7, 0.9, 64, 1))
N_SAMPLES = RATE
BITS = {"PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def noise(shape, subtype, seed=0):
    """Return quiet noise on the grid of a format."""
    samples = np.random.default_rng(seed).uniform(-0.2, 0.2, shape)
    if subtype in BITS:
        samples = np.rint(samples * 2 ** (BITS[subtype] - 1)) / 2 ** (BITS[subtype] - 1)
    return samples.astype(np.float64 if subtype in ("PCM_32", "DOUBLE") else np.float32)


def stems_of(recording, sounds, *, note=None, score=SCORE):
    """Return the named sounds, and what they leave of the recording, as stems."""
    samples = np.stack([*sounds.values(), recording.samples - sum(sounds.values())])
    singles = [*(note or [-1] * len(sounds)), -1]
    return Stems((*sounds, "residual"), samples, np.array(singles), score, RATE, recording.subtype)


def part_of(stems, begin, end, names=None):
    """Return a stretch of stems, with some of the groups."""
    kept = [k for k, name in enumerate(stems.names) if names is None or name in (*names, "residual")]
    return Stems(
        tuple(stems.names[k] for k in kept),
        stems.samples[kept, :, begin:end],
        stems.note[kept],
        stems.notes,
        stems.sample_rate,
        stems.subtype,
        begin,
    )


def selection_of(stems):
    """Return the groups of stems as a selection without weights."""
    names = stems.names[:-1]
    return Selection(names, np.zeros((len(names), len(stems.notes))), tuple(stems.note[:-1].tolist()))


def hands(subtype="PCM_16", channels=2):
    """Return a recording and its stems of two hands."""
    recording = Audio(noise((channels, N_SAMPLES), subtype), RATE, subtype)
    sounds = {name: noise((channels, N_SAMPLES), subtype, seed) for seed, name in enumerate(("left", "right"), start=1)}
    return recording, stems_of(recording, sounds)


def single_notes(subtype="PCM_16"):
    """Return a recording and a stem for each of three notes, heard from its onset to its offset; the last is silent."""
    recording = Audio(noise((1, N_SAMPLES), subtype), RATE, subtype)
    sounds = {}
    for i, name in enumerate(("n-1", "n-2", "n-3")):
        begin, end = (round(time[i] * RATE) for time in (SCORE.onset, SCORE.offset))
        sounds[name] = np.zeros_like(recording.samples)
        if i < 2:
            sounds[name][:, begin:end] = 0.25
    return recording, stems_of(recording, sounds, note=[0, 1, 2])


def write(folder, parts, recording, *, container="WAV", subtype=None, **options):
    """Write stretches of stems."""
    last = parts[-1]
    names = {name: number for part in parts for name, number in zip(part.names, part.note.tolist(), strict=True)}
    del names["residual"]
    selection = Selection(tuple(names), np.zeros((len(names), len(last.notes))), tuple(names.values()))
    format = SoundFormat(container, subtype or last.subtype)
    return write_stem_stretches(folder, parts, recording, selection, format=format, **options)


def table(folder):
    with (folder / NOTES_TABLE).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def put_back(folder, summary, recording):
    """Return all files that the summary names, each at its place, added up."""
    total = np.zeros_like(recording.samples, dtype=np.float64)
    for stem in summary["stems"]:
        begin = round(stem["start"] * RATE)
        sound = soundfile.read(folder / stem["file"], always_2d=True)[0].T
        total[:, begin : begin + sound.shape[1]] += sound
    return total


@pytest.mark.parametrize("subtype", BITS)
@pytest.mark.parametrize("channels", [1, 2])
def test_files_are_the_recording_exactly(tmp_path, subtype, channels):
    recording, stems = hands(subtype, channels)
    write(tmp_path / "stems", [stems], recording)
    files = [read_audio(tmp_path / "stems" / f"{name}.wav") for name in ("left", "right", "residual")]
    assert np.array_equal(sum(file.samples for file in files), recording.samples)
    assert {(file.subtype, file.sample_rate) for file in files} == {(subtype, RATE)}


@pytest.mark.parametrize(("container", "subtype"), [("FLAC", "PCM_16"), ("AIFF", "PCM_24"), ("RF64", "PCM_16")])
def test_files_of_other_containers_are_the_recording_too(tmp_path, container, subtype):
    recording, stems = hands(subtype)
    summary = write(tmp_path / "stems", [stems], recording, container=container)
    assert np.array_equal(put_back(tmp_path / "stems", summary, recording), recording.samples)


def test_files_in_floating_point_are_the_recording_within_rounding(tmp_path):
    recording, stems = hands("FLOAT")
    summary = write(tmp_path / "stems", [stems], recording)
    assert np.allclose(put_back(tmp_path / "stems", summary, recording), recording.samples, rtol=0, atol=1e-6)


@pytest.mark.parametrize("stretch", [50, 700, 4000, N_SAMPLES])
def test_stretches_give_the_same_files(tmp_path, stretch):
    recording, stems = hands()
    parts = [part_of(stems, begin, begin + stretch) for begin in range(0, N_SAMPLES, stretch)]
    write(tmp_path / "whole", [stems], recording)
    write(tmp_path / "parts", parts, recording)
    for path in (tmp_path / "whole").glob("*.wav"):
        assert path.read_bytes() == (tmp_path / "parts" / path.name).read_bytes()


def test_group_that_is_left_out_of_a_stretch_is_silent_there(tmp_path):
    recording, stems = hands()
    parts = [part_of(stems, 0, 3000), part_of(stems, 3000, 5000, ["right"]), part_of(stems, 5000, N_SAMPLES)]
    write(tmp_path / "stems", parts, recording)
    left = read_audio(tmp_path / "stems" / "left.wav").samples
    assert not left[:, 3000:5000].any()
    assert np.array_equal(left[:, 5000:], stems["left"][:, 5000:])


@pytest.mark.parametrize("borders", [[], [4000], [2000, 4000], [1000, 2000, 3000, 4000, 5000, 6000, 7000]])
def test_single_notes_are_cropped_to_where_they_sound(tmp_path, borders):
    recording, stems = single_notes()
    bounds = [0, *borders, N_SAMPLES]
    parts = [
        part_of(stems, a, b, [n for n in stems.names if stems[n][:, a:b].any()])
        for a, b in zip(bounds, bounds[1:], strict=False)
    ]
    format = SoundFormat("WAV", "PCM_16")
    summary = write_stem_stretches(tmp_path / "stems", parts, recording, selection_of(stems), format=format)
    first, second, _ = table(tmp_path / "stems")
    assert first == {
        "file": "n-1.wav", "first_sample": "800", "samples": "1600", "onset": "0.1000", "offset": "0.3000",
        "pitch": "60", "velocity": "64", "part": "Right hand",
    }  # fmt: skip
    assert (second["first_sample"], second["samples"], second["part"]) == ("3200", "1600", "Left hand")
    assert read_audio(tmp_path / "stems" / "n-1.wav").n_samples == 1600
    assert np.array_equal(put_back(tmp_path / "stems", summary, recording), recording.samples)


@pytest.mark.parametrize("container", ["WAV", "FLAC", "AIFF"])
def test_note_that_is_never_heard_is_a_file_that_can_be_read(tmp_path, container):
    recording, stems = single_notes()
    summary = write(tmp_path / "stems", [stems], recording, container=container)
    (silent,) = [stem for stem in summary["stems"] if stem["name"] == "n-3"]
    assert not read_audio(tmp_path / "stems" / silent["file"]).samples.any()
    assert (silent["level"], silent["peak"]) == (None, None)


def test_notes_table_lists_the_note_of_each_stem(tmp_path):
    recording, stems = single_notes()
    swapped = Stems(stems.names, stems.samples, np.array([2, 0, 1, -1]), SCORE, RATE, "PCM_16")
    write(tmp_path / "stems", [swapped], recording)
    assert [row["pitch"] for row in table(tmp_path / "stems")] == ["64", "60", "48"]


def test_single_notes_are_as_long_as_the_recording_where_asked(tmp_path):
    recording, stems = single_notes()
    write(tmp_path / "stems", [stems], recording, full_length=True)
    for name in stems.names:
        assert np.array_equal(read_audio(tmp_path / "stems" / f"{name}.wav").samples, stems[name])
    assert not (tmp_path / "stems" / NOTES_TABLE).exists()


def test_groups_need_no_table(tmp_path):
    recording, stems = hands()
    write(tmp_path / "stems", [stems], recording)
    assert {path.name for path in (tmp_path / "stems").iterdir()} == {
        "left.wav",
        "right.wav",
        "residual.wav",
        MANIFEST,
    }


@pytest.mark.parametrize("maker", [hands, single_notes])
def test_minus_one_is_the_recording_without_the_group(tmp_path, maker):
    recording, stems = maker()
    parts = [part_of(stems, 0, 3000), part_of(stems, 3000, N_SAMPLES)]
    write(tmp_path / "stems", parts, recording, minus_one=True)
    for name in stems.names[:-1]:
        without = read_audio(tmp_path / "stems" / MINUS_ONE / f"without-{name}.wav").samples
        assert np.array_equal(without, recording.samples - stems[name])
    assert not (tmp_path / "stems" / MINUS_ONE / "without-residual.wav").exists()


@pytest.mark.parametrize("minus_one", [False, True])
@pytest.mark.parametrize("maker", [hands, single_notes])
def test_manifest_lists_every_file(tmp_path, maker, minus_one):
    recording, stems = maker()
    summary = write(tmp_path / "stems", [stems], recording, minus_one=minus_one)
    manifest = json.loads((tmp_path / "stems" / MANIFEST).read_text(encoding="utf-8"))
    files = {path.relative_to(tmp_path / "stems").as_posix() for path in (tmp_path / "stems").rglob("*.*")}
    assert manifest == summary
    assert set(manifest["files"]) == files - {MANIFEST}


def test_manifest_tells_place_and_level(tmp_path):
    recording = Audio(np.full((2, RATE), 0.5, np.float32), RATE, "PCM_16")
    stems = stems_of(recording, {"left": recording.samples})
    summary = write(tmp_path / "stems", [stems], recording)
    assert summary["stems"] == [
        {"name": "left", "file": "left.wav", "start": 0.0, "seconds": 1.0, "level": -6.02, "peak": -6.02},
        {"name": "residual", "file": "residual.wav", "start": 0.0, "seconds": 1.0, "level": None, "peak": None},
    ]


def test_manifest_says_besides_what_it_is_asked_to(tmp_path):
    recording, stems = hands()
    asked = []
    summary = write(tmp_path / "stems", [stems], recording, about=lambda: asked.append(1) or {"loss": 0.5})
    assert summary["loss"] == 0.5
    assert summary["folder"] == str(tmp_path / "stems")
    assert asked == [1]


def test_second_run_leaves_only_its_own_stems(tmp_path):
    recording, stems = single_notes()
    write(tmp_path / "stems", [stems], recording, minus_one=True)
    (tmp_path / "stems" / "mine.txt").write_text("mine")
    recording, stems = hands()
    write(tmp_path / "stems", [stems], recording, container="FLAC")
    files = {path.name for path in (tmp_path / "stems").rglob("*.*")}
    assert files == {"left.flac", "right.flac", "residual.flac", MANIFEST, "mine.txt"}


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_of_stems_that_stop_half_way(tmp_path, stop):
    recording, stems = single_notes()

    def parts():
        yield part_of(stems, 0, 3000)
        raise stop

    with pytest.raises(stop):
        write_stem_stretches(
            tmp_path / "stems", parts(), recording, selection_of(stems), format=SoundFormat("WAV", "PCM_16")
        )
    assert not list(tmp_path.iterdir())


def test_place_that_cannot_be_written_to_is_named(tmp_path):
    recording, stems = hands()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="stems: cannot be written"):
        write(tmp_path / "file" / "stems", [stems], recording)


@pytest.mark.parametrize("name", ["a b", "Übung ♯1 左", "100%", "{0}", "x" * 120])
def test_names_are_taken_as_they_are(tmp_path, name):
    recording = Audio(noise((1, 100), "PCM_16"), RATE, "PCM_16")
    stems = stems_of(recording, {name: recording.samples})
    write(tmp_path / "stems", [stems], recording, minus_one=True)
    assert np.array_equal(read_audio(tmp_path / "stems" / f"{name}.wav").samples, recording.samples)
    assert (tmp_path / "stems" / MINUS_ONE / f"without-{name}.wav").is_file()


@pytest.mark.parametrize(
    ("format", "subtype"),
    [*((None, subtype) for subtype in (*BITS, "FLOAT")), ("aiff", "PCM_32"), ("flac", "PCM_16"), ("flac", "PCM_24")],
)
def test_stems_can_be_written_in_one_line(tmp_path, format, subtype):
    recording, stems = hands(subtype)
    summary = write_stems(str(tmp_path / "stems"), stems, format=format, minus_one=True)
    if subtype in BITS:
        assert np.array_equal(put_back(tmp_path / "stems", summary, recording), recording.samples)
    found = read_stems(tmp_path / "stems")
    assert found.names == stems.names
    for name in stems.names:
        assert np.array_equal(found[name], stems[name])
    for name in stems.names[:-1]:
        without = read_audio(next((tmp_path / "stems" / MINUS_ONE).glob(f"without-{name}.*"))).samples
        np.testing.assert_allclose(without, recording.samples - stems[name], rtol=0, atol=1e-7)


def test_stretches_can_be_written_in_one_line(tmp_path):
    recording, stems = single_notes()
    parts = [part_of(stems, 0, 3000, ["n-1"]), part_of(stems, 3000, N_SAMPLES, ["n-2"])]
    selection = Selection(stems.names[:-1], np.eye(3, dtype=np.float32), (0, 1, 2))
    summary = write_stems(tmp_path / "stems", iter(parts), recording=recording, selection=selection)
    assert np.array_equal(put_back(tmp_path / "stems", summary, recording), recording.samples)
    assert [row["pitch"] for row in table(tmp_path / "stems")] == ["60", "48", "64"]


def test_stretches_need_their_recording_and_their_groups(tmp_path):
    recording, stems = hands()
    with pytest.raises(ValueError, match=r"need recording=\.\.\. and selection="):
        write_stems(tmp_path / "stems", [stems])
    other = Selection(("left",), np.ones((1, 3)), (-1,))
    with pytest.raises(ValueError, match=r"a stretch has stems of \['right'\]; the groups are \['left'\]"):
        write_stems(tmp_path / "stems", [stems], recording=recording, selection=other)
    with pytest.raises(ValueError, match="no stretches"):
        write_stems(tmp_path / "stems", [], recording=recording, selection=other)
    with pytest.raises(ValueError, match="begin at sample 3000"):
        write_stems(tmp_path / "stems", part_of(stems, 3000, N_SAMPLES))
    assert not list(tmp_path.iterdir())


def test_stems_are_not_replaced_unasked(tmp_path):
    _, stems = hands()
    write_stems(tmp_path / "stems", stems)
    with pytest.raises(OutputError, match="overwrite=True replaces its stems"):
        write_stems(tmp_path / "stems", stems)
    write_stems(tmp_path / "stems", stems, format="flac", overwrite=True)
    assert {path.suffix for path in (tmp_path / "stems").iterdir()} == {".flac", ".json"}


FOREIGN = ["left.wav", "residual.wav", "minus-one/without-left.wav", "minus-one", "extra.html", "notes.csv", MANIFEST]


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_somebody_are_found_before_the_work(tmp_path, name):
    recording, stems = single_notes() if name == "notes.csv" else hands()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    options = {"format": SoundFormat("WAV", "PCM_16"), "minus_one": True, "extra": ["extra.html"]}
    with pytest.raises(OutputError, match=f"{name}: is there already, but not made by scoresep"):
        check_stems(tmp_path, recording, selection_of(stems), SCORE, **options)
    (tmp_path / name).rename(tmp_path / "elsewhere")
    check_stems(tmp_path, recording, selection_of(stems), SCORE, **options)


def test_files_of_an_earlier_run_may_be_replaced(tmp_path):
    recording, stems = single_notes()
    format = SoundFormat("WAV", "PCM_16")
    write(tmp_path / "stems", [stems], recording, minus_one=True)
    check_stems(tmp_path / "stems", recording, selection_of(stems), SCORE, format=format, minus_one=True)


def test_record_of_the_separation_lies_among_the_stems(tmp_path):
    _, stems = hands()
    zeros = np.zeros(3)
    alignment = Alignment(SCORE, zeros, zeros, zeros, 0.0, np.zeros((2, 1)), np.zeros((1, 4)), np.zeros((0, 2)), "f")
    record = SeparationRecord(alignment, ("left", "right"), np.full((2, 3), 0.5), np.arange(4.0))
    assert "separation.npz" in write_stems(tmp_path / "stems", stems, record=record)["files"]
    assert read_stems(tmp_path / "stems").record.loss.tolist() == [0, 1, 2, 3]
    (tmp_path / "stems/separation.npz").rename(tmp_path / "stems/account.npz")
    assert read_stems(tmp_path / "stems").record.loss.tolist() == [0, 1, 2, 3]
    (tmp_path / "stems/account.npz").unlink()
    assert read_stems(tmp_path / "stems").record is None
