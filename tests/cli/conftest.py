"""What the tests of the command line share."""

import pytest

from scoresep.cli.main import run


@pytest.fixture
def error_of(capsys):
    """Give a function that runs a command that must fail with ``status`` and returns its one line."""

    def error(words, status=1):
        capsys.readouterr()
        assert run(words) == status
        captured = capsys.readouterr()
        lines = captured.err.strip().splitlines()
        assert len(lines) == 1, captured.err
        assert lines[0].startswith("scoresep: error: ")
        assert not captured.out
        return lines[0]

    return error
