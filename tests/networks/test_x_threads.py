"""Conversations on X: in reading order, from the shelf and from what recent search finds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from x_replay import OWN, Server, desk, looked_up, number, user, wire

from tweetdesk.domain.posts import PostRef
from tweetdesk.networks.base import NotThere

SEARCH, POSTS, USERS = "GET /2/tweets/search/recent", "GET /2/tweets", "GET /2/users"
ROOT = number(90)


def answer(minutes: float, above: str, text: str, author: str = "21") -> dict[str, object]:
    refs = [{"type": "replied_to", "id": above}]
    return {**wire(number(minutes), author, text, referenced_tweets=refs), "conversation_id": ROOT}


ALL = {
    ROOT: wire(ROOT, OWN, "first"),
    number(80): answer(80, ROOT, "second"),
    number(70): answer(70, number(80), "below the second"),
    number(60): answer(60, ROOT, "third"),
}


async def test_a_conversation_in_reading_order_and_again() -> None:
    found = [post for key, post in ALL.items() if key != ROOT]
    server = Server(
        {SEARCH: [{"data": found}, {}, {}], POSTS: looked_up(ALL), USERS: looked_up({"21": user("21")})}
    )
    made = desk(server)
    thread = await made.network.thread(PostRef("x", number(60)))
    made.shelf.keep([one.post for one in thread.posts])
    told = [(one.depth, one.post.text if one.post else one.missing) for one in thread.posts]
    assert told == [(0, "first"), (1, "second"), (2, "below the second"), (1, "third")]
    assert server.of(SEARCH)[0].params["query"] == f"conversation_id:{ROOT}"
    later = desk(server, shelf=made.shelf)
    assert (await later.network.thread(PostRef("x", number(60)))).posts == thread.posts
    assert server.of(SEARCH)[1].params["since_id"] == number(60)
    later.clock.now += timedelta(days=8)
    assert len((await later.network.thread(PostRef("x", number(60)))).posts) == 4
    assert "since_id" not in server.of(SEARCH)[2].params, "recent search takes no id of last week"


async def test_more_than_was_read_is_said() -> None:
    more = {"data": [ALL[number(80)]], "meta": {"next_token": "more"}}
    made = desk(Server({SEARCH: more, POSTS: looked_up(ALL), USERS: looked_up({"21": user("21")})}))
    thread = await made.network.thread(PostRef("x", ROOT))
    assert thread.posts[-1].post is None
    assert "x.com" in thread.posts[-1].missing


async def test_what_is_gone() -> None:
    made = desk(Server({POSTS: looked_up({})}))
    for identifier in (ROOT, "no id", "dm 5"):
        with pytest.raises(NotThere):
            await made.network.thread(PostRef("x", identifier))
