"""Mastodon's network file against a real server over real HTTP: what a desk does in a day, and bad days."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from mastodon_server import Server, running
from networkkit import Album, Hand, true_png

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef, SpanKind
from tweetdesk.domain.selections import Source
from tweetdesk.networks import mastodon
from tweetdesk.networks.base import (
    Allowed,
    LoginNeeded,
    No,
    NotThere,
    RateLimited,
    Receipt,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import utc_now


async def no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


@dataclass
class Desk(Hand):
    """Alice's account as the desk has it."""

    network: mastodon.Mastodon
    clock: Callable[[], datetime]
    server: Server

    async def on(self, kind: ActKind, post: Post, **more: object) -> Receipt:
        """Do something to a post, or its author, as the desk does."""
        form = self.network.form(kind, post)
        more.setdefault("visibility", form.visibility)
        more.setdefault("warning", form.warning)
        root = post.reply_root or post.ref
        return await self.do(kind, target=post.ref, root=root, person=post.author, **more)

    def ref(self, identifier: str) -> PostRef:
        return PostRef(self.server.host, identifier)

    def who(self, name: str) -> Identity:
        person = self.server[name]
        return Identity("mastodon", person.person_id, f"{name}@localhost", name.capitalize())


@pytest.fixture(scope="module")
def started() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
async def desk(started: Server) -> AsyncIterator[Desk]:
    started.reset()
    network = mastodon.open(
        started["alice"].account, MemoryPlace(started["alice"].secret), sleep=no_pause, languages=("en-GB",)
    )
    yield Desk(network, utc_now, started)
    await network.close()


# --- reading -----------------------------------------------------------------------------------------------------


async def test_a_mention_arrives_once_and_says_why(desk: Desk) -> None:
    desk.server["bob"].post("@alice how are backups done? #postgres")
    first = await desk.fetch("mentions")
    (fetched,) = first.posts
    assert (fetched.post.author.handle, fetched.why) == ("bob@localhost", ("mentions you",))
    assert fetched.post.text == "@alice how are backups done? #postgres"
    assert [(span.kind, span.target) for span in fetched.post.spans] == [
        (SpanKind.MENTION, desk.network.account.user_id),
        (SpanKind.TAG, "postgres"),
    ]
    assert (await desk.fetch("mentions", cursor=first.cursor)).posts == ()
    for number in range(3):
        desk.server["carol"].post(f"@alice number {number}")
    second = await desk.fetch("mentions", cursor=first.cursor)
    assert sorted(one.post.text for one in second.posts) == [f"@alice number {number}" for number in range(3)]
    assert (await desk.fetch("mentions", cursor=second.cursor)).posts == ()


async def test_more_than_a_page_is_read_upwards_without_a_gap(desk: Desk) -> None:
    desk.server["bob"].post("@alice the first")
    cursor = (await desk.fetch("mentions")).cursor
    for number in range(95):
        desk.server["bob"].post(f"@alice {number}")
    page = await desk.fetch("mentions", cursor=cursor)
    assert {one.post.text for one in page.posts} == {f"@alice {number}" for number in range(95)}
    assert not page.gap


async def test_an_answer_knows_what_it_answers_and_its_thread(desk: Desk) -> None:
    asked = await desk.do(ActKind.POST, text="who knows WAL?", visibility="public")
    answer = desk.server["bob"].post("@alice I do", in_reply_to_id=asked.result)
    (fetched,) = (await desk.fetch("mentions")).posts
    assert fetched.why == ("replies to you",)
    assert fetched.post.reply_to == desk.ref(asked.result)
    assert fetched.post.conversation == asked.result
    assert fetched.post.parent is not None
    assert (fetched.post.parent.author, fetched.post.parent.text) == (desk.who("alice"), "who knows WAL?")
    back = await desk.on(ActKind.REPLY, fetched.post, text="@bob tell me")
    assert back.post is not None
    assert (back.post.conversation, back.post.reply_to) == (asked.result, desk.ref(answer))
    thread = await desk.network.thread(desk.ref(answer))
    assert [(one.depth, one.post.text) for one in thread.posts if one.post] == [
        (0, "who knows WAL?"),
        (1, "@alice I do"),
        (2, "@bob tell me"),
    ]
    assert {one.post.conversation for one in thread.posts if one.post} == {asked.result}


