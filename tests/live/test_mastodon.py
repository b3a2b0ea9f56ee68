"""The desk, a real process, on a real server of the Mastodon API; other people act by plain HTTP."""

from __future__ import annotations

import contextlib
import re
import time
from typing import Any

import pytest
from live_servers import Server, User, answer, answer_and_die, answer_unheard, fetch_until, word
from plain_bluesky import until
from plain_mastodon import Person, PlainError, plain
from proxy import Proxy
from terminal import Terminal

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]
NETWORK = "mastodon"

Json = dict[str, Any]


def open_mention(server: Server, user: User, **more: str) -> tuple[Terminal, Person, Json]:
    """The desk with a mention of just now under the hand; `more` are parameters of the mention."""
    friend, said = server.person("friend"), word()
    status = friend.post(f"hello @{user.me.handle}, what do you think of {said}?", **more)
    desk = user.desk()
    desk.keys("g", "m")
    fetch_until(desk, said)
    return desk, friend, status


def sends(method: str) -> bool:
    """Whether a call is one that sends an answer."""
    return method == "POST statuses"


def own(user: User, text: str) -> list[Json]:
    """The user's own statuses with this text."""
    return [one for one in user.me.statuses() if text in plain(one["content"])]


def check_answer(user: User, friend: Person, status: Json, text: str) -> Json:
    """The answer is there exactly once, to the right status, and addresses its author."""
    (found,) = until(lambda: friend.replies(status), 60, "the answer in the thread")
    assert text in plain(found["content"])
    assert f"@{friend.handle}" in plain(found["content"]).replace("@ ", "@")
    assert found["account"]["id"] == user.me.id
    assert len(own(user, text)) == 1
    return found


