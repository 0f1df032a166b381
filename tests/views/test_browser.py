"""The report in a browser: it plays, in sync, what is asked for, needs nothing from outside, and its text is text.

Needs Playwright and an installed Chromium; without them these tests are skipped.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browsing import opened, wait, wait_for_levels
from wicked import WICKED, rename

from scoresep.cli.main import run
from scoresep.views.report import page as report_page
from scoresep.views.report import tracks

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def stems(tmp_path_factory):
    """Give the stems of the waltz, one of them with a wicked name."""
    folder = tmp_path_factory.mktemp("browser") / "stems"
    files = [str(FIXTURES / name) for name in ("waltz.flac", "waltz.mid")]
    assert run(["separate", *files, "-q", "-o", str(folder)]) == 0
    rename(folder, WICKED)
    return folder


@pytest.fixture(scope="module", params=["page", "folder"])
def report(request, stems):
    """Give the report on the waltz: one page, or a page and a folder of blocks of three seconds."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "folder":
            patch.setattr(report_page, "LARGEST_PAGE", 0)
            patch.setattr(tracks, "BLOCK_LENGTH", 3.0)
        page = stems / f"{request.param}.html"
        assert run(["report", str(stems), "-q", "-o", str(page)]) == 0
    return page


@pytest.fixture
def page(report, browser):
    """Give the opened report; no test may leave an error or a request to the outside behind."""
    with opened(browser, report) as page:
        yield page


def position(page):
    """Return where the sound is (s)."""
    return page.evaluate("scoresep.player.position()")


def test_playing_advances_and_pausing_stops(page):
    page.keyboard.press("Space")
    wait(page, "scoresep.player.position() > 1")
    page.get_by_role("button", name="Pause").click()
    stopped = position(page)
    clock = page.evaluate("scoresep.player.context.currentTime")
    wait(page, f"scoresep.player.context.currentTime > {clock} + 0.2")
    assert position(page) == stopped
    wait_for_levels(page, below=[0, 1, 2], most=0)


def test_solo_silences_the_others(page):
    page.evaluate("scoresep.player.seek(5.5)")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_levels(page, above=[0, 1])
    page.keyboard.press("2")
    wait_for_levels(page, above=[1], below=[0, 2])
    page.keyboard.press("2")
    page.keyboard.press("Shift+2")
    wait_for_levels(page, above=[0], below=[1])
    assert page.get_by_role("button", name="Mute right").get_attribute("aria-pressed") == "true"


def test_recording_is_heard_instead_of_the_stems(page):
    page.evaluate("scoresep.player.seek(5.5)")
    page.keyboard.press("Space")
    page.keyboard.press("a")
    wait_for_levels(page, above=["RECORDING"], below=[0, 1, 2])
    assert page.get_by_role("button", name="Recording").get_attribute("aria-pressed") == "true"


def test_click_on_a_note_seeks_and_plays_it_alone(page):
    note = page.evaluate("scoresep.data.notes.find((note) => note.track === 1 && note.onset > 3.2)")
    page.evaluate("(note) => { scoresep.view.left = note.onset - 1; scoresep.view.draw(); }", note)
    x, y = page.evaluate(
        "(note) => { const { view } = scoresep; const box = view.roll.box.getBoundingClientRect();"
        "return [box.left + view.x(note.onset) + 3, box.top + view.noteTop(note.pitch) + view.noteHeight / 2]; }",
        note,
    )
    page.mouse.click(x, y)
    assert page.evaluate("scoresep.player.alone.index") == note["index"]
    assert abs(position(page) - note["onset"]) < 0.3
    wait(page, "scoresep.player.level(1) > 1e-4")
    assert page.evaluate("Math.max(scoresep.player.level(0), scoresep.player.level(2))") == 0
    wait(page, "!scoresep.player.isPlaying")
    assert position(page) == pytest.approx(note["onset"])


def test_bars_are_numbered_and_notes_tell_theirs(page):
    begins = page.evaluate("scoresep.player.metronome.bars.map(({ begin, bar }) => [begin, bar])")
    assert [bar for _, bar in begins] == list(range(1, 13))
    drawn = page.evaluate(
        "() => { const texts = [], { view } = scoresep, { context } = view.roll, fillText = context.fillText;"
        "context.fillText = (text, x) => texts.push([text, x]); drawBars(view, context);"
        "context.fillText = fillText; return texts; }"
    )
    assert [text for text, _ in drawn] == [str(bar) for bar in range(1, len(drawn) + 1)]
    assert drawn[0][1] == pytest.approx(page.evaluate(f"scoresep.view.x({begins[0][0]})") + 4, abs=1)
    page.locator("#roll").focus()
    page.keyboard.press("ArrowRight")
    assert "· bar 1 ·" in page.locator("#hover").text_content()


def test_click_beside_the_notes_seeks(page):
    page.locator("#spectrogram").scroll_into_view_if_needed()
    box = page.locator("#spectrogram").bounding_box()
    page.mouse.click(box["x"] + 300, box["y"] + 20)
    assert position(page) == pytest.approx(page.evaluate("scoresep.view.timeAt(300)"))


def test_loop_comes_back(page):
    page.evaluate("scoresep.player.setLoop({ begin: 2.5, end: 3.5, isOn: true })")
    page.evaluate("scoresep.player.seek(2.6)")
    page.keyboard.press("Space")
    wait(page, "scoresep.player.position() > 3.2")
    wait(page, "scoresep.player.position() < 3")
    assert page.get_by_role("button", name="Loop", exact=True).get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("is_playing", [True, False])
