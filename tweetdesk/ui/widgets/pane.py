"""A pane: one column of the deck, its head and its view, kept true to the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from tweetdesk.domain.events import SourceState, SourceStatus
from tweetdesk.domain.items import Item, Rows
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.selections import Selection, Shows, Source
from tweetdesk.engine.session import Session
from tweetdesk.store.store import Store
from tweetdesk.ui.widgets.column import ColumnView, Loaded, Place
from tweetdesk.ui.wording import wording

ASKING = "Asking the network …"


class StoreReader:
    """Reads the items of one selection from the store."""

    def __init__(self, store: Store, selection: Selection) -> None:
        self.store, self.selection = store, selection
        self._rows = Rows([])

    async def rows(self, near: int | None = None) -> Rows:
        """All rows (or those around a key), oldest first."""
        self._rows = await self.store.posts.rows(self.selection, near)
        return self._rows

    async def items(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        """The items by (account id, item id), standing for the posts that they did in the rows read last."""
        return await self.store.posts.items(self.selection, ids, self._rows.members)


class Pane(Vertical):
    """One column of a layout."""

    class Counted(Message):
        """What is open was counted anew."""

        def __init__(self, pane: Pane) -> None:
            self.pane = pane
            super().__init__()

        @property
        def control(self) -> Pane:
            """The pane."""
            return self.pane

    def __init__(self, session: Session, layout: str, column: Column) -> None:
        super().__init__()
        self.session, self.layout_name, self.column = session, layout, column
        self.kind = session.kind(column)
        self.selection = session.selection(column)
        self.view = ColumnView(
            clock=lambda: session.now().astimezone(),
            ours=frozenset(account.user_id for account in session.accounts),
            empty_text=ASKING,
        )
        self.view.wording = wording(session)
        self.view.owing = self.kind.addressed
        self.head = self.view.head
        self.head.show(title=self.kind.heading(column), detail=self._accounts(), state="loading …")
        self.open_count = 0
        self._decided = False
        self.styles.width = column.width
        self._wanted = self._refreshing = False
        self._changed: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """Head above view."""
        yield self.head
        yield self.view

    def _accounts(self) -> str:
        """Whose column it is: one account by its handle, several by their networks where those tell them apart."""
        mine = [account for account in self.session.accounts if account.id in self._ids()]
        networks = list(dict.fromkeys(account.network_name for account in mine))
        several = len({account.network for account in self.session.accounts}) > 1
        if len(mine) == 1:
            return f"@{mine[0].handle}" + (f" {networks[0]}" if several else "")
        if len(networks) > 1:
            return " · ".join(networks)
        handles = sorted(f"@{account.handle}" for account in mine)
        return " ".join(handles) if len(handles) <= 2 else f"{len(handles)} accounts"

    def _ids(self) -> set[str]:
        return {source.account for source in self.selection.sources}

    async def load(self) -> None:
        """Read what is around the place where this column was left; `complete` reads the rest."""
        kept = await self.session.store.columns.get(self.layout_name, self.column.id)
        place = Place(kept.item, kept.line, kept.account, kept.key) if kept else None
        reader = StoreReader(self.session.store, self.selection)
        await self.view.load(reader, place, self.kind.opens_at, part=True)
        self.show_status()

    async def complete(self) -> None:
        """Read the rest, and count."""
        await self.view.complete()
        await self.count()

    async def reselect(self, *, show_done: bool | None = None, words: str | None = None) -> None:
        """Show or hide what is done; narrow to words."""
        if show_done is not None and self.selection.shows is not Shows.LATER:
            self.selection = replace(self.selection, show_done=show_done)
        if words is not None:
            self.selection = replace(self.selection, words=words)
        await self.view.load(StoreReader(self.session.store, self.selection), self.view.place, self.kind.opens_at)
        await self.count()
        self.show_status()

    def _nothing(self, fetched: bool, words: str, trouble: bool) -> str:
        """What an empty column says: that there is nothing is only known after the network was asked."""
        if self.selection.words:
            return f'Nothing here has "{self.selection.words}" in it.\nEsc ends the filter.'
        if self._decided:
            return "Everything here is decided. D shows it."
        if fetched or self.session.store.read_only or self.selection.shows is Shows.LATER:
            return self.kind.empty(self.column)
        return (
            f"Nothing could be fetched so far.\n{words}\nCtrl+r asks again." if trouble else "Asking the network …"
        )

    def want_refresh(self, changed: frozenset[str] | None = None) -> None:
        """Take over what changed in the store, soon: what is asked for while that runs is done in one go after it.

        `changed` names the items whose content changed; None: only new and gone ones are looked for.
        """
        self._changed |= changed or frozenset()
        self._wanted = True
        if not self._refreshing:
            self._refreshing = True
            self.run_worker(self._refresh(), group="pane")

    async def _refresh(self) -> None:
        try:
            while self._wanted:
                self._wanted, changed, self._changed = False, self._changed, frozenset()
                await self.view.refresh_items(changed)
                await self.count()
        finally:
            self._refreshing = False

    async def count(self) -> None:
        """Count the open items for the head."""
        plain = replace(self.selection, show_done=False, words="")
        posts = self.session.store.posts
        (self.open_count,) = await posts.counts([plain])
        is_empty = self.selection.triaged and not self.loaded() and self.selection.shows is not Shows.LATER
        decided = is_empty and await posts.any_decided(plain)
        if decided is not self._decided:
            self._decided = decided
            self.show_status()
        self.show_count()
        self.post_message(self.Counted(self))

    def show_count(self) -> None:
        """Tell in the head how many there are to decide, and how many are marked."""
        words = [f"{self.open_count} {self.kind.counted}"] if self.selection.triaged else []
        words += [f"{marked} marked"] if (marked := len(self.view.marked())) else []
        self.head.show(count=" · ".join(words))

    def loaded(self) -> tuple[Loaded, ...]:
        """Every row as it stands at this moment, for an act on all of them."""
        return self.view.loaded()

    def show_detail(self, others: str | None) -> None:
        """What stands beside the name: the accounts, or (on a narrow terminal) the other columns' counts."""
        self.head.show(detail=self._accounts() if others is None else f"│ {others}")

    async def save_place(self) -> None:
        """Keep the place for the next time."""
        if (place := self.view.place) and not self.session.store.read_only:
            await self.session.store.columns.save(
                self.layout_name,
                self.column.id,
                place.item,
                place.line,
                account=place.account,
                key=place.key,
            )

    def shows_of(self, sources: frozenset[Source]) -> bool:
        """Whether what happened in these sources (none: in any) can be seen here."""
        if self.selection.shows is Shows.OPEN:
            return not sources or not sources.isdisjoint(self.selection.sources)
        return not sources or any(source.account in self._ids() for source in sources)

    def sources(self) -> set[Source]:
        """The sources whose state this head tells."""
        return set(self.selection.sources)

    def show_status(self) -> None:
        """Tell in the head how the sources are doing: the worst of them, in words."""
        statuses = [
            status for source, status in self.session.engine.statuses().items() if source in self.selection.sources
        ]
        words, trouble = state_words(statuses, self.session)
        fetched = any(status.state is SourceState.FRESH for status in statuses)
        self.view.empty_text = self._nothing(fetched, words, trouble)
        if self.selection.words:
            words = f'only "{self.selection.words}" · Esc ends it'
        elif self.selection.show_done:
            words = f"with what is done · D hides it · {words}"
        self.head.show(state=words, trouble=trouble)


