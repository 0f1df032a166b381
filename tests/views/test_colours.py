"""A group has one colour in all pictures and in the report."""

import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from scoresep.views.colours import COLOURS, RESIDUAL_COLOUR, group_colours, on_dark, tint
from scoresep.views.masks import plot_masks
from scoresep.views.piano_roll import plot_piano_roll


def test_groups_have_the_colours_of_their_parts():
    parts = ("Violin", "Cello")
    colours = group_colours(["cello", "high", "violin", "low", "residual"], parts)
    assert list(colours.values()) == [COLOURS[1], COLOURS[2], COLOURS[0], COLOURS[3], RESIDUAL_COLOUR]
    many = group_colours([f"note-{k}" for k in range(8)], parts)
    assert sorted(many.values()) == sorted(COLOURS)


def test_any_number_of_groups_has_colours():
    names = [f"note-{k}" for k in range(100)]
    assert set(group_colours([*names, "residual"], [*names[:8], "other"]).values()) == {*COLOURS, RESIDUAL_COLOUR}
    assert group_colours([], []) == {}


def test_a_group_has_one_colour_in_masks_and_piano_roll(song):
    wanted = group_colours(song.masks.names, song.score.part_names)
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
