"""A short recording and what the stages make of it, made once."""

import shutil
from types import SimpleNamespace

import pytest
import synth

from scoresep.mosaicing.mosaic import MosaicOptions, find_mosaic
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.stft import stft
from scoresep.values import SeparationRecord


@pytest.fixture(scope="session")
def browser():
    """Give a browser without a window; without Playwright and Chromium the test is skipped."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def song():
    """Give a duet, its recording and the values of all stages."""
    score = synth.duet()
    audio = synth.recording(score)
    spectrogram = stft(audio, n_fft=1024, hop=256)
    alignment = align(audio, score, is_aligned=True)
    decomposition = decompose(spectrogram, alignment, iterations=4, onsets="on")
    hands = select(None, decomposition.notes)
    sung = decompose(spectrogram, alignment, iterations=2, instrument="Right hand=sung", background=2)
    return SimpleNamespace(
        score=score,
        audio=audio,
        spectrogram=spectrogram,
        alignment=alignment,
        decomposition=decomposition,
        sung=sung,
        hands=hands,
        mosaic=find_mosaic(audio, audio, options=MosaicOptions(iterations=2, transpose=1)),
        masks=mask(decomposition, hands),
        record=SeparationRecord(alignment, hands.names, hands.weights, decomposition.loss),
    )


@pytest.fixture(scope="session")
def fits(song):
    """Give decompositions by three backends."""
    names = ("nmf", "nae", "nae-multiplicative")
    return {name: decompose(song.spectrogram, song.alignment, backend=name, iterations=6) for name in names}
