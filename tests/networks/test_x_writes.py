"""Acts on X: what is allowed, what is handed off, what is sent, and doubts that are settled by looking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from replaykit import NOW
from x_replay import ACCOUNT, OWN, Desk, Server, desk, number, problem, wire

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Post, PostKind, PostRef, Viewer
from tweetdesk.domain.selections import Source
from tweetdesk.networks import spending
from tweetdesk.networks.base import (
    Allowed,
    HandOff,
    No,
    Permission,
    Receipt,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)

CREATE, OWN_POSTS = "POST /2/tweets", f"GET /2/users/{OWN}/tweets"
GRACE, ADA = Identity("x", "21", "grace", "Grace"), Identity("x", OWN, "ada")
DUPLICATE = (403, problem("Forbidden", "You are not allowed to create a Tweet with duplicate content."))
RULE = (403, problem("Forbidden", "Reply to this conversation is not allowed because you have not been mentioned"))
LOST = httpx.ReadError("gone")


def theirs(**more: Any) -> Post:
    return Post(**{"ref": PostRef("x", number(30)), "author": GRACE, "text": "hello", "created_at": NOW,
                   "conversation": number(30), **more})  # fmt: skip


def answer_to(author: Identity, **more: Any) -> Post:
    root = PostRef("x", number(60))
    return theirs(reply_to=root, reply_root=root, conversation=root.id, parent=Excerpt(root, author, "a"), **more)


def reply(text: str = "thanks", post: Post | None = None) -> Act:
    post = post or theirs(mentions=(ADA,))
    return Act(ActKind.REPLY, ACCOUNT.id, post.ref, "", post.reply_root or post.ref, "", post.author, "", text)


async def sent(made: Desk, act: Act) -> tuple[str, Receipt]:
    material = await made.network.prepare(act, made.network.begin(act, NOW, b"12345678"))
    return material, await made.network.send(act, material)


async def in_doubt(made: Desk, act: Act) -> str:
    """The material of an act whose answer was lost, some seconds ago."""
    material = await made.network.prepare(act, made.network.begin(act, NOW, b"12345678"))
    with pytest.raises((Unreachable, ServerTrouble)):
        await made.network.send(act, material)
    made.clock.now += timedelta(seconds=5)
    return material


# --- what is allowed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("post", "kind"),
    [
        (theirs(), HandOff),
        (theirs(mentions=(ADA,)), Allowed),
        (theirs(quote=Excerpt(PostRef("x", "5"), ADA, "ours")), Allowed),
        (answer_to(ADA), Allowed),
        (answer_to(GRACE), HandOff),
        (answer_to(GRACE, mentions=(GRACE, ADA)), Allowed),
        (theirs(author=ADA), Allowed),
        (theirs(mentions=(ADA,), viewer=Viewer(replies_closed=True)), No),
        (theirs(kind=PostKind.MESSAGE), No),
    ],
)
def test_who_may_be_answered(post: Post, kind: type[Permission]) -> None:
    told = desk(Server()).network.can(ActKind.REPLY, post)
    assert type(told) is kind
    if isinstance(told, HandOff):
        assert told.url == f"https://x.com/intent/post?in_reply_to={post.ref.id}"
        assert told.why == "X lets apps answer only people who mentioned or quoted you."


async def test_a_refused_answer_is_remembered() -> None:
    made = desk(Server({CREATE: RULE}))
    post = theirs(mentions=(ADA,))
    assert isinstance(made.network.can(ActKind.REPLY, post), Allowed)
    with pytest.raises(Refused, match="by hand, on x"):
        await sent(made, reply(post=post))
    assert isinstance(made.network.can(ActKind.REPLY, post), HandOff)
    later = desk(Server({f"GET /2/users/{OWN}/mentions": {}}), shelf=made.shelf)
    await later.network.fetch(Source(ACCOUNT.id, "mentions"), "")
    assert isinstance(later.network.can(ActKind.REPLY, post), HandOff), "also after a restart"


async def test_answers_in_our_own_thread() -> None:
    made = desk(Server({CREATE: (201, {"data": {"id": number(60), "text": "who?"}})}))
    deeper = answer_to(GRACE)
    deeper = theirs(reply_to=PostRef("x", number(45)), reply_root=deeper.reply_root, conversation=number(60))
    assert isinstance(made.network.can(ActKind.REPLY, deeper), HandOff)
    assert isinstance(made.network.can(ActKind.HIDE_REPLY, deeper), No)
    await sent(made, Act(ActKind.POST, ACCOUNT.id, text="who?"))
    assert isinstance(made.network.can(ActKind.REPLY, deeper), Allowed)
    assert isinstance(made.network.can(ActKind.HIDE_REPLY, deeper), Allowed)


def test_what_is_handed_off_and_what_cannot_be() -> None:
    network = desk(Server()).network
    by_hand = {ActKind.LIKE, ActKind.UNLIKE, ActKind.QUOTE, ActKind.FOLLOW, ActKind.UNFOLLOW, ActKind.BLOCK,
               ActKind.UNBLOCK, ActKind.MUTE_THREAD, ActKind.UNMUTE_THREAD, ActKind.REPORT}  # fmt: skip
    for kind in ActKind:
        told = network.can(kind, theirs(mentions=(ADA,)))
        assert isinstance(told, HandOff) == (kind in by_hand), kind
        if isinstance(told, HandOff):
            assert told.url.startswith("https://x.com/")
        assert isinstance(network.can(kind, None), HandOff if kind in by_hand else Allowed)
    for kind in (ActKind.FOLLOW, ActKind.MUTE, ActKind.BLOCK, ActKind.MESSAGE):
        assert isinstance(network.can(kind, theirs(author=ADA)), No)
    assert isinstance(network.can(ActKind.DELETE, theirs()), No)
    assert isinstance(network.can(ActKind.DELETE, theirs(author=ADA)), Allowed)
    block = network.can(ActKind.BLOCK, theirs())
    assert isinstance(block, HandOff)
    assert "mute" in block.why


def test_pages_hold_the_text() -> None:
    network = desk(Server()).network
    text = "a & b? #tag 100% + “quoted”\nü"
    post = theirs()
    for kind, path, wanted in (
        (ActKind.POST, "/intent/post", {"text": text}),
        (ActKind.REPLY, "/intent/post", {"text": text, "in_reply_to": post.ref.id}),
        (ActKind.QUOTE, "/intent/post", {"text": text, "url": f"https://x.com/grace/status/{post.ref.id}"}),
        (ActKind.LIKE, "/intent/like", {"tweet_id": post.ref.id}),
        (ActKind.REPOST, "/intent/retweet", {"tweet_id": post.ref.id}),
        (ActKind.FOLLOW, "/intent/follow", {"screen_name": "grace"}),
        (ActKind.BLOCK, "/grace", {}),
        (ActKind.REPORT, f"/grace/status/{post.ref.id}", {}),
    ):
        parts = urlsplit(network.page(Act(kind, ACCOUNT.id, post.ref, person=GRACE, text=text)))
        assert (parts.scheme, parts.netloc, parts.path) == ("https", "x.com", path)
        assert {
            name: value[0] for name, value in parse_qs(parts.query, strict_parsing=bool(wanted)).items()
        } == wanted
    assert network.page(Act(ActKind.LIKE, ACCOUNT.id)) == ""
    odd = Identity("x", "1", "../a b?c")
    assert network.page(Act(ActKind.BLOCK, ACCOUNT.id, person=odd)) == "https://x.com/..%2Fa%20b%3Fc"


# --- what is sent ------------------------------------------------------------------------------------------------


async def test_a_post_and_an_answer() -> None:
    made = desk(
        Server({CREATE: [(201, {"data": {"id": "5", "text": "x"}}), (201, {"data": {"id": "6", "text": "x"}})]})
    )
    with spending.tally() as used:
        _, receipt = await sent(made, Act(ActKind.POST, ACCOUNT.id, text="hello #world"))
        assert receipt.post is not None
        assert (receipt.result, receipt.post.url) == ("5", "https://x.com/ada/status/5")
        assert [span.target for span in receipt.post.spans] == ["world"]
        _, receipt = await sent(made, reply())
    assert receipt.post is not None
    assert receipt.post.parent is not None
    assert receipt.post.parent.author == GRACE
    assert used.micros == 15_000 + 10_000
    assert [asked.body for asked in made.server.of(CREATE)] == [
        {"text": "hello #world"},
        {"text": "thanks", "reply": {"in_reply_to_tweet_id": number(30)}},
    ]
    assert used.requests == 2, "nothing is asked before"


@pytest.mark.parametrize(
    ("kind", "name", "body"),
    [
        (ActKind.REPOST, f"POST /2/users/{OWN}/retweets", {"tweet_id": number(30)}),
        (ActKind.UNREPOST, f"DELETE /2/users/{OWN}/retweets/{number(30)}", None),
        (ActKind.MUTE, f"POST /2/users/{OWN}/muting", {"target_user_id": "21"}),
        (ActKind.UNMUTE, f"DELETE /2/users/{OWN}/muting/21", None),
        (ActKind.BOOKMARK, f"POST /2/users/{OWN}/bookmarks", {"tweet_id": number(30)}),
        (ActKind.UNBOOKMARK, f"DELETE /2/users/{OWN}/bookmarks/{number(30)}", None),
        (ActKind.DELETE, f"DELETE /2/tweets/{number(30)}", None),
        (ActKind.HIDE_REPLY, f"PUT /2/tweets/{number(30)}/hidden", {"hidden": True}),
        (ActKind.UNHIDE_REPLY, f"PUT /2/tweets/{number(30)}/hidden", {"hidden": False}),
    ],
)
@pytest.mark.parametrize("words", ["tweet", "post"])
async def test_acts_without_a_text(kind: ActKind, name: str, body: Any, words: str) -> None:
    made = desk(Server({name: [LOST, {"data": {}}]}), words=words)
    act = Act(kind, ACCOUNT.id, PostRef("x", number(30)), person=GRACE)
    material = await in_doubt(made, act)
    assert await made.network.settle(act, material) is None
    with spending.tally() as used:
        await made.network.send(act, material)
    price = made.network.price(kind, "")
    assert price is not None
    assert used.micros == price.micros
    assert [asked.body for asked in made.server.of(name)] == [body, body]


async def test_what_was_done_already_counts_as_done() -> None:
    done = (403, {"errors": [{"code": 327, "message": "You have already retweeted this Tweet."}]})
    gone = (404, problem("Not Found Error", "Could not find", "resource-not-found", 404))
    name, delete = f"POST /2/users/{OWN}/retweets", f"DELETE /2/tweets/{number(30)}"
    made = desk(Server({name: done, delete: gone}))
    for kind in (ActKind.REPOST, ActKind.DELETE):
        _, receipt = await sent(made, Act(kind, ACCOUNT.id, PostRef("x", number(30))))
        assert receipt.result == number(30)


# --- doubts ------------------------------------------------------------------------------------------------------

TEXT = "R&D: café https://example.com/a?b=1&c=2 and example.org/x"


def as_x_sends_it(**more: Any) -> dict[str, Any]:
    """The post of TEXT as it stands at X: links shortened, signs escaped, accents composed."""
    raw = "R&amp;D: caf\u00e9 https://t.co/one and https://t.co/two"
    urls = [
        {"start": 14, "end": 30, "url": "https://t.co/one", "expanded_url": "https://example.com/a?b=1&c=2"},
        {"start": 35, "end": 51, "url": "https://t.co/two", "expanded_url": "http://example.org/x"},
    ]
    at = NOW.isoformat().replace("+00:00", "Z")
    return {**wire(number(-1), OWN, raw, entities={"urls": urls}, created_at=at), **more}


async def test_a_lost_post_is_found_among_our_newest() -> None:
    before = wire(number(100), OWN, "something else", created_at="2026-11-22T17:00:00.000Z")
    made = desk(Server({CREATE: LOST, OWN_POSTS: {"data": [as_x_sends_it(), before]}}))
    act = Act(ActKind.POST, ACCOUNT.id, text=TEXT.replace("é", "e\u0301"))
    receipt = await made.network.settle(act, await in_doubt(made, act))
    assert receipt is not None
    assert receipt.result == number(-1)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "R&amp;D: something else"},
        {"created_at": "2026-11-22T18:00:00.000Z"},
        {"referenced_tweets": [{"type": "replied_to", "id": number(30)}]},
    ],
)
async def test_another_post_is_not_taken_for_it(other: dict[str, Any]) -> None:
    made = desk(Server({CREATE: LOST, OWN_POSTS: {"data": [as_x_sends_it(**other)]}}))
    act = Act(ActKind.POST, ACCOUNT.id, text=TEXT)
    with pytest.raises(Unsure, match="look at your page"):
        await made.network.settle(act, await in_doubt(made, act))


async def test_a_lost_answer_is_found_with_the_handles_that_x_puts_before_it() -> None:
    at = NOW.isoformat().replace("+00:00", "Z")
    found = wire(number(-1), OWN, "@grace @linus thanks", created_at=at, conversation_id=number(30),
                 referenced_tweets=[{"type": "replied_to", "id": number(30)}])  # fmt: skip
    made = desk(Server({CREATE: LOST, OWN_POSTS: {"data": [found]}}))
    act = reply("@grace thanks")
    receipt = await made.network.settle(act, await in_doubt(made, act))
    assert receipt is not None
    assert receipt.post is not None
    assert receipt.post.reply_to == PostRef("x", number(30))


async def test_only_posts_since_the_newest_known_are_looked_at() -> None:
    known = wire(number(5), OWN, "known")
    made = desk(Server({CREATE: LOST, OWN_POSTS: [{"data": [known]}, {}]}))
    await made.network.fetch(Source(ACCOUNT.id, "person", OWN), "")
    act = Act(ActKind.POST, ACCOUNT.id, text="new")
    with pytest.raises(Unsure):
        await made.network.settle(act, await in_doubt(made, act))
    assert made.server.of(OWN_POSTS)[-1].params["since_id"] == number(5)
    later = desk(Server({CREATE: LOST, OWN_POSTS: {}}), shelf=made.shelf)
    with pytest.raises(Unsure):
        await later.network.settle(act, await in_doubt(later, act))
    assert later.server.of(OWN_POSTS)[-1].params["since_id"] == number(5), "also after a restart"


async def test_two_acts_of_one_text_do_not_share_a_post() -> None:
    made = desk(Server({CREATE: [(201, {"data": {"id": number(-1), "text": TEXT}}), LOST],
                        OWN_POSTS: {"data": [as_x_sends_it()]}}))  # fmt: skip
    act = Act(ActKind.POST, ACCOUNT.id, text=TEXT)
    await sent(made, act)
    with pytest.raises(Unsure):
        await made.network.settle(act, await in_doubt(made, act))


@pytest.mark.parametrize("found", [True, False])
async def test_a_duplicate_is_looked_for(found: bool) -> None:
    data = {"data": [as_x_sends_it()]} if found else {}
    made = desk(Server({CREATE: DUPLICATE, OWN_POSTS: data}))
    act = Act(ActKind.POST, ACCOUNT.id, text=TEXT)
    if found:
        assert (await sent(made, act))[1].result == number(-1)
    else:
        with pytest.raises(Refused, match="this very text before"):
            await sent(made, act)


async def test_a_lost_message_is_looked_for() -> None:
    name, events = "POST /2/dm_conversations/with/21/messages", "GET /2/dm_conversations/with/21/dm_events"
    at = (NOW + timedelta(seconds=2)).isoformat().replace("+00:00", "Z")
    event = {"id": number(-1), "event_type": "MessageCreate", "sender_id": OWN, "created_at": at,
             "dm_conversation_id": f"21-{OWN}", "text": "see you"}  # fmt: skip
    users = {"GET /2/users": {"data": [{"id": "21", "username": "grace", "name": "Grace"}]}}
    made = desk(Server({name: LOST, events: [{"data": [event]}, {}], **users}))
    act = Act(ActKind.MESSAGE, ACCOUNT.id, person=GRACE, text="see you")
    receipt = await made.network.settle(act, await in_doubt(made, act))
    assert receipt is not None
    assert receipt.result == f"dm {number(-1)}"
    with pytest.raises(Unsure, match="conversation"):
        await made.network.settle(act, await in_doubt(made, act))


async def test_no_connection_no_doubt() -> None:
    for error, doubt in ((httpx.ConnectError("no"), False), (httpx.ConnectTimeout("no"), False), (LOST, True)):
        made = desk(Server({CREATE: error, OWN_POSTS: {}}))
        act = Act(ActKind.POST, ACCOUNT.id, text="in a tunnel")
        material = await in_doubt(made, act)
        if doubt:
            with pytest.raises(Unsure):
                await made.network.settle(act, material)
        else:
            assert await made.network.settle(act, material) is None
            assert not made.server.of(OWN_POSTS)
