"""Layouts as files: one TOML file each, written by hand or by the desk, comments kept, mistakes named by line."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tweetdesk.domain.layouts import NARROWEST, USUAL, WIDEST, Column, Layout, Mistake
from tweetdesk.store.errors import as_trouble
from tweetdesk.store.files import private_folder
from tweetdesk.store.layout_text import rewritten
from tweetdesk.store.toml_files import TomlText, read_toml, unknown_keys, write_whole

_TOP_KEYS = ("name", "order", "column")
_COLUMN_KEYS = ("kind", "account", "words", "width", "title")
_NUMBERED = re.compile(r"^(\d+)[-_ ]+")

#: The column kinds that mean nothing without words (a test compares them with the kinds themselves).
NEED_WORDS = ("hashtag", "list", "person", "search")

#: The layouts that come with the program.
DEFAULTS = (
    Layout(
        "morning",
        (Column("messages"), Column("mentions"), Column("helping"), Column("search", words="async python")),
    ),
    Layout(
        "listening",
        (
            Column("search", words="sqlite"),
            Column("search", words="accessibility"),
            Column("search", words="#help"),
            Column("home"),
        ),
    ),
    Layout("inbox", (Column("owed"), Column("later"))),
)

_HEAD = """\
# A layout of tweetdesk: the columns that stand side by side. Change it as you like, comments are kept.
# kind: which column it is; account: a handle, "" for all; words: what a search looks for,
# the tag of a hashtag column, the network's id of a list or person (a in the desk finds it);
# width: in cells ({narrowest} to {widest}); title: in place of the kind's own heading.
"""


@dataclass(frozen=True, slots=True)
class _File:
    """One file with what it means; `order` is what files are sorted by."""

    path: Path
    read: TomlText
    layout: Layout | None
    mistakes: tuple[Mistake, ...]
    order: tuple[float, str]


class LayoutFolder:
    """The folder layouts/ in the user's config folder.

    `kinds` are the column kinds that there are; `needs_words` those that mean nothing without words.
    """

    def __init__(self, config: Path, *, kinds: Collection[str], needs_words: Collection[str] = NEED_WORDS) -> None:
        self.folder = config / "layouts"
        self._kinds = tuple(kinds)
        self._needs_words = tuple(needs_words)

    def load_all(self) -> tuple[list[Layout], list[Mistake]]:
        """The layouts in order, never none, and the mistakes in their files.

        A column with a mistake is left out, the rest of its file opens. Where there is no folder yet, the
        default layouts are written first; where no file can be opened, the defaults stand in unwritten.
        """
        mistakes: list[Mistake] = []
        if not self.folder.exists():
            mistakes += [wrong for layout in DEFAULTS if (wrong := self.save(layout))]
        layouts: list[Layout] = []
        for file in self._files():
            mistakes += file.mistakes
            if file.layout is None:
                continue
            if any(one.name == file.layout.name for one in layouts):
                what = f'another file has a layout "{file.layout.name}" already; this one is left out'
                mistakes.append(file.read.wrong(what, "name"))
                continue
            layouts.append(file.layout)
        return layouts or list(DEFAULTS), mistakes

    def save(self, layout: Layout) -> Mistake | None:
        """Write a layout over its own file, comments kept, or as a new file.

        Nothing is written where the file on the disk has a mistake, which is returned.
        """
        try:
            private_folder(self.folder)
            files = self._files()
            mine = next((file for file in files if _named(file) == layout.name), None)
            if mine is None:
                path = self._new_path(layout.name, files)
                write_whole(path, rewritten(_HEAD.format(narrowest=NARROWEST, widest=WIDEST), layout))
                return None
            if mine.mistakes:
                return mine.mistakes[0]
            if mine.layout != layout:
                write_whole(mine.path, rewritten(mine.read.text, layout))
        except OSError as error:
            return Mistake(str(self.folder), 1, str(as_trouble(error)))
        return None

    def remove(self, name: str) -> bool:
        """Delete the file of a layout; False where there is none, or where it has a mistake."""
        for file in self._files():
            if _named(file) == name and not file.mistakes:
                file.path.unlink()
                return True
        return False

    def _files(self) -> list[_File]:
        paths = sorted(self.folder.glob("*.toml")) if self.folder.is_dir() else []
        return sorted((self._open(path) for path in paths), key=lambda file: file.order)

    def _open(self, path: Path) -> _File:
        read = read_toml(path)
        numbered = _NUMBERED.match(path.stem)
        order = float(numbered.group(1)) if numbered else float("inf")
        if read.mistake:
            return _File(path, read, None, (read.mistake,), (order, path.name))
        mistakes = unknown_keys(read, read.values, _TOP_KEYS)
        name = read.values.get("name", path.stem[numbered.end() :] if numbered else path.stem)
        if not isinstance(name, str) or not name.strip():
            mistakes.append(read.wrong('"name" has to be a text in quotes', "name"))
            name = path.stem
        wished = read.values.get("order", order)
        if isinstance(wished, bool) or not isinstance(wished, int | float):
            mistakes.append(read.wrong('"order" has to be a number', "order"))
        else:
            order = float(wished)
        columns, wrong = self._columns(read)
        return _File(path, read, Layout(name, columns), (*mistakes, *wrong), (order, path.name))

    def _columns(self, read: TomlText) -> tuple[tuple[Column, ...], list[Mistake]]:
        tables = read.values.get("column", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            return (), [read.wrong("columns are written as [[column]]", "", "column")]
        columns: list[Column] = []
        mistakes: list[Mistake] = []
        for index, table in enumerate(tables):
            wrong = self._wrong(read, table, index)
            mistakes += wrong
            if not wrong:
                columns.append(Column(**table))
        return tuple(columns), mistakes

    def _wrong(self, read: TomlText, table: dict[str, Any], index: int) -> list[Mistake]:
        """The mistakes in one column."""

        def at(key: str, what: str) -> Mistake:
            return read.wrong(what, key, "column", index)

        mistakes = unknown_keys(read, table, _COLUMN_KEYS, "column", index)
        for key in ("kind", "account", "words", "title"):
            if not isinstance(table.get(key, ""), str):
                mistakes.append(at(key, f'"{key}" has to be a text in quotes'))
        kind = table.get("kind")
        if kind is None:
            mistakes.append(at("kind", 'a column needs a "kind"'))
        elif isinstance(kind, str) and kind not in self._kinds:
            mistakes.append(at("kind", f'unknown kind "{kind}" (known: {", ".join(self._kinds)})'))
        words = table.get("words", "")
        if kind in self._needs_words and isinstance(words, str) and not words.strip():
            mistakes.append(at("words", f'a {kind} column needs "words": what to look for'))
        width = table.get("width", USUAL)
        if isinstance(width, bool) or not isinstance(width, int):
            mistakes.append(at("width", '"width" has to be a whole number of cells'))
        elif not NARROWEST <= width <= WIDEST:
            mistakes.append(at("width", f"a width of {width} is not between {NARROWEST} and {WIDEST}"))
        return mistakes

    def _new_path(self, name: str, files: Sequence[_File]) -> Path:
        slug = re.sub(r"[^\w-]+", "-", name.casefold()).strip("-")[:60] or "layout"
        taken = {file.path.name.casefold() for file in files}
        numbers = [int(found.group(1)) for file in files if (found := _NUMBERED.match(file.path.stem))]
        number = max(numbers, default=0) + 1
        while f"{number}-{slug}.toml" in taken:
            number += 1
        return self.folder / f"{number}-{slug}.toml"


def _named(file: _File) -> str:
    """The name of the layout in a file; of a broken file what its first lines or its file name say."""
    if file.layout is not None:
        return file.layout.name
    found = re.search(r"""^\s*name\s*=\s*["'](.*?)["']""", file.read.text, re.MULTILINE)
    return found.group(1) if found else _NUMBERED.sub("", file.path.stem)
