"""``scoresep inspect``: what a score contains."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import score_options

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step

#: The columns of the table of parts.
_COLUMNS = ("part", "name", "instrument", "kind", "notes", "range", "time", "channel", "program", "staff", "voice")


@click.command(cls=Command)
@click.argument("score", metavar="SCORE")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--groups", "as_groups", is_flag=True, help="Print a groups file, as a start.")
@click.option("--notes", "as_notes", is_flag=True, help="Print a table (.csv) of the notes with their hands, to edit.")
@score_options
@click.pass_obj
def inspect(
    session: Session,
    /,
    score: str,
    *,
    as_json: bool,
    as_groups: bool,
    as_notes: bool,
    ornaments: str,
    without: tuple[str, ...],
) -> Step:
    """Show what a score contains.

    \b
    scoresep inspect score.mid
    scoresep inspect score.mid --groups > hands.yaml
    scoresep inspect score.mid --notes > notes.csv

    These are the parts with their instruments, staves and ranges, the hands, the repeats, what is known and what is
    estimated, and what was wrong in the file and has been corrected.
    """
    from scoresep.io.scores.summary import inventory, note_table, starting_groups

    forms = {"--json": as_json, "--groups": as_groups, "--notes": as_notes}
    if len(given := [word for word, is_given in forms.items() if is_given]) > 1:
        raise click.UsageError(f"{' and '.join(given)} cannot be used together.")
    if as_notes:
        found: str | dict[str, Any] = note_table(score, ornaments=ornaments, without=without)
    elif as_groups:
        found = starting_groups(score, without=without)
    else:
        found = inventory(score, ornaments=ornaments, without=without)
    yield
    if isinstance(found, str):
        click.echo(found, nl=False)
    else:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else "\n".join(_lines(found)))


def _lines(found: dict[str, Any]) -> list[str]:
    """Return the lines of text on a score."""
    from scoresep.times import show_time

    lines = [f"{found['score']}: {found['format']}, {found['notes']} notes, {show_time(found['seconds'])}", ""]
    lines += _table([_COLUMNS, *(_row(part) for part in found["parts"])])
    if hands := found["hands"]:
        lines += ["", f"hands: left {hands['left']} notes, right {hands['right']} (from {hands['from']})"]
    if pieces := found["drums"]:
        counts = ", ".join(f"{name} {count}" for name, count in pieces.items())
        lines += [
            "",
            f"drum kit: {counts}",
            "  --drums pieces gives each a stem, a group like kick: {drum: kick} some of them",
        ]
    for order in found["repeats"]:
        bars = ", ".join(first if first == last else f"{first}-{last}" for first, last in order["bars"])
        lines += ["", "repeats"] if order is found["repeats"][0] else []
        lines.append(f"  {order['name']}: bars {bars} ({show_time(order['seconds'])})")
    for name in ("known", "estimated"):
        if found[name]:
            lines += ["", name, *(f"  {sentence}" for sentence in found[name])]
    if found["problems"]:
        lines += ["", "problems", *(f"  {problem}" for problem in found["problems"])]
    return lines


def _row(part: dict[str, Any]) -> tuple[str, ...]:
    """Return the row of a part in the table."""
    from scoresep.score.pitch import pitch_name
    from scoresep.times import show_time

    numbers = (" ".join(map(str, part[name])) or "-" for name in ("channels", "programs", "staves", "voices"))
    return (
        str(part["number"]),
        part["name"] or "-",
        part["instrument"],
        part["kind"],
        str(part["notes"]),
        "drums" if part["pieces"] else f"{pitch_name(part['lowest'])}..{pitch_name(part['highest'])}",
        f"{show_time(part['begin'])}..{show_time(part['end'])}",
        *numbers,
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Return the lines of a table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
