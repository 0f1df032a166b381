"""Bars and beats as positions from the beginning of a recording."""

from dataclasses import replace

import numpy as np
import pytest
from performance import performed, scale, time_of

from scoresep.errors import InputError
from scoresep.exports.tempo_map import tempo_map
from scoresep.exports.timeline import LEAD_IN, PlayedBar, timeline
from scoresep.values import Beats


def test_what_comes_before_the_first_beat_is_a_bar_of_its_own():
    line = timeline(performed(*scale()))
    assert (line.bars[0].number, line.bars[0].position, line.bars[0].time) == (LEAD_IN, 0.0, 0.0)
    assert [bar.number for bar in line.bars[1:]] == [1, 2, 3, 4]
    lead_in = line.bars[1].position
    assert 1 <= lead_in <= 2  # of 0.9 s
    assert line.position == pytest.approx(np.arange(len(line.position)))
    assert line.time[round(lead_in) : -1] == pytest.approx(time_of(0.5 * np.arange(12)))
    assert np.cumsum(np.diff(line.position) * 60 / line.tempo) == pytest.approx(line.time[1:])


def test_notes_are_at_their_places_in_the_score():
    alignment = performed(*scale())
    line = timeline(alignment)
    onset, offset = line.note_positions(alignment)
    assert onset - line.bars[1].position == pytest.approx(np.arange(12))
    assert offset - onset == pytest.approx(np.ones(12))


def test_a_recording_may_begin_and_end_inside_a_bar():
    alignment = performed(*scale(), shift=float(time_of(0.5)) - 0.1, duration=3.0)
    line = timeline(alignment)
    assert [bar.number for bar in line.bars][:3] == [LEAD_IN, 1, 2]
    assert [bar.metre for bar in line.bars] == [(1, 4), (2, 4), *[(3, 4)] * (len(line.bars) - 2)]
    assert line.note_positions(alignment).min() >= 0


@pytest.mark.parametrize(
    ("length", "beat", "metre"),
    [(3, 1, (3, 4)), (3, 1.5, (6, 8)), (4, 2, (2, 2)), (1.5, 0.5, (3, 8)), (6, 1.5, (12, 8)), (2.5, 1, (2, 4))],
)
def test_time_signatures(length, beat, metre):
    assert PlayedBar(1, 1, 0.0, length, beat, 0.0).metre == metre


def test_the_tempo_changes_between_beats_only_where_it_must():
    notes, beats = scale()
    slow = beats.take(np.arange(0, 12, 3))
    alignment = performed(notes, Beats(slow.time, slow.bar, slow.beat, quarters=np.full(4, 3.0)))
    line = timeline(alignment)
    points = tempo_map(line, alignment)
    onset = np.interp(line.note_positions(alignment)[0], *points)
    assert np.abs(onset - alignment.notes.onset)[:-3].max() <= 0.015  # beyond the last beat nothing is known
    assert len(line.position) < points.shape[1] < 12 + len(line.position)
    fine = performed(notes, beats)
    assert tempo_map(timeline(fine), fine).tolist() == [timeline(fine).position.tolist(), timeline(fine).time.tolist()]


def test_a_score_without_bars_is_refused():
    alignment = performed(*scale())
    with pytest.raises(InputError, match="has no bars"):
        timeline(replace(alignment, beats=None))
    with pytest.raises(InputError, match="fewer than two beats"):
        timeline(replace(alignment, duration=0.5))
