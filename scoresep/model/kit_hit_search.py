"""Move hits of a drum kit to where its pieces, once they are known, tell that they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoresep.model.kit_fit import Kit, KitStretch, fit_hits
from scoresep.model.kit_hits import KitHits
from scoresep.model.kit_templates import hit_frame, open_frames
from scoresep.values import Array, Transform

#: How far a hit may be moved (s), but never beyond the middle between it and another hit of its key.
REACH = 0.15
#: How far activations are open at the start where hits may be moved to, relative to where they are.
WIDE_OPENING = 0.2
#: How many times as strong the activations must be elsewhere for a hit to be moved.
CLEARLY = 2.0
#: Iterations of the fit that tells where hits are.
ITERATIONS = 8


def moved_hits(kit: Kit, hits: KitHits, stretch: KitStretch, transform: Transform, frames: range) -> KitHits:
    """Move the hits of a stretch that are clearly somewhere else.

    Parameters
    ----------
    kit : Kit
        What is known of the kit.
    hits : KitHits
        The hits of the stretch, in order.
    stretch : KitStretch
        Its ``openings`` are those of the hits where they are.
    transform : Transform
        The short window.
    frames : range
        The frames of the stretch.

    Returns
    -------
    KitHits
        The same hits, not in order any more.
    """
    begin, end = _limits(hits)
    spans = open_frames(hits, kit.rows, transform, frames, before=hits.onset - begin, after=end - hits.onset)
    openings = stretch.openings.copy()
    for key, first, last in spans:
        openings[key, first:last] = np.maximum(openings[key, first:last], WIDE_OPENING)
    H = fit_hits(kit, replace(stretch, openings=openings), iterations=ITERATIONS)
    here = hit_frame(hits.onset, kit.rows, transform, frames)
    onset = hits.onset.copy()
    for hit, ((key, first, last), frame) in enumerate(zip(spans, np.rint(here).astype(int).tolist(), strict=True)):
        if first < frame < last - 1:
            shift = _clear_shift(H[key, first:last], frame - first, here[hit] - first)
            onset[hit] = np.clip(onset[hit] + shift / transform.frame_rate, begin[hit], end[hit])
    return replace(hits, onset=onset)


def _limits(hits: KitHits) -> tuple[Array, Array]:
    """Give between which times (s) each hit may be moved."""
    begin, end = hits.onset - REACH, hits.onset + REACH
    for key in np.unique(hits.key):
        own = np.flatnonzero(hits.key == key)
        middle = (hits.onset[own][1:] + hits.onset[own][:-1]) / 2
        begin[own[1:]] = np.maximum(begin[own[1:]], middle)
        end[own[:-1]] = np.minimum(end[own[:-1]], middle)
    return begin, end


def _clear_shift(activations: Array, frame: int, exact: float) -> float:
    """Give how many frames a hit is off, or zero unless activations are clearly stronger there."""
    strength = np.convolve(activations, np.ones(3), "same")
    best = int(strength.argmax())
    if strength[best] <= CLEARLY * strength[frame - 1 : frame + 2].max():
        return 0.0
    around = np.arange(max(best - 1, 0), min(best + 2, len(activations)))
    return float(np.average(around, weights=activations[around])) - exact
