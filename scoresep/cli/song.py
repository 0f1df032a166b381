"""One song of ``scoresep separate``: its inputs and outputs are checked first, then it is separated."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoresep.cli.exit_status import usage_errors
from scoresep.cli.inputs import recording_name
from scoresep.cli.options import check_training, given
from scoresep.cli.outputs import REPORT, check_folder, tell_residual, write_value
from scoresep.cli.stages import masks_excess

if TYPE_CHECKING:
    from scoresep.cli.session import Session
    from scoresep.io.song_list import Song
    from scoresep.pipeline import SeparationPlan, StreamedSeparation
    from scoresep.progress import OnProgress
    from scoresep.values import SeparationRecord

#: Options that do not change the stems, or whose values are too large to compare.
UNIMPORTANT = ("overwrite", "keep", "with_report", "max_memory", "init", "anchors")
#: The values of options that are always given, where they were not.
DEFAULTS = {"repeats": "auto", "ornaments": "played"}
#: The files that ``--keep`` leaves, by the part of their names that tells the stage.
KEPT = ("stft", "align", "parts", "masks")


@dataclass(frozen=True)
class SongJob:
    """A song whose inputs and outputs have been checked.

    ``stem_options`` are keyword arguments of `write_stem_stretches`; ``kept_files`` has a path for each of `KEPT`, or
    is empty. ``started`` is when the checks began, on the clock of ``time.perf_counter``.
    """

    session: Session
    song: Song
    plan: SeparationPlan
    folder: Path
    stem_options: dict[str, Any]
    with_report: bool
    kept_files: dict[str, Path]
    started: float
    asked: dict[str, Any]

    def run(self) -> dict[str, Any]:
        """Separate the song, write its stems, and return the summary."""
        from scoresep.io.stems_writer import write_stem_stretches

        with self.session.progress() as on_progress:
            found = self.plan.run(on_progress=on_progress)
            selection = found.selection
            summary = write_stem_stretches(
                self.folder,
                found.stems,
                self.plan.audio,
                selection,
                about=partial(self._summary_without_stems, found),
                record=_record(found),
                finish=partial(_write_report, on_progress=on_progress) if self.with_report else None,
                **self.stem_options,
            )
        tell_residual(summary, self.plan.options.get("method"))
        if self.kept_files:
            self._keep(found)
        return summary

    def _summary_without_stems(self, found: StreamedSeparation) -> dict[str, Any]:
        """Return the summary without the stems."""
        import scoresep

        audio, alignment, decomposition = self.plan.audio, found.alignment, found.decomposition
        weights, sounds = found.selection.weights, alignment.in_recording
        return {
            "scoresep": scoresep.__version__,
            "recording": self.song.recording,
            "score": self.song.score,
            "seconds": round(audio.duration, 3),
            "sample_rate": audio.sample_rate,
            "channels": audio.n_channels,
            "notes": int(sounds.sum()),
            "notes_in_no_group": int((weights[:, sounds].sum(axis=0) == 0).sum()),
            "notes_in_several_groups": int(((weights[:, sounds] > 0).sum(axis=0) > 1).sum()),
            "confidence": round(alignment.overall_confidence, 4),
            "tuning": round(alignment.tuning, 2),
            "transposition": alignment.transposition,
            "iterations": len(decomposition.loss) - 1,
            "loss": float(decomposition.loss[-1]),
            "options": decomposition.options
            | {
                "backend": decomposition.backend,
                "n_fft": decomposition.transform.n_fft,
                "hop": decomposition.transform.hop,
            }
            | ({"method": self.plan.options["method"]} if "method" in self.plan.options else {})
            | ({"priors": list(found.priors.sounds)} if found.priors else {}),
            "asked": self.asked,
            "wall_seconds": round(time.perf_counter() - self.started, 2),
            "warnings": self.session.warnings,
        }

    def _keep(self, found: StreamedSeparation) -> None:
        """Write the value of each stage to its file."""
        from scoresep.stages.mask import mask
        from scoresep.stages.stft import stft

        files, decomposition = self.kept_files, found.decomposition
        files["stft"].parent.mkdir(parents=True, exist_ok=True)
        spectrogram = stft(self.plan.audio, n_fft=decomposition.transform.n_fft, hop=decomposition.transform.hop)
        write_value(spectrogram, str(files["stft"]))
        write_value(found.alignment, str(files["align"]))
        write_value(decomposition, str(files["parts"]))
        if excess := masks_excess(decomposition, found.selection):
            self.session.add_warning(f"{excess}; they are not kept")
        else:
            sharpness: dict[str, Any] = {name: value for name, value in self.plan.options.items() if name == "exponent"}
            masks = mask(decomposition, found.selection, priors=found.priors, **sharpness)
            write_value(masks, str(files["masks"]))


def _record(found: StreamedSeparation) -> SeparationRecord:
    """Return what is kept with the stems of how they were made."""
    from scoresep.model.note_velocities import played_velocities
    from scoresep.values import SeparationRecord

    selection, fit = found.selection, found.decomposition
    return SeparationRecord(
        found.alignment, selection.names, selection.weights, fit.loss, fit.contours, fit.singer_parts,
        played_velocities(fit),
    )  # fmt: skip


def prepare_song(
    session: Session,
    song: Song,
    *,
    overwrite: bool,
    keep: str | None,
    format: str | None,
    subtype: str | None,
    minus_one: bool,
    full_length: bool,
    with_report: bool,
    **options: Any,
) -> SongJob:
    """Check the inputs and outputs of a song.

    ``options`` are those of `plan_separation`; an option that was not given is None.
    """
    from scoresep.errors import OptionError
    from scoresep.io.audio_writer import stem_format
    from scoresep.io.stems_manifest import RECORD
    from scoresep.io.stems_writer import check_stems
    from scoresep.pipeline import plan_separation
    from scoresep.separators.priors import files_of

    started = time.perf_counter()
    stem_words = {"format": format, "subtype": subtype, "minus_one": minus_one, "full_length": full_length}
    asked = asked_options(options | stem_words)
    session.name = recording_name(song.recording)
    folder = session.check_output_folder(song.out, overwrite=overwrite)
    kept_files = check_kept_files(session, song, keep, overwrite=overwrite)
    session.add_inputs(song.recording, song.score, song.groups, *files_of(options["priors"]))
    session.check_outputs()
    check_training(options)
    with usage_errors(OptionError):
        plan = plan_separation(song.recording, song.score, groups=song.groups, **given(options))
    sound_format = stem_format(plan.audio, format, subtype)
    stem_options: dict[str, Any] = {"format": sound_format, "minus_one": minus_one, "full_length": full_length}
    extra = [RECORD, REPORT] if with_report else [RECORD]
    check_stems(folder, plan.audio, plan.selection, plan.notes, **stem_options, extra=extra)
    plan = replace(plan, options=plan.options | {"subtype": sound_format.subtype})
    stem_options["overwrite"] = overwrite
    return SongJob(session, song, plan, folder, stem_options, with_report, kept_files, started, asked)


def asked_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given and may change the stems, as JSON has them."""
    asked = {}
    for name, value in given(options).items():
        if name in UNIMPORTANT or value is False or value == () or value == DEFAULTS.get(name):
            continue
        asked[name] = value if isinstance(value, str | int | float) else str(value)
    return asked


def check_kept_files(session: Session, song: Song, keep: str | None, *, overwrite: bool) -> dict[str, Path]:
    """Declare the files that ``--keep`` leaves of a song and return their paths; raise an error if one is not free."""
    from scoresep.io.checks import check_output

    if keep is None:
        return {}
    check_folder(Path(keep), overwrite=True)
    files = {stage: Path(keep) / f"{recording_name(song.recording)}.{stage}.npz" for stage in KEPT}
    for file in files.values():
        if file.parent.is_dir():
            check_output(file, overwrite=overwrite)
        session.add_output(file)
    return files


def _write_report(folder: Path, *, on_progress: OnProgress) -> None:
    """Write a page on the stems in a folder into the folder."""
    from scoresep.io.stems_reader import read_stems
    from scoresep.views.report import write_report

    def on_block(done: int, total: int) -> None:
        on_progress("report", done, total, "")

    write_report(read_stems(folder), folder / REPORT, on_block=on_block)
