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
