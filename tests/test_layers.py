"""Imports point one way, and nothing heavy is loaded before it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import scoresep

PACKAGE = Path(scoresep.__file__).parent
READERS = {
    "inputs", "audio", "scores", "groups", "selection", "npz", "notetable", "outputs", "stemfiles", "stemfolder",
    "exports", "manifest",
}  # fmt: skip
NUMERICS = {"numerics", "mono", "unfolding", "times", "instruments", "values", "errors"}
#: What each part of the package may import of the others.
MAY_IMPORT = {
    "errors": set(),
    "values": {"errors"},
    "times": set(),
    "mono": {"values"},
    "unfolding": {"values"},
    "instruments": {"values"},
    "numerics": {"mono", "unfolding", "values", "errors"},
    "backends": {"numerics", "values", "errors"},
    "stages": {"backends"} | NUMERICS,
    "evaluation": {"values"},
    "comparison": {"evaluation", "notetable", "stemfolder", "errors", "values"},
    "views": {"numerics", "mono", "selection", "stemfolder", "errors", "values"},
    "pipeline": {"stages", "backends"} | NUMERICS | READERS,
    **{reader: READERS | {"mono", "times", "unfolding", "instruments", "values", "errors"} for reader in READERS},
}


def imports(path):
    """Return the parts of scoresep that a module imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name.split(".")[1] for name in names if name.startswith("scoresep."))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part in ("cli", "__init__", "__main__"):
        return
    assert set(imports(path)) - {part} <= MAY_IMPORT[part]


@pytest.mark.parametrize("words", [["--help"], ["separate", "--help"], ["align", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words):
    code = "import sys; from scoresep.cli.main import run; run(sys.argv[1:]); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True).stdout
    loaded = {module.split(".")[0] for module in printed.splitlines()[-1].split()}
    assert not loaded & {"numpy", "scipy", "soundfile", "soxr", "matplotlib", "mido", "joblib", "rich", "yaml"}
