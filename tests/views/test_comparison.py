"""The page that compares versions of a recording: its sound, notes and pictures, and the switch in a browser."""

import json
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
import soundfile
import synth
from browsing import data_of, opened, wait, wait_for_levels
from wicked import WICKED

import scoresep
from scoresep.editing.changed_notes import compare_notes
from scoresep.values import ALL_VERSIONS, Audio, ComparedNotes, NoteChanges
from scoresep.views.report import page as report_page
from scoresep.views.report import tracks, write_comparison


@pytest.fixture(scope="session")
def versions(song):
    """Give the duet, and the duet with its left hand a semitone lower, and the notes of both."""
    is_left = song.score.part == 2
    changes = NoteChanges.none(len(song.score))
    changes.semitones[is_left] = -1
    compared = compare_notes(song.score, changes)
    edited = synth.recording(compared.notes.take(compared.version != 0))
    return {"recording": song.audio, WICKED: edited}, compared


@pytest.fixture(scope="module")
def written(versions, tmp_path_factory):
    """Give the page that compares them."""
    page = tmp_path_factory.mktemp("comparison") / "edited.html"
    assert write_comparison(page, versions[0], notes=versions[1], summary={"notes changed": 7}) == [page]
    return page


def block_of(path):
    (text,) = re.findall(r"^<script>addBlock\(0, (.*)\);", path.read_text(), re.MULTILINE)
    return json.loads(text)


def test_page_has_the_sound_of_each_version(versions, written):
    block = block_of(written)
    for key, audio in zip("01", versions[0].values(), strict=True):
        found = soundfile.read(BytesIO(b64decode(block["sounds"][key])), always_2d=True)[0].T
        pad = round(tracks.MARGIN * audio.sample_rate)
        error = found[:1, pad : pad + audio.n_samples] - audio.samples
        assert np.sum(error**2) < 0.02 * np.sum(audio.samples**2)
    assert block["sounds"].keys() == {"0", "1"}
    assert len(block["levels"]) == 2


def test_changed_notes_are_there_once_for_each_version(versions, written, song):
    data, (_, compared) = data_of(written), versions
    shown = {(round(row[0], 3), row[2], row[4]) for row in data["notes"]}
    for onset, pitch, part in zip(song.score.onset.tolist(), song.score.pitch.tolist(), song.score.part, strict=True):
        wanted = {(pitch, ALL_VERSIONS)} if part == 1 else {(pitch, 0), (pitch - 1, 1)}
        assert {
            (row[1], row[2]) for row in shown if row[0] == round(onset, 3) and row[1] in (pitch, pitch - 1)
        } == wanted
    assert len(data["notes"]) == len(compared.notes) == len(data["remarks"])
    remarks = {(row[4], remark) for row, remark in zip(data["notes"], data["remarks"], strict=True)}
    assert remarks == {(ALL_VERSIONS, ""), (0, "1 semitone lower"), (1, "1 semitone lower")}
    assert "alert('<b>')" not in written.read_text()


def test_other_rates_and_lengths_and_loud_versions(tmp_path, song):
    loud = Audio(4 * np.repeat(song.audio.samples, 2, axis=1)[:, :40000] / np.abs(song.audio.samples).max(), 16000)
    page = tmp_path / "page.html"
    write_comparison(page, {"a": song.audio, "b": loud})
    data = data_of(page)
    assert data["duration"] == song.audio.duration
    assert data["tracks"][1]["peak"] == pytest.approx(20 * np.log10(4), abs=0.5)
    found = soundfile.read(BytesIO(b64decode(block_of(page)["sounds"]["1"])), always_2d=True)[0]
    assert 0.8 < np.abs(found).max() < 1.1
    assert np.abs(found[round((2.5 + tracks.MARGIN + 0.2) * 8000) :]).max() < 1e-3
    assert data["notes"] == []


def test_long_versions_have_their_blocks_in_a_folder(tmp_path, song, monkeypatch):
    monkeypatch.setattr(report_page, "LARGEST_PAGE", 0)
    files = write_comparison(tmp_path / "page.html", {"a": song.audio, "b": song.audio})
    assert [str(file.relative_to(tmp_path)) for file in files] == ["page_files/0.js", "page.html"]


