"""The sound of a drum kit is divided among its hits, and nothing gets lost."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.model.beta_divergence import divergence
from scoresep.model.kit_division import KitDivision, Passage, learn_division, short_transform
from scoresep.model.kit_fit import KitStretch, fit_kit
from scoresep.model.kit_hits import kit_hits
from scoresep.model.kit_passages import JoinedSounds, learning_runs, passages
from scoresep.model.kit_templates import kit_rows, open_frames
from scoresep.values import Audio, Transform

RATE = 8000
KICK, SNARE, CRASH = 36, 38, 49
DRUMS = 10


def kit_notes(*rows):
    """Return drum notes from (onset, key) rows."""
    notes = synth.notes(*((onset, onset + 0.1, key, 1) for onset, key in rows), parts=("Drums",))
    return dataclasses.replace(notes, channel=np.full(len(notes), DRUMS))


def by_key(notes):
    """Return weights with a group for each key."""
    return np.array([notes.pitch == key for key in sorted(set(notes.pitch.tolist()))], float)


def sound_of(notes, key, seconds=3.0):
    """Return the sound of the hits of a key: a low tone for a kick, noise for all else, shape (1, samples)."""
    samples = np.zeros(int(seconds * RATE), np.float32)
    time = np.arange(int(0.3 * RATE)) / RATE
    rng = np.random.default_rng(key)
    hit = np.sin(2 * np.pi * 70 * time) if key == KICK else 0.5 * rng.standard_normal(len(time))
    hit = (hit * 10 ** (-time / 0.1)).astype(np.float32)
    for onset in notes.onset[notes.pitch == key]:
        begin = round(onset * RATE)
        samples[begin : begin + len(hit)] += hit[: len(samples) - begin]
    return samples[None]


NOTES = kit_notes((0.0, KICK), (0.0, SNARE), (0.4, KICK), (0.75, SNARE), (1.1, KICK), (1.5, SNARE), (2.2, KICK))
TRANSFORM = short_transform(RATE, 3 * RATE)


def padded(samples, before, after):
    return Passage(-before, *(np.pad(part, ((0, 0), (before, after))) for part in (samples, samples)))


@pytest.fixture(scope="module")
def learned():
    """Give what is learned from a kick and a snare, and their sounds."""
    sounds = [sound_of(NOTES, key) for key in (KICK, SNARE)]
    hits = kit_hits(NOTES, by_key(NOTES))
    return learn_division([padded(sum(sounds), 1000, 1000)], hits, TRANSFORM), sounds


def divided(division, samples, span=None):
    passage = padded(samples, division.samples_before, division.samples_after)
    span = range(samples.shape[1]) if span is None else span
    return whole_sounds(division.divide(passage, span), span)


def whole_sounds(found, span):
    """Give the sounds of groups with silence around them, so that they are as long as a span."""
    sounds = {}
    for group, sound in found.items():
        after = len(span) - sound.first - sound.samples.shape[1]
        sounds[group] = np.pad(sound.samples, ((0, 0), (sound.first, after)))
    return sounds


def test_hits_are_divided_only_where_two_groups_have_drums_alone():
    notes = synth.notes((0.0, 1.0, 60, 1), (0.2, 0.3, KICK, 2), (0.5, 0.6, SNARE, 2))
    notes = dataclasses.replace(notes, channel=np.array([1, DRUMS, DRUMS]))
    assert kit_hits(notes, np.eye(3)).groups.tolist() == [1, 2]
    assert kit_hits(notes, np.eye(3)).key.tolist() == [KICK, SNARE]
    assert kit_hits(notes, np.float64([[1, 0, 0], [0, 1, 1]])) is None
    assert kit_hits(notes, np.float64([[1, 1, 0], [0, 0, 1]])) is None
    assert kit_hits(notes, np.zeros((0, 0))) is None
    assert kit_hits(synth.duet(), np.eye(len(synth.duet()))) is None


def test_hits_between_two_times_keep_their_groups():
    weights = np.zeros((3, len(NOTES)))
    weights[0, NOTES.pitch == KICK] = 0.5
    weights[1, NOTES.pitch == KICK] = 0.5
    weights[2, NOTES.pitch == SNARE] = 1
    near = kit_hits(NOTES, weights).between(0.7, 1.0)
    assert near.groups.tolist() == [2]
    near = kit_hits(NOTES, weights).between(0.7, 1.2)
    assert (near.key.tolist(), near.onset.tolist()) == ([SNARE, KICK], [0.75, 1.1])
    assert near.groups[near.group].tolist() == [2, 0, 1]
    assert (near.hit.tolist(), near.weight.tolist()) == ([0, 1, 1], [1, 0.5, 0.5])


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_templates_last_as_long_as_their_pieces_ring(rate):
    rows, spectra = kit_rows(np.array([KICK, CRASH]), short_transform(rate, rate))
    assert len(spectra) == len(rows.first)
    for k, ring in enumerate((0.3, 1.5)):
        own = rows.taps.component == k
        seconds = own.sum() * short_transform(rate, rate).hop / rate
        assert 1.5 * ring < seconds < 1.5 * ring + 0.1
        assert spectra[rows.key_of_row == k].sum() == pytest.approx(1, rel=1e-4)
    assert len(rows.first) < 0.3 * len(rows.taps)


def test_adding_back_is_the_transpose_of_activations():
    rows, spectra = kit_rows(np.array([KICK, SNARE]), TRANSFORM)
    rng = np.random.default_rng(0)
    H, array = rng.random((2, rows.reach + 30)), rng.random((len(spectra), 30))
    np.testing.assert_allclose(
        (rows.add_back(array.astype(np.float32)) * H).sum(), (array * rows.activations(H)).sum(), rtol=1e-4
    )


def test_the_loss_never_rises():
    rng = np.random.default_rng(1)
    rows, spectra = kit_rows(np.array([KICK, SNARE]), TRANSFORM)
    V, B = rng.random((2, TRANSFORM.n_bins, 60)).astype(np.float32)
    openings = (rng.random((2, rows.reach + 60)) > 0.8).astype(np.float32)
    losses = []
    for iterations in range(12):
        kit, (H,) = fit_kit(rows, spectra, [KitStretch(V, 0.3 * B, openings)], iterations=iterations)
        losses.append(divergence(V, 0.3 * B + kit.spectra.T @ rows.activations(H), 1.0))
        assert not H[openings == 0].any()
    assert (np.diff(losses) <= 1e-5 * losses[0]).all()
    assert losses[-1] < 0.8 * losses[0]


def test_pieces_are_told_apart(learned):
    division, sounds = learned
    found = divided(division, sum(sounds))
    for group, truth in enumerate(sounds):
        error = np.square(found[group] - truth).sum()
        assert 10 * np.log10(np.square(truth).sum() / error) > 12


def test_hits_at_the_very_begin_are_kept(learned):
    division, sounds = learned
    found = divided(division, sum(sounds))
    for group, truth in enumerate(sounds):
        first = slice(0, int(0.2 * RATE))
        error = np.square(found[group][:, first] - truth[:, first]).sum()
        assert 10 * np.log10(np.square(truth[:, first]).sum() / error) > 8


@pytest.mark.parametrize("seed", range(3))
def test_parts_add_up_to_any_sound(learned, seed):
    samples = np.random.default_rng(seed).standard_normal((2, 3 * RATE)).astype(np.float32)
    np.testing.assert_allclose(sum(divided(learned[0], samples).values()), samples, atol=1e-5)


def test_passages_are_divided_like_the_whole(learned):
    division, sounds = learned
    samples = sum(sounds)
    whole = divided(division, samples)
    passage = padded(samples, division.samples_before, division.samples_after)
    for span in (range(9000), range(9000, 15001), range(15001, 3 * RATE)):
        begin, end = span.start, span.stop + division.samples_before + division.samples_after
        own = Passage(begin - division.samples_before, passage.recording[:, begin:end], passage.drums[:, begin:end])
        for group, sound in whole_sounds(division.divide(own, span), span).items():
            np.testing.assert_allclose(sound, whole[group][:, span.start : span.stop], atol=0.02)


def test_each_hit_may_be_a_group():
    sounds = sum(sound_of(NOTES, key) for key in (KICK, SNARE))
    hits = kit_hits(NOTES, np.eye(len(NOTES)))
    division = learn_division([padded(sounds, 1000, 1000)], hits, TRANSFORM)
    found = divided(division, sounds)
    assert sorted(found) == list(range(len(NOTES)))
    np.testing.assert_allclose(sum(found.values()), sounds, atol=1e-5)
    for note, onset in enumerate(NOTES.onset):
        before = found[note][:, : max(round((onset - 0.1) * RATE), 0)]
        assert np.square(before).sum() < 0.02 * np.square(found[note]).sum()


def test_the_sound_of_a_hit_is_no_longer_than_its_piece_rings():
    notes = kit_notes((0.5, KICK), (0.7, SNARE), (1.0, KICK), (1.3, SNARE))
    sounds = sum(sound_of(notes, key) for key in (KICK, SNARE))
    division = learn_division([padded(sounds, 1000, 1000)], kit_hits(notes, np.eye(4)), TRANSFORM)
    found = division.divide(padded(sounds, division.samples_before, division.samples_after), range(3 * RATE))
    assert sorted(found) == list(range(4))
    for note, onset in enumerate(notes.onset[1:-1], start=1):
        sound = found[note]
        assert 0 < onset - sound.first / RATE < 0.1
        assert sound.samples.shape[1] < 0.7 * RATE


def test_silence_stays_silent(learned):
    assert not any(sound.any() for sound in divided(learned[0], np.zeros((1, 3 * RATE), np.float32)).values())


def test_frames_before_the_recording_may_be_struck():
    rows, _ = kit_rows(np.array([KICK]), TRANSFORM)
    hits = kit_hits(NOTES, by_key(NOTES)).between(-1, 0.2)
    hits = dataclasses.replace(hits, key=np.full(len(hits.key), KICK))
    begin, end = open_frames(hits, rows, TRANSFORM, range(-5, 20))[0][1:]
    assert begin - rows.reach - 5 < -rows.n_before < end - rows.reach - 5


@pytest.mark.parametrize("seconds", [1, 100, 180, 3600, 40000])
def test_a_kit_is_learned_from_a_part_of_a_long_recording(seconds):
    transform = Transform(RATE, 2232, 372, seconds * RATE)
    rare = seconds - 1
    notes = kit_notes(*((k, KICK) for k in range(0, seconds, 7)), (rare, SNARE))
    runs = learning_runs(kit_hits(notes, by_key(notes)), transform)
    assert sum(map(len, runs)) <= min(200 * transform.frame_rate, transform.n_frames + 10 * transform.frame_rate)
    assert any(run.start <= rare * transform.frame_rate < run.stop for run in runs)
    assert all(0 <= run.start < run.stop <= transform.n_frames for run in runs)


@pytest.mark.parametrize("size", [1000, 30000, 70000, 10**6])
def test_passages_cover_a_recording_once(size):
    samples = np.random.default_rng(0).standard_normal((1, 200000)).astype(np.float32)
    audio = Audio(samples, RATE)
    spans = [range(k, min(k + size, 200000)) for k in range(0, 200000, size)]
    joined = [JoinedSounds(span, {"kick": samples[:, span.start : span.stop]}) for span in spans]
    seen = []
    for own, passage in passages(joined, audio, ["kick"], before=3000, after=500):
        seen += [each.span for each in own]
        begin, end = passage.first, passage.first + passage.drums.shape[1]
        assert begin <= own[0].span.start - 3000 or size == 10**6
        assert end >= own[-1].span.stop + 500
        assert np.array_equal(passage.drums, passage.recording)
        inside = slice(max(begin, 0) - begin, min(end, 200000) - begin)
        assert np.array_equal(passage.drums[:, inside], samples[:, max(begin, 0) : min(end, 200000)])
    assert seen == spans


def test_the_short_window_is_four_hops():
    for rate in (8000, 22050, 44100, 48000, 96000):
        transform = short_transform(rate, rate)
        assert transform.n_fft == 4 * transform.hop
        assert transform.n_fft / rate == pytest.approx(0.0464, rel=0.05)


def test_a_division_is_a_value(learned):
    assert isinstance(learned[0], KitDivision)
    assert learned[0].kit.spectra.min() >= 0


@pytest.mark.parametrize("shift", [-0.07, 0.05, 0.0])
def test_hits_are_moved_to_where_they_are(shift):
    sounds = sum(sound_of(NOTES, key) for key in (KICK, SNARE))
    hits = kit_hits(NOTES, by_key(NOTES))
    wrong = np.flatnonzero(hits.onset == 0.75)
    onset = hits.onset.copy()
    onset[wrong] += shift
    division = learn_division([padded(sounds, 1000, 1000)], dataclasses.replace(hits, onset=onset), TRANSFORM)
    found = divided(division, sounds)
    span = slice(round(0.72 * RATE), round(0.95 * RATE))
    truth = sound_of(NOTES, SNARE)[:, span]
    assert np.square(found[1][:, span] - truth).sum() < 0.1 * np.square(truth).sum()
