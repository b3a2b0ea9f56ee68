"""Bluesky's network file against the sandbox, in process and streaming: what a desk does in a day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from bluesky_desk import EPOCH, SERVER, Desk, opened

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef, Span, SpanKind
from tweetdesk.domain.selections import Source
from tweetdesk.networks import bluesky, bluesky_text
from tweetdesk.networks.base import (
    Allowed,
    LoginNeeded,
    No,
    NotThere,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.sandbox.ids import iso
from tweetdesk.sandbox.records import BLOCK, THREADGATE
from tweetdesk.sandbox.world import NO_MESSAGES_PASSWORD


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with opened() as one:
        yield one


async def test_a_wrong_password_and_a_stranger(desk: Desk) -> None:
    for handle, kind in ((desk.world.account.handle, LoginNeeded), ("nobody.example.com", NotThere)):
        with pytest.raises(kind):
            await bluesky.log_in(SERVER, handle, "wrong", transport=desk.transport, clock=desk.clock)


@pytest.mark.parametrize("kind", ["mentions", "messages", "home"])
async def test_sources_are_full_and_then_quiet(desk: Desk, kind: str) -> None:
    first = await desk.fetch(kind)
    assert len(first.posts) > 5
    assert (first.unreadable, first.gap) == (0, False)
    assert first.people
    again = await desk.fetch(kind, cursor=first.cursor)
    assert (again.posts, again.cursor) == ((), first.cursor)


async def test_every_mention_has_its_reason_and_what_it_answers(desk: Desk) -> None:
    page = await desk.fetch("mentions")
    known = {"mentions you", "replies to you", "quotes you", "answers in your conversation"}
    for fetched in page.posts:
        assert fetched.why
        assert set(fetched.why) <= known
        if "quotes you" in fetched.why:
            assert fetched.post.quote is not None
            assert fetched.post.quote.text
        if "replies to you" in fetched.why:
            assert fetched.post.parent is not None
            assert fetched.post.parent.text or fetched.post.parent.missing


async def test_what_is_new_arrives_once(desk: Desk) -> None:
    before = await desk.fetch("mentions")
    mine = desk.world.account.handle
    someone = before.people[0].identity.handle
    await desk.clock.sleep(5)
    uri = desk.world.post(someone, f"@{mine} one more question, if I may")
    after = await desk.fetch("mentions", cursor=before.cursor)
    assert [fetched.post.ref.id for fetched in after.posts] == [uri]
    assert after.posts[0].post.spans[0].target == desk.network.account.user_id
    assert (await desk.fetch("mentions", cursor=after.cursor)).posts == ()


async def test_a_reply_stands_once_where_it_belongs(desk: Desk) -> None:
    asked = await desk.newest_mention()
    act, material = await desk.ready(
        ActKind.REPLY, target=asked.ref, target_version=asked.version, root=asked.reply_root,
        root_version=asked.root_version, person=asked.author, text=f"@{asked.author.handle} gladly! https://example.com",
    )  # fmt: skip
    receipts = {(await desk.network.send(act, material)).result for _ in range(3)}
    assert len(receipts) == 1
    shown = (await desk.network.thread(asked.ref)).posts
    ours = [place for place in shown if place.post and place.post.ref.id in receipts]
    assert len(ours) == 1
    assert ours[0].post is not None
    assert ours[0].post.reply_to == asked.ref
    above = next(place for place in shown if place.post and place.post.ref == asked.ref)
    assert ours[0].depth == above.depth + 1


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [
        ("drop_before", False), ("status", False), ("drop_after", True), ("status_after", True), ("html", True),
        ("broken_json", True),
    ],
)  # fmt: skip
async def test_a_lost_answer_is_settled(desk: Desk, fault: str, arrives: bool) -> None:
    asked = await desk.newest_mention()
    act, material = await desk.ready(ActKind.REPLY, target=asked.ref, text="Thanks!")
    desk.world.faults.add("com.atproto.repo.putRecord", 1, fault)
    with pytest.raises((Unreachable, ServerTrouble)):
        await desk.network.send(act, material)
    receipt = await desk.network.settle(act, material)
    assert (receipt is not None) == arrives
    if receipt is None:
        receipt = await desk.network.send(act, material)
    thread = await desk.network.thread(asked.ref)
    assert sum(place.post is not None and place.post.text == "Thanks!" for place in thread.posts) == 1


@pytest.mark.parametrize("method", ["com.atproto.repo.putRecord", "chat.bsky.convo.sendMessage"])
async def test_too_many_requests_wait_as_long_as_told_and_go_once(desk: Desk, method: str) -> None:
    kind, more = ActKind.POST, {}
    if method.startswith("chat."):
        kind, more = ActKind.MESSAGE, {"conversation": (await desk.fetch("messages")).posts[0].post.conversation}
    act, material = await desk.ready(kind, text="patience", **more)
    desk.world.faults.add(method, kind="rate_limit", seconds=40)
    with pytest.raises(RateLimited) as told:
        await desk.network.send(act, material)
    assert timedelta(seconds=39) <= told.value.until - desk.clock() <= timedelta(seconds=41)
    receipts = [await desk.network.send(act, material)]
    if kind is ActKind.POST:
        receipts.append(await desk.network.send(act, material))
    assert len({receipt.result for receipt in receipts}) == 1


async def test_acts_and_their_undoing(desk: Desk) -> None:
    post = await desk.newest_mention()
    for kind, undo, field in (
        (ActKind.REPOST, ActKind.UNREPOST, "reposted"),
        (ActKind.LIKE, ActKind.UNLIKE, "liked"),
    ):
        receipt = await desk.do(kind, target=post.ref, target_version=post.version)
        (now,) = await desk.network.posts((post.ref,))
        assert getattr(now.viewer, field) == receipt.result
        await desk.do(undo, target=post.ref)
        (now,) = await desk.network.posts((post.ref,))
        assert getattr(now.viewer, field) == ""
    who = post.author
    for kind, undo, field in (
        (ActKind.BLOCK, ActKind.UNBLOCK, "blocking"),
        (ActKind.MUTE, ActKind.UNMUTE, "muted"),
    ):
        receipt = await desk.do(kind, person=who)
        assert getattr(await desk.network.profile(who.id), field)
        await desk.do(undo, person=who, record=receipt.result)
        assert not getattr(await desk.network.profile(who.id), field)


async def test_follow_mute_thread_and_delete(desk: Desk) -> None:
    post = await desk.newest_mention()
    before = (await desk.network.profile(f"@{post.author.handle}")).following
    if before:
        await desk.do(ActKind.UNFOLLOW, person=post.author)
    receipt = await desk.do(ActKind.FOLLOW, person=post.author)
    assert (await desk.network.profile(post.author.id)).following == receipt.result
    await desk.do(ActKind.MUTE_THREAD, target=post.ref, root=post.reply_root)
    await desk.do(ActKind.UNMUTE_THREAD, target=post.ref, root=post.reply_root)
    made = await desk.do(ActKind.POST, text="to be deleted")
    ref = PostRef("bluesky", made.result)
    assert [found.text for found in await desk.network.posts((ref,))] == ["to be deleted"]
    await desk.do(ActKind.DELETE, target=ref)
    assert await desk.network.posts((ref,)) == ()
    with pytest.raises(NotThere):
        await desk.network.thread(ref)


async def test_the_post_of_the_receipt_is_the_post_that_the_network_shows(desk: Desk) -> None:
    text = "Grüße 👋 #python @nobody.example.com https://example.com/ü"
    receipt = await desk.do(ActKind.POST, text=text)
    (shown,) = await desk.network.posts((PostRef("bluesky", receipt.result),))
    ours = receipt.post
    assert ours is not None
    for field in ("ref", "text", "spans", "version", "conversation", "reply_to", "url", "languages", "created_at"):
        assert getattr(ours, field) == getattr(shown, field), field


async def test_search_and_a_person(desk: Desk) -> None:
    page = await desk.fetch("home")
    words = max((word for fetched in page.posts for word in fetched.post.text.split() if word.isalpha()), key=len)
    found = await desk.fetch("search", words)
    assert found.posts
    assert all(words.lower() in fetched.post.text.lower() for fetched in found.posts)
    who = page.posts[0].post.author
    theirs = await desk.fetch("person", who.id)
    assert theirs.posts
    assert all(who in (fetched.post.author, fetched.reposted_by) for fetched in theirs.posts)


async def test_messages_come_and_go(desk: Desk) -> None:
    first = await desk.fetch("messages")
    newest = max(first.posts, key=lambda fetched: fetched.at).post
    assert newest.kind is PostKind.MESSAGE
    other = next(
        fetched.post.author
        for fetched in first.posts
        if fetched.post.conversation == newest.conversation
        and fetched.post.author.id != desk.network.account.user_id
    )
    await desk.clock.sleep(5)
    receipt = await desk.do(ActKind.MESSAGE, conversation=newest.conversation, person=other, text="On my way.")
    assert receipt.post is not None
    await desk.clock.sleep(5)
    desk.world.message(other.handle, "See you there!")
    page = await desk.fetch("messages", cursor=first.cursor)
    assert [fetched.post.text for fetched in page.posts] == ["On my way.", "See you there!"]
    whole = await desk.network.messages(newest.conversation)
    assert [post.text for post in whole[-2:]] == ["On my way.", "See you there!"]
    assert whole[-1].author.handle == other.handle


async def test_a_message_whose_answer_was_lost(desk: Desk) -> None:
    first = await desk.fetch("messages")
    conversation = first.posts[0].post.conversation
    for fault, found in (("drop_after", True), ("drop_before", False), ("status_after", True), ("status", False)):
        act, material = await desk.ready(ActKind.MESSAGE, conversation=conversation, text=f"with {fault}")
        desk.world.faults.add("chat.bsky.convo.sendMessage", 1, fault)
        with pytest.raises((Unreachable, ServerTrouble)):
            await desk.network.send(act, material)
        await desk.clock.sleep(61)
        assert (await desk.network.settle(act, material) is not None) is found


@pytest.mark.parametrize(("since", "known"), [(120, True), (400, False)])
async def test_a_message_is_found_below_what_was_said_since(desk: Desk, since: int, known: bool) -> None:
    conversation = (await desk.fetch("messages")).posts[0].post.conversation
    ours, said = desk.network.account.identity, await desk.network.messages(conversation)
    them = next(one.author for one in said if one.author != ours)
    lost = {}
    for fault in ("drop_after", "drop_before"):
        desk.world.faults.add("chat.bsky.convo.sendMessage", 1, fault)
        act, material = await desk.ready(ActKind.MESSAGE, conversation=conversation, text=f"with {fault}")
        with pytest.raises(Unreachable):
            await desk.network.send(act, material)
        lost[fault] = act, material
    for number in range(since):
        await desk.clock.sleep(1)
        desk.world.message(them.handle, f"line {number}")
    if not known:
        with pytest.raises(Unsure):
            await desk.network.settle(*lost["drop_after"])
        return
    assert await desk.network.settle(*lost["drop_after"]) is not None
    assert await desk.network.settle(*lost["drop_before"]) is None


async def test_an_app_password_without_the_right_to_messages(desk: Desk) -> None:
    login = await bluesky.log_in(
        SERVER, desk.world.account.handle, NO_MESSAGES_PASSWORD, transport=desk.transport, clock=desk.clock
    )
    network = bluesky.open(login.account, MemoryPlace(login.secret), transport=desk.transport, clock=desk.clock)
    with pytest.raises(Refused, match="Allow access to your direct messages"):
        await network.fetch(Source(network.account.id, "messages"), "")
    await network.close()


async def test_a_session_that_expired_goes_on(desk: Desk) -> None:
    await desk.clock.sleep(3 * 3600)
    assert (await desk.fetch("mentions")).posts
    desk.world.faults.add("app.bsky.feed.getTimeline", 1, "expired")
    assert (await desk.fetch("home")).posts


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("status", ServerTrouble),
        ("html", ServerTrouble),
        ("broken_json", ServerTrouble),
        ("rate_limit", RateLimited),
        ("drop_before", Unreachable),
        ("drop_after", Unreachable),
    ],
)
async def test_a_bad_day(desk: Desk, fault: str, kind: type[Exception]) -> None:
    desk.world.faults.add("app.bsky.feed.getTimeline", 5, fault)
    with pytest.raises(kind):
        await desk.fetch("home")
    desk.world.faults.clear()
    assert (await desk.fetch("home")).posts


async def test_missing_fields_cost_only_what_lacks_them(desk: Desk) -> None:
    whole = await desk.fetch("mentions")
    desk.world.faults.add("app.bsky.notification.listNotifications", 1, "missing_fields")
    page = await desk.fetch("mentions")
    assert page.unreadable > 0
    assert page.unreadable + len(page.posts) >= len(whole.posts)


async def test_limits_are_told(desk: Desk) -> None:
    await desk.fetch("home")
    assert desk.network.limits.limit == 3000
    assert (desk.network.limits.left or 0) < 3000
    assert desk.network.limits.until is not None


# -- lists, hashtags, bookmarks, reports ------------------------------------------------------------


async def a_post(desk: Desk) -> Post:
    """The newest post of somebody else on the home timeline."""
    page = await desk.fetch("home")
    others = [one for one in page.posts if one.post.author.id != desk.network.account.user_id]
    return max(others, key=lambda fetched: fetched.at).post


async def test_a_list_by_its_name_and_its_posts(desk: Desk) -> None:
    (found,) = await desk.network.lists()
    assert found.title == "Terminals for everybody"
    page = await desk.fetch("list", found.id)
    members = {desk.world.people.by_key[key].did for key in ("mira", "ben", "lena", "kenji", "wren", "akiko")}
    assert page.posts
    assert {(one.reposted_by or one.post.author).id for one in page.posts} <= members
    assert (await desk.fetch("list", found.id, page.cursor)).posts == ()


async def test_a_list_that_is_gone_is_a_sentence(desk: Desk) -> None:
    with pytest.raises(Refused, match="list"):
        await desk.fetch("list", f"at://{desk.network.account.user_id}/app.bsky.graph.list/3l2gone222222")


async def test_a_hashtag_finds_whole_tags_only(desk: Desk) -> None:
    handle = next(one for one in desk.world.people.by_handle if one != desk.world.account.handle)
    wanted = desk.world.post(handle, "a loaf with #sourdoughdesk in it")
    desk.world.post(handle, "another with #sourdoughdesks only")
    page = await desk.fetch("hashtag", "sourdoughdesk")
    assert [one.post.ref.id for one in page.posts] == [wanted]
    assert (await desk.fetch("hashtag", "#")).posts == ()


async def test_a_bookmark_is_put_and_taken_away(desk: Desk) -> None:
    post = await a_post(desk)
    assert post.viewer.bookmarked == ""
    await desk.do(ActKind.BOOKMARK, target=post.ref)
    await desk.do(ActKind.BOOKMARK, target=post.ref, target_version=post.version)
    (marked,) = await desk.network.posts((post.ref,))
    assert marked.viewer.bookmarked
    assert list(desk.world.bookmarks[desk.network.account.user_id]) == [post.ref.id]
    await desk.do(ActKind.UNBOOKMARK, target=post.ref)
    (plain,) = await desk.network.posts((post.ref,))
    assert plain.viewer.bookmarked == ""


async def test_a_report_names_the_post_and_says_why(desk: Desk) -> None:
    post = await a_post(desk)
    await desk.do(ActKind.REPORT, target=post.ref, target_version=post.version, person=post.author, text="a pitch")
    (report,) = desk.world.reports
    assert report["subject"]["uri"] == post.ref.id
    assert (report["reason"], report["by"]) == ("a pitch", desk.network.account.user_id)


async def test_a_direct_message_is_reported_by_its_author(desk: Desk) -> None:
    message = max((await desk.fetch("messages")).posts, key=lambda one: one.at).post
    who = next(one for one in desk.world.people.by_did if one != desk.network.account.user_id)
    await desk.do(ActKind.REPORT, target=message.ref, person=Identity("bluesky", who, "x.example.com"))
    (report,) = desk.world.reports
    assert report["subject"] == {"$type": "com.atproto.admin.defs#repoRef", "did": who}
    assert "reason" not in report


async def test_what_can_be_done_is_told(desk: Desk) -> None:
    post = await a_post(desk)
    network = desk.network
    assert isinstance(network.can(ActKind.BOOKMARK, post), Allowed)
    assert isinstance(network.can(ActKind.REPORT, post), Allowed)
    for kind in (ActKind.HIDE_REPLY, ActKind.UNHIDE_REPLY):
        refused = network.can(kind, post)
        assert isinstance(refused, No)
        assert "official app" in refused.why
    message = max((await desk.fetch("messages")).posts, key=lambda one: one.at).post
    assert message.kind is PostKind.MESSAGE
    assert isinstance(network.can(ActKind.BOOKMARK, message), No)


async def test_a_bookmark_of_a_post_that_is_gone(desk: Desk) -> None:
    gone = PostRef("bluesky", f"at://{desk.network.account.user_id}/app.bsky.feed.post/3l2gone222222")
    with pytest.raises(Refused, match="does not exist"):
        await desk.do(ActKind.BOOKMARK, target=gone)


# --- whom an answer is for, and whether it can be given ----------------------------------------------------------


async def test_an_answer_to_all_begins_with_who_is_named_beside_the_author(desk: Desk) -> None:
    mine, others = desk.world.account.handle, [one.identity for one in (await desk.fetch("home")).people][:3]
    author, second, third = others
    text = f"@{mine} and @{second.handle} and @{author.handle}, ask @{third.handle} and @{second.handle}"
    uri = desk.world.post(author.handle, text)
    (post,) = await desk.network.posts((PostRef("bluesky", uri),))
    assert desk.network.form(ActKind.REPLY, post).text == ""
    assert desk.network.form(ActKind.REPLY, post, everyone=True).text == f"@{second.handle} @{third.handle} "
    assert desk.network.form(ActKind.QUOTE, post, everyone=True).text == ""


def test_a_facet_that_lies_names_nobody() -> None:
    author = Identity("bluesky", "did:plc:bob", "bob.test")
    spans = (Span(0, 9, SpanKind.MENTION, "did:plc:carol"), Span(10, 20, SpanKind.MENTION, "did:plc:dan"))
    post = Post(PostRef("bluesky", "at://x"), author, "@not true @dan.test!", EPOCH, spans=spans)
    assert bluesky_text.named(post, "did:plc:ada") == ""
    assert bluesky_text.named(replace(post, text="@not true @dan.test "), "did:plc:ada") == ""
    assert bluesky_text.named(replace(post, spans=(Span(10, 19, SpanKind.MENTION, "d"),)), "a") == "@dan.test "


@pytest.mark.parametrize("kind", [ActKind.REPLY, ActKind.QUOTE])
async def test_a_post_that_is_deleted_while_it_is_answered(desk: Desk, kind: ActKind) -> None:
    asked = await desk.newest_mention()
    desk.world.delete(asked.ref.id)
    with pytest.raises(NotThere, match=r"^The post does not exist \(any more\): it cannot be"):
        await desk.ready(kind, target=asked.ref, target_version=asked.version, person=asked.author, text="gladly")


async def test_somebody_who_blocked_us_meanwhile_cannot_be_answered(desk: Desk) -> None:
    asked = await desk.newest_mention()
    block(desk, asked.author.id, desk.network.account.user_id)
    with pytest.raises(Refused, match=f"^@{asked.author.handle} has blocked you: the post cannot be answered.$"):
        await desk.ready(ActKind.REPLY, target=asked.ref, target_version=asked.version, text="gladly")


async def test_somebody_whom_we_blocked_cannot_be_answered(desk: Desk) -> None:
    asked = await desk.newest_mention()
    block(desk, desk.network.account.user_id, asked.author.id)
    with pytest.raises(Refused, match=f"^You have blocked @{asked.author.handle}"):
        await desk.ready(ActKind.REPLY, target=asked.ref, target_version=asked.version, text="gladly")


def block(desk: Desk, who: str, whom: str) -> None:
    """Somebody blocks somebody."""
    value = {"$type": BLOCK, "subject": whom, "createdAt": iso(desk.clock())}
    place = {"op": "put", "did": who, "collection": BLOCK, "rkey": desk.world.next_tid(desk.clock())}
    desk.world.commit({**place, "value": value, "at": iso(desk.clock())})


async def test_replies_that_were_closed_meanwhile(desk: Desk) -> None:
    asked = await desk.newest_mention()
    root = (asked.reply_root or asked.ref).id
    owner, _, key = root.removeprefix("at://").partition("/")
    value = {"$type": THREADGATE, "post": root, "allow": [], "createdAt": iso(desk.clock())}
    place = {"op": "put", "did": owner, "collection": THREADGATE, "rkey": key.rpartition("/")[2]}
    desk.world.commit({**place, "value": value, "at": iso(desk.clock())})
    with pytest.raises(Refused, match="closed the replies"):
        await desk.ready(ActKind.REPLY, target=asked.ref, target_version=asked.version, text="gladly")


async def test_an_own_post_is_answered_though_the_network_does_not_show_it_yet(desk: Desk) -> None:
    first = await desk.do(ActKind.POST, text="one")
    assert first.post is not None
    before = desk.app.of("app.bsky.feed.getPosts")
    second = await desk.do(ActKind.REPLY, text="two", target=first.post.ref)
    assert second.post is not None
    third = await desk.do(ActKind.REPLY, text="three", target=second.post.ref)
    assert third.post is not None
    assert desk.app.of("app.bsky.feed.getPosts") == before
    assert (third.post.reply_to, third.post.reply_root) == (second.post.ref, first.post.ref)
    assert third.post.root_version == first.post.version
    fourth = await desk.do(ActKind.REPLY, text="four", target=third.post.ref, root=first.post.ref)
    assert fourth.post is not None
    assert (fourth.post.reply_root, fourth.post.root_version) == (first.post.ref, first.post.version)
    desk.world.delete(third.post.ref.id)
    with pytest.raises(NotThere):
        await desk.do(ActKind.REPLY, text="five", target=third.post.ref)


# --- people whose handle is being written ------------------------------------------------------------------------


async def test_people_by_the_beginning_of_their_handle(desk: Desk) -> None:
    someone = (await desk.fetch("home")).people[0].identity
    for words in (someone.handle, f" @{someone.handle[:4]}", someone.name[:4]):
        found = await desk.network.people(words)
        assert someone in found
        assert 1 <= len(found) <= 8
    asked = len(desk.app.calls)
    for words in ("", " @ ", "a" * 101):
        assert await desk.network.people(words) == ()
    assert len(desk.app.calls) == asked


@pytest.mark.parametrize(
    "actors", [None, 3, [None, 1, [], {"did": "no"}, {"did": "did:plc:a", "handle": "a b\n@c"}]]
)
async def test_people_of_an_answer_that_makes_no_sense(desk: Desk, actors: object) -> None:
    method = "app.bsky.actor.searchActorsTypeahead"
    desk.world.faults.add(method, kind="status", status=200, body={"actors": actors})
    assert await desk.network.people("ada") == ()
    many = [{"did": f"did:plc:a{number % 20}", "handle": f"a{number}.test"} for number in range(100)]
    desk.world.faults.add(method, kind="status", status=200, body={"actors": many})
    assert len(await desk.network.people("ada")) == 8
    desk.world.faults.add(method, kind="html")
    with pytest.raises(ServerTrouble):
        await desk.network.people("ada")
