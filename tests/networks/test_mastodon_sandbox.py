"""Mastodon's network file against the sandbox, in process and streaming: what a desk does in a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from mastodon_desk import POSTING, Desk, opened

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import PostKind
from tweetdesk.networks.base import No, NotThere, RateLimited, Refused, ServerTrouble
from tweetdesk.networks.mastodon_threads import MOST_ALONE
from tweetdesk.sandbox.ids import iso
from tweetdesk.sandbox.mastodon import status_uri
from tweetdesk.sandbox.records import BLOCK, owner_of


@pytest.fixture(params=["mastodon", "gotosocial"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with opened(flavour=request.param) as one:
        yield one


@pytest.mark.parametrize("kind", ["mentions", "messages", "home"])
async def test_sources_are_full_and_then_quiet(desk: Desk, kind: str) -> None:
    first = await desk.fetch(kind)
    assert len(first.posts) > 5
    assert (first.unreadable, first.gap) == (0, False)
    again = await desk.fetch(kind, cursor=first.cursor)
    assert (again.posts, again.cursor) == ((), first.cursor)
    kinds = {one.post.kind for one in first.posts}
    assert kinds == {PostKind.MESSAGE if kind == "messages" else PostKind.POST}


async def test_every_mention_has_its_reason_and_what_it_answers(desk: Desk) -> None:
    page = await desk.fetch("mentions")
    newest = sorted((one.post for one in page.posts), key=lambda post: post.created_at, reverse=True)
    answered = list(dict.fromkeys(post.reply_to for post in newest if post.reply_to))
    if desk.flavour == "gotosocial":  # which gives posts one by one only
        assert len(answered) > MOST_ALONE
        answered = answered[:MOST_ALONE]
    for fetched in page.posts:
        assert set(fetched.why) <= {"mentions you", "replies to you", "quotes you"}
        assert fetched.why
        if "replies to you" in fetched.why:
            assert fetched.post.parent is not None
            assert bool(fetched.post.parent.text) is (fetched.post.reply_to in answered)
            assert fetched.post.parent.author is not None
            assert fetched.post.parent.author.id == desk.network.account.user_id
        if "quotes you" in fetched.why:
            assert fetched.post.quote is not None
            assert fetched.post.quote.text
    assert page.people


async def test_what_is_new_arrives_once(desk: Desk) -> None:
    before = await desk.fetch("mentions")
    await desk.clock.sleep(5)
    desk.world.post(desk.somebody(), f"@{desk.world.account.handle} one more question, if I may")
    after = await desk.fetch("mentions", cursor=before.cursor)
    (fetched,) = after.posts
    assert "one more question, if I may" in fetched.post.text
    assert fetched.post.spans[0].target == desk.network.account.user_id
    assert (await desk.fetch("mentions", cursor=after.cursor)).posts == ()


async def test_a_reply_stands_once_where_it_belongs(desk: Desk) -> None:
    asked = await desk.newest_mention()
    act, material = await desk.reply(asked, "gladly! https://example.com/a/rather/long/address/of/a/page?x=1&y=2")
    receipt = await desk.network.send(act, material)
    settled = await desk.network.settle(act, material)
    assert settled is not None
    assert settled.result == receipt.result
    shown = [one.post for one in (await desk.network.thread(asked.ref)).posts if one.post]
    (ours,) = [one for one in shown if one.ref.id == receipt.result]
    assert ours.reply_to == asked.ref
    assert ours.conversation == asked.conversation
    assert receipt.post is not None
    assert receipt.post.text == ours.text


LOST = ["drop_before", "drop_after", "broken_json", "missing_fields", "html", "status", "status_after"]
IGNORED = [{"honour_keys": False}, {"flavour": "gotosocial"}]


@pytest.mark.parametrize(
    ("rules", "fault"), [({}, "twice"), *((rules, fault) for rules in ({}, *IGNORED) for fault in LOST)]
)
async def test_one_post_whatever_breaks(rules: dict[str, object], fault: str) -> None:
    async with opened(**rules) as desk:
        await desk.fetch("home")
        for number in range(5):
            act, material = await desk.ready(ActKind.POST, text=f"number {number}", visibility="public")
            desk.world.faults.add(POSTING, 1, fault)
            await desk.put_through(act, material)
        page = await desk.fetch("person", desk.network.account.user_id)
        texts = sorted(one.post.text for one in page.posts if one.post.text.startswith("number "))
        assert texts == [f"number {number}" for number in range(5)]


async def test_messages_and_an_answer(desk: Desk) -> None:
    page = await desk.fetch("messages")
    newest = max((one.post for one in page.posts if one.post.author.id != desk.network.account.user_id),
                 key=lambda one: one.created_at)  # fmt: skip
    form = desk.network.form(ActKind.MESSAGE, newest)
    sent = await desk.do(
        ActKind.MESSAGE, target=newest.ref, conversation=newest.conversation, person=newest.author,
        text=f"{form.text}with pleasure",
    )  # fmt: skip
    assert sent.post is not None
    assert (sent.post.kind, sent.post.conversation) == (PostKind.MESSAGE, newest.conversation)
    shown = await desk.network.messages(newest.conversation)
    assert shown[-1].ref == sent.post.ref
    await desk.clock.sleep(5)
    desk.world.message(desk.somebody(), "a new message")
    after = await desk.fetch("messages", cursor=page.cursor)
    assert any("a new message" in one.post.text for one in after.posts)
    assert not any("a new message" in one.post.text for one in (await desk.fetch("mentions")).posts)


async def test_edits_and_deletions_are_seen(desk: Desk) -> None:
    uri = desk.world.post(desk.somebody(), f"@{desk.world.account.handle} first words")
    other = desk.world.post(desk.somebody(), f"@{desk.world.account.handle} soon gone")
    page = await desk.fetch("mentions")
    first, second = (next(one.post for one in page.posts if words in one.post.text) for words in ("first", "soon"))
    desk.world.edit(uri, f"@{desk.world.account.handle} second thoughts")
    desk.world.delete(other)
    (now,) = await desk.network.posts((first.ref, second.ref))
    assert "second thoughts" in now.text
    assert (now.ref, now.conversation, now.created_at) == (first.ref, first.conversation, first.created_at)


async def test_marks_and_people(desk: Desk) -> None:
    post = await desk.newest_mention()
    for act, back, name in (
        (ActKind.LIKE, ActKind.UNLIKE, "liked"),
        (ActKind.REPOST, ActKind.UNREPOST, "reposted"),
        (ActKind.BOOKMARK, ActKind.UNBOOKMARK, "bookmarked"),
    ):
        assert (await desk.do(act, target=post.ref)).result
        assert getattr((await desk.network.posts((post.ref,)))[0].viewer, name)
        await desk.do(back, target=post.ref)
        assert not getattr((await desk.network.posts((post.ref,)))[0].viewer, name)
    who = post.author
    for act, back, name in (
        (ActKind.FOLLOW, ActKind.UNFOLLOW, "following"),
        (ActKind.MUTE, ActKind.UNMUTE, "muted"),
        (ActKind.BLOCK, ActKind.UNBLOCK, "blocking"),
    ):
        await desk.do(act, person=who)
        assert getattr(await desk.network.profile(f"@{who.handle}"), name), name
        await desk.do(back, person=who)
        assert not getattr(await desk.network.profile(who.id), name), name


async def test_a_quote_or_a_link(desk: Desk) -> None:
    await desk.fetch("home")
    posts = [one.post for one in (await desk.fetch("home")).posts]
    allowed = next(one for one in posts if not one.viewer.quotes_closed and one.visibility == "public")
    receipt = await desk.do(ActKind.QUOTE, target=allowed.ref, person=allowed.author, text="look")
    assert receipt.post is not None
    if desk.flavour == "gotosocial":
        assert receipt.post.quote is None
        assert "no quotes" in desk.network.form(ActKind.QUOTE, allowed).note
    else:
        assert receipt.post.quote is not None
        assert receipt.post.quote.ref == allowed.ref
        for one in posts:
            if one.viewer.quotes_closed:
                assert isinstance(desk.network.can(ActKind.QUOTE, one), No)


async def test_lists_search_hashtags_and_people(desk: Desk) -> None:
    for one in await desk.network.lists():
        assert one.title
        await desk.fetch("list", one.id)
    desk.world.post(desk.somebody(), "all about #zebras here")
    assert [one.post.text for one in (await desk.fetch("hashtag", "zebras")).posts] == ["all about #zebras here"]
    page = await desk.fetch("search", "zebras")
    assert [one.post.text for one in page.posts] == ["all about #zebras here"]
    assert page.note
    author = page.posts[0].post.author
    assert (await desk.network.profile(f"@{author.handle}")).identity.id == author.id
    assert any("zebras" in one.post.text for one in (await desk.fetch("person", author.id)).posts)


async def test_limits_and_trouble(desk: Desk) -> None:
    await desk.fetch("home")
    assert desk.network.limits.left is not None
    desk.world.faults.add("GET /api/v1/timelines/home", 1, "rate_limit", seconds=90)
    with pytest.raises(RateLimited) as told:
        await desk.fetch("home")
    assert timedelta(seconds=80) < told.value.until - desk.clock() < timedelta(seconds=100)
    desk.world.faults.add("GET /api/v1/timelines/home", 1, "status", status=500)
    with pytest.raises(ServerTrouble):
        await desk.fetch("home")
    assert (await desk.fetch("home")).posts


async def test_what_happens_is_told_as_it_happens() -> None:
    async with opened() as desk:
        world, handle, heard = desk.world, desk.somebody(), desk.network.listen()
        waiting = asyncio.ensure_future(anext(heard))
        kinds = set[str]()
        async with asyncio.timeout(20):
            while "mentions" not in kinds:
                await desk.clock.sleep(1)
                world.post(handle, f"@{world.account.handle} hello {desk.clock.now}")
                await asyncio.wait({waiting}, timeout=0.2)
                if waiting.done():
                    kinds |= set((await waiting).kinds)
                    waiting = asyncio.ensure_future(anext(heard))
            world.message(handle, "and in private")
            while "messages" not in kinds:
                kinds |= set((await waiting).kinds)
                waiting = asyncio.ensure_future(anext(heard))
        waiting.cancel()
        await asyncio.wait({waiting})
        await heard.aclose()


async def test_a_server_without_streams_ends_at_once() -> None:
    async with opened(streaming=False) as desk:
        assert [news async for news in desk.network.listen()] == []


# --- whom an answer is for, and whether it can be given ----------------------------------------------------------


async def test_an_answer_names_the_author_and_one_to_all_everybody(desk: Desk) -> None:
    handles = [one.handle for one in desk.world.people.by_did.values() if one.did != desk.world.account.did][:3]
    mine, author = desk.world.account.handle, handles[0]
    desk.world.post(author, f"@{mine} and @{handles[1]}, or @{handles[2]}?")
    post = await desk.newest_mention()
    alone, everyone = (desk.network.form(ActKind.REPLY, post, everyone=way).text for way in (False, True))
    assert alone == f"@{post.author.handle.removesuffix('@social.example.com')} "
    assert everyone.startswith(alone)
    assert len(everyone.split()) == 3
    assert desk.network.form(ActKind.REPLY, replace(post, visibility="direct")).text == everyone


async def test_a_post_that_is_deleted_while_it_is_answered(desk: Desk) -> None:
    asked = await desk.newest_mention()
    act, material = await desk.reply(asked, "gladly")
    desk.world.delete(status_uri(desk.world, asked.ref.id))
    with pytest.raises(NotThere, match=r"^The post does not exist \(any more\): it cannot be answered\.$"):
        await desk.network.send(act, material)


async def test_somebody_who_blocked_us_meanwhile_cannot_be_answered(desk: Desk) -> None:
    asked = await desk.newest_mention()
    act, material = await desk.reply(asked, "gladly")
    who = owner_of(status_uri(desk.world, asked.ref.id))
    value = {"$type": BLOCK, "subject": desk.world.account.did, "createdAt": iso(desk.clock())}
    place = {"op": "put", "did": who, "collection": BLOCK, "rkey": desk.world.next_tid(desk.clock())}
    desk.world.commit({**place, "value": value, "at": iso(desk.clock())})
    with pytest.raises(Refused, match=f"^@{asked.author.handle} has blocked you: the post cannot be answered.$"):
        await desk.network.send(act, material)


async def test_the_language_is_the_chosen_one(desk: Desk) -> None:
    for kind in (ActKind.POST, ActKind.REPLY, ActKind.QUOTE, ActKind.MESSAGE):
        assert desk.network.form(kind, None).languages
    receipt = await desk.do(ActKind.POST, text="Guten Morgen", language="de")
    assert receipt.post is not None
    assert receipt.post.languages == ("de",)


# --- people whose handle is being written ------------------------------------------------------------------------


async def test_people_by_the_beginning_of_their_handle(desk: Desk) -> None:
    someone = (await desk.newest_mention()).author
    for words in (someone.handle[:4], f" @{someone.handle[:4]}", someone.name[:4]):
        found = await desk.network.people(words)
        assert someone in found
        assert len(found) <= 8
    asked = len(desk.app.calls)
    for words in ("", " @ ", "a" * 101):
        assert await desk.network.people(words) == ()
    assert len(desk.app.calls) == asked


@pytest.mark.parametrize(
    "found", [[None, 3, {"id": 1}, {"id": "1", "acct": "a b\n@c"}, {"id": "2", "acct": "@x"}]]
)
async def test_people_of_an_answer_that_makes_no_sense(desk: Desk, found: object) -> None:
    search = "GET /api/v1/accounts/search"
    desk.world.faults.add(search, kind="status", status=200, body=found)
    assert await desk.network.people("ada") == ()
    many = [{"id": str(number % 20), "acct": f"a{number}"} for number in range(100)]
    desk.world.faults.add(search, kind="status", status=200, body=many)
    assert len(await desk.network.people("ada")) == 8
    for fault in ({"kind": "html"}, {"kind": "status", "status": 200, "body": {"accounts": []}}):
        desk.world.faults.add(search, **fault)
        with pytest.raises(ServerTrouble):
            await desk.network.people("ada")
