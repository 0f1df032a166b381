"""The notes of a recording and of mixes of its stems."""

import numpy as np
import synth

from scoresep.mixing.compared_mixes import compare_mixes
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.values import ALL_VERSIONS, Mix, SeparationRecord


def test_notes_of_changed_stems_are_there_for_each_mix_that_has_them():
    score = synth.duet()
    alignment = align(synth.recording(score), score, is_aligned=True)
    hands = select(None, alignment.notes)
    record = SeparationRecord(alignment, hands.names, hands.weights, np.zeros(1))
    found = compare_mixes(record, [Mix({"left": -6}), Mix({"left": -np.inf}), Mix(pans={"left": 0.5})])
    is_left = found.notes.part == 2
    assert set(found.version[~is_left]) == {ALL_VERSIONS}
    rows = set(zip(found.version[is_left].tolist(), np.array(found.remarks, object)[is_left], strict=True))
    assert rows == {(0, ""), (1, "left -6 dB"), (3, "left panned to +0.5")}
    assert len(found.notes) == len(score) + 2 * int((score.part == 2).sum())
