"""The shelf over the store: what a network finds there, and what it may not find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from deskkit import START, sandbox_desk
from storekit import at, message, opened, post

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef, Viewer
from tweetdesk.domain.selections import Source
from tweetdesk.engine.shelf import StoreShelf
from tweetdesk.networks.shelf import Shelf
from tweetdesk.store.posts import Arrival
from tweetdesk.store.store import Store

ACCOUNT = Account("mastodon", "1@social.example.com", "ada@social.example.com", "https://social.example.com")
OTHER = Account(
    "mastodon", "9@other.example.com:8443", "ada@other.example.com:8443", "https://other.example.com:8443"
)
BOB = Identity("mastodon", "2", "bob@social.example.com", "Bob")
HOME = Source(ACCOUNT.id, "home")


def status(name: str, text: str, minutes: float = 0, **more: object) -> Post:
    """A post on Mastodon."""
    server = str(more.pop("server", "social.example.com"))
    return replace(post(name, text, author=BOB, minutes=minutes, **more), ref=PostRef(server, name))


@pytest.fixture
async def store(tmp_path: Path):
    """An open, empty store."""
    async with opened(tmp_path / "data") as one:
        yield one


async def keep(store: Store, *posts: Post, source: Source = HOME) -> None:
    """Store posts as a source gives them."""
    arrivals = [Arrival(one, one.created_at) for one in posts]
    await store.posts.ingest(source, arrivals, cursor=None, now=START)


async def test_posts_with_what_this_account_has_done(store: Store) -> None:
    liked = replace(status("1", "hello"), viewer=Viewer(liked="yes"))
    await keep(store, liked, status("2", "world"))
    mine, theirs = StoreShelf(store, ACCOUNT), StoreShelf(store, OTHER)
    unknown = PostRef("social.example.com", "99")
    assert await mine.posts([liked.ref, unknown]) == {liked.ref: liked}
    assert await theirs.posts([liked.ref]) == {liked.ref: replace(liked, viewer=Viewer())}
    assert await mine.posts([]) == {}
    many = [status(f"n{number}", "x", number) for number in range(450)]
    await keep(store, *many)
    assert len(await mine.posts([one.ref for one in many])) == 450


async def test_a_conversation_is_that_of_one_server(store: Store) -> None:
    here = [status(str(number), "x", number, conversation="7") for number in (2, 1)]
    there = status("3", "x", 3, conversation="7", server="other.example.com")
    await keep(store, *here, there)
    shelf = StoreShelf(store, ACCOUNT)
    assert [one.ref.id for one in await shelf.conversation("social.example.com", "7")] == ["1", "2"]
    assert await shelf.conversation("social.example.com", "8") == ()


async def test_people_by_id(store: Store) -> None:
    await keep(store, status("1", "hello"))
    shelf = StoreShelf(store, ACCOUNT)
    assert await shelf.people("mastodon", ["2", "3"]) == {"2": BOB}
    assert await shelf.people("x", ["2"]) == {}
    assert await shelf.people("mastodon", []) == {}


async def test_a_profile_with_the_time_it_was_seen(store: Store) -> None:
    profile = Profile(BOB, "bio")
    await store.people.save_profile(ACCOUNT.id, profile, at(5))
    shelf = StoreShelf(store, ACCOUNT)
    for who in ("2", "bob@social.example.com", "@Bob@social.example.com"):
        assert await shelf.profile(who) == (profile, at(5))
    assert await shelf.profile("nobody") is None
    assert await StoreShelf(store, OTHER).profile("2") is None


async def test_matching_public_posts_newest_first(store: Store) -> None:
    await keep(
        store,
        status("1", "about sqlite and trees", 1),
        status("2", "sqlite again, quietly", 2, visibility="unlisted"),
        status("3", "sqlite for friends", 3, visibility="private"),
        status("4", "sqlite for you", 4, visibility="direct"),
        status("5", "sqlite in public", 5, visibility="public"),
        status("6", "sqlite elsewhere", 6, server="other.example.com:8443"),
        replace(message("7", "sqlite in a message", minutes=7), author=BOB),
        post("8", "sqlite on another network", minutes=8),
        status("9", "データベース sqlite", 9),
    )
    shelf = StoreShelf(store, ACCOUNT)

    async def found(words: str, limit: int = 10, of: StoreShelf = shelf) -> list[str]:
        return [one.ref.id for one in await of.matching("mastodon", words, limit)]

    assert await found("SQLite") == ["9", "5", "2", "1"]
    assert await found("sqlite", 2) == ["9", "5"]
    assert await found("trees sqlite") == ["1"]
    assert await found("データ") == await found("データ sqlite") == ["9"]
    assert await found("nothing") == await found("") == await found('"*') == []
    assert await found("sqlite", of=StoreShelf(store, OTHER)) == ["6"]


async def test_notes_last_and_are_each_accounts_own(store: Store) -> None:
    mine, theirs = StoreShelf(store, ACCOUNT), StoreShelf(store, OTHER)
    assert await mine.note("quotes") == ""
    await mine.set_note("quotes", "no")
    await mine.set_note("quotes", "yes")
    assert await StoreShelf(store, ACCOUNT).note("quotes") == "yes"
    assert await theirs.note("quotes") == ""
    await mine.set_note("quotes", "")
    assert await mine.note("quotes") == ""


async def test_a_store_that_is_read_only_keeps_notes_for_this_run(tmp_path: Path, store: Store) -> None:
    await StoreShelf(store, ACCOUNT).set_note("a", "written")
    async with opened(tmp_path / "data") as second:
        shelf = StoreShelf(second, ACCOUNT)
        assert await shelf.note("a") == "written"
        await shelf.set_note("a", "here")
        assert await shelf.note("a") == "here"
        assert await StoreShelf(store, ACCOUNT).note("a") == "written"


async def test_every_network_is_opened_with_its_shelf_and_options(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        shelf: Shelf = StoreShelf(desk.store, desk.account)
        await desk.watch(desk.source("mentions"))
        item = (await desk.items(desk.source("mentions")))[0]
        assert (await shelf.posts([item.post.ref]))[item.post.ref].text == item.post.text