async def test_direct_posts_are_messages_and_nothing_else(desk: Desk) -> None:
    desk.server["bob"].post("@alice in secret", visibility="direct")
    desk.server["bob"].post("@alice in public")
    assert [one.post.text for one in (await desk.fetch("mentions")).posts] == ["@alice in public"]
    assert not [one for one in (await desk.fetch("home")).posts if one.post.visibility == "direct"]
    page = await desk.fetch("messages")
    (fetched,) = page.posts
    assert (fetched.post.kind, fetched.post.text) == (PostKind.MESSAGE, "@alice in secret")
    assert (await desk.fetch("messages", cursor=page.cursor)).posts == ()
    assert await desk.network.messages(fetched.post.conversation) == (fetched.post,)
    form = desk.network.form(ActKind.MESSAGE, fetched.post)
    assert (form.text, form.visibility, [one for one, _ in form.visibilities]) == ("@bob ", "direct", ["direct"])
    sent = await desk.on(ActKind.MESSAGE, fetched.post, text="hello back", conversation=fetched.post.conversation)
    assert sent.post is not None
    assert (sent.post.kind, sent.post.text) == (PostKind.MESSAGE, "@bob hello back")
    assert sent.post.conversation == fetched.post.conversation
    assert desk.server["alice"].statuses()[0]["visibility"] == "direct"


async def test_a_first_message_is_put_where_the_server_has_it(desk: Desk) -> None:
    sent = await desk.do(ActKind.MESSAGE, person=desk.who("carol"), text="do we know each other?")
    assert sent.post is not None
    assert sent.post.text == "@carol do we know each other?"
    ((conversation, message),) = {
        (one.post.conversation, one.post.ref) for one in (await desk.fetch("messages")).posts
    }
    assert (sent.post.conversation, sent.post.ref) == (conversation, message)


async def test_home_tells_who_boosted(desk: Desk) -> None:
    there = desk.server["carol"].post("worth reading")
    desk.server["bob"].call("POST", f"/api/v1/statuses/{there}/reblog")
    (fetched,) = (await desk.fetch("home")).posts
    assert (fetched.post.author.handle, fetched.post.ref) == ("carol@localhost", desk.ref(there))
    assert fetched.reposted_by is not None
    assert fetched.reposted_by.handle == "bob@localhost"


async def test_lists_hashtags_people(desk: Desk) -> None:
    alice = desk.server["alice"]
    made = alice.call("POST", "/api/v1/lists", {"title": "helpers"})["id"]
    alice.call("POST", f"/api/v1/lists/{made}/accounts", {"account_ids": [desk.server["bob"].id]})
    assert [(one.id, one.title) for one in await desk.network.lists()] == [(made, "helpers")]
    desk.server["bob"].post("about #Rust and more")
    for kind, words in (
        ("list", made),
        ("hashtag", "#rust"),
        ("hashtag", "rust"),
        ("person", desk.who("bob").id),
    ):
        page = await desk.fetch(kind, words)
        assert [one.post.text for one in page.posts] == ["about #Rust and more"], kind
        assert (await desk.fetch(kind, words, page.cursor)).posts == ()
    with pytest.raises(NotThere):
        await desk.fetch("list", "999")


async def test_search_says_which_way_answered(desk: Desk) -> None:
    desk.server["bob"].post("postgres backups #backup")
    desk.server["bob"].post("only #postgres")
    page = await desk.fetch("search", "#postgres #backup")
    assert {one.post.text for one in page.posts} == {"postgres backups #backup", "only #postgres"}
    assert page.note == f"hashtags and what is here already: {desk.server.host} has no full-text search"
    assert [one.post.text for one in (await desk.fetch("search", "postgres backups")).posts] == []
    assert [one.post.text for one in (await desk.fetch("search", "postgres backup")).posts] == [
        "postgres backups #backup"
    ]


async def test_full_text_is_used_where_the_probe_finds_it(desk: Desk) -> None:
    desk.server["bob"].post("this text has the words from:me in it, which the probe looks for")
    desk.server["bob"].post("vacuum without any tag")
    page = await desk.fetch("search", "vacuum")
    assert [one.post.text for one in page.posts] == ["vacuum without any tag"]
    assert page.note == "full text and hashtags"
    assert (await desk.fetch("search", "vacuum", page.cursor)).posts == ()


