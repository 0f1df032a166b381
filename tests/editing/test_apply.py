"""The changed recording: what changes, and above all what stays."""

from dataclasses import replace

import numpy as np
import pytest
from synth import RATE, duet, notes, recording

import scoresep
from scoresep.editing.apply import apply_changes
from scoresep.editing.sampler import Sampler
from scoresep.errors import ScoresepWarning
from scoresep.pipeline import align_and_decompose
from scoresep.values import NoteChanges

#: The note of the duet that is changed: in the right hand, at 2.7 s.
NOTE = 7


@pytest.fixture(scope="module")
def parts():
    """Give a recording of the duet, and its decomposition by the true times."""
    audio = recording(duet(), subtype="PCM_16")
    return audio, align_and_decompose(audio, (duet(),), is_aligned=True)[1]


def changes_for(decomposition, **columns):
    """Return changes of one note."""
    changes = NoteChanges.none(len(decomposition.notes))
    for name, value in columns.items():
        getattr(changes, name)[NOTE] = value
    return changes


def reach(decomposition, note=NOTE):
    """Return the samples that the share of a note may reach."""
    gates, transform = decomposition.gates, decomposition.transform
    own = gates.note == note
    half = transform.n_fft // 2
    return slice(
        max(gates.begin[own].min() * transform.hop - half, 0), (gates.end[own].max() - 1) * transform.hop + half
    )


def test_nothing_changes_without_changes(parts):
    audio, decomposition = parts
    edited = apply_changes(audio, decomposition, NoteChanges.none(len(decomposition.notes)))
    assert edited.dtype == audio.dtype
    assert (edited == audio.samples).all()


@pytest.mark.parametrize(
    "columns",
    [{"gain": 0.0}, {"gain": 2.0}, {"semitones": 1.0}, {"longer": -0.2}, {"is_sampled": True, "semitones": 1.0}],
)
def test_samples_that_no_changed_note_reaches_stay(parts, columns):
    audio, decomposition = parts
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        edited = apply_changes(audio, decomposition, changes_for(decomposition, **columns))
    differs = (edited != audio.samples).any(axis=0)
    own = reach(decomposition)
    assert differs[own].any()
    assert not differs[: own.start].any()
    assert not differs[own.stop :].any()


def test_changed_notes_come_near_the_truth(parts):
    audio, decomposition = parts
    before = duet()
    index = int(np.flatnonzero((before.onset == decomposition.notes.onset[NOTE]) & (before.part == 1))[0])
    pitch = before.pitch.copy()
    pitch[index] += 1
    velocity = np.arange(len(before)) != index
    wanted = recording(replace(before, pitch=pitch)).samples
    without = recording(before.take(velocity)).samples
    for columns, truth in (({"semitones": 1.0}, wanted), ({"gain": 0.0}, without)):
        edited = apply_changes(audio, decomposition, changes_for(decomposition, **columns))
        assert np.square(edited - truth).sum() < 0.2 * np.square(audio.samples - truth).sum()


def test_a_shifted_note_comes_later(parts):
    audio, decomposition = parts
    edited = apply_changes(audio, decomposition, changes_for(decomposition, shift=0.25))
    removed = apply_changes(audio, decomposition, changes_for(decomposition, gain=0.0))
    share, moved = audio.samples - removed, edited - removed
    late = round(0.25 * RATE)
    assert moved[:, late:] == pytest.approx(share[:, :-late], abs=1e-6)


def test_alike_changes_of_all_notes_are_a_change_of_the_recording(parts):
    """Halving all notes halves what is no residual."""
    audio, decomposition = parts
    changes = NoteChanges.none(len(decomposition.notes))
    changes.gain[:] = 0.5
    edited = apply_changes(audio, decomposition, changes)
    assert np.square(edited - 0.5 * audio.samples).sum() < 0.01 * np.square(audio.samples).sum()


def test_added_notes_sound_like_others_of_their_pitch(parts):
    audio, decomposition = parts
    added = notes((6.2, 6.65, 73, 1))
    changes = replace(NoteChanges.none(len(decomposition.notes)), added=added)
    edited = apply_changes(audio, decomposition, changes)
    truth = recording(added).samples
    part = slice(round(6.25 * RATE), round(6.6 * RATE))
    found = np.abs(np.fft.rfft((edited - audio.samples)[0, part], 8 * RATE)).argmax() / 8
    assert found == pytest.approx(440 * 2 ** (4 / 12), rel=0.01)
    levels = [np.square(each[0, part]).mean() for each in (edited - audio.samples, truth)]
    assert 0.3 < levels[0] / levels[1] < 3


