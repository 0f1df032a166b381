"""Notes corrected in the page: what it writes is what ``scoresep separate`` takes back, and says what was corrected."""

import shutil

import numpy as np
import pytest
import soundfile
import synth

from scoresep.cli.main import run
from scoresep.io.groups_file import read_groups
from scoresep.io.note_table import read_notes
from scoresep.io.npz import load
from scoresep.score.selection import select
from scoresep.values import SeparationRecord

#: Seconds from frame to frame of the separations here.
HOP = 256 / synth.RATE
QUICK = ["--hop", "256", "--n-fft", "1024", "--iterations", "6", "-q"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder with a recording of a duet, its score with three notes 0.15 s late, and the stems by that score."""
    folder = tmp_path_factory.mktemp("corrections")
    score = synth.duet()
    soundfile.write(folder / "song.wav", synth.recording(score).samples.T, synth.RATE, subtype="PCM_16")
    late = 0.15 * ((score.part == 1) & (score.onset > 2) & (score.onset < 3.5))
    synth.write_score(folder / "late.mid", synth.notes(*zip(
        score.onset + late, score.offset + late, score.pitch, score.part, strict=True
    )))  # fmt: skip
    (folder / "hands.yaml").write_text("left: {part: Left hand}\nhigh: {pitch: C6..}\nmiddle: rest\n")
    words = [str(folder / name) for name in ("song.wav", "late.mid", "hands.yaml", "stems")]
    assert run(["separate", *words[:2], "--no-align", "--groups", words[2], "-o", words[3], "--report", *QUICK]) == 0
    return folder


@pytest.fixture
def page(folder, browser):
    """Give the page of the stems, in which notes can be corrected; no test may leave an error behind."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((folder / "stems" / "report.html").as_uri())
    page.get_by_role("button", name="Correct").click()
    yield page
    context.close()
    assert not faults


def numbers_of(page, condition):
    """Return the numbers, from 0, of the notes that fulfil a condition."""
    return page.evaluate(f"scoresep.data.notes.filter((note) => {condition}).map((note) => note.index)")


def place(page, number):
    """Return where a note is on the screen."""
    return page.evaluate(
        "(number) => { const { view, data } = scoresep, note = data.notes[number]; view.draw();"
        "view.roll.box.scrollIntoView({ block: 'end' });"
        "const box = view.roll.box.getBoundingClientRect();"
        "return [box.left + view.x(note.onset) + 5, box.top + view.noteTop(note.pitch) + view.noteHeight / 2]; }",
        number,
    )


def draw_around(page, numbers, margin=14):
    """Draw a line around some notes."""
    places = np.array([place(page, number) for number in numbers])
    (left, top), (right, bottom) = places.min(axis=0) - margin, places.max(axis=0) + margin
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()


def drag(page, number, pixels):
    """Drag a note to the side."""
    x, y = place(page, number)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=5)
    page.mouse.up()


def download(page, folder, name):
    """Return the path of a file that a button of the page gives."""
    with page.expect_download() as found:
        page.get_by_role("button", name=name).click()
    found.value.save_as(folder / name)
    return folder / name


def files(page, folder):
    """Return the notes and the selection that the page gives."""
    alignment = read_notes(download(page, folder, "notes.csv"))
    return alignment, select(read_groups(download(page, folder, "groups.yaml")), alignment.notes)


def record_of(folder):
    """Return how the stems of the page were made."""
    return load(folder / "stems" / "separation.npz", SeparationRecord)


def test_nothing_corrected_gives_everything_back(page, folder, tmp_path):
    alignment, selection = files(page, tmp_path)
    record = record_of(folder)
    for name in type(record.notes).columns():
        assert np.allclose(getattr(alignment.notes, name), getattr(record.notes, name), atol=1e-4)
    assert np.allclose(alignment.confidence, record.alignment.confidence, atol=1e-3)
    assert selection.names == record.names
    assert np.array_equal(selection.weights, record.weights)
    assert 'left: {part: "Left hand"}' in (tmp_path / "groups.yaml").read_text()


