"""A note may sound from a little before its onset until it is damped."""

import numpy as np
import pytest
import synth

from scoresep.model.gates import gate_openings, gate_weights
from scoresep.model.instrument_models.harmonic import STRUCK, SUSTAINED
from scoresep.values import ANY_PITCH, NO_NOTE, Components, Gates, Transform

SCORE = synth.notes((1.0, 1.5, 60, 1), (1.0, 4.0, 64, 1), (2.0, 2.5, 60, 2), (2.02, 3.0, 60, 1), (9.9, 12.0, 67, 1))
COMPONENTS = Components(
    np.zeros(5, int), np.array([60, 60, 64, 67, 67]), np.array([0, 0, 0, -0.2, 0.2]), np.array(["sustain"] * 5)
)


def gates(score=SCORE, model=STRUCK, *, n_frames=100, frame_rate=10):
    """Return the gates of a score; ten frames a second unless told."""
    return model.gates(score, Transform(800 * frame_rate, 1600, 800, 800 * (n_frames - 1)))


def spans(role, *arguments, **options):
    """Return the first frame and the end of each note in a role, shape (notes, 2)."""
    table = gates(*arguments, **options)
    own = table.role == role
    assert table.note[own].tolist() == list(range(own.sum()))
    return np.stack([table.begin[own], table.end[own]], axis=1)


def counts(weight, frames=range(100), components=COMPONENTS):
    return gate_weights(components, SCORE, gates(), np.asarray(weight, float), frames)


@pytest.mark.parametrize("model", [STRUCK, SUSTAINED])
def test_gates_are_open_while_the_note_sounds(model):
    score = synth.notes((1.0, 1.5, 60, 1), (2.0, 2.7, 62, 1))
    for (start, stop), onset, offset in zip(spans("sustain", score, model), score.onset, score.offset, strict=True):
        assert start / 10 <= onset < offset <= stop / 10


def test_gates_lie_in_the_recording():
    score = synth.notes((-5, -4, 60, 1), (-0.05, 30, 62, 1), (9.98, 9.99, 64, 1), (30, 40, 66, 1))
    for column in (spans("sustain", score), spans("onset", score)):
        assert column.min() >= 0
        assert column.max() <= 100
        assert (column[:, 1] >= column[:, 0]).all()


def test_notes_outside_the_recording_are_shut():
    for score in (synth.notes((-5, -4, 60, 1)), synth.notes((30, 40, 60, 1))):
        (start, stop), (begin, end) = spans("sustain", score)[0], spans("onset", score)[0]
        assert start == stop
        assert begin == end


def test_the_shortest_note_has_a_frame():
    assert np.diff(spans("sustain", synth.notes((5.04, 5.041, 60, 1)), SUSTAINED, frame_rate=1, n_frames=10)) == 1


def test_the_pedal_holds_until_the_next_onset_of_the_pitch():
    assert spans("sustain")[0].tolist() == [9, 21]


def test_the_pedal_lets_go_after_the_tail():
    assert spans("sustain")[1].tolist() == [9, 61]


def test_notes_struck_together_do_not_damp_one_another():
    assert spans("sustain")[2, 1] == 46


def test_bows_stop_with_the_note():
    assert spans("sustain", SCORE, SUSTAINED)[0].tolist() == [9, 19]


def test_attacks_are_around_the_onset():
    assert spans("onset")[0].tolist() == [9, 12]


def test_counts_are_the_number_of_open_notes():
    found = counts(np.ones(5))
    assert found.shape == (5, 100)
    assert found[0].tolist() == found[1].tolist()
    assert [found[0, frame] for frame in (8, 9, 19, 20, 30, 51)] == [0, 1, 2, 3, 2, 0]


def test_counts_add_up_over_weights():
    whole = sum(counts(weight) for weight in np.eye(5))
    np.testing.assert_array_equal(whole, counts(np.ones(5)))


@pytest.mark.parametrize("cut", [1, 9, 20, 99])
def test_stretches_of_counts_are_those_of_the_whole(cut):
    weight = np.array([0.5, 1, 0, 0.25, 1])
    parts = [counts(weight, range(cut)), counts(weight, range(cut, 100))]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), counts(weight))


def test_only_the_component_of_the_note_is_open():
    np.testing.assert_array_equal(counts([0, 1, 0, 0, 0]).any(axis=1), COMPONENTS.pitch == 64)


def test_an_onset_component_is_open_at_onsets_only():
    components = Components(np.zeros(2, int), np.array([60, 60]), np.zeros(2), np.array(["sustain", "onset"]))
    found = counts([1, 0, 0, 0, 0], components=components)
    assert np.flatnonzero(found[1]).tolist() == [9, 10, 11]
    assert np.flatnonzero(found[0]).tolist() == list(range(9, 21))


def test_a_note_without_a_component_counts_nothing():
    alien = Components(np.ones(1, int), np.array([60]), np.zeros(1), np.array(["sustain"]))
    assert not counts(np.ones(5), components=alien).any()


def shaped(shape, *, note=0, pitch=60, n_frames=8):
    """Return components, notes and gates of one note with a shape, open in the frames 2 to 6."""
    components = Components(np.zeros(1, int), np.array([pitch]), np.zeros(1), np.array(["hit"]))
    score = synth.notes((0.0, 1.0, 60, 1))
    table = Gates(
        np.array([note]), np.zeros(1, int), np.array(["hit"]), np.array([2]), np.array([6]), np.array([shape], float)
    )
    return components, score, table


def test_a_shape_opens_a_gate_by_degrees_and_its_last_frame_goes_on():
    components, score, table = shaped([1.0, 0.5, 0.25])
    wanted = [[0, 0, 1, 0.5, 0.25, 0.25, 0, 0]]
    assert gate_openings(components, score, table, range(8)).tolist() == wanted
    assert gate_weights(components, score, table, np.array([2.0]), range(8)).tolist() == (2 * np.array(wanted)).tolist()
    assert gate_openings(components, score, table, range(3, 5)).tolist() == [[0.5, 0.25]]


def test_components_of_any_pitch_are_open_for_every_note():
    components, score, table = shaped([1.0], pitch=ANY_PITCH)
    assert gate_openings(components, score, table, range(8)).tolist() == [[0, 0, 1, 1, 1, 1, 0, 0]]


def test_a_gate_of_no_note_is_open_but_counts_for_no_note():
    components, score, table = shaped([1.0], note=NO_NOTE, pitch=ANY_PITCH)
    assert gate_openings(components, score, table, range(8)).any()
    assert not gate_weights(components, score, table, np.array([1.0]), range(8)).any()


def test_tables_with_and_without_shapes_can_be_joined():
    _, _, table = shaped([1.0, 0.5])
    plain = gates()
    joined = Gates.concatenated([plain, table])
    assert joined.shape.shape == (len(plain) + 1, 2)
    assert (joined.shape[:-1] == 1).all()
    assert joined.shape[-1].tolist() == [1.0, 0.5]
