"""The engraved score of the report: which notes it has, and how the page follows the sound in it."""

import numpy as np
import pytest
from browsing import data_of, opened, wait

from scoresep.cli.main import run

pytest.importorskip("verovio", reason="verovio is an extra: pip install scoresep[score]")


@pytest.fixture(scope="module")
def stems(tmp_path_factory):
    """Give the stems of a minuet with all of its repeats, with a report."""
    from conftest import FIXTURES

    folder = tmp_path_factory.mktemp("staves") / "stems"
    words = [str(FIXTURES / name) for name in ("minuet.flac", "minuet.musicxml")]
    assert run(["separate", *words, "-q", "--report", "--iterations", "2", "-o", str(folder)]) == 0
    return folder


def test_each_note_is_engraved_and_bars_are_in_the_order_played(stems):
    staves = data_of(stems / "report.html")["staves"]
    assert staves["unmatched"] == 0
    assert min(staves["notes"]) >= 0
    bars, begins, ends = zip(*staves["bars"], strict=True)
    minuet = [0, 1, 2, 3, 0, 1, 2, 4, 5, 6, 7, 8, 5, 6, 7, 8]
    assert list(bars) == [*minuet, 9, 10, 11, 12, 9, 10, 11, 12, 0, 1, 2, 4, 5, 6, 7, 8]
    assert (np.diff(begins) > 0.5).all()
    assert np.allclose(begins[1:], ends[:-1])


def test_cursor_goes_back_at_a_repeat(stems, browser):
    data = data_of(stems / "report.html")
    with opened(browser, stems / "report.html") as page:
        places = []
        for _, begin, _ in (data["staves"]["bars"][k] for k in (0, 3, 4)):
            page.evaluate(f"scoresep.seek({begin + 0.05})")
            wait(page, "!document.querySelector('.cursor').hidden")
            places.append(page.locator(".cursor").bounding_box()["x"])
        assert places[0] == pytest.approx(places[2], abs=2)
        assert places[1] > places[0] + 100


def test_click_seeks_drag_loops_and_arrows_go_from_bar_to_bar(stems, browser):
    begins = [begin for _, begin, _ in data_of(stems / "report.html")["staves"]["bars"]]
    with opened(browser, stems / "report.html") as page:
        wait(page, "scoresep.staves.bars.size > 10")
        page.locator(".system").first.scroll_into_view_if_needed()

        def place(bar):
            """Give a point in the first half of an engraved bar, above the staves, where no note is."""
            return page.evaluate(
                f"() => {{ const {{ system, left, right }} = scoresep.staves.bars.get({bar});"
                "const box = system.place.getBoundingClientRect(), scale = box.width / system.box[2];"
                "return [box.left + (left + (right - left) / 2 - system.box[0]) * scale, box.top + 4]; }"
            )

        page.mouse.click(*place(2))
        assert page.evaluate("scoresep.player.position()") == pytest.approx(begins[2], abs=0.01)
        page.locator(".system").first.evaluate("place => place.parentElement.focus()")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("scoresep.player.position()") == pytest.approx(begins[3], abs=0.01)
        page.mouse.move(*place(1))
        page.mouse.down()
        page.mouse.move(*place(3), steps=5)
        page.mouse.up()
        loop = page.evaluate("scoresep.player.loop")
        assert loop["isOn"]
        assert [loop["begin"], loop["end"]] == pytest.approx([begins[1], begins[4]], abs=0.01)
