"""Run the tests of faults and write down what each command has printed.

    python benchmarks/faults.py docs/faults.md

The table between the two marks in the page is made anew; what stands around it is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- table -->\n", "<!-- end of the table -->"
LONGEST = 160


def shown(text: str) -> str:
    """Return a text as a cell of a table: in one line, not too long, without what only Markdown sees."""
    text = " ".join(text.encode(errors="backslashreplace").decode().split()).replace("|", "\\|").replace("`", "'")
    return f"`{text[:LONGEST]}{' …' if len(text) > LONGEST else ''}`" if text else ""


def printed(record: dict[str, str]) -> str:
    """Return what a command has printed, without what stands before each line."""
    if record["printed"].startswith("{"):
        return "(JSON)"
    lines = (line.removeprefix("scoresep: ") for line in record["printed"].splitlines())
    return " · ".join(lines)


def table(records: list[dict[str, str]]) -> str:
    """Return the table, a line for each fault and one for each command, those with the same answer once."""
    lines = ["| | fault, and what becomes of it | command | printed | status |", "|---|---|---|---|---|"]
    fault = None
    seen = set()
    for record in sorted(records, key=lambda record: record["number"]):
        answer = record["number"], printed(record)
        if answer in seen:
            continue
        seen.add(answer)
        same = record["fault"] == fault
        fault = record["fault"]
        begin = "| | " if same else f"| {record['number']} | {fault.rstrip('.')} "
        lines.append(f"{begin}| {shown(record['command'])} | {shown(printed(record))} | {record['status']} |")
    return "\n".join(lines)


def main() -> None:
    """Write the table into a page."""
    page = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records"
        environment = os.environ | {"FAULTS_TABLE": str(records)}
        words = [sys.executable, "-m", "pytest", "-q", "tests/faults"]
        subprocess.run(words, cwd=ROOT, env=environment, check=True)
        lines = [json.loads(line) for line in records.read_text().splitlines()]
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{table(lines)}\n\n{END}{after}")


if __name__ == "__main__":
    main()
