"""The ``scoresep`` command: its options, and how a call ends.

The exit status is 0 when done, 1 if the input is at fault, 2 if the command line is, 130 if interrupted and 143 if
terminated.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from scoresep.cli.arguments import verbosity_options
from scoresep.cli.commands import CommandGroup
from scoresep.cli.exit_status import Terminated, describe_error
from scoresep.cli.messages import logger, messages_on_stderr, warnings_to
from scoresep.cli.session import Session

#: How many new objects Python waits for before it looks for garbage. Imports make many objects and hardly any garbage;
#: with Python's own 700 the search would take a twentieth of a second in each call.
GARBAGE_THRESHOLDS = (10_000, 10, 10)


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version and exit."""
    if value:
        import scoresep

        click.echo(f"scoresep {scoresep.__version__}")
        ctx.exit()


@click.group(
    cls=CommandGroup, chain=True, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version."
)
def cli() -> None:
    """Separate a recording into hands, voices, instruments or notes, guided by its score.

    Recordings are WAV, FLAC, AIFF, MP3 or Ogg files (with ffmpeg also M4A and others). Scores are MIDI, MusicXML, MEI,
    Humdrum **kern or ABC files, or tables of notes.

    The five stages of the work are commands of their own: stft, align, decompose, mask and render. They pass their
    results on as .npz files, through pipes (-o -), or directly in one call, as in the last example.

    \b
    scoresep separate song.wav score.mid
    scoresep separate song.mp3 score.musicxml --groups hands.yaml --report
    scoresep inspect score.mid
    scoresep stft song.wav align score.mid decompose mask --groups hands.yaml render -o stems/
    """


cli.params += verbosity_options()


@cli.result_callback()
@click.pass_obj
def run_steps(session: Session, steps: list[object]) -> None:
    """Run the commands of one call; a plain Click command of another package has run already."""
    with warnings_to(session.add_warning):
        session.run([step for step in steps if isinstance(step, Iterator)])


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; print one line if something goes wrong."""
    session = Session()
    previous = _set_sigterm_handler(_terminate)
    with messages_on_stderr(session.handler):
        try:
            words = list(arguments) if arguments is not None else None
            result = cli.main(words, prog_name="scoresep", obj=session, standalone_mode=False)
        except BaseException as error:  # noqa: BLE001 (every error becomes a line and a status)
            return _end_with_error(error)
        finally:
            _set_sigterm_handler(previous)
    return result if isinstance(result, int) else 0


def _end_with_error(error: BaseException) -> int:
    """Print what went wrong in one line, with --debug after the traceback; return the exit status."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return 2
        case BrokenPipeError():
            # Nobody reads standard output any more. The interpreter flushes it in the end; let it flush to nowhere.
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        case SystemExit(code=int(status)):
            return status  # Click ends in this way when nobody reads standard output any more.
    text, status = describe_error(error)
    logger.debug("%s", "".join(traceback.format_exception(error)).rstrip())
    logger.error("%s", text)
    return status


def _terminate(signum: int, frame: Any) -> None:
    """Raise an exception, so that temporary files are removed."""
    raise Terminated


def _set_sigterm_handler(handler: Any) -> Any:
    """Set what happens at SIGTERM; return what happened before. Only the main thread can set it."""
    try:
        return signal.signal(signal.SIGTERM, handler)
    except ValueError:
        return signal.SIG_DFL
