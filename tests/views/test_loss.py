"""Pictures of the loss."""

import dataclasses

import numpy as np
from matplotlib.figure import Figure

from scoresep.views.loss import plot_loss


def test_each_fit_has_a_curve_on_logarithmic_axes(fits):
    ax = plot_loss(*fits.values(), ax=Figure().subplots())
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(fits)
    curves = [line for line in ax.get_lines() if line.get_label() in fits]
    for curve, fit in zip(curves, fits.values(), strict=True):
        np.testing.assert_array_equal(curve.get_ydata(), fit.loss[1:])


def test_record_has_its_loss_too(song):
    ax = plot_loss(song.record, ax=Figure().subplots())
    curve, before = ax.get_lines()
    np.testing.assert_array_equal(curve.get_ydata(), song.record.loss[1:])
    assert set(before.get_ydata()) == {song.record.loss[0]}
    assert ax.get_legend() is None


def test_loss_of_silence_is_drawn(song, tmp_path):
    figure = Figure()
    plot_loss(dataclasses.replace(song.record, loss=np.zeros(3)), ax=figure.subplots())
    figure.savefig(tmp_path / "loss.png")


def test_fits_of_one_backend_have_names_of_their_own(song):
    ax = plot_loss(song.decomposition, song.decomposition, ax=Figure().subplots())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["nmf 1", "nmf 2"]
    ax = plot_loss(song.decomposition, song.decomposition, names=["kl", "is"], ax=Figure().subplots())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["kl", "is"]
