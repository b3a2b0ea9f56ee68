"""One desk with accounts on all three networks, in a terminal against the sandbox on loopback: answers, hand-offs,
money, lost logins, kills, and acting as somebody else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import sqlite3
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from plain_bluesky import until
from plain_mastodon import Json, Person, call, plain
from program import Profile, Sandbox
from terminal import Terminal

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.credentials import FilePlace
from tweetdesk.store.accounts import AccountsFile

pytestmark = pytest.mark.journey

COLUMNS = """name = "desk"
[[column]]
kind = "messages"
[[column]]
kind = "mentions"
[[column]]
kind = "search"
words = "WORD"
"""
TOM = "tom.example.com"
READ = r"(?s)up to date.*up to date.*up to date"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox on loopback; each test has people of its own there."""
    served = Sandbox()
    yield served
    served.close()


class User:
    """Somebody with an account on each network, new there, and their folders."""

    def __init__(self, sandbox: Sandbox, profile: Profile, name: str) -> None:
        self.sandbox, self.profile, self.name = sandbox, profile, name
        self.handle = f"{name}.example.com"
        self.word = f"zebra{name}"  # what the search column looks for: nobody else's
        self.settings()
        self.arrive(name)
        done = profile.log_in(sandbox.url, self.handle, f"{name}-pass")
        assert done.returncode == 0, done.stderr
        self.token = f"sandbox-mastodon-{self.handle}"
        done = profile.log_in_with_token("mastodon", sandbox.url, self.token)
        assert done.returncode == 0, done.stderr
        self.me = Person(sandbox.url, name, self.token).log_in()
        self.tom = Person(sandbox.url, "tom", "sandbox-mastodon-tom").log_in()
        self.at = "@" + self.tom.get(f"/api/v1/accounts/{self.me.id}")["acct"]
        self.x_id = self.log_in_to_x(name)
        layouts = profile.folder("layouts") / "layouts"
        layouts.mkdir(exist_ok=True)
        (layouts / "1-desk.toml").write_text(COLUMNS.replace("WORD", self.word), encoding="utf-8")

    def settings(self, dollars: str = "100.0") -> None:
        """Nothing is held back; so much money a day."""
        self.profile.settings(f"hold_seconds = 0\n[budget]\ndollars_a_day = {dollars}\n")

    def arrive(self, name: str) -> None:
        """A new person on every network of the sandbox."""
        for network in self.sandbox.networks:
            self.sandbox.ask(f"{network}/person", handle=f"{name}.example.com", name=name.title(), bio="")

    def log_in_to_x(self, name: str) -> str:
        """What a login leaves behind; the account's number."""
        me = self.on_x("GET", "/2/users/me", name)["data"]
        folder = self.profile.folder("layouts")
        account = Account("x", me["id"], me["username"], self.sandbox.url, secrets="file")
        AccountsFile(folder).save(account)
        secret = {"kind": "oauth2", "access_token": f"sandbox-x-{name}.example.com", "refresh_token": ""}
        secret |= {"client_id": "", "client_secret": "", "scope": ""}
        asyncio.run(FilePlace(account.id, folder).write({**secret, "expires_at": 4102444800.0}))
        return str(me["id"])

    def on_x(self, verb: str, path: str, name: str = "", **body: Any) -> Json:
        """A call of X as this person (or another)."""
        headers = {"authorization": f"Bearer sandbox-x-{name or self.name}.example.com"}
        data = json.dumps(body).encode() if body else None
        if data:
            headers["content-type"] = "application/json"
        request = urllib.request.Request(self.sandbox.url + path, data, headers, method=verb)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: Json = json.loads(answer.read())
            return found

    def x_posts(self, user: str = "") -> list[Json]:
        """One's own posts on X (or another's), the newest first."""
        path = f"/2/users/{user or self.x_id}/tweets?max_results=100&tweet.fields=referenced_tweets"
        found: list[Json] = self.on_x("GET", path).get("data", [])
        return found

    def x_answers(self) -> Counter[str]:
        """How often this user has answered each post of X, by the post's number."""
        answered = [one["referenced_tweets"][0] for one in self.x_posts() if "referenced_tweets" in one]
        return Counter(one["id"] for one in answered if one["type"] == "replied_to")

    def asked(self, network: str, text: str) -> str:
        """Tom says something; the post's address in the sandbox."""
        return str(self.sandbox.ask(f"{network}/post", handle=TOM, text=text)["uri"])

    def billed(self) -> Json:
        """What X has billed so far, to everybody."""
        return self.sandbox.ask("x/billing")

    def rows(self, *states: str) -> int:
        """How many rows of the outbox are in these states."""
        (path,) = self.profile.home.rglob("tweetdesk.db")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            query = f"SELECT count(*) FROM outbox WHERE state IN ({','.join('?' * len(states))})"
            return int(database.execute(query, states).fetchone()[0])

    @contextlib.contextmanager
    def desk(self, env: dict[str, str] | None = None, wait: str = READ) -> Iterator[Terminal]:
        """The desk, its columns read."""
        with self.profile.open(columns=180, rows=45, env=env) as desk:
            desk.wait(wait, 30)
            yield desk


