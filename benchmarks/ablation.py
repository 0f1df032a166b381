"""What each part of the model is worth: the separation with parts of it left out.

    python benchmarks/ablation.py ITEM [ITEM ...]

An ITEM is a folder with recording.*, score.mid, stems/*.flac (the truth) and, if wanted, groups.yaml.  Each
recording is aligned once; then the stems are made in every way that is listed here.  Prints the mean SDR of all
items, and that of each.  First comes the story of the lecture (Müller and Özer, 2021), with neither onset templates
nor anything else of ours that the options can leave out, then the whole model with one of its parts left out at a
time.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import soundfile
from truth import recording_of, score_of

import scoresep
from scoresep.dsp.stft import default_hop
from scoresep.evaluation.metrics import bss_eval
from scoresep.model.instrument_models import INSTRUMENT_MODELS
from scoresep.values import Alignment, Audio

#: What stands for the fields of all instrument models among the changes.
MODELS = "models"
PLAIN = {"onsets": "off", "spatial": "off"}
UNTIED = {
    "scoresep.model.initial_factors.TIED_BY_INSTRUMENT": 0,
    "scoresep.model.initial_factors.TIED_BY_PITCH": 0,
}
#: For each row its name, the options of `separate`, and what is changed inside.
ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("no constraints", {"constraints": "none", **PLAIN}, UNTIED),
    ("templates only", {"constraints": "templates", **PLAIN}, UNTIED),
    ("activations only", {"constraints": "activations", **PLAIN}, UNTIED),
    ("both", {"constraints": "both", **PLAIN}, UNTIED),
    ("both and onset templates", {"onsets": "auto", "spatial": "off"}, UNTIED),
    ("all", {}, {}),
    ("without the stereo image", {"spatial": "off"}, {}),
    ("without onset templates", {"onsets": "off"}, {}),
    ("without the noise of the key", {}, {"scoresep.model.instrument_models.harmonic.KEY_NOISE": 0.0}),
    ("without tied timbres", {}, UNTIED),
    ("stiffness of a typical piano", {}, {"scoresep.model.inharmonicity.MULTIPLES": np.ones(1)}),
    ("strings not stiff", {}, {MODELS: {"is_inharmonic": False}}),
    ("without detuned copies", {}, {MODELS: {"detunings": (0.0,)}}),
    ("gates closed at the written end", {}, {MODELS: {"tail": 0.0}}),
    ("window of four hops", {"window": 4}, {}),
    ("window of eight hops", {"window": 8}, {}),
    ("50 iterations", {"iterations": 50}, {}),
    ("exponent 1", {"exponent": 1.0}, {}),
    ("exponent 2", {"exponent": 2.0}, {}),
    ("Euclidean distance", {"loss": "euclidean"}, {}),
    ("Itakura-Saito", {"loss": "is"}, {}),
    ("onsets off by 30 ms", {"jitter": 0.03}, {}),
]


@dataclass(frozen=True, eq=False)
class Item:
    """A recording, its aligned notes, the groups that the truth is of, and the truth, by the names of the stems."""

    audio: Audio
    alignment: Alignment
    groups: Path | None
    truth: dict[str, np.ndarray]


def read_item(folder: Path) -> Item:
    """Read and align an item."""
    audio = scoresep.read_audio(recording_of(folder))
    groups = folder / "groups.yaml"
    truth = {path.stem: soundfile.read(path, always_2d=True)[0].mean(axis=1) for path in (folder / "stems").glob("*")}
    alignment = scoresep.align(audio, scoresep.read_score(score_of(folder)))
    return Item(audio, alignment, groups if groups.exists() else None, truth)


def measure(item: Item, options: dict[str, Any], changes: dict[str, Any]) -> float:
    """Return the SDR of an item, the mean over its stems."""
    options = dict(options)
    alignment = jittered(item.alignment, options.pop("jitter", 0.0))
    if "window" in options:
        hop = default_hop(item.audio.sample_rate)
        options |= {"hop": hop, "n_fft": options.pop("window") * hop}
    with changed(changes):
        stems = scoresep.separate(item.audio, alignment, groups=item.groups, **options).stems
    estimates = np.array([stems[name].mean(axis=0) for name in item.truth], float)
    return float(bss_eval(np.array(list(item.truth.values())), estimates)[0].mean())


def jittered(alignment: Alignment, deviation: float) -> Alignment:
    """Return an alignment whose notes are off by a normal deviation (s)."""
    shift = np.random.default_rng(0).normal(0, deviation, len(alignment.notes))
    onset = alignment.notes.onset + shift
    offset = np.maximum(alignment.notes.offset + shift, onset + 0.01)
    return replace(alignment, notes=replace(alignment.notes, onset=onset, offset=offset))


@contextmanager
def changed(changes: dict[str, Any]) -> Iterator[None]:
    """Change constants for a while; `MODELS` stands for fields of the instrument models that have them."""
    with ExitStack() as stack:
        for name, value in changes.items():
            if name == MODELS:
                models = {kind: with_fields(INSTRUMENT_MODELS.get(kind), value) for kind in INSTRUMENT_MODELS.names()}
                stack.enter_context(mock.patch.object(INSTRUMENT_MODELS, "get", models.__getitem__))
            else:
                stack.enter_context(mock.patch(name, value))
        yield


def with_fields(model: Any, value: dict[str, Any]) -> Any:
    """Return an instrument model with other values in those of the fields that it has."""
    return replace(model, **{name: each for name, each in value.items() if hasattr(model, name)})


def main(folders: list[str]) -> None:
    """Measure all items in all ways and print a table."""
    items = [read_item(Path(folder)) for folder in folders]
    print(f"{'':32s} mean    " + " ".join(f"{Path(folder).name[:7]:>7s}" for folder in folders))
    for name, options, changes in ROWS:
        figures = [measure(item, options, changes) for item in items]
        print(f"{name:32s}{np.mean(figures):5.2f}    " + " ".join(f"{figure:7.2f}" for figure in figures), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
