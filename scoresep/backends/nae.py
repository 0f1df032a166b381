"""Nonnegative autoencoders held to the score (Smaragdis and Venkataramani, ICASSP 2017; Ewert and Sandler, ibid.).

Where factorization has free activations, an autoencoder has an encoder: H = max(W_E V, 0), switched off where the
score's gates are closed (structured dropout), then V ≈ W_D H with the templates as the decoder.  Two trainings:

- additive: projected gradient descent.  Encoders have weights of both signs, as a pseudo-inverse has.
- multiplicative: the rules of Zunner (master's thesis, FAU, 2021), derived for all beta divergences in docs/method.md.
  All weights stay nonnegative.

Both use the slope and the cost of the loss, and a step size that grows while the loss falls; a step with which it
would rise is not made.
Conventions: as in `network`; ``Wt`` is the decoder transposed, shape (components, bins), its rows of sum one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.dense_encoder import dense_encoder, first_layers, mask_unreachable_bins, outputs, slopes
from scoresep.backends.nmf import fit_activations
from scoresep.backends.options import AutoencoderOptions
from scoresep.backends.penalties import Penalties
from scoresep.backends.updates import BLOCK, EPSILON
from scoresep.model.beta_divergence import beta_of, curvature, divergence
from scoresep.values import Array, Encoder

#: The step size at the start; 1 is the rule as it is in the paper.
FIRST_STEP_SIZE = 1.0
#: Factor of the step size after a step with which the loss falls.
GROWTH = 1.2
#: Factor of the step size after a step with which the loss would rise.
SHRINKAGE = 0.5
#: The largest step size.
LARGEST_STEP_SIZE = 16.0
#: How many paces an iteration tries, one slower than the other.
TRIES = 3
#: The largest share of a weight that an additive step takes away.
LARGEST_DECREASE = np.float32(0.75)

#: From weights, slope, cost and step_size to new weights.
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
    """The network, its code H, the loss, and slope and cost of what is take_step next."""

    layers: list[Array]
    Wt: Array
    H: Array
    loss: float
    parts: list[tuple[Array, Array]]


class _Autoencoder:
    """The backend, with additive or multiplicative training."""

    options = AutoencoderOptions
    knows_sources = False

    def __init__(self, *, is_additive: bool) -> None:
        self.is_additive = is_additive

    def fit(self, problem: Problem, options: AutoencoderOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Train encoder and decoder; the initial activations only say where activations may be.  See `contract`.

        Without iterations nothing is encoded, and the initial factors are returned.
        """
        beta = beta_of(problem.loss)
        V, Wt, gates, encoder, scale = initial_network(problem, options.layers, is_signed=self.is_additive)
        if not problem.iterations:
            H = problem.activations * problem.spectra.sum(axis=0)[:, None]
            return Factors(Wt.T.copy()[..., None], H, np.array([divergence(V, Wt.T @ (H / scale), beta)]))
        penalties = Penalties(options.sparsity, options.continuity, unit=float(V.sum()) / max(V.shape[1], 1))
        rule = _additive_step if self.is_additive else _multiplicative_step
        ties = [tie for tie, count in problem.ties for _ in range(count)]
        training = _Training(_blocks(V, gates), beta, rule, penalties, ties, Wt > 0)
        with np.errstate(over="ignore", invalid="ignore"):  # such steps have no finite loss, so they are not made
            state, losses = training.run(encoder, Wt, problem.iterations, problem.threshold, on_iteration)
        templates = np.ascontiguousarray(state.Wt.T)[..., None]
        return Factors(templates, state.H * scale, np.array(losses), dense_encoder(state.layers))

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Apply the encoder where the gates are open.  See `contract`."""
        if not encoder.kind:
            return fit_activations(problem)
        gates = problem.activations > 0
        V = mask_unreachable_bins(problem.spectrogram, problem.spectra.T, gates, beta_of(problem.loss))
        code: Array = outputs(list(encoder.arrays.values()), V)[-1] * gates
        return code


#: The autoencoder with additive updates.
NAE = _Autoencoder(is_additive=True)
#: The autoencoder with multiplicative updates.
NAE_MULTIPLICATIVE = _Autoencoder(is_additive=False)


class _Training:
    """A training of encoder and decoder by turns."""

    def __init__(
        self, blocks: list[_Block], beta: float, rule: Rule, penalties: Penalties, ties: list[Array], free: Array
    ) -> None:
        self.blocks, self.beta, self.rule = blocks, beta, rule
        self.penalties, self.ties, self.free = penalties, ties, free

    def run(
        self, layers: list[Array], Wt: Array, iterations: int, threshold: float, on_iteration: OnIteration | None
    ) -> tuple[_State, list[float]]:
        """Return what the training came to, and the loss before and after each iteration."""
        state, step_size = self.forward_backward(layers, Wt), FIRST_STEP_SIZE
        losses = [state.loss]
        for iteration in range(iterations):
            if on_iteration:
                on_iteration(iteration + 1, state.loss)
            for _ in range(TRIES):
                trial = self.take_step(state, iteration, step_size)
                if trial.loss <= state.loss:
                    step_size = min(step_size * GROWTH, LARGEST_STEP_SIZE)
                    break
                step_size *= SHRINKAGE
            else:
                trial = self.take_step(state, iteration, 0.0)
            falls = trial.loss <= state.loss
            change = max(_change(state.Wt, trial.Wt), _change(state.H, trial.H))
            state = trial if falls else state
            losses.append(state.loss)
            if falls and change < threshold:
                break
        return state, losses

    def take_step(self, state: _State, iteration: int, step_size: float) -> _State:
        """Return the network after a step of the encoder at a step size, none at zero, and one of the decoder."""
        encoder = [self.rule(W, *part, step_size) for W, part in zip(state.layers, state.parts, strict=True)]
        middle = self.forward_backward(encoder, state.Wt, is_for_decoder=True)
        silenced = np.asarray(state.H.any(axis=1) & ~middle.H.any(axis=1))  # for good: what is cut off has no slope
        encoder[-1] = np.where(silenced[:, None], state.layers[-1], encoder[-1])
        Wt, total = _normalized(self.decoder_step(middle, iteration, 1.0))
        return self.forward_backward([*encoder[:-1], encoder[-1] * total], Wt)

    def decoder_step(self, state: _State, iteration: int, step_size: float) -> Array:
        """Return the decoder after a step; what the score forbids is projected to zero."""
        ((slope, cost),) = state.parts
        if iteration < len(self.ties):
            slope, cost = _pooled(self.ties[iteration].T, self.free, state.Wt, slope, cost)
        projected: Array = np.maximum(self.rule(state.Wt, slope, cost, step_size), 0) * self.free
        return projected

    def code(self, layers: list[Array], block: _Block) -> list[Array]:
        """Return what the layers give for a block, the last of them only where the score allows."""
        given = outputs([*layers[:-1], layers[-1][block.active]], block.V)
        return [*given[:-1], given[-1] * block.gates]

    def forward_backward(self, layers: list[Array], Wt: Array, *, is_for_decoder: bool = False) -> _State:
        """Return the network's code and loss, with slope and cost of each layer of its encoder, or of its decoder."""
        H = np.zeros((len(Wt), sum(block.V.shape[1] for block in self.blocks)), np.float32)
        parts = [(np.zeros_like(W), np.zeros_like(W)) for W in ([Wt] if is_for_decoder else layers)]
        loss = 0.0
        for block in self.blocks:
            W, given = Wt[block.active], self.code(layers, block)
            h = H[block.active, block.frames] = given[-1]
            model = W.T @ h + EPSILON
            weight = curvature(model, self.beta)
            slope, cost = (model - block.V) * weight, model * weight
            penalty, *extra = self.penalties.of(h)
            loss += float(divergence(block.V, model, self.beta)) + penalty
            if is_for_decoder:
                found = [(h @ slope.T, h @ cost.T)]
            else:
                last = [*layers[:-1], layers[-1][block.active]]
                found = slopes(last, block.V, given, W @ slope + extra[0], W @ cost + extra[1])
            for total, part in zip(parts, found, strict=True):
                rows = block.active if total[0] is parts[-1][0] else slice(None)
                for sums, each in zip(total, part, strict=True):
                    sums[rows] += each
        return _State(layers, Wt, H, loss, parts)


