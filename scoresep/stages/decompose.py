"""Compute templates and activations from a spectrogram and aligned notes."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scoresep.backends import BACKENDS, make_options
from scoresep.backends.contract import OnIteration
from scoresep.backends.options import has_taps
from scoresep.backends.recording_fit import FitOptions, RecordingFit, Spectrograms, stretches_of
from scoresep.errors import ScoresepWarning, StaleError
from scoresep.model.initial_factors import find_instruments, make_initial_factors
from scoresep.model.instrument_assignment import Instruments
from scoresep.model.training_frames import TrainingFrames, select_training_frames
from scoresep.score.doubling import doubling_parts
from scoresep.values import NO_NOTE, Alignment, Decomposition, Gates

#: The number of free components where "auto" uses them.
N_BACKGROUND = 20
#: The number beside a choir without instruments: for the room, and what its contours leave.
N_BESIDE_CHOIR = 10
#: Parts that only double singers, such as an organ for rehearsals, are in the recording if the loss without them is at
#: least so many times as large.  In two choirs it was 1.12 and 1.16 times as large where the organ did not play, and at
#: least 1.35 times where one was mixed in, from -12 dB on.
LEAST_LOSS_RATIO = 1.25


def decompose(
    spectrogram: Spectrograms,
    alignment: Alignment,
    *,
    init: Decomposition | None = None,
    on_iteration: OnIteration | None = None,
    backend: str = "nmf",
    loss: str = "kl",
    iterations: int = 25,
    threshold: float = 0.0,
    constraints: str = "both",
    onsets: str = "auto",
    instrument: str | Sequence[str] = "auto",
    spatial: str = "auto",
    background: str | int = "auto",
    seed: int = 0,
    **backend_options: Any,
) -> Decomposition:
    """Decompose a spectrogram into templates and activations of the notes of a score.

    Each template belongs to a pitch of an instrument and is initialized with a harmonic comb.  Activations are
    initialized with the gates of the notes.  Entries that are zero at first stay zero [1]_.

    Parameters
    ----------
    spectrogram : Spectrogram or callable
        A whole spectrogram, or a function that gives its consecutive stretches from the first on.
    alignment : Alignment
        The notes in recording time.
    init : Decomposition, optional
        A decomposition with a trained encoder, which is applied instead of a fit.
    on_iteration : callable, optional
        Called with the number of iterations done and the loss before the last of them.
    backend : str
        The algorithm of the fit: a name in `scoresep.backends.BACKENDS`.
    loss : str
        "kl", "euclidean", "is", or the beta of a beta divergence as a number.
    iterations : int
        The largest number of iterations.
    threshold : float
        The fit ends when both factors change by less than this in an iteration, relative to their norms.
    constraints : {"both", "templates", "activations", "none"}
        Which factors the score constrains; the others are initialized with random numbers.
    onsets : {"auto", "on", "off"}
        Whether each pitch has a second template for its attack; with "auto", those of struck instruments do.
    instrument : str or sequence of str
        The instrument of all parts, or those of single parts as "PART=NAME".  With "auto" the instruments are those of
        the score; if it says piano but the notes do not decay, a sustained instrument is assumed.
    spatial : {"auto", "off"}
        Whether the stereo image is used to separate components, if two channels differ.
    background : {"auto", "off"} or int
        The number of free components, which take what the score does not have [2]_.  With "auto", there are 20 if the
        alignment has found that the score is only a part of what sounds, 10 for singers alone, and none otherwise.
    seed : int
        The seed of the random numbers.
    **backend_options
        The options of the backend: the fields of its class in `scoresep.backends.options`.

    Returns
    -------
    Decomposition

    Raises
    ------
    ValueError
        If an option does not exist or has no valid value.
    StaleError
        If the alignment belongs to another recording.
    InputError
        If a layer is too narrow, or if the encoder was trained for another STFT or lacks components.

    References
    ----------
    .. [1] Ewert and Müller, "Using score-informed constraints for NMF-based source separation", ICASSP 2012.
    .. [2] Durrieu, Richard, David and Févotte, "Source/filter model for unsupervised main melody extraction from
       polyphonic audio signals", IEEE TASLP 18(3), 2010.
    """
    options = FitOptions(
        backend, loss, iterations, threshold, constraints, onsets, instrument, spatial, background, seed
    )
    own_options = make_options(backend, backend_options)  # a mistake costs nothing yet
    frames = select_training_frames(
        stretches_of(spectrogram), is_spatial=spatial == "auto", in_runs=has_taps(own_options)
    )
    if alignment.fingerprint not in ("", frames.first.fingerprint):
        raise StaleError("the alignment is of another recording than the spectrogram; align this one")
    knows_voices = BACKENDS.get(backend).knows_sources and init is None
    instruments = find_instruments(frames, alignment, instrument, knows_voices=knows_voices)

    def fit(silent_parts: Collection[int] = (), *, n_background: int = 0) -> RecordingFit:
        initial = make_initial_factors(
            frames,
            alignment,
            instruments,
            onsets=onsets,
            n_background=n_background,
            silent_parts=silent_parts,
            seed=seed,
        )
        return RecordingFit(frames, initial, options, own_options, init)

    silent: list[int] = []
    is_heard = np.ones(len(alignment.notes), bool)
    doubling = _parts_that_double_singers(alignment, instruments)
    if doubling and fit(doubling).loss() < LEAST_LOSS_RATIO * fit().loss():
        silent, is_heard = doubling, ~np.isin(alignment.notes.part, doubling)
        _warn_of_silent_parts(silent, alignment)
    is_choir = bool(instruments.is_sung[is_heard].all())
    final = fit(silent, n_background=_n_background(background, alignment, is_choir=is_choir))
    if not alignment.fingerprint or (alignment.score_onset == alignment.notes.onset).all():
        _warn_of_notes_outside(final.initial.gates, frames)  # of notes that nobody has aligned
    return final.run(spectrogram, alignment, on_iteration)


def _n_background(background: str | int, alignment: Alignment, *, is_choir: bool) -> int:
    """Give the number of free components for what the score does not have."""
    if background == "auto":
        return N_BACKGROUND if alignment.is_partial else N_BESIDE_CHOIR if is_choir else 0
    return background if isinstance(background, int) else 0


def _parts_that_double_singers(alignment: Alignment, instruments: Instruments) -> list[int]:
    """List the parts that only double singers, as the score has them; none if nobody or everybody sings."""
    if not instruments.is_sung.any() or instruments.is_sung.all():
        return []
    return doubling_parts(replace(alignment.notes, onset=alignment.score_onset, offset=alignment.score_offset))


def _warn_of_silent_parts(parts: Sequence[int], alignment: Alignment) -> None:
    """Say which parts of the score are taken to be silent."""
    names = ", ".join(f"{part} '{alignment.notes.part_label(part)}'" for part in parts)
    warnings.warn(
        f"part {names} only doubles the singers, and the recording is explained as well without: it is left out",
        ScoresepWarning,
        stacklevel=3,
    )


def _warn_of_notes_outside(gates: Gates, frames: TrainingFrames) -> None:
    """Say how many notes lie wholly outside of the recording, if any do."""
    inside = set(gates.note[gates.begin < gates.end].tolist()) - {NO_NOTE}
    notes = set(gates.note.tolist()) - {NO_NOTE}
    if outside := len(notes - inside):
        length = frames.first.audio.duration
        message = f"{outside} of {len(notes)} notes lie outside of the recording ({length:.2f} s) and stay silent"
        warnings.warn(message, ScoresepWarning, stacklevel=3)
