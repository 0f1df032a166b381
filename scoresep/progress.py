"""What a separation tells of itself while it goes on: steps for a progress bar, and lines for the log."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from scoresep.backends.contract import OnIteration
from scoresep.stages.decompose import decompose
from scoresep.values import Alignment, Decomposition

logger = logging.getLogger(__name__)

#: A function that is called with the name of a stage, how many steps of it are done, how many there are, and a short
#: text about the last one.
OnProgress = Callable[[str, int, int, str], None]


def ignore_progress(stage: str, done: int, total: int, detail: str) -> None:
    """Do nothing with a report of progress."""


def describe_alignment(alignment: Alignment) -> str:
    """Return one line on the result of an alignment."""
    text = f"aligned {len(alignment.notes)} notes, confidence {alignment.overall_confidence:.2f}"
    text += f", tuning {alignment.tuning:+.0f} cents"
    return text + (f", {alignment.transposition:+d} semitones" if alignment.transposition else "")


def describe_decomposition(decomposition: Decomposition) -> str:
    """Return one line on the result of a decomposition."""
    components, iterations = len(decomposition.activations), len(decomposition.loss) - 1
    return f"decomposed into {components} components, {iterations} iterations, loss {decomposition.loss[-1]:.4g}"


def iteration_report(report: OnProgress, options: Mapping[str, Any]) -> OnIteration:
    """Return a function for `decompose` that reports and logs each iteration."""
    total = int(options.get("iterations", inspect.signature(decompose).parameters["iterations"].default))

    def report_iteration(done: int, loss: float) -> None:
        text = f"iteration {done} of {total}, loss {loss:.4g}"
        logger.debug("%s", text)
        report("decompose", done, total, text)

    return report_iteration
