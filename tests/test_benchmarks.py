"""The benchmarks can be started, and what they change in the package is there."""

import importlib
import importlib.util
import sys

import pytest
from shell import ROOT

FOLDER = ROOT / "benchmarks"


def load(path):
    """Import a benchmark, which finds its neighbours as when it is run."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_benchmark_is_imported(path, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    load(path)
    for name in set(sys.modules) - before:
        if (FOLDER / f"{name}.py").exists():
            del sys.modules[name]


def test_ablation_changes_what_is_there(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    ablation = load(FOLDER / "ablation.py")
    for _, _, changes in ablation.ROWS:
        with ablation.changed(changes):
            for name in changes:
                if name != ablation.MODELS:
                    module, _, constant = name.rpartition(".")
                    assert getattr(importlib.import_module(module), constant) is changes[name]
                else:
                    ((field, value),) = changes[name].items()
                    assert getattr(ablation.INSTRUMENT_MODELS.get("struck"), field) == value


def test_notes_of_two_readings_are_paired():
    corpus = load(FOLDER / "score_corpus.py")
    rows = [(0, 1, 60, 1), (1, 1, 60, 1), (1, 1, 64, 1), (2, 1, 60, 2), (3, 1, 62, 1), (4, 1, 65, 1)]
    notes = [corpus.Note(*row) for row in rows]
    assert corpus.compare(notes, list(reversed(notes))).counts() == (0, 0, 0, 0)
    other = [(0.03, 0.97, 60, 1), (1, 2, 60, 1), (1, 1, 64, 2), (2, 2, 60, 1), (3.1, 1, 62, 1), (4, 1, 65, 1)]
    found = corpus.compare(notes, [corpus.Note(*row) for row in other])
    assert found.counts() == (1, 1, 2, 2)
    assert found.missed == [corpus.Note(3.1, 1, 62, 1)]
    assert found.extra == [notes[4]]
    twice = corpus.compare([notes[0]], [corpus.Note(0, 0.5, 60, 1), notes[0]])
    assert twice.counts() == (1, 0, 0, 0)
