"""A folder of stems: only files that an earlier run has listed are ever replaced."""

import json
import os

import pytest

from scoresep.errors import OutputError
from scoresep.io.atomic import new_file
from scoresep.io.stems_manifest import MANIFEST, check_foreign_files, new_listed_files, new_stems_folder, write_manifest


def tree(folder):
    """Return the content of every file under a folder, by its place."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def make_folder(path, files):
    """Put a folder of these files, by their places, at a path, with a manifest that lists them."""
    with new_stems_folder(path) as temporary:
        for name, text in files.items():
            (temporary / name).parent.mkdir(exist_ok=True)
            (temporary / name).write_text(text)
        write_manifest(temporary, {"files": list(files)})


def stop_half_way(path, stop):
    """Begin to write a folder, and stop before it is complete."""
    with new_stems_folder(path) as temporary:
        (temporary / "minus-one").mkdir()
        (temporary / "minus-one" / "left.wav").write_text("half")
        raise stop


@pytest.fixture
def umask():
    """Deny others everything, and the group to write."""
    previous = os.umask(0o027)
    yield
    os.umask(previous)


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit])
def test_old_folder_stays_as_it_was_until_the_new_one_is_complete(tmp_path, stop):
    make_folder(tmp_path / "stems", {"left.wav": "old"})
    before = tree(tmp_path)
    with pytest.raises(stop):
        stop_half_way(tmp_path / "stems", stop)
    assert tree(tmp_path) == before


def test_overwriting_replaces_what_the_manifest_lists_and_nothing_else(tmp_path):
    make_folder(tmp_path / "stems", {"left.wav": "old", "minus-one/left.wav": "old", "gone.wav": "old"})
    (tmp_path / "stems" / "mine.wav").write_text("mine")
    (tmp_path / "stems" / "minus-one" / "mine.wav").write_text("mine")
    make_folder(tmp_path / "stems", {"left.wav": "new", "right.wav": "new", "minus-one/right.wav": "new"})
    found = tree(tmp_path / "stems")
    assert json.loads(found.pop(MANIFEST))["files"] == ["left.wav", "right.wav", "minus-one/right.wav"]
    assert found == {
        "left.wav": "new",
        "right.wav": "new",
        "minus-one/right.wav": "new",
        "mine.wav": "mine",
        "minus-one/mine.wav": "mine",
    }


def test_empty_folder_is_filled(tmp_path):
    (tmp_path / "stems").mkdir()
    make_folder(tmp_path / "stems", {"left.wav": "new"})
    assert (tmp_path / "stems" / "left.wav").read_text() == "new"


@pytest.mark.parametrize(
    "manifest",
    [
        '{"files": ["../secret.txt"]}',
        '{"files": ["sub/../../secret.txt"]}',
        '{"files": ["{outside}/secret.txt"]}',
        '{"files": ["link/secret.txt"]}',
        '{"files": ["link"]}',
        '{"files": ["", ".", "..", "sub", "sub/.."]}',
        '{"files": ["a\\u0000b"]}',
        '{"files": ["' + "x" * 500 + '"]}',
        '{"files": [1, null, ["mine.wav"]]}',
        '{"files": "mine.wav"}',
        '{"files": null}',
        '{"files": ' + "[" * 100_000,
        '["mine.wav"]',
        "{}",
        "",
        "\x00",
    ],
)
def test_manifest_cannot_make_anything_else_vanish(tmp_path, manifest):
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "stems"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "mine.wav").write_text("mine")
    (folder / "mine.wav").write_text("mine")
    (folder / "link").symlink_to(tmp_path)
    (folder / MANIFEST).write_text(manifest.replace("{outside}", str(tmp_path)))
    make_folder(folder, {"left.wav": "new"})
    assert (tmp_path / "secret.txt").read_text() == "secret"
    assert {path.name for path in folder.iterdir()} == {"left.wav", "link", "mine.wav", "sub", MANIFEST}
    assert (folder / "sub" / "mine.wav").read_text() == "mine"


def test_manifest_is_json_that_people_can_read(tmp_path):
    write_manifest(tmp_path, {"recording": "Flöte.wav", "files": []})
    text = (tmp_path / MANIFEST).read_text(encoding="utf-8")
    assert json.loads(text) == {"recording": "Flöte.wav", "files": []}
    assert "Flöte" in text
    assert text.endswith("}\n")


@pytest.mark.usefixtures("umask")
def test_permissions_follow_the_umask(tmp_path):
    with new_file(tmp_path / "song.npz") as temporary:
        temporary.write_text("x")
    make_folder(tmp_path / "stems", {"left.wav": "x", "minus-one/left.wav": "x"})
    modes = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {
        "song.npz": 0o640,
        "stems": 0o750,
        f"stems/{MANIFEST}": 0o640,
        "stems/left.wav": 0o640,
        "stems/minus-one": 0o750,
        "stems/minus-one/left.wav": 0o640,
    }


def test_new_files_join_what_is_there_and_its_manifest(tmp_path):
    write_manifest(tmp_path, {"files": ["a.wav"]})
    (tmp_path / "a.wav").write_text("stem")
    with new_listed_files(tmp_path) as folder:
        (folder / "page.html").write_text("page")
        (folder / "page_files").mkdir()
        (folder / "page_files/0.js").write_text("block")
        assert not (tmp_path / "page.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "page.html", "page_files", "stems.json"]
    assert json.loads((tmp_path / "stems.json").read_text())["files"] == ["a.wav", "page.html", "page_files/0.js"]


@pytest.mark.parametrize("manifest", [None, '{"files": ["left.wav"]}', '{"my": "stems"}', "mine", ""])
def test_files_that_are_not_of_an_earlier_run_are_foreign(tmp_path, manifest):
    (tmp_path / "left.wav").write_text("old")
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    check_foreign_files(tmp_path, ["right.wav", "minus-one/right.wav"])
    own = manifest is not None and "files" in manifest
    for name in ["left.wav", *([MANIFEST] if manifest is not None else [])]:
        if own:
            check_foreign_files(tmp_path, [name])
        else:
            with pytest.raises(OutputError, match=f"{name}: is there already, but not made by scoresep; move it away"):
                check_foreign_files(tmp_path, [name])
