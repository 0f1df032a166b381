"""docs/formats.md lists exactly the keys that the files have."""

import re
from pathlib import Path

import numpy as np
import pytest

from scoresep.cli.main import run
from scoresep.errors import InputError
from scoresep.io.note_table import COLUMNS, NEEDED

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
TEXT = (ROOT / "docs/formats.md").read_text()
FILES = {
    "spectrogram": "waltz.stft.npz",
    "alignment": "waltz.align.npz",
    "decomposition": "waltz.parts.npz",
    "masks": "waltz.masks.npz",
    "separation": "stems/separation.npz",
}


def documented(kind):
    """Return the keys that the section of a kind names."""
    section = re.split(r"^###? ", TEXT, flags=re.MULTILINE)
    (own,) = (text for text in section if text.startswith(f"{kind}\n"))
    return {key for row in re.findall(r"^\| (`.*?) \|", own, re.MULTILINE) for key in re.findall(r"`(.*?)`", row)}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Give a folder with the files of all stages."""
    folder = tmp_path_factory.mktemp("kept")
    files = [str(FIXTURES / name) for name in ("waltz.flac", "waltz.mid")]
    assert run(["separate", *files, "-q", "-o", str(folder / "stems"), "--keep", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("kind", FILES)
def test_documented_keys_are_the_keys(kind, kept):
    with np.load(kept / FILES[kind], allow_pickle=False) as file:
        keys = set(file) - {"kind", "version", "fingerprint"}
        assert str(file["kind"]) == kind
    wanted = documented(kind)
    if "alignment.…" in wanted:
        wanted = wanted - {"alignment.…"} | {f"alignment.{key}" for key in (*documented("alignment"), "fingerprint")}
    if "notes.…" in wanted:
        wanted = wanted - {"notes.…"} | {key for key in documented("alignment") if key.startswith("notes.")}
    assert keys == wanted


def test_documented_columns_are_the_columns():
    (section,) = re.findall(r"^## Tables\n(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL)
    assert f"`{','.join(COLUMNS)}`" in section
    assert all(f"`{name}`" in section for name in (*NEEDED, "score", "recording"))


def test_documented_reader_reads():
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    names = {}
    exec(code, names)
    content = names["read_toy"](Path("song.toy"), b"0 1 60\n1 2.5 64\n", ornaments="played")
    assert (content.notes.pitch.tolist(), content.notes.offset.tolist()) == ([60, 64], [1, 2.5])
    with pytest.raises(InputError, match=r"song\.toy, line 1: wanted onset, offset and pitch"):
        names["read_toy"](Path("song.toy"), b"0 1\n", ornaments="played")
