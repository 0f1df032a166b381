"""What differs between two scores becomes what changes about the notes of the recording."""

from dataclasses import replace

import numpy as np
import pytest
from synth import duet, notes

from scoresep.editing.score_difference import difference_of_scores, find_difference
from scoresep.errors import InputError
from scoresep.values import Alignment, Notes


def aligned(score, *, stretch=1.0, start=0.0):
    """Return an alignment of notes that are played ``stretch`` times as slow."""
    recorded = replace(score, onset=score.onset * stretch + start, offset=score.offset * stretch + start)
    ends = np.array([0.0, 20.0])
    path = np.stack([ends, ends * stretch + start])
    sections = np.concatenate([path[0], path[1]])[None]
    ones = np.ones(len(score))
    return Alignment(recorded, score.onset, score.offset, ones, 1.0, path, sections, np.zeros((0, 2)), "")


def with_row(score, index, **columns):
    """Return notes of which one is another."""
    rows = [{name: getattr(score, name)[i] for name in Notes.columns()} for i in range(len(score))]
    rows[index] |= columns
    return Notes.from_rows(rows, score.part_names)


def test_equal_scores_do_not_differ():
    score = duet()
    assert difference_of_scores(aligned(score, stretch=1.5), (score,)).is_empty
    assert difference_of_scores(aligned(score, stretch=1.5), (aligned(score, stretch=1.5).notes,)).is_empty


def test_scores_of_another_clock_are_refused():
    score = duet()
    with pytest.raises(InputError, match="hardly a note where the recording has one"):
        difference_of_scores(aligned(score), (replace(score, onset=score.onset * 1.3, offset=score.offset * 1.3),))


@pytest.mark.parametrize("clock", ["score", "recording"])
def test_each_kind_of_change_is_found(clock):
    score = duet()
    alignment = aligned(score, stretch=1.5, start=0.7)
    after = score if clock == "score" else alignment.notes
    scale = 1.5 if clock == "score" else 1.0
    changes = difference_of_scores(alignment, (with_row(after, 4, pitch=int(after.pitch[4]) + 1),))
    assert np.flatnonzero(changes.is_changed).tolist() == [4]
    assert changes.semitones[4] == 1
    changes = difference_of_scores(alignment, (with_row(after, 4, onset=after.onset[4] + 0.1),))
    assert changes.shift[4] == pytest.approx(0.1 * scale)
    changes = difference_of_scores(alignment, (with_row(after, 4, offset=after.offset[4] + 0.2),))
    assert changes.longer[4] == pytest.approx(0.2 * scale)
    assert changes.shift[4] == 0
    changes = difference_of_scores(alignment, (with_row(after, 4, velocity=32),))
    assert changes.gain[4] == pytest.approx(0.25)
    changes = difference_of_scores(alignment, (after.take(np.arange(len(after)) != 4),))
    assert np.flatnonzero(changes.is_changed).tolist() == [4]
    assert changes.gain[4] == 0
    more = notes((3.05, 3.6, 90, 1))
    changes = difference_of_scores(
        alignment, (Notes.concatenated([after, replace(more, part_names=after.part_names)]),)
    )
    assert not changes.is_changed.any()
    assert changes.added.pitch.tolist() == [90]
    assert changes.added.onset[0] == pytest.approx(3.05 * 1.5 + 0.7 if clock == "score" else 3.05)


def test_parts_of_other_names_are_no_difference():
    score = duet()
    assert difference_of_scores(aligned(score), (replace(score, part_names=("right", "left")),)).is_empty


def test_a_file_without_velocities_does_not_change_them():
    score = duet()
    score = replace(score, velocity=np.arange(40, 40 + len(score)))
    assert difference_of_scores(aligned(score), (replace(score, velocity=np.full(len(score), 64)),)).is_empty


def test_times_may_be_rounded():
    score = duet()
    rounded = replace(score, onset=score.onset + 0.004, offset=score.offset - 0.01)
    assert difference_of_scores(aligned(score), (rounded,)).is_empty


def test_a_repeated_note_changes_each_time():
    score = duet()
    first = aligned(score)
    twice = Alignment(
        notes=Notes.concatenated([first.notes, replace(score, onset=score.onset + 8, offset=score.offset + 8)]),
        score_onset=np.tile(score.onset, 2),
        score_offset=np.tile(score.offset, 2),
        confidence=np.ones(2 * len(score)),
        overall_confidence=1.0,
        path=np.array([[0.0, 8, 0, 8], [0.0, 8, 8, 16]]),
        sections=np.array([[0.0, 8, 0, 8], [0, 8, 8, 16]]),
        unmatched=np.zeros((0, 2)),
        fingerprint="",
    )
    changes = difference_of_scores(twice, (with_row(score, 4, pitch=int(score.pitch[4]) - 2),))
    assert np.flatnonzero(changes.semitones).tolist() == [4, 4 + len(score)]
    more = Notes.concatenated([score, replace(notes((3.05, 3.6, 90, 1)), part_names=score.part_names)])
    assert difference_of_scores(twice, (more,)).added.onset == pytest.approx([3.05, 11.05])


def test_a_chord_moves_note_by_note():
    before = notes((0, 1, 60, 1), (0, 1, 64, 1), (0, 1, 67, 1))
    after = notes((0, 1, 60, 1), (0, 1, 63, 1), (0, 1, 67, 1))
    assert find_difference(before, after).pairs.tolist() == [[0, 0], [2, 2], [1, 1]]


def test_many_equal_notes_are_matched_in_order():
    before = notes(*[(0.25 * k, 0.25 * k + 0.2, 60, 1) for k in range(400)])
    found = find_difference(before, before)
    assert (found.pairs[:, 0] == found.pairs[:, 1]).all()
    assert not len(found.removed)
    assert not len(found.added)
