"""``scoresep warp``: a recording and its stems in another tempo."""

import numpy as np
import pytest
import soundfile

from scoresep.cli.main import run
from scoresep.io.stems_reader import read_stems


@pytest.fixture
def stems(waltz):
    """Give the stems of the waltz, which are in ``stems``."""
    assert run("separate song.flac score.mid --iterations 2 -o stems".split()) == 0
    return read_stems(waltz / "stems")


def test_stems_stay_together(stems, waltz, capsys):
    assert run("warp song.flac stems/separation.npz --tempo 80% -o slow.wav".split()) == 0
    assert run("warp stems --tempo 80% -o slow".split()) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == ["slow/left.wav", "slow/right.wav", "slow/residual.wav"]
    whole, rate = soundfile.read(waltz / "slow.wav")
    parts = sum(soundfile.read(waltz / f"slow/{name}.wav")[0] for name in stems.names)
    assert rate == stems.sample_rate
    assert len(whole) == pytest.approx(stems.n_samples / 0.8, abs=1)
    assert np.abs(parts - whole).max() < 1e-3


def test_a_score_is_aligned_first(waltz):
    assert run("warp song.flac score.mid -o in_time.wav".split()) == 0
    assert soundfile.info(waltz / "in_time.wav").duration == pytest.approx(12, abs=3)


def test_mistakes_cost_nothing(stems, waltz, error_of):
    assert "is not a tempo" in error_of("warp stems --tempo fast -o x.wav".split(), status=2)
    assert "no such folder of stems" in error_of("warp song.flac -o slow".split())
    assert "of another recording" in error_of("warp stems/left.wav stems/separation.npz -o slow.wav".split())
    (waltz / "stems/separation.npz").unlink()
    assert "has no separation.npz" in error_of("warp stems -o slow".split())
    assert "Name a recording" in error_of("warp -o slow".split(), status=2)