def test_a_mention_is_shown_and_answered_exactly_once(server: Server, user: User) -> None:
    desk, friend, status = open_mention(server, user)
    text = f"I like it, see you there {word()}"
    answer(desk, text)
    check_answer(user, friend, status, text)
    desk.keys("q")
    assert desk.exit_status() == 0
    done = user.profile.run("sync", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    check_answer(user, friend, status, text)


def test_an_answer_keeps_visibility_and_warning(server: Server, user: User) -> None:
    desk, friend, status = open_mention(server, user, visibility="unlisted")
    text = f"quietly {word()}"
    answer(desk, text)
    assert check_answer(user, friend, status, text)["visibility"] == "unlisted"


def test_a_boost_is_made_and_taken_back(server: Server, user: User) -> None:
    desk, friend, status = open_mention(server, user)
    desk.keys("t")
    until(lambda: friend.seen(status)["reblogs_count"] == 1, 60, "the boost")
    desk.keys("z")
    until(lambda: not user.me.seen(status)["reblogged"], 60, "the boost is gone")


def test_a_favourite_and_a_bookmark(server: Server, user: User) -> None:
    desk, _, status = open_mention(server, user)
    desk.keys("f", "*")
    until(lambda: user.me.seen(status)["favourited"], 60, "the favourite")
    until(lambda: user.me.seen(status)["bookmarked"], 60, "the bookmark")


def test_somebody_is_blocked_and_unblocked(server: Server, user: User) -> None:
    desk, friend, _ = open_mention(server, user)
    desk.keys("B")
    desk.wait("[Bb]lock @")
    desk.keys("y")
    until(lambda: user.me.relationship(friend)["blocking"], 60, "the block")
    desk.keys("z")
    until(lambda: not user.me.relationship(friend)["blocking"], 60, "the block is gone")


def test_a_direct_message_is_shown_once_and_answered_privately(server: Server, user: User) -> None:
    friend, said = server.person("friend"), word()
    status = friend.post(f"@{user.me.handle} between us: {said}", visibility="direct")
    desk = user.desk()
    desk.keys("g", "d")
    fetch_until(desk, said)
    desk.settle(1.0)
    assert len(re.findall(said, desk.text())) == 1, desk.text()
    desk.keys("r")
    desk.wait("message as @")
    text = f"of course {word()}"
    desk.type(text)
    desk.wait(text)
    desk.keys("ctrl+s")
    found = check_answer(user, friend, status, text)
    assert found["visibility"] == "direct"


def test_a_hashtag_search_finds_a_status_and_says_what_answered(server: Server, user: User) -> None:
    friend, said = server.person("friend"), word()
    status = friend.post(f"who has a #{said} in the garden?")
    desk = user.desk()
    desk.keys("s")
    desk.wait("Search for")
    desk.type(f"#{said}")
    desk.keys("enter")
    fetch_until(desk, "in the garden")
    text = f"I have {word()}"
    answer(desk, text)
    check_answer(user, friend, status, text)


def test_a_changed_status_is_taken_over_and_a_deleted_one_goes(server: Server, user: User) -> None:
    desk, friend, status = open_mention(server, user)
    changed, other = word(), word()
    friend.post(f"@{user.me.handle} this one stays {other}")
    fetch_until(desk, other)
    friend.do(f"/api/v1/statuses/{status['id']}", verb="PUT", status=f"@{user.me.handle} now {changed}")
    fetch_until(desk, changed, 60)
    friend.do(f"/api/v1/statuses/{status['id']}", verb="DELETE")
    end = time.monotonic() + 60
    while desk.shows(changed, 0.2):
        assert time.monotonic() < end, desk.text()
        desk.keys("ctrl+r")
        time.sleep(1)
    assert desk.shows(other, 1)


def test_a_token_that_is_none_is_refused_in_a_sentence(server: Server, user: User) -> None:
    done = user.profile.log_in_with_token(NETWORK, server.url, "not-a-token")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_the_server_goes_away_and_comes_back(server: Server, line: Proxy, user_on_the_line: User) -> None:
    user = user_on_the_line
    desk, friend, status = open_mention(server, user)
    line.stop()
    desk.keys("ctrl+r")
    desk.wait("offline", 60)
    text = f"written while the line was dead {word()}"
    answer(desk, text)
    assert not own(user, text)
    later = word()
    friend.post(f"@{user.me.handle} are you there, {later}?")
    line.start()
    fetch_until(desk, later, 90)
    check_answer(user, friend, status, text)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_sending_loses_and_doubles_nothing(
    server: Server, line: Proxy, user_on_the_line: User, moment: str
) -> None:
    """The program dies while its request is on the line: before the server has it, or after."""
    user = user_on_the_line
    desk, friend, status = open_mention(server, user)
    text = f"sent through a crash {word()}"
    answer_and_die(desk, line, sends, text, moment)
    assert len(own(user, text)) == (1 if moment == "after" else 0)
    again = user.desk()
    check_answer(user, friend, status, text)
    again.wait("outbox empty", 60)
    check_answer(user, friend, status, text)


def test_an_answer_of_the_server_that_is_lost_doubles_nothing(
    server: Server, line: Proxy, user_on_the_line: User
) -> None:
    user = user_on_the_line
    desk, friend, status = open_mention(server, user)
    text = f"said once {word()}"
    answer_unheard(desk, line, sends, text)
    check_answer(user, friend, status, text)
    desk.wait("outbox empty", 60)
    check_answer(user, friend, status, text)


def test_a_deleted_status_cannot_be_answered_and_the_text_is_kept(server: Server, user: User) -> None:
    desk, friend, status = open_mention(server, user)
    friend.do(f"/api/v1/statuses/{status['id']}", verb="DELETE")
    with contextlib.suppress(PlainError):
        friend.post("an answer to what is gone", in_reply_to_id=status["id"])
        pytest.skip("this server lets one answer what was deleted")
    text = f"too late {word()}"
    answer(desk, text)
    desk.wait("refused|kept as a draft", 30)
    assert not own(user, text)
    with pytest.raises(PlainError):
        user.me.seen(status)
