"""X on a bad day: spent tokens, signatures, a clock that is off, and every refusal in a sentence."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from replaykit import NOW, Clock
from x_replay import ACCOUNT, LASTS, OWN, SECRET, STATIC, Asked, Server, desk, problem

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks import x
from tweetdesk.networks.base import (
    LoginNeeded,
    NetworkError,
    NotPermitted,
    NotThere,
    OutOfMoney,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.oauth import sign

MENTIONS, TOKEN = f"GET /2/users/{OWN}/mentions", "POST /2/oauth2/token"
SOURCE = Source(ACCOUNT.id, "mentions")
FRESH = {
    "token_type": "bearer",
    "expires_in": 7200,
    "access_token": "second",
    "refresh_token": "again2",
    "scope": "a",
}
UNAUTHORIZED = (401, problem("Unauthorized", "Unauthorized", status=401))


def _only_with(token: str) -> Any:
    def answer(asked: Asked) -> Any:
        return {} if asked.headers["authorization"] == f"Bearer {token}" else UNAUTHORIZED

    return answer


# --- tokens ------------------------------------------------------------------------------------------------------


async def test_a_refused_token_is_renewed_once_for_all() -> None:
    made = desk(Server({MENTIONS: _only_with("second"), TOKEN: FRESH}))
    await asyncio.gather(*(made.network.fetch(SOURCE, "") for _ in range(6)))
    (asked,) = made.server.of(TOKEN)
    assert asked.body == {"grant_type": "refresh_token", "refresh_token": "again", "client_id": "app"}
    kept = await made.place.read()
    assert kept is not None
    assert (kept["access_token"], kept["refresh_token"]) == ("second", "again2")
    assert kept["expires_at"] == int(NOW.timestamp()) + 7200


async def test_a_token_that_ends_is_renewed_before() -> None:
    made = desk(Server({MENTIONS: _only_with("second"), TOKEN: FRESH}))
    made.clock.now += LASTS - timedelta(seconds=30)
    await made.network.fetch(SOURCE, "")
    assert made.server.names == [TOKEN, MENTIONS]


async def test_a_confidential_app_proves_itself_by_its_secret() -> None:
    secret = {**SECRET, "client_secret": "hush", "expires_at": 0}
    made = desk(Server({MENTIONS: {}, TOKEN: FRESH}), secret=secret)
    await made.network.fetch(SOURCE, "")
    (asked,) = made.server.of(TOKEN)
    assert asked.headers["authorization"] == "Basic YXBwOmh1c2g="
    assert "client_id" not in asked.body


async def test_the_new_pair_is_kept_before_it_is_used() -> None:
    order: list[str] = []

    class Place(MemoryPlace):
        async def write(self, secret: Any) -> None:
            order.append(f"kept {secret['access_token']}")
            await super().write(secret)

    def answer(asked: Asked) -> Any:
        order.append(f"asked with {asked.headers['authorization'].removeprefix('Bearer ')}")
        return _only_with("second")(asked)

    server = Server({MENTIONS: answer, TOKEN: FRESH})
    network = x.open(ACCOUNT, Place(SECRET), transport=httpx.MockTransport(server), clock=Clock())
    await network.fetch(SOURCE, "")
    assert order == ["asked with first", "kept second", "asked with second"]


async def test_a_pair_that_could_not_be_kept_is_kept_before_the_next_request() -> None:
    class Place(MemoryPlace):
        broken = True

        async def write(self, secret: Any) -> None:
            if self.broken:
                raise OSError("the keyring is locked")
            await super().write(secret)

    server, place = Server({MENTIONS: _only_with("second"), TOKEN: FRESH}), Place(SECRET)
    network = x.open(ACCOUNT, place, transport=httpx.MockTransport(server), clock=Clock())
    with pytest.raises(OSError, match="locked"):
        await network.fetch(SOURCE, "")
    place.broken = False
    await network.fetch(SOURCE, "")
    assert len(server.of(TOKEN)) == 1, "the refresh token can be used once"
    kept = await place.read()
    assert kept is not None
    assert kept["refresh_token"] == "again2"


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refresh_that_fails_asks_for_a_login(status: int) -> None:
    refused = {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
    made = desk(Server({MENTIONS: UNAUTHORIZED, TOKEN: (status, refused)}))
    with pytest.raises(LoginNeeded, match="tweetdesk login x"):
        await made.network.fetch(SOURCE, "")
    kept = await made.place.read()
    assert kept is not None
    assert kept["refresh_token"] == "again"


async def test_a_refresh_that_meets_trouble_can_be_tried_again() -> None:
    made = desk(Server({MENTIONS: _only_with("second"), TOKEN: [(503, b"busy"), FRESH]}))
    with pytest.raises(ServerTrouble):
        await made.network.fetch(SOURCE, "")
    await made.network.fetch(SOURCE, "")


async def test_a_post_that_waits_for_a_token_never_left() -> None:
    made = desk(
        Server({TOKEN: [(503, b"busy"), FRESH], "POST /2/tweets": (201, {"data": {"id": "5", "text": "a"}})})
    )
    made.clock.now += LASTS
    act = Act(ActKind.POST, ACCOUNT.id, text="a")
    material = await made.network.prepare(act, made.network.begin(act, made.clock(), b"12345678"))
    with pytest.raises(ServerTrouble):
        await made.network.send(act, material)
    assert await made.network.settle(act, material) is None
    assert (await made.network.send(act, material)).result == "5"


async def test_another_process_has_renewed_the_pair() -> None:
    made = desk(Server({MENTIONS: _only_with("third")}))
    await made.place.write({**SECRET, "access_token": "third"})
    made.network._session._secret = dict(SECRET)  # what this process read before
    await made.network.fetch(SOURCE, "")
    assert not made.server.of(TOKEN)


@pytest.mark.parametrize("secret", [None, {}, {"kind": "oauth2"}])
async def test_nobody_is_logged_in(secret: Any) -> None:
    made = desk(Server(), secret=secret)
    with pytest.raises(LoginNeeded, match="tweetdesk login x"):
        await made.network.fetch(SOURCE, "")
    assert not made.server.asked


# --- OAuth 1.0a --------------------------------------------------------------------------------------------------


async def test_requests_are_signed() -> None:
    made = desk(Server({MENTIONS: {}}), secret=STATIC)
    await made.network.fetch(SOURCE, "")
    (asked,) = made.server.asked
    header = asked.headers["authorization"]
    nonce = re.search(r'oauth_nonce="(\w+)"', header)
    assert nonce is not None
    params = list(asked.params.items())
    names = {"consumer_key": "ck", "consumer_secret": "cs", "token": "t", "token_secret": "ts"}
    url = f"https://api.x.com/2/users/{OWN}/mentions"
    assert header == sign("GET", url, params, **names, nonce=nonce[1], timestamp=int(NOW.timestamp()))


async def test_a_clock_that_is_off_is_named() -> None:
    late = httpx.Response(401, json=UNAUTHORIZED[1], headers={"date": "Sun, 22 Nov 2026 18:52:00 GMT"})
    made = desk(Server({MENTIONS: late}), secret=STATIC)
    with pytest.raises(LoginNeeded, match="12 minutes behind"):
        await made.network.fetch(SOURCE, "")
    right = httpx.Response(401, json=UNAUTHORIZED[1], headers={"date": "Sun, 22 Nov 2026 18:40:00 GMT"})
    made = desk(Server({MENTIONS: right}), secret=STATIC)
    with pytest.raises(LoginNeeded, match="does not know this login"):
        await made.network.fetch(SOURCE, "")


# --- refusals ----------------------------------------------------------------------------------------------------

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
REPLY_RULE = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the "
    "author of the post you are replying to."
)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (402, problem("CreditsDepleted", "no credits", "credits-depleted", 402), OutOfMoney, "credits"),
        (402, b"", OutOfMoney, "credits"),
        (403, problem("SpendCapReached", "cap", "spend-cap-reached"), OutOfMoney, "spending limit"),
        (429, problem("UsageCapExceeded", "cap", "usage-capped", 429), OutOfMoney, "spending limit"),
        (429, problem("Too Many Requests", "Too Many Requests", status=429), RateLimited, "no more requests"),
        (429, b"<html>", RateLimited, "no more requests"),
        (401, b"", LoginNeeded, "tweetdesk login x"),
        (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, LoginNeeded, "login"),
        (403, problem("Forbidden", REPLY_RULE), Refused, "by hand"),
        (403, problem("Forbidden", DUPLICATE), Refused, "before"),
        (403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}, Refused, "before"),
        (403, problem("Forbidden", "not configured with the permissions", "oauth1-permissions"),
         NotPermitted, "Read and write and Direct message"),
        (403, problem("Client Forbidden", "attach it", "client-forbidden", reason="client-not-enrolled"),
         NotPermitted, "developer console"),
        (403, problem("Forbidden", "Forbidden"), Refused, "Forbidden"),
        (404, problem("Not Found Error", "Could not find", "resource-not-found", 404), NotThere, "exist"),
        (404, {"errors": [{"code": 144, "message": "No status found with that ID."}]}, NotThere, "exist"),
        (403, problem("Forbidden", "You attempted to reply to a Tweet that is deleted or not visible to you."),
         NotThere, "was deleted, or its author"),
        (403, {"errors": [{"code": 385, "message": "You attempted to reply"}]}, NotThere, "was deleted, or its"),
        (403, problem("Forbidden", "You have been blocked from the author of this tweet"), Refused, "blocked you"),
        (403, {"errors": [{"code": 136, "message": "blocked"}]}, Refused, "blocked you"),
        (403, problem("Forbidden", "The original Tweet author restricted who can reply to this Tweet."),
         Refused, "restricted who may answer"),
        (400, {**problem("Invalid Request", "One or more parameters to your request was invalid.",
                         "invalid-request", 400),
               "errors": [{"parameters": {"media.media_ids": ["7"]}, "message": "Your media IDs are invalid."}]},
         Refused, "does not have the pictures"),
        (400, {"errors": [{"code": 324, "message": "Invalid media id 7"}]}, Refused, "does not have the pictures"),
        (400, problem("Invalid Request", "since_id", "invalid-request", 400), Refused, "since_id"),
        (400, {"errors": [{"message": "Ungültig", "parameters": {}}], "title": "Bad"}, Refused, "Ungültig"),
        (403, b"<html>Just a moment...</html>", ServerTrouble, "makes no sense"),
        (404, b"", ServerTrouble, "makes no sense"),
        (500, b"", ServerTrouble, "error 500"),
        (503, problem("Service Unavailable", "later", status=503), ServerTrouble, "error 503"),
        (400, b'{"errors": 5, "title": ["x"]}', ServerTrouble, "makes no sense"),
    ],
)  # fmt: skip
async def test_every_refusal_is_a_sentence(status: int, body: Any, kind: type[NetworkError], words: str) -> None:
    made = desk(Server({MENTIONS: (status, body), TOKEN: FRESH}))
    with pytest.raises(NetworkError, match=words) as told:
        await made.network.fetch(SOURCE, "")
    assert type(told.value) is kind
    assert str(told.value)[-1] in ".x"
    assert "\n" not in str(told.value)


async def test_a_missing_permission_is_named() -> None:
    scope = "tweet.read users.read offline.access"
    act = Act(ActKind.MUTE, ACCOUNT.id, person=Identity("x", "21", "grace"))
    made = desk(
        Server({f"POST /2/users/{OWN}/muting": (403, problem("Forbidden", "Forbidden"))}),
        secret={**SECRET, "scope": scope},
    )
    with pytest.raises(NotPermitted, match=r"mute\.write") as told:
        await made.network.send(act, made.network.begin(act, NOW, b"12345678"))
    assert "console.x.com" in str(told.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-rate-limit-limit": "15", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1795373100"}, 300),
        ({"retry-after": "7"}, 7),
        ({}, 60),
        ({"x-rate-limit-remaining": "3", "x-rate-limit-reset": "1795373100", "x-user-limit-24hour-limit": "100",
          "x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": "1795376400"}, 3600),
        ({"x-rate-limit-reset": "12"}, 12),
        ({"x-rate-limit-reset": "1"}, 1),
    ],
)  # fmt: skip
async def test_how_long_to_wait(headers: dict[str, str], seconds: int) -> None:
    body = problem("Too Many Requests", "Too Many Requests", status=429)
    made = desk(Server({MENTIONS: httpx.Response(429, json=body, headers=headers)}))
    with pytest.raises(RateLimited) as limited:
        await made.network.fetch(SOURCE, "")
    assert (limited.value.until - NOW).total_seconds() == seconds


async def test_an_answer_that_makes_no_sense_leaves_a_doubt() -> None:
    timeline = f"GET /2/users/{OWN}/tweets"
    made = desk(Server({"POST /2/tweets": [(201, b"<html>"), (201, {"data": {}})], timeline: {}}))
    act = Act(ActKind.POST, ACCOUNT.id, text="hello")
    material = await made.network.prepare(act, made.network.begin(act, NOW, b"12345678"))
    for _ in range(2):
        with pytest.raises(ServerTrouble):
            await made.network.send(act, material)
        made.clock.now += timedelta(seconds=5)
        with pytest.raises(Unsure):
            await made.network.settle(act, material)


async def test_damaged_material() -> None:
    made = desk(Server())
    act = Act(ActKind.POST, ACCOUNT.id, text="hello")
    for material in ("", "{}", "[]", '{"key": 1, "at": ""}', "nonsense"):
        with pytest.raises(Refused, match="write it again"):
            await made.network.send(act, material)
        assert await made.network.settle(act, material) is None
    assert not made.server.asked


async def test_acts_without_a_target() -> None:
    made = desk(Server())
    for kind in ActKind:
        for target in (None, PostRef("bluesky", "at://did:plc:a/b/c"), PostRef("x", "no id")):
            act = Act(kind, ACCOUNT.id, target, text="hello")
            if kind is ActKind.POST:
                continue
            with pytest.raises(Refused):
                await made.network.send(act, made.network.begin(act, NOW, b"12345678"))
    assert not made.server.asked


async def test_a_line_that_breaks() -> None:
    made = desk(Server({MENTIONS: httpx.ReadError("gone")}))
    with pytest.raises(Unreachable, match="lost"):
        await made.network.fetch(SOURCE, "")
