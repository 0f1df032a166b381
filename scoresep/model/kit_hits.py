"""The hits of a drum kit that groups divide among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.values import Array, Notes


@dataclass(frozen=True, eq=False)
class KitHits:
    """Hits, and the groups that they belong to.

    Parameters
    ----------
    groups : array of int, shape (groups,)
        The groups that have drum notes and no others, as rows of the weights of all groups.
    key : array of int, shape (hits,)
    onset : array, shape (hits,)
        In recording time (s), in order.
    weights : array, shape (groups, hits)
        How much of each hit belongs to each group.
    """

    groups: Array
    key: Array
    onset: Array
    weights: Array

    def between(self, begin: float, end: float) -> KitHits:
        """Give the hits from ``begin`` to ``end`` (s), with the groups that have any of them."""
        own = slice(*np.searchsorted(self.onset, [begin, end]).tolist())
        rows = np.flatnonzero((self.weights[:, own] > 0).any(axis=1))
        return KitHits(self.groups[rows], self.key[own], self.onset[own], self.weights[rows, own])


def kit_hits(notes: Notes, weights: Array) -> KitHits | None:
    """Find the hits that are divided; None unless two groups have drum notes alone.

    Parameters
    ----------
    notes : Notes
    weights : array, shape (groups, notes)
        How much of each note belongs to each group; it may have no groups.

    Returns
    -------
    KitHits or None
    """
    if len(weights) < 2 or not notes.is_drum.any():
        return None
    is_own = weights > 0
    groups = np.flatnonzero(is_own.any(axis=1) & ~is_own[:, ~notes.is_drum].any(axis=1))
    hits = np.flatnonzero(is_own[groups].any(axis=0))
    if len(groups) < 2:
        return None
    hits = hits[np.argsort(notes.onset[hits], kind="stable")]
    return KitHits(groups, notes.pitch[hits], notes.onset[hits], weights[np.ix_(groups, hits)])
