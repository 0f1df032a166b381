"""Notes are found where they sound."""

import dataclasses
import warnings
from contextlib import suppress
from functools import cache

import band
import numpy as np
import pytest
import synth

from scoresep.alignment.paths import map_times
from scoresep.alignment.remarks import list_passages
from scoresep.dsp.downmix import downmix
from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.audio import read_audio
from scoresep.io.scores import read_score, read_unfoldings
from scoresep.stages.align import align
from scoresep.values import Alignment, Audio, BarAnchors, Beats, Notes

SCORE = synth.duet()
SILENCE = Audio(np.zeros((1, 16_000), np.float32), 8000)


@cache
def duet():
    """Return the recording of the score."""
    return synth.recording(SCORE)


@cache
def aligned_duet():
    """Return the alignment of the score with its recording."""
    return align(duet(), SCORE)


def delayed(seconds):
    """Return the duet after silence, or from its middle on."""
    shift = round(abs(seconds) * 8000)
    silence = np.zeros((1, shift), np.float32)
    samples = np.concatenate([silence, duet().samples], axis=1) if seconds > 0 else duet().samples[:, shift:]
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
    assert 0 <= alignment.overall_confidence <= 1
    for column in (notes.onset, notes.offset, alignment.path, alignment.sections, alignment.unmatched):
        assert np.isfinite(column).all()
    assert (alignment.sections[:, 2] <= alignment.sections[:, 3]).all()
    assert (alignment.unmatched[:, 0] < alignment.unmatched[:, 1]).all()


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
    mono, stereo = aligned_duet(), align(synth.recording(SCORE, channels=2), SCORE)
    np.testing.assert_allclose(stereo.notes.onset, mono.notes.onset)


def test_channels_that_cancel_are_aligned():
    alignment = align(Audio(duet().samples * np.float32([[1], [-1]]), 8000), SCORE)
    assert errors(alignment, lambda time: time).max() < 0.03


def test_the_path_leads_to_the_notes():
    alignment = aligned_duet()
    np.testing.assert_allclose(map_times(alignment.path, alignment.score_onset), alignment.notes.onset, atol=0.05)


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
    alignment = align(duet(), SCORE, is_aligned=True)
    assert_sound(alignment, SCORE)
    for column in Notes.columns():
        np.testing.assert_array_equal(getattr(alignment.notes, column), getattr(SCORE, column))
    np.testing.assert_array_equal(alignment.score_offset, SCORE.offset)


def test_an_alignment_knows_its_recording():
    assert aligned_duet().fingerprint == duet().fingerprint


def test_an_unlikely_score_has_less_confidence():
    stranger = dataclasses.replace(SCORE, pitch=SCORE.pitch[::-1] + 6)
    with pytest.warns(ScoresepWarning, match="hardly resembles"):
        unlikely = align(duet(), stranger, force=True)
    assert unlikely.overall_confidence < aligned_duet().overall_confidence - 0.1


@pytest.mark.parametrize("semitones", [-6, -1, 2, 6])
def test_a_transposed_recording_is_found_and_the_notes_stay_as_written(semitones):
    with pytest.warns(ScoresepWarning, match="semitones? (higher|lower) than the score"):
        alignment = align(duet(), dataclasses.replace(SCORE, pitch=SCORE.pitch - semitones))
    assert alignment.transposition == semitones
    np.testing.assert_allclose(alignment.notes.onset, aligned_duet().notes.onset, atol=0.011)
    assert set(alignment.notes.pitch) == set(SCORE.pitch - semitones)


#: Functions that give recordings without the notes of the score.
STRANGE = pytest.mark.parametrize(
    "audio_of",
    [lambda: SILENCE, lambda: Audio(np.ones((2, 1), np.float32), 8000), lambda: delayed(-7.99)],
    ids=["silence", "one sample", "last sounds"],
)


@STRANGE
def test_recordings_without_the_notes_have_an_alignment_without_confidence(audio_of):
    with pytest.warns(ScoresepWarning, match="is silent|hardly resembles"):
        alignment = align(audio_of(), SCORE)
    assert_sound(alignment, SCORE)
    assert alignment.overall_confidence < 0.2


