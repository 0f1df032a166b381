"""A prior is named by groups, parts or what separators call their stems."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.errors import InputError
from scoresep.io.groups_file import read_groups
from scoresep.score.prior_notes import find_prior_notes
from scoresep.score.selection import select

PARTS = ("Soprano", "Alto", "Kit")
PLAIN = synth.notes((0, 1, 72, 1), (0, 1, 60, 2), (1, 2, 74, 1), (1, 2, 36, 3), parts=PARTS)
NOTES = dataclasses.replace(PLAIN, channel=np.where(PLAIN.part == 3, 10, PLAIN.part))
SELECTION = select(read_groups({"High": {"pitch": "C5.."}, "rest": "rest"}), NOTES)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("high", [1]),
        ("alto", [2]),
        ("2", [2]),
        ("drums", [3]),
        ("vocals", [1, 2]),
        ("high + Kit", [1, 3]),
        ("rest", [2, 3]),
    ],
)
def test_names_of_groups_parts_and_kinds(name, parts):
    (found,) = find_prior_notes([name], SELECTION, NOTES)
    assert found.tolist() == np.isin(NOTES.part, parts).tolist()


def test_unknown_names_are_told_what_there_is():
    with pytest.raises(InputError, match=r"called 'bass'.*'High', 'rest' and the parts 'Soprano', 'Alto', 'Kit'"):
        find_prior_notes(["high+bass"], SELECTION, NOTES)


def test_a_note_has_one_prior():
    with pytest.raises(InputError, match="prior 'Soprano': prior 'high' has some of its notes"):
        find_prior_notes(["high", "Soprano"], SELECTION, NOTES)
    assert find_prior_notes(["high", "Soprano"], SELECTION, NOTES, is_aligned=False).any()
