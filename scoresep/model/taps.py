"""Templates that go on over several frames: tap t of a template sounds t frames after its activation.

A convolution is a matrix product all the same: each pair of component and tap is a row of its own, whose activations
are those of the component, t frames later (Smaragdis, ICA 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.score.drum_kit import drum_decay
from scoresep.values import Array

#: How long the template of a pitch goes on (s), unless the number of its taps is given.
TEMPLATE_LENGTH = 0.25
#: How much quieter the last tap of a template is than the first before the fit, as a factor.
LAST_TAP = 0.1


@dataclass(frozen=True, eq=False)
class TapRows:
    """Pairs of component and tap as rows.

    Parameters
    ----------
    component, tap : array of int, shape (rows,)
    n_taps : int
        The number of taps of the longest template.
    """

    component: Array
    tap: Array
    n_taps: int

    @classmethod
    def of(cls, templates: Array) -> TapRows:
        """List the pairs whose spectrum is not zero, and all first taps, from templates (bins, components, taps)."""
        is_used = np.array(templates.any(axis=0))
        is_used[:, 0] = True
        component, tap = np.nonzero(is_used)
        return cls(component, tap, templates.shape[2])

    def __len__(self) -> int:
        return len(self.component)

    def take(self, rows: Array) -> TapRows:
        """Give some of the rows."""
        return TapRows(self.component[rows], self.tap[rows], self.n_taps)

    def shifted(self, activations: Array, frames: Array) -> Array:
        """Give the activation of each row in some frames, shape (rows, frames); before the first frame it is zero."""
        padded = np.pad(activations, ((0, 0), (self.n_taps - 1, 0)))
        return np.asarray(padded[self.component[:, None], frames + (self.n_taps - 1 - self.tap)[:, None]])

    def add_back(self, array: Array, first: int, *, out: Array) -> None:
        """Add an array (rows, frames), whose frames begin at ``first``, to ``out`` where the activations are.

        ``out`` has shape (components, n_taps - 1 + frames); its first ``n_taps - 1`` frames lie before the first one.
        """
        for tap in np.unique(self.tap).tolist():
            rows = self.tap == tap
            begin = self.n_taps - 1 + first - tap
            out[self.component[rows], begin : begin + array.shape[1]] += array[rows]


def with_taps(templates: Array, n_taps: Array) -> Array:
    """Let templates of one tap go on over some frames and die away.

    ``n_taps`` has the number of taps of each component; the result has shape (bins, components, most taps), and a
    template is zero after its last tap.
    """
    most = int(n_taps.max(initial=1))
    if most == 1 or templates.shape[2] > 1:
        return templates
    tap, length = np.arange(most), n_taps[:, None]
    decay = np.where(tap < length, LAST_TAP ** (tap / np.maximum(length - 1, 1)), 0.0)
    return np.asarray(templates * (decay / decay.sum(axis=1, keepdims=True)))


def without_taps(templates: Array, activations: Array) -> tuple[Array, Array]:
    """Give the mean spectrum of each template, shape (bins, components), and the activations as they ring on.

    Their product is the model of templates whose spectrum does not change from tap to tap.
    """
    if templates.shape[2] == 1:
        return templates[:, :, 0], activations
    level = templates.sum(axis=0)
    level = level / np.maximum(level.sum(axis=1, keepdims=True), 1e-30)
    ringing = np.zeros_like(activations)
    for tap in range(min(templates.shape[2], activations.shape[1])):
        ringing[:, tap:] += level[:, tap, None] * activations[:, : activations.shape[1] - tap]
    return templates.sum(axis=2), ringing


def default_taps(pitch: Array, is_drum: Array, frame_rate: float) -> Array:
    """Give the number of taps of each component: `TEMPLATE_LENGTH`, or as long as the piece of a drum kit rings."""
    seconds = [drum_decay(key) if drum else TEMPLATE_LENGTH for key, drum in zip(pitch.tolist(), is_drum, strict=True)]
    return np.maximum(np.round(np.array(seconds) * frame_rate), 1).astype(int)
