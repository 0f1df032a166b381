"""Values refuse what does not fit together, and know their recording."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.values import (
    Alignment,
    Audio,
    Components,
    Decomposition,
    Gates,
    Masks,
    Notes,
    Selection,
    SeparationRecord,
    Spectrogram,
    Stems,
    Transform,
)

SCORE = synth.notes((0.5, 1.0, 64, 1), (0.0, 1.0, 48, 2), (0.0, 0.5, 60, 1))
ZEROS = np.zeros(3)
AUDIO = Audio(np.zeros((2, 100), np.float32), 8000)
COMPONENTS = Components(np.zeros(2, int), np.array([48, 60]), np.zeros(2), np.array(["sustain", "sustain"]))
GATES = Gates(np.arange(3), np.zeros(3, int), np.array(["sustain"] * 3), np.zeros(3, int), np.full(3, 4))
TRANSFORM = Transform(8000, 16, 8, 100)
GOOD = {
    "audio": AUDIO,
    "spectrogram": Spectrogram(np.zeros((2, 9, 4), np.complex64), TRANSFORM, AUDIO),
    "alignment": Alignment(SCORE, ZEROS, ZEROS, ZEROS, 0.0, np.zeros((2, 5)), np.zeros((1, 4)), np.zeros((0, 2)), "f"),
    "components": COMPONENTS,
    "gates": GATES,
    "decomposition": Decomposition(
        np.ones((1, 9, 2, 1)),
        np.ones((2, 4)),
        COMPONENTS,
        SCORE,
        GATES,
        ("piano",),
        np.zeros((4, 3, 2)),
        ZEROS,
        TRANSFORM,
        "f",
    ),
    "stems": Stems(("left", "residual"), np.zeros((2, 1, 5)), np.array([2, -1]), SCORE, 8000, "FLOAT"),
    "selection": Selection(("left", "right"), np.full((2, 3), 0.5), (-1, 2)),
    "masks": Masks(("left", "residual"), np.zeros((2, 1, 9, 4)), np.array([-1, -1]), SCORE, TRANSFORM, "f"),
}

GOOD["record"] = SeparationRecord(GOOD["alignment"], ("left", "right"), np.full((2, 3), 0.5), ZEROS)


@pytest.mark.parametrize(
    ("value", "field", "content", "wanted"),
    [
        ("audio", "samples", np.zeros((1, 2, 100), np.float32), r"samples must have shape \(channels, samples\)"),
        ("audio", "samples", np.zeros((100, 2), np.float32), r"samples must have shape .*, not \(samples, channels\)"),
        ("audio", "samples", np.zeros((1, 100), np.int16), "samples must be floating-point"),
        ("audio", "samples", np.zeros(100, np.int16), "samples must be floating-point"),
        ("audio", "sample_rate", 0, "sample_rate must be positive"),
        ("spectrogram", "stft", np.zeros((1, 9, 4), np.complex64), r"\(2, 9\) \+ \(frames,\)"),
        ("spectrogram", "stft", np.zeros((2, 8, 4), np.complex64), r"shape \(2, 8, 4\)"),
        ("alignment", "score_onset", np.zeros(2), r"score_onset must have one entry a note \(3\)"),
        ("alignment", "score_offset", np.zeros(2), "score_offset"),
        ("alignment", "confidence", np.zeros(4), "confidence"),
        ("alignment", "path", np.zeros((3, 5)), r"path must have shape \(2, any\)"),
        ("alignment", "path", np.zeros(2), "path"),
        ("alignment", "sections", np.zeros((1, 3)), r"sections must have shape \(any, 4\)"),
        ("alignment", "sections", np.zeros(4), "sections"),
        ("alignment", "unmatched", np.zeros((2, 1)), r"unmatched must have shape \(any, 2\)"),
        ("alignment", "unmatched", np.zeros(0), "unmatched"),
        ("components", "pitch", np.zeros(3), "pitch must be as long as instrument"),
        ("gates", "begin", np.zeros(2, int), "begin must be as long as note"),
        ("gates", "shape", np.zeros((2, 2)), "shape must have one row a gate"),
        (
            "decomposition",
            "templates",
            np.ones((1, 9, 3, 1)),
            r"templates must have shape \(channels or 1, 9, 2, taps\)",
        ),
        ("decomposition", "templates", np.ones((1, 9, 2)), "templates"),
        ("decomposition", "activations", np.ones((3, 4)), r"activations must have shape \(2, frames\)"),
        ("decomposition", "notes", SCORE.take(np.array([0])), "the notes of gates must be whole numbers from -1 to 0"),
        ("decomposition", "templates", -np.ones((1, 9, 2, 1)), "must not be negative"),
        ("decomposition", "activations", -np.ones((2, 4)), "must not be negative"),
        ("decomposition", "covariances", np.zeros((3, 3, 2)), r"covariances must have shape \(4, up to 9, 2\)"),
        ("decomposition", "covariances", np.zeros((4, 10, 2)), "covariances"),
        ("decomposition", "covariances", np.zeros((4, 3)), "covariances"),
        ("masks", "shares", np.zeros((3, 1, 9, 4)), "2 groups and 9 bins"),
        ("masks", "filters", np.zeros((2, 2, 2, 10, 4)), r"filters must have shape \(2, 2, 2, up to 9, frames\)"),
        ("masks", "filters", np.zeros((3, 2, 2, 5, 4)), "filters"),
        ("masks", "filters", np.zeros((2, 2, 2, 5, 3)), "filters"),
        ("masks", "filters", np.zeros((2, 2, 5, 4)), "filters"),
        ("masks", "shares", np.zeros((2, 9, 4)), "2 groups and 9 bins"),
        ("masks", "note", np.array([-1]), "note must have one entry a group"),
        ("masks", "names", ("residual", "left"), "last group must be 'residual'"),
        ("stems", "names", ("residual", "left"), "names must end with 'residual'"),
        ("stems", "names", (), "names must end with 'residual'"),
        ("stems", "names", ("residual", "residual"), "names must differ; 'residual' is there twice"),
        ("stems", "names", ("a/b", "residual"), "names must be names that a file can have; 'a/b' is not"),
        ("stems", "samples", np.zeros((3, 2, 5)), r"samples must have shape \(2, channels, samples\)"),
        ("stems", "samples", np.zeros((2, 5)), r"samples must have shape \(2, channels, samples\)"),
        ("stems", "samples", np.zeros((2, 1, 5), int), "samples must be floating-point"),
        ("stems", "note", np.array([-1]), "note must have one entry for each of 2 names"),
        ("stems", "note", np.array([3, -1]), "note must be whole numbers from -1 to 2"),
        ("stems", "sample_rate", 0, "sample_rate must be positive"),
        ("stems", "first_sample", -1, "first_sample must not be negative"),
        ("selection", "names", ("left",), r"weights must have shape \(1, notes\), a row for each name"),
        ("selection", "names", ("left", "left"), "names must differ; 'left' is there twice"),
        ("selection", "names", ("left", ""), "names must be names that a file can have; '' is not"),
        ("selection", "weights", np.ones(3), r"weights must have shape \(2, notes\)"),
        ("selection", "weights", np.ones((2, 3)), "weights must be from 0 to 1 and sum to at most 1"),
        ("selection", "weights", -np.ones((2, 3)), "weights must be from 0 to 1"),
        ("selection", "weights", np.full((2, 3), np.nan), "weights must be from 0 to 1"),
        ("selection", "note", (-1,), "note must have one entry for each of the 2 names"),
        ("selection", "note", (-1, 3), "note must be -1 or the index of one of the 3 notes"),
        ("record", "names", ("left",), r"weights must have shape \(1, 3\)"),
        ("record", "weights", np.ones((2, 2)), r"weights must have shape \(2, 3\)"),
        ("record", "loss", np.float64(3), r"loss must have shape \(iterations \+ 1,\)"),
    ],
)
def test_what_does_not_fit_is_refused(value, field, content, wanted):
    with pytest.raises(ValueError, match=wanted):
        dataclasses.replace(GOOD[value], **{field: content})


@pytest.mark.parametrize("value", GOOD)
def test_values_are_frozen(value):
    field = dataclasses.fields(GOOD[value])[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(GOOD[value], field, None)


def test_columns_of_notes_are_equally_long():
    with pytest.raises(ValueError, match="pitch must be as long as onset"):
        dataclasses.replace(SCORE, pitch=SCORE.pitch[:2])


@pytest.mark.parametrize(
    ("column", "content", "says"),
    [
        ("pitch", np.array([48, 60, 200]), "pitch must be whole numbers from 0 to 127"),
        ("pitch", np.array([48.0, 60.5, 62.0]), "pitch must be whole numbers"),
        ("velocity", np.array([64, 64, 128]), "velocity must be whole numbers from 0 to 127"),
        ("onset", np.array([0.0, np.nan, 0.5]), "onset must be finite"),
        ("offset", np.array([1.0, 0.5, 0.25]), "offset must not be before onset; note 2 lasts from 0.5 to 0.25 s"),
    ],
)
def test_columns_of_notes_are_checked(column, content, says):
    with pytest.raises(ValueError, match=says):
        dataclasses.replace(SCORE, **{column: content})


def test_parts_have_names():
    with pytest.raises(ValueError, match="part 2 has no name among 1"):
        dataclasses.replace(SCORE, part_names=("Right hand",))


def test_notes_are_sorted_by_onset_then_pitch():
    assert SCORE.onset.tolist() == [0.0, 0.0, 0.5]
    assert SCORE.pitch.tolist() == [48, 60, 64]


def test_a_column_that_rows_lack_is_zero():
    assert not SCORE.voice.any()


def test_no_notes_are_notes():
    assert len(Notes.from_rows([], ())) == 0


@pytest.mark.parametrize("index", [np.array([0, 2]), np.array([True, False, True])])
def test_taken_notes_keep_all_columns(index):
    taken = SCORE.take(index)
    for column in Notes.columns():
        np.testing.assert_array_equal(getattr(taken, column), getattr(SCORE, column)[index])
    assert taken.part_names == SCORE.part_names


def test_notes_know_the_name_of_their_part():
    assert [SCORE.part_name(i) for i in range(3)] == ["Left hand", "Right hand", "Right hand"]
    assert synth.notes((0, 1, 60, 0)).part_name(0) == ""


@pytest.mark.parametrize("change", ["sample", "rate", "length", "channels", "type"])
def test_fingerprint_tells_recordings_apart(change):
    samples = synth.tones(SCORE, seconds=1.0, channels=2)
    other, rate = samples.copy(), 8000
    match change:
        case "sample":
            other[1, -1] += 1e-6
        case "rate":
            rate = 8001
        case "length":
            other = other[:, :-1]
        case "channels":
            other = other.reshape(1, -1)
        case "type":
            other = other.astype(np.float64)
    assert Audio(samples, 8000).fingerprint == Audio(samples.copy(), 8000).fingerprint
    assert Audio(samples, 8000).fingerprint != Audio(other, rate).fingerprint


def test_fingerprint_is_of_the_samples_whatever_their_order_in_memory():
    samples = synth.tones(SCORE, seconds=1.0, channels=2)
    assert Audio(np.asfortranarray(samples), 8000).fingerprint == Audio(samples, 8000).fingerprint


def test_duration_is_in_seconds():
    assert (AUDIO.n_samples, AUDIO.duration) == (100, 100 / 8000)


@pytest.mark.parametrize("value", ["spectrogram", "masks"])
def test_a_stretch_knows_its_frames(value):
    assert dataclasses.replace(GOOD[value], first_frame=7).frames == range(7, 11)


def test_components_are_rows():
    assert COMPONENTS.rows() == [(0, 48, 0.0, "sustain"), (0, 60, 0.0, "sustain")]


def test_stems_are_found_by_name():
    samples = np.arange(12.0).reshape(2, 2, 3)
    stems = Stems(("left", "residual"), samples, np.array([-1, -1]), SCORE, 8000, "FLOAT")
    np.testing.assert_array_equal(stems["residual"], samples[1])
    with pytest.raises(KeyError, match="the stems are left, residual"):
        stems["right"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_channel_may_be_a_row(dtype):
    row = np.linspace(-1, 1, 100, dtype=dtype)
    audio = Audio(row, 22050)
    assert (audio.samples.shape, audio.n_channels, audio.n_samples, audio.dtype) == ((1, 100), 1, 100, dtype)
    np.testing.assert_array_equal(audio.samples[0], row)
    assert audio.fingerprint == Audio(row[None], 22050).fingerprint


@pytest.mark.parametrize("shape", [(2, 1), (6, 0), (16, 3), (1, 0)])
def test_few_samples_of_some_channels_are_a_recording(shape):
    assert Audio(np.zeros(shape, np.float32), 8000).n_samples == shape[1]


def test_stretches_of_a_recording_are_read():
    samples = np.arange(20.0).reshape(2, 10)
    audio = Audio(samples, 8000)
    np.testing.assert_array_equal(audio.read(3, 7), samples[:, 3:7])
    np.testing.assert_array_equal(audio.read(8, 12), samples[:, 8:])
    np.testing.assert_array_equal(np.concatenate(list(audio.blocks()), axis=1), samples)
