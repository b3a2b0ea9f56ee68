"""The desk, a real process, on a real Bluesky server; other people act by plain HTTP and read what came of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path

import pytest
from live_servers import Server, User, answer, answer_and_die, answer_unheard, fetch_until, word
from plain_bluesky import Person, PlainError, Post, call, until
from proxy import Proxy
from terminal import Terminal

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]
NETWORK = "bluesky"

POSTS, REPOSTS, BLOCKS = "app.bsky.feed.post", "app.bsky.feed.repost", "app.bsky.graph.block"
OFFLINE = r"offline"


def mentioned(server: Server, user: User) -> tuple[Person, Post, str]:
    """Somebody who has just mentioned the user: they, their post, and a word that is in it."""
    friend, said = server.person("friend"), word()
    post = friend.post(f"hello @{user.me.handle}, what do you think of {said}?", (user.me,))
    until(lambda: friend.seen(post), what="the network shows the post")
    return friend, post, said


def open_mention(server: Server, user: User) -> tuple[Terminal, Person, Post]:
    """The desk with a mention of just now under the hand."""
    friend, post, said = mentioned(server, user)
    desk = user.desk()
    desk.keys("g", "m")
    fetch_until(desk, said)
    return desk, friend, post


def sends(method: str) -> bool:
    """Whether a call is one that sends an answer."""
    return method.startswith("POST com.atproto.repo.")


def own_posts(user: User, text: str) -> list[str]:
    """The addresses of the user's posts with this text, from their repository."""
    return [one["uri"] for one in user.me.records(POSTS) if one["value"]["text"] == text]


def check_answer(user: User, friend: Person, post: Post, text: str, root: Post | None = None) -> None:
    """The answer is in the thread exactly once, as a reply to the right post."""
    found = until(lambda: friend.replies(post), 60, "the answer in the thread")
    assert [one["record"]["text"] for one in found] == [text]
    reply = found[0]["record"]["reply"]
    assert reply["parent"] == post.ref
    assert reply["root"] == (root or post).ref
    assert len(own_posts(user, text)) == 1


def sync(user: User) -> None:
    """`tweetdesk sync --once` works; direct messages may fail, since a network for tests may have no chat."""
    done = user.profile.run("sync", "--once")
    found = re.search(r"(\d+) of (\d+) sources up to date", done.stdout)
    assert found, done.stdout + done.stderr
    assert int(found[1]) >= int(found[2]) - 1, done.stdout


def test_a_mention_is_shown_and_answered_exactly_once(server: Server, user: User) -> None:
    desk, friend, post = open_mention(server, user)
    text = f"I like it, see you there {word()}"
    answer(desk, text)
    check_answer(user, friend, post, text)
    desk.keys("q")
    assert desk.exit_status() == 0
    sync(user)
    check_answer(user, friend, post, text)


def test_a_reply_inside_a_thread_names_its_first_post_as_root(server: Server, user: User) -> None:
    friend, said = server.person("friend"), word()
    root = friend.post("a thread begins")
    inner = friend.post(f"and asks @{user.me.handle} about {said}", (user.me,), root=root, parent=root)
    until(lambda: friend.replies(root))
    desk = user.desk()
    desk.keys("g", "m")
    fetch_until(desk, said)
    text = f"here is the answer {word()}"
    answer(desk, text)
    check_answer(user, friend, inner, text, root)


def test_mentions_and_links_in_an_answer_become_facets_by_bytes(server: Server, user: User) -> None:
    desk, friend, post = open_mention(server, user)
    text = f"größer 👋🏽 @{friend.handle} https://example.com/a_b {word()}"
    answer(desk, text)
    record = until(lambda: friend.replies(post), 60)[0]["record"]
    found = {
        record["text"].encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): feature
        for facet in record["facets"]
        for feature in facet["features"]
    }
    assert found[f"@{friend.handle}"]["did"] == friend.did
    assert found["https://example.com/a_b"]["uri"] == "https://example.com/a_b"


def test_a_repost_is_made_and_taken_back(server: Server, user: User) -> None:
    desk, friend, post = open_mention(server, user)
    desk.keys("t")
    (made,) = until(lambda: user.me.records(REPOSTS), 60, "the repost")
    assert made["value"]["subject"] == post.ref
    until(lambda: friend.seen(post).get("repostCount") == 1, what="the network counts the repost")
    desk.keys("z")
    until(lambda: not user.me.records(REPOSTS), 60, "the repost is gone")
    until(lambda: not friend.seen(post).get("repostCount"), what="the network counts no repost")


def test_somebody_is_blocked_and_unblocked(server: Server, user: User) -> None:
    desk, friend, _ = open_mention(server, user)
    desk.keys("B")
    desk.wait("[Bb]lock @")
    desk.keys("y")
    (made,) = until(lambda: user.me.records(BLOCKS), 60, "the block")
    assert made["value"]["subject"] == friend.did
    until(lambda: friend.view_of(user.me).get("blockedBy"), what="the network knows of the block")
    desk.keys("z")
    until(lambda: not user.me.records(BLOCKS), 60, "the block is gone")
    until(lambda: not friend.view_of(user.me).get("blockedBy"), what="the network knows of no block")


