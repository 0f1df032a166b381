"""The loss of fits over their iterations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from scoresep.values import Decomposition, SeparationRecord
from scoresep.views.axes import axes_or_current, set_title
from scoresep.views.colours import COLOURS


def plot_loss(
    *fits: Decomposition | SeparationRecord, names: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the loss after each iteration, on logarithmic axes as in the lecture of Müller and Özer.

    A dotted line shows the loss before the first iteration.

    Parameters
    ----------
    *fits : Decomposition or SeparationRecord
        One or more decompositions, or records of separations.
    names : sequence of str, optional
        What each of them is called; by default its backend and layers, with a number where two are the same.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax = axes_or_current(ax)
    names = names or _told_apart([_name(fit) for fit in fits])
    for fit, name, colour in zip(fits, names, np.resize(COLOURS, len(fits)).tolist(), strict=True):
        ax.plot(np.arange(1, len(fit.loss)), fit.loss[1:], ".-", color=colour, label=name)
        ax.axhline(float(fit.loss[0]), color=colour, linewidth=0.6, linestyle=":")
    ax.set_xscale("log")
    if all((fit.loss > 0).all() for fit in fits):
        ax.set_yscale("log")
    ax.set_xlabel("iterations")
    losses = sorted({str(fit.options["loss"]) for fit in fits if isinstance(fit, Decomposition) and fit.options})
    ax.set_ylabel(f"loss ({', '.join(losses)})" if losses else "loss")
    ax.grid(which="both", alpha=0.3)
    if any(names):
        ax.legend()
    set_title(ax, "Loss after each iteration (dotted: before the first)")
    return ax


def _told_apart(names: list[str]) -> list[str]:
    """Return names with numbers where there are several of one."""
    repeated = len(set(names)) < len(names)
    return [f"{name} {k}".strip() for k, name in enumerate(names, start=1)] if repeated else names


def _name(fit: Decomposition | SeparationRecord) -> str:
    """Return the label of a line: the backend and its layers."""
    if isinstance(fit, SeparationRecord):
        return ""
    layers = fit.options.get("layers")
    return fit.backend + (f", layers {','.join(map(str, layers))}" if layers else "")
