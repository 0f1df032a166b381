"""Each note is placed where its own pitch begins, near the coarse path."""

import dataclasses
from functools import cache

import numpy as np
import pytest
import synth

from scoresep.alignment.onset_novelty import STRUCK_ONSETS, SUSTAINED_ONSETS, struck_novelty, unmasked_novelty
from scoresep.alignment.onset_placement import NoteNovelty, place_onsets, rank_onsets
from scoresep.alignment.pitch_energies import ENERGY_PERIOD, HIGHEST_PITCH, LOWEST_PITCH, pitch_energies
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

SCORE = synth.duet()
SILENCE = np.zeros((HIGHEST_PITCH - LOWEST_PITCH + 1, 1601), np.float32)
NO_ANCHORS = np.zeros((0, 2))
EXACT = np.array([[0.0, 8.0], [0.0, 8.0]])
KINDS = pytest.mark.parametrize("kind", [STRUCK_ONSETS, SUSTAINED_ONSETS], ids=["struck", "sustained"])


@cache
def energies_of_duet():
    """Return the pitch energies of the score, which nobody may change."""
    energies = pitch_energies(synth.tones(SCORE, rate=MONO_SAMPLE_RATE)[0])
    energies.flags.writeable = False
    return energies


def moved(seconds):
    """Return a path that is off by some seconds."""
    return np.array([EXACT[0], EXACT[1] + seconds])


def novelty_of(notes, energies=None, kind=STRUCK_ONSETS):
    """Return the novelty of notes in a recording, by default in that of the score."""
    energies = energies_of_duet() if energies is None else energies
    return NoteNovelty({pitch_energies: energies}, notes.pitch, [kind] * len(notes))


def placed(notes, path=EXACT, *, energies=None, anchors=NO_ANCHORS, kind=STRUCK_ONSETS):
    return place_onsets(novelty_of(notes, energies, kind), notes, np.asarray(path, float), np.asarray(anchors, float))


@KINDS
@pytest.mark.parametrize("position", [-1000, -50, 0, 3, 700, 1595, 1700, 50_000])
def test_novelty_is_that_around_a_position_and_zero_outside(kind, position):
    energies = energies_of_duet()
    novelty = kind.novelty(energies)
    note, frames = 3, round(0.5 / ENERGY_PERIOD)
    notes = novelty_of(SCORE, kind=kind)
    inside = np.arange(position - frames, position + frames + 1)
    is_in = (inside >= 0) & (inside < energies.shape[1])
    for rows, found in ((novelty.onset, notes.onset), (novelty.ending, notes.ending)):
        row = rows[SCORE.pitch[note] - LOWEST_PITCH]
        wanted = np.where(is_in, row[inside.clip(0, len(row) - 1)], 0)
        np.testing.assert_array_equal(found(note, position, 0.5), wanted)


def test_novelty_of_a_long_recording_leaves_no_seam():
    energies = np.tile(energies_of_duet(), 12)
    novelty = struck_novelty(energies)
    notes = novelty_of(SCORE, energies)
    for position in range(0, energies.shape[1], 777):
        begin, end = max(position - 300, 0), min(position + 301, energies.shape[1])
        found = notes.onset(0, position, 300 * ENERGY_PERIOD)[begin - position + 300 : end - position + 300]
        np.testing.assert_array_equal(found, novelty.onset[SCORE.pitch[0] - LOWEST_PITCH, begin:end])


def test_unmasked_novelty_is_that_of_partials_that_others_lack():
    notes = novelty_of(SCORE)
    window = slice(100, 141)
    novelty = struck_novelty(energies_of_duet())
    others = [SCORE.pitch[2]]
    part = dataclasses.replace(novelty, bands=novelty.bands[:, window])
    wanted = unmasked_novelty(part, SCORE.pitch[0], others)
    np.testing.assert_array_equal(notes.unmasked_onset(0, [2], 120, 20 * ENERGY_PERIOD), wanted)


def test_a_note_has_no_partials_to_tell_from_another_of_its_pitch():
    notes = synth.notes((0.2, 1.0, 60, 1), (0.2, 1.0, 60, 2))
    novelty = novelty_of(notes)
    np.testing.assert_array_equal(novelty.unmasked_onset(0, [1], 40, 0.1), novelty.unmasked_onset(0, [], 40, 0.1))


@pytest.mark.parametrize("pitch", [0, LOWEST_PITCH - 1, HIGHEST_PITCH + 1, 127])
def test_pitches_beyond_the_bands_have_novelty(pitch):
    notes = synth.notes((0.2, 1.0, pitch, 1))
    assert np.isfinite(novelty_of(notes).onset(0, 40, 0.5)).all()
    assert np.isfinite(placed(notes)[0]).all()


@KINDS
@pytest.mark.parametrize("shift", [-1.0, -0.2, 0.0, 0.2, 1.0])
def test_notes_are_found_around_a_path_that_is_off(shift, kind):
    onset, certainty = placed(SCORE, moved(shift), kind=kind)
    np.testing.assert_allclose(onset, SCORE.onset, atol=0.04)
    assert certainty.shape == (len(SCORE),)
    assert certainty.min() > 0.8


