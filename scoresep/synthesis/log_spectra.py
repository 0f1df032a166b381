"""The spectrograms that the fit of a synthesizer compares, as tensors."""

from __future__ import annotations

from typing import Any

#: What is added to magnitudes, relative to the level of the recording, before their logarithm is taken.
FLOOR = 1e-2


def spectrum(sound: Any, window: int, level: float) -> Any:
    """Return the magnitudes of a spectrogram relative to a level, shape (bins, frames)."""
    import torch

    values = torch.stft(
        sound, window, window // 4, window=torch.hann_window(window, device=sound.device), return_complex=True
    )
    return (values.real**2 + values.imag**2 + 1e-12).sqrt() / (level * window**0.5)


def log_spectrum(sound: Any, window: int, level: float) -> Any:
    """Return the logarithms of these magnitudes."""
    return (spectrum(sound, window, level) + FLOOR).log()
