"""Each picture can be drawn into axes of one's own, as a user of matplotlib does."""

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

import scoresep

#: The functions and what they draw.
FUNCTIONS = {
    "plot_activations": ["decomposition"],
    "plot_alignment": ["alignment"],
    "plot_contours": ["sung"],
    "plot_loss": ["decomposition"],
    "plot_masks": ["masks"],
    "plot_model": ["decomposition"],
    "plot_mosaic": ["mosaic"],
    "plot_piano_roll": ["score"],
    "plot_spectrogram": ["spectrogram"],
    "plot_templates": ["decomposition"],
    "plot_tempo": ["alignment"],
    "plot_warping_path": ["alignment"],
}


def test_all_public_functions_are_tried():
    public = {name for name in scoresep.__all__ if name.startswith("plot_")}
    assert public == {*FUNCTIONS, "plot_mask"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_axes_are_drawn_into_and_returned(song, name, tmp_path):
    figure = Figure()
    own, other = figure.subplots(2, 1)
    values = [getattr(song, value) for value in FUNCTIONS[name]]
    assert getattr(scoresep, name)(*values, ax=own) is own
    assert own.has_data()
    assert own.get_title(loc="left")
    assert not other.has_data()
    figure.savefig(tmp_path / "figure.png")


def test_current_axes_are_used_by_default(song, monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "backend", "agg")
    from matplotlib import pyplot as plt

    figure, ax = plt.subplots()
    assert scoresep.plot_mask(song.masks, "left") is ax
    plt.close(figure)


def test_view_limits_the_axes(song):
    view = scoresep.View.of([song.spectrogram, song.masks], start=1, end=3, fmax=1000)
    ax = scoresep.plot_masks(song.masks, spectrogram=song.spectrogram, view=view, ax=Figure().subplots())
    assert ax.get_xlim() == (1, 3)
    assert ax.get_ylim() == (0, 1000)
