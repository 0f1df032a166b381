"""Parts with words to sing, in each format."""

import io

import mido
import numpy as np
import pytest

from scoresep.io.note_table import read_notes, write_notes
from scoresep.io.scores import read_score
from scoresep.score.instruments import note_instruments
from scoresep.stages.align import align
from scoresep.values import Audio

WORDS = ["Ky", "ri", "e", "12"]


def musicxml(name, words):
    """Return a score of one part of quarters, with a word to each note unless it is empty."""
    lyrics = [f"<lyric><text>{word}</text></lyric>" if word else "" for word in words]
    notes = "".join(
        f"<note><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration>{lyric}</note>" for lyric in lyrics
    )
    return (
        f'<score-partwise><part-list><score-part id="P1"><part-name>{name}</part-name><midi-instrument id="I">'
        f'<midi-program>74</midi-program></midi-instrument></score-part></part-list><part id="P1"><measure number="1">'
        f"<attributes><divisions>1</divisions></attributes>{notes}</measure></part></score-partwise>"
    )


def mei(name, words):
    notes = "".join(
        f'<note pname="c" oct="5" dur="4">{f"<verse><syl>{word}</syl></verse>" if word else ""}</note>'
        for word in words
    )
    return (
        '<mei><music><body><mdiv><score><scoreDef meter.count="12" meter.unit="4"><staffGrp><staffDef n="1">'
        f'<label>{name}</label><instrDef midi.instrnum="73"/></staffDef></staffGrp></scoreDef><section><measure n="1">'
        f'<staff n="1"><layer n="1">{notes}</layer></staff></measure></section></score></mdiv></body></music></mei>'
    )


def kern(name, words):
    """Return a score whose upper spine has words; the other one is a flute."""
    lines = [f"4C\t4cc\t{word or '.'}" for word in words]
    return "\n".join(["**kern\t**kern\t**text", "*\t*Iflt\t*", f'*I"Flute\t*I"{name}\t*', *lines, "*-\t*-\t*-", ""])


def midi(name, words, *, channels=(0,)):
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    track += [mido.Message("program_change", program=73, channel=channel) for channel in channels]
    for word in words:
        track += [mido.MetaMessage("lyrics", text=word)] if word else []
        track += [mido.Message("note_on", note=72, channel=channel) for channel in channels[:1]]
        track += [mido.Message("note_off", note=72, time=480, channel=channel) for channel in channels[:1]]
    for channel in channels[1:]:  # what is played later
        track += [mido.Message("note_on", note=60, channel=channel)]
        track += [mido.Message("note_off", note=60, time=480, channel=channel)]
    file.tracks.append(track)
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


FORMATS = {".musicxml": musicxml, ".mei": mei, ".krn": kern, ".mid": midi}


@pytest.fixture(params=FORMATS)
def kinds(request, tmp_path):
    """Return a function that gives the kind of each part of a score in one of the formats."""

    def kinds_of(name, words):
        content = FORMATS[request.param](name, words)
        path = tmp_path / f"score{request.param}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        notes = read_score(path)
        parts = dict(zip(notes.part.tolist(), note_instruments(notes), strict=True))
        return [parts[part][1] for part in sorted(parts)]

    return kinds_of


def test_a_part_with_words_is_sung_whatever_its_program(kinds):
    assert kinds("Line 1", WORDS)[0] == "sung"


def test_a_part_without_words_is_played(kinds):
    assert "sung" not in kinds("Line 1", [""] * 4)


def test_an_instrument_with_words_is_played(kinds):
    assert "sung" not in kinds("Oboe", WORDS)


def test_numbers_are_no_words(kinds):
    assert "sung" not in kinds("Line 1", ["1", "2", "3", "1."])


def test_a_stray_word_is_no_lyrics(kinds):
    assert "sung" not in kinds("Line 1", ["Fine", *[""] * 9])


def test_only_one_channel_of_a_track_is_sung(tmp_path):
    (tmp_path / "score.mid").write_bytes(midi("Song", WORDS, channels=(0, 1)))
    notes = read_score(tmp_path / "score.mid")
    assert set(notes.pitch[notes.lyrics == 1].tolist()) == {72}
    assert set(notes.pitch[notes.lyrics == 0].tolist()) == {60}


def test_a_table_keeps_that_a_part_has_words(tmp_path):
    (tmp_path / "score.mid").write_bytes(midi("Line 1", WORDS))
    audio = Audio(np.random.default_rng(0).standard_normal((1, 24000)), 8000)
    alignment = align(audio, read_score(tmp_path / "score.mid"), is_aligned=True)
    write_notes(alignment, tmp_path / "notes.csv")
    assert read_notes(tmp_path / "notes.csv").notes.lyrics.tolist() == [1] * 4
