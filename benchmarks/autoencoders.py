"""How well and how fast autoencoders do what factorization does, and what a trained encoder is worth.

    python benchmarks/autoencoders.py ITEM [ITEM ...]
    python benchmarks/autoencoders.py --transfer ITEM OTHER

An ITEM is a folder as in ablation.py.  The first form prints the mean over the items of SDR, iterations, seconds of the
decomposition and final loss, for each way to fit; deep networks have two layers, of three and two units for each of the
score's components.  The second form takes two recordings of one piece: an encoder is trained on the first and applied
to the second as it is, beside trainings afresh.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from ablation import Item, read_item

import scoresep
from scoresep.evaluation.metrics import bss_eval
from scoresep.pipeline import stem_stretches
from scoresep.stages.render import gather
from scoresep.streaming import spectrogram_stretches
from scoresep.values import Decomposition

ROWS: list[tuple[str, dict[str, Any]]] = [
    ("NMF", {"backend": "nmf"}),
    ("NAE multiplicative", {"backend": "nae-multiplicative"}),
    ("NAE additive", {"backend": "nae"}),
    ("deep NAE multiplicative", {"backend": "nae-multiplicative", "deep": True}),
    ("deep NAE additive", {"backend": "nae", "deep": True}),
    ("NAE additive, sparsity 0.1", {"backend": "nae", "sparsity": 0.1}),
    ("NAE additive, continuity 0.1", {"backend": "nae", "continuity": 0.1}),
]


def fitted(item: Item, options: dict[str, Any]) -> tuple[Decomposition, float]:
    """Return the decomposition of an item, and the seconds that it took."""
    options = dict(options)
    stretches = list(spectrogram_stretches(item.audio))
    if options.pop("deep", False):
        size = len(scoresep.decompose(lambda: stretches, item.alignment, iterations=0, spatial="off").components)
        options["layers"] = [3 * size, 2 * size]
    began = time.perf_counter()
    decomposition = scoresep.decompose(lambda: stretches, item.alignment, **options)
    return decomposition, time.perf_counter() - began


def figures(item: Item, options: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return SDR, iterations, seconds and final loss."""
    decomposition, seconds = fitted(item, options)
    groups = scoresep.read_groups(item.groups) if item.groups else None
    selection = scoresep.select(groups, decomposition.notes)
    parts = list(stem_stretches(item.audio, decomposition, selection))
    stems = gather(parts, selection.names, selection.note, item.audio.n_samples)
    estimates = np.array([stems[name].mean(axis=0) for name in item.truth], float)
    sdr = bss_eval(np.array(list(item.truth.values())), estimates)[0].mean()
    return float(sdr), len(decomposition.loss) - 1, seconds, float(decomposition.loss[-1])


def show(name: str, rows: list[tuple[float, float, float, float]]) -> None:
    """Print the means over items, and the SDR of each."""
    sdr, iterations, seconds, loss = np.mean(rows, axis=0)
    each = " ".join(f"{row[0]:6.2f}" for row in rows)
    print(f"{name:32s} {sdr:5.2f} dB  {iterations:3.0f}  {seconds:6.1f} s  loss {loss:7.0f}   {each}", flush=True)


def transfer(item: Item, other: Item) -> None:
    """Train on one item and apply the encoder to the other."""
    for backend in ("nae", "nae-multiplicative"):
        trained, _ = fitted(item, {"backend": backend})
        show(f"{backend}, trained on the other", [figures(other, {"init": trained})])
        show(f"{backend}, trained on this", [figures(other, {"backend": backend})])
    show("NMF", [figures(other, {"backend": "nmf"})])


def main(words: list[str]) -> None:
    """Measure what is asked and print a table."""
    items = [read_item(Path(word)) for word in words if word != "--transfer"]
    if "--transfer" in words:
        transfer(*items)
    else:
        for name, options in ROWS:
            show(name, [figures(item, options) for item in items])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
