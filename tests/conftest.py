"""What all tests share."""

import os
import shutil
from pathlib import Path

import pytest

# Several tests run at once, each on a core of its own, and more threads than cores would wait for one another. Tests
# that are about threads set their number themselves. NumPy is not imported yet, and reads this when it is.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("SCORESEP_THREADS", "1")
# Programs that tests start keep their bytecode, as an installed one does; else each start compiles all modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture
def waltz(tmp_path, monkeypatch):
    """Give an empty folder with song.flac, score.mid and hands.yaml, and work in it."""
    for source, name in (("waltz.flac", "song.flac"), ("waltz.mid", "score.mid"), ("hands.yaml", "hands.yaml")):
        shutil.copy(FIXTURES / source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fixtures():
    """Give the folder of the fixtures."""
    return FIXTURES
