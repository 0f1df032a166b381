"""A band with drums, from the recording and the plain score to stems: the fixture made by fixtures/make_groove.py."""

import csv
import dataclasses
import importlib.util
import warnings

import numpy as np
import pytest
import soundfile
import synth
from conftest import FIXTURES

import scoresep
from scoresep.cli.main import run
from scoresep.errors import InputError
from scoresep.io.scores import read_score

BAND = {"drums": {"part": "Drums"}, "bass": {"part": "Bass"}, "melody": {"part": "Melody"}}


@pytest.fixture(scope="module")
def groove(tmp_path_factory):
    """Give a folder with the recording, its score, the true stems and the true onsets."""
    spec = importlib.util.spec_from_file_location("make_groove", FIXTURES / "make_groove.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = tmp_path_factory.mktemp("groove")
    script.main(folder, with_stems=True)
    return folder


@pytest.fixture(scope="module")
def separation(groove):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scoresep.separate(groove / "groove.flac", groove / "groove.mid", groups=BAND)


def true_stem(groove, name):
    return soundfile.read(groove / "groove_stems" / f"{name}.flac", dtype="float32", always_2d=True)[0].T


def true_onsets(groove):
    """Return the onset of each note, by its pitch and its onset in the score."""
    with (groove / "groove_stems" / "truth.csv").open() as file:
        return {(int(row["pitch"]), round(float(row["score_onset"]), 2)): float(row["onset"]) for row in
                csv.DictReader(file)}  # fmt: skip


def sdr(true, found):
    return 10 * np.log10(np.sum(true**2) / np.sum((true - found) ** 2))


def test_shipped_fixture_is_what_the_script_makes(groove):
    for name in ("groove.mid", "groove.flac"):
        assert (FIXTURES / name).read_bytes() == (groove / name).read_bytes()


def test_stems_add_up_to_the_recording(groove, separation):
    recording = soundfile.read(groove / "groove.flac", dtype="float32", always_2d=True)[0].T
    assert separation.stems.names == (*BAND, "residual")
    assert np.array_equal(separation.stems.samples.sum(axis=0), recording)


@pytest.mark.parametrize(("name", "least"), [("drums", 9.0), ("bass", 11.0), ("melody", 20.0)])
def test_stems_are_near_the_true_ones(groove, separation, name, least):
    assert sdr(true_stem(groove, name), separation.stems[name]) > least


def test_every_note_is_placed_near_its_onset(groove, separation):
    alignment, true = separation.alignment, true_onsets(groove)
    errors = [
        abs(onset - true[int(pitch), round(float(written), 2)])
        for onset, pitch, written in zip(
            alignment.notes.onset, alignment.notes.pitch, alignment.score_onset, strict=True
        )
    ]
    assert len(errors) == len(true)
    assert max(errors) < 0.05
    assert np.median(np.array(errors)[alignment.notes.is_drum]) < 0.004


def test_drums_are_an_instrument_of_their_own(separation):
    assert separation.decomposition.instruments == ("Electric Bass (finger)", "Flute", "drums")
    assert separation.alignment.transposition == 0
    assert separation.alignment.overall_confidence > 0.9


def test_each_hit_can_be_a_stem(groove):
    groups = {"hits": {"drum": "toms", "each": "note"}, "all": "rest"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = scoresep.separate(groove / "groove.flac", groove / "groove.mid", groups=groups, iterations=5)
    hits = found.stems.names[:-2]
    assert [name[10:] for name in hits] == ["tom low", "floor tom low"]
    energies = [float((found.stems[name] ** 2).sum()) for name in hits]
    assert min(energies) > 1e-3
    recording = soundfile.read(groove / "groove.flac", dtype="float32", always_2d=True)[0].T
    assert np.array_equal(found.stems.samples.sum(axis=0), recording)


@pytest.fixture(scope="module")
def drums_alone(groove):
    """Give the drums alone, and their notes."""
    notes = read_score(groove / "groove.mid")
    return scoresep.Audio(true_stem(groove, "drums"), 22050, "PCM_16"), notes.take(notes.is_drum)


def test_score_of_drums_alone_is_aligned(groove, drums_alone):
    audio, notes = drums_alone
    alignment, true = scoresep.align(audio, notes), true_onsets(groove)
    found = zip(alignment.notes.onset, alignment.notes.pitch, alignment.score_onset, strict=True)
    assert max(abs(onset - true[int(pitch), round(float(written), 2)]) for onset, pitch, written in found) < 0.03
    assert alignment.overall_confidence > 0.9
    assert alignment.transposition == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_drums_of_another_rhythm_are_refused(drums_alone, seed):
    audio, notes = drums_alone
    rng = np.random.default_rng(seed)
    onsets, keys = np.sort(rng.uniform(0, notes.onset.max(), len(notes))), rng.choice([36, 38, 42], len(notes))
    rows = [
        {"onset": onset, "offset": onset + 0.1, "pitch": key, "part": 1, "channel": 10}
        for onset, key in zip(onsets.tolist(), keys.tolist(), strict=True)
    ]
    with pytest.raises(InputError, match="hardly resembles the recording"):
        scoresep.align(audio, scoresep.Notes.from_rows(rows, ("Drums",)))


def test_drums_alone_are_separated_by_piece(drums_alone):
    audio, notes = drums_alone
    found = scoresep.separate(audio, notes, drums="pieces", iterations=5)
    names = ["kick", "snare", "floor tom low", "hihat closed", "tom low", "hihat open", "crash"]
    assert sorted(found.stems.names) == sorted([*names, "residual"])
    assert np.array_equal(found.stems.samples.sum(axis=0), audio.samples)


@pytest.fixture(scope="module")
def song(groove):
    """Give a song of which the score has the melody and the drums alone; a band that it does not have is louder."""
    notes = read_score(groove / "groove.mid")
    score = notes.take(notes.part != 1)  # without the bass
    rng = np.random.default_rng(0)
    rows = [(0.4 + 0.58 * k, 0.9 + 0.58 * k, int(pitch), 1) for k in range(24) for pitch in rng.integers(50, 76, 3)]
    band = synth.tones(synth.notes(*rows), seconds=true_stem(groove, "drums").shape[1] / 22050 + 0.01, rate=22050)
    stems = [true_stem(groove, name) for name in ("drums", "melody")]
    return scoresep.Audio(sum(stems) + 0.25 * band[:, : stems[0].shape[1]], 22050, "FLOAT"), score


def test_song_is_aligned_by_its_drums(groove, song):
    audio, score = song
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alignment = scoresep.align(audio, score)
    true = true_onsets(groove)
    found = zip(alignment.notes.onset, alignment.notes.pitch, alignment.score_onset, strict=True)
    errors = [abs(onset - true[int(pitch), round(float(written), 2)]) for onset, pitch, written in found]
    assert np.median(errors) < 0.02


def test_song_with_another_melody_is_refused(song):
    """The drums alone do not tell."""
    audio, score = song
    rng = np.random.default_rng(1)
    other = dataclasses.replace(score, pitch=np.where(score.is_drum, score.pitch, rng.integers(40, 50, len(score))))
    with pytest.raises(InputError, match="hardly resembles the recording"):
        scoresep.align(audio, other)


@pytest.mark.parametrize("command", ["separate", "mask", "export"])
def test_drums_are_either_in_groups_or_by_piece(groove, tmp_path, capsys, command):
    """Both at once contradict one another, whatever the command; nothing is computed before."""
    groups = tmp_path / "kit.yaml"
    groups.write_text("kick: {drum: kick}\n")
    words = {
        "separate": [str(groove / "groove.flac"), str(groove / "groove.mid")],
        "mask": ["song.parts.npz", "-o", str(tmp_path / "song.masks.npz")],
        "export": ["song.align.npz", "-o", str(tmp_path / "song.mid")],
    }[command]
    assert run([command, *words, "--groups", str(groups), "--drums", "pieces"]) == 2
    assert "each: drum" in capsys.readouterr().err
