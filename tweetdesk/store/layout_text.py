"""The text of a layout file with other columns in it: comments stay, and go along with the column below them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from tweetdesk.domain.layouts import USUAL, Column, Layout

_COLUMN = re.compile(r"^\s*\[\[\s*column\s*\]\]")
_LEAVE_OUT = {"account": "", "words": "", "width": USUAL, "title": ""}


@dataclass(slots=True)
class _Chunk:
    """The lines of one column: the comment right above it, its header and what follows up to the next one."""

    text: str
    column: Column | None


def rewritten(text: str, layout: Layout) -> str:
    """The text of a file changed so that it says this layout; `text` is valid TOML."""
    head, chunks = _split(text)
    parts = [_with_name(head, layout.name)]
    left = list(chunks)
    for column in layout.columns:
        chunk = _take(left, column)
        parts.append(_with_column(chunk.text, column) if chunk else "[[column]]\n" + _with_column("", column))
    joined = "\n\n".join(part.strip("\n") for part in parts if part.strip("\n")) + "\n"
    return joined if _says(joined, layout) else _plainly(text, layout)


def _split(text: str) -> tuple[str, list[_Chunk]]:
    """What stands before the columns, and each column's lines."""
    lines = text.splitlines(keepends=True)
    starts: list[int] = []
    for number, line in enumerate(lines):
        if _COLUMN.match(line):
            start = number
            while start > 0 and lines[start - 1].lstrip().startswith("#"):
                start -= 1
            starts.append(start)
    if not starts:
        return text, []
    ends = [*starts[1:], len(lines)]
    chunks = []
    for start, end in zip(starts, ends, strict=True):
        chunk = "".join(lines[start:end])
        chunks.append(_Chunk(chunk, _column_of(chunk)))
    return "".join(lines[: starts[0]]), chunks


def _column_of(chunk: str) -> Column | None:
    try:
        return Column(**tomllib.loads(chunk)["column"][0])
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return None


def _take(chunks: list[_Chunk], column: Column) -> _Chunk | None:
    """The lines that were this column's: the very same one, else one that shows the same."""
    same = next((chunk for chunk in chunks if chunk.column == column), None)
    same = same or next((chunk for chunk in chunks if chunk.column and chunk.column.id == column.id), None)
    if same is not None:
        chunks.remove(same)
    return same


def _with_name(head: str, name: str) -> str:
    import tomlkit

    document = tomlkit.parse(head)
    if "name" not in document:
        document.add("name", tomlkit.item(name))
    elif document["name"] != name:
        document["name"] = name
    return tomlkit.dumps(document)


def _with_column(chunk: str, column: Column) -> str:
    """One column's lines with these values; a value that is the usual one is written only where it stood."""
    import tomlkit

    document = tomlkit.parse(chunk)
    table: Any = document["column"][0] if chunk else document
    for key in ("kind", "account", "words", "width", "title"):
        value = getattr(column, key)
        if key in table:
            if table[key] != value:
                table[key] = value
        elif _LEAVE_OUT.get(key) != value:
            table[key] = value
    return tomlkit.dumps(document)


def _says(text: str, layout: Layout) -> bool:
    try:
        values = tomllib.loads(text)
        columns = tuple(Column(**table) for table in values.get("column", []))
    except (tomllib.TOMLDecodeError, TypeError, AttributeError):
        return False
    return values.get("name") == layout.name and columns == layout.columns


def _plainly(text: str, layout: Layout) -> str:
    """For a file that is written another way (inline tables): the columns anew, the rest kept."""
    import tomlkit

    document = tomlkit.parse(text)
    document["name"] = layout.name
    document.pop("column", None)
    columns = tomlkit.aot()
    for column in layout.columns:
        columns.append(tomlkit.parse(_with_column("", column)))
    document["column"] = columns
    return tomlkit.dumps(document)