def test_corrections_come_out_of_the_next_separation(page, folder, tmp_path, monkeypatch):
    record = record_of(folder)
    late = numbers_of(page, "note.onset > 2.1 && note.onset < 3.5 && note.pitch >= 72")
    draw_around(page, late)
    assert page.evaluate("[...scoresep.corrections.selected].map((note) => note.index)") == late
    drag(page, late[0], -0.15 * page.evaluate("scoresep.view.scale"))
    page.keyboard.press("Escape")
    (other,) = numbers_of(page, "note.pitch < 60 && note.onset > 4 && note.onset < 5")
    page.mouse.click(*place(page, other))
    page.get_by_label("Group of the selected notes").select_option("high")
    page.keyboard.press("Escape")
    (wrong,) = numbers_of(page, "note.pitch < 60 && note.onset > 5 && note.onset < 6")
    page.mouse.click(*place(page, wrong))
    page.get_by_role("button", name="Not played").click()
    assert page.locator("#corrected").inner_text() == "1 selected · 3 moved · 1 in another group · 1 not played"

    for name in ("notes.csv", "groups.yaml"):
        download(page, tmp_path, name)
    for name in ("song.wav", "late.mid"):
        shutil.copy(folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    command = page.locator("#corrected-command").inner_text()
    assert command == "scoresep separate song.wav late.mid --aligned notes.csv --groups groups.yaml -o corrected"
    assert run([*command.split()[1:], *QUICK]) == 0

    found = load(tmp_path / "corrected" / "separation.npz", SeparationRecord)
    assert len(found.alignment.beats) > 0
    kept = np.delete(np.arange(len(record.notes)), wrong)
    wanted = record.notes.onset.copy()
    wanted[late] -= 0.15
    order = np.lexsort((record.notes.pitch[kept], wanted[kept]))
    assert np.array_equal(found.notes.pitch, record.notes.pitch[kept][order])
    difference = np.abs(found.notes.onset - wanted[kept][order])
    moved = np.isin(kept[order], late)
    assert difference[moved].max() < HOP
    assert difference[~moved].max() <= 1e-4
    groups, left, high = record.weights[:, kept][:, order], record.names.index("left"), record.names.index("high")
    groups[:, kept[order] == other] = np.eye(len(groups))[:, [high]]
    assert np.array_equal(found.weights, groups)

    def power(folder, stem, note):
        """Return the power of a stem while a note sounds."""
        begin, end = (int(time * synth.RATE) for time in (record.notes.onset[note] + 0.1, record.notes.offset[note]))
        samples, _ = soundfile.read(folder / f"{stem}.wav", start=begin, stop=end)
        return np.mean(samples**2)

    before, after = folder / "stems", tmp_path / "corrected"
    assert power(after, "left", other) < 0.1 * power(before, "left", other)
    assert power(after, "high", other) > 0.5 * power(before, "left", other)
    assert power(after, "left", wrong) < 0.1 * power(before, "left", wrong)
    assert power(after, "residual", wrong) > 0.5 * power(before, "left", wrong)
    assert left == 0


def test_undo_takes_back_one_correction_after_the_other(page, folder, tmp_path):
    before = page.evaluate("JSON.stringify(scoresep.data.notes)")
    page.mouse.click(*place(page, 3))
    drag(page, 3, 40)
    for button in ("+10 ms", "Not played"):
        page.get_by_role("button", name=button).click()
    assert page.evaluate("scoresep.corrections.steps.length") == 3
    for _ in range(3):
        page.keyboard.press("Control+z")
    assert page.evaluate("JSON.stringify(scoresep.data.notes)") == before
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_a_note_that_was_given_to_another_group_is_played_from_the_stem_that_has_it(page):
    page.mouse.click(*place(page, 1))
    before = page.evaluate("scoresep.data.notes[1].track")
    page.get_by_label("Group of the selected notes").select_option("no group")
    page.evaluate("scoresep.score.playAlone(scoresep.data.notes[1])")
    assert page.evaluate("scoresep.data.notes[1].track") != before
    assert page.evaluate("scoresep.player.alone.track") == before


def test_notes_move_to_the_cursor_but_not_out_of_the_recording(page):
    page.mouse.click(*place(page, 2))
    page.evaluate("scoresep.player.seek(1.5)")
    page.get_by_role("button", name="To the cursor").click()
    assert page.evaluate("scoresep.data.notes[2].onset") == pytest.approx(1.5)
    drag(page, 2, -600)
    assert page.evaluate("scoresep.data.notes[2].onset") == 0


def test_corrections_by_keys_alone(page):
    page.locator("#roll").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    page.keyboard.press("Delete")
    assert page.locator("#corrected").inner_text() == "1 selected · 1 not played"
    page.evaluate("scoresep.player.setLoop({ begin: 1, end: 3 })")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+S")
    assert page.evaluate("[...scoresep.corrections.selected].every(({ onset }) => 1 <= onset && onset < 3)")
    page.keyboard.press("c")
    assert not page.locator("#corrections").is_visible()


def test_a_group_may_lose_all_its_notes_and_names_are_quoted(page, tmp_path):
    page.evaluate("scoresep.data.corrections.groups[1].name = 'high: \"1\" #'")
    page.evaluate("scoresep.corrections.select((note) => note.groups[0] === 0)")
    page.get_by_label("Group of the selected notes").select_option("no group")
    page.evaluate("scoresep.corrections.selected.clear()")
    groups = read_groups(download(page, tmp_path, "groups.yaml"))
    assert [group.name for group in groups] == ['high: "1" #', "middle"]


def test_a_finger_selects_draws_and_moves(folder, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto((folder / "stems" / "report.html").as_uri())
    page.get_by_role("button", name="Correct").tap()
    controls = page.locator("#corrections button, #corrections select").all()
    assert min(min(box["width"], box["height"]) for box in (control.bounding_box() for control in controls)) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.touchscreen.tap(*place(page, 4))
    assert page.evaluate("[...scoresep.corrections.selected].map(({ index }) => index)") == [4]
    assert page.evaluate("scoresep.player.alone") is None
    x, y = place(page, 4)
    fingers = context.new_cdp_session(page)
    for kind, to in (("touchStart", x), ("touchMove", x + 20), ("touchMove", x + 40), ("touchEnd", None)):
        points = [] if to is None else [{"x": to, "y": y}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert page.evaluate("scoresep.data.notes[4].onset - scoresep.data.notes[4].original.onset") == pytest.approx(
        40 / page.evaluate("scoresep.view.scale"), abs=0.02
    )
    context.close()


def test_part_of_a_recording_is_named_in_the_command(folder, tmp_path):
    part = tmp_path / "part"
    words = [str(folder / "song.wav"), str(folder / "late.mid"), "--no-align", "--start", "1", "--end", "6", *QUICK]
    assert run(["separate", *words, "-o", str(part), "--report"]) == 0
    assert "--start 1.0 --end 6.0 -o corrected" in (part / "report.html").read_text()
