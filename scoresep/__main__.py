"""``python -m scoresep``."""

from scoresep.cli.main import main

main()
