"""The report as a file: a page that needs nothing else or, of a long recording, a page and a folder of blocks.

The page shows one object of JSON, ``data``. Sound and pictures come in blocks, each of them a call of the page's
``addBlock``: in the page itself, or in a script beside it, since a page opened from disk may load scripts but not
fetch files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from scoresep.io.stems_reader import StemSet
from scoresep.views.report.blocks import COMPRESSIONS, OnBlock, choose_compression, encode_blocks
from scoresep.views.report.contents import page_data
from scoresep.views.report.staves import staves_data
from scoresep.views.report.tracks import tracks_of

#: The size that a page may have (bytes); the blocks of a larger one are in a folder beside it.
LARGEST_PAGE = 15_000_000
#: The scripts of the page, in the order in which they need one another.
SCRIPTS = (
    "blocks.js",
    "stretcher.js",
    "mixer.js",
    "metronome.js",
    "player.js",
    "mixdown.js",
    "canvas.js",
    "pictures.js",
    "bars.js",
    "view.js",
    "contents.js",
    "score.js",
    "staves.js",
    "corrected_files.js",
    "correct.js",
    "rows.js",
    "practice.js",
    "page.js",
    "comparison.js",
)
#: The styles of the page.
STYLES = ("page.css", "staves.css")


def write_report(
    stem_set: StemSet, page: Path, *, score: Path | None = None, on_block: OnBlock | None = None
) -> list[Path]:
    """Write the report on a folder of stems.

    Parameters
    ----------
    stem_set : StemSet
        The stems.
    page : Path
        The page to write. Where it would be too large, its blocks are in the folder ``PAGE_files`` beside it.
    score : Path, optional
        The score, for the staves. Without it, the one that the manifest of the folder names, if it is still there.
    on_block : callable, optional
        Called with the number of blocks that are done and of all, after each block of 20 s.

    Returns
    -------
    list of Path
        The files written, the page last.

    Raises
    ------
    InputError
        If ``score`` cannot be read or is not that of the stems.
    """
    staves = staves_data(stem_set, score)
    shown, sizes = tracks_of(stem_set), (stem_set.n_samples, stem_set.sample_rate)
    compression = choose_compression(shown, *sizes)
    blocks = list(encode_blocks(shown, *sizes, compression or COMPRESSIONS[0], on_block=on_block))
    maximum = max(float(block.power.max(initial=0.0)) for block in blocks)
    scripts = [block.script(number, maximum) for number, block in enumerate(blocks)]
    data = page_data(stem_set, shown, [block.outline for block in blocks]) | {"staves": staves}
    return write_page(page, data, scripts, in_folder=compression is None)


def write_page(page: Path, data: dict[str, Any], scripts: Sequence[str], *, in_folder: bool) -> list[Path]:
    """Write a page with its data and the scripts of its blocks; these into a folder if asked for, or if it is large."""
    text = _assembled(data, scripts)
    if in_folder or len(text) > LARGEST_PAGE:
        return _write_folder(page, data, scripts)
    page.write_text(text, encoding="utf-8")
    return [page]


def _write_folder(page: Path, data: dict[str, Any], scripts: Sequence[str]) -> list[Path]:
    """Write the page and, in a folder beside it, a script for each block."""
    folder = page.with_name(f"{page.stem}_files")
    folder.mkdir(exist_ok=True)
    written = [folder / f"{number}.js" for number in range(len(scripts))]
    for file, script in zip(written, scripts, strict=True):
        file.write_text(script, encoding="utf-8")
    page.write_text(_assembled(data | {"folder": folder.name}, []), encoding="utf-8")
    return [*written, page]


def _assembled(data: dict[str, Any], scripts: Sequence[str]) -> str:
    """Return the page with its style, its scripts, its data and the scripts of its blocks in it."""
    here = files("scoresep.views.report")
    parts = {
        "title": escape(data["title"]),
        "style": "\n".join(here.joinpath(name).read_text(encoding="utf-8") for name in STYLES),
        "data": _script_json(data),
        "script": "\n".join(here.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS),
        "stretcher": _stretcher(),
        "blocks": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    template = here.joinpath("page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def _stretcher() -> str:
    """Return the module that changes the pitch of sound, headed by its licence."""
    vendor = files("scoresep.views.report").joinpath("vendor")
    names = ("LICENSE", "signalsmith-stretch.mjs")
    licence, module = (vendor.joinpath(name).read_text(encoding="utf-8") for name in names)
    return f"/*\n{licence}*/\n{module}"


def _script_json(content: Any) -> str:
    """Return JSON that can stand in a script element, whatever text it holds."""
    return re.sub(r"[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", json.dumps(content))
