"""A separation as a page to look at and listen to, made of a folder of stems."""

from scoresep.views.report.comparison import write_comparison
from scoresep.views.report.page import write_report

__all__ = ["write_comparison", "write_report"]
