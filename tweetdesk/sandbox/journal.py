"""The sandbox's memory on disk: one JSON line for the world's birth, then one a change."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TextIO

Line = dict[str, Any]


def read(path: Path) -> list[Line]:
    """The whole lines of a journal. A torn last line (a crash while writing) is cut off the file.

    Raises ValueError where a line before the last one is no JSON object.
    """
    raw = path.read_bytes()
    lines: list[Line] = []
    good = 0
    for piece in raw.split(b"\n"):
        end = good + len(piece) + 1
        if end > len(raw):
            break
        try:
            line = json.loads(piece)
        except ValueError as error:
            if raw[end:].strip():
                raise ValueError(f"{path}: line {len(lines) + 1} is damaged") from error
            break
        if not isinstance(line, dict):
            raise ValueError(f"{path}: line {len(lines) + 1} is not an object")
        lines.append(line)
        good = end
    if good < len(raw):
        os.truncate(path, good)
    return lines


def read_world(path: Path | None) -> list[Line]:
    """The lines of a world's journal; none without a file. Raises ValueError where it is no such journal."""
    if path is None or not path.exists():
        return []
    lines = read(path)
    if lines and not {"seed", "epoch"} <= set(lines[0]):
        raise ValueError(f"{path} is no journal of the sandbox")
    return lines


class Journal:
    """Appends lines; each reaches the operating system before `write` returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a", encoding="utf-8")
        path.chmod(0o600)

    def write(self, line: Line) -> None:
        self._file.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()
