"""A group has one colour in all pictures and in the report."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from synth import notes

from scoresep.views.colours import COLOURS, RESIDUAL_COLOUR, group_colours, on_dark, tint
from scoresep.views.masks import plot_masks
from scoresep.views.piano_roll import plot_piano_roll


def colours_of(groups, *parts_of_notes):
    """Return the colours of groups, each with its name and the numbers of its notes, of notes in parts from 1."""
    parts = [f"Part {k + 1}" for k in range(max(parts_of_notes))]
    score = notes(*((k, k + 1, 60, part) for k, part in enumerate(parts_of_notes)), parts=parts)
    weights = np.array([np.isin(np.arange(len(score)), own) for own in groups.values()], float)
    return list(group_colours([*groups, "residual"], score, weights).values())


def test_groups_have_the_colours_of_their_parts_whatever_they_are_called():
    groups = {"second": [2, 3], "Part 2": [], "first": [0, 1]}
    assert colours_of(groups, 1, 1, 2, 2) == [COLOURS[1], COLOURS[2], COLOURS[0], RESIDUAL_COLOUR]


def test_a_group_keeps_its_colour_when_a_note_goes_to_another_one():
    assert colours_of({"left": [2, 3], "right": [0, 1, 4]}, 1, 1, 2, 2, 2) == [*COLOURS[1::-1], RESIDUAL_COLOUR]


def test_no_two_groups_have_the_colour_of_a_part():
    assert colours_of({"low": [0], "high": [1, 2], "rest": [3]}, 1, 1, 1, 1)[:3] == [COLOURS[1], COLOURS[0], COLOURS[2]]


def test_any_number_of_groups_has_colours():
    names = [f"note-{k}" for k in range(100)]
    assert set(group_colours([*names, "residual"]).values()) == {*COLOURS, RESIDUAL_COLOUR}
    assert group_colours([]) == {}


def test_a_group_has_one_colour_in_masks_and_piano_roll(song):
    wanted = group_colours(song.masks.names, song.score, song.hands.weights)
    for ax in (
        plot_masks(song.masks, ax=Figure().subplots()),
        plot_piano_roll(song.score, groups=song.hands, ax=Figure().subplots()),
        plot_piano_roll(song.score, groups=song.record, ax=Figure().subplots()),
    ):
        legend = ax.get_legend()
        colours = [to_hex(patch.get_facecolor()).upper() for patch in legend.get_patches()]
        found = dict(zip([text.get_text() for text in legend.get_texts()], colours, strict=True))
        assert len(found) >= 2
        assert found.items() <= wanted.items()


def test_tints_are_between_white_and_the_colour():
    for colour in COLOURS:
        assert tuple(tint(colour, 1.0)) == pytest.approx(to_rgb(colour))
        assert (tint(colour, 0.0) == 1).all()
        assert on_dark(on_dark(colour)) == on_dark(colour)
