"""A file gives its value back, or one line that says why not."""

import dataclasses
import io
import tracemalloc
import zipfile
from functools import cache

import numpy as np
import pytest
import synth

from scoresep.errors import FormatError
from scoresep.io.npz import KINDS, load, load_any, save
from scoresep.mosaicing.mosaic import MosaicOptions, find_mosaic
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.stft import stft
from scoresep.values import Alignment, Beats, Decomposition, Masks, SeparationRecord, Spectrogram

BEATS = Beats(np.array([0.0, 0.5, 1.0]), np.array([1, 1, 2]), np.array([1, 2, 1]))
SCORE = dataclasses.replace(synth.notes((0.1, 0.5, 60, 1), (0.3, 0.8, 64, 2)), bar=np.array([1, 1]), beats=BEATS)
AUDIO = synth.recording(SCORE, seconds=1.0)


#: Keys that were added later: files without them are read.
NEWER = ("hand", "lyrics", "bar", "is_partial", "duration", "is_voiced", "singer_parts", "played_velocity")


@cache
def values():
    """Return a small value of each kind."""
    spectrogram = stft(AUDIO, n_fft=64, hop=32)
    alignment = align(AUDIO, SCORE)
    decomposition = decompose(spectrogram, alignment, iterations=2)
    selection = select(None, alignment.notes)
    masks = mask(decomposition, selection)
    record = SeparationRecord(alignment, selection.names, selection.weights, decomposition.loss)
    mosaic = find_mosaic(AUDIO, AUDIO, options=MosaicOptions(iterations=2))
    return dict(zip(KINDS, (spectrogram, alignment, decomposition, masks, record, mosaic), strict=True))


def packed(value):
    """Return the bytes of a value's file."""
    stream = io.BytesIO()
    save(value, stream)
    return stream.getvalue()


@cache
def files():
    """Return the file of each of these values."""
    return {kind: packed(value) for kind, value in values().items()}


def array_bytes(array):
    """Return an array as a member of an archive."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), allow_pickle=True)
    return stream.getvalue()


def declared(shape, descr="<f8"):
    """Return the header of an array without its data."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


