"""What another separator has found, as a prior for the masks.

The share that a prior gives to its notes in a bin is that of a Wiener filter: the magnitude of the prior to a power,
over the sum over all priors and what they leave of the recording.  The score tells when notes sound and where their
partials are, a trained separator how voices or drums sound.  Both err in different bins; their shares are multiplied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.stft import channel_mean
from scoresep.values import Array

#: How far the share of a prior is trusted; the remainder is the share of the model.  Where a separator has missed a
#: sound, this leaves a part of the sound to its notes.
TRUST = np.float32(0.9)
#: The power of the model's share, by which that of the prior is multiplied.
MODEL_EXPONENT = np.float32(0.3)
#: Least divisor.
TINY = np.float32(1e-20)


@dataclass(frozen=True, eq=False)
class DividedGroups:
    """Groups of notes, divided by the priors of their notes.

    Parameters
    ----------
    weights : array, shape (parts, notes)
        How much of each note belongs to each part of a group.
    group : array of int, shape (parts + 1,)
        The group of each part; the last entry, and that of parts of no group, is the number of groups.
    prior : array of int, shape (parts + 1,)
        The prior of each part; the last entry, and that of parts without a prior, is the number of priors.
    """

    weights: Array
    group: Array
    prior: Array

    @property
    def n_groups(self) -> int:
        """The number of groups."""
        return int(self.group[-1])

    def add_up(self, parts: Array, *, out: Array) -> None:
        """Write the sums over the parts of each group to ``out``, which has zeros; trailing parts may be left out."""
        for group, part in zip(self.group, parts, strict=False):
            out[group] += part


def undivided(weights: Array) -> DividedGroups:
    """Give groups of notes without priors, one part each; ``weights`` has shape (groups, notes)."""
    return DividedGroups(weights, np.arange(len(weights) + 1), np.zeros(len(weights) + 1, int))


def divide_groups(weights: Array, members: Array) -> DividedGroups:
    """Divide groups of notes by the priors of their notes.

    Parameters
    ----------
    weights : array, shape (groups, notes)
        How much of each note belongs to each group.
    members : array of bool, shape (priors, notes)
        The notes of each prior.

    Returns
    -------
    DividedGroups
    """
    n_groups, n_priors = len(weights), len(members)
    unclaimed = 1 - weights.sum(axis=0)
    rows, group, prior = [], [], []
    for g, weight in enumerate([*weights, np.where(unclaimed > 1e-4, unclaimed, 0)]):
        for p, own in enumerate([*members, ~members.any(axis=0)]):
            part = weight * own
            if part.any() and (g, p) != (n_groups, n_priors):
                rows.append(part)
                group.append(g)
                prior.append(p)
    return DividedGroups(
        np.array(rows).reshape(len(rows), weights.shape[1]), np.array([*group, n_groups]), np.array([*prior, n_priors])
    )


def prior_shares(recording: Array, sounds: Sequence[Array], exponent: float) -> Array:
    """Compute the share of each prior in each bin of a recording.

    Parameters
    ----------
    recording : array of complex, shape (channels, bins, frames)
    sounds : sequence of arrays of complex, shape (channels, bins, frames)
        The priors.  One with another number of channels than the recording is taken as the mean of its channels.
    exponent : float
        The power of the magnitudes.

    Returns
    -------
    array, shape (priors + 1, bins, frames)
        From 0 to 1.  The last one is of what the priors leave.
    """
    fitting = [sound if len(sound) == len(recording) else sound.mean(axis=0, keepdims=True) for sound in sounds]
    left = recording - sum(fitting)
    magnitudes = np.stack([channel_mean(spectrum) for spectrum in (*fitting, left)])
    strength = (magnitudes / np.maximum(magnitudes.max(axis=0), TINY)) ** np.float32(exponent)
    return np.asarray(strength / np.maximum(strength.sum(axis=0), TINY))


def share_by_priors(strength: Array, prior: Array, shares: Array) -> Array:
    """Give the notes of each prior about the share that the prior has, divided among them as the model divides it.

    Parameters
    ----------
    strength : array, shape (parts, channels, bins, frames)
        The share of each part of a group in the model, up to a factor in each bin.
    prior : array of int, shape (parts,)
        The prior of each part.
    shares : array, shape (priors + 1, bins, frames)
        As `prior_shares` gives them.

    Returns
    -------
    array, shape (parts, channels, bins, frames)
        Over the parts it sums to one where the model is not zero.
    """
    of_prior = np.stack([strength[prior == p].sum(axis=0) for p in range(len(shares))])
    model = of_prior / np.maximum(of_prior.sum(axis=0), TINY)
    weight = (TRUST * shares[:, None] + (1 - TRUST) * model) * model**MODEL_EXPONENT
    weight /= np.maximum(weight.sum(axis=0), TINY)
    return np.asarray(strength * (weight / np.maximum(of_prior, TINY))[prior])
