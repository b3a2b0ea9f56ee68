"""X's network file against the sandbox, in process: what a desk does in a day, and what several days cost.

Every request is held against the OpenAPI document of the vocabulary that is sent.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from replaykit import Clock
from x_desk import EPOCH, Desk, opened

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import PostKind, PostRef
from tweetdesk.networks import spending
from tweetdesk.networks.base import (
    Allowed,
    BudgetReached,
    HandOff,
    LoginNeeded,
    No,
    NotPermitted,
    NotThere,
    OutOfMoney,
    Page,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import (
    CONSUMER_KEY,
    CONSUMER_SECRET,
    OAUTH1_TOKEN_SECRET,
    account_id,
    face,
    oauth1_token,
    token,
)


def handles(page: Page) -> set[str]:
    return {one.post.author.handle for one in page.posts}


# --- reading -----------------------------------------------------------------------------------------------------


async def test_mentions_say_why_they_are_there(desk: Desk) -> None:
    page = await desk.fetch("mentions")
    assert page.posts
    assert not page.unreadable
    assert {why for one in page.posts for why in one.why} <= {"mentions you", "replies to you", "quotes you"}
    for one in page.posts:
        assert one.post.author.handle != one.post.author.id
        assert one.post.url.startswith("https://x.com/")
        if one.post.reply_to is not None:
            assert one.post.parent is not None
            assert one.post.parent.text or one.post.parent.missing
    again = await desk.fetch("mentions")
    assert not again.posts


@pytest.mark.parametrize("kind", ["home", "person"])
async def test_timelines(desk: Desk, kind: str) -> None:
    words = account_id(desk.world, "ines") if kind == "person" and "ines" in desk.world.people.by_key else ""
    if kind == "person" and not words:
        words = next(account_id(desk.world, key) for key in desk.world.people.by_key if key != "ada")
    page = await desk.fetch(kind, words)
    assert page.posts
    for one in page.posts:
        if one.reposted_by is not None:
            assert not one.post.text.startswith("RT @")


async def test_messages_with_an_honest_note(desk: Desk) -> None:
    page = await desk.fetch("messages")
    assert page.posts
    assert "encrypted" in page.note
    assert all(one.post.kind is PostKind.MESSAGE and one.post.conversation for one in page.posts)
    assert not (await desk.fetch("messages")).posts
    theirs = next(one.post for one in page.posts if one.post.author.id != desk.network.account.user_id)
    sent = await desk.act(ActKind.MESSAGE, theirs, "thank you, see you there")
    assert sent.post is not None
    new = await desk.fetch("messages")
    assert [one.post.text for one in new.posts] == ["thank you, see you there"]
    read = await desk.network.messages(theirs.conversation)
    assert read[-1].text == "thank you, see you there"


async def test_a_search_leaves_reposts_out(desk: Desk) -> None:
    word = next(one.post.text.split()[0] for one in (await desk.fetch("home")).posts if one.reposted_by is None)
    page = await desk.fetch("search", f'"{word}"')
    assert page.note == "X searches the last seven days"
    assert all(one.reposted_by is None for one in page.posts)


@pytest.mark.parametrize(("kind", "words"), [("mentions", ""), ("search", "qwertzuiop")])
async def test_after_an_empty_first_look_nothing_is_missed(
    world: World, clock: Clock, kind: str, words: str
) -> None:
    world.person_add("new.example.com", "New", "")
    desk = opened(world, clock, key="new.example.com")
    assert not (await desk.fetch(kind, words)).posts
    for number in range(45):
        clock.now += timedelta(seconds=1)
        world.post("tom.example.com", f"qwertzuiop {number} for @new.example.com")
    found = [one.post.text for _ in range(3) for one in (await desk.fetch(kind, words)).posts]
    assert len([text for text in found if "qwertzuiop" in text]) == 45
    await desk.network.close()


async def test_a_search_that_was_asleep_for_a_week_begins_anew(desk: Desk) -> None:
    await desk.fetch("search", "the OR and OR a")
    desk.clock.now += timedelta(days=8)
    page = await desk.fetch("search", "the OR and OR a")
    assert page.cursor
    assert "since_id" not in desk.transport.asked[-1].url.params


async def test_profiles_and_nobody(desk: Desk) -> None:
    key = next(key for key in desk.world.people.by_key if key != "ada")
    handle = (await desk.network.profile(account_id(desk.world, key))).identity.handle
    asked = len(desk.transport.asked)
    assert (await desk.network.profile(f"@{handle}")).identity.id == account_id(desk.world, key)
    assert len(desk.transport.asked) == asked, "seen today already"
    with pytest.raises(NotThere):
        await desk.network.profile("nobody_has_this")


async def test_a_conversation_is_paid_for_once(desk: Desk) -> None:
    page = await desk.fetch("mentions")
    post = next(one.post for one in page.posts if one.post.reply_to is not None)
    first = await desk.network.thread(post.ref)
    desk.shelf.keep([one.post for one in first.posts])
    assert post.ref in [one.ref for one in first.posts]
    assert first.posts[0].depth == 0
    desk.clock.now += timedelta(hours=1)
    second = await desk.network.thread(post.ref)
    assert {one.ref for one in first.posts} <= {one.ref for one in second.posts}
    asked = [one.url.params for one in desk.transport.asked if one.url.path.endswith("/search/recent")]
    assert "since_id" not in asked[0]
    assert asked[-1]["since_id"] == max((one.ref.id for one in first.posts if one.ref), key=int)


# --- what it costs -----------------------------------------------------------------------------------------------


async def test_several_days_are_billed_once(clock: Clock) -> None:
    """Resources billed divided by distinct resources needed is 1.00, over four days and three restarts."""
    desk = opened(World(clock=clock, seed=11, live_seconds=1200.0), clock)
    counted = 0
    for _ in range(4):
        for _ in range(8):
            with spending.tally() as used:
                for kind, words in (("mentions", ""), ("home", ""), ("search", "the OR and OR to")):
                    await desk.fetch(kind, words)
            counted += used.micros
            clock.now += timedelta(hours=3)
        await desk.network.close()  # what is left is what was stored
        cursors = desk.cursors
        desk = opened(desk.world, clock, shelf=desk.shelf)
        desk.cursors = cursors
    report = desk.state.ledger.report()
    assert report["distinct"] > 100
    assert len(report["days"]) > 3
    assert report["billed"] / report["distinct"] == 1.0
    assert counted == report["micros"], "what we count is what X bills"
    await desk.network.close()


async def test_conversations_opened_every_day(clock: Clock) -> None:
    """Opening a conversation again costs what is new in it."""
    desk = opened(World(clock=clock, seed=11, live_seconds=1200.0), clock)
    post = next(one.post for one in (await desk.fetch("mentions")).posts if one.post.reply_to is not None)
    desk.shelf.keep([one.post for one in (await desk.network.thread(post.ref)).posts])
    for _ in range(5):
        clock.now += timedelta(hours=19)
        before = desk.state.ledger.report()
        with spending.tally() as used:
            desk.shelf.keep([one.post for one in (await desk.network.thread(post.ref)).posts])
        after = desk.state.ledger.report()
        assert after["billed"] - before["billed"] == after["distinct"] - before["distinct"]
        assert used.micros == after["micros"] - before["micros"]
    await desk.network.close()


async def test_the_allowance_is_never_passed(clock: Clock) -> None:
    world = World(clock=clock, seed=11, live_seconds=600.0)
    desk = opened(world, clock)
    for allowance in (10_000, 40_000, 70_000, 200_000):
        before = desk.state.ledger.micros
        with spending.tally(allowance) as used, suppress(BudgetReached):
            for _ in range(4):
                await desk.fetch("mentions")
                await desk.fetch("home")
                clock.now += timedelta(minutes=30)
        assert used.micros <= allowance
        assert desk.state.ledger.micros - before <= allowance
    await desk.network.close()


async def test_a_budget_that_is_reached_is_told_before_anything_is_asked(desk: Desk) -> None:
    for kind, words in (("mentions", ""), ("home", ""), ("search", "hello"), ("messages", "")):
        with spending.tally(5_000) as used, pytest.raises(BudgetReached, match="budget") as reached:
            await desk.fetch(kind, words)
        assert used.requests == 0
        assert reached.value.until == EPOCH.replace(day=3, hour=0, minute=0)


@pytest.mark.parametrize(("switch", "value"), [("credits", 0), ("spend_cap", 0)])
async def test_no_money(desk: Desk, switch: str, value: int) -> None:
    setattr(desk.state, switch, value)
    with pytest.raises(OutOfMoney, match="console"):
        await desk.fetch("mentions")


# --- writing -----------------------------------------------------------------------------------------------------


async def test_who_may_be_answered_is_told_before(desk: Desk) -> None:
    mention = next(one.post for one in (await desk.fetch("mentions")).posts)
    assert isinstance(desk.network.can(ActKind.REPLY, mention), Allowed)
    own = desk.network.account.user_id
    stranger = next(
        one.post
        for one in (await desk.fetch("home")).posts
        if one.post.author.id != own
        and own not in {who.id for who in one.post.mentions}
        and one.post.reply_to is None
    )
    told = desk.network.can(ActKind.REPLY, stranger)
    assert isinstance(told, HandOff)
    assert told.url == f"https://x.com/intent/post?in_reply_to={stranger.ref.id}"
    with pytest.raises(Refused, match="by hand") as refused:
        await desk.act(ActKind.REPLY, stranger, "may I?")
    assert refused.value.code == "reply-rule"


async def test_an_answer_and_its_price(desk: Desk) -> None:
    mention = next(one.post for one in (await desk.fetch("mentions")).posts)
    with spending.tally() as used:
        receipt = await desk.act(ActKind.REPLY, mention, "yes, gladly")
    assert used.micros == 10_000
    assert receipt.post is not None
    assert receipt.post.reply_to == mention.ref
    with spending.tally() as used:
        await desk.act(ActKind.POST, text="look: https://example.com/page")
    assert used.micros == 200_000
    assert desk.state.ledger.report()["days"]["2026-11-02"]["writes"] == {
        "summoned reply": 1,
        "post with a link": 1,
    }


async def test_the_same_text_twice(desk: Desk) -> None:
    text = "only once & never again: example.com/x"
    first = await desk.act(ActKind.POST, text=text)
    desk.clock.now += timedelta(minutes=1)
    with pytest.raises(Refused, match="before") as refused:
        await desk.act(ActKind.POST, text=text)
    assert refused.value.code == "duplicate"
    posts = desk.state.ledger.report()["days"]["2026-11-02"]["writes"]
    assert posts == {"post with a link": 1}
    assert first.post is not None
    assert first.post.text == text


async def test_a_lost_answer_is_looked_for(desk: Desk) -> None:
    mention = next(one.post for one in (await desk.fetch("mentions")).posts)
    for kind, post, text in (
        (ActKind.POST, None, "lost & found: https://example.com/a?b=c&d=1 ünïcode 👨‍👩‍👧"),
        (ActKind.REPLY, mention, "@nobody an answer that was lost"),
        (ActKind.MESSAGE, mention, "a message that was lost"),
    ):
        act = desk.made(kind, post, text)
        if kind is ActKind.MESSAGE:
            act = Act(kind, act.account, person=mention.author, text=text)
        material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), b"12345678"))
        desk.world.faults.add("*", 1, "drop_after")
        with pytest.raises(Unreachable):
            await desk.network.send(act, material)
        found = await desk.network.settle(act, material)
        assert found is not None, kind
        assert found.post is not None
        desk.world.faults.add("*", 1, "drop_before")
        with pytest.raises(Unreachable):
            await desk.network.send(
                Act(kind, act.account, act.target, person=act.person, text=f"{text}!"), material
            )
        desk.clock.now += timedelta(seconds=5)
        with pytest.raises(Unsure, match="on x\\.com"):
            await desk.network.settle(
                Act(kind, act.account, act.target, person=act.person, text=f"{text}!"), material
            )


async def test_after_a_restart_the_doubt_is_settled_too(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "sent just before the end")
    material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), b"12345678"))
    await desk.network.send(act, material)
    again = opened(desk.world, desk.clock, desk.transport.words, desk.shelf)
    found = await again.network.settle(act, material)
    assert found is not None
    await again.network.close()


async def test_a_line_that_is_down_leaves_no_doubt(desk: Desk) -> None:
    async def nobody(scope: object, receive: object, send: object) -> None:
        raise ConnectionRefusedError

    desk.transport.inner = AsgiTransport(nobody)
    act = desk.made(ActKind.POST, None, "written in a tunnel")
    material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), b"12345678"))
    with pytest.raises(Unreachable):
        await desk.network.send(act, material)
    assert await desk.network.settle(act, material) is None, "it can be sent again"


async def test_what_may_be_done_twice(desk: Desk) -> None:
    post = next(one.post for one in (await desk.fetch("mentions")).posts)
    for kind in (
        ActKind.REPOST, ActKind.UNREPOST, ActKind.MUTE, ActKind.UNMUTE, ActKind.BOOKMARK, ActKind.UNBOOKMARK,
    ):  # fmt: skip
        assert isinstance(desk.network.can(kind, post), Allowed), kind
        price = desk.network.price(kind, "")
        before = desk.state.ledger.micros
        await desk.act(kind, post)
        assert price is not None
        assert desk.state.ledger.micros - before == price.micros, kind
        await desk.act(kind, post)
        act = desk.made(kind, post)
        assert await desk.network.settle(act, desk.network.begin(act, desk.clock(), b"12345678")) is None


async def test_own_posts_are_deleted_and_answers_hidden(desk: Desk) -> None:
    made = await desk.act(ActKind.POST, text="who answers?")
    assert made.post is not None
    assert isinstance(desk.network.can(ActKind.DELETE, made.post), Allowed)
    await desk.act(ActKind.DELETE, made.post)
    await desk.act(ActKind.DELETE, made.post)
    mentions = [one.post for one in (await desk.fetch("mentions")).posts]
    own = desk.network.account.user_id
    answers = [post for post in mentions if isinstance(desk.network.can(ActKind.HIDE_REPLY, post), Allowed)]
    assert answers
    await desk.act(ActKind.HIDE_REPLY, answers[0])
    await desk.act(ActKind.UNHIDE_REPLY, answers[0])
    for post in mentions:
        if isinstance(desk.network.can(ActKind.HIDE_REPLY, post), No):
            assert post.author.id != own


async def test_what_is_handed_off(desk: Desk) -> None:
    post = next(one.post for one in (await desk.fetch("mentions")).posts)
    handle, number = post.author.handle, post.ref.id
    for kind, url in {
        ActKind.LIKE: f"https://x.com/intent/like?tweet_id={number}",
        ActKind.FOLLOW: f"https://x.com/intent/follow?screen_name={handle}",
        ActKind.BLOCK: f"https://x.com/{handle}",
        ActKind.QUOTE: f"https://x.com/intent/post?url=https%3A%2F%2Fx.com%2F{handle}%2Fstatus%2F{number}",
    }.items():
        told = desk.network.can(kind, post)
        assert isinstance(told, HandOff)
        assert told.url == url
        assert told.why.endswith(".")
        with pytest.raises(Refused):
            await desk.act(kind, post)


# --- logins ------------------------------------------------------------------------------------------------------

STATIC = {
    "kind": "oauth1",
    "consumer_key": CONSUMER_KEY,
    "consumer_secret": CONSUMER_SECRET,
    "token_secret": OAUTH1_TOKEN_SECRET,
}


async def test_signed_requests(world: World, clock: Clock) -> None:
    desk = opened(world, clock, secret={**STATIC, "token": oauth1_token(world)})
    mention = next(one.post for one in (await desk.fetch("mentions")).posts)
    await desk.fetch("search", '"a & b" OR #ünïcode OR c+d')
    await desk.act(ActKind.REPLY, mention, "signed, with ünïcode & more")
    desk.state.oauth1_access = "read"
    with pytest.raises(NotPermitted, match="Read and write and Direct message"):
        await desk.act(ActKind.POST, text="may I?")
    await desk.network.close()


async def test_a_clock_that_is_off_is_named(world: World, clock: Clock) -> None:
    class Dated(AsgiTransport):
        """An HTTP server says what time it has; an application in this process does not."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            answer.headers["date"] = format_datetime(clock(), usegmt=True)
            return answer

    ours = Clock(EPOCH + timedelta(minutes=12))
    desk = opened(world, ours, secret={**STATIC, "token": oauth1_token(world)})
    desk.transport.inner = Dated(face(world))
    with pytest.raises(LoginNeeded, match="12 minutes ahead of"):
        await desk.fetch("mentions")
    await desk.network.close()


