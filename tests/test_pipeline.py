"""The whole way from a recording and a score to stems, in Python."""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
import synth

import scoresep
from scoresep.io.note_table import write_notes
from scoresep.pipeline import plan_separation, read_score_file

SCORE = synth.duet()
AUDIO = synth.recording(SCORE, subtype="PCM_16", channels=2)
HANDS = {"left": {"part": "Left hand"}, "right": {"part": "Right hand"}}


@pytest.fixture(scope="module")
def separation():
    return scoresep.separate(AUDIO, SCORE, groups=HANDS)


def test_stems_add_up_to_the_recording(separation):
    assert separation.stems.names == ("left", "right", "residual")
    assert np.array_equal(separation.stems.samples.sum(axis=0), AUDIO.samples)


def test_stems_resemble_the_hands(separation):
    for part, hand in ((2, "left"), (1, "right")):
        true = synth.tones(SCORE.take(SCORE.part == part))
        error = separation.stems[hand][:1] - true
        assert 10 * np.log10(np.sum(true**2) / np.sum(error**2)) > 10


def test_one_word_gives_the_bits_of_the_stages(separation):
    spectrogram = scoresep.stft(AUDIO)
    alignment = scoresep.align(AUDIO, SCORE)
    decomposition = scoresep.decompose(spectrogram, alignment)
    masks = scoresep.mask(decomposition, scoresep.select(scoresep.read_groups(HANDS), alignment.notes))
    stems = scoresep.render(spectrogram, masks)
    assert stems.samples.tobytes() == separation.stems.samples.tobytes()


def test_progress_is_reported_in_order():
    seen = []
    scoresep.separate(AUDIO, SCORE, iterations=3, on_progress=lambda *report: seen.append(report))
    assert list(dict.fromkeys(stage for stage, *_ in seen)) == ["align", "decompose", "render"]
    assert [(done, total) for stage, done, total, _ in seen if stage == "decompose"] == [(1, 3), (2, 3), (3, 3)]


def test_an_option_that_no_stage_has_is_refused():
    with pytest.raises(TypeError, match="no option nfft"):
        scoresep.separate(AUDIO, SCORE, nfft=1024)


def test_a_mistake_in_the_groups_costs_nothing(monkeypatch):
    monkeypatch.setattr("scoresep.pipeline.align", lambda *_, **__: pytest.fail("it went on"))
    with pytest.raises(scoresep.InputError, match="names part 'Cello'"):
        scoresep.separate(AUDIO, SCORE, groups={"x": {"part": "Cello"}})


def test_public_names_are_there():
    assert all(getattr(scoresep, name) is not None for name in dir(scoresep))


@pytest.fixture(scope="module")
def table(separation, tmp_path_factory):
    """Give the path of the table of the aligned notes."""
    path = tmp_path_factory.mktemp("table") / "notes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        write_notes(separation.alignment, file)
    return path


def test_an_alignment_stands_for_the_score(separation):
    again = scoresep.separate(AUDIO, separation.alignment, groups=HANDS)
    assert again.alignment is separation.alignment
    assert again.stems.samples.tobytes() == separation.stems.samples.tobytes()


@pytest.mark.parametrize("kind", [str, Path])
def test_a_table_stands_for_the_score(separation, table, kind):
    again = scoresep.separate(AUDIO, kind(table), groups=HANDS)
    assert np.allclose(again.alignment.notes.onset, separation.alignment.notes.onset, rtol=0, atol=0.000051)
    for found, wanted in zip(again.stems.samples, separation.stems.samples, strict=True):
        assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.999


def test_a_table_that_was_read_stands_for_the_score(separation, table):
    alignment = scoresep.read_notes(table)
    early = dataclasses.replace(
        alignment, notes=dataclasses.replace(alignment.notes, onset=alignment.notes.onset - 0.1)
    )
    again = scoresep.separate(AUDIO, early, groups=HANDS, iterations=1)
    assert np.array_equal(again.decomposition.notes.onset, early.notes.onset)
    assert np.array_equal(again.stems.samples.sum(axis=0), AUDIO.samples)


def test_an_alignment_of_another_recording_is_refused(separation):
    other = scoresep.Audio(AUDIO.samples[:, :-1], AUDIO.sample_rate, AUDIO.subtype)
    with pytest.raises(scoresep.StaleError, match="another recording"):
        scoresep.separate(other, separation.alignment)


def test_a_table_is_not_aligned_again(table, monkeypatch):
    monkeypatch.setattr("scoresep.pipeline.align", lambda *_, **__: pytest.fail("it was"))
    seen = []
    scoresep.separate(AUDIO, table, iterations=1, on_progress=lambda *report: seen.append(report))
    assert list(dict.fromkeys(stage for stage, *_ in seen)) == ["align", "decompose", "render"]


def test_times_in_groups_of_a_table_are_checked_first(table, monkeypatch):
    monkeypatch.setattr("scoresep.pipeline.decompose", lambda *_, **__: pytest.fail("it went on"))
    with pytest.raises(scoresep.InputError, match="the notes begin between"):
        scoresep.separate(AUDIO, table, groups={"late": {"time": "1:00.."}})


def test_anchors_hold_the_notes(separation):
    at = np.flatnonzero(separation.alignment.score_onset == 3.2)
    anchors = np.array([[0.2, 0.2], [3.2, 3.3]])
    moved = scoresep.separate(AUDIO, SCORE, groups=HANDS, anchors=anchors, iterations=1).alignment
    assert np.allclose(moved.notes.onset[moved.score_onset == 3.2], 3.3)
    assert np.allclose(separation.alignment.notes.onset[at], 3.2, atol=0.02)


