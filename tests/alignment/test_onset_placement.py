"""Each note is placed where its own pitch begins, near the coarse path."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.alignment.features import CLOCK, HIGHEST, LOWEST, RATE, pitch_energies
from scoresep.alignment.onset_novelty import own_novelty, struck_novelty, sustained_novelty
from scoresep.alignment.onset_placement import Evidence, evidence_of_onsets, place_onsets

SCORE = synth.duet()
ENERGIES = pitch_energies(synth.tones(SCORE, rate=RATE)[0])
SILENCE = np.zeros_like(ENERGIES)
NO_ANCHORS = np.zeros((0, 2))
EXACT = np.array([[0.0, 8.0], [0.0, 8.0]])


def moved(seconds):
    """Return a path that is off by some seconds."""
    return np.array([EXACT[0], EXACT[1] + seconds])


def evidence_of(notes, energies=ENERGIES, kind="struck"):
    return Evidence(energies, notes.pitch, [kind] * len(notes))


def placed(notes, path=EXACT, *, energies=ENERGIES, anchors=NO_ANCHORS, kind="struck"):
    return place_onsets(evidence_of(notes, energies, kind), notes, np.asarray(path, float), np.asarray(anchors, float))


@pytest.mark.parametrize("kind", ["struck", "sustained"])
@pytest.mark.parametrize("position", [-1000, -50, 0, 3, 700, 1595, 1700, 50_000])
def test_evidence_is_the_novelty_around_a_position_and_zero_outside(kind, position):
    novelty = {"struck": struck_novelty, "sustained": sustained_novelty}[kind](ENERGIES)
    note, frames = 3, round(0.5 / CLOCK)
    evidence = evidence_of(SCORE, kind=kind)
    inside = np.arange(position - frames, position + frames + 1)
    is_in = (inside >= 0) & (inside < ENERGIES.shape[1])
    for rows, found in ((novelty.onset, evidence.onset), (novelty.ending, evidence.ending)):
        row = rows[SCORE.pitch[note] - LOWEST]
        wanted = np.where(is_in, row[inside.clip(0, len(row) - 1)], 0)
        np.testing.assert_array_equal(found(note, position, 0.5), wanted)


def test_evidence_of_a_long_recording_leaves_no_seam():
    energies = np.tile(ENERGIES, 12)
    novelty = struck_novelty(energies)
    evidence = evidence_of(SCORE, energies)
    for position in range(0, energies.shape[1], 777):
        begin, end = max(position - 300, 0), min(position + 301, energies.shape[1])
        found = evidence.onset(0, position, 300 * CLOCK)[begin - position + 300 : end - position + 300]
        np.testing.assert_array_equal(found, novelty.onset[SCORE.pitch[0] - LOWEST, begin:end])


def test_own_evidence_is_by_the_partials_that_others_lack():
    evidence = evidence_of(SCORE)
    window = slice(100, 141)
    novelty = struck_novelty(ENERGIES)
    others = [SCORE.pitch[2]]
    part = dataclasses.replace(novelty, bands=novelty.bands[:, window])
    wanted = own_novelty(part, SCORE.pitch[0], others)
    np.testing.assert_array_equal(evidence.own_onset(0, [2], 120, 20 * CLOCK), wanted)


def test_a_note_has_no_partials_to_tell_from_another_of_its_pitch():
    notes = synth.notes((0.2, 1.0, 60, 1), (0.2, 1.0, 60, 2))
    evidence = evidence_of(notes)
    np.testing.assert_array_equal(evidence.own_onset(0, [1], 40, 0.1), evidence.own_onset(0, [], 40, 0.1))


@pytest.mark.parametrize("pitch", [0, LOWEST - 1, HIGHEST + 1, 127])
def test_pitches_beyond_the_bands_have_evidence(pitch):
    notes = synth.notes((0.2, 1.0, pitch, 1))
    assert np.isfinite(evidence_of(notes).onset(0, 40, 0.5)).all()
    assert np.isfinite(placed(notes)[0]).all()


@pytest.mark.parametrize("kind", ["struck", "sustained"])
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
def test_without_evidence_notes_stay_on_the_path_and_nothing_is_certain(notes, path):
    onset, certainty = placed(notes, path, energies=SILENCE)
    np.testing.assert_allclose(onset, np.interp(notes.onset, *path), atol=2 * CLOCK)
    assert certainty.max() < 0.6


def test_an_event_between_two_like_onsets_is_not_certain():
    note = synth.notes((1.0, 1.5, 60, 1))
    twice = synth.notes((0.7, 0.95, 60, 1), (1.3, 1.55, 60, 1))
    once = pitch_energies(synth.tones(note, seconds=3.0, rate=RATE)[0])
    rivals = pitch_energies(synth.tones(twice, seconds=3.0, rate=RATE)[0])
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
    energies = pitch_energies(synth.tones(broken, seconds=4.0, rate=RATE)[0])
    onset, _ = placed(written, energies=energies)
    np.testing.assert_allclose(onset, [1.0, 1.06, 2.06, 2.0], atol=0.02)


def test_sustained_notes_of_a_chord_begin_together():
    written = synth.notes((1.0, 2.0, 62, 1), (1.0, 2.0, 79, 1))
    onset, _ = placed(written, kind="sustained")
    assert onset[0] == onset[1]


def test_an_onset_is_evident_where_its_note_begins():
    here = evidence_of_onsets(evidence_of(SCORE), SCORE.onset)
    elsewhere = evidence_of_onsets(evidence_of(SCORE), SCORE.onset + 0.3)
    assert here.min() > 0.9
    assert elsewhere.mean() < 0.7
    assert ((elsewhere >= 0) & (elsewhere <= 1)).all()


@pytest.mark.parametrize("onset", [-1e6, -0.5, 8.5, 1e6])
def test_nothing_is_evident_outside_the_recording(onset):
    assert not evidence_of_onsets(evidence_of(SCORE), np.full(len(SCORE), onset)).any()


def test_nothing_is_evident_in_silence():
    assert not evidence_of_onsets(evidence_of(SCORE, SILENCE), SCORE.onset).any()


@pytest.mark.parametrize("n_frames", [1, 2, 30])
def test_the_shortest_recordings_have_places(n_frames):
    onset, certainty = placed(SCORE, energies=ENERGIES[:, :n_frames])
    assert np.isfinite(onset).all()
    assert np.isfinite(certainty).all()


def test_arguments_are_unchanged():
    path, anchors = EXACT.copy(), np.array([[0.2, 0.3]])
    before = SCORE.onset.copy(), ENERGIES.copy()
    placed(SCORE, path, anchors=anchors)
    assert np.array_equal(path, EXACT)
    assert anchors.tolist() == [[0.2, 0.3]]
    assert np.array_equal(before[0], SCORE.onset)
    assert np.array_equal(before[1], ENERGIES)