def test_what_cannot_be_done_is_said(parts):
    audio, decomposition = parts
    changes = replace(NoteChanges.none(len(decomposition.notes)), added=notes((6.2, 6.65, 100, 1)))
    with pytest.warns(ScoresepWarning, match=r"no note that could replace or add E7 at 6.20 s"):
        edited = apply_changes(audio, decomposition, changes)
    assert (edited == audio.samples).all()


def test_far_moves_of_covered_notes_are_said(parts, monkeypatch):
    audio, decomposition = parts
    monkeypatch.setattr("scoresep.editing.apply.CLEAR", 1.1)
    with pytest.warns(ScoresepWarning, match=r"moved far: .* by \+12"):
        apply_changes(audio, decomposition, changes_for(decomposition, semitones=12.0))


def test_sampler_takes_the_pitch_itself_and_what_is_damaged_only_without_another(parts):
    _, decomposition = parts
    score = decomposition.notes
    pitch = int(score.pitch[NOTE])
    others = np.flatnonzero((score.pitch == pitch) & (np.arange(len(score)) != NOTE))
    damaged = np.arange(len(score)) == NOTE
    assert Sampler(decomposition, damaged).find(pitch, 0.4, int(score.part[NOTE])) in others
    everything = np.ones(len(score), bool)
    assert score.pitch[Sampler(decomposition, everything).find(pitch, 0.4, int(score.part[NOTE]))] == pitch
    assert Sampler(decomposition, everything).find(pitch, 0.4, 1, is_drum=True) is None
    assert 0 < Sampler(decomposition, damaged).clearness(NOTE).share <= 1


def test_hits_of_drums_are_replaced_by_the_clearest_of_their_key():
    kit = notes((0.3, 0.4, 36, 1), (0.9, 1.0, 38, 1), (1.5, 1.6, 36, 1))
    kit = replace(kit, channel=np.full(3, 10))
    audio = recording(kit, seconds=2.0)
    decomposition = align_and_decompose(audio, (kit,), is_aligned=True)[1]
    sampler = Sampler(decomposition, np.ones(3, bool))
    assert sampler.find(36, 0.1, 1, is_drum=True) in (0, 2)
    assert sampler.find(37, 0.1, 1, is_drum=True) is None


def test_edit_takes_what_is_known_already(parts):
    audio, decomposition = parts
    edits = {"it": {"part": "Right hand", "time": "2.5..2.9", "gain": -6}}
    by_parts = scoresep.edit(audio, decomposition, edits)
    by_notes = scoresep.edit(audio, duet(), edits, is_aligned=True)
    assert (by_parts.samples == by_notes.samples).all()
    assert scoresep.edit(audio, decomposition, {}) is audio
    assert scoresep.edit(audio, decomposition, duet()) is audio
    with pytest.raises(scoresep.StaleError, match="another recording"):
        scoresep.edit(recording(duet(), stretch=1.01), decomposition, edits)
    with pytest.raises(scoresep.OptionError, match="either edits or a key"):
        scoresep.edit(audio, decomposition)
    with pytest.raises(scoresep.OptionError, match="in beats; say with --tempo"):
        scoresep.edit(audio, decomposition, {"it": {"pitch": "C3", "shift": "1 beat"}})


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ({"part": "LH"}, "edits: edit 'it' names part 'LH'; the score has 'Right hand', 'Left hand'"),
        ({"time": "2"}, "edits: edit 'it' has time '2'; wanted a range"),
        ({"part": "1", "pitch": "C3"}, "edits: edit 'it' matches no note"),
    ],
)
def test_edit_of_no_notes_is_called_an_edit(parts, selector, says):
    with pytest.raises(scoresep.InputError, match=says):
        scoresep.edit(*parts, {"it": selector | {"gain": -6}})


def test_beats_follow_the_tempo_of_the_recording():
    """A quarter of half a second in the score lasts a whole one in a recording that is half as fast."""
    audio = recording(duet(), stretch=2.0, seconds=16.0)
    slow = replace(duet(), onset=duet().onset * 2, offset=duet().offset * 2)
    alignment, _ = align_and_decompose(audio, (slow,), is_aligned=True, iterations=0)
    alignment = replace(alignment, path=np.array([[0.0, 8.0], [0.0, 16.0]]))
    plan = scoresep.plan_edit(audio, alignment, {"it": {"part": 1, "shift": "1/2 beat"}}, tempo=120)
    changes = plan.find_changes(alignment)
    assert changes.shift[alignment.notes.part == 1] == pytest.approx(0.5)
