"""What a prior for a group of notes gains, and what is lost if it is wrong.

    python benchmarks/priors.py NAMES ITEM [ITEM ...]

NAMES are the stems that the prior is for, as in --prior, such as vocals or soprano+alto. An ITEM is a folder with
recording.*, score.mid, stems/*.flac (the truth) and groups.yaml. For each prior there is a line with the means over the
items: the SDR of the prior itself and of scoresep's stems together, against the true ones together, and the
mean SDR of all of scoresep's stems. The priors are

    leak        the true stems and a fifth of everything else
    smeared     a mask from smoothed true spectra with errors of 6 dB: about as good as trained separators are
    gaps        the same, with a fifth of all seconds silent
    percussive, harmonic, left over
                the parts of a cascade of librosa's hpss (Driedger and Müller, ICASSP 2015): a long window
                finds what is harmonic, a short one divides the remainder into percussive and left over
    silent, shifted
                silence, and the true stems at another time, which the command line does not take
"""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
import scipy.ndimage
import scipy.signal
from truth import recording_of, score_of

import scoresep
from scoresep.pipeline import stem_stretches
from scoresep.stages.render import gather

#: Length of the windows in the smeared masks and of the long and the short window of the cascade (samples).
MASK_WINDOW, LONG, SHORT = 2048, 4096, 256
#: How much stronger than the other part a part must be in the cascade.
MARGIN = 2.0


def priors(mix: np.ndarray, true: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield names and sounds of priors, shape (channels, samples)."""
    yield "leak", true + 0.2 * (mix - true)
    yield "smeared", smeared(mix, true, gaps=0.0)
    yield "gaps", smeared(mix, true, gaps=0.2)
    harmonic, _ = hpss(mix, LONG)
    other = mix - harmonic
    _, percussive = hpss(other, SHORT)
    yield "percussive", percussive
    yield "harmonic", harmonic
    yield "left over", other - percussive
    yield "silent", np.zeros_like(true)
    yield "shifted", np.roll(true, true.shape[1] // 3, axis=1)


def smeared(mix: np.ndarray, true: np.ndarray, *, gaps: float, seed: int = 1) -> np.ndarray:
    """Apply a mask with errors to a recording; ``gaps`` is the share of seconds that are silent."""
    rng, sizes = np.random.default_rng(seed), {"nperseg": MASK_WINDOW, "noverlap": MASK_WINDOW * 3 // 4}
    spectra = [scipy.signal.stft(sound, **sizes)[2] for sound in (mix, true)]
    own, rest = (
        scipy.ndimage.uniform_filter(np.abs(s).mean(axis=0) ** 2, (7, 5)) for s in (spectra[1], spectra[0] - spectra[1])
    )
    errors = scipy.ndimage.gaussian_filter(rng.standard_normal(own.shape), 2)
    mask = own / (own + rest * 10 ** (0.6 * errors / errors.std()) + 1e-12)
    second = 86
    silent = np.repeat(rng.random(mask.shape[1] // second + 1) < gaps, second)[: mask.shape[1]]
    return scipy.signal.istft(spectra[0] * mask * ~silent, **sizes)[1][:, : mix.shape[1]]


def hpss(sound: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the harmonic and the percussive part of a sound."""
    spectrum = librosa.stft(sound, n_fft=window)
    parts = librosa.decompose.hpss(spectrum, margin=MARGIN)
    return tuple(librosa.istft(part, n_fft=window, length=sound.shape[1]) for part in parts)


def sdr(true: np.ndarray, found: np.ndarray) -> float:
    """Return the SDR of BSS Eval 3 of sounds of shape (channels, samples), mixed to one channel."""
    return float(scoresep.bss_eval(true.mean(axis=0)[None], found.mean(axis=0)[None])[0][0])


def measure(item: Path, names: str) -> dict[str, tuple[float, ...]]:
    """Return the figures of each prior."""
    plan = scoresep.plan_separation(recording_of(item), score_of(item), groups=item / "groups.yaml")
    found = plan.run()
    selection = found.selection
    stems = {path.stem: scoresep.read_audio(path).samples for path in sorted((item / "stems").glob("*"))}
    mix, members = plan.audio.samples, names.split("+")
    true = sum(stems[name] for name in members)

    def separated(known: scoresep.Priors | None) -> tuple[float, ...]:
        parts = list(stem_stretches(plan.audio, found.decomposition, selection, priors=known))
        result = gather(parts, selection.names, selection.note, plan.audio.n_samples)
        single = [sdr(stems[name], result[name]) for name in stems]
        return sdr(true, sum(result[name] for name in members)), float(np.mean(single))

    rows = {"without": (np.nan, *separated(None))}
    for name, sound in priors(mix, true):
        audio = scoresep.Audio(sound.astype(np.float32), plan.audio.sample_rate)
        alone = sdr(true, sound) if sound.any() else np.nan
        rows[name] = (alone, *separated(scoresep.Priors(plan.audio, {names: audio})))
    return rows


def main(names: str, items: list[str]) -> None:
    """Measure all items and print a table of means."""
    warnings.simplefilter("ignore")
    rows = [measure(Path(item), names) for item in items]
    print(f"{names:12s} {'alone':>8s} {'with score':>12s} {'all stems':>12s}")
    for name in rows[0]:
        alone, own, every = np.mean([row[name] for row in rows], axis=0)
        print(f"{name:12s} {alone:8.2f} {own:12.2f} {every:12.2f}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
