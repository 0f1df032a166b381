"""Files of named mixes."""

import math

import pytest

from scoresep.errors import InputError
from scoresep.io import mixes_file
from scoresep.io.mixes_file import read_mixes
from scoresep.values import Mix

DOCUMENTED = "".join(line[4:] + "\n" for line in mixes_file.__doc__.splitlines() if line.startswith("    "))


@pytest.fixture
def mixes_of(tmp_path):
    """Give a function that reads the mixes of a text."""

    def read(text):
        (tmp_path / "mixes.yaml").write_text(text)
        return read_mixes(tmp_path / "mixes.yaml")

    return read


def test_the_documented_file_is_read(mixes_of):
    assert mixes_of(DOCUMENTED) == {
        "practice": Mix({"left": 3, "right": -12}),
        "left_only": Mix({"right": -math.inf, "residual": -math.inf}),
        "wide": Mix({"right": -3}, {"left": -0.7, "right": 0.7}),
    }


def test_a_mapping_is_read_as_a_file():
    assert read_mixes({"a": {"left": -3.5, "right": {"pan": 1}}}) == {"a": Mix({"left": -3.5}, {"right": 1})}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"mixes.yaml: no mixes; wanted lines like"),
        ("[1]", r"mixes.yaml: no mixes"),
        ("a: 3", r"mixes.yaml:1: no stems in mix 'a'"),
        ("a: {left: loud}", r"mixes.yaml:1: 'loud' is not a number"),
        ("a: {left: 3}\na: {left: 4}", r"mixes.yaml:2: 'a' stands twice"),
        ("a: {left: 3,\n left: 4}", r"mixes.yaml:2: 'left' stands twice"),
        ("a: {left: {volume: 3}}", r"mixes.yaml:1: there is no setting 'volume'; there is gain, pan"),
        ("a: {left: [3]}", r"mixes.yaml:1: no settings"),
        ("a: {left: 100}", r"mixes.yaml:1: the gain of 'left' is 100 dB"),
        ("../a: {left: 1}", r"mixes.yaml:1: a mix cannot be named '../a'"),
        ("a: {left: &x 3}\nb: {left: *x}", r"mixes.yaml:2: not YAML, aliases are not read"),
    ],
)
def test_mistakes_name_their_line(mixes_of, text, message):
    with pytest.raises(InputError, match=message):
        mixes_of(text)