NewUser = Callable[[str], User]


@pytest.fixture
def user(sandbox: Sandbox, profile: Profile) -> Iterator[NewUser]:
    """Makes somebody with three accounts; what was switched at the sandbox is as usual afterwards."""
    yield lambda name: User(sandbox, profile, name)
    sandbox.ask("x/billing", credits=None, spend_cap=None)
    for network in sandbox.networks:
        sandbox.ask(f"{network}/faults", clear=True)


def words(desk: Terminal, within: str = r"[\s\S]*") -> str:
    """What the screen says, whatever the lines that it is broken into."""
    found = re.search(within, desk.text())
    return " ".join(re.sub(r"[│┃▏▌]", " ", found[0] if found else "").split())


# --- answering ---------------------------------------------------------------------------------------------------


def test_a_mention_on_mastodon_is_answered_as_quietly_as_it_was_asked(user: NewUser) -> None:
    me = user("quiet")
    asked = me.tom.post(f"{me.at} what comes next?", visibility="unlisted", spoiler_text="plot twist")
    with me.desk() as desk:
        desk.keys("g", "m")
        desk.wait("warning: plot twist")
        desk.keys("r")
        desk.wait(r"reply as @quiet@social\.example\.com \(Mastodon\) to Tom")
        desk.wait("unlisted")
        desk.type("The butler, of course.")
        desk.wait("of course")
        desk.keys("ctrl+s")
        until(lambda: bool(me.me.statuses()), 10, "the answer is there")
    (answer,) = me.me.statuses()
    assert answer["in_reply_to_id"] == asked["id"]
    assert (answer["visibility"], answer["spoiler_text"]) == ("unlisted", "plot twist")
    assert plain(answer["content"]).endswith("The butler, of course.")
    assert [one["acct"] for one in answer["mentions"]] == [me.me.seen(asked)["account"]["acct"]]


def test_a_direct_message_on_mastodon_is_shown_once(user: NewUser) -> None:
    me = user("discreet")
    me.tom.post(f"{me.at} between you and me", visibility="direct")
    me.tom.post(f"{me.at} for all to hear")
    with me.desk() as desk:
        desk.wait(r"Messages[^│\n]*1 open[^\n]*Mentions[^│\n]*1 open")
        text = desk.settle()
    assert text.count("between you and me") == 1
    assert text.count("for all to hear") == 1


def test_an_edited_and_a_deleted_post_are_taken_over(user: NewUser) -> None:
    me = user("editor")
    with me.desk() as desk:
        stays = me.tom.post(f"{me.at} the furst version")
        goes = me.tom.post(f"{me.at} a slip of the tongue")
        desk.wait("the furst version", 10)
        desk.wait("a slip of the tongue", 10)
        me.tom.do(f"/api/v1/statuses/{stays['id']}", "PUT", status=f"{me.at} the second version")
        desk.keys("g", "m", "ctrl+r")
        desk.wait("the second version", 10)
        desk.wait_gone("the furst version", 1)
        me.tom.do(f"/api/v1/statuses/{goes['id']}", "DELETE")
        desk.keys("ctrl+r")
        desk.wait_gone("a slip of the tongue", 10)
        desk.wait("the second version", 1)


# --- what X leaves to its own pages ------------------------------------------------------------------------------


