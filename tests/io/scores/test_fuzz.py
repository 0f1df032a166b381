"""Damaged scores: a short run of the fuzzer in benchmarks/, which see."""

import importlib.util
import random
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from scoresep.errors import InputError
from scoresep.io.scores import read_score

_SPEC = importlib.util.spec_from_file_location("fuzz_scores", Path(__file__).parents[3] / "benchmarks/fuzz_scores.py")
fuzz_scores = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fuzz_scores)


@pytest.mark.parametrize("source", fuzz_scores.SOURCES)
def test_damaged_scores_are_notes_or_input_errors(source, tmp_path):
    rng, content, path = random.Random(1), fuzz_scores.original(source), tmp_path / source
    for _ in range(100):
        path.write_bytes(fuzz_scores.mutated(content, rng))
        fuzz_scores.check(path)


@pytest.mark.parametrize("source", fuzz_scores.SOURCES)
def test_undamaged_scores_are_read_without_a_warning(source, tmp_path):
    (tmp_path / source).write_bytes(fuzz_scores.original(source))
    assert fuzz_scores.check(tmp_path / source) == "read"


def test_archive_of_noughts_is_refused(tmp_path):
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("score.xml", b"\0" * 60_000_000)
    (tmp_path / "bomb.mxl").write_bytes(content.getvalue())
    with pytest.raises(InputError, match="unpacks to more than 50000000 bytes"):
        read_score(tmp_path / "bomb.mxl")
