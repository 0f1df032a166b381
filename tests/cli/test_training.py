"""Training an encoder and applying it, as a user meets it."""

import pytest

from scoresep.cli.main import run


@pytest.fixture
def parts(waltz):
    """Give a folder with song.stft.npz, song.align.npz, nmf.npz and nae.npz, and work in it."""
    assert run("stft song.flac -o song.stft.npz align score.mid -o song.align.npz".split()) == 0
    for backend in ("nmf", "nae"):
        words = f"decompose song.stft.npz song.align.npz --iterations 2 --backend {backend} -o {backend}.npz"
        assert run(words.split()) == 0
    return waltz


def test_a_trained_encoder_is_applied_and_drawn(parts):
    assert run("decompose song.stft.npz song.align.npz --init nae.npz -o again.npz".split()) == 0
    assert run("separate song.flac score.mid --init nae.npz -q -o stems".split()) == 0
    assert run("plot --loss nmf.npz nae.npz -o loss.png".split()) == 0
    assert run("plot --encoder nae.npz -o encoder.svg".split()) == 0
    assert (parts / "loss.png").stat().st_size > 10_000


def test_bad_options_are_one_line(parts, error_of):
    files = "decompose song.stft.npz song.align.npz -o x.npz".split()
    for words, says, status in (
        ("--init nmf.npz", "nmf.npz: no encoder was trained for it; make it with --backend nae", 1),
        ("--init nae.npz --iterations 3", "--init applies an encoder as it was trained; leave out --iterations", 2),
        ("--layers 9,x --backend nae", "'9,x' has no widths of layers; wanted numbers of units, like 512,256", 2),
        ("--layers 400 --backend nmf", "the backend nmf has no option layers", 2),
        ("--layers 400,5 --backend nae", "a layer of 5 units is too narrow for the score's", 1),
        ("--encoder recurrent --backend nae", "the backend nae has no option encoder; those that have it are torch", 2),
    ):
        assert says in error_of([*files, *words.split()], status)
    assert run("stft song.flac --n-fft 4096 --hop 1024 -o other.stft.npz".split()) == 0
    words = "decompose other.stft.npz song.align.npz --init nae.npz -o x.npz"
    assert "the trained encoder is of another STFT" in error_of(words.split())
    assert "--loss is of decompositions" in error_of("plot --loss song.stft.npz -o x.png".split(), 2)
    assert not (parts / "x.npz").exists()


def test_the_trained_encoder_is_not_replaced(parts, error_of):
    before = (parts / "nae.npz").read_bytes()
    for words in (
        "decompose song.stft.npz song.align.npz --init nae.npz -o nae.npz --overwrite",
        "separate song.flac score.mid --init kept/song.parts.npz --keep kept -o stems --overwrite",
        "separate song.flac score.mid song.flac score.mid --init nae.npz -o nae.npz --overwrite",
    ):
        (parts / "kept").mkdir(exist_ok=True)
        (parts / "kept/song.parts.npz").write_bytes(before)
        error_of(words.split())
        assert (parts / "nae.npz").read_bytes() == (parts / "kept/song.parts.npz").read_bytes() == before
