"""Stems beside the true ones, and aligned notes beside the true ones, both from files."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import InputError
from scoresep.evaluation.metrics import MISSING_NOTE_ERROR, bss_eval, ideal_mask, null_level, onset_errors, si_sdr, snr
from scoresep.io.note_table import read_onsets
from scoresep.io.stems_reader import SUFFIXES, StemSet, StemSound, read_stems, sound_file
from scoresep.values import RESIDUAL, Array

#: A silent estimate has less than this share of the energy of its reference.
SILENT = 1e-12


@dataclass(frozen=True, kw_only=True)
class StemFigures:
    """The figures of one stem in decibels, with the SDR of the recording and of an ideal mask beside them.

    Where there is none, it is None, and ``remark`` says why.
    """

    name: str
    remark: str = ""
    sdr: float | None
    sir: float | None
    sar: float | None
    si_sdr: float | None
    snr: float | None
    recording: float | None
    ideal_mask: float | None


#: The names of the figures.
FIGURES = tuple(field.name for field in dataclasses.fields(StemFigures) if field.name not in ("name", "remark"))


@dataclass(frozen=True)
class StemsComparison:
    """The figures of all stems, their means, and how far below the recording is what all files leave of it (dB)."""

    stems: tuple[StemFigures, ...]
    mean: StemFigures
    null: float | None
    remark: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what can be written as JSON."""
        metric = "BSS Eval 3, 512 taps, mono"
        return dataclasses.asdict(self) | {"metric": metric}


@dataclass(frozen=True)
class OnsetFigures:
    """Errors of onsets (ms): median and mean of their size, median with sign, and shares below a limit (ms)."""

    notes: int
    median: float
    mean: float
    bias: float
    under_10: float
    under_25: float
    under_50: float
    under_100: float
    lost: int


def compare_stems(
    true_dir: str | Path, stems_dir: str | Path, *, recording: str | Path | None = None
) -> StemsComparison:
    """Compare stems with true ones of the same names, in mono.

    ``true_dir`` holds the true stems, or a folder ``stems`` of them.  ``recording`` is found, unless given, as
    recording.* in or above it, or by what the folder of stems says of itself.  Raises InputError for what is missing
    or does not fit.
    """
    true_dir = Path(true_dir)
    truth = read_stems(true_dir / "stems" if (true_dir / "stems").is_dir() else true_dir)
    found = read_stems(stems_dir)
    source = _recording(true_dir, found, recording)
    n_samples = source.n_samples if source else truth.n_samples
    pairs = [(stem, _counterpart(stem, found)) for stem in truth.stems if stem.name.casefold() != RESIDUAL]
    if not pairs:
        raise InputError(f"{truth.folder}: has no true stems but a residual; there is nothing to compare")
    for stem_set in (truth, found):
        for stem in stem_set.stems:
            _check_length(stem, n_samples, truth.sample_rate, may_be_cropped="stems" in stem_set.summary)
    references, estimates = (np.stack([pair[k].read(0, n_samples).mean(axis=0) for pair in pairs]) for k in (0, 1))
    whole = source.read(0, n_samples) if source else None
    mixture = references.sum(axis=0) if whole is None else whole.mean(axis=0)
    stems = _figures([stem.name for stem, _ in pairs], references, estimates, mixture)
    null, remark = _null(whole, found)
    return StemsComparison(stems, _mean(stems), null, remark)


def compare_onsets(truth: str | Path, notes: str | Path) -> OnsetFigures:
    """Compare a table of aligned notes with the true ones, both with the columns onset, pitch and score_onset."""
    errors = onset_errors(read_onsets(truth), read_onsets(notes))
    if not len(errors):
        raise InputError(f"{truth}: has no note with a score_onset; there is nothing to compare")
    size = 1000 * np.abs(errors)
    under_10, under_25, under_50, under_100 = (float(np.mean(size < limit)) for limit in (10, 25, 50, 100))
    return OnsetFigures(
        notes=len(errors),
        median=float(np.median(size)),
        mean=float(size.mean()),
        bias=float(1000 * np.median(errors)),
        under_10=under_10,
        under_25=under_25,
        under_50=under_50,
        under_100=under_100,
        lost=int(np.sum(errors == MISSING_NOTE_ERROR)),
    )