async def test_people_by_id_and_by_handle(desk: Desk) -> None:
    by_id = await desk.network.profile(desk.who("bob").id)
    assert by_id == await desk.network.profile("@bob@localhost")
    assert by_id.identity == desk.who("bob")
    assert (bool(by_id.following), by_id.follows_us) == (True, False)
    for nobody in (f"999@{desk.server.host}", "@nobody@localhost", f"../../x@{desk.server.host}", "bob", ""):
        with pytest.raises(NotThere):
            await desk.network.profile(nobody)


async def test_posts_as_they_are_now(desk: Desk) -> None:
    kept, edited, deleted = (desk.server["bob"].post(text) for text in ("kept", "before", "deleted"))
    desk.server["bob"].call("PUT", f"/api/v1/statuses/{edited}", {"status": "after"})
    desk.server["bob"].call("DELETE", f"/api/v1/statuses/{deleted}")
    refs = (desk.ref(deleted), desk.ref(edited), desk.ref(kept), PostRef("elsewhere.example.com", "1"))
    found = await desk.network.posts(refs)
    assert [one.text for one in found] == ["after", "kept"]
    assert found[0].edited_at is not None
    assert found[1].edited_at is None


async def test_a_post_of_another_server_is_looked_up_by_its_address(desk: Desk) -> None:
    known = (await desk.network.posts((desk.ref(desk.server["bob"].post("here")),)))[0]
    assert await desk.network.here(known) == known
    with pytest.raises(NotThere):
        await desk.network.here(
            Post(
                PostRef("far.example.com", "9"),
                known.author,
                "x",
                known.created_at,
                url="https://far.example.com/9",
            )
        )


# --- acts --------------------------------------------------------------------------------------------------------


async def test_a_reply_keeps_what_it_answers_private_and_warned(desk: Desk) -> None:
    desk.server["bob"].post("@alice @carol careful", visibility="private", spoiler_text="spiders", sensitive=True)
    post = await desk.newest_mention()
    assert desk.network.form(ActKind.REPLY, post).text == "@bob "
    form = desk.network.form(ActKind.REPLY, post, everyone=True)
    assert (form.text, form.visibility, form.warning, form.warns) == ("@bob @carol ", "private", "spiders", True)
    receipt = await desk.on(ActKind.REPLY, post, text=f"{form.text}thanks")
    (sent,) = desk.server["alice"].statuses()
    assert (sent["visibility"], sent["spoiler_text"], sent["language"]) == ("private", "spiders", "en")
    assert (sent["id"], sent["in_reply_to_id"]) == (receipt.result, post.ref.id)
    assert receipt.post is not None
    assert (receipt.post.visibility, receipt.post.warning) == ("private", "spiders")


async def test_a_reply_without_a_word_on_visibility_takes_that_of_what_it_answers(desk: Desk) -> None:
    desk.server["bob"].post("@alice quietly", visibility="unlisted")
    post = await desk.newest_mention()
    await desk.do(ActKind.REPLY, target=post.ref, text="@bob yes")
    assert desk.server["alice"].statuses()[0]["visibility"] == "unlisted"


async def test_marks_on_a_post_and_back(desk: Desk) -> None:
    ref = desk.ref(desk.server["bob"].post("good"))
    for act, back, name in (
        (ActKind.LIKE, ActKind.UNLIKE, "liked"),
        (ActKind.REPOST, ActKind.UNREPOST, "reposted"),
        (ActKind.BOOKMARK, ActKind.UNBOOKMARK, "bookmarked"),
        (ActKind.MUTE_THREAD, ActKind.UNMUTE_THREAD, "thread_muted"),
    ):
        for _ in range(2):  # again does no harm
            receipt = await desk.do(act, target=ref)
            assert receipt.result
            assert receipt.post is None
        (seen,) = await desk.network.posts((ref,))
        assert getattr(seen.viewer, name), name
        for _ in range(2):
            await desk.do(back, target=ref)
        (seen,) = await desk.network.posts((ref,))
        assert not getattr(seen.viewer, name), name


