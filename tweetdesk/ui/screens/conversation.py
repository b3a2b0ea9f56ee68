"""The conversation: a post with all that it answers and all that answers it, or a direct message conversation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical

from tweetdesk.domain.events import Event, ItemsChanged, OutboxChanged, TriageChanged
from tweetdesk.domain.items import Item, Rows, conversation_item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef
from tweetdesk.engine.session import Session
from tweetdesk.networks.base import NetworkError, ThreadPost
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.threads import nested, who_is_in
from tweetdesk.ui.widgets.column import ColumnView, Place
from tweetdesk.ui.wording import wording

#: What stands for a post that is not there: no command acts on it.
MISSING = "missing "


class Reader:
    """The rows of a conversation, for the column view."""

    def __init__(self, rows: Sequence[Item]) -> None:
        self.held = {(row.account, row.id): row for row in rows}

    async def rows(self, near: int | None = None) -> Rows:
        """(place, item id, account id) of every row."""
        return Rows([(place, item, account) for place, (account, item) in enumerate(self.held)])

    async def items(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        """These rows."""
        return {ref: self.held[ref] for ref in ids if ref in self.held}


class ThreadView(ColumnView):
    """A column view in which nothing leaves: what was done to a post is said, and the post stays."""

    say: Callable[[str], None] = staticmethod(lambda words: None)

    def leave(self, items: Collection[tuple[str, str]], words: str = "") -> None:
        """Say what was done."""
        self.say(words)


class ConversationScreen(StageScreen):
    """Shows at once what the store has, then what the network tells now."""

    def __init__(self, session: Session, item: Item) -> None:
        super().__init__(session)
        self.opened = item
        self._ours = frozenset(account.user_id for account in session.accounts)
        self._view = ThreadView(clock=self._clock, ours=self._ours, folded=False, open_key="Enter")
        self._view.say = self.tell
        self._view.wording = wording(session)
        self._fresh: tuple[ThreadPost, ...] = ()
        self._messages: tuple[Post, ...] = ()
        self._shown: list[Item] = []
        self._wanted = self._reading = False

    def compose_body(self) -> ComposeResult:
        """Who is in it, and the posts."""
        with Vertical():
            yield self._view.head
            yield self._view

    def _clock(self) -> datetime:
        return self.session.now().astimezone()

    # -- for the stage -----------------------------------------------------------------------------------------
    @property
    def view(self) -> ColumnView:
        """The posts."""
        return self._view

    @property
    def selected(self) -> Item | None:
        """The post under the hand; a direct message stands for its whole conversation."""
        item = self._view.selected
        if item is None or item.id.startswith(MISSING):
            return None
        if item.post.kind is PostKind.MESSAGE:
            return replace(item, id=conversation_item(item.post.conversation), messages=(item.post,), depth=0)
        return replace(item, depth=0)

    def go_back(self) -> None:
        """Take marks off; then back to where it was opened."""
        if self._view.marked():
            self._view.unmark()
        else:
            self.dismiss()

    def run(self, command_id: str, key: str = "") -> None:
        """Enter has nothing more to open here."""
        if command_id == "open_conversation":
            self.tell("This is the whole conversation; Esc goes back.")
        else:
            super().run(command_id, key)

    def on_mount(self) -> None:
        """Show what is known, then ask."""
        self._view.focus()
        self._view.head.active = True
        self.later(self._open(), group="load")

    def on_column_view_selected(self, message: ColumnView.Selected) -> None:
        """The keys that fit what is under the hand now."""
        message.stop()
        self.status.show_item(self.selected)

    def on_items_changed(self, event: ItemsChanged) -> None:
        """Something arrived: perhaps in here."""
        self._want()

    def on_triage_changed(self, event: TriageChanged) -> None:
        """Something was decided: perhaps in here."""
        self._want()

    def _hear(self, event: Event) -> None:
        super()._hear(event)
        if isinstance(event, OutboxChanged):
            self._want()

    def _want(self) -> None:
        """Read the store again, once for all that happened until then."""
        self._wanted = True
        if not self._reading and self._shown:
            self._reading = True
            self.later(self._reread(), group="reread")

    # -- reading -----------------------------------------------------------------------------------------------
    async def _open(self) -> None:
        network = self.session.engine.networks.get(self.opened.account)
        called = network.vocabulary.network if network else self.opened.post.author.network
        self._view.head.show(state=f"asking {called} …")
        rows = await self._rows()
        middle = max(0, self._view.size.height // 3)
        here = str(self.opened.post.ref)
        at = next((place for place, row in enumerate(rows) if row.id == here), 0)
        await self._show(rows, Place(here, middle, self.opened.account, at))
        if network is None:
            self._view.head.show(state="this account is not logged in; this is what was read before", trouble=True)
            return
        try:
            await self._ask()
        except NetworkError as error:
            self._view.head.show(state=f"{error} This is what was read before.", trouble=True)
            return
        await self._show(await self._rows(), self._view.place)
        self._view.head.show(state=f"up to date {self._clock():%H:%M}", trouble=False)

    async def _ask(self) -> None:
        post, account = self.opened.post, self.opened.account
        if post.kind is PostKind.MESSAGE:
            self._messages = await self.session.engine.messages(account, post.conversation)
        else:
            self._fresh = (await self.session.engine.thread(account, post.ref)).posts

    async def _reread(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                rows = await self._rows()
                if rows != self._shown:
                    await self._show(rows, self._view.place)
        finally:
            self._reading = False

    async def _show(self, rows: list[Item], place: Place | None) -> None:
        """Show these rows. Answers stand in between, so that they are another order, not new rows at its end."""
        self._shown = rows
        await self._view.load(Reader(rows), place)

    async def _rows(self) -> list[Item]:
        """Everything known, in reading order."""
        post = self.opened.post
        known = await self.session.store.posts.conversation(post.conversation) if post.conversation else []
        if post.kind is PostKind.MESSAGE:
            rows = await self._message_rows({message.ref: message for message in [*known, *self._messages, post]})
        else:
            rows = [await self._row(place, one) for place, one in enumerate(nested([*known, post], self._fresh))]
        posts = [row.post for row in rows if not row.id.startswith(MISSING)]
        count = f"{len(posts)} {'message' if post.kind is PostKind.MESSAGE else 'post'}{'s' * (len(posts) != 1)}"
        self._view.head.show(title=who_is_in(posts, self._ours), count=count)
        return rows

    async def _message_rows(self, messages: dict[PostRef, Post]) -> list[Item]:
        conversation = conversation_item(self.opened.post.conversation)
        whole = await self.session.store.posts.item(self.opened.account, conversation)
        posts = sorted(messages.values(), key=lambda message: message.created_at)
        rows = [
            Item(place, str(one.ref), self.opened.account, one, one.created_at) for place, one in enumerate(posts)
        ]
        if whole is not None:
            rows[-1] = replace(
                rows[-1], state=whole.state, until=whole.until, how=whole.how, pending=whole.pending
            )
        return rows

    async def _row(self, place: int, one: ThreadPost) -> Item:
        account = self.opened.account
        if one.post is None:
            network = self.opened.post.author.network
            gone = Post(
                one.ref or PostRef(network, f"{MISSING}{place}"),
                Identity(network, "", "", f"({one.missing or 'not shown'})"),
                "",
                self.opened.post.created_at,
            )
            ident = f"{MISSING}{one.ref or place}"
            return Item(place, ident, account, gone, gone.created_at, depth=one.depth)
        item = await self.session.store.posts.item(account, str(one.post.ref))
        if item is None:
            return Item(place, str(one.post.ref), account, one.post, one.post.created_at, depth=one.depth)
        return replace(item, key=place, post=one.post, at=one.post.created_at, depth=one.depth, reposted_by=None)
