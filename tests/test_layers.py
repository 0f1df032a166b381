"""Imports point one way, without circles, and nothing heavy is loaded before it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import scoresep

PACKAGE = Path(scoresep.__file__).parent
VALUES = {"values", "errors", "times"}
IO = {"io", "score", "dsp", "registry"} | VALUES
#: What the modules of each room may import of the other rooms.
MAY_IMPORT = {
    "errors": set(),
    "registry": set(),
    "times": set(),
    "values": {"errors"},
    "score": VALUES,
    "dsp": VALUES,
    "io": IO,
    "alignment": {"score", "dsp"} | VALUES,
    "model": {"alignment", "score", "dsp", "registry"} | VALUES,
    "backends": {"model", "score", "dsp", "registry"} | VALUES,
    "stages": {"alignment", "model", "backends", "score", "dsp"} | VALUES,
    "evaluation": IO,
    "views": {"alignment", "model", "evaluation"} | IO,
    "streaming": {"stages", "dsp"} | VALUES,
    "mixing": IO,
    "mosaicing": {"stages", "score", "dsp"} | VALUES,
    "separators": IO,
    "progress": {"stages", "backends"} | VALUES,
    "synthesis": {"stages", "model", "score", "dsp"} | VALUES,
    "exports": {"alignment"} | IO,
    "practising": {"exports", "alignment", "mixing"} | IO,
    "editing": {"pipeline", "streaming", "progress", "stages", "backends", "model"} | IO,
    "pipeline": {"synthesis", "streaming", "progress", "separators", "stages", "backends", "model", "alignment"} | IO,
}


def module_of(path):
    """Return the dotted name of a file of the package."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(name):
    """Return the modules of scoresep that a module imports anywhere."""
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("scoresep"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("scoresep."))


def room_of(name):
    return name.split(".")[1] if "." in name else ""


def test_rooms_import_only_from_floors_below():
    """The command line may import everything; the package itself only loads names when they are asked for."""
    for name in MODULES:
        room = room_of(name)
        if room not in ("", "cli", "__main__"):
            assert {room_of(other) for other in imports(name)} - {room} <= MAY_IMPORT[room], name


def test_stages_hold_the_five_stages_alone():
    stages = {name.rpartition(".")[2] for name in MODULES if name.startswith("scoresep.stages.")}
    assert stages == {"stft", "align", "decompose", "mask", "render"}


def test_no_module_imports_itself_in_a_circle():
    """Not between rooms and not inside a room, also not by an import inside a function."""
    graph = {name: set(imports(name)) - {name, "scoresep"} for name in MODULES if name != "scoresep"}
    while free := {name for name, others in graph.items() if not others & graph.keys()}:
        for name in free:
            del graph[name]
    assert not graph, f"in a circle, or importing one: {', '.join(graph)}"


@pytest.mark.parametrize("words", [["--help"], ["separate", "--help"], ["align", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words):
    code = "import sys; from scoresep.cli.main import run; run(sys.argv[1:]); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True).stdout
    loaded = {module.split(".")[0] for module in printed.splitlines()[-1].split()}
    heavy = {"numpy", "scipy", "soundfile", "soxr", "matplotlib", "mido", "joblib", "rich", "yaml", "librosa", "numba"}
    assert not loaded & heavy


def test_no_stage_loads_librosa_or_a_compiler(waltz):
    """They take seconds to load, and numba compiles at the first call; so do large parts of SciPy take long."""
    words = "separate song.flac score.mid --groups hands.yaml -o stems --report --keep ."
    code = "import sys; from scoresep.cli.main import run; assert not run(sys.argv[1:]); print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code, *words.split()], capture_output=True, text=True, check=True
    ).stdout
    loaded = {".".join(module.split(".")[:2]) for module in printed.splitlines()[-1].split()}
    assert not loaded & {"librosa", "numba", "torch", "verovio", "sklearn"}
    assert not loaded & {"scipy.signal", "scipy.stats", "scipy.optimize"}