def state_words(statuses: Sequence[SourceStatus], session: Session) -> tuple[str, bool]:
    """How sources are doing, in words for a column's head, and whether it is trouble."""
    if session.store.read_only:
        return "read only: another tweetdesk has this profile open", True
    if not statuses and not session.engine.networks:
        return "loading …", False
    if not statuses:
        return "not asked for: the account is not logged in", True
    order = list(SourceState)
    worst = max(statuses, key=lambda status: order.index(status.state))
    if all(status.state is SourceState.LOADING for status in statuses):
        return "loading …", False
    named = _named(statuses, session)
    if worst.state in (SourceState.FRESH, SourceState.LOADING):
        fresh = [status for status in statuses if status.state is SourceState.FRESH]
        newest = max(fresh, key=lambda status: status.at)
        notes = dict.fromkeys(named(status, status.why) for status in fresh if status.why)
        return " · ".join([f"up to date {newest.at.astimezone():%H:%M}", *notes]), False
    return named(worst, _trouble(worst, session)), True


def _named(statuses: Sequence[SourceStatus], session: Session) -> Callable[[SourceStatus, str], str]:
    """Puts the network's name before words about a source, where there are sources of several networks."""
    accounts = {status.source.account: session.account(status.source.account) for status in statuses}
    several = len({account.network for account in accounts.values() if account}) > 1

    def named(status: SourceStatus, words: str) -> str:
        account = accounts[status.source.account]
        return f"{account.network_name}: {words}" if several and account else words

    return named


def _trouble(status: SourceStatus, session: Session) -> str:
    """What is wrong with a source, the key that helps first: the rest may not fit (g a has all of it)."""
    if paused := session.engine.paused.get(status.source.account):
        key = "L logs in again" if "L logs in again" in paused else "Ctrl+r tries again"
        return f"paused · {key} · {paused}"
    until = f" until {status.until.astimezone():%H:%M}" if status.until else ""
    match status.state:
        case SourceState.LIMITED:
            return f"waiting{until} · {status.why}"
        case SourceState.OFFLINE:
            return f"offline · {status.why}"
        case _:
            return status.why or status.state.value