@pytest.mark.parametrize(
    "anchors",
    [
        [1.0, 2.0],
        [[1.0, 2.0, 3.0]],
        [[np.nan, 1.0]],
        [[1.0, np.inf]],
        [[2.0, 3.0], [3.0, 1.0]],
        [[1.0, 1.0], [2.0, 1.0]],
    ],
)
def test_malformed_anchors_are_refused(anchors):
    with pytest.raises((ValueError, scoresep.InputError), match="anchor"):
        scoresep.separate(AUDIO, SCORE, anchors=np.array(anchors), iterations=0)


def test_no_anchors_are_as_good_as_none(separation):
    alignment = scoresep.align(AUDIO, SCORE, anchors=np.zeros((0, 2)))
    assert np.array_equal(alignment.notes.onset, separation.alignment.notes.onset)


@pytest.mark.filterwarnings("ignore:.* notes lie outside of the recording")
def test_a_score_of_something_else_is_refused():
    other = synth.notes(*((0.2 + 0.3 * k, 0.45 + 0.3 * k, 37 + (0, 14, 29, 3, 26, 8)[k % 6], 1) for k in range(24)))
    with pytest.raises(scoresep.InputError, match="hardly resembles the recording"):
        scoresep.separate(AUDIO, other)
    with pytest.warns(scoresep.ScoresepWarning, match="hardly resembles the recording"):
        assert scoresep.separate(AUDIO, other, force=True, iterations=1).stems.names[-1] == "residual"


def test_a_part_of_a_recording_in_memory_is_separated():
    part = scoresep.separate(AUDIO, SCORE, groups=HANDS, start=1.0, end=6.5, iterations=1)
    wanted = AUDIO.samples[:, synth.RATE : round(6.5 * synth.RATE)]
    assert np.array_equal(part.stems.samples.sum(axis=0), wanted)
    again = scoresep.separate(scoresep.Audio(wanted, synth.RATE, AUDIO.subtype), SCORE, groups=HANDS, iterations=1)
    assert part.stems.samples.tobytes() == again.stems.samples.tobytes()


@pytest.mark.parametrize(
    ("part", "error", "says"),
    [
        ({"start": 9.0}, scoresep.InputError, "8.00 s long"),
        ({"start": 3.0, "end": 3.0}, scoresep.InputError, "no samples"),
        ({"start": -1.0}, ValueError, "not negative"),
        ({"end": np.nan}, ValueError, "finite"),
        ({"max_memory": 1e6}, scoresep.InputError, "the recording: 0.0 hours need about 0.3 GB"),
    ],
)
def test_a_part_that_is_not_there_or_too_large_is_refused(part, error, says):
    with pytest.raises(error, match=says):
        scoresep.separate(AUDIO, SCORE, **part)


@pytest.mark.parametrize(
    "options", [{"is_aligned": True}, {"anchors": np.array([[0.2, 0.2]])}, {"force": True}, {"repeats": "none"}]
)
def test_options_of_the_alignment_are_refused_with_an_alignment(separation, table, options):
    for aligned in (separation.alignment, table):
        with pytest.raises(ValueError, match="is aligned already; leave out --"):
            scoresep.separate(AUDIO, aligned, **options)


def test_options_that_ask_for_nothing_are_no_error(separation):
    options = {"is_aligned": False, "anchors": None, "force": False, "repeats": "auto", "iterations": 0}
    assert scoresep.separate(AUDIO, separation.alignment, **options).alignment is separation.alignment


def test_repeats_are_for_files():
    with pytest.raises(ValueError, match="repeats='none' is for score files"):
        scoresep.separate(AUDIO, SCORE, repeats="none")


def test_several_readings_stand_for_the_score(separation):
    other = synth.notes((0.0, 4.0, 40, 1), (4.0, 8.0, 41, 2))
    again = scoresep.separate(AUDIO, [other, SCORE], groups=HANDS)
    assert again.stems.samples.tobytes() == separation.stems.samples.tobytes()


def test_a_plan_gives_the_stems_in_stretches(separation):
    found = plan_separation(AUDIO, SCORE, groups=HANDS).run()
    stretches = list(found.stems)
    assert len(stretches) > 1
    joined = np.concatenate([stretch["left"] for stretch in stretches], axis=1)
    assert np.array_equal(joined, separation.stems["left"])
    assert found.selection.names == ("left", "right")


def test_a_plan_has_checked_the_sizes_of_the_transform():
    with pytest.raises(ValueError, match="hop"):
        plan_separation(AUDIO, SCORE, n_fft=100, hop=80)


def test_a_table_is_recognized_once(table, tmp_path):
    assert isinstance(read_score_file(table), scoresep.Alignment)
    plain = tmp_path / "plain.csv"
    plain.write_text("onset,offset,pitch\n0,1,60\n")
    (notes,) = read_score_file(plain)
    assert len(notes) == 1


def test_messages_go_to_the_logger(caplog):
    caplog.set_level(logging.DEBUG, logger="scoresep")
    scoresep.separate(AUDIO, SCORE, iterations=2)
    levels = {record.getMessage().split()[0]: record.levelname for record in caplog.records}
    assert levels == {"aligned": "INFO", "iteration": "DEBUG", "decomposed": "INFO"}
    assert all(record.name.startswith("scoresep.") for record in caplog.records)