async def test_people_are_followed_blocked_muted_and_back(desk: Desk) -> None:
    carol, bob = desk.who("carol"), desk.who("bob")
    await desk.do(ActKind.UNFOLLOW, person=bob)
    assert (await desk.network.profile(bob.id)).following == ""
    await desk.do(ActKind.FOLLOW, person=bob)
    assert (await desk.network.profile(bob.id)).following
    await desk.do(ActKind.FOLLOW, person=carol)  # she has to agree: asked for counts as following
    assert (await desk.network.profile(carol.id)).following
    await desk.do(ActKind.BLOCK, person=carol)
    assert (await desk.network.profile(carol.id)).blocking
    await desk.do(ActKind.UNBLOCK, person=carol)
    assert not (await desk.network.profile(carol.id)).blocking
    form = desk.network.form(ActKind.MUTE, None)
    assert dict(form.durations)["one hour"] == 3600
    await desk.do(ActKind.MUTE, person=carol, seconds=3600)
    assert (await desk.network.profile(carol.id)).muted
    await desk.do(ActKind.UNMUTE, person=carol)
    assert not (await desk.network.profile(carol.id)).muted


async def test_an_id_of_another_server_never_means_somebody_else(desk: Desk) -> None:
    """A person named by the id that another server has for them is found by the handle, or not at all."""
    elsewhere = f"{desk.server['bob'].id}@far.example.com"
    await desk.do(ActKind.BLOCK, person=Identity("mastodon", elsewhere, "carol@localhost"))
    assert not (await desk.network.profile(desk.who("bob").id)).blocking
    assert (await desk.network.profile(desk.who("carol").id)).blocking
    with pytest.raises(NotThere, match=r"stranger@far\.example\.com"):
        await desk.ready(ActKind.BLOCK, person=Identity("mastodon", elsewhere, "stranger@far.example.com"))
    with pytest.raises(NotThere, match="by handle"):
        await desk.network.profile(elsewhere)
    with pytest.raises(Refused):
        await desk.ready(ActKind.LIKE, target=PostRef("far.example.com", "1"))


async def test_a_report_and_a_deletion(desk: Desk) -> None:
    post = (await desk.network.posts((desk.ref(desk.server["bob"].post("buy now")),)))[0]
    assert (await desk.on(ActKind.REPORT, post, text="spam")).result
    own = await desk.do(ActKind.POST, text="wrong", visibility="public")
    for _ in range(2):  # what is gone already is deleted too
        await desk.do(ActKind.DELETE, target=desk.ref(own.result))
    assert desk.server["alice"].statuses() == []


async def test_quotes(desk: Desk) -> None:
    post = (await desk.network.posts((desk.ref(desk.server["bob"].post("quotable")),)))[0]
    await desk.fetch("home")
    assert desk.network.form(ActKind.QUOTE, post).note == ""
    receipt = await desk.on(ActKind.QUOTE, post, text="look")
    assert receipt.post is not None
    assert receipt.post.quote is not None
    assert (receipt.post.quote.ref, receipt.post.quote.text) == (post.ref, "quotable")


async def test_what_cannot_be_done_says_why(desk: Desk) -> None:
    desk.server["bob"].post("@alice secret", visibility="direct")
    (message,) = (one.post for one in (await desk.fetch("messages")).posts)
    own = (await desk.do(ActKind.POST, text="mine", visibility="public")).post
    for kind, post in (
        (ActKind.REPOST, message),
        (ActKind.QUOTE, message),
        (ActKind.DELETE, message),
        (ActKind.HIDE_REPLY, message),
        (ActKind.FOLLOW, own),
        (ActKind.REPORT, own),
    ):
        permission = desk.network.can(kind, post)
        assert isinstance(permission, No), kind
        assert permission.why.endswith(".")
    for kind in (ActKind.LIKE, ActKind.BOOKMARK, ActKind.MESSAGE, ActKind.BLOCK):
        assert isinstance(desk.network.can(kind, message), Allowed), kind


# --- doubt -------------------------------------------------------------------------------------------------------


async def test_the_same_send_again_is_one_post(desk: Desk) -> None:
    act, material = await desk.ready(ActKind.POST, text="once", visibility="public")
    receipts = [await desk.network.send(act, material) for _ in range(3)]
    assert len({receipt.result for receipt in receipts}) == 1
    assert len(desk.server["alice"].statuses()) == 1


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
async def test_a_lost_answer_is_settled_by_looking(desk: Desk, visibility: str) -> None:
    text = "see https://example.com/a/rather/long/address/that/is/shortened?x=1&y=2 and <b>\n\n@bob #tag"
    act, material = await desk.ready(ActKind.POST, text=text, visibility=visibility, warning="long")
    assert await desk.network.settle(act, material) is None
    sent = await desk.network.send(act, material)
    again = mastodon.open(
        desk.server["alice"].account, MemoryPlace(desk.server["alice"].secret), sleep=no_pause
    )  # after a crash
    settled = await again.settle(act, material)
    assert settled is not None
    assert settled.result == sent.result
    await again.close()


