"""Layouts: which columns stand side by side, and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

#: Widths in terminal cells.
NARROWEST, WIDEST, USUAL = 24, 120, 44


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layout.

    `account` is an account's id or handle, or "" for all; `words` is the query of a search column; `width` is in
    cells; `title` replaces the kind's own heading.
    """

    kind: str
    account: str = ""
    words: str = ""
    width: int = USUAL
    title: str = ""

    @property
    def id(self) -> str:
        """The same for the same content: the place in a column is kept under it."""
        return f"{self.kind}|{self.account}|{self.words}"


@dataclass(frozen=True, slots=True)
class Layout:
    """A named deck of columns."""

    name: str
    columns: tuple[Column, ...] = field(default=())

    def moved(self, index: int, by: int) -> Layout:
        """With one column moved sideways, as far as there is room."""
        columns = list(self.columns)
        columns.insert(max(0, min(len(columns) - 1, index + by)), columns.pop(index))
        return replace(self, columns=tuple(columns))

    def resized(self, index: int, by: int) -> Layout:
        """With one column wider or narrower by so many cells, within bounds."""
        columns = list(self.columns)
        width = max(NARROWEST, min(WIDEST, columns[index].width + by))
        columns[index] = replace(columns[index], width=width)
        return replace(self, columns=tuple(columns))

    def equal(self) -> Layout:
        """With every column of the usual width."""
        return replace(self, columns=tuple(replace(column, width=USUAL) for column in self.columns))

    def without(self, index: int) -> Layout:
        """With one column less."""
        return replace(self, columns=self.columns[:index] + self.columns[index + 1 :])

    def with_column(self, index: int, column: Column) -> Layout:
        """With one column more, at this place."""
        return replace(self, columns=(*self.columns[:index], column, *self.columns[index:]))


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a settings or layout file: where (line 0: no single line), and what."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"
