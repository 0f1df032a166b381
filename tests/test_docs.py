"""What the documentation says works as it says, its reference is current, and it is built without a warning."""

import importlib.util
import re
import shlex
import subprocess
import sys

import pytest
from shell import BLOCK, ROOT, STARTS, run, songs

from scoresep.cli.main import run as scoresep

DOCS = ROOT / "docs"
GUIDES = [DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md"))]


@pytest.fixture(scope="module")
def reference():
    """Give the script that writes the reference pages."""
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "api.md"])
def test_reference_is_current(reference, page):
    assert (DOCS / page).read_text() == reference.PAGES[page](), "python docs/reference.py writes it anew"


def test_guides_work_one_after_the_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(songs(tmp_path))
    for kind, text in BLOCK.findall("".join(page.read_text() for page in GUIDES)):
        if kind == "sh":
            for command in text.splitlines():
                assert command.startswith(STARTS)
                if command.startswith("scoresep"):
                    assert scoresep(shlex.split(command)[1:]) == 0, command
                else:
                    run(command, tmp_path)
        elif kind == "yaml":
            (tmp_path / re.match(r"# (\w+\.yaml)\n", text)[1]).write_text(text)
        elif kind == "python":
            exec(text, {})
    assert "warning" not in capsys.readouterr().err


def test_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    assert (tmp_path / "site/how-to/hands/index.html").exists()


def test_links_lead_somewhere():
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