def test_an_answer_that_x_refuses_apps_is_handed_to_the_browser(user: NewUser, tmp_path: Path) -> None:
    me = user("striped")
    number = _number(me, me.asked("x", f"a {me.word} on the street"))
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{opened}"\n')
    browser.chmod(0o700)
    with me.desk({"BROWSER": f"{browser} %s"}) as desk:
        desk.wait(f"a {me.word}")
        desk.keys("g", "s", "r")
        desk.wait(r"reply on x\.com as @striped \(X\) to Tom")
        desk.wait("opens x.com with this text")
        desk.type("Nice stripes & all")
        desk.wait("stripes & all")
        assert "$" not in desk.text(), "x.com takes no money for it"
        desk.keys("ctrl+s")
        desk.wait(r"Reply on x\.com: H when it is done there")
        desk.wait("waiting for them")
        until(opened.exists, 10, "the browser opens")
        assert opened.read_text() == (
            f"https://x.com/intent/post?in_reply_to={number}&text=Nice%20stripes%20%26%20all\n"
        )
        desk.keys("H")
        desk.wait(r"Reply on x\.com: done")
        until(lambda: me.rows("sent") == 1, 5, "it is done")
        desk.keys("q")
        assert desk.exit_status() == 0
    assert me.x_posts() == []
    assert me.rows("handed") == 0


def test_without_a_browser_a_like_is_shown_and_copied(user: NewUser) -> None:
    me = user("admirer")
    number = _number(me, me.asked("x", f"a good word for @{me.handle}"))
    with me.desk() as desk:
        desk.keys("g", "m")
        desk.wait("a good word")
        desk.keys("f")
        desk.wait(rf"https://x\.com/intent/like\?tweet_id={number}")
        desk.wait("No browser can be opened here")
        copied = base64.b64encode(f"https://x.com/intent/like?tweet_id={number}".encode())
        assert b"52;c;" + copied in desk.strings
        desk.keys("escape")
        desk.wait("like · H when it is done there")
        desk.keys("H")
        desk.wait(r"Like on x\.com: done")


def _number(me: User, uri: str) -> str:
    """The number on X of a post of the sandbox: the newest of Tom's."""
    tom = me.on_x("GET", "/2/users/by/username/tom")["data"]["id"]
    assert uri
    return str(me.x_posts(tom)[0]["id"])


def test_an_answer_to_ones_own_post_is_hidden_from_the_menu(user: NewUser) -> None:
    me = user("host")
    own = me.sandbox.ask("x/post", handle=me.handle, text="What shall I bring?")["uri"]
    me.sandbox.ask("x/post", handle=TOM, text=f"@{me.handle} stay away", reply_to=own)
    with me.desk() as desk:
        desk.wait("stay away")
        desk.keys("g", "m", ".")
        desk.wait(r"Hide this reply[^\n]*allowed · \$0\.005")
        desk.keys("G", "k")
        desk.wait("▌· Hide this reply")
        before = _hidden(me)
        desk.keys("enter")
        until(lambda: me.rows("sent") == 1, 10, "X has taken it")
    assert _hidden(me) == before + 1


def _hidden(me: User) -> int:
    """How many answers the sandbox has hidden or shown again, from its bill."""
    return sum(int(day["writes"].get("content managed", 0)) for day in me.billed()["days"].values())


# --- money -------------------------------------------------------------------------------------------------------


def test_without_credits_x_rests_and_the_others_go_on_until_ctrl_r(user: NewUser) -> None:
    me = user("thrifty")
    me.asked("x", f"paid for @{me.handle}")
    with me.desk() as desk:
        desk.wait("paid for")
        me.sandbox.ask("x/billing", credits=0)
        me.asked("x", f"unpaid for @{me.handle}")
        desk.keys("g", "m", "ctrl+r")
        desk.wait("the app has no credits left")
        me.asked("bluesky", f"blue as ever @{me.handle}")
        me.tom.post(f"{me.at} the elephant still speaks")
        desk.keys("g", "d", "ctrl+r")
        desk.wait("the elephant still speaks", 10)
        assert "unpaid for" not in desk.text()
        me.sandbox.ask("x/billing", credits=None)
        desk.keys("g", "m", "ctrl+r")
        desk.wait("blue as ever", 10)
        desk.wait("unpaid for", 10)
        desk.wait_gone("no credits left")


