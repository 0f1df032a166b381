"""Pictures of autoencoders."""

import numpy as np
import pytest

from scoresep.views.encoder import distance_from_identity, scaled_product
from scoresep.views.figures import encoder_figure


def test_encoder_and_decoder_are_side_by_side(fits):
    figure = encoder_figure(fits["nae"])
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles[:3] == ["Decoder: templates", "Encoder: above zero", "Encoder: below zero"]
    assert "from the identity" in titles[3]


@pytest.mark.parametrize("name", ["nae", "nae-multiplicative"])
def test_encoders_come_near_a_pseudo_inverse(fits, name):
    product = scaled_product(fits[name])
    assert distance_from_identity(product) < 1
    assert (product.argmax(axis=1) == np.arange(len(product))).mean() > 0.5


def test_decomposition_without_an_encoder_is_refused(fits):
    with pytest.raises(ValueError, match="dense encoder of one layer"):
        encoder_figure(fits["nmf"])
