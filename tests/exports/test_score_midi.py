"""MIDI in score time: played back it follows the recording, and its bars are those of the score."""

import mido
import numpy as np
import pytest
from performance import performed, scale, time_of

from scoresep.exports.score_midi import TICKS_PER_QUARTER, export_score_midi
from scoresep.io.scores import read_score, read_unfoldings


def test_playing_it_follows_the_recording(tmp_path):
    alignment = performed(*scale())
    export_score_midi(alignment, tmp_path / "song.mid")
    found = read_score(tmp_path / "song.mid")
    assert found.part_names == ("High", "Low")
    assert found.onset == pytest.approx(alignment.notes.onset, abs=1e-4)
    assert found.pitch.tolist() == alignment.notes.pitch.tolist()
    assert found.beats.time[found.beats.bar > 0][:12] == pytest.approx(time_of(0.5 * np.arange(12)), abs=1e-4)


def test_notes_are_on_the_beats(tmp_path):
    export_score_midi(performed(*scale()), tmp_path / "song.mid")
    for track in mido.MidiFile(tmp_path / "song.mid").tracks[1:]:
        now = np.cumsum([message.time for message in track])
        assert not (now % TICKS_PER_QUARTER).any()


@pytest.mark.parametrize("transposition", [-2, 3])
def test_pitches_are_those_that_sound(tmp_path, transposition):
    alignment = performed(*scale(), transposition=transposition)
    export_score_midi(alignment, tmp_path / "song.mid")
    assert read_score(tmp_path / "song.mid").pitch.tolist() == (alignment.notes.pitch + transposition).tolist()


def test_repeats_are_unfolded(tmp_path, fixtures):
    notes = read_unfoldings(fixtures / "minuet.musicxml")[0]
    alignment = performed(notes, notes.beats)
    export_score_midi(alignment, tmp_path / "song.mid")
    found = read_score(tmp_path / "song.mid")
    assert len(found) == len(notes)
    assert np.abs(np.sort(found.onset) - np.sort(alignment.notes.onset)).max() < 0.02


def test_a_short_recording_has_its_own_notes_only(tmp_path):
    alignment = performed(*scale(), duration=3.0)
    export_score_midi(alignment, tmp_path / "song.mid")
    assert len(read_score(tmp_path / "song.mid")) == int(alignment.in_recording.sum()) < 12
