"""The rows of a column: the order of its items, and the few of them that are held in memory."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tweetdesk.domain.items import Item, Rows

#: What names a row: (account id, item id).
Ref = tuple[str, str]

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class ItemReader(Protocol):
    """Where a column's items come from: the whole order at once, the items themselves a page at a time."""

    async def rows(self, near: int | None = None) -> Rows:
        """All rows, oldest first.

        With `near`, those around this key are enough, so that the first screen can be painted before the rest.
        """

    async def items(self, ids: Sequence[Ref]) -> dict[Ref, Item]:
        """These items by (account id, item id); one that is gone is left out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is reading: the selected item, and the row of the column on which it begins.

    `line` is negative where the item begins above the screen. `account` and `key` find the nearest item when
    this one is gone.
    """

    item: str
    line: int = 0
    account: str = ""
    key: int = 0


@dataclass(frozen=True, slots=True)
class Loaded:
    """A row as it stood at one moment, whether its item was read or not; `ids` are what an act on it settles."""

    account: str
    id: str
    ids: tuple[str, ...]


class Recent(Generic[_K, _V]):
    """A dictionary that forgets what was not used for longest."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[_K, _V] = OrderedDict()

    def get(self, key: _K) -> _V | None:
        """The value, now the most recently used, or None."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def __setitem__(self, key: _K, value: _V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)

    def __contains__(self, key: _K) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[_K]:
        return iter(tuple(self._kept))

    def pop(self, key: _K) -> None:
        """Forget one."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()


class Order:
    """The rows of a column in order, oldest first, and where each one is."""

    def __init__(
        self, keys: Iterable[tuple[int, str, str]] = (), members: Mapping[Ref, tuple[str, ...]] | None = None
    ) -> None:
        rows = list(keys)
        self.keys: list[int] = [key for key, _, _ in rows]
        self.refs: list[Ref] = [(account, item) for _, item, account in rows]
        self.index: dict[Ref, int] = dict(zip(self.refs, range(len(rows)), strict=True))
        self.members: Mapping[Ref, tuple[str, ...]] = members or {}
        self._row_of = {(ref[0], one): ref for ref, ids in self.members.items() for one in ids}

    def __len__(self) -> int:
        return len(self.refs)

    def ids(self, ref: Ref) -> tuple[str, ...]:
        """The ids of all that a row stands for."""
        return self.members.get(ref, (ref[1],))

    def row_of(self, ref: Ref) -> Ref | None:
        """The row that stands for an item, perhaps among others; None if there is none."""
        row = ref if ref in self.index else self._row_of.get(ref)
        return row if row in self.index else None

    def followed(self, ref: Ref, before: Order) -> Ref:
        """The row in which one of an older order goes on: another where its oldest post went, or an older came."""
        for one in (ref[1], *before.ids(ref)):
            if (row := self.row_of((ref[0], one))) is not None:
                return row
        return ref

    def find(self, item: str, account: str = "") -> int | None:
        """The index of the row of an item; without an account the newest such row."""
        if account:
            row = self.row_of((account, item))
            return None if row is None else self.index[row]
        found = [at for ref, at in self.index.items() if item == ref[1] or item in self.members.get(ref, ())]
        return max(found, default=None)

    def nearest(self, key: int) -> int:
        """The index of the first row at or after a key, else of the last."""
        return min(len(self.refs) - 1, bisect_left(self.keys, key))

    def without(self, gone: Collection[Ref]) -> Order:
        """With some rows taken out."""
        if not gone:
            return self
        pairs = zip(self.keys, self.refs, strict=True)
        return Order(((key, ref[1], ref[0]) for key, ref in pairs if ref not in gone), self.members)

    def with_kept(self, kept: Collection[Ref], before: Order) -> Order:
        """With rows of an older order put back where their keys say."""
        missing = [ref for ref in kept if ref not in self.index and ref in before.index]
        if not missing:
            return self
        rows = [(key, ref[1], ref[0]) for key, ref in zip(self.keys, self.refs, strict=True)]
        rows += [(before.keys[before.index[ref]], ref[1], ref[0]) for ref in missing]
        several = {ref: before.members[ref] for ref in missing if ref in before.members}
        return Order(sorted(rows, key=lambda row: row[0]), {**self.members, **several})
