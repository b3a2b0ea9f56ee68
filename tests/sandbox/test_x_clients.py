"""Clients that others wrote against the served X face: tweepy (OAuth 1.0a and 2.0) and X's own xdk."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tweetdesk.sandbox.serve import dropping, listen
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    OAUTH1_TOKEN,
    OAUTH1_TOKEN_SECRET,
    account_id,
    face,
    oauth1_token,
    state_of,
    token,
)
from tweetdesk.sandbox.x_writes import NOT_SUMMONED

from .x_kit import PNG, XClient

uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install uvicorn")
REDIRECT = "http://127.0.0.1:8765/callback"


@pytest.fixture
def lived() -> World:
    """A world by the real clock, since other clients sign with it; nothing happens by itself."""
    return World(live_seconds=0)


@pytest.fixture
def url(lived: World) -> Iterator[str]:
    listener = listen(0)
    listener.listen(16)
    server = uvicorn.Server(uvicorn.Config(dropping(face(lived)), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


def tweepy_client(url: str, **keys: str) -> Any:
    """A tweepy client whose requests to the real host are led to the sandbox, after they are signed."""
    tweepy = pytest.importorskip("tweepy", reason="tweepy is not installed: pip install tweepy")
    adapters = pytest.importorskip("requests.adapters")

    class Led(adapters.HTTPAdapter):  # type: ignore[misc]
        def send(self, request: Any, *rest: Any, **more: Any) -> Any:
            request.url = request.url.replace("https://api.twitter.com", url)
            return super().send(request, *rest, **more)

    client = tweepy.Client(**keys)
    client.session.mount("https://api.twitter.com", Led())
    return client


@pytest.fixture
def signing(url: str, lived: World) -> Iterator[Any]:
    client = tweepy_client(
        url,
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        access_token=oauth1_token(lived),
        access_token_secret=OAUTH1_TOKEN_SECRET,
    )
    yield client
    client.session.close()


@pytest.fixture
def bearing(url: str, lived: World) -> Iterator[Any]:
    client = tweepy_client(url, bearer_token=token(lived))
    yield client
    client.session.close()


def test_tweepy_reads_with_a_bearer_token(bearing: Any, lived: World) -> None:
    me = bearing.get_me(user_auth=False).data
    assert (me.id, me.username) == (int(account_id(lived)), "ada")
    fields = ["created_at", "entities", "public_metrics", "referenced_tweets"]
    mentions = bearing.get_users_mentions(me.id, max_results=20, tweet_fields=fields, expansions=["author_id"])
    assert len(mentions.data) == 20
    assert {user.username for user in mentions.includes["users"]} > {"tom"}
    older = bearing.get_users_mentions(me.id, pagination_token=mentions.meta["next_token"])
    assert max(post.id for post in older.data) < min(post.id for post in mentions.data)
    since = bearing.get_users_mentions(me.id, since_id=mentions.data[0].id)
    assert (since.data, since.meta["result_count"]) == (None, 0)
    found = bearing.search_recent_tweets("sqlite -is:retweet", max_results=10).data
    assert len(found) == 10
    assert all("sqlite" in post.text.lower() for post in found)


def test_tweepy_writes_with_signatures(signing: Any, lived: World) -> None:
    made = signing.create_tweet(text="Signed & sent: 100% [ok]")
    assert made.data["text"] == "Signed &amp; sent: 100% [ok]"
    own = signing.get_users_tweets(account_id(lived), user_auth=True, max_results=5).data
    assert str(own[0].id) == made.data["id"]
    assert signing.search_recent_tweets("from:ada signed", user_auth=True).data[0].id == own[0].id
    assert signing.delete_tweet(made.data["id"]).data == {"deleted": True}


def test_tweepy_is_refused_as_x_refuses(signing: Any, bearing: Any, lived: World) -> None:
    tweepy = pytest.importorskip("tweepy")
    kit = XClient(lived)
    with pytest.raises(tweepy.Forbidden) as refused:
        signing.create_tweet(text="I was not asked", in_reply_to_tweet_id=kit.found(by="tom")[0])
    assert NOT_SUMMONED in str(refused.value)
    with pytest.raises(tweepy.Forbidden):
        signing.like(kit.found(by="tom")[0])
    with pytest.raises(tweepy.BadRequest, match="is not between 5 and 100"):
        bearing.get_users_mentions(kit.id, max_results=101)
    state_of(lived).limits["GET /2/users/me"] = 1
    bearing.get_me(user_auth=False)
    with pytest.raises(tweepy.TooManyRequests) as many:
        bearing.get_me(user_auth=False)
    assert int(many.value.response.headers["x-rate-limit-reset"]) > 0


def test_tweepy_with_a_wrong_secret(url: str) -> None:
    tweepy = pytest.importorskip("tweepy", reason="tweepy is not installed: pip install tweepy")
    keys = {"consumer_key": CONSUMER_KEY, "consumer_secret": "another", "access_token": OAUTH1_TOKEN}
    client = tweepy_client(url, **keys, access_token_secret=OAUTH1_TOKEN_SECRET)
    with pytest.raises(tweepy.Unauthorized):
        client.get_me()
    client.session.close()


def test_xdk_reads_and_posts_in_the_new_words(url: str, lived: World) -> None:
    xdk = pytest.importorskip("xdk", reason="xdk is not installed: pip install xdk")
    client = xdk.Client(base_url=url, access_token=token(lived))
    state_of(lived).words = "post"
    me = client.users.get_me(user_fields=["public_metrics"]).data
    assert me.username == "ada"
    assert me.public_metrics.post_count > 10
    fields = {"post_fields": ["created_at", "entities"], "expansions": ["author_id", "referenced_posts"]}
    pages = client.users.get_mentions(me.id, max_results=20, **fields)
    first, second = next(pages), next(pages)
    assert {"created_at", "author_id", "edit_history_post_ids"} <= first.data[0].model_fields_set
    assert not {post.id for post in first.data} & {post.id for post in second.data}
    assert first.includes.posts
    found = next(client.posts.search_recent("async python", max_results=10))
    assert found.data
    made = client.posts.create(body={"text": "From the other side"})
    assert made.data.text == "From the other side"
    client.session.close()


def test_xdk_posts_a_picture_in_pieces(url: str, lived: World) -> None:
    xdk = pytest.importorskip("xdk", reason="xdk is not installed: pip install xdk")
    client = xdk.Client(base_url=url, access_token=token(lived))
    begun = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(PNG)}
    number = client.media.initialize_upload(body=begun).data.id
    for index, piece in enumerate((PNG[:30], PNG[30:])):
        body = {"media": base64.b64encode(piece).decode(), "segment_index": index}
        assert client.media.append_upload(number, body=body).data.expires_at > 0
    assert client.media.finalize_upload(number).data.id == number
    client.media.create_metadata(body={"id": number, "metadata": {"alt_text": {"text": "a dot"}}})
    whole = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    other = client.media.upload(body=whole).data.id
    made = client.posts.create(body={"text": "Two dots", "media": {"media_ids": [number, other]}}).data
    fields = {
        "expansions": ["attachments.media_keys"],
        "media_fields": ["alt_text"],
        "post_fields": ["attachments"],
    }
    found = client.posts.get_by_id(made.id, **fields)
    assert [medium.alt_text for medium in found.includes.media] == ["a dot", ""]
    client.session.close()


def test_xdk_logs_in(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    xdk = pytest.importorskip("xdk", reason="xdk is not installed: pip install xdk")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # loopback has no https
    client = xdk.Client(
        base_url=url,
        authorization_base_url=f"{url}/i",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        redirect_uri=REDIRECT,
        scope=["tweet.read", "users.read", "offline.access"],
    )
    page = client.get_authorization_url()
    answer = httpx.post(page, data={"approve": "true"})
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    pair = client.exchange_code(back["code"][0])
    assert pair["token_type"] == "bearer"
    assert client.users.get_me().data.username == "ada"
    renewed = client.refresh_token()
    assert renewed["refresh_token"] != pair["refresh_token"]
    client.session.close()
