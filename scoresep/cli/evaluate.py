"""``scoresep evaluate``: comparison of stems, onsets or pitches with the true ones."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoresep.cli.session import Session, Step
    from scoresep.evaluation.compare import OnsetFigures, StemFigures, StemsComparison
    from scoresep.evaluation.pitch_measures import PitchFigures

#: The columns of the table of stems, and the fields of `StemFigures` that they show.
COLUMNS = {
    "SDR": "sdr",
    "SIR": "sir",
    "SAR": "sar",
    "SI-SDR": "si_sdr",
    "SNR": "snr",
    "recording": "recording",
    "ideal mask": "ideal_mask",
}
#: The columns of the table of pitches, and the fields of `PitchFigures` that they show.
PITCH_COLUMNS = {
    "raw pitch": "raw_pitch",
    "raw chroma": "raw_chroma",
    "voicing recall": "voicing_recall",
    "false alarm": "voicing_false_alarm",
    "overall": "overall",
}


@click.command(cls=Command)
@click.argument("truth", metavar="TRUE_DIR")
@click.argument("found", metavar="STEMS_DIR")
@click.option("--recording", metavar="FILE", help="Recording that was separated.  [default: as named in the folders]")
@click.option("--alignment", is_flag=True, help="Compare two tables of notes instead: TRUE.CSV NOTES.CSV.")
@click.option("--pitch", is_flag=True, help="Compare two tables of pitch contours instead: TRUE.CSV CONTOURS.CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def evaluate(
    session: Session, /, truth: str, found: str, *, recording: str | None, alignment: bool, pitch: bool, as_json: bool
) -> Step:
    """Compare stems, onsets or pitches with the true ones.

    \b
    scoresep evaluate true_stems/ song_stems/

    The stems in both folders have the same names. SDR, SIR and SAR are those of BSS Eval 3, in mono, in decibels.
    Beside them are the SDR of the recording itself and of an ideal mask made from the true stems. The null level
    compares the recording with the error of the sum of all files: from 120 dB on, the sum is exact.

    \b
    scoresep evaluate --alignment true_notes.csv notes.csv

    With --alignment, the onsets in two tables are compared. Both have the columns onset, pitch and score_onset, as
    align --csv writes them.

    \b
    scoresep evaluate --pitch true_contours.csv contours.csv

    With --pitch, the pitches of singers in two tables are compared, part by part, as export --contours writes them. A
    pitch is right if it is less than 50 cents off.
    """
    from scoresep.evaluation.compare import compare_onsets, compare_pitch, compare_stems

    if alignment and pitch:
        raise click.UsageError("--alignment and --pitch cannot be used together.")
    if (alignment or pitch) and recording is not None:
        raise click.UsageError(f"--recording is for stems, not for --{'alignment' if alignment else 'pitch'}.")
    yield
    if pitch:
        figures = compare_pitch(truth, found)
        rows = [dataclasses.asdict(each) for each in figures]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False) if as_json else _pitch_text(figures))
    elif alignment:
        onsets = compare_onsets(truth, found)
        click.echo(json.dumps(dataclasses.asdict(onsets), indent=2) if as_json else _onsets_text(onsets))
    else:
        stems = compare_stems(truth, found, recording=recording)
        click.echo(json.dumps(stems.as_json(), indent=2, ensure_ascii=False) if as_json else _stems_text(stems))


def _stems_text(comparison: StemsComparison) -> str:
    """Return the table of stems."""
    rows = [*comparison.stems, comparison.mean]
    width = max(len(row.name) for row in rows)
    lines = [" " * width + "".join(f"{name:>{_width(name)}}" for name in COLUMNS)]
    lines += [_row_text(row, width) for row in rows]
    return "\n".join([*lines, f"null level: {_null_text(comparison)}"])


def _row_text(row: StemFigures, width: int) -> str:
    """Return the line of a stem in the table."""
    figures = ((name, getattr(row, field)) for name, field in COLUMNS.items())
    shown = "".join(f"{'-' if figure is None else f'{figure:.2f}':>{_width(name)}}" for name, figure in figures)
    return f"{row.name:{width}}{shown}" + (f"  {row.remark}" if row.remark else "")


def _width(name: str) -> int:
    """Return the width of a column."""
    return max(len(name), 6) + 2


def _null_text(comparison: StemsComparison) -> str:
    """Return how exactly all files add up to the recording, in words."""
    if comparison.null is None:
        return f"unknown; {comparison.remark}"
    exact = ", exact" if comparison.null >= 120 else ""
    return f"{comparison.null:.1f} dB{exact}"


def _onsets_text(figures: OnsetFigures) -> str:
    """Return the errors of onsets in a few lines."""
    under = ", ".join(
        f"{100 * share:.1f} % under {limit} ms"
        for limit, share in ((k, getattr(figures, f"under_{k}")) for k in (10, 25, 50, 100))
    )
    return (
        f"{figures.notes} notes, {figures.lost} not found\n"
        f"error: median {figures.median:.1f} ms, mean {figures.mean:.1f} ms, bias {figures.bias:+.1f} ms\n{under}"
    )


def _pitch_text(figures: Sequence[PitchFigures]) -> str:
    """Return the table of pitches, in percent."""
    width = max(len(row.name) for row in figures)
    lines = [" " * width + "".join(f"{name:>{_width(name)}}" for name in PITCH_COLUMNS)]
    for row in figures:
        shares = ((name, 100 * getattr(row, field)) for name, field in PITCH_COLUMNS.items())
        lines.append(f"{row.name:{width}}" + "".join(f"{f'{share:.1f} %':>{_width(name)}}" for name, share in shares))
    return "\n".join(lines)
