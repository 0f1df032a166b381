"""The pieces of a drum kit."""

import numpy as np
import pytest

from scoresep.score.drum_kit import DRUM_FAMILIES, DRUM_KEYS, choking_keys, drum_family, drum_piece, keys_named

FREQUENCIES = np.fft.rfftfreq(4096, 1 / 44100)


def test_all_keys_of_general_midi_are_pieces_of_a_family():
    assert sorted(DRUM_KEYS) == list(range(35, 82))
    assert {piece.family for piece in DRUM_KEYS.values()} == set(DRUM_FAMILIES)


@pytest.mark.parametrize("family", DRUM_FAMILIES)
def test_spectra_are_positive_and_sum_to_one(family):
    spectrum = DRUM_FAMILIES[family].spectrum(FREQUENCIES)
    assert spectrum.shape == FREQUENCIES.shape
    assert spectrum.sum() == pytest.approx(1)
    assert (spectrum > 0).all()


def test_kicks_are_lower_than_snares_and_these_than_hats():
    centres = [float(DRUM_FAMILIES[f].spectrum(FREQUENCIES) @ FREQUENCIES) for f in ("kick", "snare", "hihat")]
    assert centres == sorted(centres)


@pytest.mark.parametrize("key", [0, 34, 82, 127])
def test_other_keys_are_percussion_with_a_name_of_their_own(key):
    assert drum_piece(key).name == f"percussion {key}"
    assert drum_family(key) is DRUM_FAMILIES["percussion"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("38", {38}),
        ("kick", {35, 36}),
        ("Bass Drum", {35, 36}),
        ("snare", {37, 38, 39, 40}),
        ("hi-hat", {42, 44, 46}),
        ("open hihat", {46}),
        ("Hi-hat open", {46}),
        ("toms", {41, 43, 45, 47, 48, 50}),
        ("low tom", {45}),
        ("ride", {51, 53, 59}),
        ("ride bell", {53}),
        ("cymbals", {49, 51, 52, 53, 55, 57, 59}),
        ("triangle", {80, 81}),
    ],
)
def test_texts_name_keys(text, keys):
    assert keys_named(text, range(128)) == keys
    assert keys_named(text, []) == set()


@pytest.mark.parametrize("key", DRUM_KEYS)
def test_every_piece_is_found_by_its_name(key):
    assert key in keys_named(DRUM_KEYS[key].name, DRUM_KEYS)


@pytest.mark.parametrize("text", ["violin", "", "kick violin", "-3"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="a piece of a kit like"):
        keys_named(text, DRUM_KEYS)


def test_hats_choke_one_another_and_a_kick_nothing():
    assert set(choking_keys(46)) == {42, 44, 46}
    assert choking_keys(36) == ()
