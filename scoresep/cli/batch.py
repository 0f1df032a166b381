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

from scoresep.cli.exit_status import described
from scoresep.cli.session import Session

if TYPE_CHECKING:
    from scoresep.io.song_list import Song


@dataclass(frozen=True)
class Outcome:
    """What became of a song: a summary of its stems, or what was wrong."""

    song: Song
    summary: dict[str, Any]
    error: str = ""


@dataclass(frozen=True)
class Here:
    """What workers of this machine are told: where to work, with how many threads, and for which process."""

    folder: str
    threads: int
    parent: int


def separate_song(song: Song, options: dict[str, Any], here: Here | None) -> Outcome:
    """Separate a song; whatever goes wrong is the outcome of this song alone."""
    from scoresep.cli.song import prepared
    from scoresep.dsp.parallel import VARIABLE

    if here is not None and os.getpid() != here.parent:
        os.chdir(here.folder)  # a worker may be one that worked elsewhere before
        os.environ[VARIABLE] = str(here.threads)
        _end_with(here.parent)
    session = Session(quiet=True)
    try:
        with session.collecting_warnings():
            return Outcome(song, prepared(session, song, **options)())
    except Exception as error:  # noqa: BLE001 (one failure does not stop the rest)
        return Outcome(song, {"warnings": session.warnings}, " ".join(described(error)[0].split()))


def separate_songs(
    session: Session,
    songs: list[Song],
    options: dict[str, Any],
    *,
    jobs: int,
    cluster: str | None,
    resume: bool,
    in_json: bool,
) -> None:
    """Separate songs, ``jobs`` at once, and say what became of each; exit with status 1 if any has failed."""
    from scoresep.io.stems_manifest import as_json

    waiting = [song for song in songs if not (resume and is_done(song))]
    outcomes = []
    with session.progress() as report, _workers(min(jobs, max(len(waiting), 1)), cluster) as (run, here):
        for outcome in run((song, options, here) for song in waiting):
            outcomes.append(outcome)
            report("separate", len(outcomes), len(waiting), outcome.song.recording)
            for warning in outcome.summary.get("warnings", ()):
                session.warn(f"{outcome.song.recording}: {warning}")
            if outcome.error:
                session.complain(outcome.error, outcome.song.recording)
            elif not in_json:
                session.tell_files(outcome.summary)
    failed = sum(bool(outcome.error) for outcome in outcomes)
    if in_json:
        done = [{"recording": o.song.recording, "error": o.error or None} | o.summary for o in outcomes]
        click.echo(as_json(done), nl=False)
    skipped = f", {len(songs) - len(waiting)} were there already" if len(songs) > len(waiting) else ""
    session.note(f"{len(outcomes) - failed} songs separated, {failed} failed{skipped}")
    if failed:
        raise click.exceptions.Exit(1)


def is_done(song: Song) -> bool:
    """Whether the stems of a song are there, complete and newer than what they are made from."""
    from scoresep.io.stems_manifest import MANIFEST

    folder = Path(song.out)
    sources = [Path(name) for name in (song.recording, song.score, song.groups) if name]
    try:
        made = (folder / MANIFEST).stat().st_mtime
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        complete = "stems" in manifest and all((folder / name).is_file() for name in manifest["files"])
        return complete and all(source.stat().st_mtime <= made for source in sources)
    except (OSError, ValueError, LookupError, TypeError):
        return False


@cache
def _end_with(parent: int) -> None:
    """Let this process end when its parent does, even if that was killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, daemon=True).start()


@contextmanager
def _workers(jobs: int, cluster: str | None) -> Iterator[tuple[Any, Here | None]]:
    """Give what runs `separate_song` on many songs at once, and what its workers are told if they are here.

    The workers are processes of this machine that share its cores, or those of a Dask cluster at an address.
    """
    from joblib import Parallel, delayed, parallel_config

    from scoresep.dsp.parallel import count_threads

    def run(calls: Any) -> Any:
        return Parallel(return_as="generator_unordered")(delayed(separate_song)(*call) for call in calls)

    if cluster is None:
        threads = max(count_threads() // jobs, 1)
        with parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=threads):
            yield run, Here(str(Path.cwd()), threads, os.getpid())
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise click.ClickException('--cluster needs Dask; install it: pip install "scoresep[cluster]"') from error
    try:
        client = Client(cluster, timeout=10)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"--cluster {cluster}: there is no cluster ({error})") from error
    with client, parallel_config(backend="dask"):
        yield run, None
