"""Nonnegative autoencoders held to the score (Smaragdis and Venkataramani, ICASSP 2017; Ewert and Sandler, ibid.).

Where factorization has free activations, an autoencoder has an encoder: H = max(W_E V, 0), switched off where the
score's gates are closed (structured dropout), then V ≈ W_D H with the templates as the decoder.  Two trainings:

- additive: projected gradient descent.  Encoders have weights of both signs, as a pseudo-inverse has.
- multiplicative: the rules of Zunner (master's thesis, FAU, 2021), derived for all beta divergences in docs/method.md.
  All weights stay nonnegative.

Both share slope and cost, and a pace that quickens while the loss falls; a step with which it would rise is not made.
Conventions: as in `network`; ``Wt`` is the decoder transposed, shape (components, bins), its rows of sum one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from scoresep.backends.contract import Factors, OnIteration, Ties
from scoresep.backends.network import first_layers, outputs, slopes
from scoresep.backends.penalties import Penalties
from scoresep.numerics.divergences import beta_of, curvature, divergence
from scoresep.values import Array

#: Frames that are worked on at once; few enough that most components rest in most blocks.
BLOCK = 128
#: Keeps quotients finite, far below the smallest number that matters in a spectrogram scaled to one.
EPSILON = np.float32(1e-12)
#: How the pace changes when the loss falls, and when it would rise; a pace of one is the rule as it is in the paper.
QUICKER, SLOWER, LARGEST = 1.2, 0.5, 16.0

#: From weights, slope, cost and pace to new weights.
Rule = Callable[[Array, Array, Array, float], Array]


@dataclass(frozen=True, eq=False)
class _Block:
    """A block of frames, which components may sound in it (``active``), and when: 0 or 1, shape (active, frames)."""

    V: Array
    frames: slice
    active: Array
    gates: Array


@dataclass(frozen=True, eq=False)
class _State:
    """The network, its code H, the loss, and slope and cost of the encoder's layers."""

    layers: list[Array]
    Wt: Array
    H: Array
    loss: float
    parts: list[tuple[Array, Array]]


def nae(
    spectrogram: Array,
    templates: Array,
    activations: Array,
    *,
    loss: str = "kl",
    iterations: int = 25,
    threshold: float = 0.0,
    ties: Ties = (),
    on_iteration: OnIteration | None = None,
    layers: Sequence[int] = (),
    sparsity: float = 0.0,
    continuity: float = 0.0,
    is_additive: bool = True,
) -> Factors:
    """Train encoder and decoder; what ``activations`` has is only where they may be.  See `contract`.

    ``layers`` are the widths of layers between spectrum and code, ``sparsity`` and ``continuity`` the weights of
    penalties.  Without iterations nothing is encoded, and the start is returned.
    """
    beta = beta_of(loss)
    scale = np.float32(spectrogram.max(initial=0.0)) or np.float32(1.0)
    V, Wt = (spectrogram / scale).astype(np.float32), _normalized(templates.T)[0]
    blocks = _blocks(V, Wt, activations > 0, beta)
    openness = np.mean(activations > 0, axis=1, dtype=np.float32) if V.shape[1] else np.zeros(len(Wt), np.float32)
    encoder = first_layers(Wt, openness, layers, is_signed=is_additive)
    if not iterations:
        H = activations * templates.sum(axis=0)[:, None]
        return Factors(Wt.T.copy(), H, np.array([divergence(V, Wt.T @ H.astype(np.float32), beta)]))
    penalties = Penalties(sparsity, continuity, unit=float(V.sum()) / max(V.shape[1], 1))
    rule = _additive if is_additive else partial(_multiplicative, power=_power(beta))
    training = _Training(blocks, beta, rule, penalties, [tie for tie, count in ties for _ in range(count)], Wt > 0)
    with np.errstate(over="ignore", invalid="ignore"):  # such steps have no finite loss, so they are not made
        state, losses = training.run(encoder, Wt, iterations, threshold, on_iteration)
    return Factors(np.ascontiguousarray(state.Wt.T), state.H * scale, np.array(losses), tuple(state.layers))


nae_multiplicative = partial(nae, is_additive=False)


