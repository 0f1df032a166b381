"""``scoresep edit``: change single notes of a recording."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.comparison import check_page, report_option, write_page
from scoresep.cli.exit_status import usage_errors
from scoresep.cli.inputs import recording_name
from scoresep.cli.options import (
    align_options,
    check_training,
    decompose_options,
    exponent_option,
    given,
    memory_option,
    overwrite_option,
    stft_options,
)
from scoresep.cli.parameter_types import Positive

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step

logger = logging.getLogger(__name__)


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="RECORDING SCORE [EDITS]")
@click.option(
    "--key", nargs=2, metavar="OLD NEW", help='Keys to change from and to, such as "A minor" "A major", without EDITS.'
)
@click.option("--tempo", type=Positive(), help="Quarters a minute of the score, for edits in beats.")
@click.option("-o", "output", metavar="FILE", help="Sound file to write.  [default: song_edited.wav]")
@click.option("--subtype", help="Sample format: PCM_16, PCM_24, FLOAT …  [default: the recording's]")
@report_option
@overwrite_option
@memory_option
@stft_options
@align_options
@decompose_options
@exponent_option
@click.pass_obj
def edit(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    key: tuple[str, str] | None,
    output: str | None,
    subtype: str | None,
    with_report: bool,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Change single notes of a recording.

    \b
    scoresep edit song.wav score.mid edits.yaml -o edited.wav   # what the file says
    scoresep edit song.wav score.mid changed.mid -o edited.wav  # what differs between the two scores
    scoresep edit song.wav score.mid --key "A minor" "A major" -o major.wav

    The edits file selects notes as a groups file does and says what is done to them: gain, mute, transpose, shift,
    stretch, replace. SCORE may be what 'scoresep separate --keep' or a stage has left (song.parts.npz); an edit then
    takes seconds. The recording stays as it is wherever no changed note sounds.
    """
    from scoresep.editing.edit import plan_edit
    from scoresep.errors import OptionError
    from scoresep.io.atomic import new_file
    from scoresep.io.audio_writer import suffix_format, write_audio

    if len(words) != (2 if key else 3):
        raise click.UsageError("Name the recording, its score and the edits; or the first two and --key OLD NEW.")
    recording, score, *rest = words
    edits = rest[0] if rest else None
    session.name = recording_name(recording)
    target = output or f"{session.name}_edited.wav"
    session.add_inputs(*words)
    session.check_output_file(target, overwrite=overwrite)
    page = check_page(session, target, with_report=with_report, overwrite=overwrite)
    session.check_outputs()
    check_training(options)
    with usage_errors(OptionError):
        plan = plan_edit(recording, score, edits, key=key, **given(options))
    suffix_format(Path(target), plan.audio, subtype)  # a mistake costs nothing yet
    yield
    with session.progress() as on_progress:
        found = plan.run(on_progress=on_progress)
        summary = {"notes changed": found.n_changed, "notes added": found.n_added}
        versions = {"recording": plan.audio, "edited": found.audio}
        write_page(page, versions, on_progress, notes=found.notes, summary=summary)
    edited = found.audio
    if edited is plan.audio:
        logger.warning("nothing changes: %s is the recording", target)
    if edited is plan.audio and subtype is None and Path(recording).suffix.lower() == Path(target).suffix.lower():
        with new_file(Path(target)) as temporary:
            shutil.copyfile(recording, temporary)
    else:
        write_audio(target, edited, subtype=subtype, overwrite=overwrite)
    if not session.quiet:
        for path in filter(None, (target, page)):
            click.echo(path)
