"""The sound of notes is the same, in whatever stretches it comes."""

import numpy as np
import pytest

from scoresep.editing.note_shares import _Queue, _without_overlap

SPANS = {4: range(2, 10), 7: range(10, 13), 1: range(15, 40), 9: range(15, 20)}
SOUND = np.random.default_rng(0).standard_normal((2, 40))


@pytest.mark.parametrize("length", [1, 3, 11, 40])
def test_notes_are_cut_out_of_stretches_of_any_length(length):
    queue = _Queue([4, 7, 1], SPANS)
    found = [share for begin in range(0, 40, length) for share in queue.cut(begin, SOUND[:, begin : begin + length])]
    assert [(notes.tolist(), begin) for notes, begin, _ in found] == [([4], 2), ([7], 10), ([1], 15)]
    for (note,), begin, sound in found:
        np.testing.assert_array_equal(sound, SOUND[:, SPANS[note].start : SPANS[note].stop])
        assert begin == SPANS[note].start
    assert not queue.notes


def test_notes_of_a_queue_do_not_overlap():
    queues = _without_overlap(SPANS)
    assert sorted(note for queue in queues for note in queue) == sorted(SPANS)
    assert len(queues) == 2
    for queue in queues:
        assert all(SPANS[a].stop <= SPANS[b].start for a, b in zip(queue, queue[1:], strict=False))