@STRANGE
def test_a_score_in_recording_time_is_taken_at_its_word(audio_of):
    alignment = align(audio_of(), SCORE, is_aligned=True)
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
    with pytest.warns(ScoresepWarning, match="hardly resembles"):
        assert_sound(align(duet(), score, force=True), score)


def test_no_notes_are_a_callers_mistake():
    with pytest.raises(ValueError, match="no notes to align"):
        align(duet(), synth.notes())


def test_arguments_are_unchanged():
    before = duet().samples.copy(), SCORE.onset.copy(), SCORE.offset.copy()
    align(duet(), SCORE)
    for was, now in zip(before, (duet().samples, SCORE.onset, SCORE.offset), strict=True):
        assert np.array_equal(was, now)


def test_the_same_arguments_give_the_same_bits():
    one, other = align(duet(), SCORE), align(duet(), SCORE)
    assert np.array_equal(one.notes.onset, other.notes.onset)
    assert np.array_equal(one.path, other.path)


def melody(seed, seconds):
    """Return a random melody over a random bass."""
    rng = np.random.default_rng(seed)
    rows = []
    for part, pitch, lowest, highest, lengths in ((1, 74, 66, 86, (0.25, 0.5, 0.5, 0.75)), (2, 50, 40, 60, (0.5, 1.0))):
        time = 0.2
        while time < seconds:
            length = rng.choice(lengths)
            pitch = int(np.clip(pitch + rng.integers(-5, 6), lowest, highest))
            rows.append((time, time + 0.9 * length, pitch, part))
            time += length
    return synth.notes(*rows)


def later(score, seconds, pace=1.0):
    """Return notes that come later, or are slower."""
    return dataclasses.replace(score, onset=pace * score.onset + seconds, offset=pace * score.offset + seconds)


PIECE = melody(0, 32.0)
EVENTS = np.unique(PIECE.onset)


@cache
def whole():
    """Return the samples of the piece, shape (1, samples)."""
    return synth.tones(PIECE, seconds=33.0)


def noise(seconds, seed=0):
    """Return noise as loud as a third of the music."""
    samples = np.random.default_rng(seed).standard_normal((1, round(seconds * synth.RATE)))
    return (0.3 * whole().std() * samples).astype(np.float32)


def music(begin=0.0, end=33.0):
    """Return a part of the music."""
    return whole()[:, round(begin * synth.RATE) : round(end * synth.RATE)]


def recording(*parts):
    """Return parts of music and noise, one after the other."""
    return Audio(np.concatenate(parts, axis=1), synth.RATE)


def assert_plays(alignment, *spans):
    """Check that the notes of the spans (score begin, score end, recording begin) are found, and no others."""
    found = {}
    for onset, pitch, written in sorted(
        zip(alignment.notes.onset, alignment.notes.pitch, alignment.score_onset, strict=True)
    ):
        found.setdefault((written, pitch), []).append(onset)
    wanted = {}
    for begin, end, first in spans:
        for written, pitch in zip(PIECE.onset, PIECE.pitch, strict=True):
            if begin <= written < end:
                wanted.setdefault((written, pitch), []).append(written - begin + first)
    assert {key: len(onsets) for key, onsets in found.items()} == {key: len(onsets) for key, onsets in wanted.items()}
    for key, onsets in wanted.items():
        np.testing.assert_allclose(found[key], onsets, atol=0.05)


@cache
def repeated():
    """Return the alignment of a recording that repeats a part, and its warnings."""
    return with_warnings(recording(music(0, 20), music(8.4, 33)))


@cache
def interrupted():
    """Return the alignment of a recording with noise in its middle, and its warnings."""
    return with_warnings(recording(music(0, 16), noise(10), music(16, 33)))


