"""Compare folders of stems, and tables of aligned notes or of pitch contours, with the true ones."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import InputError
from scoresep.evaluation.metrics import MISSING_NOTE_ERROR, bss_eval, ideal_mask, null_level, onset_errors, si_sdr, snr
from scoresep.evaluation.pitch_measures import PitchFigures, pitch_figures
from scoresep.io.contour_table import read_contours
from scoresep.io.note_table import read_onsets
from scoresep.io.stems_reader import SUFFIXES, StemSet, StemSound, read_stems, sound_file
from scoresep.values import RESIDUAL, Array

#: A stem with less than this share of the energy of the true one counts as silent.
SILENT_ENERGY = 1e-12
#: What the figures of separation are, for JSON.
METRIC = "BSS Eval 3, 512 taps, mono"


@dataclass(frozen=True, kw_only=True)
class StemFigures:
    """The figures of one stem, in decibels; one that cannot be computed is None.

    Attributes
    ----------
    name : str
        The name of the stem, or "mean".
    remark : str
        Why there are no figures, if there are none.
    sdr, sir, sar : float or None
        Signal-to-distortion, -interference and -artefacts ratio of BSS Eval 3.
    si_sdr : float or None
        Scale-invariant signal-to-distortion ratio.
    snr : float or None
        Signal-to-noise ratio.
    recording : float or None
        The SDR of the recording itself, in place of the stem.
    ideal_mask : float or None
        The SDR of the ideal ratio mask.
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


#: The names of the figures of a stem.
FIGURES = tuple(field.name for field in dataclasses.fields(StemFigures) if field.name not in ("name", "remark"))


