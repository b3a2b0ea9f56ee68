"""Snapshots of looks: the text of a screen, kept in a file beside the tests.

A test calls `same_as_snapshot(name, text)`. With UPDATE_SNAPSHOTS=1 in the environment the files are written anew,
to be looked at before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "ui" / "snapshots"


def same_as_snapshot(name: str, text: str) -> None:
    """Fail if the screen does not look as it did."""
    path = FOLDER / f"{name}.txt"
    text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"there is no snapshot {path.name}; UPDATE_SNAPSHOTS=1 writes it"
    assert text == path.read_text(encoding="utf-8"), f"{path.name} looks different; UPDATE_SNAPSHOTS=1 accepts it"
