"""What is owed and what was put off, on the whole desk; threads as one item; keys typed faster than anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from deckkit import Hands, hands_on
from deskkit import START, sandbox_desk
from stagekit import until

from tweetdesk.domain.events import ItemsChanged, TriageChanged
from tweetdesk.domain.layouts import Column, Layout
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.store.posts import Arrival
from tweetdesk.ui.widgets.rows import Loaded

TOM = Identity("bluesky", "did:plc:tom", "tom.example.com", "Tom")
INES = Identity("bluesky", "did:plc:ines", "ines.example.com", "Ines")


def written(name: str, who: Identity = TOM, *, days: float = 0, thread: str = "", text: str = "") -> Post:
    """A post of somebody, so many days before the start."""
    at = START - timedelta(days=days, minutes=30)
    return Post(PostRef("bluesky", f"at://{name}"), who, text or f"words of {name}", at, conversation=thread)


#: What is read of the sandbox, and is not to come in between.
_READS = (
    "app.bsky.notification.listNotifications",
    "app.bsky.feed.getAuthorFeed",
    "chat.bsky.convo.listConvos",
    "chat.bsky.convo.getLog",
)


class Due(Hands):
    """A desk whose sources are filled by hand."""

    async def take(self, *posts: Post, kind: str = "mentions") -> None:
        """Take posts in, and tell of it."""
        source = Source(self.desk.account.id, kind)
        arrivals = [Arrival(one, one.created_at) for one in posts]
        taken = await self.desk.store.posts.ingest(source, arrivals, cursor=None, now=self.session.now())
        self.session.engine.bus.publish(ItemsChanged(frozenset({source}), taken.items))
        await self.settle()

    async def decide(self, move: Move, *names: str, **more: object) -> None:
        """Decide about posts."""
        items = [f"bluesky at://{name}" for name in names]
        await self.desk.store.triage.apply(self.desk.account.id, items, move, now=self.session.now(), **more)  # type: ignore[arg-type]
        self.session.engine.bus.publish(TriageChanged(self.desk.account.id, frozenset(items)))
        await self.settle()

    async def states(self, rows: Sequence[Loaded]) -> list[TriageState]:
        """Where rows stand."""
        return [(await self.desk.store.triage.state(row.account, row.id)).state for row in rows]

    def ids(self, column: int) -> list[list[str]]:
        """The short names of what each row of a column stands for."""
        return [
            [one.removeprefix("bluesky at://") for one in row.ids] for row in self.deck.panes[column].view.loaded()
        ]


@asynccontextmanager
async def due_desk(folder: Path, *kinds: str, posts: Sequence[Post] = (), **more: object) -> AsyncIterator[Due]:
    """A desk with these columns and these mentions; nothing is asked of a network."""
    async with sandbox_desk(folder, started=False) as desk:
        desk.session.saved_layouts[:] = [Layout("here", tuple(Column(kind) for kind in kinds))]
        source = Source(desk.account.id, "mentions")
        arrivals = [Arrival(one, one.created_at) for one in posts]
        await desk.store.posts.ingest(source, arrivals, cursor=None, now=START)
        for method in _READS:
            desk.world.faults.add(method, times=-1, kind="html")
        async with hands_on(desk, Due, **more) as opened:  # type: ignore[arg-type]
            yield opened


OLD = (
    written("a", days=9, thread="at://t1"),
    written("b", days=2.5),
    written("c", INES, days=1.2, thread="at://t1"),
    written("d"),
)


async def test_who_waits_longest_stands_first_and_says_for_how_long(tmp_path: Path) -> None:
    async with due_desk(tmp_path, "owed", "mentions", "later", posts=OLD) as opened:
        assert opened.ids(0) == [["a", "c"], ["b"], ["d"]]
        assert "Ines, Tom · 2 new" in opened.shown
        assert "unanswered for 9 days" in opened.shown
        assert "unanswered since Friday" in opened.shown or "unanswered since Saturday" in opened.shown
        assert "3 wait for you" in opened.status
        assert "due" not in opened.status.split("▸")[1].split("outbox")[0]
        assert opened.deck.panes[0].head.count == "3 open"


async def test_what_was_put_off_says_when_it_is_back_and_comes_back_with_its_reason(tmp_path: Path) -> None:
    async with due_desk(tmp_path, "owed", "later", posts=OLD) as opened:
        await opened.decide(Move.SNOOZE, "b", until=START + timedelta(days=3))
        await opened.decide(Move.WAIT, "a", "c", until=START + timedelta(days=1))
        assert opened.ids(0) == [["d"]]
        assert opened.ids(1) == [["a", "c"], ["b"]]
        assert opened.deck.panes[1].head.count == "2 put off"
        assert "waiting until tomorrow" in opened.shown
        assert "snoozed · back Thu 7 May" in opened.shown
        await opened.decide(Move.DUE, "a", "c", act="1 day of silence")
        assert opened.ids(0) == [["a", "c"], ["d"]]
        assert opened.ids(1) == [["b"]]
        assert "1 day of silence" in opened.shown
        await until(lambda: "2 wait for you · 1 due" in opened.status, opened.pilot)
        await opened.press("g", "g", "e")
        await opened.settle()
        await until(lambda: "1 waits for you" in opened.status and "due" not in opened.status, opened.pilot)


async def test_the_chords_lead_there_or_say_what_to_do(tmp_path: Path) -> None:
    async with due_desk(tmp_path, "mentions", "owed", "later", posts=OLD) as opened:
        await opened.press("g", "w")
        assert opened.deck.pane.column.kind == "owed"
        await opened.press("g", "b")
        assert opened.deck.pane.column.kind == "later"
    async with due_desk(tmp_path / "other", "mentions", posts=OLD) as opened:
        await opened.press("g", "w")
        await opened.told("a adds one")


async def test_what_comes_into_a_thread_is_seen_where_it_stands(tmp_path: Path) -> None:
    async with due_desk(tmp_path, "mentions", posts=OLD) as opened:
        here = opened.deck.selected
        assert here is not None
        assert len(here.ids) == 2
        await opened.take(written("e", thread="at://t1"))
        assert opened.ids(0)[0] == ["a", "c", "e"]
        assert opened.deck.selected is not None
        assert opened.deck.selected.id == here.id
        assert "3 new" in opened.shown


async def test_an_act_settles_what_was_seen_and_nothing_that_came_since(tmp_path: Path) -> None:
    async with due_desk(tmp_path, "mentions", posts=OLD) as opened:
        late = Arrival(written("e", thread="at://t1"), START)
        source = Source(opened.desk.account.id, "mentions")
        # It is in the store, but not yet on the screen.
        await opened.desk.store.posts.ingest(source, [late], cursor=None, now=START)
        await opened.press("e")
        await opened.settle()
        assert opened.ids(0) == [["b"], ["d"], ["e"]]
        log = await opened.desk.store.triage.recent(9)
        assert sorted(line.item for line in log) == ["bluesky at://a", "bluesky at://c"]


async def test_an_empty_column_says_that_all_is_decided(tmp_path: Path) -> None:
    async with due_desk(tmp_path, "mentions", "later", posts=OLD[1:2]) as opened:
        await opened.press("e")
        await opened.settle()
        await until(lambda: "Everything here is decided. D shows it." in opened.shown, opened.pilot)
        assert "Nothing is put off" in opened.shown
        await opened.press("D")
        await opened.settle()
        assert "done: followed up" in opened.shown
        assert "Everything" not in opened.shown


async def test_keys_typed_blindly_act_on_one_item_after_the_other(tmp_path: Path) -> None:
    many = [written(f"p{number:02}", days=3 - number / 10) for number in range(12)]
    async with due_desk(tmp_path, "mentions", posts=many) as opened:
        rows = opened.deck.panes[0].view.loaded()
        pilot = opened.pilot
        # All of it before anything could be painted, read or told.
        await pilot.press("e", "e", "r", *"yes", "ctrl+s", "e", "e")
        await opened.settle()
        done, answering = TriageState.DONE, TriageState.ANSWERING
        assert await opened.states(rows[:6]) == [done, done, answering, done, done, TriageState.OPEN]
        [row] = await opened.desk.store.outbox.rows(5)
        assert (row.act.target, row.act.text) == (many[2].ref, "yes")


async def test_no_key_reaches_what_is_fading(tmp_path: Path) -> None:
    many = [written(f"p{number:02}", days=3 - number / 10) for number in range(6)]
    async with due_desk(tmp_path, "mentions", posts=many) as opened:
        view = opened.deck.panes[0].view
        rows = view.loaded()
        view.last()
        await opened.press("e", "k", "j", "j", "g", "g", "G")
        assert opened.deck.selected is not None
        assert opened.deck.selected.id == rows[4].id
        await opened.press("e", "e", "e", "e", "e")
        await opened.settle()
        assert set(await opened.states(rows)) == {TriageState.DONE}
        log = await opened.desk.store.triage.recent(50)
        assert sorted(line.item for line in log) == sorted(one.id for one in rows)
        assert opened.deck.selected is None


async def test_one_post_of_two_accounts_is_two_rows_of_which_one_leaves(tmp_path: Path) -> None:
    async with due_desk(tmp_path, "mentions", posts=OLD[1:2]) as opened:
        view = opened.deck.panes[0].view
        [row] = view.loaded()
        view.leave([("another account", row.id)], "gone")
        assert view.loaded() == (row,)
        view.leave([(row.account, row.id)], "gone")
        assert view.loaded() == ()
