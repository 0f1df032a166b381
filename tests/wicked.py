"""Names that a page might take for markup."""

import json
from dataclasses import replace

from scoresep.io.npz import load, save
from scoresep.values import SeparationRecord

WICKED = "</script><script>alert('<b>')"


def rename(folder, name):
    """Give the first stem, the recording and a warning of a folder another name."""
    record = load(folder / "separation.npz", SeparationRecord)
    save(replace(record, names=(name, *record.names[1:])), folder / "separation.npz")
    summary = json.loads((folder / "stems.json").read_text())
    summary["stems"][0]["name"] = summary["recording"] = summary["score"] = name
    summary["warnings"] = [name]
    (folder / "stems.json").write_text(json.dumps(summary))
