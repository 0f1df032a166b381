"""Nonnegative autoencoders with the constraints of the score.

In factorization the activations H are free; in an autoencoder [1]_ an encoder computes them: H = max(W_E V, 0), set to
zero where the score's gates are closed, which is structured dropout [2]_.  The decoder is the model V ≈ W_D H, with
the templates W_D.  There are two trainings:

- additive: projected gradient descent, where the weights of the encoder may be negative.
- multiplicative: the update rules of Zunner [3]_, derived for all beta divergences in docs/method.md, where all
  weights are nonnegative.

Both use the gradient of the loss and its positive part, and a step size that grows while the loss falls.  A step that
would increase the loss is not taken.

Conventions: as in `dense_encoder`; ``Wt`` is the decoder transposed, shape (components, bins), with rows of sum one.

References
----------
.. [1] Smaragdis and Venkataramani, "A neural network alternative to non-negative audio models", ICASSP 2017.
.. [2] Ewert and Sandler, "Structured dropout for weak label and multi-instance learning and its application to
   score-informed source separation", ICASSP 2017.
.. [3] Zunner, "Neural networks with nonnegativity constraints for decomposing music recordings", master's thesis, FAU
   Erlangen-Nürnberg, 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.backends.alternating_fit import BLOCK, EPSILON
from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.dense_encoder import (
    backpropagate,
    dense_encoder,
    empty_unreachable_bins,
    initial_layers,
    layer_outputs,
)
from scoresep.backends.nmf import fit_activations
from scoresep.backends.options import AutoencoderOptions
from scoresep.backends.penalties import Penalties
from scoresep.model.beta_divergence import beta_of, curvature, divergence
from scoresep.values import Array, Encoder

#: The step size at the start; with 1, the multiplicative rule is that of the literature.
FIRST_STEP_SIZE = 1.0
#: Factor of the step size after a step with which the loss falls.
GROWTH = 1.2
#: Factor of the step size after a step with which the loss would rise.
SHRINKAGE = 0.5
#: The largest step size.
LARGEST_STEP_SIZE = 16.0
#: How many step sizes are tried in an iteration before only the decoder is updated.
MAX_TRIES = 3
#: The largest share of its absolute value that a weight loses in an additive step.
LARGEST_DECREASE = np.float32(0.75)

#: An update rule: from weights, gradient, its positive part and the step size to new weights.
Rule = Callable[[Array, Array, Array, float], Array]


@dataclass(frozen=True, eq=False)
class _Block:
    """A block of frames of V, the numbers of its ``active`` components, and their gates, 0 or 1, (active, frames)."""

    V: Array
    frames: slice
    active: Array
    gates: Array


@dataclass(frozen=True, eq=False)
class _State:
    """The network, its code H, the loss, and the gradients for the next step with their positive parts.

    The gradients are those of the layers of the encoder, or that of the decoder alone.
    """

    layers: list[Array]
    Wt: Array
    H: Array
    loss: float
    gradients: list[tuple[Array, Array]]


class _Autoencoder:
    """The autoencoder as a backend, with additive or multiplicative training."""

    options = AutoencoderOptions

    def __init__(self, *, is_additive: bool) -> None:
        self.is_additive = is_additive

    def fit(self, problem: Problem, options: AutoencoderOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Train encoder and decoder, as in `contract.Backend`.

        Of the initial activations only the zeros are used: there the gates are closed.  Without iterations, the
        initial factors are returned.
        """
        beta = beta_of(problem.loss)
        V, Wt, gates, encoder, scale = initial_network(problem, options.layers, is_signed=self.is_additive)
        if not problem.iterations:
            H = problem.activations * problem.spectra.sum(axis=0)[:, None]
            return Factors(Wt.T.copy()[..., None], H, np.array([divergence(V, Wt.T @ (H / scale), beta)]))
        penalties = Penalties(options.sparsity, options.continuity, float(V.sum()) / max(V.shape[1], 1))
        rule = _additive_step if self.is_additive else _multiplicative_step
        ties = [tie for tie, count in problem.ties for _ in range(count)]
        training = _Training(_blocks(V, gates), beta, rule, penalties, ties, Wt > 0)
        with np.errstate(over="ignore", invalid="ignore"):  # such steps have no finite loss and are not taken
            state, losses = training.run(encoder, Wt, problem.iterations, problem.threshold, on_iteration)
        templates = np.ascontiguousarray(state.Wt.T)[..., None]
        return Factors(templates, state.H * scale, np.array(losses), dense_encoder(state.layers))

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Apply the encoder where the gates are open, as in `contract.Backend`."""
        if not encoder.kind:
            return fit_activations(problem)
        gates = problem.activations > 0
        V = empty_unreachable_bins(problem.spectrogram, problem.spectra.T, gates, beta_of(problem.loss))
        code: Array = layer_outputs(list(encoder.arrays.values()), V)[-1] * gates
        return code


#: The autoencoder with additive updates.
NAE = _Autoencoder(is_additive=True)
#: The autoencoder with multiplicative updates.
NAE_MULTIPLICATIVE = _Autoencoder(is_additive=False)


class _Training:
    """A training that updates encoder and decoder in turn; entries of Wt that are not ``free`` stay zero."""

    def __init__(
        self, blocks: list[_Block], beta: float, rule: Rule, penalties: Penalties, ties: list[Array], free: Array
    ) -> None:
        self.blocks, self.beta, self.rule = blocks, beta, rule
        self.penalties, self.ties, self.free = penalties, ties, free

    def run(
        self, layers: list[Array], Wt: Array, iterations: int, threshold: float, on_iteration: OnIteration | None
    ) -> tuple[_State, list[float]]:
        """Train; return the final state, and the loss before the first iteration and after each one."""
        state, step_size = self.forward_backward(layers, Wt), FIRST_STEP_SIZE
        losses = [state.loss]
        for iteration in range(iterations):
            if on_iteration:
                on_iteration(iteration + 1, state.loss)
            for _ in range(MAX_TRIES):
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
        """Update the encoder, unless the step size is zero, and then the decoder."""
        encoder = [self.rule(W, *each, step_size) for W, each in zip(state.layers, state.gradients, strict=True)]
        middle = self.forward_backward(encoder, state.Wt, is_for_decoder=True)
        # A component that is zero in all frames would have no gradient and stay so; it keeps its old weights.
        silenced = np.asarray(state.H.any(axis=1) & ~middle.H.any(axis=1))
        encoder[-1] = np.where(silenced[:, None], state.layers[-1], encoder[-1])
        Wt, total = _normalize(self.decoder_step(middle, iteration, 1.0))
        return self.forward_backward([*encoder[:-1], encoder[-1] * total], Wt)

    def decoder_step(self, state: _State, iteration: int, step_size: float) -> Array:
        """Update the decoder; negative entries, and those that the score forbids, become zero."""
        ((gradient, positive_part),) = state.gradients
        if iteration < len(self.ties):
            tie = self.ties[iteration].T
            gradient, positive_part = _tied_gradients(tie, self.free, state.Wt, gradient, positive_part)
        projected: Array = np.maximum(self.rule(state.Wt, gradient, positive_part, step_size), 0) * self.free
        return projected

    def encode(self, layers: list[Array], block: _Block) -> list[Array]:
        """Compute the output of each layer for a block; the last one, the code, is zero where gates are closed."""
        outputs = layer_outputs([*layers[:-1], layers[-1][block.active]], block.V)
        return [*outputs[:-1], outputs[-1] * block.gates]

    def forward_backward(self, layers: list[Array], Wt: Array, *, is_for_decoder: bool = False) -> _State:
        """Compute code and loss, and the gradient of each layer of the encoder, or that of the decoder."""
        H = np.zeros((len(Wt), sum(block.V.shape[1] for block in self.blocks)), np.float32)
        gradients = [(np.zeros_like(W), np.zeros_like(W)) for W in ([Wt] if is_for_decoder else layers)]
        loss = 0.0
        for block in self.blocks:
            W, outputs = Wt[block.active], self.encode(layers, block)
            h = H[block.active, block.frames] = outputs[-1]
            model = W.T @ h + EPSILON
            weight = curvature(model, self.beta)
            gradient, positive_part = (model - block.V) * weight, model * weight
            penalty = self.penalties.evaluate(h)
            loss += float(divergence(block.V, model, self.beta)) + penalty.value
            if is_for_decoder:
                of_block = [(h @ gradient.T, h @ positive_part.T)]
            else:
                of_code = W @ gradient + penalty.gradient, W @ positive_part + penalty.positive_part
                of_block = backpropagate([*layers[:-1], layers[-1][block.active]], block.V, outputs, *of_code)
            for total, part in zip(gradients, of_block, strict=True):
                rows = block.active if total[0] is gradients[-1][0] else slice(None)
                for sums, each in zip(total, part, strict=True):
                    sums[rows] += each
        return _State(layers, Wt, H, loss, gradients)


def _multiplicative_step(W: Array, gradient: Array, positive_part: Array, step_size: float) -> Array:
    """Multiply weights by the negative over the positive part of the gradient, to the power of the step size."""
    updated: Array = W * np.maximum(1 - gradient / (positive_part + EPSILON), 0) ** np.float32(step_size)
    return updated


def _additive_step(W: Array, gradient: Array, positive_part: Array, step_size: float) -> Array:
    """Take a step of gradient descent with the rate of the lecture, |W| over the positive part, times the step size."""
    decrease = np.minimum(np.float32(step_size) * gradient / (positive_part + EPSILON), LARGEST_DECREASE)
    updated: Array = W - np.abs(W) * decrease
    return updated


def _tied_gradients(
    numbers: Array, free: Array, Wt: Array, gradient: Array, positive_part: Array
) -> tuple[Array, Array]:
    """Replace the gradient of each tied entry by that of the one factor of all entries with its number.

    Entries that are not tied get the gradient zero.
    """
    is_tied = (numbers >= 0) & free
    group = np.unique(numbers[is_tied], return_inverse=True)[1]
    results = [np.zeros_like(gradient), np.ones_like(positive_part)]
    for result, each in zip(results, (gradient, positive_part), strict=True):
        result[is_tied] = np.bincount(group, Wt[is_tied] * each[is_tied])[group] if len(group) else 0
    return results[0], results[1]


def initial_network(
    problem: Problem, layers: Sequence[int], *, is_signed: bool = True
) -> tuple[Array, Array, Array, list[Array], np.float32]:
    """Make encoder and decoder before the training.

    Parameters
    ----------
    problem : Problem
    layers : sequence of int
        The number of units of each layer between spectrum and code.
    is_signed : bool
        Whether the weights of the encoder may be negative.

    Returns
    -------
    V : array, shape (bins, frames)
        The spectrogram divided by its maximum, without the bins that no component reaches.
    Wt : array, shape (components, bins)
        The decoder, transposed.
    gates : array of bool, shape (components, frames)
        Where the score allows activations.
    encoder : list of array
        The layers of the encoder, scaled so that the sum of the model is that of V.
    scale : float
        The maximum of the spectrogram.
    """
    scale = np.float32(problem.spectrogram.max(initial=0.0)) or np.float32(1.0)
    Wt, gates = _normalize(problem.spectra.T)[0], problem.activations > 0
    V = empty_unreachable_bins(problem.spectrogram / scale, Wt, gates, beta_of(problem.loss))
    active_share = gates.sum(axis=1, dtype=np.float32) / np.float32(max(V.shape[1], 1))
    encoder = initial_layers(Wt, active_share, layers, is_signed=is_signed)
    total = float((layer_outputs(encoder, V)[-1] * gates).sum())  # the sum of the model, as templates have sum one
    encoder[-1] *= np.float32(float(V.sum()) / total if total > 0 else 1)
    return V, Wt, gates, encoder, scale


def _blocks(V: Array, gates: Array) -> list[_Block]:
    """Cut V into blocks of frames."""
    blocks = []
    for start in range(0, V.shape[1], BLOCK):
        frames = slice(start, start + BLOCK)
        active = np.flatnonzero(gates[:, frames].any(axis=1))
        gates_of_block = gates[active, frames].astype(np.float32)
        blocks.append(_Block(np.ascontiguousarray(V[:, frames]), frames, active, gates_of_block))
    return blocks


def _normalize(Wt: Array) -> tuple[Array, Array]:
    """Divide each template by its sum; return the templates, and the sums with shape (components, 1)."""
    Wt = np.ascontiguousarray(Wt, dtype=np.float32)
    total = Wt.sum(axis=1, keepdims=True)
    return Wt / np.where(total > 0, total, 1), total


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))