def with_warnings(audio, **options):
    """Return an alignment with the piece, and the text of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        alignment = align(audio, PIECE, **options)
    assert {warning.category for warning in caught} <= {ScoresepWarning}
    return alignment, [str(warning.message) for warning in caught]


def test_a_plain_recording_is_one_section_without_unmatched_passages():
    alignment = align(recording(music()), PIECE)
    assert_sound(alignment, PIECE)
    assert_plays(alignment, (0, 33, 0))
    np.testing.assert_allclose(alignment.sections, [[0.2, PIECE.offset.max(), 0.2, PIECE.offset.max()]], atol=0.3)
    assert alignment.unmatched.shape == (0, 2)
    assert alignment.overall_confidence > 0.95


def test_the_notes_of_a_repeat_are_there_twice():
    alignment, _ = repeated()
    assert_plays(alignment, (0, 20, 0), (8.4, 33, 20))
    assert alignment.overall_confidence > 0.95


def test_a_repeat_is_two_sections_and_a_warning():
    alignment, texts = repeated()
    np.testing.assert_allclose(alignment.sections, [[0.2, 20, 0.1, 20], [8.4, 32.6, 20, 44.2]], atol=0.2)
    (text,) = texts
    assert text.startswith("the recording plays 0:00.2 to 0:")
    assert text.endswith(" to 0:32.6 of the score")
    assert alignment.unmatched.shape == (0, 2)


def test_the_path_rises_but_where_the_recording_jumps():
    alignment, _ = repeated()
    score_time, time = alignment.path
    assert (np.diff(time) >= 0).all()
    back = np.flatnonzero(np.diff(score_time) < 0)
    assert len(back) == 1
    assert time[back[0]] < 20.1
    assert time[back[0] + 1] > 19.9


def test_notes_end_where_the_recording_jumps():
    alignment, _ = repeated()
    before = (alignment.notes.onset < 19.9) & (alignment.score_offset > 20)
    assert before.any()
    assert alignment.notes.offset[before].max() < 20.2


def test_a_passage_that_is_left_out_is_no_part_of_the_alignment():
    alignment, texts = with_warnings(recording(music(0, 10.15), music(17.15, 33)))
    assert_plays(alignment, (0, 10.15, 0), (17.15, 33, 10.15))
    np.testing.assert_allclose(alignment.sections, [[0.2, 10.1, 0.1, 10.1], [17.2, 32.6, 10.1, 25.8]], atol=0.2)
    assert len(texts) == 1
    assert texts[0].startswith("the recording plays 0:00.2 to 0:")


@pytest.mark.parametrize(
    ("last", "first"),
    [(50, 20), (60, 30), (44, 13), (33, 8), (41, 12), (20, 50), (10, 40), (30, 60), (15, 47), (25, 55)],
)
def test_no_note_is_lost_where_the_recording_jumps(last, first):
    leave, arrive = EVENTS[[last, first]]
    alignment, _ = with_warnings(recording(music(0, leave - 0.03), music(arrive - 0.03)))
    assert_plays(alignment, (0, leave, 0), (arrive, 33, leave))


@pytest.mark.parametrize(("begin", "end"), [(10, 33), (0, 20), (8, 25)])
def test_a_recording_of_a_part_is_found(begin, end):
    alignment, texts = with_warnings(recording(music(begin, end)))
    assert_sound(alignment, PIECE)
    inside = (alignment.score_onset > begin + 0.3) & (alignment.score_onset < end - 0.3)
    assert errors(alignment, lambda time: time - begin)[inside].max() < 0.03
    assert alignment.confidence[inside].mean() > 0.9
    outside = (alignment.notes.onset < -0.1) | (alignment.notes.onset > end - begin + 0.1)
    assert not alignment.confidence[outside].any()
    assert len(texts) == 1
    assert texts[0].startswith("the recording plays 0:")


def test_noise_before_and_after_is_no_part_of_the_music():
    alignment, texts = with_warnings(recording(noise(10), music(), noise(10, seed=1)))
    assert_plays(alignment, (0, 33, 10))
    assert not texts


def test_notes_on_both_sides_of_noise_are_found():
    alignment, _ = interrupted()
    assert_sound(alignment, PIECE)
    clear = np.abs(alignment.score_onset - 16) > 1
    assert errors(alignment, lambda time: np.where(time < 16, time, time + 10))[clear].max() < 0.03


def test_noise_in_the_middle_is_named():
    alignment, texts = interrupted()
    np.testing.assert_allclose(alignment.unmatched, [[16, 26]], atol=1.0)
    assert len(texts) == 1
    assert texts[0].startswith("the score does not fit the recording at 0:1")


@pytest.mark.parametrize("pace", [3.0, 1 / 3])
def test_the_tempo_of_the_score_does_not_matter(pace):
    alignment = align(recording(music()), later(PIECE, 0, pace))
    assert errors(alignment, lambda time: time / pace).max() < 0.03
    assert alignment.overall_confidence > 0.95


def test_a_warning_names_a_few_of_many_passages():
    spans = np.arange(24.0).reshape(-1, 2)
    assert list_passages(spans).endswith("18.0 to 0:19.0 and 2 more")
    assert list_passages(spans[:10]).endswith("18.0 to 0:19.0")


def test_a_transposed_score_is_found():
    with pytest.warns(ScoresepWarning, match="2 semitones higher than the score"):
        alignment = align(recording(music()), dataclasses.replace(PIECE, pitch=PIECE.pitch - 2))
    assert alignment.transposition == 2
    assert errors(alignment, lambda time: time).max() < 0.03


def test_a_melody_above_a_band_is_found():
    score = band.with_drums(band.melody(1))
    with pytest.warns(ScoresepWarning, match="explains only a part of the recording"):
        alignment = align(band.song(score), score)
    assert_sound(alignment, score)
    far = errors(alignment, lambda time: band.STRETCH * time)
    assert np.median(far) < 0.02
    assert np.mean(far < 0.05) > 0.9
    assert alignment.overall_confidence > 0.7


def test_a_melody_that_is_sung_an_octave_lower_is_found_and_told():
    score = band.melody(2)
    with pytest.warns(ScoresepWarning) as warned:
        alignment = align(band.song(score), dataclasses.replace(score, pitch=score.pitch + 12))
    assert any("an octave lower than the score" in str(warning.message) for warning in warned)
    assert alignment.transposition == -12
    assert errors(alignment, lambda time: band.STRETCH * time).max() < 0.05


def test_a_singer_who_begins_late_is_found():
    audio = band.song(band.melody(1))
    late = Audio(
        np.concatenate([band.song(band.melody(1).take(np.arange(1))).samples[:, :40_000], audio.samples], 1), 8000
    )
    with pytest.warns(ScoresepWarning, match="only a part"):
        alignment = align(late, band.melody(1))
    assert np.median(errors(alignment, lambda time: 5.0 + band.STRETCH * time)) < 0.03


def test_anchors_lead_a_melody_above_a_band():
    score = band.melody(1)
    anchors = np.array([[score.onset[k], band.STRETCH * score.onset[k] + 0.02] for k in (5, 20)])
    with pytest.warns(ScoresepWarning, match="only a part"):
        alignment = align(band.song(score, level=0.8), score, anchors=anchors)
    for score_time, time in anchors:
        assert alignment.notes.onset[alignment.score_onset == score_time] == pytest.approx(time)


def test_the_reading_of_a_melody_that_is_played_is_found():
    score = band.melody(1)
    half = score.take(score.onset < 8)
    twice = Notes.concatenated([half, later(half, 8.0)])
    with pytest.warns(ScoresepWarning, match="only a part"):
        assert len(align(band.song(twice), [half, twice]).notes) == len(twice)


@pytest.mark.parametrize("seed", [11, 12])
def test_another_melody_above_the_band_is_refused(seed):
    with pytest.raises(InputError, match="hardly resembles the recording"):
        align(band.song(band.melody(1)), band.melody(seed))


def test_a_melody_above_a_band_may_be_in_recording_time():
    score = later(band.melody(1), 0.0, band.STRETCH)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoresepWarning)
        np.testing.assert_array_equal(align(band.song(band.melody(1)), score, is_aligned=True).notes.onset, score.onset)


def test_another_piece_is_refused():
    other = melody(5, 32.0)
    with pytest.raises(InputError, match=r"hardly resembles the recording \(similarity 0\.\d\d, .* --force goes on"):
        align(recording(music()), other)
    with pytest.warns(ScoresepWarning, match="hardly resembles the recording"):
        alignment = align(recording(music()), other, force=True)
    assert_sound(alignment, other)
    assert alignment.overall_confidence < 0.2


def test_a_recording_too_short_to_tell_is_only_warned_of():
    with pytest.warns(ScoresepWarning, match="hardly resembles the recording"):
        assert_sound(align(recording(music(10, 13)), melody(6, 6.0)), melody(6, 6.0))


@pytest.mark.parametrize(("seconds", "length"), [(4.5, 60.0), (10.0, 200.0), (30.0, 32.0)])
def test_noise_is_refused(seconds, length):
    with pytest.raises(InputError, match="hardly resembles the recording"):
        align(recording(noise(seconds)), melody(3, length))


def test_noise_gives_no_confidence():
    with pytest.warns(ScoresepWarning, match="hardly resembles"):
        alignment = align(recording(noise(30)), PIECE, force=True)
    assert_sound(alignment, PIECE)
    assert alignment.overall_confidence < 0.1


def test_in_silence_the_score_stays_where_it_is():
    with pytest.warns(ScoresepWarning, match="the score stays where it is"):
        alignment = align(SILENCE, SCORE)
    np.testing.assert_allclose(alignment.notes.onset, SCORE.onset, atol=0.01)


def test_a_stream_gives_the_bits_of_samples_in_memory():
    one, other = aligned_duet(), align(downmix(duet()), SCORE)
    assert np.array_equal(one.notes.onset, other.notes.onset)
    assert one.fingerprint == other.fingerprint


def at(alignment, event):
    """Return the onsets of an event."""
    return sorted(set(alignment.notes.onset[alignment.score_onset == event]))


def test_events_at_anchors_are_there_to_the_sample():
    anchors = np.array([(EVENTS[k], EVENTS[k] + moved) for k, moved in ((7, 0.3), (30, -0.3), (55, 0.2))])
    alignment = align(recording(music()), PIECE, anchors=anchors)
    assert_sound(alignment, PIECE)
    for event, time in anchors:
        assert at(alignment, event) == [time]
    far = np.abs(alignment.score_onset[:, None] - anchors[:, 0]).min(axis=1) > 0.6
    assert errors(alignment, lambda time: time)[far].max() < 0.03


def test_anchors_by_bars_are_those_of_their_times():
    beats = Beats(0.2 + 0.5 * np.arange(14), 1 + np.arange(14) // 2, 1 + np.arange(14) % 2)
    score = dataclasses.replace(SCORE, beats=beats)
    by_bars = align(duet(), score, anchors=BarAnchors(np.array([3]), np.array([2]), np.array([0]), np.array([2.75])))
    by_times = align(duet(), SCORE, anchors=np.array([[2.7, 2.75]]))
    assert np.array_equal(by_bars.notes.onset, by_times.notes.onset)
    assert by_bars.beats is beats


def test_an_anchor_pulls_a_wrong_alignment_right():
    passage = melody(11, 10.0)
    parts = [passage, later(melody(12, 10.0), 11), later(passage, 22)]
    score = Notes.concatenated(parts)
    audio = synth.recording(passage, seconds=11.0)
    event = passage.onset[12] + 22
    for anchors, begin in ((None, 0), (np.array([[event, event - 22]]), 22)):
        with pytest.warns(ScoresepWarning, match="the recording plays"):
            alignment = align(audio, score, anchors=anchors)
        own = (alignment.score_onset > begin) & (alignment.score_onset < begin + 11)
        assert errors(alignment, lambda time, begin=begin: time - begin)[own].max() < 0.03
        assert alignment.confidence[own].mean() > 0.9
    assert at(alignment, event) == [event - 22]


def test_anchors_may_lie_in_a_repeat():
    event = EVENTS[np.searchsorted(EVENTS, 12.0)]
    anchors = np.array([(event, event + 0.1), (event, event + 12.1)])
    alignment, _ = with_warnings(recording(music(0, 20), music(8.4, 33)), anchors=anchors)
    assert at(alignment, event) == [event + 0.1, event + 12.1]
    np.testing.assert_allclose(alignment.sections, repeated()[0].sections, atol=0.2)


def test_right_anchors_on_both_sides_of_a_long_pause_are_taken():
    score = melody(21, 100.0)
    before, after = np.unique(score.onset)[103:105]
    cut = round((after - 0.02) * synth.RATE)
    samples = synth.tones(score, seconds=101.0)
    pause = np.zeros((1, 10 * synth.RATE), np.float32)
    audio = recording(samples[:, :cut], pause, samples[:, cut:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoresepWarning)
        alignment = align(audio, score, anchors=np.array([(before, before), (after, after + 10)]))
    assert errors(alignment, lambda time: np.where(time < after, time, time + 10)).max() < 0.05


def clicks():
    samples = np.zeros((1, 80_000), np.float32)
    samples[0, [100, 20_000, 50_000, 79_999]] = 1.0
    return samples


#: Functions that give odd samples.
ODD_RECORDINGS = {
    "a second": lambda: music(3, 4),
    "clicks": clicks,
    "one sample": lambda: np.ones((1, 1), np.float32),
    "constant": lambda: np.ones((1, 40_000), np.float32),
    "noise": lambda: noise(1),
    "music at the end": lambda: np.concatenate([np.zeros((1, 40_000), np.float32), music(3, 3.1)], axis=1),
}
ODD_SCORES = {
    "one note": synth.notes((0.2, 0.6, 72, 1)),
    "one chord": synth.notes(*((1.0, 2.0, pitch, 1) for pitch in (48, 52, 55, 60))),
    "no length": synth.notes(*((3.0, 3.0, pitch, 1) for pitch in (48, 52, 55, 60))),
    "lowest and highest": synth.notes((0.2, 1.0, 0, 1), (1.0, 2.0, 127, 1)),
    "late": synth.notes((1e6, 1e6 + 1, 60, 1), (1e6 + 2, 1e6 + 3, 62, 1)),
    "a long rest": synth.notes((0.0, 1.0, 60, 1), (1e5, 1e5 + 1, 62, 1)),
    "one pitch": synth.notes(*((0.2 * k, 0.2 * k + 0.1, 60, 1) for k in range(50))),
    "doubled": synth.notes((1.0, 2.0, 60, 1), (1.0, 2.0, 60, 2), (2.0, 3.0, 62, 1), (2.0, 3.0, 62, 1)),
    "very fast": later(SCORE, 0, 1e-4),
    "very slow": later(SCORE, 0, 1e3),
    "long": melody(3, 60.0),
}


@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
@pytest.mark.parametrize("score", ODD_SCORES.values(), ids=ODD_SCORES)
@pytest.mark.parametrize("samples_of", ODD_RECORDINGS.values(), ids=ODD_RECORDINGS)
def test_odd_recordings_and_scores_have_an_alignment(samples_of, score):
    assert_sound(align(Audio(samples_of(), synth.RATE), score, force=True), score)


@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
@pytest.mark.parametrize("score", ["one note", "no length", "lowest and highest", "a long rest", "doubled"])
@pytest.mark.parametrize("anchors", [[(0.6, 0.5)], [(0.9, 0.2), (0.5, 0.6)], [(-9.0, 0.5)], [(0.5, 99.0)]])
def test_odd_anchors_are_taken_or_refused(score, anchors):
    for samples in (duet().samples, ODD_RECORDINGS["a second"]()):
        with suppress(InputError):
            alignment = align(Audio(samples, synth.RATE), ODD_SCORES[score], anchors=np.array(anchors), force=True)
            assert np.isfinite(alignment.notes.onset).all()


@pytest.mark.parametrize(("source", "played", "count"), [("minuet", "written", 225), ("minuet-plain", "none", 85)])
@pytest.mark.parametrize("suffix", ["musicxml", "krn"])
def test_repeats_are_taken_as_the_recording_takes_them(fixtures, source, played, count, suffix):
    score = fixtures / f"minuet.{suffix}"
    recording = read_audio(fixtures / f"{source}.flac")
    alignment = align(recording, read_unfoldings(score))
    same = align(recording, read_score(score, repeats=played))
    assert len(alignment.notes) == count
    assert len(alignment.sections) == 1
    assert alignment.notes.onset.tolist() == same.notes.onset.tolist()
    assert alignment.overall_confidence > 0.9


@pytest.mark.filterwarnings("ignore:the score does not fit:scoresep.errors.ScoresepWarning")
def test_first_reading_is_taken_where_the_score_is_aligned(fixtures):
    readings = read_unfoldings(fixtures / "minuet.mei")
    alignment = align(read_audio(fixtures / "minuet-plain.flac"), readings, is_aligned=True)
    assert alignment.notes.onset.tolist() == readings[0].onset.tolist()


def test_notes_in_disorder_are_a_callers_mistake():
    disordered = SCORE.take(np.arange(len(SCORE))[::-1])
    with pytest.raises(ValueError, match=r"onset must rise; note 1 begins at .* s, the one before at"):
        align(synth.recording(SCORE), disordered)
