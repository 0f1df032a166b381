"""Many songs in one call: each in a process of its own, on this machine or on a cluster."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.exit_status import describe_error
from scoresep.cli.inputs import recording_name
from scoresep.cli.messages import NOTICE, logger, no_messages, warnings_to
from scoresep.cli.outputs import check_folder, print_stem_paths
from scoresep.cli.session import Session
from scoresep.cli.song import asked_options, check_kept_files, prepare_song
from scoresep.errors import InputError, install_line

if TYPE_CHECKING:
    from scoresep.cli.session import Step
    from scoresep.io.song_list import Song

#: How long the scheduler of a Dask cluster may take to answer (s).
CLUSTER_TIMEOUT = 10.0


@dataclass(frozen=True)
class BatchOptions:
    """How many songs are worked on: ``jobs`` at once, on this machine or on the Dask cluster at an address."""

    jobs: int
    cluster: str | None
    resume: bool
    in_json: bool


@dataclass(frozen=True)
class Outcome:
    """What became of a song: the summary of its stems, or an error."""

    song: Song
    summary: dict[str, Any]
    error: str = ""


@dataclass(frozen=True)
class LocalWorker:
    """What a process of this machine needs to know: its folder, its number of threads, and its parent process."""

    folder: str
    threads: int
    parent: int


def separate_songs(
    session: Session, songs: list[Song], options: dict[str, Any], batch: BatchOptions, *, parent: str | None
) -> Step:
    """Check the outputs of all songs, then separate them; exit with status 1 if any song has failed.

    ``options`` are those of `prepare_song`; ``parent`` is the folder for the folders of stems, if one is named.
    """
    from scoresep.io.song_list import check_songs

    check_songs(songs)
    finished = {song: found for song in songs if batch.resume and (found := finished_summary(song, session, options))}
    outdated = {song: reason for song in songs if batch.resume and (reason := outdated_reason(song, options))}
    waiting = [song for song in songs if song not in finished and song not in outdated]
    _check_outputs(session, waiting, parent=parent, keep=options["keep"], overwrite=options["overwrite"])
    yield
    failures = [Outcome(song, {}, reason) for song, reason in outdated.items()]
    for outcome in failures:
        _log_error(outcome)
    with _folder_unless_empty(parent):
        outcomes = [*failures, *_run_songs(session, waiting, options, batch)]
    failed = sum(bool(outcome.error) for outcome in outcomes)
    if batch.in_json:
        for outcome in [*(Outcome(*entry) for entry in finished.items()), *outcomes]:
            print_json(outcome.song, outcome.summary, outcome.error)
    skipped = f", {len(finished)} were there already" if finished else ""
    logger.log(NOTICE, "%d songs separated, %d failed%s", len(outcomes) - failed, failed, skipped)
    if failed:
        raise click.exceptions.Exit(1)


def finished_summary(song: Song, session: Session, options: dict[str, Any]) -> dict[str, Any] | None:
    """Return the summary of a song whose stems are complete and newer than its files, else None.

    If they were made with other options, say so.
    """
    summary = _complete_summary(song)
    if summary is None or _newer_source(song):
        return None
    asked, before = asked_options(options), summary.get("asked", {})
    if changed := sorted(name for name in {*asked, *before} if asked.get(name) != before.get(name)):
        words = ", ".join(f"--{name.replace('_', '-')}" for name in changed)
        session.add_warning(
            f"{song.out}: has the results of other options ({words}), which --resume keeps; "
            "leave out --resume and add --overwrite to make it anew"
        )
    return summary


def outdated_reason(song: Song, options: dict[str, Any]) -> str:
    """Return why a song cannot be separated: its stems are complete, but older than a file of it; else ""."""
    newer = "" if options["overwrite"] or _complete_summary(song) is None else _newer_source(song)
    return f"{song.out}: is older than {newer}; --overwrite makes it anew" if newer else ""


def _complete_summary(song: Song) -> dict[str, Any] | None:
    """Return the summary of a song whose stems are complete, else None."""
    from scoresep.io.stems_manifest import MANIFEST

    folder = Path(song.out)
    try:
        summary: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return summary if "stems" in summary and all((folder / name).is_file() for name in summary["files"]) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _newer_source(song: Song) -> str:
    """Return the first file of a song that is newer than its stems, or cannot be read; else ""."""
    from scoresep.io.stems_manifest import MANIFEST

    made = (Path(song.out) / MANIFEST).stat().st_mtime
    sources = [name for name in (song.recording, song.score, song.groups) if name]
    return next((name for name in sources if not Path(name).is_file() or Path(name).stat().st_mtime > made), "")


def separate_song(song: Song, options: dict[str, Any], worker: LocalWorker | None) -> Outcome:
    """Separate a song; an error becomes its outcome and does not stop the other songs."""
    from scoresep.dsp.parallel import THREADS_VARIABLE

    if worker is not None and os.getpid() != worker.parent:
        os.chdir(worker.folder)  # the process may have worked in another folder before
        os.environ[THREADS_VARIABLE] = str(worker.threads)
        _end_with_parent(worker.parent)
    session = Session(quiet=True)
    try:
        with no_messages(), warnings_to(session.add_warning):
            return Outcome(song, prepare_song(session, song, **options).run())
    except Exception as error:  # noqa: BLE001 (one failure does not stop the rest)
        return Outcome(song, {"warnings": session.warnings}, describe_error(error)[0])


def _check_outputs(
    session: Session, songs: list[Song], *, parent: str | None, keep: str | None, overwrite: bool
) -> None:
    """Declare the outputs of all songs; raise an error if one cannot be written or two are the same."""
    if parent is not None:
        check_folder(Path(parent), overwrite=True)
    names: dict[str, str] = {}
    for song in songs:
        session.check_output_folder(song.out, overwrite=overwrite)
        check_kept_files(session, song, keep, overwrite=overwrite)
        name = recording_name(song.recording)
        if keep is not None and name in names:
            raise InputError(
                f"{song.recording}: {names[name]} has the same name, and so have the files in {keep}; "
                "separate one of them in a call of its own, with another --keep"
            )
        names[name] = song.recording


@contextmanager
def _folder_unless_empty(folder: str | None) -> Iterator[None]:
    """Make a folder; remove it in the end if nothing was written to it."""
    from scoresep.io.atomic import missing_folders

    with missing_folders(Path(folder or ".")):
        yield


def _run_songs(session: Session, songs: list[Song], options: dict[str, Any], batch: BatchOptions) -> list[Outcome]:
    """Separate songs and report each when it is done; return the outcomes in this order."""
    outcomes = []
    jobs = min(batch.jobs, max(len(songs), 1))
    with session.progress() as on_progress, _workers(jobs, batch.cluster) as (run, worker):
        for outcome in run((song, options, worker) for song in songs):
            outcomes.append(outcome)
            on_progress("separate", len(outcomes), len(songs), outcome.song.recording)
            for warning in outcome.summary.get("warnings", ()):
                session.add_warning(f"{outcome.song.recording}: {warning}")
            if outcome.error:
                _log_error(outcome)
            elif not (batch.in_json or session.quiet):
                print_stem_paths(outcome.summary)
    return outcomes


def _log_error(outcome: Outcome) -> None:
    """Show the error of a song, with the name of the recording."""
    recording = outcome.song.recording
    logger.error("%s", outcome.error if outcome.error.startswith(recording) else f"{recording}: {outcome.error}")


def print_json(song: Song, summary: dict[str, Any], error: str = "") -> None:
    """Print the summary or the error of a song as a line of JSON."""
    from scoresep.io.stems_manifest import as_json

    click.echo(as_json({"recording": song.recording, "error": error or None} | summary, indent=None), nl=False)


@cache
def _end_with_parent(parent: int) -> None:
    """Let this process end when its parent does, even if the parent was killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, daemon=True).start()


@contextmanager
def _workers(jobs: int, cluster: str | None) -> Iterator[tuple[Any, LocalWorker | None]]:
    """Give a function that calls `separate_song` for many songs at once, and what it tells local processes.

    The songs are worked on by processes of this machine, which share its cores, or by those of a Dask cluster.
    """
    from joblib import Parallel, delayed, parallel_config

    from scoresep.dsp.parallel import count_threads

    def run(calls: Any) -> Any:
        return Parallel(return_as="generator_unordered")(delayed(separate_song)(*call) for call in calls)

    if cluster is None:
        threads = max(count_threads() // jobs, 1)
        with parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=threads):
            yield run, LocalWorker(str(Path.cwd()), threads, os.getpid())
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise click.ClickException(f"--cluster needs Dask; install it: {install_line('cluster')}") from error
    try:
        client = Client(cluster, timeout=CLUSTER_TIMEOUT)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"--cluster {cluster}: there is no cluster ({error})") from error
    with client, parallel_config(backend="dask"):
        yield run, None
