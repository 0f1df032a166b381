"""Which hand plays which note of a piano score that does not tell: an estimate by a small neural network.

The network adds up, for each note, what the notes around it say, by how far away they are in pitch and in time, four
times over (a continuous-filter convolution).  It is asked twice, the second time with the keyboard mirrored, so that
the left hand is treated as the right one is.  Within a chord the left hand takes the lower notes and the right hand
the higher ones; where they part is where the network's evidence is greatest.

The weights in ``hand_weights.npz`` were learned by benchmarks/learn_hands.py from 45 piano scores of the (n)ASAP
corpus, which are under the licence CC BY-NC-SA 4.0.  The scores are not part of the package; whoever wants weights
without that source can learn others from scores of their own.

References
----------
A. Hadjakos, S. Waloschek, A. Leemhuis: Detecting hands in piano MIDI data. Mensch und Computer 2019.
K. T. Schütt et al.: SchNet, a continuous-filter convolutional neural network for modeling quantum interactions.
NeurIPS 2017.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from scoresep.score.hand_costs import least_costly
from scoresep.score.hand_features import KINDS, MIDDLE, WIDEST, WINDOW, Context, chords_of, context_of
from scoresep.values import Array, Notes

#: The file of the network's weights, learned by benchmarks/learn_hands.py.
WEIGHTS = "hand_weights.npz"
#: Notes that are worked on at once, and those before and after them that are looked at, too.
STRETCH, MARGIN = 8192, 256
#: Messages of many notes are scaled by this.
MESSAGE_SCALE = 0.3
#: Added to a variance that is divided by.
EPSILON = 1e-5


def estimate_hands(notes: Notes) -> Array:
    """Return which notes the left hand plays, as an estimate.

    Parameters
    ----------
    notes : Notes
        Any number of them, of one piano part.

    Returns
    -------
    array of bool, shape (notes,)
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # the products are small
        return hands_by(read_weights(), notes.onset, notes.offset, notes.pitch)


def hands_by(weights: dict[str, Array], onset: Array, offset: Array, pitch: Array) -> Array:
    """Return which notes the left hand plays by the weights of a network, shape (notes,)."""
    if not len(pitch):
        return np.zeros(0, bool)
    pitch = np.minimum(pitch, 2 * MIDDLE)
    evidence = _evidence(weights, onset, offset, pitch) - _evidence(weights, onset, offset, 2 * MIDDLE - pitch)
    chord = chords_of(onset)
    order = np.lexsort((-evidence, pitch, chord))
    chords = np.split(order, np.flatnonzero(np.diff(chord[order])) + 1)
    return least_costly(chords, onset, offset, pitch, evidence)


def _evidence(weights: dict[str, Array], onset: Array, offset: Array, pitch: Array) -> Array:
    """Return how much speaks for the left hand, as logarithms of odds; long pieces are worked on in stretches."""
    evidence, order = np.empty(len(pitch)), np.argsort(onset, kind="stable")
    for begin in range(0, len(order), STRETCH):
        first = max(begin - MARGIN, 0)
        notes = order[first : begin + STRETCH + MARGIN]
        context, told = context_of(onset[notes], offset[notes], pitch[notes]), np.empty(len(notes))
        told[context.order] = evidence_by(weights, context)
        evidence[order[begin : begin + STRETCH]] = told[begin - first :][:STRETCH]
    return evidence


@cache
def read_weights() -> dict[str, Array]:
    """Return the weights of the network by their names."""
    with files("scoresep.score").joinpath(WEIGHTS).open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def evidence_by(weights: dict[str, Array], context: Context) -> Array:
    """Return how much speaks for the left hand, as logarithms of odds, shape (notes,)."""
    state = context.features @ weights["input"] + weights["input_bias"]
    names = ("value", "value_bias", "kinds", "intervals", "first", "first_bias", "second", "second_bias")
    for value, value_bias, kinds, intervals, first, first_bias, second, second_bias in zip(
        *(weights[name] for name in names), strict=True
    ):
        normal = _normalized(state)
        messages = _messages(normal @ value + value_bias, filters(kinds, intervals), context.relations)
        hidden = np.concatenate([normal, _normalized(MESSAGE_SCALE * messages)], axis=1) @ first + first_bias
        state = state + np.maximum(hidden, 0) @ second + second_bias
    evidence: Array = state @ weights["output"] + weights["output_bias"]
    return evidence


def filters(kinds: Array, intervals: Array) -> Array:
    """Return the weights of each relation, as a sum of products of its kind's and its interval's.

    Parameters
    ----------
    kinds : array, shape (ranks, kinds, channels)
    intervals : array, shape (ranks, intervals, channels)

    Returns
    -------
    array, shape (relations + 1, channels)
        The last row, of a note that is not there, is zero.
    """
    products = np.einsum("rkc,ric->kic", kinds, intervals).reshape(KINDS * (2 * WIDEST + 1), -1)
    return np.vstack([products, np.zeros_like(products[:1])])


def _messages(values: Array, table: Array, relations: Array) -> Array:
    """Return the sum of what the notes around each note say, weighted by their relations to it."""
    messages = np.zeros_like(values)
    for k in range(1, min(WINDOW, len(values) - 1) + 1):
        messages[k:] += table[relations[k:, WINDOW - k]] * values[:-k]
        messages[:-k] += table[relations[:-k, WINDOW + k - 1]] * values[k:]
    return messages


def _normalized(rows: Array) -> Array:
    """Return rows of mean zero and variance one."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    normalized: Array = rows / np.sqrt(np.mean(rows**2, axis=1, keepdims=True) + EPSILON)
    return normalized
