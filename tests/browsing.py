"""Pages: what they show, and how they behave in a browser."""

import json
import re
from contextlib import contextmanager
from pathlib import Path


def data_of(path):
    """Return what a page shows."""
    text = Path(path).read_text()
    (data,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    return json.loads(data)


@contextmanager
def opened(browser, path, **options):
    """Give an opened page; it may leave no error and no request to the outside behind."""
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else faults.append(asked.url))
    page.goto(path.as_uri())
    wait(page, "scoresep.loader.ready.has(0)")
    yield page
    context.close()
    assert not faults


def wait(page, condition):
    """Wait until a condition holds."""
    page.evaluate(
        "() => new Promise((resolve, reject) => { const end = performance.now() + 20000; const check = () => {"
        f"if ({condition}) resolve(); else if (performance.now() > end) reject(new Error('never'));"
        "else setTimeout(check, 20); }; check(); })"
    )


def wait_for_levels(page, *, above=(), below=(), least=1e-3, most=1e-5):
    """Wait until the levels of some tracks are above ``least``, and at the same time those of others below ``most``."""
    conditions = [
        *(f"scoresep.player.level({track}) > {least}" for track in above),
        *(f"scoresep.player.level({track}) <= {most}" for track in below),
    ]
    wait(page, " && ".join(conditions))
