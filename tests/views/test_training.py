"""Pictures of trainings."""

import numpy as np
import pytest
import synth

from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.stft import stft
from scoresep.views.training import distance_from_identity, pseudo_identity, training_figure

SCORE = synth.duet()
AUDIO = synth.recording(SCORE)
SPECTROGRAM = stft(AUDIO, n_fft=1024, hop=256)
ALIGNMENT = align(AUDIO, SCORE, is_aligned=True)
FITS = {
    name: decompose(SPECTROGRAM, ALIGNMENT, backend=name, iterations=6) for name in ("nmf", "nae", "nae-multiplicative")
}


def test_each_training_has_a_curve_on_logarithmic_axes():
    (panel,) = training_figure(list(FITS.values()), "loss").axes
    assert panel.get_xscale() == panel.get_yscale() == "log"
    names = [text.get_text() for text in panel.get_legend().get_texts()]
    assert names == ["NMF (multiplicative)", "NAE (additive)", "NAE (multiplicative)"]
    curves = [line for line in panel.get_lines() if line.get_label() in names]
    for curve, fit in zip(curves, FITS.values(), strict=True):
        np.testing.assert_array_equal(curve.get_ydata(), fit.loss[1:])


def test_encoder_and_decoder_are_side_by_side():
    figure = training_figure([FITS["nae"]], "encoder")
    titles = [panel.get_title(loc="left") for panel in figure.axes if panel.get_title(loc="left")]
    assert titles[:3] == ["Decoder: templates", "Encoder: above zero", "Encoder: below zero"]
    assert "from the identity" in titles[3]


def test_encoders_come_near_a_pseudo_inverse():
    for name in ("nae", "nae-multiplicative"):
        product = pseudo_identity(FITS[name])
        assert distance_from_identity(product) < 1
        assert (product.argmax(axis=1) == np.arange(len(product))).mean() > 0.5


@pytest.mark.parametrize(
    ("values", "picture", "says"),
    [
        ([SPECTROGRAM, FITS["nmf"]], "loss", "--loss is of decompositions"),
        ([FITS["nae"], FITS["nae"]], "encoder", "--encoder is of one decomposition"),
        ([FITS["nmf"]], "encoder", "dense encoder of one layer"),
    ],
)
def test_what_has_no_picture_is_said(values, picture, says):
    with pytest.raises(ValueError, match=says):
        training_figure(values, picture)
