"""People to help: chooses the candidates out of what other sources bring in, and keeps their reasons true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tweetdesk.domain.events import ItemsChanged, SourceState
from tweetdesk.domain.helping import Relationship, judge
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.engine.poller import Poller
from tweetdesk.networks.base import Fetched, Network, NetworkError
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.posts import Arrival
from tweetdesk.store.store import Store

#: The kinds of source whose posts can be candidates.
CANDIDATES_FROM = frozenset({"search", "person"})
#: How many open candidates are looked at again at a time (four requests of 25); fewer where each costs money.
REVIEWED, REVIEWED_FOR_MONEY = 100, 20


class Helping:
    """Judges posts with what the store knows of the relationship."""

    def __init__(self, store: Store, own: Iterable[str]) -> None:
        """`own` are the identity ids of our accounts: nobody helps themselves."""
        self._store = store
        self._own = frozenset(own)

    async def candidates(
        self, source: Source, fetched: Sequence[Fetched], now: datetime
    ) -> Sequence[tuple[Source, Arrival]]:
        """Those of the posts of a source that belong into the helping source of its account."""
        if source.kind not in CANDIDATES_FROM:
            return ()
        topics = (source.words,) if source.kind == "search" else ()
        judged = [(one, await self._reasons(source.account, one.post, now, topics)) for one in fetched]
        helping = Source(source.account, "helping")
        return [(helping, Arrival(one.post, one.at, reasons)) for one, reasons in judged if reasons]

    async def review(self, source: Source, network: Network, now: datetime) -> bool:
        """Ask for the open candidates as they are now, keep their reasons true, and drop those that are none
        any more (answered by us, deleted); whether anything was looked at.
        """
        selection = Selection((source,))
        most = REVIEWED_FOR_MONEY if network.price_date else REVIEWED
        keys = (await self._store.posts.item_keys(selection))[-most:]
        items = await self._store.posts.items(selection, [(owner, item) for _, item, owner in keys])
        refs = {item.post.ref for item in items.values()}
        if not refs:
            return False
        topics = sorted({known.words for known in await self._store.sources.all() if known.kind == "search"})
        judged = [
            (post, await self._reasons(source.account, post, now, topics))
            for post in await network.posts(tuple(refs))
        ]
        kept = [Arrival(post, post.created_at, reasons) for post, reasons in judged if reasons]
        await self._store.posts.ingest(source, kept, cursor=None, now=now)
        await self._store.posts.leave(source, refs - {one.post.ref for one in kept})
        return True

    async def _reasons(self, account: str, post: Post, now: datetime, topics: Iterable[str]) -> tuple[str, ...]:
        """Why this post is a candidate, or nothing if it is none."""
        if post.author.id in self._own:
            return ()
        candidate = judge(post, await self._knows(account, post.author, post), now, topics)
        return candidate.reasons if candidate else ()

    async def _knows(self, account: str, author: Identity, post: Post) -> Relationship:
        helped = await self._store.people.helped(account)
        touches = await self._store.people.touches(author.network, author.id)
        ours = [touch for touch in touches if touch.direction == "ours"]
        theirs = [touch for touch in touches if touch.direction == "theirs" and touch.kind == "reply"]
        return Relationship(
            on_help_list=any(person.id == author.id for person in helped),
            answered_us=len(theirs),
            last_helped=max((touch.at for touch in ours), default=None),
            answered_this=any(touch.post == str(post.ref) for touch in ours),
        )


class HelpingPoller(Poller):
    """Looks again at the open candidates of one account, in place of fetching something new."""

    async def fetch_once(self, *, by_hand: bool = False) -> float:
        """Review once; the seconds until the next review."""
        began = self._tools.pauses.round(self.source.account)
        try:
            async with self._tools.budget.reading(self.source.account, self.source, by_hand=by_hand):
                reviewed = await self._helping.review(self.source, self._network, self._clock.now())
        except NetworkError as error:
            return await self._trouble(error, began)
        except StoreTrouble as error:
            self._publish(SourceState.BROKEN, why=str(error))
            return self._network.poll_seconds(self.source.kind)
        if reviewed:
            self._bus.publish(ItemsChanged(frozenset({self.source})))
        await self._tell(SourceState.FRESH)
        return self._next()
