"""A recording in another tempo: in that of its score, or faster or slower than it is played."""

import numpy as np
import pytest
import synth
from performance import performed, scale

from scoresep.errors import InputError
from scoresep.practising.warp import new_times, warp
from scoresep.values import Alignment, Audio

#: A scale in the score, a second a note.
SCORE = synth.notes(*((k, k + 0.9, 60 + k, 1) for k in range(6)))


def alignment(score=SCORE, onset=None, *, sections=((0.0, 6.0, 0.0, 8.0),), duration=8.0):
    """Return an alignment of a score with onsets in the recording (s)."""
    onset = score.onset if onset is None else np.asarray(onset, float)
    placed = synth.notes(*((t, t + 0.3, p, 1) for t, p in zip(onset, score.pitch, strict=True)))
    path = np.stack([score.onset, onset])
    return Alignment(placed, score.onset, score.offset, np.ones(len(score)), 1.0, path, np.array(sections),
                     np.zeros((0, 2)), "f", duration=duration)  # fmt: skip


def test_the_tempo_of_the_score_is_that_of_the_result():
    played = alignment(onset=[0.5, 1.7, 2.4, 3.6, 5.0, 5.8])
    result = warp(Audio(synth.tones(played.notes), synth.RATE), played)
    energy = np.add.reduceat(result.samples[0] ** 2, np.arange(0, result.n_samples, 80))
    rises = [int(np.argmax(energy[100 * k - 5 : 100 * k + 5])) for k in range(1, 6)]
    assert all(4 <= rise <= 7 for rise in rises)
    assert result.duration == pytest.approx(5 + 8 - 5.8, abs=1e-3)


def test_repeats_are_unfolded():
    notes = synth.notes(*((t, t + 0.4, 60, 1) for t in (0.5, 1.5, 3.0, 4.5)))
    score_time = np.array([0.0, 1.0, 0.0, 1.0])
    played = Alignment(
        notes, score_time, score_time + 0.9, np.ones(4), 1.0, np.stack([score_time, notes.onset]),
        np.array([[0.0, 2.0, 0.5, 2.6], [0.0, 2.0, 2.9, 6.0]]), np.zeros((0, 2)), "f", duration=6.0,
    )  # fmt: skip
    path = new_times(played)
    assert path[0] == pytest.approx([0, 1, 2, 3])
    assert path[1] == pytest.approx(notes.onset)


def test_an_excerpt_begins_with_the_recording():
    path = new_times(alignment(onset=SCORE.onset - 2.5))
    assert np.interp(0, path[1], path[0]) == pytest.approx(0)


def test_a_factor_keeps_the_tempo_as_played():
    recording = Audio(synth.tones(SCORE, seconds=6.0), synth.RATE)
    assert warp(recording, alignment(duration=6.0), factor=0.8).duration == pytest.approx(6 / 0.8, abs=1e-3)
    same = warp(recording, alignment(duration=6.0), factor=1.0)
    assert same.samples == pytest.approx(recording.samples, abs=1e-6)


def test_what_cannot_be_is_said():
    recording = Audio(np.zeros((1, 8000), np.float32), 8000)
    with pytest.raises(ValueError, match="together"):
        warp(recording, alignment(), tempo=100, factor=0.5)
    with pytest.raises(ValueError, match="above zero"):
        warp(recording, alignment(), factor=0)
    with pytest.raises(InputError, match="hours"):
        warp(recording, alignment(duration=1.0), factor=1e-5)


def test_a_constant_tempo_has_beats_at_equal_distances():
    played = performed(*scale())
    path = new_times(played, tempo=100)
    beats = np.interp(played.notes.onset, path[1], path[0])
    assert np.diff(beats) == pytest.approx(np.full(11, 0.6), abs=1e-6)
    assert beats[0] == pytest.approx(played.notes.onset[0])
    with pytest.raises(InputError, match="has no bars"):
        new_times(alignment(), tempo=100)
