"""Small networks that learn to tell a recording from its synthesis, patch by patch of the spectrogram.

The synthesizer is fitted to deceive them, besides being near to the recording: where no exact match is possible, as
with noise, it should at least make what looks alike.  The networks see the recording only, and are thrown away after
the fit.

References
----------
.. [1] Isola, Zhu, Zhou and Efros, "Image-to-image translation with conditional adversarial networks", CVPR 2017.

.. [2] Mao, Li, Xie, Lau, Wang and Smolley, "Least squares generative adversarial networks", ICCV 2017.
"""

from __future__ import annotations

from typing import Any

from scoresep.synthesis.log_spectra import log_spectrum

#: Windows (samples) of the spectrograms that the networks see, one network each.
WINDOWS = (512, 2048)
#: Channels of the convolutions.
CHANNELS = (16, 32)
#: Bins and frames that a convolution sees.
KERNEL = (5, 3)
#: How much of a negative value passes a convolution.
LEAK = 0.2
#: Learning rate of Adam for the networks.
LEARNING_RATE = 0.001


class Discriminator:
    """Networks of two convolutions, each on the logarithmic spectrogram of one window, with the frequency beside it.

    Each place of their output looks at a patch of the spectrogram; it should be 1 for the recording and 0 for the
    synthesis.
    """

    def __init__(self, *, seed: int, device: str) -> None:
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._networks = [_network().to(device) for _ in WINDOWS]
        parameters = [parameter for network in self._networks for parameter in network.parameters()]
        self._optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, betas=(0.5, 0.9))

    def learn(self, synthesis: Any, recording: Any, level: float) -> float:
        """Make one step of the fit of the networks, and return their loss before it: 0.5 if they only guess."""
        self._optimizer.zero_grad()
        loss = 0.0
        for real, made in zip(self._judge(recording, level), self._judge(synthesis.detach(), level), strict=True):
            loss = loss + ((real - 1) ** 2).mean() + (made**2).mean()
        loss.backward()  # type: ignore[attr-defined]
        self._optimizer.step()
        return float(loss.detach()) / len(WINDOWS)  # type: ignore[attr-defined]

    def loss(self, synthesis: Any, level: float) -> Any:
        """Return how far the synthesis is from being taken for the recording."""
        return sum(((made - 1) ** 2).mean() for made in self._judge(synthesis, level))

    def _judge(self, sound: Any, level: float) -> list[Any]:
        """Return the output of each network for a sound."""
        import torch

        outputs = []
        for window, network in zip(WINDOWS, self._networks, strict=True):
            spectrum = log_spectrum(sound, window, level)
            frequency = torch.linspace(-1, 1, len(spectrum), device=sound.device)[:, None].expand_as(spectrum)
            outputs.append(network(torch.stack([spectrum, frequency])[None]))
        return outputs


def _network() -> Any:
    """Return one network."""
    from torch import nn

    layers: list[Any] = []
    before = 2
    for channels in CHANNELS:
        layers += [nn.Conv2d(before, channels, KERNEL, stride=(2, 1)), nn.LeakyReLU(LEAK)]
        before = channels
    return nn.Sequential(*layers, nn.Conv2d(before, 1, KERNEL))
