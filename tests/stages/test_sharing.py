"""Notes that are hard to tell apart are shared sensibly: unisons, octaves, repetitions, trills, pedal, extremes."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.pipeline import separate
from scoresep.stages.align import align
from scoresep.values import Audio

HANDS = {"right": {"part": "Right hand"}, "left": {"part": "Left hand"}}
RATE = 16000
PULSE = [0.3 + 0.5 * k for k in range(14)]


def stems_of(score, *, groups=HANDS, pan=None, **options):
    """Return the true stems and the separated ones, shape (parts, samples), and the separation."""
    length = {"seconds": 8.0, "rate": RATE}
    truth = np.stack([synth.tones(score.take(score.part == part), **length)[0] for part in (1, 2)])
    gains = np.ones((2, 1)) if pan is None else np.array(pan)
    audio = Audio((gains[:, :, None] * truth[:, None]).sum(axis=0).astype(np.float32), RATE)
    song = separate(audio, align(audio, score, is_aligned=True), groups=groups, **options)
    return truth, song.stems.samples[:2].mean(axis=1) / gains.mean(axis=1, keepdims=True), song


def ratios(truth, found):
    """Return the energy of each true stem over that of the error (dB)."""
    return 10 * np.log10(np.square(truth).sum(axis=1) / np.square(truth - found).sum(axis=1))


def figures(score, **how):
    """Return how well both hands are found (dB)."""
    truth, found, _ = stems_of(score, **how)
    return ratios(truth, found)


def played(right, left):
    """Return a score from the pitches of each hand, one on every pulse, half a second long."""
    rows = [
        (onset, onset + 0.45, pitch, part)
        for part, hand in ((1, right), (2, left))
        for onset, pitch in zip(PULSE, hand, strict=False)
    ]
    return synth.notes(*rows)


MELODY = [72, 76, 79, 74, 77, 81, 76, 79, 83, 77, 81, 84, 79, 76]
BASS = [48, 55, 52, 43, 50, 53, 45, 52, 57, 47, 50, 53, 48, 55]


@pytest.mark.parametrize(
    ("right", "left", "least"),
    [
        (MELODY, BASS, 15),
        ([60 + k % 12 for k in range(14)], [48 + k % 12 for k in range(14)], 4),
        ([60] * 14, [48 + (0, 4, 7, 4)[k % 4] for k in range(14)], 12),
        ([96 + k % 9 for k in range(14)], BASS, 15),
        (MELODY, [24 + k % 9 for k in range(14)], 10),
    ],
    ids=["two voices", "octaves", "a repeated note", "the highest octave", "the lowest octave"],
)
def test_hands_are_told_apart(right, left, least):
    assert figures(played(right, left)).min() > least


def test_a_trill_is_told_from_the_chord_below():
    trill = [(0.3 + 0.125 * k, 0.42 + 0.125 * k, 79 + 2 * (k % 2), 1) for k in range(48)]
    chords = [(0.3 + 2 * k, 2.2 + 2 * k, pitch, 2) for k in range(3) for pitch in (48, 55, 64)]
    assert figures(synth.notes(*trill, *chords)).min() > 8


def test_notes_that_ring_in_the_pedal_stay_with_their_hand():
    score = played(MELODY, BASS)
    heard = dataclasses.replace(score, offset=score.offset + 1.0)
    length = {"seconds": 9.0, "rate": RATE}
    truth = np.stack([synth.tones(heard.take(heard.part == part), **length)[0] for part in (1, 2)])
    audio = Audio(truth.sum(axis=0, keepdims=True), RATE)
    song = separate(audio, align(audio, score, is_aligned=True), groups=HANDS)
    assert ratios(truth, song.stems.samples[:2, 0]).min() > 10


def test_a_unison_is_shared_evenly():
    score = synth.notes(*[(onset, onset + 0.45, 60 + k % 7, part) for k, onset in enumerate(PULSE) for part in (1, 2)])
    truth, found, _ = stems_of(score)
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    assert ratios(truth, found).min() > 10


def test_a_unison_of_two_instruments_is_each_ones_own():
    rows = [(onset, onset + 0.45, 60 + k % 7, part) for k, onset in enumerate(PULSE) for part in (1, 2)]
    song = stems_of(synth.notes(*rows, parts=("Violin", "Flute")), groups={"a": {"part": 1}, "b": {"part": 2}})[2]
    assert set(song.decomposition.components.instrument) == {0, 1}
    assert song.stems.samples[:2].any(axis=2).all()


def test_every_note_has_its_attack():
    score = played(MELODY, [])
    _, _, song = stems_of(score, groups={"note": {"each": "note"}})
    recording = song.stems.samples.sum(axis=0)[0]
    for stem, onset in zip(song.stems.samples[:-1, 0], PULSE, strict=True):
        attack = slice(int((onset + 0.02) * RATE), int((onset + 0.12) * RATE))
        np.testing.assert_array_less(
            np.square(recording[attack] - stem[attack]).sum(), 0.1 * np.square(recording[attack]).sum()
        )
        assert np.square(stem[: int((onset - 0.25) * RATE)]).sum() < 1e-3 * np.square(stem).sum()


def test_a_place_in_the_stereo_image_tells_notes_apart():
    score = played([60 + (0, 7, 4)[k % 3] for k in range(14)], [48 + (0, 4, 7, 0, 7)[k % 5] for k in range(14)])
    late = np.where(score.part == 2, 0.002 * np.arange(len(score)), 0)  # else all partials begin in phase
    score = dataclasses.replace(score, onset=score.onset + late, offset=score.offset + late)
    pan = [[1.0, 0.2], [0.2, 1.0]]
    assert figures(score, pan=pan).min() > figures(score, pan=pan, spatial="off").min() + 3
