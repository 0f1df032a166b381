"""The ``scoresep`` command: its subcommands, and how errors become one line and an exit status.

Exit statuses: 0 done, 1 the input is at fault, 2 the command line is, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from scoresep.cli.arguments import talk_options
from scoresep.cli.doctor import doctor
from scoresep.cli.evaluate import evaluate
from scoresep.cli.exit_status import Terminated, described
from scoresep.cli.export import export
from scoresep.cli.inspect import inspect
from scoresep.cli.plot import plot
from scoresep.cli.report import report
from scoresep.cli.separate import separate
from scoresep.cli.session import Session, Step
from scoresep.cli.stages import align, decompose, mask, render, stft


class _InOrder(click.Group):
    """A group that lists its commands in the order of their work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands as they were added."""
        return list(self.commands)


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        import scoresep

        click.echo(f"scoresep {scoresep.__version__}")
        ctx.exit()


@click.group(cls=_InOrder, chain=True, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show the version."
)
def cli() -> None:
    """Separate a recording into hands, voices, instruments or notes by its score.

    \b
    scoresep separate song.wav score.mid --groups hands.yaml

    The stages behind it can be had one by one, over .npz files, through pipes or as a chain:

    \b
    scoresep stft song.wav align score.mid decompose mask --groups hands.yaml render -o stems/
    """


cli.params += talk_options()
for command in (separate, stft, align, decompose, mask, render, inspect, export, plot, report, evaluate, doctor):
    cli.add_command(command)


@cli.result_callback()
@click.pass_obj
def run_steps(session: Session, steps: list[Step]) -> None:
    """Run the commands of one call."""
    with session.collecting_warnings():
        session.run(steps)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; say in one line what went wrong."""
    session = Session()
    previous = _on_sigterm(_terminate)
    try:
        result = cli.main(
            list(arguments) if arguments is not None else None, prog_name="scoresep", obj=session, standalone_mode=False
        )
    except BaseException as error:  # noqa: BLE001 (every error becomes a line and a status)
        if session.debug and not isinstance(error, click.exceptions.Exit):
            traceback.print_exc()
        return _report(error)
    finally:
        _on_sigterm(previous)
    return result if isinstance(result, int) else 0


def _report(error: BaseException) -> int:
    """Say what went wrong in a line on standard error; return the exit status."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return 2
        case BrokenPipeError():
            # Nobody reads on; give the interpreter something else to flush.
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        case _:
            return _say(*described(error))


def _say(text: str, status: int) -> int:
    """Print an error in one line; return the status."""
    click.echo(f"scoresep: error: {' '.join(text.split())}", err=True)
    return status


def _terminate(signum: int, frame: Any) -> None:
    """Unwind, so that temporary files are removed."""
    raise Terminated


def _on_sigterm(handler: Any) -> Any:
    """Set what happens at SIGTERM; return what happened before.  Only the main thread can."""
    try:
        return signal.signal(signal.SIGTERM, handler)
    except ValueError:
        return signal.SIG_DFL