@pytest.mark.parametrize("pace", [0.3, 1.0, 3.0])
def test_the_pace_of_the_path_does_not_matter(pace):
    slower = dataclasses.replace(SCORE, onset=pace * SCORE.onset, offset=pace * SCORE.offset)
    onset, _ = placed(slower, EXACT * [[pace], [1.0]])
    np.testing.assert_allclose(onset, SCORE.onset, atol=0.03)


@pytest.mark.parametrize("path", [EXACT, moved(3.0), moved(-20.0)])
@pytest.mark.parametrize("notes", [SCORE, SCORE.take(np.array([0]))], ids=["all", "one"])
def test_without_novelty_notes_stay_on_the_path_and_nothing_is_certain(notes, path):
    onset, certainty = placed(notes, path, energies=SILENCE)
    np.testing.assert_allclose(onset, np.interp(notes.onset, *path), atol=2 * ENERGY_PERIOD)
    assert certainty.max() < 0.6


def test_an_event_between_two_equal_onsets_is_not_certain():
    note = synth.notes((1.0, 1.5, 60, 1))
    twice = synth.notes((0.7, 0.95, 60, 1), (1.3, 1.55, 60, 1))
    once = pitch_energies(synth.tones(note, seconds=3.0, rate=MONO_SAMPLE_RATE)[0])
    rivals = pitch_energies(synth.tones(twice, seconds=3.0, rate=MONO_SAMPLE_RATE)[0])
    assert placed(note, energies=once)[1][0] > 0.95
    assert placed(note, energies=rivals)[1][0] < 0.75


def test_an_event_at_an_anchor_is_there_and_certain():
    time = float(SCORE.onset[6])
    onset, certainty = placed(SCORE, anchors=[(time, time + 0.123)])
    own = SCORE.onset == time
    assert own.sum() >= 1
    assert onset[own].tolist() == [time + 0.123] * own.sum()
    assert certainty[own].min() > 0.99
    np.testing.assert_allclose(onset[~own], SCORE.onset[~own], atol=0.04)


def test_an_anchor_leads_the_path_to_its_event():
    path = moved(1.0)
    times = np.unique(SCORE.onset)[[2, 8]]
    onset, _ = placed(SCORE, path, anchors=np.stack([times, times], axis=1))
    np.testing.assert_allclose(onset, SCORE.onset, atol=0.04)


def test_an_anchor_where_no_event_is_changes_nothing():
    there = placed(SCORE, anchors=[(1.03, 1.4)])[0]
    assert np.array_equal(there, placed(SCORE)[0])


@pytest.mark.parametrize("anchors", [[(0.2, 50.0)], [(0.2, -9.0)], [(0.2, 5.0), (3.2, 1.0)], [(0.2, 1.0), (0.2, 2.0)]])
def test_odd_anchors_are_taken(anchors):
    onset, certainty = placed(SCORE, anchors=anchors)
    assert np.isfinite(onset).all()
    assert ((certainty >= 0) & (certainty <= 1)).all()


def test_notes_of_a_broken_chord_are_placed_one_by_one():
    written = synth.notes((1.0, 2.0, 62, 1), (1.0, 2.0, 79, 1), (2.0, 3.0, 60, 1), (2.0, 3.0, 77, 1))
    broken = synth.notes((1.0, 2.0, 62, 1), (1.06, 2.0, 79, 1), (2.06, 3.0, 60, 1), (2.0, 3.0, 77, 1))
    energies = pitch_energies(synth.tones(broken, seconds=4.0, rate=MONO_SAMPLE_RATE)[0])
    onset, _ = placed(written, energies=energies)
    np.testing.assert_allclose(onset, [1.0, 1.06, 2.06, 2.0], atol=0.02)


def test_sustained_notes_of_a_chord_begin_together():
    written = synth.notes((1.0, 2.0, 62, 1), (1.0, 2.0, 79, 1))
    onset, _ = placed(written, kind=SUSTAINED_ONSETS)
    assert onset[0] == onset[1]


def test_an_onset_ranks_high_where_its_note_begins():
    here = rank_onsets(novelty_of(SCORE), SCORE.onset)
    elsewhere = rank_onsets(novelty_of(SCORE), SCORE.onset + 0.3)
    assert here.min() > 0.9
    assert elsewhere.mean() < 0.7
    assert ((elsewhere >= 0) & (elsewhere <= 1)).all()


@pytest.mark.parametrize("onset", [-1e6, -0.5, 8.5, 1e6])
def test_onsets_rank_lowest_outside_the_recording(onset):
    assert not rank_onsets(novelty_of(SCORE), np.full(len(SCORE), onset)).any()


def test_onsets_rank_lowest_in_silence():
    assert not rank_onsets(novelty_of(SCORE, SILENCE), SCORE.onset).any()


@pytest.mark.parametrize("n_frames", [1, 2, 30])
def test_the_shortest_recordings_have_places(n_frames):
    onset, certainty = placed(SCORE, energies=energies_of_duet()[:, :n_frames])
    assert np.isfinite(onset).all()
    assert np.isfinite(certainty).all()


def test_arguments_are_unchanged():
    path, anchors = EXACT.copy(), np.array([[0.2, 0.3]])
    before = SCORE.onset.copy()
    placed(SCORE, path, anchors=anchors)
    assert np.array_equal(path, EXACT)
    assert anchors.tolist() == [[0.2, 0.3]]
    assert np.array_equal(before, SCORE.onset)  # the energies are read-only
