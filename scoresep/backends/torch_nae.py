"""Autoencoders in PyTorch, on a GPU if there is one: dense ones, and some that hear a frame in its context.

A recurrent or convolutional encoder is a dense one whose code H is multiplied by factors between 0 and 2, which a
small network gives for the course of log H over the frames; at first they are all one.  Weights are learned relative to
their start, by Adam (Kingma and Ba, ICLR 2015) over all frames at once; a step with which the loss would rise is not
made, and the next is shorter.  PyTorch is loaded only when this is used: ``pip install scoresep[torch]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.dense_encoder import dense_encoder, mask_unreachable_bins, outputs
from scoresep.backends.nae import GROWTH, SHRINKAGE, initial_network
from scoresep.backends.nmf import fit_activations
from scoresep.backends.options import TorchOptions
from scoresep.backends.penalties import SOFT
from scoresep.backends.updates import EPSILON
from scoresep.errors import ScoresepError
from scoresep.model.beta_divergence import FLOOR, beta_of
from scoresep.values import Array, Encoder

#: Adam's learning rate at the start, which is also the largest one; weights are relative to their initial values.
LEARNING_RATE = 0.1
#: Units of a recurrent network in each direction.
UNITS = 64
#: Frames that a convolution covers.
FRAMES = 5


class _TorchAutoencoder:
    """The backend."""

    options = TorchOptions
    knows_sources = False

    def fit(self, problem: Problem, options: TorchOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Train encoder and decoder together.  See `contract`."""
        return _train(_torch(), problem, options, on_iteration)

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Apply the encoder where the gates are open.  See `contract`."""
        if not encoder.kind:
            return fit_activations(problem)
        gates = problem.activations > 0
        V = mask_unreachable_bins(problem.spectrogram, problem.spectra.T, gates, beta_of(problem.loss))
        if encoder.kind == "dense":
            return np.asarray(outputs(list(encoder.arrays.values()), V)[-1] * gates)
        return np.asarray(code_of(V, encoder) * gates)


#: The autoencoders in PyTorch.
TORCH = _TorchAutoencoder()


def _train(torch: Any, problem: Problem, options: TorchOptions, on_iteration: OnIteration | None) -> Factors:
    """Train a network; a step with which the loss would rise is not made."""
    beta = beta_of(problem.loss)
    V, Wt, gates, first, scale = initial_network(problem, options.layers)
    network = _Network(torch, options.encoder, first, Wt, gates, V)
    tied = [_parts(torch, tie.T, Wt > 0) for tie, count in problem.ties for _ in range(count)]
    unit = float(V.sum()) / max(V.shape[1], 1)

    def losses_of() -> Any:
        H, model = network()
        return _divergence(torch, network.V, model + EPSILON, beta) + _penalty(
            H, options.sparsity, options.continuity, unit
        )

    optimizer = torch.optim.Adam(network.parameters, lr=LEARNING_RATE)
    value, losses = losses_of(), []
    for iteration in range(problem.iterations):
        losses.append(value.item())
        if on_iteration:
            on_iteration(iteration + 1, losses[-1])
        before, model = [p.detach().clone() for p in network.parameters], network.factors()
        optimizer.zero_grad()
        value.backward()
        if iteration < len(tied):
            network.pool(tied[iteration])
        optimizer.step()
        value = losses_of()
        group = optimizer.param_groups[0]
        group["lr"] = min(group["lr"] * GROWTH, LEARNING_RATE)
        if not value.item() <= losses[-1]:
            with torch.no_grad():
                for p, old in zip(network.parameters, before, strict=True):
                    p.copy_(old)
            group["lr"] *= SHRINKAGE
            value = losses_of()
        elif (
            problem.threshold
            and max(_change(a, b) for a, b in zip(model, network.factors(), strict=True)) < problem.threshold
        ):
            break
    losses.append(value.item())
    Wt, H = network.factors()
    if not problem.iterations:
        H = problem.activations * problem.spectra.sum(axis=0)[:, None] / scale
        return Factors(Wt.T.copy()[..., None], H * scale, np.array(losses))
    return Factors(np.ascontiguousarray(Wt.T)[..., None], H * scale, np.array(losses), network.encoder())


def code_of(V: Array, encoder: Encoder) -> Array:
    """Return the code of the spectra V (bins, frames), shape (components, frames), as loud as they are."""
    torch = _torch()
    arrays = {name: torch.as_tensor(array) for name, array in encoder.arrays.items()}
    layers = [arrays.pop(name) for name in list(arrays) if name.startswith("layer")]
    context = _context(torch, encoder.kind, len(layers[-1]))
    context.load_state_dict(arrays)
    scale = float(V.max(initial=0.0)) or 1.0
    with torch.no_grad():
        return np.asarray(_encoded(torch, layers, context, torch.as_tensor(V / np.float32(scale)))) * np.float32(scale)


class _Network:
    """Encoder and decoder; what is learned, u, multiplies the weights of the start by 1 + u, and by e^u."""

    def __init__(self, torch: Any, kind: str, first: list[Array], Wt: Array, gates: Array, V: Array) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.torch, self.kind = torch, kind
        self.first = [torch.as_tensor(W, device=device) for W in first]
        self.Wt, self.gates, self.V = (
            torch.as_tensor(array, device=device) for array in (Wt, gates.astype(np.float32), V)
        )
        self.context = _context(torch, kind, len(Wt)).to(device) if kind != "dense" else None
        self.learned = [torch.zeros_like(W, requires_grad=True) for W in (*self.first, self.Wt)]
        self.parameters = [*self.learned, *(self.context.parameters() if self.context is not None else ())]

    def __call__(self) -> tuple[Any, Any]:
        """Return code and model."""
        H = _encoded(self.torch, self.layers(), self.context, self.V) * self.gates
        return H, self.decoder().T @ H

    def layers(self) -> list[Any]:
        """Return the dense layers of the encoder."""
        return [W * (1 + u) for W, u in zip(self.first, self.learned, strict=False)]

    def decoder(self) -> Any:
        """Return the templates, each of sum one; what is forbidden is zero times something."""
        W = self.Wt * self.torch.exp(self.learned[-1])
        total = W.sum(dim=1, keepdim=True)
        return W / self.torch.where(total > 0, total, 1)

    def pool(self, parts: Any) -> None:
        """Give the entries of the decoder that are tied one gradient, and the others none."""
        tied, part = parts
        gradient = self.learned[-1].grad
        sums = self.torch.zeros(int(part.max()) + 1 if len(part) else 0, device=gradient.device)
        sums = sums.index_add(0, part.to(gradient.device), gradient[tied])
        gradient.zero_()
        gradient[tied] = sums[part]

    def factors(self) -> tuple[Array, Array]:
        """Return decoder and code as arrays."""
        with self.torch.no_grad():
            return self.decoder().cpu().numpy(), self()[0].cpu().numpy()

    def encoder(self) -> Encoder:
        """Return the encoder as a value."""
        layers = [W.detach().cpu().numpy() for W in self.layers()]
        if self.context is None:
            return dense_encoder(layers)
        arrays = {name: array.detach().cpu().numpy() for name, array in self.context.state_dict().items()}
        return Encoder.of(self.kind, dense_encoder(layers).arrays | arrays)


def _context(torch: Any, kind: str, size: int) -> Any:
    """Return the network that hears the course of the code."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if kind == "convolutional":
            last = torch.nn.Conv1d(size, size, FRAMES, padding=FRAMES // 2)
            context = torch.nn.ModuleDict({"last": last})
        else:
            last = torch.nn.Linear(2 * UNITS, size)
            context = torch.nn.ModuleDict({"course": torch.nn.GRU(size, UNITS, bidirectional=True), "last": last})
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.zeros_(last.bias)
    return context


def _encoded(torch: Any, layers: list[Any], context: Any, V: Any) -> Any:
    """Return the code for V before the gates."""
    for W in layers:
        V = torch.relu(W @ V)
    if context is None or not V.shape[1]:
        return V
    course = torch.log1p(V / (V.mean() + EPSILON))
    if "course" in context:
        return V * 2 * torch.sigmoid(context["last"](context["course"](course.T)[0])).T
    return V * 2 * torch.sigmoid(context["last"](course[None])[0])


def _divergence(torch: Any, V: Any, model: Any, beta: float) -> Any:
    """Return the divergence, as `numerics.divergences` has it."""
    if beta == 2:
        return ((V - model) ** 2).sum()
    if beta == 1:
        return (torch.xlogy(V, V) - V * torch.log(model) - V + model).sum()
    V, model = V + float(FLOOR), model + float(FLOOR)
    if beta == 0:
        return (V / model - torch.log(V / model) - 1).sum()
    return ((V**beta + (beta - 1) * model**beta - beta * V * model ** (beta - 1)) / (beta * (beta - 1))).sum()


def _penalty(H: Any, sparsity: float, continuity: float, unit: float) -> Any:
    """Return the penalty on a code, as `penalties` has it, without its seams."""
    if unit <= 0:
        return 0.0
    rough = ((H[:, 1:] - H[:, :-1]) ** 2).sum() / unit
    return sparsity * unit * ((H / unit + SOFT).sqrt() - SOFT**0.5).sum() + continuity * rough


def _parts(torch: Any, numbers: Array, free: Array) -> tuple[Any, Any]:
    """Return which entries of the decoder are tied, and the part that each of them belongs to."""
    tied = (numbers >= 0) & free
    return torch.as_tensor(tied), torch.as_tensor(np.unique(numbers[tied], return_inverse=True)[1])


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))


def _torch() -> Any:
    """Return PyTorch."""
    try:
        import torch
    except ImportError as error:
        raise ScoresepError("the backend torch needs PyTorch; install it with 'pip install scoresep[torch]'") from error
    return torch