def _recording(true_dir: Path, found: StemSet, given: str | Path | None) -> StemSound | None:
    """Return the recording that the stems are of, if it is to be found."""
    if given is not None:
        return sound_file(Path(given))
    candidates = [
        file for folder in (true_dir, true_dir.resolve().parent) for file in sorted(folder.glob("recording.*"))
    ]
    if named := found.summary.get("recording"):
        candidates.append(Path(str(named)))
    is_sound = (file for file in candidates if file.suffix.lower() in SUFFIXES and file.is_file())
    return next((sound_file(file) for file in is_sound), None)


def _counterpart(stem: StemSound, found: StemSet) -> StemSound:
    """Return the stem of the same name."""
    if (other := found.named(stem.name)) is None:
        names = ", ".join(repr(stem.name) for stem in found.stems)
        raise InputError(f"{found.folder}: no stem named '{stem.name}'; it has {names}")
    return other


def _check_length(stem: StemSound, n_samples: int, sample_rate: int, *, may_be_cropped: bool) -> None:
    """Raise InputError for a file that is not of the recording."""
    end = stem.first_sample + stem.n_samples
    if stem.sample_rate != sample_rate or end > n_samples or (end < n_samples and not may_be_cropped):
        raise InputError(
            f"{stem.path}: {stem.n_samples} samples at {stem.sample_rate} Hz; "
            f"wanted {n_samples} at {sample_rate} Hz, as the recording has"
        )


def _figures(names: list[str], references: Array, estimates: Array, mixture: Array) -> tuple[StemFigures, ...]:
    """Return the figures of each stem."""
    energy = [np.sum(signals**2, axis=1) for signals in (references, estimates)]
    estimates = np.where((energy[1] < SILENT * energy[0])[:, None], 0.0, estimates)
    table = {
        **dict(zip(("sdr", "sir", "sar"), bss_eval(references, estimates), strict=True)),
        "si_sdr": si_sdr(references, estimates),
        "snr": snr(references, estimates),
        "recording": bss_eval(references, np.broadcast_to(mixture, references.shape))[0],
        "ideal_mask": bss_eval(references, ideal_mask(mixture, references))[0],
    }
    return tuple(
        StemFigures(
            name=name,
            remark=_remark(references[s], estimates[s]),
            **{key: None if np.isnan(column[s]) else float(column[s]) for key, column in table.items()},
        )
        for s, name in enumerate(names)
    )


def _remark(reference: Array, estimate: Array) -> str:
    """Say what keeps a stem from having figures."""
    silent = [name for name, signal in (("true stem", reference), ("stem", estimate)) if not signal.any()]
    return f"the {' and the '.join(silent)} {'is' if len(silent) == 1 else 'are'} silent" if silent else ""


def _mean(stems: tuple[StemFigures, ...]) -> StemFigures:
    """Return the means over the stems that have a figure."""

    def mean(name: str) -> float | None:
        figures = [figure for stem in stems if (figure := getattr(stem, name)) is not None]
        return float(np.mean(figures)) if figures else None

    return StemFigures(name="mean", remark="", **{name: mean(name) for name in FIGURES})


def _null(recording: Array | None, found: StemSet) -> tuple[float | None, str]:
    """Return the null level of all files together, or why there is none."""
    if recording is None:
        return None, "no recording found; --recording names it"
    if any(stem.channels != len(recording) for stem in found.stems):
        return None, "the stems have other channels than the recording"
    total = np.zeros_like(recording)
    for stem in found.stems:
        total += stem.read(0, total.shape[1])
    return null_level(recording, total), ""