async def test_a_revoked_token(world: World, clock: Clock) -> None:
    desk = opened(world, clock)
    desk.state.revoked.add(token(world))
    with pytest.raises(LoginNeeded, match="tweetdesk login x"):
        await desk.fetch("mentions")
    await desk.network.close()


# --- trouble -----------------------------------------------------------------------------------------------------


async def test_limits_are_each_their_own(desk: Desk) -> None:
    await desk.fetch("mentions")
    await desk.fetch("home")
    mentions, home = desk.network.limits_for("mentions"), desk.network.limits_for("home")
    assert (mentions.limit, home.limit) == (300, 180)
    assert mentions.left is not None
    assert mentions.until is not None
    desk.state.limits = {**desk.state.limits, "GET /2/users/:id/mentions": 1}
    await desk.fetch("home")
    with pytest.raises(RateLimited) as limited:
        await desk.fetch("mentions")
    assert limited.value.until > desk.clock()


async def test_a_post_that_is_gone(desk: Desk) -> None:
    with pytest.raises(NotThere):
        await desk.network.thread(PostRef("x", "1234567890123456789"))
    assert await desk.network.posts((PostRef("x", "1234567890123456789"), PostRef("x", "not an id"))) == ()


@pytest.mark.parametrize("kind", ["html", "broken_json", "status"])
async def test_a_server_in_trouble(desk: Desk, kind: str) -> None:
    desk.world.faults.add("*", 3, kind)
    with pytest.raises(ServerTrouble, match="again later"):
        await desk.fetch("mentions")


async def test_entries_without_fields_are_left_out(desk: Desk) -> None:
    desk.world.faults.add("*", 1, "missing_fields")
    page = await desk.fetch("mentions")
    assert page.posts
    assert page.unreadable == 1