def test_one_version_and_wrong_columns_are_refused(tmp_path, song):
    with pytest.raises(ValueError, match="two or more"):
        scoresep.write_comparison(tmp_path / "page.html", {"a": song.audio})
    with pytest.raises(ValueError, match="version must be as long"):
        ComparedNotes(song.score, np.zeros(1, int), [""] * len(song.score))
    with pytest.raises(ValueError, match="remarks must be as many"):
        ComparedNotes(song.score, np.zeros(len(song.score), int), [])


@pytest.fixture
def page(written, browser):
    """Give the opened page."""
    with opened(browser, written) as page:
        yield page


def test_switch_goes_from_one_version_to_the_other_at_the_same_place(page):
    page.evaluate("scoresep.player.seek(2)")
    page.keyboard.press("Space")
    wait_for_levels(page, above=[1], below=[0])
    pieces = "scoresep.player.pieces.map((piece) => piece.time)"
    before = page.evaluate(pieces)
    page.keyboard.press("a")
    wait_for_levels(page, above=[0], below=[1])
    assert set(before[-1:]) <= set(page.evaluate(pieces))  # the sound goes on
    assert page.locator("#play-stems").get_attribute("aria-pressed") == "true"
    assert page.locator("#play-stems").inner_text() == "recording"
    page.get_by_role("button", name=f"Hear {WICKED}").click()
    wait_for_levels(page, above=[1], below=[0])
    page.keyboard.press("1")
    wait_for_levels(page, above=[0], below=[1])
    assert page.locator("#announcement").inner_text() == "recording"
    page.keyboard.press("0")
    assert page.evaluate("scoresep.player.chosen") == 0


def test_changed_notes_tell_what_changes_and_sound_in_their_version(page):
    note = page.evaluate("scoresep.data.notes.find((note) => note.track === 0 && note.onset > 1)")
    assert page.evaluate("(note) => scoresep.score.describe(note)", note).endswith("recording · 1 semitone lower")
    page.evaluate("(note) => scoresep.score.playAlone(note)", note)
    wait(page, "scoresep.player.level(0) > 1e-4")
    page.evaluate("scoresep.score.playAlone(scoresep.data.notes.find((note) => note.track < 0))")
    wait(page, "scoresep.player.level(1) > 1e-4")


def test_both_spectrograms_are_shown_and_differences_coloured(page):
    wait(page, "scoresep.view.versions.every((pictures) => pictures.painted.has(0))")
    coloured = (
        "scoresep.view.versions.map((pictures) => { const { canvas } = pictures.painted.get(0);"
        "const copy = new OffscreenCanvas(canvas.width, canvas.height);"
        "const context = copy.getContext('2d', { willReadFrequently: true });"
        "context.drawImage(canvas, 0, 0); const { data } = context.getImageData(0, 0, canvas.width, canvas.height);"
        "let found = 0; for (let k = 0; k < data.length; k += 4)"
        " if (Math.abs(data[k] - data[k + 2]) > 60) found += 1; return found; })"
    )
    assert min(page.evaluate(coloured)) > 100
    page.evaluate("scoresep.view.maskStrength = 0; scoresep.view.draw()")
    assert max(page.evaluate(coloured)) == 0
    captions = page.locator("figcaption").all_inner_texts()
    assert any("Spectrogram of “recording”" in text for text in captions)
    assert any(f"Spectrogram of “{WICKED}”" in text for text in captions)


def test_page_fits_a_phone_and_its_buttons_a_finger(written, browser):
    with opened(browser, written, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        sizes = [button.bounding_box() for button in page.get_by_role("button").all() if button.is_visible()]
        assert min(min(size["width"], size["height"]) for size in sizes) >= 44


def test_three_versions_have_a_switch_between_the_last_two(song, browser, tmp_path):
    write_comparison(tmp_path / "page.html", dict.fromkeys(("a", "b", "c"), song.audio), notes=song.score)
    with opened(browser, tmp_path / "page.html") as page:
        page.keyboard.press("3")
        assert page.evaluate("scoresep.player.pair") == [1, 2]
        page.keyboard.press("a")
        assert page.evaluate("scoresep.player.chosen") == 1
        assert page.locator("#play-recording").inner_text() == "c"
