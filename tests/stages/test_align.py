"""Notes are found where they sound."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.errors import ScoresepWarning
from scoresep.stages.align import align, follow
from scoresep.values import Alignment, Audio, Notes

SCORE = synth.duet()
AUDIO = synth.recording(SCORE)
SILENCE = Audio(np.zeros((1, 16_000), np.float32), 8000)


def delayed(seconds):
    """Return the duet after silence, or from its middle on."""
    shift = round(abs(seconds) * 8000)
    silence = np.zeros((1, shift), np.float32)
    samples = np.concatenate([silence, AUDIO.samples], axis=1) if seconds > 0 else AUDIO.samples[:, shift:]
    return Audio(samples, 8000)


def assert_sound(alignment, score):
    """Check what holds for every alignment."""
    assert isinstance(alignment, Alignment)
    notes = alignment.notes
    assert len(notes) == len(score)
    assert sorted(zip(alignment.score_onset, notes.pitch, notes.part, strict=True)) == sorted(
        zip(score.onset, score.pitch, score.part, strict=True)
    )
    assert (np.diff(notes.onset) >= 0).all()
    assert (np.diff(alignment.path) >= 0).all()
    assert ((alignment.confidence >= 0) & (alignment.confidence <= 1)).all()
    assert alignment.overall_confidence == pytest.approx(alignment.confidence.mean())
    for column in (notes.onset, notes.offset, alignment.path):
        assert np.isfinite(column).all()


def errors(alignment, truth):
    """Return how far (s) each onset is from the truth, a function of score time."""
    return np.abs(alignment.notes.onset - truth(alignment.score_onset))


@pytest.mark.parametrize("stretch", [0.7, 1.0, 1.4])
def test_notes_are_found_at_any_tempo(stretch):
    alignment = align(synth.recording(SCORE, stretch=stretch, seconds=8.0 * stretch), SCORE)
    assert_sound(alignment, SCORE)
    assert errors(alignment, lambda time: stretch * time).max() < 0.03
    assert alignment.overall_confidence > 0.9


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100])
def test_the_sample_rate_does_not_matter(rate):
    alignment = align(synth.recording(SCORE, rate=rate), SCORE)
    assert errors(alignment, lambda time: time).max() < 0.03


def test_a_wandering_tempo_is_followed():
    def truth(time):
        return time + 0.3 * np.sin(time) + 0.5

    played = dataclasses.replace(SCORE, onset=truth(SCORE.onset), offset=truth(SCORE.offset))
    alignment = align(synth.recording(played, seconds=9.0), SCORE)
    assert errors(alignment, truth).max() < 0.03


@pytest.mark.parametrize("seconds", [0.1, 2.0])
def test_silence_before_the_music_is_skipped(seconds):
    assert errors(align(delayed(seconds), SCORE), lambda time: time + seconds).max() < 0.03


def test_a_recording_that_begins_later_is_found():
    alignment = align(delayed(-2.0), SCORE)
    assert_sound(alignment, SCORE)
    inside = alignment.score_onset > 2.5
    assert np.median(errors(alignment, lambda time: time - 2.0)[inside]) < 0.03


def test_stereo_gives_the_notes_of_mono():
    mono, stereo = align(AUDIO, SCORE), align(synth.recording(SCORE, channels=2), SCORE)
    np.testing.assert_allclose(stereo.notes.onset, mono.notes.onset)


def test_channels_that_cancel_are_aligned():
    alignment = align(Audio(AUDIO.samples * np.float32([[1], [-1]]), 8000), SCORE)
    assert errors(alignment, lambda time: time).max() < 0.03


def test_the_path_leads_to_the_notes():
    alignment = align(AUDIO, SCORE)
    np.testing.assert_allclose(follow(alignment.path, alignment.score_onset), alignment.notes.onset, atol=0.05)


def test_notes_end_after_they_begin():
    alignment = align(synth.recording(SCORE, stretch=1.2, seconds=10.0), SCORE)
    length, written = (alignment.notes.offset - alignment.notes.onset, alignment.score_offset - alignment.score_onset)
    np.testing.assert_allclose(length, 1.2 * written, atol=0.05)


def test_the_notes_of_a_broken_chord_are_found():
    chords = [(k + 0.2, k + 1.0, pitch, 1) for k in range(5) for pitch in (62, 79)]
    broken = synth.notes(*((onset + 0.06 * (pitch == 62), *rest, pitch, 1) for onset, *rest, pitch, _ in chords))
    alignment = align(synth.recording(broken, seconds=6.0), synth.notes(*chords))
    assert_sound(alignment, synth.notes(*chords))
    assert alignment.notes.pitch.tolist() == broken.pitch.tolist()
    np.testing.assert_allclose(alignment.notes.onset, broken.onset, atol=0.03)


@pytest.mark.parametrize("cents", [-30, 0, 30])
def test_tuning_is_found(cents):
    samples = synth.tones(SCORE, rate=22050)
    alignment = align(Audio(samples, round(22050 * 2 ** (cents / 1200))), SCORE)
    assert alignment.tuning == pytest.approx(cents, abs=2)


def test_an_aligned_score_stays_as_it_is():
    alignment = align(AUDIO, SCORE, is_aligned=True)
    assert_sound(alignment, SCORE)
    for column in Notes.columns():
        np.testing.assert_array_equal(getattr(alignment.notes, column), getattr(SCORE, column))
    np.testing.assert_array_equal(alignment.score_offset, SCORE.offset)


def test_an_alignment_knows_its_recording():
    assert align(AUDIO, SCORE).fingerprint == AUDIO.fingerprint


def test_an_unlikely_score_has_less_confidence():
    stranger = dataclasses.replace(SCORE, pitch=SCORE.pitch[::-1] + 6)
    with pytest.warns(ScoresepWarning, match="hardly resembles"):
        unlikely = align(AUDIO, stranger)
    assert unlikely.overall_confidence < align(AUDIO, SCORE).overall_confidence - 0.1


@pytest.mark.parametrize("semitones", [-6, -1, 2, 6])
def test_a_transposed_recording_is_found_and_the_notes_stay_as_written(semitones):
    alignment = align(AUDIO, dataclasses.replace(SCORE, pitch=SCORE.pitch - semitones))
    assert alignment.transposition == semitones
    np.testing.assert_allclose(alignment.notes.onset, align(AUDIO, SCORE).notes.onset, atol=0.011)
    assert set(alignment.notes.pitch) == set(SCORE.pitch - semitones)


STRANGE = pytest.mark.parametrize("audio", [SILENCE, Audio(np.ones((2, 1), np.float32), 8000), delayed(-7.99)])


@STRANGE
def test_recordings_without_the_notes_have_an_alignment_without_confidence(audio):
    with pytest.warns(ScoresepWarning, match="is silent|hardly resembles"):
        alignment = align(audio, SCORE)
    assert_sound(alignment, SCORE)
    assert alignment.overall_confidence < 0.2


@STRANGE
def test_a_score_in_recording_time_is_taken_at_its_word(audio):
    alignment = align(audio, SCORE, is_aligned=True)
    assert_sound(alignment, SCORE)
    assert alignment.overall_confidence < 0.2


@pytest.mark.parametrize(
    "score",
    [
        synth.notes((0.2, 0.6, 72, 1)),
        synth.notes((3.0, 3.0, 72, 1)),
        synth.notes((0.2, 0.6, 72, 1), (0.2, 1.1, 48, 2)),
        synth.notes((0.2, 1.0, 0, 1), (1.0, 2.0, 127, 1)),
    ],
    ids=["one", "no length", "chord", "extreme"],
)
def test_the_smallest_scores_are_aligned(score):
    assert_sound(align(AUDIO, score), score)


def test_no_notes_are_a_callers_mistake():
    with pytest.raises(ValueError, match="no notes to align"):
        align(AUDIO, synth.notes())


def test_arguments_are_unchanged():
    before = AUDIO.samples.copy(), SCORE.onset.copy(), SCORE.offset.copy()
    align(AUDIO, SCORE)
    for was, now in zip(before, (AUDIO.samples, SCORE.onset, SCORE.offset), strict=True):
        assert np.array_equal(was, now)


def test_the_same_arguments_give_the_same_bits():
    one, other = align(AUDIO, SCORE), align(AUDIO, SCORE)
    assert np.array_equal(one.notes.onset, other.notes.onset)
    assert np.array_equal(one.path, other.path)


def test_a_path_goes_on_at_its_mean_pace():
    path = np.array([[1.0, 2.0, 3.0], [10.0, 11.0, 14.0]])
    np.testing.assert_allclose(follow(path, np.array([0.0, 1.5, 2.5, 4.0])), [8.0, 10.5, 12.5, 16.0])
    np.testing.assert_allclose(follow(path[:, :1], np.array([0.0, 3.0])), [9.0, 12.0])