def test_loop_marked_by_keys_comes_back_and_escape_clears_it(page, is_playing):
    page.evaluate("scoresep.player.seek(2.5)")
    page.keyboard.press("[")
    if is_playing:
        page.keyboard.press("Space")
        wait(page, "scoresep.player.position() > 3.2")
    else:
        page.evaluate("scoresep.player.seek(3.3)")
    page.keyboard.press("]")
    wait(page, "scoresep.player.position() < 2.9")
    if not is_playing:
        page.keyboard.press("Space")
    wait(page, "scoresep.player.position() > 3.1")
    wait(page, "scoresep.player.position() < 2.9")
    page.keyboard.press("Escape")
    wait(page, "scoresep.player.position() > 3.6")


def test_question_mark_shows_the_keys(page):
    page.keyboard.press("?")
    assert page.get_by_text("show or hide these keys").is_visible()
    page.keyboard.press("?")
    assert not page.get_by_text("show or hide these keys").is_visible()


def test_blocks_follow_one_another_without_a_gap(page):
    page.evaluate("scoresep.player.seek(2.2)")
    page.keyboard.press("Space")
    wait(page, "scoresep.player.position() > 3.2")
    gaps = page.evaluate(
        "scoresep.player.pieces.map(({ position, time }) => position - time).map((lag, k, all) => lag - all[0])"
    )
    assert np.abs(gaps).max() < 1 / 44100


def test_decoded_tracks_are_in_sync_with_the_files(page, report):
    decoded = page.evaluate(
        "async () => { const { margin, sampleRate, blockLength } = scoresep.data; const { delay } = scoresep.player;"
        "const number = Math.floor(6 / blockLength), found = await scoresep.loader.decoded(number);"
        "const begin = Math.round((6 - number * blockLength + margin + delay) * sampleRate);"
        "return [0, 1].map((k) => [...found.get(k).getChannelData(0).slice(begin, begin + 2 * sampleRate)]); }"
    )
    for found, name in zip(decoded, ("left", "right"), strict=True):
        wanted = soundfile.read(report.parent / f"{name}.wav", start=6 * 44100, frames=len(found), always_2d=True)[0]
        wanted = wanted[:, 0]
        assert np.sum((np.array(found) - wanted) ** 2) < 0.02 * np.sum(wanted**2)


def test_names_are_text(page):
    assert page.locator("#title").inner_text().startswith("script><script>alert")
    assert page.locator(".track .name").first.inner_text() == WICKED
    assert page.locator("main b").count() == 0


def test_masks_are_shown_at_will(page):
    wait(page, "scoresep.view.pictures.painted.has(0)")
    colours = "scoresep.view.pictures.painted.get(0).canvas.toDataURL()"
    whole = page.evaluate(colours)
    page.get_by_role("button", name="Mask of right").click()
    wait(page, f"{colours} !== {json.dumps(whole)}")


def test_every_control_has_a_name_and_can_be_reached_by_keys(page):
    for control in page.locator("button, input, [tabindex='0']").all():
        assert control.evaluate(
            "(element) => element.ariaLabel || element.innerText || element.labels?.[0]?.innerText"
            " || document.getElementById(element.getAttribute('aria-labelledby'))?.innerText"
        )
    page.locator("#roll").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("scoresep.view.focus.index") == 1
    assert "confidence" in page.locator("#announcement").inner_text()
    page.keyboard.press("Enter")
    assert page.evaluate("scoresep.player.alone.index") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_a_phone_and_follows_the_system(report, browser, scheme):
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--is-dark').trim()") == str(
        int(scheme == "dark")
    )
    page.locator("#theme").click()
    assert page.evaluate("scoresep.view.isDark") == (scheme == "light")
    context.close()


@pytest.mark.parametrize("report", ["folder"], indirect=True)
def test_a_finger_hits_controls_and_notes_and_learns_their_names(report, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(report.as_uri())
    wait(page, "scoresep.loader.ready.has(0)")
    sizes = [button.bounding_box() for button in page.get_by_role("button").all() if button.is_visible()]
    assert min(min(size["width"], size["height"]) for size in sizes) >= 44
    roll = page.locator("#roll")
    roll.scroll_into_view_if_needed()
    box = roll.bounding_box()
    x, y, name = page.evaluate(
        "(() => { const { view, data } = scoresep; const note = data.notes.reduce((a, b) => a.pitch > b.pitch ? a : b);"
        " view.left = note.onset - 1; view.draw();"
        " return [view.x(note.onset) + 3, view.noteTop(note.pitch) - 6, note.name]; })()"
    )
    page.touchscreen.tap(box["x"] + x, box["y"] + y)
    wait(page, "document.getElementById('hover').textContent !== ''")
    assert page.locator("#hover").text_content().startswith(name)
    assert page.evaluate("scoresep.player.alone !== null")
    context.close()


@pytest.mark.parametrize("report", ["folder"], indirect=True)
def test_missing_folder_is_told(report, browser, tmp_path):
    alone = shutil.copy(report, tmp_path)
    page = browser.new_page()
    page.goto(Path(alone).as_uri())
    page.get_by_text("The folder folder_files cannot be read").wait_for()
