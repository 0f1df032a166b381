"""Instruments by their program and by the names of parts."""

import pytest

from scoresep.score.instruments import GENERAL_MIDI, instrument_of, matches_instrument


def test_general_midi_has_128_distinct_names():
    assert len(GENERAL_MIDI) == len(set(GENERAL_MIDI)) == 128


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (1, "Acoustic Grand Piano"), (6, "Electric Piano 2"), (25, "Acoustic Guitar (nylon)"), (41, "Violin"),
        (47, "Orchestral Harp"), (57, "Trumpet"), (72, "Clarinet"), (74, "Flute"), (105, "Sitar"), (115, "Steel Drums"),
        (128, "Gunshot"),
    ],
)  # fmt: skip
def test_programs_count_from_one(program, name):
    assert GENERAL_MIDI[program - 1] == name


@pytest.mark.parametrize("program", [2, 7, 12, 25, 33, 40, 46, 47, 48, 105, 109])
def test_struck_and_plucked_programs_are_struck(program):
    assert instrument_of(program, "") == (GENERAL_MIDI[program - 1], "struck")


@pytest.mark.parametrize("program", [17, 20, 41, 44, 49, 57, 61, 67, 72, 74, 110])
def test_bowed_blown_and_sung_programs_are_sustained(program):
    assert instrument_of(program, "Piano") == (GENERAL_MIDI[program - 1], "sustained")


@pytest.mark.parametrize(
    "name",
    [
        "Violin I",
        "Viola",
        "Violoncello",
        "Kontrabass",
        "Contrabass",
        "Flöte",
        "Klarinette in B",
        "Alto Sax",
        "Tenor horn",
        "Sax",
    ],
)
@pytest.mark.parametrize("program", [0, 1])
def test_name_tells_a_sustained_instrument_that_is_called_a_piano(name, program):
    assert instrument_of(program, f" {name}") == (name.lower(), "sustained")


@pytest.mark.parametrize("name", ["", "Left hand", "Track 1", "Bass", "Treble", "Piano", "Harp", "Altered", "Marimba"])
@pytest.mark.parametrize("program", [0, 1])
def test_what_nothing_else_tells_is_a_piano(name, program):
    assert instrument_of(program, name) == ("piano", "struck")


@pytest.mark.parametrize(
    ("wanted", "program", "name", "holds"),
    [
        ("violin", 41, "", True), ("VIOLIN", 0, "1. Violine", True), ("Geige", 41, "Geige", True),
        ("viol", 42, "", True), ("violin", 42, "Viola", False), ("violin", 0, "", False), ("piano", 0, "Piano", True),
    ],
)  # fmt: skip
def test_instrument_is_asked_by_a_part_of_either_name(wanted, program, name, holds):
    assert matches_instrument(wanted, program, name) is holds


@pytest.mark.parametrize("name", ["Voice 1", "Voice 2", "Stimme 1", "voice3"])
def test_numbered_voices_are_not_sung(name):
    assert instrument_of(0, name) == instrument_of(1, name) == ("piano", "struck")


@pytest.mark.parametrize("name", ["Voice", "Singstimme", "Lead voice"])
def test_voices_without_number_are_sung(name):
    assert instrument_of(0, name)[1] == "sung"


@pytest.mark.parametrize("name", ["Soprano", "Alt", "TENOR 2", "Bariton", "Lead Vocals", "Gesang", "Choir"])
@pytest.mark.parametrize("program", [0, 1, 20, 74])
def test_the_name_of_a_voice_wins_over_the_program(name, program):
    assert instrument_of(program, name)[1] == "sung"


@pytest.mark.parametrize("name", ["Alto Sax", "Soprano Recorder", "Tenor Trombone", "Voice Pad", "Choir organ"])
def test_instruments_named_after_voices_are_not_sung(name):
    assert instrument_of(0, name)[1] != "sung"


@pytest.mark.parametrize("name", ["Line 1", "Voice 2", "Track 1", "Bass", ""])
@pytest.mark.parametrize("program", [0, 1, 74])
def test_lyrics_win_over_the_program(name, program):
    assert instrument_of(program, name, has_lyrics=True)[1] == "sung"


@pytest.mark.parametrize("name", ["Flute", "Piano", "Alto Sax", "Violine", "Gitarre", "Organ"])
def test_instruments_with_lyrics_are_played(name):
    assert instrument_of(0, name, has_lyrics=True) == instrument_of(0, name)