def _multiplicative_step(W: Array, slope: Array, cost: Array, step_size: float) -> Array:
    """Return W times gain over cost, with gain = cost - slope, to the power of the step size."""
    stepped: Array = W * np.maximum(1 - slope / (cost + EPSILON), 0) ** np.float32(step_size)
    return stepped


def _additive_step(W: Array, slope: Array, cost: Array, step_size: float) -> Array:
    """Step down the slope, with the rate of the lecture (the weight over its cost) times the step size."""
    stepped: Array = W - np.abs(W) * np.minimum(np.float32(step_size) * slope / (cost + EPSILON), LARGEST_DECREASE)
    return stepped


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


def initial_network(
    problem: Problem, layers: Sequence[int], *, is_signed: bool = True
) -> tuple[Array, Array, Array, list[Array], np.float32]:
    """Make the network before the training.

    Parameters
    ----------
    problem : Problem
    layers : sequence of int
        Widths of the layers between spectrum and code.
    is_signed : bool
        Whether the weights of the encoder may be negative.

    Returns
    -------
    V : array, shape (bins, frames)
        The spectrogram over its maximum.
    Wt : array, shape (components, bins)
        The decoder, transposed.
    gates : array of bool, shape (components, frames)
        Where the score allows activations.
    encoder : list of array
        The layers of the encoder, scaled so that the model is as loud as V.
    scale : float
        The maximum of the spectrogram.
    """
    scale = np.float32(problem.spectrogram.max(initial=0.0)) or np.float32(1.0)
    Wt, gates = _normalized(problem.spectra.T)[0], problem.activations > 0
    V = mask_unreachable_bins(problem.spectrogram / scale, Wt, gates, beta_of(problem.loss))
    openness = gates.sum(axis=1, dtype=np.float32) / np.float32(max(V.shape[1], 1))
    encoder = first_layers(Wt, openness, layers, is_signed=is_signed)
    loudness = float((outputs(encoder, V)[-1] * gates).sum())  # templates have sum one
    encoder[-1] *= np.float32(float(V.sum()) / loudness if loudness > 0 else 1)
    return V, Wt, gates, encoder, scale


def _blocks(V: Array, gates: Array) -> list[_Block]:
    """Cut V into blocks of frames."""
    blocks = []
    for start in range(0, V.shape[1], BLOCK):
        frames = slice(start, start + BLOCK)
        active = np.flatnonzero(gates[:, frames].any(axis=1))
        opened = gates[active, frames].astype(np.float32)
        blocks.append(_Block(np.ascontiguousarray(V[:, frames]), frames, active, opened))
    return blocks


def _normalized(Wt: Array) -> tuple[Array, Array]:
    """Return the decoder with templates of sum one, and their sums, shape (components, 1)."""
    Wt = np.ascontiguousarray(Wt, dtype=np.float32)
    total = Wt.sum(axis=1, keepdims=True)
    return Wt / np.where(total > 0, total, 1), total


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))
