"""What all tests share."""

import shutil
from pathlib import Path

import pytest

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