@dataclass(frozen=True)
class StemsComparison:
    """The figures of all stems.

    Attributes
    ----------
    stems : tuple of StemFigures
        One entry for each true stem.
    mean : StemFigures
        The means over the stems that have a figure.
    null : float or None
        The level of the recording over that of its difference from the sum of all files (dB); None if there is none.
    remark : str
        Why there is no null level, if there is none.
    """

    stems: tuple[StemFigures, ...]
    mean: StemFigures
    null: float | None
    remark: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as what `json.dumps` takes."""
        return dataclasses.asdict(self) | {"metric": METRIC}


@dataclass(frozen=True)
class OnsetFigures:
    """Errors of the onsets of aligned notes.

    Attributes
    ----------
    notes : int
        How many true notes there are.
    median, mean : float
        Of the absolute errors (ms).
    bias : float
        The median of the errors (ms); positive if notes are placed too late.
    under_10, under_25, under_50, under_100 : float
        The share of notes with an absolute error below so many milliseconds, from 0 to 1.
    lost : int
        How many true notes have no counterpart.
    """

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
    """Compare stems with the true ones of the same names, in mono.

    Parameters
    ----------
    true_dir : str or Path
        The folder of the true stems, or of a folder ``stems`` of them.
    stems_dir : str or Path
        The folder of the stems.
    recording : str or Path, optional
        The recording. By default it is the file recording.* in ``true_dir`` or above it, or the one that the folder of
        stems names.

    Returns
    -------
    StemsComparison
        The figures.

    Raises
    ------
    InputError
        If a file is missing, or is not as long as the recording.
    """
    true_dir = Path(true_dir)
    truth = read_stems(true_dir / "stems" if (true_dir / "stems").is_dir() else true_dir)
    found = read_stems(stems_dir)
    source = _find_recording(true_dir, found, recording)
    n_samples = source.n_samples if source else truth.n_samples
    pairs = [(stem, _counterpart(stem, found)) for stem in truth.stems if stem.name.casefold() != RESIDUAL]
    if not pairs:
        raise InputError(f"{truth.folder}: has no true stems but a residual; there is nothing to compare")
    for stem_set in (truth, found):
        for stem in stem_set.stems:
            _check_length(stem, n_samples, truth.sample_rate, may_be_cropped="stems" in stem_set.summary)
    references, estimates = (np.stack([pair[k].read(0, n_samples).mean(axis=0) for pair in pairs]) for k in (0, 1))
    samples = source.read(0, n_samples) if source else None
    mixture = references.sum(axis=0) if samples is None else samples.mean(axis=0)
    stems = _figures([stem.name for stem, _ in pairs], references, estimates, mixture)
    null, remark = _null_level(samples, found)
    return StemsComparison(stems, _mean(stems), null, remark)


def compare_pitch(truth: str | Path, contours: str | Path) -> tuple[PitchFigures, ...]:
    """Compare pitch contours with the true ones.

    Parameters
    ----------
    truth : str or Path
        The table of the true contours, as `read_contours` takes it.
    contours : str or Path
        The table of the contours.  If either table has one contour, and the other one has one too, their names do not
        matter; else each true contour is compared with the one of its part.

    Returns
    -------
    tuple of PitchFigures
        The figures of each true contour.

    Raises
    ------
    InputError
        If a file is not such a table, or if a part is missing.
    """
    true, found = read_contours(truth), read_contours(contours)
    if len(true) == len(found) == 1:
        ((name, reference),), (estimate,) = true.items(), found.values()
        return (pitch_figures(reference, estimate, name=name),)
    by_name = {name.casefold(): contour for name, contour in found.items()}
    if missing := [name for name in true if name.casefold() not in by_name]:
        there = ", ".join(map(repr, found))
        raise InputError(f"{contours}: no contour of {missing[0]!r}; it has {there}")
    return tuple(pitch_figures(each, by_name[name.casefold()], name=name) for name, each in true.items())


def compare_onsets(truth: str | Path, notes: str | Path) -> OnsetFigures:
    """Compare aligned notes with the true ones.

    Parameters
    ----------
    truth : str or Path
        The table of the true notes, with the columns onset, pitch and score_onset.
    notes : str or Path
        The table of the aligned notes, with the same columns.

    Returns
    -------
    OnsetFigures
        The errors of the onsets.

    Raises
    ------
    InputError
        If there is no true note.
    """
    errors = onset_errors(read_onsets(truth), read_onsets(notes))
    if not len(errors):
        raise InputError(f"{truth}: has no note with a score_onset; there is nothing to compare")
    absolute = 1000 * np.abs(errors)
    return OnsetFigures(
        notes=len(errors),
        median=float(np.median(absolute)),
        mean=float(absolute.mean()),
        bias=float(1000 * np.median(errors)),
        under_10=float(np.mean(absolute < 10)),
        under_25=float(np.mean(absolute < 25)),
        under_50=float(np.mean(absolute < 50)),
        under_100=float(np.mean(absolute < 100)),
        lost=int(np.sum(errors == MISSING_NOTE_ERROR)),
    )


def _find_recording(true_dir: Path, found: StemSet, given: str | Path | None) -> StemSound | None:
    """Return the recording that was separated, if it can be found."""
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
    """Raise an InputError for a file that is not as long as the recording."""
    end = stem.first_sample + stem.n_samples
    if stem.sample_rate != sample_rate or end > n_samples or (end < n_samples and not may_be_cropped):
        raise InputError(
            f"{stem.path}: {stem.n_samples} samples at {stem.sample_rate} Hz; "
            f"wanted {n_samples} at {sample_rate} Hz, as the recording has"
        )


def _figures(names: list[str], references: Array, estimates: Array, mixture: Array) -> tuple[StemFigures, ...]:
    """Return the figures of each stem."""
    energy = [np.sum(signals**2, axis=1) for signals in (references, estimates)]
    estimates = np.where((energy[1] < SILENT_ENERGY * energy[0])[:, None], 0.0, estimates)
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
    """Return why a stem has no figures, if it has none."""
    silent = [name for name, signal in (("true stem", reference), ("stem", estimate)) if not signal.any()]
    return f"the {' and the '.join(silent)} {'is' if len(silent) == 1 else 'are'} silent" if silent else ""


def _mean(stems: tuple[StemFigures, ...]) -> StemFigures:
    """Return the means over the stems that have a figure."""

    def mean(name: str) -> float | None:
        figures = [figure for stem in stems if (figure := getattr(stem, name)) is not None]
        return float(np.mean(figures)) if figures else None

    return StemFigures(name="mean", remark="", **{name: mean(name) for name in FIGURES})


def _null_level(recording: Array | None, found: StemSet) -> tuple[float | None, str]:
    """Return the null level of all files together, or why there is none."""
    if recording is None:
        return None, "no recording found; --recording names it"
    if any(stem.channels != len(recording) for stem in found.stems):
        return None, "the stems have other channels than the recording"
    total = np.zeros_like(recording)
    for stem in found.stems:
        total += stem.read(0, total.shape[1])
    return null_level(recording, total), ""