class _Training:
    """A training of encoder and decoder by turns."""

    def __init__(
        self, blocks: list[_Block], beta: float, rule: Rule, penalties: Penalties, ties: list[Array], free: Array
    ) -> None:
        self.blocks, self.beta, self.rule, self.penalties, self.ties, self.free = (
            blocks, beta, rule, penalties, ties, free,
        )  # fmt: skip

    def run(
        self, layers: list[Array], Wt: Array, iterations: int, threshold: float, on_iteration: OnIteration | None
    ) -> tuple[_State, list[float]]:
        """Return what the training came to, and the loss before and after each iteration."""
        state = self.survey(self.levelled(layers, Wt), Wt)
        losses, pace = [state.loss], 1.0
        for iteration in range(iterations):
            encoder = [self.rule(W, *part, pace) for W, part in zip(state.layers, state.parts, strict=True)]
            Wt, total = _normalized(self.decoder_step(encoder, state.Wt, iteration, min(pace, 1.0)))
            encoder[-1] = encoder[-1] * total
            trial = self.survey(encoder, Wt)
            if on_iteration:
                on_iteration(iteration + 1, state.loss)
            falls = trial.loss <= state.loss
            pace = min(pace * QUICKER, LARGEST) if falls else pace * SLOWER
            before, state = state, trial if falls else state
            losses.append(state.loss)
            if falls and max(_change(before.Wt, state.Wt), _change(before.H, state.H)) < threshold:
                break
        return state, losses

    def levelled(self, layers: list[Array], Wt: Array) -> list[Array]:
        """Return the encoder with its last layer scaled so that the model is as loud as the recording."""
        loudness = sum(float(block.V.sum()) for block in self.blocks)
        model = sum(float(self.code(layers, block)[-1].sum()) for block in self.blocks)  # templates have sum one
        return [*layers[:-1], layers[-1] * np.float32(loudness / model if model > 0 else 1)]

    def code(self, layers: list[Array], block: _Block) -> list[Array]:
        """Return what the layers give for a block, the last of them only where the score allows."""
        given = outputs([*layers[:-1], layers[-1][block.active]], block.V)
        return [*given[:-1], given[-1] * block.gates]

    def survey(self, layers: list[Array], Wt: Array) -> _State:
        """Return the code, the loss, and slope and cost of each layer."""
        H = np.zeros((len(Wt), sum(block.V.shape[1] for block in self.blocks)), np.float32)
        totals, loss = [(np.zeros_like(W), np.zeros_like(W)) for W in layers], 0.0
        for block in self.blocks:
            W, given = Wt[block.active], self.code(layers, block)
            h = H[block.active, block.frames] = given[-1]
            model = W.T @ h + EPSILON
            weight = curvature(model, self.beta)
            penalty, *extra = self.penalties.of(h)
            slope, cost = W @ ((model - block.V) * weight) + extra[0], W @ (model * weight) + extra[1]
            loss += float(divergence(block.V, model, self.beta)) + penalty
            last = [*layers[:-1], layers[-1][block.active]]
            *hidden, code = slopes(last, block.V, given, slope, cost)
            for total, part in zip(totals, hidden, strict=False):
                total[0][:], total[1][:] = total[0] + part[0], total[1] + part[1]
            for total, part in zip(totals[-1], code, strict=True):
                total[block.active] += part
        return _State(layers, Wt, H, loss, totals)

    def decoder_step(self, layers: list[Array], Wt: Array, iteration: int, pace: float) -> Array:
        """Return the decoder after a step with the encoder held; what the score forbids is projected to zero."""
        slope, cost = np.zeros_like(Wt), np.zeros_like(Wt)
        for block in self.blocks:
            h = self.code(layers, block)[-1]
            model = Wt[block.active].T @ h + EPSILON
            weight = curvature(model, self.beta)
            slope[block.active] += h @ ((model - block.V) * weight).T
            cost[block.active] += h @ (model * weight).T
        if iteration < len(self.ties):
            slope, cost = _pooled(self.ties[iteration].T, self.free, Wt, slope, cost)
        projected: Array = np.maximum(self.rule(Wt, slope, cost, pace), 0) * self.free
        return projected


def _multiplicative(W: Array, slope: Array, cost: Array, pace: float, *, power: float) -> Array:
    """Return W times gain over cost, with gain = cost - slope, to the power of the pace."""
    stepped: Array = W * np.maximum(1 - slope / (cost + EPSILON), 0) ** np.float32(pace * power)
    return stepped


def _additive(W: Array, slope: Array, cost: Array, pace: float) -> Array:
    """Return W after a step down the slope, with the rate of the lecture, the weight over its cost, times the pace."""
    stepped: Array = W - np.float32(pace) * np.abs(W) * slope / (cost + EPSILON)
    return stepped


def _power(beta: float) -> float:
    """Return the power of the multiplicative rule with which the loss does not rise (Févotte and Idier, 2011)."""
    return 1 / (2 - beta) if beta < 1 else 1 / max(beta - 1, 1)


def _pooled(numbers: Array, free: Array, Wt: Array, slope: Array, cost: Array) -> tuple[Array, Array]:
    """Return slope and cost as those of the amplitudes of parts of fixed shape, the entries of one number.

    The entries of a negative number have no slope.
    """
    tied = (numbers >= 0) & free
    part = np.unique(numbers[tied], return_inverse=True)[1]
    pooled = [np.zeros_like(slope), np.ones_like(cost)]
    for result, each in zip(pooled, (slope, cost), strict=True):
        result[tied] = np.bincount(part, Wt[tied] * each[tied])[part] if len(part) else 0
    return pooled[0], pooled[1]


def _blocks(V: Array, Wt: Array, gates: Array, beta: float) -> list[_Block]:
    """Cut V into blocks of frames.

    For beta up to one, bins that no component reaches are emptied: they cost much, whatever the fit does.
    """
    blocks = []
    for start in range(0, V.shape[1], BLOCK):
        frames = slice(start, start + BLOCK)
        active = np.flatnonzero(gates[:, frames].any(axis=1))
        opened = gates[active, frames].astype(np.float32)
        reached = (Wt[active].T @ opened > 0) if beta <= 1 else True
        blocks.append(_Block(np.where(reached, V[:, frames], 0), frames, active, opened))
    return blocks


def _normalized(Wt: Array) -> tuple[Array, Array]:
    """Return the decoder with templates of sum one, and their sums, shape (components, 1)."""
    Wt = np.ascontiguousarray(Wt, dtype=np.float32)
    total = Wt.sum(axis=1, keepdims=True)
    return Wt / np.where(total > 0, total, 1), total


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))
