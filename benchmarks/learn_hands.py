"""Learn which hand plays a note from piano scores of two staves, and write the weights that the package reads.

    python benchmarks/learn_hands.py SCORES OUT.npz                learn from all scores of a folder
    python benchmarks/learn_hands.py SCORES OUT.txt --folds 5      learn from some, try it on the others, in turn
    python benchmarks/learn_hands.py SCORES OUT.txt --folds 5 --by composer

The composer of a score is its name up to the first hyphen.  Without --by, scores of one work (names that are the same
but for a last number, and preludes with their fugues) are left out together.  A network takes two minutes on one
core; the same scores give the same weights on the same machine.  It needs PyTorch (pip install '.[torch]').
"""

import argparse
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from hand_excerpts import EXCERPT, Excerpt, read_folder, varied

from scoresep.score.hand_estimation import EPSILON, MESSAGE_SCALE, hands_by
from scoresep.score.hand_features import KINDS, NO_RELATION, WIDEST, WINDOW, context_of

#: The network: numbers that describe a note, channels of a message, products in a filter, layers.
STATE, CHANNELS, RANKS, LAYERS = 48, 32, 3, 4
#: Learning: rounds over the scores, excerpts of a step, largest rate, decay of the weights.
ROUNDS, BATCH, RATE, DECAY = 40, 6, 4e-3, 0.02
#: Share of the hidden numbers that are left out in learning, and weight of what earlier layers tell.
DROPOUT, EARLIER = 0.1, 0.2
#: A score of n notes has the weight n to this power, for each of its notes.
LONG = -0.4
#: How sure the truth is: staves are not always hands.
CERTAIN = 0.99
#: The seed of everything that is drawn.
SEED = 0
#: The relations of notes, and the first and the last note (plus one) of their excerpt.
Place = tuple[np.ndarray, np.ndarray, np.ndarray]
Floats = Ints = np.ndarray


@cache
def loops() -> tuple[Callable[..., None], Callable[..., None]]:
    """Return the sum of weighted messages and its gradients, compiled; excerpts do not hear of one another."""
    import numba

    @numba.njit(fastmath=True)
    def forward(table: Floats, values: Floats, relations: Ints, begin: Ints, end: Ints, messages: Floats) -> None:
        for i in range(len(values)):
            for k in range(2 * WINDOW):
                j = i + k - WINDOW + (k >= WINDOW)
                if begin[i] <= j < end[i]:
                    for c in range(CHANNELS):
                        messages[i, c] += table[relations[i, k], c] * values[j, c]

    @numba.njit(fastmath=True)
    def backward(
        table: Floats,
        values: Floats,
        relations: Ints,
        begin: Ints,
        end: Ints,
        gradient: Floats,
        of_table: Floats,
        of_values: Floats,
    ) -> None:
        for i in range(len(values)):
            for k in range(2 * WINDOW):
                j = i + k - WINDOW + (k >= WINDOW)
                if begin[i] <= j < end[i]:
                    row = relations[i, k]
                    for c in range(CHANNELS):
                        of_table[row, c] += gradient[i, c] * values[j, c]
                        of_values[j, c] += gradient[i, c] * table[row, c]

    return forward, backward


@cache
def message_function() -> Callable[..., Any]:
    """Return the sum of weighted messages as a function of PyTorch."""
    import torch

    forward_loop, backward_loop = loops()

    class Messages(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, table: Any, values: Any, place: Place) -> Any:
            table, values = table.detach().contiguous(), values.detach().contiguous()
            messages = torch.zeros_like(values)
            forward_loop(table.numpy(), values.numpy(), *place, messages.numpy())
            ctx.save_for_backward(table, values)
            ctx.place = place
            return messages

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            table, values = ctx.saved_tensors
            of_table, of_values = torch.zeros_like(table), torch.zeros_like(values)
            arrays = (tensor.numpy() for tensor in (gradient.contiguous(), of_table, of_values))
            backward_loop(table.numpy(), values.numpy(), *ctx.place, *arrays)
            return of_table, of_values, None

    return Messages.apply