def test_a_block_is_asked_for_first(server: Server, user: User) -> None:
    desk, _, _ = open_mention(server, user)
    desk.keys("B")
    desk.wait("[Bb]lock @")
    desk.keys("n")
    desk.wait_gone(r"y/n")
    assert not user.me.records(BLOCKS)


def test_somebody_is_muted_and_unmuted(server: Server, user: User) -> None:
    desk, friend, _ = open_mention(server, user)
    desk.keys("M")
    desk.wait("[Mm]ute @")
    desk.keys("y")
    until(lambda: user.me.view_of(friend).get("muted"), 60, "the mute")
    desk.keys("z")
    until(lambda: not user.me.view_of(friend).get("muted"), 60, "the mute is gone")


def test_a_search_column_finds_a_post(server: Server, user: User) -> None:
    friend, said = server.person("friend"), word()
    post = friend.post(f"who has tried {said} in the garden?")
    until(lambda: friend.get("app.bsky.feed.searchPosts", q=said)["posts"], what="the network finds the post")
    desk = user.desk()
    desk.keys("s")
    desk.wait("Search for")
    desk.type(said)
    desk.keys("enter")
    fetch_until(desk, f"{said} in the garden")
    text = f"I have {word()}"
    answer(desk, text)
    check_answer(user, friend, post, text)


def test_a_wrong_password_is_refused_in_a_sentence(server: Server, user: User) -> None:
    before = user.profile.sessions()
    done = user.profile.log_in(server.url, user.me.handle, "not the password")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "password" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert user.profile.sessions() == before


def test_a_server_that_is_not_there_is_a_sentence(server: Server, user: User, line: Proxy) -> None:
    line.stop()
    done = user.profile.log_in(line.url, user.me.handle, user.me.password)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "localhost" in done.stderr


def test_an_expired_session_is_renewed_and_saved(server: Server, user: User) -> None:
    (path,) = user.profile.sessions()
    saved = json.loads(path.read_text(encoding="utf-8"))
    expired = long_ago(saved["accessJwt"])
    try:
        call(server.url, "GET", "com.atproto.server.getSession", token=expired)
    except PlainError as said:
        if said.name != "ExpiredToken":
            pytest.skip(f"this server's tokens cannot be made to look expired: it says {said}")
    replace_session(path, {**saved, "accessJwt": expired})

    sync(user)

    renewed = json.loads(path.read_text(encoding="utf-8"))
    assert renewed["accessJwt"] != expired
    assert renewed["refreshJwt"] != saved["refreshJwt"]
    assert path.stat().st_mode & 0o777 == 0o600
    found = call(server.url, "GET", "com.atproto.server.getSession", token=renewed["accessJwt"])
    assert found["did"] == user.me.did


def long_ago(token: str, secret: str = "jwt-secret") -> str:
    """The same token, expired; signed with the secret that the AT network of the tests has."""
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims["iat"], claims["exp"] = int(time.time()) - 9000, int(time.time()) - 1800
    signed = f"{head}.{_packed(json.dumps(claims).encode())}"
    return f"{signed}.{_packed(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def replace_session(path: Path, session: dict[str, object]) -> None:
    """Write a session file anew, as private as it was."""
    path.write_text(json.dumps(session), encoding="utf-8")


def test_the_server_goes_away_and_comes_back(server: Server, line: Proxy, user_on_the_line: User) -> None:
    user = user_on_the_line
    desk, friend, post = open_mention(server, user)
    line.stop()
    desk.keys("ctrl+r")
    desk.wait(OFFLINE, 60)
    text = f"written while the line was dead {word()}"
    answer(desk, text)
    assert not own_posts(user, text)
    later = word()
    friend.post(f"@{user.me.handle} are you there, {later}?", (user.me,))
    line.start()
    fetch_until(desk, later, 90)
    check_answer(user, friend, post, text)
    desk.wait("up to date", 60)
    assert own_posts(user, text)


def test_an_answer_of_the_server_that_is_lost_doubles_nothing(
    server: Server, line: Proxy, user_on_the_line: User
) -> None:
    user = user_on_the_line
    desk, friend, post = open_mention(server, user)
    text = f"said once {word()}"
    answer_unheard(desk, line, sends, text)
    check_answer(user, friend, post, text)
    desk.wait("outbox empty", 60)
    check_answer(user, friend, post, text)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_sending_loses_and_doubles_nothing(
    server: Server, line: Proxy, user_on_the_line: User, moment: str
) -> None:
    """The program dies while its request is on the line: before the server has it, or after."""
    user = user_on_the_line
    desk, friend, post = open_mention(server, user)
    text = f"sent through a crash {word()}"
    answer_and_die(desk, line, sends, text, moment)
    assert len(own_posts(user, text)) == (1 if moment == "after" else 0)
    again = user.desk()
    check_answer(user, friend, post, text)
    again.wait("outbox empty", 60)
    check_answer(user, friend, post, text)
