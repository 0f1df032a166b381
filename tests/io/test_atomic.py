"""Files and folders are complete or absent."""

import os
from contextlib import suppress

import pytest

from scoresep.errors import OutputError
from scoresep.io.atomic import new_file, new_files, new_folder
from scoresep.io.checks import check_output


class Interrupted(BaseException):
    """Something that stops a program in its work."""


STOPS = [ValueError, KeyboardInterrupt, SystemExit, Interrupted]
ODD_NAMES = ["a b", "Übung ♯1 左", "-rf", "100%", "%d", "{}", "it's", ".hidden", "x" * 200]


def tree(folder):
    """Return the content of every file under a folder, by its place."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def stop_half_way(place, stop):
    """Write to a new file, or to files in a new folder, and stop before it is complete."""
    with place as temporary:
        if temporary.is_dir():
            (temporary / "minus-one").mkdir()
            (temporary / "minus-one" / "left.wav").write_text("half")
            temporary /= "left.wav"
        temporary.write_text("half")
        raise stop


@pytest.mark.parametrize("name", ["song.npz", *ODD_NAMES])
def test_new_file_appears_when_it_is_complete(tmp_path, name):
    with new_file(tmp_path / name) as temporary:
        temporary.write_text("half")
        assert not (tmp_path / name).exists()
    assert tree(tmp_path) == {name: "half"}


def test_new_file_keeps_the_suffix_while_it_is_written(tmp_path):
    with new_file(tmp_path / "picture.png") as temporary:
        assert temporary.suffix == ".png"
        assert temporary.parent == tmp_path


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("before", [{}, {"song.npz": "old"}])
def test_new_file_leaves_nothing_behind(tmp_path, stop, before):
    for name, text in before.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(stop):
        stop_half_way(new_file(tmp_path / "song.npz"), stop)
    assert tree(tmp_path) == before


def test_new_file_replaces_the_old_one(tmp_path):
    (tmp_path / "song.npz").write_text("old")
    with new_file(tmp_path / "song.npz") as temporary:
        temporary.write_text("new")
        assert (tmp_path / "song.npz").read_text() == "old"
    assert tree(tmp_path) == {"song.npz": "new"}


def test_new_file_is_not_put_in_place_of_a_folder(tmp_path):
    with pytest.raises(OutputError, match="is a folder; name a file"), new_file(tmp_path):
        pass
    assert tree(tmp_path) == {}


def test_new_file_in_the_working_folder_needs_no_folder_in_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with new_file(tmp_path.joinpath("song.npz").relative_to(tmp_path)) as temporary:
        temporary.write_text("x")
    assert tree(tmp_path) == {"song.npz": "x"}


@pytest.mark.parametrize("name", ["stems", *ODD_NAMES])
def test_new_folder_appears_when_it_is_complete(tmp_path, name):
    with new_folder(tmp_path / name) as temporary:
        (temporary / "left.wav").write_text("x")
        assert not (tmp_path / name).exists()
    assert tree(tmp_path) == {f"{name}/left.wav": "x"}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("stop", STOPS)
def test_new_folder_leaves_nothing_behind(tmp_path, stop):
    with pytest.raises(stop):
        stop_half_way(new_folder(tmp_path / "stems"), stop)
    assert not list(tmp_path.iterdir())


def test_new_folder_is_not_put_in_place_of_a_file(tmp_path):
    (tmp_path / "stems").write_text("mine")
    with pytest.raises(OutputError, match="is a file; name a folder"), new_folder(tmp_path / "stems"):
        pass
    assert tree(tmp_path) == {"stems": "mine"}


@pytest.mark.parametrize("create", [new_file, new_folder])
@pytest.mark.parametrize("name", ["file/none/song", "file/song", "x" * 300])
def test_place_that_cannot_be_written_to_is_named(tmp_path, create, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=f"{name}: cannot be written \\("), create(tmp_path / name):
        raise AssertionError("there is nothing to write to")
    assert tree(tmp_path) == {"file": "mine"}


@pytest.mark.parametrize("create", [new_file, new_folder])
def test_error_of_the_system_while_writing_is_named(tmp_path, create):
    with pytest.raises(OutputError, match=r"song: cannot be written \(No space left"), create(tmp_path / "song"):
        raise OSError(28, "No space left on device")
    with pytest.raises(OutputError, match=r"song: cannot be written \(disk on fire\)"), create(tmp_path / "song"):
        raise OSError("disk on fire")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("overwrite", [False, True])
def test_free_place_is_fine(tmp_path, monkeypatch, overwrite):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / "song.npz", tmp_path / "empty", tmp_path.joinpath("x").relative_to(tmp_path)):
        check_output(path, overwrite=overwrite)
    assert not tree(tmp_path)


def test_missing_folders_are_made_and_removed_after_an_error(tmp_path):
    path = tmp_path / "a" / "b" / "song"
    check_output(path, overwrite=False)
    with pytest.raises(ValueError, match="wrong"), new_file(path):
        raise ValueError("wrong")
    assert not (tmp_path / "a").exists()
    with new_file(path) as temporary:
        temporary.write_text("done")
    assert path.read_text() == "done"


def test_what_is_there_is_refused_without_overwrite(tmp_path):
    (tmp_path / "song.npz").write_text("old")
    with pytest.raises(OutputError, match=r"song\.npz: is there already; --overwrite replaces it, -o names another"):
        check_output(tmp_path / "song.npz", overwrite=False)
    with pytest.raises(OutputError, match="the folder is there already and not empty; --overwrite replaces its stems"):
        check_output(tmp_path, overwrite=False)
    check_output(tmp_path / "song.npz", overwrite=True)
    check_output(tmp_path, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("file/song", "song: .*file is a file, not a folder; -o names another place"),
        ("file/none/song", "song: .*file is a file, not a folder; -o names another place"),
        ("x" * 300, "xxx: cannot be written"),
    ],
)
def test_impossible_place_is_refused_in_any_case(tmp_path, overwrite, name, wanted):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=wanted):
        check_output(tmp_path / name, overwrite=overwrite)


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_is_no_file_is_never_replaced(tmp_path, overwrite):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="neither a file nor a folder"):
        check_output(tmp_path / "pipe", overwrite=overwrite)


def test_new_files_that_fail_leave_nothing(tmp_path):
    (tmp_path / "page.html").write_text("before")
    with suppress(Interrupted), new_files(tmp_path) as folder:
        (folder / "page.html").write_text("half")
        raise Interrupted
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_files_are_moved_into_a_folder_that_is_there(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "mine.txt").write_text("mine")
    (tmp_path / "pages" / "page.html").write_text("old")
    with new_folder(tmp_path / "pages") as folder:
        (folder / "page.html").write_text("new")
        (folder / "page_files").mkdir()
        (folder / "page_files" / "0.js").write_text("new")
    assert tree(tmp_path / "pages") == {"mine.txt": "mine", "page.html": "new", "page_files/0.js": "new"}


@pytest.mark.parametrize("create", [new_file, new_folder, new_files])
@pytest.mark.parametrize("name", ["none.wav", "none/song.wav"])
def test_error_of_the_caller_about_another_file_stays(tmp_path, create, name):
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" if create is new_files else tmp_path / "song"
    with pytest.raises(FileNotFoundError, match=name), create(target):
        (tmp_path / name).read_bytes()
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("create", [new_file, new_folder])
def test_broken_connection_of_the_caller_stays(tmp_path, create):
    with pytest.raises(BrokenPipeError), create(tmp_path / "song"):
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("create", [new_file, new_folder])
def test_the_umask_of_the_process_is_never_changed(tmp_path, monkeypatch, create):
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("other threads would make files with this mask meanwhile"))
    with create(tmp_path / "song"):
        pass
    assert (tmp_path / "song").exists()
