"""Sources (what is polled) and selections (what a column shows of it)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Something of one account that can be fetched again and again.

    Kinds: mentions, messages, home, search (`words` is the query), person (`words` is the identity id), list
    (`words` is the network's id of it), hashtag (`words` is the tag without #), helping (filled by the engine from
    other sources; asked for again only to see whether it is still true).
    """

    account: str
    kind: str
    words: str = ""

    @property
    def id(self) -> str:
        """The key of this source everywhere."""
        return f"{self.account} {self.kind} {self.words}".rstrip()


class Shows(StrEnum):
    """Which items a column shows by what was decided about them."""

    OPEN = "open"  # what wants a decision in its sources
    OWED = "owed"  # the same, and all else of these accounts that was put off and is due
    LATER = "later"  # what is snoozed or waits for somebody, of these accounts, whatever source it is from


@dataclass(frozen=True, slots=True)
class Selection:
    """What a column shows: the items of these sources, by these rules.

    `by_conversation`: one item a direct message conversation, instead of one item a post. `show_done` brings
    back what was decided. `triaged` is False for plain reading columns (home), where done items stay but quiet.
    `words` narrows to items whose text or author has all of them (the column's filter). `by_thread`: posts of one
    thread that stand alike are one item. `shows` is OPEN for all but the columns of what is owed and put off.
    """

    sources: tuple[Source, ...]
    by_conversation: bool = False
    triaged: bool = True
    show_done: bool = False
    words: str = ""
    by_thread: bool = False
    shows: Shows = Shows.OPEN
