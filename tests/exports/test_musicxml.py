"""A MusicXML score with the tempo of a performance: played back, it follows the recording from its first bar on."""

import numpy as np
import pytest
from performance import performed

from scoresep.errors import InputError
from scoresep.exports.musicxml import export_musicxml
from scoresep.io.scores import read_score, read_unfoldings


@pytest.fixture
def waltz_notes(fixtures):
    """Give the notes of the waltz."""
    return read_unfoldings(fixtures / "waltz.musicxml", repeats="none")[0]


def test_playing_it_follows_the_recording(waltz_notes, fixtures, tmp_path):
    alignment = performed(waltz_notes, waltz_notes.beats)
    export_musicxml(alignment, fixtures / "waltz.musicxml", tmp_path / "played.musicxml")
    found = read_score(tmp_path / "played.musicxml", repeats="none")
    assert found.pitch.tolist() == waltz_notes.pitch.tolist()
    late = found.onset - alignment.notes.onset
    assert np.abs(late - late[0]).max() < 0.03
    assert np.ptp(found.onset) != pytest.approx(np.ptp(waltz_notes.onset), abs=0.1)


def test_it_sounds_in_the_key_of_the_recording(waltz_notes, fixtures, tmp_path):
    lower = performed(waltz_notes, waltz_notes.beats, transposition=-1)
    export_musicxml(lower, fixtures / "waltz.musicxml", tmp_path / "a.musicxml")
    assert read_score(tmp_path / "a.musicxml", repeats="none").pitch.tolist() == (waltz_notes.pitch - 1).tolist()


def test_verovio_reads_it(waltz_notes, fixtures, tmp_path):
    verovio = pytest.importorskip("verovio")
    export_musicxml(performed(waltz_notes, waltz_notes.beats), fixtures / "waltz.musicxml", tmp_path / "a.musicxml")
    toolkit = verovio.toolkit()
    assert toolkit.loadFile(str(tmp_path / "a.musicxml"))
    assert sum("on" in entry for entry in toolkit.renderToTimemap()) == len(np.unique(waltz_notes.onset))


def test_other_scores_are_refused(waltz_notes, fixtures, tmp_path):
    alignment = performed(waltz_notes, waltz_notes.beats)
    with pytest.raises(InputError, match=r"minuet\.mei: is no MusicXML"):
        export_musicxml(alignment, fixtures / "minuet.mei", tmp_path / "a.musicxml")
    with pytest.raises(InputError, match=r"waltz\.mid: cannot be read"):
        export_musicxml(alignment, fixtures / "waltz.mid", tmp_path / "a.musicxml")
    whole = (fixtures / "waltz.musicxml").read_text()
    first = whole.index("<measure")
    cut = whole[: whole.index("<measure", first + 1)] + "</part></score-partwise>"
    (tmp_path / "short.musicxml").write_text(cut)
    with pytest.raises(InputError, match="has 1 bars"):
        export_musicxml(alignment, tmp_path / "short.musicxml", tmp_path / "a.musicxml")
    assert not (tmp_path / "a.musicxml").exists()