def test_the_budget_stops_x_with_a_sentence_and_nothing_more_is_asked(user: NewUser) -> None:
    me = user("miser")
    me.settings("0.50")
    before = me.billed()["micros"]
    with me.desk() as desk:
        desk.keys("g", "s")
        for turn in range(12):
            for number in range(20):
                me.asked("x", f"{me.word} number {turn} {number}")
            desk.keys("ctrl+r")
            if desk.shows("waiting until", 1.5):
                break
        spent = me.billed()
        assert 200_000 < spent["micros"] - before <= 500_000
        for _ in range(3):
            desk.keys("ctrl+r")
            desk.settle()
        me.tom.post(f"{me.at} still here")
        desk.wait("still here", 10)
        assert me.billed() == spent
        desk.keys("g", "c")
        desk.wait(r"Today's budget for X \(\$0\.50\) is used up")


# --- lost logins -------------------------------------------------------------------------------------------------


def test_a_revoked_token_pauses_its_account_and_names_the_key(user: NewUser) -> None:
    me = user("revoked")
    app = call(me.sandbox.url, "POST", "/api/v1/apps",
               {"client_name": "other", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"})  # fmt: skip
    with me.desk() as desk:
        who = {name: app[name] for name in ("client_id", "client_secret")}
        call(me.sandbox.url, "POST", "/oauth/revoke", {**who, "token": me.token})
        desk.keys("g", "m", "ctrl+r")
        desk.wait("paused · L logs in again|L logs in again")
        me.asked("x", f"news from X for @{me.handle}")
        me.asked("bluesky", f"news from Bluesky for @{me.handle}")
        desk.keys("ctrl+r")
        desk.wait(r"Mentions[^│\n]*2 open", 10)
        desk.wait("news from Bluesky", 10)
        desk.keys("g", "g")
        desk.wait("news from X", 10)
        desk.keys("g", "a")
        desk.wait("revoked@social.example.com")


# --- kills -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), [("slow", "killed"), ("hang", "doubtful")])
def test_kill_9_while_an_answer_to_x_is_on_the_line(user: NewUser, kind: str, name: str) -> None:
    me = user(name)
    number = _number(me, me.asked("x", f"a question for @{me.handle}"))
    with me.desk() as desk:
        desk.keys("g", "m")
        desk.wait("a question")
        desk.keys("r")
        desk.wait("reply as")
        desk.type("an answer")
        desk.wait("an answer")
        me.sandbox.ask("x/faults", method="POST /2/tweets", kind=kind, seconds=0.5)
        desk.keys("ctrl+s")
        until(lambda: me.rows("sending") == 1, 10, "it is on the line")
        desk.settle(0.2)
        desk.kill9()
    if kind == "slow":
        until(lambda: bool(me.x_answers()), 10, "X has it nevertheless")
    with me.desk(wait="Mentions") as desk:
        until(lambda: me.rows("sent", "unsure") == 1, 20, "it is settled")
        if me.rows("unsure"):
            assert kind == "hang"
            assert not me.x_answers()
            desk.keys("g", "o")
            desk.wait("say whether it was sent")
            desk.keys("enter")
            desk.wait("Was it sent")
            desk.keys("2")
            until(lambda: me.rows("sent") == 1, 20, "it is sent again")
    assert me.x_answers() == {number: 1}


# --- as somebody else --------------------------------------------------------------------------------------------


def test_another_account_acts_once_only(user: NewUser) -> None:
    me = user("first")
    me.arrive("second")
    second = me.log_in_to_x("second")
    me.asked("x", f"one for @{me.handle}")
    me.asked("x", f"two for @{me.handle}")
    with me.desk() as desk:
        desk.keys("g", "m", "g", "g")
        desk.wait("two for")
        desk.keys("A")
        desk.wait("second")
        desk.keys("2")
        desk.wait("as @second")
        desk.keys("t")
        until(lambda: len(me.x_posts(second)) == 1, 10, "the other account reposts")
        assert me.x_posts() == []
        desk.keys("t")
        until(lambda: len(me.x_posts()) == 1, 10, "the usual account reposts")
    assert len(me.x_posts(second)) == 1
