"""``scoresep export``: what an alignment knows, and the pitch of singers, as files for other programs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.inputs import read_alignment, read_value_with_contours
from scoresep.cli.options import groups_options, overwrite_option
from scoresep.cli.parameter_types import Whole

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step
    from scoresep.values import Alignment, Selection

logger = logging.getLogger(__name__)

#: Writes a file and returns what it has written, for a message.
Writer = Callable[[Path], str]
#: What can be written, and the suffixes of its files.
SUFFIXES = {
    "notes": (".mid", ".csv", ".txt", ".svl"),
    "contours": (".csv",),
    "bars": (".csv", ".txt"),
    "score_time": (".mid",),
    "musicxml": (".musicxml",),
    "sync_points": (".json", ".alphatex"),
    "clicks": (".wav", ".flac", ".aiff", ".ogg", ".mp3"),
    "project": (".rpp",),
}
#: What is written only if an option of this name asks for it.
ASKED = ("contours", "bars", "score_time")


@click.command(cls=Command)
@click.argument("source", metavar="SONG.NPZ | STEMS_DIR")
@groups_options
@click.option("--bars", is_flag=True, help="Write bars and beats instead of the notes (.csv or .txt).")
@click.option(
    "--score-time", is_flag=True, help="Write notes at their places in bars, with the tempo as played (.mid)."
)
@click.option("--score", metavar="FILE", help="The MusicXML score that was aligned, for .musicxml.")
@click.option("--count-in", type=Whole(0, 8), metavar="BARS", help="Bars of clicks before the first beat.")
@click.option(
    "--velocity", type=click.Choice(["played", "score"]),
    help="How loud notes are: as played, which stems know, or as in the score.  [default: played where known]",
)  # fmt: skip
@click.option("--contours", is_flag=True, help="Write the pitch of the singers instead of the notes (.csv).")
@click.option("--singer", metavar="NAME", help="With --contours, the singer to write, without a column of names.")
@click.option("-o", "output", required=True, metavar="FILE", help="File to write; its suffix tells the format.")
@overwrite_option
@click.pass_obj
def export(session: Session, /, source: str, *, output: str, overwrite: bool, **words: Any) -> Step:
    """Write what an alignment knows, or the pitch of singers, for other programs.

    \b
    scoresep export song.align.npz --groups hands.yaml -o song.mid   # MIDI with a track for each group
    scoresep export song.align.npz -o song.csv                       # table of all notes
    scoresep export song.align.npz --groups hands.yaml -o song.txt   # labels for Audacity
    scoresep export song.align.npz --groups hands.yaml -o song.svl   # layers for Sonic Visualiser

    All times are those of the recording. A folder of stems, or the file separation.npz in it, can be given in place of
    the alignment; notes are then as loud as they are played.

    Bars, clicks, notes in score time, MusicXML, and files for alphaTab and Reaper need a score with bars.

    \b
    scoresep export song.align.npz --bars -o bars.csv                # when each bar and beat is played
    scoresep export song.align.npz --bars -o bars.txt                # labels for Audacity
    scoresep export song.align.npz --count-in 1 -o click.wav         # clicks on the beats
    scoresep export song.align.npz --score-time -o score.mid         # notes in bars, and the tempo as it is played
    scoresep export song.align.npz --score song.musicxml -o new.musicxml   # the score, that tempo
    scoresep export song.align.npz -o song.json                      # sync points for alphaTab; .alphatex as its text
    scoresep export song_stems/ -o song.rpp                          # Reaper project: stems, bars and tempo

    \b
    scoresep export --contours song.parts.npz -o contours.csv
    scoresep export --contours song_stems/separation.npz --singer Alto -o alto.csv

    With --contours, the pitch of each singer is written: time, frequency in hertz (0 where it is silent) and the
    name of the part, every 20 ms.
    """
    kind = _kind(output, words)
    _check_words(kind, words)
    session.add_inputs(source, words["groups"], words["score"])
    session.check_output_file(output, overwrite=overwrite)
    write = _WRITERS[kind](source, words)
    yield
    from scoresep.io.atomic import new_file

    with new_file(Path(output)) as temporary:
        written = write(temporary)
    logger.info("wrote %s to %s", written, output)


def _kind(output: str, words: dict[str, Any]) -> str:
    """Return what is to be written.  Raises UsageError if nothing has that suffix."""
    chosen = [name for name in ASKED if words[name]]
    if len(chosen) > 1:
        raise click.UsageError("--contours, --bars and --score-time ask for different files; take one of them.")
    kinds = chosen or [kind for kind in SUFFIXES if kind not in ASKED]
    for kind in kinds:
        if Path(output).suffix.lower() in SUFFIXES[kind]:
            return kind
    wanted = ", ".join(suffix for kind in kinds for suffix in SUFFIXES[kind])
    raise click.UsageError(f"-o {output} cannot be written; wanted {wanted}.")


def _check_words(kind: str, words: dict[str, Any]) -> None:
    """Raise UsageError for options that do not go together."""
    has_groups = words["groups"] is not None or words["drums"] is not None
    if words["groups"] is not None and words["drums"] is not None:
        raise click.UsageError("--drums cannot be used with --groups; a group can say {each: drum}.")
    if has_groups and kind not in ("notes", "score_time"):
        raise click.UsageError("--groups and --drums are for notes.")
    if words["velocity"] is not None and kind not in ("notes", "score_time"):
        raise click.UsageError("--velocity is for notes.")
    if words["singer"] is not None and kind != "contours":
        raise click.UsageError("--singer is for --contours.")
    if words["count_in"] is not None and kind != "clicks":
        raise click.UsageError("--count-in is for clicks, such as -o click.wav.")
    if (words["score"] is not None) != (kind == "musicxml"):
        raise click.UsageError("--score names the MusicXML score for -o FILE.musicxml; give both or neither.")


def _notes(source: str, words: dict[str, Any]) -> Writer:
    """Return what writes the aligned notes."""
    from scoresep.exports.score_midi import export_score_midi
    from scoresep.io.note_export import export_notes

    aligned, selection = _aligned_notes(source, words)

    def write(path: Path) -> str:
        writer = export_score_midi if words["score_time"] else export_notes
        writer(aligned, path, selection=selection)
        n_notes = len(aligned.notes) if path.suffix.lower() == ".csv" else int(aligned.in_recording.sum())
        return f"{n_notes} notes"

    return write


def _aligned_notes(source: str, words: dict[str, Any]) -> tuple[Alignment, Selection]:
    """Return the alignment, with the velocities that are asked for, and the groups of its notes."""
    from scoresep.io.groups_file import read_groups
    from scoresep.score.selection import select

    aligned = read_alignment(_record_in(source), velocity=words["velocity"] or "known")
    parsed = None if words["groups"] is None else read_groups(words["groups"])
    return aligned, select(parsed, aligned.notes, drums=words["drums"] or "kit")


def _record_in(source: str) -> str:
    """Return the file that has the alignment: the source, or the one in it if it is a folder of stems."""
    from scoresep.io.stems_manifest import RECORD

    return str(Path(source) / RECORD) if Path(source).is_dir() else source


def _bars(source: str, words: dict[str, Any]) -> Writer:
    """Return what writes bars and beats, or sync points."""
    from scoresep.exports.bars import export_bars
    from scoresep.exports.timeline import beats_of

    aligned = read_alignment(_record_in(source))
    n_beats = len(beats_of(aligned))

    def write(path: Path) -> str:
        export_bars(aligned, path)
        return f"{n_beats} beats"

    return write


def _clicks(source: str, words: dict[str, Any]) -> Writer:
    """Return what writes a click track."""
    from scoresep.io.audio_writer import write_audio
    from scoresep.practising.clicks import click_track

    aligned = read_alignment(_record_in(source))
    clicks = click_track(aligned, count_in=words["count_in"] or 0)
    early = clicks.duration - aligned.duration if aligned.duration else 0.0

    def write(path: Path) -> str:
        write_audio(path, clicks, overwrite=True)
        return f"{clicks.duration:.1f} s of clicks, beginning {early:.3f} s before the recording,"

    return write


def _musicxml(source: str, words: dict[str, Any]) -> Writer:
    """Return what writes the score with the tempo of the performance."""
    from scoresep.exports.musicxml import export_musicxml

    aligned = read_alignment(_record_in(source))

    def write(path: Path) -> str:
        export_musicxml(aligned, words["score"], path)
        return "the score"

    return write


def _project(source: str, words: dict[str, Any]) -> Writer:
    """Return what writes a project for Reaper."""
    from scoresep.exports.reaper import export_project
    from scoresep.io.stems_manifest import RECORD
    from scoresep.io.stems_reader import read_stems

    stems = read_stems(Path(source).parent if Path(source).name == RECORD else source)

    def write(path: Path) -> str:
        export_project(stems, path)
        return f"{len(stems.stems)} tracks"

    return write


def _contours(source: str, words: dict[str, Any]) -> Writer:
    """Return what writes the pitch of singers."""
    from scoresep.errors import InputError
    from scoresep.io.contour_table import find_singers, write_contours

    found = read_value_with_contours(_record_in(source))
    try:
        chosen = find_singers(found, words["singer"])
    except ValueError as error:
        raise InputError(f"{source}: {error}") from error

    def write(path: Path) -> str:
        write_contours(found, path, singer=words["singer"])
        return f"{len(chosen)} contours"

    return write


#: What writes each kind of file.
_WRITERS: dict[str, Callable[[str, dict[str, Any]], Writer]] = {
    "notes": _notes,
    "score_time": _notes,
    "contours": _contours,
    "bars": _bars,
    "sync_points": _bars,
    "clicks": _clicks,
    "musicxml": _musicxml,
    "project": _project,
}
