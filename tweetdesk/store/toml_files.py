"""The user's TOML files: reading them with the line of each mistake, and writing them all or nothing."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tweetdesk.domain.layouts import Mistake
from tweetdesk.store.files import private_folder

_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")
_AT_END = re.compile(r"\s*\(at end of document\)$")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")


@dataclass(slots=True)
class TomlText:
    """What a file says: its text, its values, and what is wrong with it as TOML."""

    file: str
    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    mistake: Mistake | None = None

    def wrong(self, what: str, key: str = "", table: str = "", index: int = 0) -> Mistake:
        """A mistake at a key of the index-th table of a name ("" for what stands before all tables)."""
        return Mistake(self.file, self.line(key, table, index), what)

    def line(self, key: str, table: str = "", index: int = 0) -> int:
        """The line, from 1, of a key; of the table's header where the key is not there."""
        lines = self.text.splitlines()
        start, end, header = self._extent(lines, table, index)
        pattern = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*[.=]""")
        if key:
            for number in range(start, end):
                if pattern.match(lines[number]):
                    return number + 1
        if table and header == 0:
            inline = re.compile(rf"^\s*{re.escape(table)}\s*=")
            return next((number + 1 for number, line in enumerate(lines) if inline.match(line)), 1)
        return header or 1

    def _extent(self, lines: list[str], table: str, index: int) -> tuple[int, int, int]:
        """Where the lines of a table begin and end, and the line (from 1) of its header, 0 for none."""
        headers = [(number, match.group(2)) for number, line in enumerate(lines) if (match := _HEADER.match(line))]
        if not table:
            return 0, headers[0][0] if headers else len(lines), 0
        mine = [place for place, (_, name) in enumerate(headers) if name.strip("\"'") == table]
        if index >= len(mine):
            return 0, 0, 0
        place = mine[index]
        start = headers[place][0]
        return start + 1, headers[place + 1][0] if place + 1 < len(headers) else len(lines), start + 1


def read_toml(path: Path) -> TomlText:
    """Read a file; a missing one is empty, an unreadable or broken one has a mistake and no values."""
    read = TomlText(path.name)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return read
    except OSError as error:
        read.mistake = Mistake(path.name, 1, f"the file cannot be read: {error.strerror}")
        return read
    try:
        read.text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        read.mistake = Mistake(path.name, line, "not UTF-8 text")
        return read
    try:
        read.values = tomllib.loads(read.text)
    except tomllib.TOMLDecodeError as error:
        read.mistake = _syntax(path.name, read.text, str(error))
    return read


def _syntax(file: str, text: str, said: str) -> Mistake:
    what, line = said, 1
    if found := _AT_LINE.search(said):
        what, line = said[: found.start()], int(found.group(1))
    elif found := _AT_END.search(said):
        what, line = said[: found.start()], max(1, len(text.splitlines()))
    return Mistake(file, line, f"not TOML: {what[:1].lower()}{what[1:]}")


def unknown_keys(
    read: TomlText, values: Mapping[str, Any], known: Collection[str], table: str = "", index: int = 0
) -> list[Mistake]:
    """A mistake for each key that means nothing here."""
    return [
        read.wrong(f'unknown key "{key}" (known: {", ".join(known)})', key, table, index)
        for key in values
        if key not in known
    ]


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is either the old or the new one, whatever happens; private (0600).

    A link is followed, so that a file kept elsewhere (a folder of dotfiles) stays there.
    Raises OSError; the old file is then as it was.
    """
    target = path.resolve()
    private_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    with ExitStack() as undo:
        undo.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
        undo.pop_all()
