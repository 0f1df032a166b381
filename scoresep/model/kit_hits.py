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
    hit, group : array of int, shape (pairs,)
        All pairs of a hit and a group that has it, as indices, in the order of the hits.
    weight : array, shape (pairs,)
        How much of the hit belongs to the group.
    """

    groups: Array
    key: Array
    onset: Array
    hit: Array
    group: Array
    weight: Array

    def between(self, begin: float, end: float) -> KitHits:
        """Give the hits from ``begin`` to ``end`` (s), with the groups that have any of them."""
        first, stop = np.searchsorted(self.onset, [begin, end]).tolist()
        own, pairs = slice(first, stop), slice(*np.searchsorted(self.hit, [first, stop]).tolist())
        rows, group = np.unique(self.group[pairs], return_inverse=True)
        return KitHits(
            self.groups[rows], self.key[own], self.onset[own], self.hit[pairs] - first, group, self.weight[pairs]
        )


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
    members = [np.flatnonzero(row > 0) for row in weights]
    groups = [g for g, own in enumerate(members) if len(own) and notes.is_drum[own].all()]
    if len(groups) < 2:
        return None
    note = np.concatenate([members[g] for g in groups])
    hits = np.unique(note)
    hits = hits[np.argsort(notes.onset[hits], kind="stable")]
    place = np.zeros(len(notes), int)
    place[hits] = np.arange(len(hits))
    group = np.repeat(np.arange(len(groups)), [len(members[g]) for g in groups])
    order = np.argsort(place[note], kind="stable")
    weight = weights[np.array(groups)[group], note]
    return KitHits(
        np.array(groups), notes.pitch[hits], notes.onset[hits], place[note][order], group[order], weight[order]
    )
