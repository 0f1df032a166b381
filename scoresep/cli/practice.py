"""``scoresep practice``: a part louder, missing and alone, in another tempo, with clicks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import (
    align_options,
    decompose_options,
    groups_options,
    mask_options,
    memory_option,
    overwrite_option,
    part_options,
    stft_options,
)
from scoresep.cli.parameter_types import Positive, Tempo, Whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoresep.cli.session import Session, Step
    from scoresep.io.stems_reader import StemSet
    from scoresep.practising.files import PracticePlan
    from scoresep.values import Audio

#: The folder for the stems among the practice files, and the table of the beats in them.
STEMS, BEATS = "stems", "bars.csv"


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="RECORDING SCORE | STEMS_DIR")
@click.option(
    "--part",
    "parts",
    multiple=True,
    metavar="PART",
    help="Part to practise; can be given several times.  [default: all parts]",
)
@click.option(
    "--tempo", type=Tempo(), metavar="TEMPO",
    help="80% is that of the tempo as it is played; 100 is quarters a minute, the same throughout.",
)  # fmt: skip
@click.option("--click", "with_click", is_flag=True, help="Put a click on each beat, the first of a bar accented.")
@click.option(
    "--count-in",
    type=Whole(0, 8),
    default=0,
    metavar="BARS",
    help="Bars of clicks before the music.  [default: 0]",
)
@click.option(
    "--softer",
    type=Positive(or_zero=True),
    metavar="DB",
    help="How much softer all others are where a part is louder.  [default: 10]",
)
@click.option("--format", help="File format: wav, mp3, flac, ogg …  [default: wav]")
@click.option("-o", "output", metavar="DIR", help="Folder for the files.  [default: song_practice]")
@overwrite_option
@groups_options
@part_options
@memory_option
@stft_options
@align_options
@decompose_options
@mask_options
@click.pass_obj
def practice(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    parts: tuple[str, ...],
    tempo: dict[str, float] | None,
    with_click: bool,
    count_in: int,
    softer: float | None,
    format: str | None,
    output: str | None,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Write what a musician practises with: each part louder, missing and alone.

    \b
    scoresep practice song.wav score.musicxml --part Alto --tempo 80% --click --count-in 1 -o practice/
    scoresep practice practice/stems/ --tempo 60% -o slower/

    The files are Alto-louder.wav, Alto-missing.wav and Alto-alone.wav, and bars.csv with the time of each beat in them.
    The stems stay in the folder stems; from them, or from a folder that separate has written, other tempos and parts
    take seconds. --click, --count-in and a tempo in quarters a minute need a score with bars. The options from --groups
    on are those of separate, for a recording.
    """
    from scoresep.cli.inputs import recording_name
    from scoresep.mixing.remix import remix
    from scoresep.practising.files import practice as plan

    if len(words) not in (1, 2):
        raise click.UsageError("Name a recording and its score, or a folder of stems.")
    name = recording_name(words[0]) if len(words) == 2 else Path(words[0]).absolute().name.removesuffix("_stems")
    target = session.check_output_folder(output or f"{name}_practice", overwrite=overwrite)
    wanted: dict[str, Any] = {"parts": parts, "click": with_click, "count_in": count_in, **(tempo or {})}
    wanted |= {} if softer is None else {"softer": softer}
    needs_bars = with_click or count_in > 0 or "tempo" in wanted
    if len(words) == 1:
        stems = _stems_in(session, words[0])
        planned = plan(stems, **wanted)
        _check_format(remix(stems), format)
        yield
    else:
        options["overwrite"] = overwrite
        make_stems = _separation(
            session, words, target / STEMS, options, parts=parts, format=format, needs_bars=needs_bars
        )
        yield
        planned = plan(make_stems(), **wanted)
    for file in _write(session, planned, target, (format or "wav").lower()):
        if not session.quiet:
            click.echo(file)


def _stems_in(session: Session, folder: str) -> StemSet:
    """Open a folder of stems."""
    from scoresep.io.stems_reader import read_stems

    stems = read_stems(folder)
    session.add_inputs(*(str(stem.path) for stem in stems.stems))
    return stems


def _separation(
    session: Session,
    words: tuple[str, ...],
    folder: Path,
    options: dict[str, Any],
    *,
    parts: tuple[str, ...],
    format: str | None,
    needs_bars: bool,
) -> Callable[[], StemSet]:
    """Check a separation into a folder; return a function that makes the stems and opens them."""
    from scoresep.cli.song import prepare_song
    from scoresep.errors import InputError
    from scoresep.io.song_list import Song
    from scoresep.io.stems_reader import read_stems

    recording, score = words
    of_stems: dict[str, Any] = dict.fromkeys(("keep", "format", "subtype"))
    of_stems |= dict.fromkeys(("minus_one", "full_length", "with_report"), False)
    song = Song(recording, score, options.pop("groups"), str(folder))
    job = prepare_song(session, song, **of_stems, **options)
    _check_format(job.plan.audio, format)
    names = job.plan.selection.names
    if missing := [part for part in parts if part.casefold() not in {name.casefold() for name in names}]:
        raise InputError(f"{score}: has no part '{missing[0]}'; the parts are {', '.join(names)}")
    if needs_bars and _beats_of(job.plan.score) is None:
        raise InputError(f"{score}: has no bars, which clicks and a tempo in quarters need; take a score in notation")

    def run() -> StemSet:
        job.run()
        return read_stems(folder)

    return run


def _beats_of(score: Any) -> Any:
    """Return the beats of the notes of a plan, in whatever form they are."""
    return (score if hasattr(score, "beats") else score[0]).beats


def _check_format(audio: Audio, format: str | None) -> None:
    """Raise OutputError if files like a recording cannot be written in a format."""
    import soundfile

    from scoresep.errors import OutputError
    from scoresep.io.audio_writer import choose_format

    if (format or "").lower() == "mp3" and "MP3" not in soundfile.available_formats():
        raise OutputError(
            "--format mp3: the installed libsndfile cannot write it; take ogg, or libsndfile 1.1 or later"
        )
    choose_format(audio, format, None)


def _write(session: Session, planned: PracticePlan, target: Path, format: str) -> list[Path]:
    """Write the files of a plan into a folder; return their paths."""
    from scoresep.exports.bars import write_beats
    from scoresep.io.atomic import new_folder
    from scoresep.io.audio_writer import write_audio

    files = [f"{name}.{format}" for name in planned.names]
    with session.progress() as show, new_folder(target) as temporary:
        for done, (name, sound) in enumerate(planned.sounds(), 1):
            write_audio(temporary / f"{name}.{format}", sound)
            show("practice", done, len(files), name)
        if planned.beats is not None:
            write_beats(planned.beats, temporary / BEATS)
            files.append(BEATS)
    return [target / file for file in files]
