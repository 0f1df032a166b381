"""The ways to make the sound of groups anew, by name."""

from __future__ import annotations

from importlib.util import find_spec

from scoresep.errors import OptionError, ScoresepError, StaleError, install_line
from scoresep.stages.render import Rendering, gather, render_stretches
from scoresep.values import Audio, Decomposition, Selection, Stems

#: The names of the methods; "mask" is the stage `render`.
METHODS = ("mask", "resynthesis", "ddsp")


def check_installed(method: str) -> None:
    """Raise ScoresepError if a method needs PyTorch and that is not there."""
    if method == "ddsp" and find_spec("torch") is None:
        raise ScoresepError(f"method ddsp needs PyTorch; install it: {install_line('torch')}")


def check_adversarial(method: str, *, adversarial: bool) -> None:
    """Raise OptionError if a discriminator is asked for where no synthesizer is fitted."""
    if adversarial and method != "ddsp":
        raise OptionError("adversarial is for method ddsp; leave it out, or use that method")


def make_synthesis(
    audio: Audio,
    decomposition: Decomposition,
    selection: Selection,
    *,
    method: str = "resynthesis",
    adversarial: bool = False,
) -> Rendering:
    """Make the rendering of a method other than "mask".

    Raises ValueError if there is no such method, OptionError if "adversarial" does not go with it, and StaleError if
    the decomposition is of another recording.
    """
    if method not in METHODS[1:]:
        raise ValueError(f"{method=} must be one of {', '.join(METHODS[1:])}")
    check_adversarial(method, adversarial=adversarial)
    if decomposition.fingerprint != audio.fingerprint:
        raise StaleError("the decomposition is of another recording; make it anew from this one")
    if selection.weights.shape[1] != len(decomposition.notes):
        raise StaleError("the groups are of other notes than the decomposition; make both from one alignment")
    if len(selection.names) and not selection.weights.any():
        raise StaleError("the masks do not say which notes each group has; make them anew")
    # Imported here, since they load large parts of SciPy, which cutting by masks does without.
    if method == "ddsp":
        from scoresep.synthesis.ddsp import plan_synthesizer

        return plan_synthesizer(audio, decomposition, selection, adversarial=adversarial)
    from scoresep.synthesis.resynthesis import Resynthesis

    return Resynthesis.plan(audio, decomposition, selection)


def resynthesize(
    audio: Audio,
    decomposition: Decomposition,
    selection: Selection,
    *,
    method: str = "resynthesis",
    adversarial: bool = False,
    subtype: str | None = None,
) -> Stems:
    """Make the stem of each group from partials and noise, instead of cutting it out of the recording.

    The frequencies of the partials follow the notes of the decomposition, with the stretch of strings and the pitch
    contours of singers.  Their amplitudes and phases in each frame come from regularized least squares on the spectrum
    of the recording; what is left is divided by the noise of the model: attacks, drums and consonants [1]_.  Such stems
    have no part of sounds that the score does not explain.  The residual is the recording minus all stems, so the stems
    add up to the recording with it only.

    Parameters
    ----------
    audio : Audio
        The recording.
    decomposition : Decomposition
        That of the recording.
    selection : Selection
        The groups, as `select` gives them.
    method : {"resynthesis", "ddsp"}
        How the sounds are made.  With "ddsp", a synthesizer of partials and noise is fitted to the recording by
        gradient [2]_: how loud the partials are over pitch, how they decay, the noise after onsets, and one room
        response.  Its phases are not those of the recording.  It needs PyTorch.
    adversarial : bool
        With "ddsp", also fit a small discriminator that learns to tell recording and synthesis apart by patches of
        their spectrograms [3]_, and the synthesizer to deceive it.
    subtype : str, optional
        libsndfile's name of a sample format, as in `render`.

    Returns
    -------
    Stems

    Raises
    ------
    StaleError
        If the decomposition is of another recording.
    OptionError
        If ``adversarial`` is asked for with another method than "ddsp".
    ScoresepError
        If PyTorch is not there for "ddsp".
    ValueError
        If there is no such method.

    References
    ----------
    .. [1] Serra and Smith, "Spectral modeling synthesis: A sound analysis/synthesis system based on a deterministic
       plus stochastic decomposition", Computer Music Journal 14(4), 1990.

    .. [2] Engel, Hantrakul, Gu and Roberts, "DDSP: Differentiable digital signal processing", ICLR 2020.

    .. [3] Isola, Zhu, Zhou and Efros, "Image-to-image translation with conditional adversarial networks", CVPR 2017.

    Examples
    --------
    >>> import scoresep
    >>> audio = scoresep.read_audio("waltz.flac")  # doctest: +SKIP
    >>> fit = scoresep.decompose(scoresep.stft(audio), scoresep.load("waltz.align.npz"))  # doctest: +SKIP
    >>> stems = scoresep.resynthesize(audio, fit, scoresep.select(None, fit.notes))  # doctest: +SKIP
    """
    rendering = make_synthesis(audio, decomposition, selection, method=method, adversarial=adversarial)
    parts = list(render_stretches(rendering, subtype=subtype))
    return gather(parts, selection.names, selection.note, audio.n_samples)
