"""Who plays: from the score, from the user, and from the sound where a score calls everything a piano."""

import warnings

import numpy as np
import pytest
import synth

from scoresep.errors import InputError, ScoresepWarning
from scoresep.model.instrument_assignment import assign_instruments
from scoresep.model.instrument_models.harmonic import STRUCK, SUSTAINED

ROWS = [(0.5 * k, 0.5 * k + 0.4, 60 + k % 5, 1 + k % 2) for k in range(40)]
DYING, HELD, UNKNOWN = (np.full(40, rate) for rate in (-15.0, 0.0, np.nan))


def kinds(*, wanted="auto", rates=DYING, parts=("Violin", "Tuba"), warns=False):
    """Return name and family of the instrument of each part."""
    score = synth.notes(*ROWS, parts=parts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if warns else "error", ScoresepWarning)
        names, families, player = assign_instruments(score, wanted, lambda some: rates[some])
    return [(names[player[i]], families[player[i]]) for i in range(2)]


def test_names_of_parts_tell():
    assert kinds() == [("violin", SUSTAINED), ("tuba", SUSTAINED)]


def test_two_hands_share_their_piano():
    assert kinds(parts=("Right hand", "Left hand")) == [("piano", STRUCK)] * 2


def test_a_piano_whose_notes_are_held_is_none():
    with pytest.warns(ScoresepWarning, match="notes that do not die away: Track 1, Track 2; taken"):
        names, families, _ = assign_instruments(
            synth.notes(*ROWS, parts=("Track 1", "Track 2")), "auto", lambda some: HELD[some]
        )
    assert names == ("Track 1", "Track 2")
    assert families == [SUSTAINED] * 2


@pytest.mark.parametrize("rates", [UNKNOWN, np.where(np.arange(40) < 8, 0.0, np.nan)])
def test_few_notes_that_tell_leave_a_piano_a_piano(rates):
    assert kinds(parts=("", ""), rates=rates) == [("piano", STRUCK)] * 2


def test_parts_are_judged_one_by_one():
    rates = np.where(np.arange(40) % 2 == 0, 0.0, -15.0)
    assert kinds(parts=("Melody", "Chords"), rates=rates, warns=True) == [("Melody", SUSTAINED), ("piano", STRUCK)]


def test_the_sound_is_not_asked_where_the_score_tells():
    assign_instruments(synth.notes(*ROWS, parts=("Violin", "Tuba")), "auto", lambda: pytest.fail("asked"))


@pytest.mark.parametrize(("wanted", "family"), [("piano", STRUCK), ("organ", SUSTAINED), ("struck", STRUCK)])
def test_an_instrument_may_be_named_for_all(wanted, family):
    assert [found for _, found in kinds(wanted=wanted, rates=HELD)] == [family] * 2


def test_a_kind_alone_keeps_the_name():
    assert kinds(wanted="struck") == [("violin", STRUCK), ("tuba", STRUCK)]


@pytest.mark.parametrize("wanted", [["violin=harp"], ["1=harp"], ("Violin = harp", "tuba=tuba")])
def test_an_instrument_may_be_named_for_a_part(wanted):
    assert kinds(wanted=wanted) == [("harp", STRUCK), ("tuba", SUSTAINED)]


def test_an_unknown_part_is_said_with_those_there_are():
    with pytest.raises(InputError, match="no part 'Oboe'; the score has Violin, Tuba"):
        kinds(wanted="Oboe=harp")


def test_an_unknown_instrument_is_a_callers_mistake():
    with pytest.raises(ValueError, match="'kazoo' is no instrument"):
        kinds(wanted="kazoo")