async def test_a_lost_message_is_settled_too(desk: Desk) -> None:
    act, material = await desk.ready(ActKind.MESSAGE, person=desk.who("bob"), text="psst")
    assert await desk.network.settle(act, material) is None
    sent = await desk.network.send(act, material)
    settled = await desk.network.settle(act, material)
    assert settled is not None
    assert (settled.result, settled.post) == (sent.result, sent.post)


async def test_an_equal_post_from_before_is_not_taken_for_it(desk: Desk) -> None:
    desk.server["alice"].post("good morning")
    act = Act(ActKind.POST, desk.network.account.id, text="good morning", visibility="public")
    began = datetime.now(UTC) + timedelta(seconds=30)
    material = await desk.network.prepare(act, desk.network.begin(act, began, os.urandom(8)))
    assert await desk.network.settle(act, material) is None


async def test_nor_is_an_equal_post_of_another_act(desk: Desk) -> None:
    first, second = [await desk.ready(ActKind.POST, text="twice", visibility="public") for _ in range(2)]
    sent = await desk.network.send(*first)
    assert await desk.network.settle(*second) is None
    settled = await desk.network.settle(*first)
    assert settled is not None
    assert settled.result == sent.result


async def test_other_text_other_thread_or_other_readers_are_other_posts(desk: Desk) -> None:
    act, material = await desk.ready(ActKind.POST, text="this one", visibility="unlisted")
    parent = desk.server["bob"].post("parent")
    desk.server["alice"].post("this two", visibility="unlisted")
    desk.server["alice"].post("this one", visibility="public")
    desk.server["alice"].post("this one", visibility="unlisted", in_reply_to_id=parent)
    desk.server["alice"].post("this one", visibility="unlisted", spoiler_text="x")
    desk.server["bob"].post("this one", visibility="unlisted")
    assert await desk.network.settle(act, material) is None


async def test_a_report_cannot_be_looked_up(desk: Desk) -> None:
    post = (await desk.network.posts((desk.ref(desk.server["bob"].post("buy now")),)))[0]
    act, material = await desk.ready(ActKind.REPORT, target=post.ref, person=post.author, text="spam")
    with pytest.raises(Unsure):
        await desk.network.settle(act, material)


# --- bad days ----------------------------------------------------------------------------------------------------


async def test_a_server_in_trouble(desk: Desk) -> None:
    await desk.fetch("home")
    desk.server.fault({"type": "status", "status": 500}, path="/api/v1/notifications")
    with pytest.raises(ServerTrouble, match="in trouble"):
        await desk.fetch("mentions")
    desk.server.fault({"type": "malformed"}, path="/api/v1/notifications")
    with pytest.raises(ServerTrouble, match="makes no sense"):
        await desk.fetch("mentions")
    desk.server.fault({"type": "status", "status": 503}, path="/api/v1/notifications", count=2)
    assert (await desk.fetch("mentions")).posts == ()  # a read is tried again


async def test_too_many_requests(desk: Desk) -> None:
    await desk.fetch("home")
    desk.server.fault({"type": "ratelimit"}, path="/api/v1/notifications")
    with pytest.raises(RateLimited) as told:
        await desk.fetch("mentions")
    assert timedelta(seconds=290) < told.value.until - datetime.now(UTC) < timedelta(seconds=310)
    assert desk.network.limits.left == 0


async def test_a_refusal_is_told_in_the_servers_own_words(desk: Desk) -> None:
    said = {"error": "バリデーションに失敗しました: Text上限は500文字です"}
    desk.server.fault({"type": "status", "status": 422, "body": said}, path="/api/v1/statuses")
    act, material = await desk.ready(ActKind.POST, text="x", visibility="public")
    with pytest.raises(Refused, match="上限は500文字です"):
        await desk.network.send(act, material)
    with pytest.raises(Refused, match="too long"):
        await desk.do(ActKind.POST, text="x" * 501, visibility="public")
    assert desk.server["alice"].statuses() == []


