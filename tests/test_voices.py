"""Singers, alone and above a band, from the recording and the plain score to stems: made by fixtures/make_voices.py."""

import importlib.util
import warnings
from dataclasses import replace
from types import SimpleNamespace

import librosa
import numpy as np
import pytest
import soundfile
from conftest import FIXTURES

import scoresep
from scoresep.cli.main import run
from scoresep.evaluation.pitch_measures import pitch_figures
from scoresep.io.scores import read_score
from scoresep.model import contour_search, training_frames

VOICES = ("Soprano", "Alto", "Tenor")


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """Give a folder with the recordings, their scores, the true stems and the true contours."""
    spec = importlib.util.spec_from_file_location("make_voices", FIXTURES / "make_voices.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = tmp_path_factory.mktemp("voices")
    script.main(folder, with_stems=True)
    return folder


def separated(folder, name, suffix, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scoresep.separate(folder / f"{name}.flac", folder / f"{name}.{suffix}", **options)


@pytest.fixture(scope="module")
def trio(voices):
    return separated(voices, "trio", "musicxml")


@pytest.fixture(scope="module")
def ballad(voices):
    return separated(voices, "ballad", "mid")


@pytest.fixture(scope="module")
def aligned(voices, trio):
    """Give the spectrogram and the alignment of the trio, for fits of few iterations."""
    audio = scoresep.read_audio(voices / "trio.flac")
    return SimpleNamespace(spectrogram=scoresep.stft(audio), alignment=trio.alignment)


def samples_of(path):
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def sdr(true, found):
    return 10 * np.log10(np.sum(true**2) / np.sum((true - found) ** 2))


def share_within(contours, truth, part, *, cents=30):
    """Return the share of the truly voiced times at which a contour is less than so many cents off."""
    k = contours.singers.index(part)
    found = np.stack([contours.contours.times, contours.contours.frequency[k]])
    return pitch_figures(truth[part], found, tolerance=cents).raw_pitch


@pytest.mark.parametrize("name", ["trio.musicxml", "trio.flac", "ballad.mid", "ballad.flac"])
def test_shipped_fixture_is_what_the_script_makes(voices, name):
    assert (FIXTURES / name).read_bytes() == (voices / name).read_bytes()


@pytest.mark.parametrize("name", ["trio", "ballad"])
def test_stems_add_up_to_the_recording(voices, request, name):
    stems = request.getfixturevalue(name).stems
    assert np.array_equal(stems.samples.sum(axis=0), samples_of(voices / f"{name}.flac"))


@pytest.mark.parametrize(("name", "least"), [("Soprano", 15.0), ("Alto", 10.0), ("Tenor", 11.0)])
def test_voices_are_near_the_true_ones(voices, trio, name, least):
    assert sdr(samples_of(voices / f"trio_stems/{name}.flac"), trio.stems[name]) > least


def test_singer_is_told_from_a_band_that_the_score_does_not_have(voices, ballad):
    assert ballad.alignment.is_partial
    assert ballad.decomposition.instruments == ("1 vocals", "background")
    true = samples_of(voices / "ballad_stems/Vocals.flac")
    assert sdr(true, ballad.stems["Vocals"]) > 9
    assert sdr(true, samples_of(voices / "ballad.flac")) < -3


def test_contours_are_near_the_true_pitch(voices, trio, ballad):
    truth = scoresep.read_contours(voices / "trio_stems/contours.csv")
    assert trio.decomposition.singers == VOICES
    for part in VOICES:
        assert share_within(trio.decomposition, truth, part) > 0.95
    truth = scoresep.read_contours(voices / "ballad_stems/contours.csv")
    assert share_within(ballad.decomposition, truth, "Vocals") > 0.95


def test_contours_are_voiced_where_the_singer_sounds(voices, trio):
    truth = scoresep.read_contours(voices / "trio_stems/contours.csv")
    contours = trio.decomposition.contours
    figures = {}
    for name, frequency in (("notes", contours.frequency), ("sound", contours.sounding)):
        pairs = zip(VOICES, frequency, strict=True)
        found = [pitch_figures(truth[part], np.stack([contours.times, row])) for part, row in pairs]
        figures[name] = np.mean([[each.voicing_recall, each.voicing_false_alarm] for each in found], axis=0)
    assert figures["sound"][0] > 0.95
    assert figures["sound"][1] < 0.5 * figures["notes"][1]


def test_contour_is_that_of_an_independent_pitch_tracker(voices, trio):
    alone, rate = soundfile.read(voices / "trio_stems/Alto.flac")
    hop = rate // 50
    pitch, is_voiced, _ = librosa.pyin(
        alone, sr=rate, fmin=200, fmax=500, frame_length=1024, hop_length=hop, resolution=0.05
    )
    contours = trio.decomposition.contours
    ours = np.interp(np.arange(len(pitch)) * hop / rate, contours.times, contours.sounding[VOICES.index("Alto")])
    both = is_voiced & (ours > 200)
    assert both.sum() > 0.8 * is_voiced.sum()
    assert np.median(np.abs(1200 * np.log2(ours[both] / pitch[both]))) < 6


@pytest.mark.parametrize(("background", "count"), [("auto", 20), ("off", 0), (3, 3)])
def test_background_has_as_many_components_as_wanted(voices, ballad, background, count):
    spectrogram = scoresep.stft(scoresep.read_audio(voices / "ballad.flac"))
    fit = scoresep.decompose(spectrogram, ballad.alignment, background=background, iterations=2)
    assert int((fit.components.role == "background").sum()) == count
    assert ("background" in fit.instruments) == (count > 0)


def test_background_is_small_beside_a_choir_and_off_where_the_score_has_everything(trio, aligned):
    assert not trio.alignment.is_partial
    assert int((trio.decomposition.components.role == "background").sum()) == 10
    played = scoresep.decompose(aligned.spectrogram, aligned.alignment, instrument="sustained", iterations=2)
    assert "background" not in played.instruments
    fit = scoresep.decompose(aligned.spectrogram, aligned.alignment, background=2, iterations=2)
    assert "background" in fit.instruments


def test_singer_can_be_called_an_instrument(aligned):
    fit = scoresep.decompose(aligned.spectrogram, aligned.alignment, instrument=["Alto=sustained"], iterations=2)
    assert fit.singers == ("Soprano", "Tenor")
    (instrument,) = set(fit.gates.instrument[fit.notes.part[fit.gates.note] == 2])
    assert set(fit.components.role[fit.components.instrument == instrument]) == {"sustain"}


def test_instrument_can_be_called_a_singer(aligned):
    parts = ("Flute", "Alto", "Tenor")
    notes = replace(aligned.alignment.notes, part_names=parts)
    alignment = replace(aligned.alignment, notes=notes)
    assert scoresep.decompose(aligned.spectrogram, alignment, iterations=1).singers == ("Alto", "Tenor")
    fit = scoresep.decompose(aligned.spectrogram, alignment, instrument=["Flute=sung"], iterations=1)
    assert sorted(fit.singers) == sorted(parts)


def test_gradient_takes_singers_for_sustained_instruments(aligned):
    fit = scoresep.decompose(aligned.spectrogram, aligned.alignment, backend="gradient", iterations=2)
    assert fit.singers == ()
    assert set(fit.components.role) == {"sustain"}


def test_contours_of_a_long_recording_are_found_in_pieces(aligned, trio, monkeypatch):
    monkeypatch.setattr(contour_search, "PIECE", 200)
    monkeypatch.setattr(training_frames, "MOST_FRAMES", 100)
    fit = scoresep.decompose(aligned.spectrogram, aligned.alignment, iterations=2)
    whole = trio.decomposition
    assert fit.contours.frequency.shape == whole.contours.frequency.shape
    assert fit.activations.shape == whole.activations.shape
    assert fit.templates.shape == whole.templates.shape
    assert np.array_equal(fit.contours.frequency > 0, whole.contours.frequency > 0)
    sung = whole.contours.frequency > 0
    cents = 1200 * np.abs(np.log2(fit.contours.frequency[sung] / whole.contours.frequency[sung]))
    assert np.mean(cents < 30) > 0.9


def test_stages_give_the_bits_of_separate(voices, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    song = [str(voices / "ballad.flac"), str(voices / "ballad.mid")]
    assert run(["separate", *song, "-q", "-o", "whole", "--iterations", "4"]) == 0
    chain = ["stft", song[0], "align", song[1], "decompose", "--iterations", "4", "mask", "render"]
    assert run([*chain, "-o", "chained"]) == 0
    names = sorted(path.name for path in (tmp_path / "whole").glob("*.wav"))
    assert names == ["Vocals.wav", "residual.wav"]
    for name in names:
        assert (tmp_path / "chained" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_result_is_the_same_twice(aligned):
    fits = [scoresep.decompose(aligned.spectrogram, aligned.alignment, iterations=2) for _ in range(2)]
    for name in ("templates", "activations"):
        assert np.array_equal(getattr(fits[0], name), getattr(fits[1], name))
    assert np.array_equal(fits[0].contours.frequency, fits[1].contours.frequency)


def test_scores_say_who_sings():
    assert read_score(FIXTURES / "trio.musicxml").part_names == VOICES
    assert read_score(FIXTURES / "ballad.mid").part_names == ("Vocals",)


def test_a_section_has_combs_beside_its_contour(aligned):
    options = {"instrument": ["Alto=section"], "iterations": 3}
    fit = scoresep.decompose(aligned.spectrogram, aligned.alignment, **options)
    assert fit.singers == VOICES
    of_part = dict(zip(fit.singers, fit.contours.instrument.tolist(), strict=True))
    detunings = {
        part: set(fit.components.detuning[fit.components.instrument == k].tolist()) for part, k in of_part.items()
    }
    assert detunings == {"Soprano": {0.0}, "Alto": {-0.12, 0.0, 0.12}, "Tenor": {0.0}}
    assert (np.diff(fit.loss[1:]) < 0).all()
