"""``scoresep warp``: a recording, or its stems, in the tempo of the score or in another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import align_options, overwrite_option
from scoresep.cli.parameter_types import Tempo

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="RECORDING SCORE | STEMS_DIR")
@click.option(
    "--tempo", type=Tempo(), metavar="TEMPO",
    help="80% is that of the tempo as it is played; 100 is quarters a minute, the same throughout.  "
    "[default: the tempo of the score]",
)  # fmt: skip
@click.option("-o", "output", metavar="FILE", required=True, help="Sound file to write; of stems, a folder.")
@click.option("--subtype", help="Sample format: PCM_16, PCM_24, FLOAT …  [default: the recording's]")
@overwrite_option
@align_options
@click.pass_obj
def warp(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    tempo: dict[str, float] | None,
    output: str,
    subtype: str | None,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Play a recording, or its stems, in the tempo of the score or in another one.

    \b
    scoresep warp song.wav score.mid -o in_time.wav            # the times of the score
    scoresep warp song.wav score.mid --tempo 100 -o even.wav   # 100 quarters a minute
    scoresep warp song_stems/ --tempo 80% -o slow_stems/       # every stem, slower than it is played

    Pitches and attacks stay as they are. SCORE may be an alignment that was made before (song.align.npz). The folder is
    one that separate has written; its stems stay together.
    """
    if len(words) not in (1, 2):
        raise click.UsageError("Name a recording and its score, or a folder of stems.")
    if len(words) == 1:
        yield from _warp_stems(session, words[0], tempo or {}, output, subtype, overwrite=overwrite)
    else:
        target: dict[str, Any] = {"output": output, "subtype": subtype, "overwrite": overwrite}
        yield from _warp_recording(session, words[0], words[1], tempo or {}, options, **target)


def _warp_recording(
    session: Session,
    recording: str,
    score: str,
    tempo: dict[str, float],
    options: dict[str, Any],
    *,
    output: str,
    subtype: str | None,
    overwrite: bool,
) -> Step:
    """Warp one recording."""
    from scoresep.cli.inputs import alignment_with
    from scoresep.io.audio import read_audio
    from scoresep.io.audio_writer import suffix_format, write_audio
    from scoresep.practising.warp import warp as compute

    session.add_inputs(recording, score)
    session.check_output_file(output, overwrite=overwrite)
    audio = read_audio(recording)
    suffix_format(Path(output), audio, subtype)
    alignment = alignment_with(audio, score, **options)
    yield
    write_audio(output, compute(audio, alignment(), **tempo), subtype=subtype, overwrite=overwrite)
    if not session.quiet:
        click.echo(output)


def _warp_stems(
    session: Session, folder: str, tempo: dict[str, float], output: str, subtype: str | None, *, overwrite: bool
) -> Step:
    """Warp all stems of a folder in the same way."""
    from scoresep.io.atomic import new_folder
    from scoresep.io.audio_writer import write_audio
    from scoresep.io.stems_reader import read_stems
    from scoresep.mixing.remix import remix
    from scoresep.mixing.replaced import stem_audio
    from scoresep.practising.warp import alignment_of, find_warping, new_times, warp_along

    stems = read_stems(folder)
    alignment = alignment_of(stems)
    session.add_inputs(*(str(stem.path) for stem in stems.stems))
    target = session.check_output_folder(output, overwrite=overwrite)
    yield
    found = find_warping(remix(stems), alignment, new_times(alignment, **tempo))
    files = [stem.path.name for stem in stems.stems]
    with session.progress() as show, new_folder(target) as temporary:
        for done, (name, file) in enumerate(zip(stems.names, files, strict=True), 1):
            write_audio(temporary / file, warp_along(stem_audio(stems, name), found), subtype=subtype)
            show("warp", done, len(files), name)
    if not session.quiet:
        for file in files:
            click.echo(target / file)
