"""Compute the mask of each group from a decomposition."""

from __future__ import annotations

import numpy as np

from scoresep.dsp.stft import forward, stretches
from scoresep.errors import StaleError
from scoresep.model.priors import DividedGroups, divide_groups, prior_shares, share_by_priors, undivided
from scoresep.model.reconstruct import note_activations, products, sources_of
from scoresep.model.stereo import TINY, wiener_filters
from scoresep.score.prior_notes import find_prior_notes
from scoresep.values import RESIDUAL, Array, Decomposition, Masks, Priors, Selection, Transform

#: Number of frames that are processed at once; few enough that intermediate arrays stay in the cache.
FRAMES_AT_ONCE = 32


def mask(
    decomposition: Decomposition,
    selection: Selection,
    *,
    exponent: float = 1.5,
    priors: Priors | None = None,
    frames: range | None = None,
) -> Masks:
    """Compute a soft mask for each group of notes.

    The mask of a group is its model spectrogram to the power of ``exponent``, divided by the sum over all groups and
    the notes in no group [1]_.  The residual gets the mask of the notes in no group, and the bins in which the model is
    zero.  If the decomposition has spatial covariances, the masks of the lower bins are multichannel Wiener filters
    with the same weights [2]_.

    With priors, what another separator has made of the recording decides, together with the model, how much of a bin
    the notes of each prior get.  The model divides it among them.

    Parameters
    ----------
    decomposition : Decomposition
    selection : Selection
        The groups.
    exponent : float
        Positive; 1 for the ratio of magnitudes, 2 for the ratio of powers.
    priors : Priors, optional
        What another separator has made of the recording.
    frames : range, optional
        A stretch of frames, without the groups that are silent in it.  Unless given, all frames and groups.

    Returns
    -------
    Masks

    Raises
    ------
    ValueError
        If ``exponent`` is not positive.
    InputError
        If a prior names no group or part, or if a note has two priors.
    StaleError
        If the priors are of another recording than the decomposition.

    References
    ----------
    .. [1] Ewert and Müller, "Using score-informed constraints for NMF-based source separation", ICASSP 2012.
    .. [2] Duong, Vincent and Gribonval, "Under-determined reverberant audio source separation using a full-rank
       spatial covariance model", IEEE TASLP 18(7), 2010.
    """
    if not exponent > 0:
        raise ValueError(f"{exponent=} must be positive")
    groups = range(len(selection.names)) if frames is None else _sounding_groups(decomposition, selection, frames)
    frames = decomposition.frames if frames is None else frames
    weights = selection.weights[list(groups)]
    if priors is None:
        shares, filters = _shares_and_filters(decomposition, undivided(weights), exponent, frames)
    else:
        if priors.recording.fingerprint != decomposition.fingerprint:
            raise StaleError("the priors are of another recording than the decomposition; decompose this one")
        members = find_prior_notes(list(priors.sounds), selection, decomposition.notes)
        divided = divide_groups(weights, members)
        shares, filters = _shares_and_filters(decomposition, divided, exponent, frames, priors)
    return Masks(
        names=(*(selection.names[g] for g in groups), RESIDUAL),
        shares=shares,
        note=np.array([*(selection.note[g] for g in groups), -1]),
        notes=decomposition.notes,
        transform=decomposition.transform,
        fingerprint=decomposition.fingerprint,
        first_frame=frames.start,
        filters=filters,
        weights=selection.weights[list(groups)].astype(np.float32),
    )


def _shares_and_filters(
    decomposition: Decomposition, divided: DividedGroups, exponent: float, frames: range, priors: Priors | None = None
) -> tuple[Array, Array]:
    """Compute shares and filters of groups of notes, as in `Masks`."""
    channels, bins = decomposition.templates.shape[:2]
    lower = decomposition.covariances.shape[1]
    shares = np.zeros((divided.n_groups + 1, channels, bins, len(frames)), np.float32)
    filters = np.zeros((len(shares) if lower else 0, 2, 2, lower, len(frames)), np.complex64)
    located_templates = decomposition.templates[0, :lower] * decomposition.covariances[..., None]
    taps = decomposition.templates.shape[3]
    for part in stretches(frames, FRAMES_AT_ONCE):
        own = slice(part.start - frames.start, part.stop - frames.start)
        n_before = min(taps - 1, part.start)
        activations = note_activations(decomposition, divided.weights, range(part.start - n_before, part.stop))
        if len(activations) > 1 and not activations[-1].any():
            activations = activations[:-1]  # no note is unclaimed, as usual
        sources = sources_of(decomposition, part)
        model = products(decomposition.templates, activations, n_before, sources)
        strength = _strengths(model, exponent)
        if priors is not None:
            found = _prior_shares(priors, decomposition.transform, exponent, part)
            strength = share_by_priors(strength, divided.prior[: len(strength)], found)
        _write_shares(strength, divided, out=shares[..., own])
        if lower:
            lower_sources = tuple((rows, spectrum[:lower]) for rows, spectrum in sources)
            located = products(located_templates, activations, n_before, lower_sources)
            _write_filters(located, model[:, 0, :lower], strength[:, 0, :lower], divided, out=filters[..., own])
    return shares, filters


def _prior_shares(priors: Priors, transform: Transform, exponent: float, frames: range) -> Array:
    """Compute the share of each prior in each bin of some frames."""
    spectra = [
        forward(audio, n_fft=transform.n_fft, hop=transform.hop, frames=frames)
        for audio in (priors.recording, *priors.sounds.values())
    ]
    return prior_shares(spectra[0], spectra[1:], exponent)


def _write_shares(strength: Array, divided: DividedGroups, *, out: Array) -> None:
    """Write the share of each group to ``out``; where no group is strong at all, everything is the residual's."""
    total = strength.sum(axis=0)  # at least one if anything sounds, or about one with priors
    divided.add_up(strength / np.maximum(total, 1), out=out)
    out[-1] += total == 0


def _write_filters(located: Array, model: Array, strength: Array, divided: DividedGroups, *, out: Array) -> None:
    """Write the filters of the groups in the lower bins to ``out``.

    ``located`` has the covariances of the groups, as strong as their ``model``, shape (groups, 4, lower bins, frames).
    """
    gain = strength / np.maximum(model, TINY) * (model > TINY)
    divided.add_up(wiener_filters(located * gain[:, None]), out=out)
    out[-1, [0, 1], [0, 1]] += strength.sum(axis=0) == 0


def _strengths(model: Array, exponent: float) -> Array:
    """Raise the model spectrograms to the power of ``exponent``, relative to the strongest group of each bin."""
    strength: Array = model / np.maximum(model.max(axis=0), TINY)
    return strength * np.sqrt(strength) if exponent == 1.5 else strength ** np.float32(exponent)


def _sounding_groups(decomposition: Decomposition, selection: Selection, frames: range) -> list[int]:
    """List the groups with a note whose gate is open in the stretch."""
    gates = decomposition.gates
    reach = decomposition.templates.shape[3] - 1
    is_open = (gates.begin < frames.stop) & (gates.end + reach > frames.start) & (gates.note >= 0)
    notes = np.unique(gates.note[is_open])
    return np.flatnonzero((selection.weights[:, notes] > 0).any(axis=1)).tolist()