async def test_an_answer_that_is_cut_off_is_looked_up(desk: Desk) -> None:
    act, material = await desk.ready(ActKind.POST, text="cut", visibility="public")
    desk.server.fault({"type": "malformed"}, path="/api/v1/statuses", methods=("POST",))
    with pytest.raises(ServerTrouble):
        await desk.network.send(act, material)
    assert await desk.network.settle(act, material) is None  # this server had not got it
    assert (await desk.network.send(act, material)).result


async def test_a_revoked_token(desk: Desk) -> None:
    secret = {**desk.server["alice"].secret, "access_token": "nobody's"}
    network = mastodon.open(desk.server["alice"].account, MemoryPlace(secret), sleep=no_pause)
    with pytest.raises(LoginNeeded, match=rf"tweetdesk login mastodon --server {desk.server.host}"):
        await network.fetch(Source(network.account.id, "home"), "")
    await network.close()
    nobody = mastodon.open(desk.server["alice"].account, MemoryPlace(), sleep=no_pause)
    with pytest.raises(LoginNeeded, match="is not logged in"):
        await nobody.lists()
    await nobody.close()


async def test_no_server_at_all(desk: Desk) -> None:
    account = desk.server["alice"].account
    away = mastodon.open(
        Account("mastodon", "1@127.0.0.1:9", account.handle, "http://127.0.0.1:9"),
        MemoryPlace(desk.server["alice"].secret),
        sleep=no_pause,
    )
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
        await away.fetch(Source(account.id, "home"), "")
    await away.close()


# --- the stream --------------------------------------------------------------------------------------------------


async def test_what_happens_is_told_at_once(desk: Desk) -> None:
    heard = desk.network.listen()
    waiting = asyncio.ensure_future(anext(heard))
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not waiting.done():  # the stream begins to tell some time after it was asked for
        await asyncio.to_thread(desk.server["bob"].post, "@alice hello")
        await asyncio.wait({waiting}, timeout=0.3)
        assert loop.time() - began < 20
    kinds = set((await waiting).kinds)
    while kinds != {"mentions", "home"}:
        kinds |= set((await asyncio.wait_for(anext(heard), 5)).kinds)
    gone = desk.server["bob"].post("to be deleted")
    edited = desk.server["bob"].post("to be edited")
    await asyncio.to_thread(desk.server["bob"].call, "PUT", f"/api/v1/statuses/{edited}", {"status": "edited"})
    await asyncio.to_thread(desk.server["bob"].call, "DELETE", f"/api/v1/statuses/{gone}")
    changed, removed = list[Post](), set[PostRef]()
    while not (changed and removed):
        news = await asyncio.wait_for(anext(heard), 5)
        changed += news.changed
        removed |= set(news.gone)
    assert ([one.text for one in changed], removed) == (["edited"], {desk.ref(gone)})
    await heard.aclose()


# --- pictures ----------------------------------------------------------------------------------------------------


async def test_a_post_with_pictures_is_there_once(desk: Desk) -> None:
    album = Album(true_png("first ü"), true_png("second", 300_000))
    act = Act(
        ActKind.POST, desk.network.account.id, text="look", media=album.media, visibility="public", language="de"
    )
    material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), os.urandom(8)), album)
    assert album.told[-1] == (sum(one.size for one in album.media),) * 2
    sent = await desk.network.send(act, material)
    settled = await desk.network.settle(act, material)
    assert settled is not None
    assert settled.result == sent.result
    (status,) = desk.server["alice"].statuses()
    assert [one["description"] for one in status["media_attachments"]] == ["first ü", "second"]
    assert status["language"] == "de"
    assert sent.post is not None
    assert [(one.kind, one.alt) for one in sent.post.media] == [("image", "first ü"), ("image", "second")]


async def test_an_equal_post_without_the_picture_is_another(desk: Desk) -> None:
    album = Album(true_png("a garden"))
    act = Act(ActKind.POST, desk.network.account.id, text="look", media=album.media, visibility="public")
    material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), os.urandom(8)), album)
    desk.server["alice"].post("look")
    assert await desk.network.settle(act, material) is None


async def test_people_by_the_beginning_of_their_name(desk: Desk) -> None:
    await desk.fetch("home")
    assert "bob@localhost" in {one.handle for one in await desk.network.people("bo")}
