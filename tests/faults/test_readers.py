"""Readers of damaged files return, or raise an error of one line that a user can mend."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoresep.errors import InputError, ScoresepError
from scoresep.io.audio import read_audio

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "fuzz.py"
SPEC = importlib.util.spec_from_file_location("fuzz", SCRIPT)
fuzz = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(fuzz)
KINDS = list(fuzz.SHARES)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Give sound files of each kind."""
    return fuzz.corpus(tmp_path_factory.mktemp("corpus"))


#: Bytes that are cut out, and what is put in their place.
DAMAGE = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=20)), max_size=4)


def assert_read_or_refused(kind, path):
    for read in fuzz.READERS[kind]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                read(path)
            except ScoresepError as error:
                assert len(str(error).splitlines()) == 1  # noqa: PT017


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 10), damage=DAMAGE)
def test_damaged_file_is_read_or_refused(files, tmp_path, kind, number, damage):
    suffix, content = files[kind][number % len(files[kind])]
    for place, length, other in damage:
        at = round(place * len(content))
        content = content[:at] + other + content[at + length :]
    path = tmp_path / f"damaged.{suffix}"
    path.write_bytes(content)
    assert_read_or_refused(kind, path)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode())))
def test_anything_is_read_or_refused(files, tmp_path, kind, content):
    path = tmp_path / f"anything.{files[kind][0][0]}"
    path.write_bytes(content)
    assert_read_or_refused(kind, path)


def test_header_that_promises_more_than_a_file_can_hold(files, tmp_path):
    flac = next(content for _, content in files["sound"] if content.startswith(b"fLaC"))
    damaged = bytearray(flac)
    damaged[21] |= 0x0F  # the highest bits of the number of samples
    (tmp_path / "song.flac").write_bytes(damaged)
    with pytest.raises(InputError, match="more than the file can hold"):
        read_audio(tmp_path / "song.flac")


def test_fuzzing_damages_what_it_is_given():
    rng = np.random.default_rng(0)
    assert sum(fuzz.damaged(b"abcdefgh" * 10, rng) != b"abcdefgh" * 10 for _ in range(100)) > 90
