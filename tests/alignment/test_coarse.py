"""The coarse alignment finds what is played, in which order and in which key."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.alignment.coarse import align_coarsely, local_similarity
from scoresep.alignment.features import FEATURE_PERIOD
from scoresep.alignment.paths import map_times
from scoresep.alignment.score_features import ScoreFeatures, score_features
from scoresep.alignment.similarity import MIN_SIMILARITY
from scoresep.alignment.unfolded_pair import extend_to_score_ends
from scoresep.score.unfolding import to_score_time, unfold
from scoresep.values import Notes

NO_ANCHORS = np.zeros((0, 2))


def melody(seed, seconds=24.0):
    """Return notes of random pitches and lengths, three to a chord."""
    rng = np.random.default_rng(seed)
    onset = np.cumsum(rng.choice([0.25, 0.5, 0.75], round(4 * seconds)))
    onset = np.append(0.0, onset[onset < seconds])
    ends = np.append(onset[1:], seconds)
    return synth.notes(
        *((a, b, int(p), 1) for a, b in zip(onset, ends, strict=True) for p in rng.choice(np.arange(40, 88), 3, False))
    )


NOTES = melody(0)


def played(notes, *spans, transposition=0, seconds=None):
    """Return the features of a recording of parts (s) of a score, one after the other, or of it all."""
    rows = [notes] if not spans else []
    begin = 0.0
    for start, stop in spans:
        part = notes.take((notes.onset >= start) & (notes.onset < stop))
        offset = np.minimum(part.offset, stop)
        rows.append(dataclasses.replace(part, onset=part.onset - start + begin, offset=offset - start + begin))
        begin += stop - start
    joined = Notes.concatenated(rows)
    duration = seconds or max(begin, float(joined.offset.max()))
    return score_features(
        joined.onset,
        joined.offset,
        joined.pitch + transposition,
        duration=duration,
        n_frames=round(duration / FEATURE_PERIOD),
    )


def coarse_of(recording, notes=NOTES, first=0, anchors=NO_ANCHORS):
    return align_coarsely(recording, [notes], first_frame=first, anchors=np.asarray(anchors, float))


def assert_sound(coarse):
    """Check what holds for every coarse alignment."""
    assert (np.diff(coarse.path) >= 0).all()
    assert (np.diff(coarse.path[0]) > 0).all()
    assert np.isfinite(coarse.path).all()
    assert (coarse.sections[:, 0] < coarse.sections[:, 1]).all()
    assert (coarse.sections[:, 2] < coarse.sections[:, 3]).all()
    assert (coarse.sections[1:, 2] >= coarse.sections[:-1, 3] - 1e-9).all()


@pytest.mark.parametrize("semitones", [-6, 0, 3])
def test_a_recording_of_the_whole_is_one_section_in_its_key(semitones):
    coarse = coarse_of(played(NOTES, transposition=semitones))
    assert_sound(coarse)
    assert coarse.transposition == semitones
    assert coarse.similarity > 0.6
    np.testing.assert_allclose(coarse.sections, [[0.0, 24.0, 0.0, 24.0]], atol=0.3)
    np.testing.assert_allclose(map_times(coarse.path, NOTES.onset), NOTES.onset, atol=0.1)


@pytest.mark.parametrize("pace", [0.25, 3.0])
def test_the_tempo_of_the_score_does_not_matter(pace):
    slower = dataclasses.replace(NOTES, onset=pace * NOTES.onset, offset=pace * NOTES.offset)
    coarse = coarse_of(played(NOTES), slower)
    assert_sound(coarse)
    np.testing.assert_allclose(map_times(coarse.path, slower.onset), NOTES.onset, atol=0.1)


def test_frames_are_counted_from_the_first_one():
    here, later = coarse_of(played(NOTES)), coarse_of(played(NOTES), first=500)
    np.testing.assert_allclose(
        later.path - here.path, [[0.0], [500 * FEATURE_PERIOD]] * np.ones_like(here.path), atol=1e-9
    )
    np.testing.assert_allclose(
        later.sections - here.sections, [[0.0, 0.0, 500 * FEATURE_PERIOD, 500 * FEATURE_PERIOD]], atol=1e-9
    )


@pytest.mark.parametrize(
    ("spans", "sections"),
    [
        ([(0, 16), (6, 24)], [(0, 16, 0, 16), (6, 24, 16, 34)]),
        ([(0, 8), (15, 24)], [(0, 8, 0, 8), (15, 24, 8, 17)]),
        ([(0, 12), (4, 12), (4, 24)], [(0, 12, 0, 12), (4, 12, 12, 20), (4, 24, 20, 40)]),
        ([(7, 24)], [(7, 24, 0, 17)]),
        ([(0, 16)], [(0, 16, 0, 16)]),
    ],
    ids=["repeat", "cut", "two repeats", "from the middle", "to the middle"],
)
def test_what_is_played_is_found(spans, sections):
    coarse = coarse_of(played(NOTES, *spans))
    assert_sound(coarse)
    np.testing.assert_allclose(coarse.sections, sections, atol=0.6)
    extended = extend_to_score_ends(coarse.sections, ScoreFeatures(NOTES).begin, ScoreFeatures(NOTES).end)
    unfolded, _ = unfold(NOTES, extended)
    found = map_times(coarse.path, unfolded.onset)
    for begin, _, first, last in sections:
        inside = (found > first + 0.3) & (found < last - 0.3)
        np.testing.assert_allclose(
            to_score_time(unfolded.onset[inside], extended) - begin, found[inside] - first, atol=0.15
        )


@pytest.mark.parametrize("spans", [[(0, 16), (6, 24)], [(0, 8), (15, 24)]], ids=["repeat", "cut"])
@pytest.mark.parametrize("seed", [4, 5])
def test_no_note_is_lost_where_the_recording_jumps(seed, spans):
    notes = melody(seed)
    events = np.unique(notes.onset)
    spans = np.append(events, 24.0)[np.searchsorted(events, spans)]
    coarse = coarse_of(played(notes, *spans), notes)
    _, index = unfold(notes, extend_to_score_ends(coarse.sections, 0.0, 24.0))
    wanted = [np.flatnonzero((notes.onset >= begin) & (notes.onset < end)) for begin, end in spans]
    assert index.tolist() == np.concatenate(wanted).tolist()


def test_another_piece_has_little_similarity_and_one_section():
    recording = played(melody(1))
    coarse = coarse_of(recording)
    assert_sound(coarse)
    assert coarse.similarity < MIN_SIMILARITY
    assert coarse.transposition == 0
    assert coarse.sections.tolist() == [[0.0, 24.0, 0.0, recording.shape[1] * FEATURE_PERIOD]]


def test_an_anchor_decides_between_two_equal_passages():
    passage = melody(2, 10.0)
    between = melody(3, 8.0)
    later = [(between, 11.0), (passage, 20.0)]
    moved = [dataclasses.replace(n, onset=n.onset + t, offset=n.offset + t) for n, t in later]
    notes = Notes.concatenated([passage, *moved])
    recording = played(passage)
    first = coarse_of(recording, notes, anchors=[(5.0, 5.0)]).sections
    second = coarse_of(recording, notes, anchors=[(25.0, 5.0)]).sections
    assert (len(first), len(second)) == (1, 1)
    assert first[0, 1] < 12
    assert second[0, 0] > 19


@pytest.mark.parametrize("anchors", [[(0.6, 0.5), (0.5, 1.0)], [(0.9, 0.2)], [(-5.0, 0.5)], [(0.5, 99.0)]])
@pytest.mark.parametrize("seconds", [1.0, 8.0])
def test_anchors_inside_a_single_note_are_allowed(anchors, seconds):
    note = synth.notes((0.0, 1.0, 60, 1))
    coarse = coarse_of(played(note, seconds=seconds), note, anchors=anchors)
    assert np.isfinite(coarse.path).all()


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.5, 2.0])
@pytest.mark.parametrize("anchors", [[(5.0, 0.02), (3.0, 0.08)], [(12.0, 0.0), (3.0, 0.21)], [(5.0, 0.1), (3.0, 0.9)]])
def test_anchors_of_a_short_recording_may_go_back(seconds, anchors):
    assert np.isfinite(coarse_of(played(NOTES)[:, : round(seconds / FEATURE_PERIOD)], anchors=anchors).path).all()


def test_local_similarity_is_high_where_the_score_is_played_and_low_elsewhere():
    recording = np.concatenate([played(NOTES), played(melody(1))], axis=1)
    similarity = local_similarity(recording, ScoreFeatures(NOTES))
    assert similarity.shape == (recording.shape[1],)
    assert similarity[50:550].min() > 0.6
    assert similarity[650:1150].max() < 0.4


@pytest.mark.parametrize("n_frames", [1, 4095, 4097])
def test_local_similarity_has_an_entry_for_each_frame(n_frames):
    recording = np.repeat(played(NOTES), 8, axis=1)[:, :n_frames]
    assert local_similarity(recording, ScoreFeatures(NOTES)).shape == (n_frames,)


def test_arguments_are_unchanged():
    recording, anchors = played(NOTES), np.array([[5.0, 5.0]])
    before = recording.copy(), anchors.copy(), NOTES.onset.copy()
    align_coarsely(recording, [NOTES], first_frame=10, anchors=anchors)
    for was, now in zip(before, (recording, anchors, NOTES.onset), strict=True):
        assert np.array_equal(was, now)