def edited(kind, key, member, compression=zipfile.ZIP_STORED):
    """Return a file with another content under a key, or without the key."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files()[kind])) as source, zipfile.ZipFile(stream, "w", compression) as target:
        assert f"{key}.npy" in source.namelist()
        for name in source.namelist():
            content = member if name == f"{key}.npy" else source.read(name)
            if content is not None:
                target.writestr(name, content)
    return stream.getvalue()


def value_or_message(data):
    """Return the value that a file holds, or the message with which it is refused."""
    try:
        return load_any(io.BytesIO(data))
    except FormatError as error:
        return str(error)


def refusal(data):
    """Return the message with which a file is refused."""
    with pytest.raises(FormatError) as caught:
        load_any(io.BytesIO(data), name="song.npz")
    message = str(caught.value)
    assert message.startswith("song.npz: ")
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_comes_back_as_it_was(kind):
    again = load(io.BytesIO(files()[kind]), KINDS[kind])
    assert type(again) is KINDS[kind]
    assert packed(again) == files()[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_written_the_same_to_a_path(kind, tmp_path):
    for path in (tmp_path / "value.npz", str(tmp_path / "value.npz")):
        save(values()[kind], path)
        assert packed(load(path, KINDS[kind])) == files()[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_reads_every_key_without_pickle(kind):
    with np.load(io.BytesIO(files()[kind]), allow_pickle=False) as file:
        arrays = {key: file[key] for key in file}
    assert (str(arrays["kind"]), int(arrays["version"])) == (kind, 3)
    assert str(arrays["fingerprint"]) == AUDIO.fingerprint
    assert {field.name for field in dataclasses.fields(KINDS[kind])} <= {key.partition(".")[0] for key in arrays}


def test_numpy_may_have_written_the_file():
    with np.load(io.BytesIO(files()["masks"])) as file:
        arrays = dict(file)
    for write in (np.savez, np.savez_compressed):
        stream = io.BytesIO()
        write(stream, **arrays)
        assert packed(load(io.BytesIO(stream.getvalue()), Masks)) == files()["masks"]


def test_values_without_a_file_are_a_callers_mistake():
    with pytest.raises(ValueError, match="Notes has no file"):
        save(SCORE, io.BytesIO())
    with pytest.raises(ValueError, match="Notes has no file"):
        load(io.BytesIO(files()["masks"]), type(SCORE))


def test_another_kind_is_refused_with_its_maker():
    with pytest.raises(FormatError, match=r"holds masks; wanted alignment, made by 'scoresep align'"):
        load(io.BytesIO(files()["masks"]), Alignment)


@pytest.mark.parametrize("version", [1, "1\n2", np.arange(40).reshape(20, 2)])
def test_another_version_is_refused(version):
    assert "this scoresep reads version 3" in refusal(edited("masks", "version", array_bytes(version)))


def test_an_archive_of_something_else_is_refused():
    stream = io.BytesIO()
    np.savez(stream, spam=np.zeros(3))
    assert "none of scoresep's" in refusal(stream.getvalue())


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_files_are_refused(kind):
    whole = files()[kind]
    for length in (*np.linspace(0, len(whole) - 2, 50).astype(int), len(whole) - 1):
        refusal(whole[:length])


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_byte_is_refused_or_changes_nothing(kind):
    rng = np.random.default_rng(7)
    for place, flip in zip(rng.integers(len(files()[kind]), size=100), rng.integers(1, 256, size=100), strict=True):
        data = bytearray(files()[kind])
        data[place] ^= flip
        found = value_or_message(data)
        assert len(found.splitlines()) == 1 if isinstance(found, str) else packed(found) == files()[kind]


@pytest.mark.parametrize(
    ("kind", "field"), [("spectrogram", "stft"), ("decomposition", "activations"), ("masks", "shares")]
)
def test_a_flipped_byte_in_an_array_is_refused(kind, field):
    content = getattr(values()[kind], field).tobytes()
    start = files()[kind].index(content)
    for place in np.linspace(start, start + len(content) - 1, 20).astype(int):
        data = bytearray(files()[kind])
        data[place] ^= 1
        assert "Bad CRC" in refusal(data)


def test_nothing_is_unpickled():
    assert "pickled" in refusal(edited("masks", "shares", array_bytes(np.array([{}], object))))


@pytest.mark.parametrize("data", [b"spam", b"PK\x05\x06", b"\x93NUMPY", b"x" * 70000, bytes(1000)])
def test_what_is_no_archive_is_refused(data):
    assert "not a sound .npz file" in refusal(data)


def test_an_archive_with_something_after_it_is_refused():
    assert "not a sound .npz file" in refusal(files()["masks"] + b"x" * 70000)


def test_an_empty_stream_blames_the_command_before():
    assert "empty; the command before has failed" in refusal(b"")


def test_an_empty_file_a_folder_and_no_file_are_refused(tmp_path):
    (tmp_path / "empty.npz").touch()
    for name, reason in (("empty.npz", "not a sound"), ("", "a folder, not an .npz"), ("none.npz", "no such file")):
        with pytest.raises(FormatError, match=reason):
            load(tmp_path / name, Masks)


@pytest.mark.parametrize(
    "header",
    [declared((10**12,)), declared((10**6, 10**6)), declared((10**12,), "<U0"), declared((2**63,)), declared((-1, -1))],
)
def test_a_huge_declared_shape_takes_no_memory(header):
    data = edited("masks", "shares", header)
    tracemalloc.start()
    refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * len(data)


def test_a_member_that_unpacks_to_more_than_memory_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("shares.npy", declared((10**12,)))
        archive.filelist[0].file_size = 8 * 10**12 + 128
    assert "unpacks to 8000000000128 bytes" in refusal(stream.getvalue())


def test_a_directory_that_lies_about_sizes_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("shares.npy", declared((10**12,)))
        archive.filelist[0].file_size = archive.filelist[0].compress_size = 8 * 10**12 + 128
    refusal(stream.getvalue())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("spectrogram", "stft"),
        ("spectrogram", "audio.samples"),
        ("spectrogram", "transform.hop"),
        ("alignment", "notes.onset"),
        ("alignment", "tuning"),
        ("decomposition", "activations"),
        ("masks", "shares"),
        ("masks", "first_frame"),
    ],
)
def test_numbers_that_are_not_finite_are_refused(kind, key, bad):
    with np.load(io.BytesIO(files()[kind])) as file:
        array = np.array(file[key], np.result_type(file[key], np.float32))
    array.flat[-1] = bad
    assert f"'{key}' has values that are not finite" in refusal(edited(kind, key, array_bytes(array)))


def test_files_without_bars_and_beats_are_read():
    """Files of earlier versions have neither."""
    with np.load(io.BytesIO(files()["alignment"])) as file:
        arrays = {key: file[key] for key in file if key != "notes.bar" and not key.startswith("beats.")}
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    found = load(io.BytesIO(stream.getvalue()), Alignment)
    assert found.beats is None
    assert found.notes.bar.tolist() == [-1, -1]
    assert found.score_onset.tolist() == values()["alignment"].score_onset.tolist()


def test_beats_are_given_back():
    found = load(io.BytesIO(files()["alignment"]), Alignment)
    for name in ("time", "bar", "beat", "bar_index"):
        assert getattr(found.beats, name).tolist() == getattr(BEATS, name).tolist()
    assert found.notes.bar.tolist() == [1, 1]
    assert found.notes.beats is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_missing_key_is_named(kind):
    with zipfile.ZipFile(io.BytesIO(files()[kind])) as archive:
        keys = [name.removesuffix(".npy") for name in archive.namelist()]
    for key in set(keys) - {"kind", "version", "fingerprint"}:
        if key.rpartition(".")[2] in NEWER or key.startswith(("beats.", "alignment.beats.")):
            continue
        assert f"'{key}' is missing" in refusal(edited(kind, key, None))


@pytest.mark.parametrize(
    ("kind", "key"),
    [("alignment", "notes.hand"), ("decomposition", "notes.hand"), ("separation", "alignment.notes.hand")],
)
def test_files_from_before_there_were_hands_are_read(kind, key):
    found = load(io.BytesIO(edited(kind, key, None)), KINDS[kind])
    notes = getattr(found, "alignment", found).notes
    assert notes.hand.tolist() == [0] * len(notes)


@pytest.mark.parametrize("key", ["templates", "activations"])
def test_negative_factors_are_refused(key):
    array = -getattr(values()["decomposition"], key)
    assert "must not be negative" in refusal(edited("decomposition", key, array_bytes(array)))


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_shapes_are_refused(kind):
    with np.load(io.BytesIO(files()[kind])) as file:
        arrays = {key: array for key, array in dict(file).items() if array.ndim and key != "loss"}
    for key, array in arrays.items():
        assert f"not a sound {kind}" in refusal(edited(kind, key, array_bytes(array[None])))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["[" * 100_000, "[", "3", "null", "é"])
def test_broken_text_is_refused(kind, text):
    keys = {
        "spectrogram": "transform.n_fft",
        "alignment": "notes.part_names",
        "decomposition": "options",
        "masks": "names",
        "separation": "names",
        "mosaic": "transform.n_fft",
    }
    assert f"not a sound {kind}" in refusal(edited(kind, keys[kind], array_bytes(text)))


def test_options_come_back_with_their_types():
    again = load(io.BytesIO(files()["decomposition"]), Decomposition)
    assert again.options == values()["decomposition"].options
    assert again.options["iterations"] == 2


def test_the_remedy_ends_the_message():
    with pytest.raises(FormatError, match=r"wanted spectrogram, made by 'scoresep stft'$"):
        load(io.BytesIO(b"spam"), Spectrogram)


@pytest.mark.parametrize("kind", ["alignment", "separation"])
def test_files_of_version_1_are_read_where_nothing_has_changed(kind):
    data = edited(kind, "version", array_bytes(1))
    assert packed(load(io.BytesIO(data), KINDS[kind])) == files()[kind]


def test_files_of_the_old_kind_are_read():
    data = edited("separation", "kind", array_bytes("account"))
    assert packed(load(io.BytesIO(data), SeparationRecord)) == files()["separation"]
