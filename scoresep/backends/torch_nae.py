"""Autoencoders in PyTorch, on a GPU if there is one: dense, recurrent or convolutional.

A dense encoder computes each frame of the code H by itself.  A recurrent or convolutional encoder multiplies the code
of a dense one by factors between 0 and 2, which a small network (the context network) computes from log(1 + H) of all
frames or of the frames nearby; before the training all factors are one.  Weights are parametrized relative to their
initial values and trained by Adam [1]_ on all frames at once.  A step that would increase the loss is not taken, and
the next one is smaller.  PyTorch is imported only when this backend is used: ``pip install ".[torch]"``.

References
----------
.. [1] Kingma and Ba, "Adam: A method for stochastic optimization", ICLR 2015.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scoresep.backends.alternating_fit import EPSILON
from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.dense_encoder import dense_encoder, empty_unreachable_bins, layer_outputs
from scoresep.backends.nae import GROWTH, SHRINKAGE, initial_network
from scoresep.backends.nmf import fit_activations
from scoresep.backends.options import TorchOptions
from scoresep.backends.penalties import ROOT_OFFSET
from scoresep.errors import ScoresepError, install_line
from scoresep.model.beta_divergence import FLOOR, beta_of
from scoresep.values import Array, Encoder

#: Learning rate of Adam at the start, and its largest value; weights are relative to their initial values.
LEARNING_RATE = 0.1
#: Number of units in each direction of the recurrent context network.
RECURRENT_UNITS = 64
#: Number of frames in a kernel of the convolutional context network.
KERNEL_FRAMES = 5


class _TorchAutoencoder:
    """The autoencoder in PyTorch as a backend."""

    options = TorchOptions
    knows_sources = False

    def fit(self, problem: Problem, options: TorchOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Train encoder and decoder together, as in `contract.Backend`."""
        return _train(_torch(), problem, options, on_iteration)

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Apply the encoder where the gates are open, as in `contract.Backend`."""
        if not encoder.kind:
            return fit_activations(problem)
        gates = problem.activations > 0
        V = empty_unreachable_bins(problem.spectrogram, problem.spectra.T, gates, beta_of(problem.loss))
        if encoder.kind == "dense":
            return np.asarray(layer_outputs(list(encoder.arrays.values()), V)[-1] * gates)
        return np.asarray(encode(V, encoder) * gates)


#: The autoencoders in PyTorch.
TORCH = _TorchAutoencoder()


def _train(torch: Any, problem: Problem, options: TorchOptions, on_iteration: OnIteration | None) -> Factors:
    """Train a network; a step that would increase the loss is undone."""
    beta = beta_of(problem.loss)
    V, Wt, gates, initial_layers, scale = initial_network(problem, options.layers)
    network = _Network(torch, options.encoder, initial_layers, Wt, gates, V)
    ties = [_tied_entries(torch, tie.T, Wt > 0) for tie, count in problem.ties for _ in range(count)]
    frame_level = float(V.sum()) / max(V.shape[1], 1)

    def loss_of_network() -> Any:
        H, model = network()
        return _divergence(torch, network.V, model + EPSILON, beta) + _penalty(
            H, options.sparsity, options.continuity, frame_level
        )

    optimizer = torch.optim.Adam(network.parameters, lr=LEARNING_RATE)
    value, losses = loss_of_network(), []
    for iteration in range(problem.iterations):
        losses.append(value.item())
        if on_iteration:
            on_iteration(iteration + 1, losses[-1])
        before, factors = [p.detach().clone() for p in network.parameters], network.factors()
        optimizer.zero_grad()
        value.backward()
        if iteration < len(ties):
            network.tie_gradients(*ties[iteration])
        optimizer.step()
        value = loss_of_network()
        group = optimizer.param_groups[0]
        group["lr"] = min(group["lr"] * GROWTH, LEARNING_RATE)
        if not value.item() <= losses[-1]:
            with torch.no_grad():
                for p, old in zip(network.parameters, before, strict=True):
                    p.copy_(old)
            group["lr"] *= SHRINKAGE
            value = loss_of_network()
        elif (
            problem.threshold
            and max(_change(a, b) for a, b in zip(factors, network.factors(), strict=True)) < problem.threshold
        ):
            break
    losses.append(value.item())
    Wt, H = network.factors()
    if not problem.iterations:
        H = problem.activations * problem.spectra.sum(axis=0)[:, None] / scale
        return Factors(Wt.T.copy()[..., None], H * scale, np.array(losses))
    return Factors(np.ascontiguousarray(Wt.T)[..., None], H * scale, np.array(losses), network.encoder())


def encode(V: Array, encoder: Encoder) -> Array:
    """Compute the code of spectra by a recurrent or convolutional encoder.

    Parameters
    ----------
    V : array, shape (bins, frames)
    encoder : Encoder

    Returns
    -------
    array, shape (components, frames)
        The code, without gates, at the level of V.
    """
    torch = _torch()
    arrays = {name: torch.as_tensor(array) for name, array in encoder.arrays.items()}
    layers = [arrays.pop(name) for name in list(arrays) if name.startswith("layer")]
    context = _context_network(torch, encoder.kind, len(layers[-1]))
    context.load_state_dict(arrays)
    scale = float(V.max(initial=0.0)) or 1.0
    with torch.no_grad():
        return np.asarray(_encode(torch, layers, context, torch.as_tensor(V / np.float32(scale)))) * np.float32(scale)


class _Network:
    """Encoder and decoder; their initial weights are multiplied by 1 + u and by e^u, where u is what is learned."""

    def __init__(self, torch: Any, kind: str, initial_layers: list[Array], Wt: Array, gates: Array, V: Array) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.torch, self.kind = torch, kind
        self.initial_layers = [torch.as_tensor(W, device=device) for W in initial_layers]
        self.Wt, self.gates, self.V = (
            torch.as_tensor(array, device=device) for array in (Wt, gates.astype(np.float32), V)
        )
        self.context = _context_network(torch, kind, len(Wt)).to(device) if kind != "dense" else None
        self.learned = [torch.zeros_like(W, requires_grad=True) for W in (*self.initial_layers, self.Wt)]
        self.parameters = [*self.learned, *(self.context.parameters() if self.context is not None else ())]

    def __call__(self) -> tuple[Any, Any]:
        """Compute the code and the model spectrogram."""
        H = _encode(self.torch, self.layers(), self.context, self.V) * self.gates
        return H, self.decoder().T @ H

    def layers(self) -> list[Any]:
        """Return the dense layers of the encoder."""
        return [W * (1 + u) for W, u in zip(self.initial_layers, self.learned, strict=False)]

    def decoder(self) -> Any:
        """Return the templates, each of sum one; initial zeros stay zero."""
        W = self.Wt * self.torch.exp(self.learned[-1])
        total = W.sum(dim=1, keepdim=True)
        return W / self.torch.where(total > 0, total, 1)

    def tie_gradients(self, is_tied: Any, group: Any) -> None:
        """Give all tied entries of a group the sum of their gradients, and the other entries of the decoder zero."""
        gradient = self.learned[-1].grad
        sums = self.torch.zeros(int(group.max()) + 1 if len(group) else 0, device=gradient.device)
        sums = sums.index_add(0, group.to(gradient.device), gradient[is_tied])
        gradient.zero_()
        gradient[is_tied] = sums[group]

    def factors(self) -> tuple[Array, Array]:
        """Return the decoder, transposed, and the code as arrays."""
        with self.torch.no_grad():
            return self.decoder().cpu().numpy(), self()[0].cpu().numpy()

    def encoder(self) -> Encoder:
        """Return the encoder as the value that a decomposition keeps."""
        layers = [W.detach().cpu().numpy() for W in self.layers()]
        if self.context is None:
            return dense_encoder(layers)
        arrays = {name: array.detach().cpu().numpy() for name, array in self.context.state_dict().items()}
        return Encoder.of(self.kind, dense_encoder(layers).arrays | arrays)


def _context_network(torch: Any, kind: str, size: int) -> Any:
    """Make the network that computes factors of the code from neighbouring frames; ``size`` is that of the code."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if kind == "convolutional":
            last = torch.nn.Conv1d(size, size, KERNEL_FRAMES, padding=KERNEL_FRAMES // 2)
            context = torch.nn.ModuleDict({"last": last})
        else:
            last = torch.nn.Linear(2 * RECURRENT_UNITS, size)
            context = torch.nn.ModuleDict(
                {"recurrent": torch.nn.GRU(size, RECURRENT_UNITS, bidirectional=True), "last": last}
            )
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.zeros_(last.bias)
    return context


def _encode(torch: Any, layers: list[Any], context: Any, V: Any) -> Any:
    """Compute the code of V, without gates."""
    for W in layers:
        V = torch.relu(W @ V)
    if context is None or not V.shape[1]:
        return V
    log_code = torch.log1p(V / (V.mean() + EPSILON))
    if "recurrent" in context:
        return V * 2 * torch.sigmoid(context["last"](context["recurrent"](log_code.T)[0])).T
    return V * 2 * torch.sigmoid(context["last"](log_code[None])[0])


def _divergence(torch: Any, V: Any, model: Any, beta: float) -> Any:
    """Compute the divergence as `model.beta_divergence.divergence` does, in PyTorch."""
    if beta == 2:
        return ((V - model) ** 2).sum()
    if beta == 1:
        return (torch.xlogy(V, V) - V * torch.log(model) - V + model).sum()
    V, model = V + float(FLOOR), model + float(FLOOR)
    if beta == 0:
        return (V / model - torch.log(V / model) - 1).sum()
    return ((V**beta + (beta - 1) * model**beta - beta * V * model ** (beta - 1)) / (beta * (beta - 1))).sum()


def _penalty(H: Any, sparsity: float, continuity: float, frame_level: float) -> Any:
    """Compute the penalty as `penalties.Penalties` does, in PyTorch, with all frames in one block."""
    if frame_level <= 0:
        return 0.0
    changes = ((H[:, 1:] - H[:, :-1]) ** 2).sum() / frame_level
    roots = ((H / frame_level + ROOT_OFFSET).sqrt() - ROOT_OFFSET**0.5).sum()
    return sparsity * frame_level * roots + continuity * changes


def _tied_entries(torch: Any, numbers: Array, free: Array) -> tuple[Any, Any]:
    """Find which entries of the decoder are tied, and the number of the group of each of them."""
    is_tied = (numbers >= 0) & free
    return torch.as_tensor(is_tied), torch.as_tensor(np.unique(numbers[is_tied], return_inverse=True)[1])


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))


def _torch() -> Any:
    """Import PyTorch."""
    try:
        import torch
    except ImportError as error:
        raise ScoresepError(f"the backend torch needs PyTorch; install it: {install_line('torch')}") from error
    return torch
