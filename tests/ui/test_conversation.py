"""An opened conversation: what is known at once, what the network adds, and the opened post in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from deskkit import START, Desk, sandbox_desk
from hypothesis import given
from hypothesis import strategies as st
from stagekit import StageApp, screen_text, until

from tweetdesk.domain.items import Item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.networks.base import ThreadPost
from tweetdesk.ui.screens.conversation import ConversationScreen
from tweetdesk.ui.threads import nested, who_is_in

ADA, TOM, INES = (Identity("bluesky", one, f"{one}.example.com", one.title()) for one in ("ada", "tom", "ines"))


def post(number: int, parent: int | None = None, author: Identity = TOM) -> Post:
    """Post 3 answers post 1: `post(3, 1)`."""
    answered = PostRef("bluesky", str(parent)) if parent is not None else None
    at = START + timedelta(minutes=number)
    return Post(PostRef("bluesky", str(number)), author, f"post {number}", at, reply_to=answered)


def shape(found: list[ThreadPost]) -> list[tuple[int, str]]:
    return [(one.depth, one.post.ref.id if one.post else one.missing) for one in found]


def test_answers_stand_below_what_they_answer() -> None:
    posts = [post(5, 2), post(1), post(3, 1), post(2, 1), post(4, 3)]
    assert shape(nested(posts)) == [(0, "1"), (1, "2"), (2, "5"), (1, "3"), (2, "4")]


def test_what_is_missing_keeps_its_place() -> None:
    fresh = [
        ThreadPost(0, missing="deleted", ref=PostRef("bluesky", "0")),
        ThreadPost(1, post(1, 0)),
        ThreadPost(2, missing="blocked"),
        ThreadPost(2, post(3, 1)),
    ]
    assert shape(nested([post(4, 0), post(3, 1)], fresh)) == [
        (0, "deleted"), (1, "1"), (2, "3"), (2, "blocked"), (1, "4"),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 12)), max_size=20))
def test_every_post_once_whoever_answers_whom(links: list[tuple[int, int | None]]) -> None:
    posts = [post(number, parent) for number, parent in links]
    found = nested(posts)
    assert sorted(one.post.ref.id for one in found if one.post) == sorted({one.ref.id for one in posts})


def test_who_is_in_it() -> None:
    ours = frozenset({"ada"})
    assert who_is_in([post(1, author=INES), post(2, author=ADA), post(3, author=TOM)], ours) == "Ines, Tom and you"
    assert who_is_in([post(1, author=TOM)], ours) == "Tom"
    assert who_is_in([post(1, author=ADA)], ours) == "you"
    many = [post(number, author=replace(TOM, id=str(number), name=f"P{number}")) for number in range(6)]
    assert who_is_in(many, ours) == "P0, P1, P2 and 3 more"


async def a_thread(desk: Desk) -> tuple[Item, list[str]]:
    """Somebody asks, another answers in between, the first one answers that; the middle one mentions us."""
    first, second = [one for one in desk.world.people.by_handle if one != desk.account.handle][:2]
    root = desk.world.post(first, "Where do notes go when they are old?")
    middle = desk.world.post(second, f"@{desk.account.handle} would know [/b]", reply_to=root)
    last = desk.world.post(first, "Then I shall wait.", reply_to=middle)
    await desk.watch(desk.source("mentions"))
    item = await desk.store.posts.item(desk.account.id, f"bluesky {middle}")
    assert item is not None
    return item, [root, middle, last]


async def test_the_whole_conversation_with_the_opened_post_in_its_place(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item, uris = await a_thread(desk)
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = ConversationScreen(desk.session, item)
            await app.push_screen(screen)
            await until(lambda: "up to date" in screen.view.head.state, pilot)
            assert screen.selected is not None
            assert screen.selected.id == item.id
            text = screen_text(app)
            assert text.index("Where do notes go") < text.index("would know [/b]") < text.index("I shall wait")
            assert "3 posts" in text
            await pilot.press("k")
            assert screen.selected.id == f"bluesky {uris[0]}"
            await pilot.press("j", "j")
            assert screen.selected.id == f"bluesky {uris[2]}"
            await pilot.press("escape")
            assert app.screen is not screen


async def test_offline_it_says_so_and_shows_what_is_known(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item, _ = await a_thread(desk)
        desk.world.faults.add("app.bsky.feed.getPostThread", times=20, kind="drop_before")
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = ConversationScreen(desk.session, item)
            await app.push_screen(screen)
            await until(lambda: screen.view.head.trouble, pilot)
            assert "what was read before" in screen.view.head.state
            assert "would know" in screen_text(app)


async def test_followed_up_says_so_and_stays(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item, _ = await a_thread(desk)
        app = StageApp(desk.session)
        async with app.run_test(size=(100, 30)) as pilot:
            screen = ConversationScreen(desk.session, item)
            await app.push_screen(screen)
            await until(lambda: "up to date" in screen.view.head.state, pilot)
            await pilot.press("e")
            await until(lambda: "done: followed up" in screen_text(app), pilot)
            assert screen.view.count == 3


async def test_direct_messages_in_order_of_time(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.watch(desk.source("messages"))
        item = (await desk.items(desk.source("messages")))[-1]
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 40)) as pilot:
            screen = ConversationScreen(desk.session, item)
            await app.push_screen(screen)
            await until(lambda: "up to date" in screen.view.head.state, pilot)
            assert screen.selected is not None
            assert screen.selected.id == item.id
            assert "message" in screen.view.head.count
            assert screen.view.count >= len(item.messages)
