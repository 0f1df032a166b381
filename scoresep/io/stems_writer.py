"""Stems → a folder of sound files with a manifest, complete or absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import OutputError
from scoresep.io.audio_writer import SoundFormat, sample_size, stem_format, suffix_of
from scoresep.io.checks import check_space
from scoresep.io.npz import save
from scoresep.io.stem_files import StemFiles
from scoresep.io.stems_manifest import (
    MANIFEST,
    MINUS_ONE,
    NOTES_TABLE,
    RECORD,
    check_foreign_files,
    minus_one_path,
    new_stems_folder,
    write_manifest,
)
from scoresep.values import RESIDUAL, Audio, Notes, Selection, SeparationRecord, Stems


def write_stems(
    folder: str | Path,
    stems: Stems | Iterable[Stems],
    *,
    recording: Audio | None = None,
    selection: Selection | None = None,
    format: str | None = None,
    subtype: str | None = None,
    minus_one: bool = False,
    full_length: bool = False,
    record: SeparationRecord | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write stems to a folder, as ``scoresep separate`` does: a sound file for each group and a manifest.

    Parameters
    ----------
    folder : str or Path
        The folder to make.  It appears when it is complete.
    stems : Stems or iterable of Stems
        The stems of a recording, or consecutive stretches of them.
    recording : Audio, optional
        What the stems add up to; needed for stretches only.
    selection : Selection, optional
        The groups that the stretches may have; needed for stretches only.
    format : str, optional
        The container, such as "flac" (default: WAV).
    subtype : str, optional
        The sample format, such as "PCM_24" (default: that of the recording).  The files add up to the recording exactly
        if the stems were rendered in this sample format.
    minus_one : bool
        Also write the recording without each group, to the subfolder ``minus-one``, as ``without-NAME``.
    full_length : bool
        Write single notes as long as the recording, instead of cropped to where they sound.
    record : SeparationRecord, optional
        How the stems were made; `read_stems` and the report use it.
    overwrite : bool
        Whether the stems of an earlier run in the folder may be replaced.  Other files are never replaced.

    Returns
    -------
    dict
        What the manifest ``stems.json`` says: ``stems`` (each with ``name``, ``file``, ``start`` and ``seconds``,
        ``level`` and ``peak`` in dB below full scale), ``files`` and ``folder``.

    Raises
    ------
    OutputError
        If the folder cannot be written, holds files that would be replaced, or cannot hold the stems in that format.
    ValueError
        If stretches come without ``recording`` and ``selection``, or with a group that is not in it.

    Examples
    --------
    >>> import scoresep
    >>> song = scoresep.separate("waltz.flac", "waltz.mid")  # doctest: +SKIP
    >>> scoresep.write_stems("waltz_stems", song.stems)["files"]  # doctest: +SKIP
    ['left.wav', 'residual.wav', 'right.wav']
    """
    folder = Path(folder)
    stretches: Iterable[Stems] = stems if not isinstance(stems, Stems) else [stems]
    if isinstance(stems, Stems):
        recording = recording or _recording_of(stems)
        no_weights = np.zeros((len(stems.names) - 1, len(stems.notes)), np.float32)
        selection = selection or Selection(stems.names[:-1], no_weights, tuple(stems.note[:-1].tolist()))
    elif recording is None or selection is None:
        raise ValueError("stretches of stems need recording=... and selection=...")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise OutputError(f"{folder}: is there already and not empty; overwrite=True replaces its stems")
    chosen = stem_format(recording, format, subtype)
    options: dict[str, Any] = {"format": chosen, "minus_one": minus_one, "full_length": full_length}
    if isinstance(stems, Stems):
        check_stems(folder, recording, selection, stems.notes, **options, extra=[RECORD] if record else [])
    about = {"sample_rate": recording.sample_rate, "channels": recording.n_channels}
    return write_stem_stretches(
        folder, stretches, recording, selection, **options, about=lambda: about, record=record, overwrite=overwrite
    )


def _recording_of(stems: Stems) -> Audio:
    """Return what the stems of a whole recording add up to."""
    if stems.first_sample:
        raise ValueError(f"stems must be those of a whole recording; these begin at sample {stems.first_sample}")
    # In PCM this is the recording to the bit, since float64 holds all sums on the way exactly.
    total = stems.samples.sum(axis=0, dtype=np.float64)
    return Audio(total.astype(stems.samples.dtype), stems.sample_rate, stems.subtype)


def write_stem_stretches(
    folder: Path,
    stretches: Iterable[Stems],
    recording: Audio,
    selection: Selection,
    *,
    format: SoundFormat,
    minus_one: bool = False,
    full_length: bool = False,
    about: Callable[[], dict[str, Any]] = dict,
    record: SeparationRecord | None = None,
    finish: Callable[[Path], object] | None = None,
    overwrite: bool = True,
) -> dict[str, Any]:
    """Write consecutive stretches of stems to a folder that is complete or absent; return what its manifest says.

    ``selection`` has the groups; its weights are not used.  ``about`` is called at the end
    for what else the manifest is to say.  ``finish`` is called with the folder before it is put in its place, and may
    add files that are made of the stems.
    """
    with ExitStack() as stack:
        temporary = stack.enter_context(new_stems_folder(folder, overwrite=overwrite))
        files = StemFiles(temporary, recording, selection, format=format, minus_one=minus_one, full_length=full_length)
        stack.callback(files.release)
        notes = None
        for stems in stretches:
            files.add(stems)
            notes = stems.notes
        if notes is None:
            raise ValueError("there are no stretches of stems to write")
        files.complete(notes)
        rows = [{"name": name, **file.summary(recording.sample_rate)} for name, file in files.written.items()]
        summary = about() | {"folder": str(folder), "stems": rows}
        if record is not None:
            save(record, temporary / RECORD)
        if finish is not None:
            write_manifest(temporary, summary)
            finish(temporary)
        written = (str(file.relative_to(temporary)) for file in temporary.rglob("*") if file.is_file())
        summary["files"] = sorted(name for name in written if name != MANIFEST)
        write_manifest(temporary, summary)
    return summary


def check_stems(
    folder: Path,
    recording: Audio,
    selection: Selection,
    notes: Notes,
    *,
    format: SoundFormat,
    minus_one: bool = False,
    full_length: bool = False,
    extra: Iterable[str] = (),
) -> None:
    """Raise OutputError if stems would not fit on the disk, or would replace a file that is not of an earlier run.

    ``extra`` has the names of further files to come.
    """
    names = selection.names
    single = [] if full_length else [i for i in selection.note if i >= 0]
    stems = [*names, RESIDUAL, *(minus_one_path(name) for name in names if minus_one)]
    files = [f"{name}{suffix_of(format.container)}" for name in stems]
    if minus_one and not (folder / MINUS_ONE).is_dir():
        files.append(MINUS_ONE)
    if single:
        files.append(NOTES_TABLE)
    check_foreign_files(folder, [*files, *extra, MANIFEST])
    seconds = (len(stems) - len(single)) * recording.duration + (notes.offset - notes.onset)[single].sum()
    check_space(folder, seconds * sample_size(format) * recording.n_channels * recording.sample_rate)
