"""The option ``--report`` of commands that change a recording: a page to compare it before and after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoresep.cli.session import Session
    from scoresep.progress import OnProgress
    from scoresep.values import Audio, ComparedNotes, Notes

#: The most sounds that a page compares: keys choose the first nine of them, and more are hard to compare.
MOST_VERSIONS = 24

report_option = click.option(
    "--report", "with_report", is_flag=True, help="Also write a page to see and hear before and after."
)


def check_page(session: Session, target: str | Path, *, with_report: bool, overwrite: bool) -> Path | None:
    """Return the page beside a sound file if one is wanted; raise an error if it cannot be written."""
    if not with_report:
        return None
    page = Path(target).with_suffix(".html")
    session.check_output_file(str(page), overwrite=overwrite)
    return page


def write_page(
    page: Path | None,
    versions: Mapping[str, Audio],
    show: OnProgress,
    *,
    notes: Notes | ComparedNotes | None = None,
    summary: Mapping[str, Any] | None = None,
) -> None:
    """Write a page that compares versions of a recording; do nothing for None."""
    if page is None:
        return
    from scoresep.io.stems_manifest import new_listed_files
    from scoresep.views.report import write_comparison

    with new_listed_files(page.parent) as temporary:
        write_comparison(
            temporary / page.name,
            versions,
            notes=notes,
            title=page.stem,
            summary=summary,
            on_block=lambda done, total: show("report", done, total, ""),
        )