def new_weights(features: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return the weights of a network that has learned nothing, as tensors by their names."""
    import torch

    def drawn(*shape: int, scale: float) -> Any:
        return torch.tensor(rng.normal(0, scale, shape), dtype=torch.float32, requires_grad=True)

    def zeros(*shape: int) -> Any:
        return torch.zeros(shape, requires_grad=True)

    hidden, joined = 2 * STATE, STATE + CHANNELS
    return {
        "input": drawn(features, STATE, scale=features**-0.5),
        "input_bias": zeros(STATE),
        "value": drawn(LAYERS, STATE, CHANNELS, scale=(3 * STATE) ** -0.5),
        "value_bias": zeros(LAYERS, CHANNELS),
        "kinds": drawn(LAYERS, RANKS, KINDS, CHANNELS, scale=RANKS**-0.5),
        "intervals": drawn(LAYERS, RANKS, 2 * WIDEST + 1, CHANNELS, scale=0.3),
        "first": drawn(LAYERS, joined, hidden, scale=(3 * joined) ** -0.5),
        "first_bias": zeros(LAYERS, hidden),
        "second": drawn(LAYERS, hidden, STATE, scale=(3 * hidden) ** -0.5),
        "second_bias": zeros(LAYERS, STATE),
        "output": drawn(LAYERS, STATE, scale=(3 * STATE) ** -0.5),
        "output_bias": zeros(LAYERS),
    }


def evidence(weights: dict[str, Any], features: Any, place: Place) -> list[Any]:
    """Return the evidence for the left hand after each layer, as `evidence_by` has it after the last."""
    import torch
    from torch.nn import functional

    def normalized(rows: Any) -> Any:
        return functional.layer_norm(rows, rows.shape[-1:], eps=EPSILON)

    state, outputs = features @ weights["input"] + weights["input_bias"], []
    for layer in range(LAYERS):
        one = {name: tensor[layer] for name, tensor in weights.items() if not name.startswith("input")}
        products = torch.einsum("rkc,ric->kic", one["kinds"], one["intervals"]).reshape(NO_RELATION, CHANNELS)
        table = torch.cat([products, torch.zeros(1, CHANNELS)])
        normal = normalized(state)
        messages = message_function()(table, normal @ one["value"] + one["value_bias"], place)
        joined = torch.cat([normal, normalized(MESSAGE_SCALE * messages)], 1)
        hidden = functional.dropout(torch.relu(joined @ one["first"] + one["first_bias"]), DROPOUT)
        state = state + hidden @ one["second"] + one["second_bias"]
        outputs.append(state @ one["output"] + one["output_bias"])
    return outputs


def batch_of(excerpts: list[Excerpt]) -> tuple[Any, Place, Any]:
    """Return the features, the relations with the bounds of the excerpts, and the truth."""
    import torch

    contexts = [context_of(part.onset, part.offset, part.pitch) for part in excerpts]
    lengths = [len(part) for part in excerpts]
    ends = np.cumsum(lengths)
    place = (
        np.concatenate([context.relations for context in contexts]),
        np.repeat(ends - lengths, lengths),
        np.repeat(ends, lengths),
    )
    left = np.concatenate([part.left[context.order] for part, context in zip(excerpts, contexts, strict=True)])
    features = torch.from_numpy(np.concatenate([context.features for context in contexts]))
    return features, place, torch.from_numpy(left.astype(np.float32))


def learn(scores: list[Excerpt], seed: int = SEED) -> dict[str, np.ndarray]:
    """Return the weights that a network has learned from scores, as the package reads them."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    weights = new_weights(context_of(*(np.zeros(1),) * 2, np.full(1, 60)).features.shape[1], rng)
    items = np.repeat(np.arange(len(scores)), [max(1, round(len(score) / EXCERPT)) for score in scores])
    importance = np.array([float(len(scores[item])) ** LONG for item in items])
    importance /= importance.mean()
    steps = len(items) // BATCH
    optimizer = torch.optim.AdamW(weights.values(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, ROUNDS * steps, pct_start=0.2)
    for _ in range(ROUNDS):
        order = rng.permutation(len(items))
        for chosen in np.split(order[: steps * BATCH], steps):
            excerpts = [varied(scores, items[k], rng) for k in chosen]
            features, place, left = batch_of(excerpts)
            each = np.repeat(importance[chosen], [len(part) for part in excerpts]).astype(np.float32)
            truth = left * (2 * CERTAIN - 1) + 1 - CERTAIN
            losses = [
                (torch.nn.functional.binary_cross_entropy_with_logits(told, truth, torch.from_numpy(each)))
                for told in evidence(weights, features, place)
            ]
            optimizer.zero_grad()
            (losses[-1] + EARLIER * sum(losses[:-1])).backward()
            torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
            optimizer.step()
            schedule.step()
    learned = {name: tensor.detach().numpy() for name, tensor in weights.items()}
    return {**learned, "output": learned["output"][-1], "output_bias": learned["output_bias"][-1]}


def stored(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return weights as they are stored."""
    return {name: array.astype(np.float16) for name, array in weights.items()}


def work_of(name: str, by: str) -> str:
    """Return what scores that are left out together have in common."""
    if by == "composer":
        return name.split("-", maxsplit=1)[0]
    return re.sub(r"-(fugue|prelude)(?=-)|(?<=\d)-\d+(st|nd|rd|th)?$", "", name)


def folds_of(names: list[str], folds: int, by: str) -> dict[str, int]:
    """Return the fold of each score: works in random order, the largest first, each into the smallest fold."""
    works: dict[str, list[str]] = {}
    for name in names:
        works.setdefault(work_of(name, by), []).append(name)
    order = [list(works)[k] for k in np.random.default_rng(1).permutation(len(works))]
    fold_of: dict[str, int] = {}
    sizes = [0] * folds
    for work in sorted(order, key=lambda work: -len(works[work])):
        smallest = int(np.argmin(sizes))
        sizes[smallest] += len(works[work])
        fold_of.update(dict.fromkeys(works[work], smallest))
    return fold_of


def cross_validate(folder: Path, folds: int, by: str, file: TextIO) -> None:
    """Write how many notes (%) of each score come into their hand by networks that have not learned from it."""
    scores, tests = read_folder(folder, "none"), read_folder(folder, "written")
    fold_of = folds_of(list(scores), folds, by)
    shares = []
    for fold in range(folds):
        learned = stored(learn([score for name, score in scores.items() if fold_of[name] != fold]))
        weights = {name: array.astype(np.float32) for name, array in learned.items()}
        for name in (name for name in tests if fold_of[name] == fold):
            test = tests[name]
            right = hands_by(weights, test.onset, test.offset, test.pitch) == test.left
            shares.append(100 * float(np.mean(right)))
            print(f"{shares[-1]:6.2f} %  of {len(test):5} notes  {name}", file=file, flush=True)
    low, middle, high = np.percentile(shares, (25, 50, 75))
    print(f"{middle:6.2f} %  in the median, quartiles {low:.2f} and {high:.2f}", file=file)


def main() -> None:
    """Learn, and write the weights or what they are worth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scores", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--by", choices=("work", "composer"), default="work")
    args = parser.parse_args()
    if args.folds:
        with args.out.open("w") as file:
            cross_validate(args.scores, args.folds, args.by, file)
    else:
        np.savez_compressed(args.out, **stored(learn(list(read_folder(args.scores, "none").values()))))


if __name__ == "__main__":
    main()
