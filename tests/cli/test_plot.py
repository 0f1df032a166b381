"""``scoresep plot`` as a user meets it."""

import pytest

from scoresep.cli.main import run


@pytest.fixture
def parts(waltz):
    """Give a folder with song.stft.npz, song.align.npz and song.parts.npz, and work in it."""
    stages = (
        "stft song.flac -o song.stft.npz align score.mid -o song.align.npz decompose --iterations 1 -o song.parts.npz"
    )
    assert run(stages.split()) == 0
    return waltz


def test_decomposition_has_a_picture_of_its_own(parts, capsys):
    assert run("plot song.parts.npz -o alone.png -v".split()) == 0
    assert run("plot song.parts.npz song.stft.npz -o model.svg --start 0:05 --end 7 --fmax 2000".split()) == 0
    assert run("plot song.align.npz song.parts.npz -o notes.png --y-axis note".split()) == 0
    assert capsys.readouterr().err.strip() == "drew song.parts.npz"
    assert (parts / "alone.png").stat().st_size > 20_000
    assert (parts / "model.svg").stat().st_size > 20_000


def test_nothing_to_show_is_one_line(parts, error_of):
    for words, says in (
        ("song.stft.npz --start 5 --end 5", "nothing from 5 to 5 s; the end must come after the start"),
        ("song.stft.npz song.parts.npz --start 1:00", "nothing from 60 s on; the last is at 12.06 s"),
        ("song.parts.npz --start 900", "nothing from 900 s on"),
    ):
        assert says in error_of(["plot", *words.split(), "-o", "p.png"], 2)
    assert not (parts / "p.png").exists()
