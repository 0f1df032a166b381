"""What the README says works as it says."""

import re
import shlex
import shutil

import pytest
from shell import BLOCK, ROOT, STARTS, run, songs

from scoresep.cli.main import run as scoresep

README = (ROOT / "README.md").read_text()
BLOCKS = BLOCK.findall(README)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.startswith(STARTS)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder with the files that the README's commands name, which run one after the other."""
    return songs(tmp_path_factory.mktemp("readme"))


def test_commands_run_one_after_the_other(folder, monkeypatch, capsys):
    """In this process where no shell is needed, which saves the start of Python."""
    monkeypatch.chdir(folder)
    assert len(COMMANDS) > 12
    for command in COMMANDS:
        words = shlex.split(command, comments=True)
        if words[0] != "scoresep" or {"|", ">"} & set(words):
            run(command, folder)
        else:
            assert scoresep(words[1:]) == 0, command
    assert "warning" not in capsys.readouterr().err


def test_python_example_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (code,) = (text for kind, text in BLOCKS if kind == "python")
    names = {}
    exec(code, names)
    assert names["low"].shape == names["audio"].samples.shape
    assert names["stems"].names == ("left", "right", "residual")


def test_groups_example_is_read(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (text,) = (text for kind, text in BLOCKS if kind == "yaml")
    (folder / "example.yaml").write_text(text)
    run("scoresep separate song.wav score.mid --groups example.yaml -o example", folder)
    assert {path.name for path in (folder / "example").glob("*.wav")} == {
        f"{name}.wav" for name in ("left", "right", "high", "solo", "end", "rest", "residual")
    }


def test_first_command_separates_the_fixture(tmp_path):
    (command,) = (line for line in README.splitlines() if line.endswith("--groups fixtures/hands.yaml"))
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    run(command.split(" && ")[-1].removeprefix(".venv/bin/"), tmp_path)
    assert (tmp_path / "waltz_stems/left.wav").exists()


def test_continuous_integration_runs_the_test_command():
    assert "'^<!-- test command -->$' README.md" in (ROOT / ".ci/run").read_text()
    (command,) = re.findall(r"<!-- test command -->\n```sh\n(.*)\n```", README)
    for check in ("ruff check", "ruff format --check", "mypy", "pytest"):
        assert f"&& .venv/bin/{check}" in command


def test_links_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)#]+)", README):
        assert (ROOT / target).exists(), target
