"""One desk with accounts on all three networks, in a terminal against the sandbox on loopback: answers, hand-offs,
money, lost logins, kills, and acting as somebody else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import sqlite3
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from consent import press
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
        desk.wait("handed off")
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
        assert "unpaid for" not in desk.settle(1.0)
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


# --- bad input ---------------------------------------------------------------------------------------------------


def test_a_page_of_a_thousand_odd_posts(user: NewUser) -> None:
    """Ids of any shape, broken HTML, dates of any time: all are there, and the other networks go on."""
    me = user("flooded")
    me.tom.post(f"{me.at} the pattern")
    (pattern,) = me.me.get("/api/v1/notifications", **{"types[]": "mention"})
    page = [_odd(pattern, number) for number in range(1000)]
    faults = {"method": "GET /api/v1/notifications", "kind": "status", "status": 200, "times": 1}
    me.sandbox.ask("mastodon/faults", **faults, body=page)
    with me.desk() as desk:
        desk.wait(r"Mentions[^│\n]*1,?000 open", 30)
        desk.settle()
        desk.keys("g", "m", "G")
        desk.wait(r"now[^\n]*\n[^\n]*odd number \d+ whole")
        desk.keys("g", "g")
        desk.wait(r"1 Jan 1970[^\n]*\n[^\n]*odd number \d+ whole")
        me.asked("bluesky", f"blue among them @{me.handle}")
        desk.keys("G", "ctrl+r")
        desk.wait(r"blue among them|1 new", 10)
        desk.keys("q")
        assert desk.exit_status() == 0


_IDS = ("../../etc/passwd", "01HXYZ", "\u0661\u0662", "a b?c=d&e#f", "[red]", "\x1b[2J", "x" * 200, "-1", "0")
#: Of the last one nobody knows what it means: these posts are taken to be of now.
_DATES = ("2099-01-01T00:00:00.000Z", "0001-01-01T00:00:00Z", "2026-05-04", "9999-12-31T23:59:59.999999Z",
          "2026-05-04T09:00:00+14:00", "1969-12-31T00:00:00Z", "tomorrow")  # fmt: skip
_HTML = ("<p>{}", "{}</p></p></div>", "<b><i>{}</b></i><", "<p title='{}>'>{}<br/<p", "&#0;&#x110000;{}&bogus;")


def _odd(pattern: Json, number: int) -> Json:
    """A mention like the pattern, and unlike everything that a server should send."""
    html = _HTML[number % len(_HTML)].replace("{}", f"odd number {number} whole")
    ident = f"{_IDS[number % len(_IDS)]}{number}"
    odd = {"id": ident, "content": html, "created_at": _DATES[number % len(_DATES)], "url": "javascript:0"}
    return {**pattern, "id": ident, "status": {**pattern["status"], **odd}}


@pytest.mark.parametrize(("network", "name"), [("mastodon", "german"), ("x", "deutsch")])
def test_a_refusal_in_another_language_is_told_and_the_text_is_a_draft(
    user: NewUser, network: str, name: str
) -> None:
    me = user(name)
    said = "Das geht nicht: Der Text enthält zu viele Umlaute"
    body = {"error": said} if network == "mastodon" else {"title": "Verboten", "detail": said, "status": 403}
    method = "POST /api/v1/statuses" if network == "mastodon" else "POST /2/tweets"
    if network == "mastodon":
        me.tom.post(f"{me.at} how many?")
    else:
        me.asked(network, f"how many, @{me.handle}?")
    status = 422 if network == "mastodon" else 403
    me.sandbox.ask(f"{network}/faults", method=method, kind="status", status=status, body=body)
    with me.desk() as desk:
        desk.wait("how many")
        desk.keys("g", "m", "r")
        desk.wait("reply as")
        desk.type("Viele.")
        desk.wait("Viele")
        desk.keys("ctrl+s")
        desk.wait(re.escape(said))
        desk.keys("r")
        desk.wait("reply as[\\s\\S]*Viele")
        desk.keys("ctrl+s")
        until(lambda: me.rows("sent") == 1, 10, "it is sent the second time")


def test_a_permission_that_is_missing_is_named_with_where_to_grant_it(profile: Profile, sandbox: Sandbox) -> None:
    own = {key: value for key, value in sandbox.networks["x"]["own"].items() if key != "kind"}
    profile.env |= {"TWEETDESK_X_URL": sandbox.url, "TWEETDESK_X_TOKENS": json.dumps(own)}
    done = profile.run("login", "x", "--store", "environment")
    assert done.returncode == 0, done.stderr
    profile.settings("hold_seconds = 0\n[budget]\ndollars_a_day = 100.0\n")
    sandbox.ask("x/billing", oauth1_access="read")
    sandbox.ask("x/post", handle=TOM, text="may you write, @ada.example.com?")
    try:
        with profile.open(columns=110, rows=40) as desk:
            desk.wait(r"Mentions[^│\n]*[1-9]\d* open", 30)
            desk.settle()
            desk.keys("g", "m", "G")
            desk.wait("may you write")
            desk.keys("r")
            desk.wait("reply as @ada to Tom")
            desk.type("Let us see")
            desk.wait("Let us see")
            desk.keys("ctrl+s")
            desk.wait("Reply was refused: X does not let this app do that")
            desk.settle()
            desk.keys("g", "o")
            desk.wait("1 on the way or refused")
            desk.keys("j")
            desk.wait("In the developer console")
            told = " ".join(desk.settle().split())
        assert "(console.x.com), see that the app belongs to a project" in told
        assert "“Read and write and Direct message”. Then log in again with: tweetdesk login x" in told
    finally:
        sandbox.ask("x/billing", oauth1_access="read-write-directmessages")


def test_a_mastodon_token_that_may_only_read(profile: Profile, sandbox: Sandbox) -> None:
    token = _lesser_token(sandbox, "read")
    done = profile.run(
        "login", "mastodon", "--server", sandbox.url, "--store", "environment",
        env={"TWEETDESK_MASTODON_TOKEN": token},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    profile.env["TWEETDESK_MASTODON_TOKEN"] = token
    profile.settings("hold_seconds = 0\n")
    Person(sandbox.url, "tom", "sandbox-mastodon-tom").post("@ada may you write?")
    with profile.open(columns=300, rows=45) as desk:
        desk.wait(r"Mentions[^│\n]*[1-9]\d* open", 30)
        desk.settle()
        desk.keys("g", "m", "G")
        desk.wait("may you write")
        desk.keys("r")
        desk.wait("reply as @ada")
        desk.type("Let us see")
        desk.wait("Let us see")
        desk.keys("ctrl+s")
        desk.wait("write:statuses[^\n]*tweetdesk login mastodon|tweetdesk login mastodon[^\n]*write:statuses")


def _lesser_token(sandbox: Sandbox, scope: str) -> str:
    """A token of Ada's with these permissions only."""
    back = "urn:ietf:wg:oauth:2.0:oob"
    app = call(sandbox.url, "POST", "/api/v1/apps",
               {"client_name": "reader", "redirect_uris": back, "scopes": scope})  # fmt: skip
    asked = {"client_id": app["client_id"], "redirect_uri": back, "scope": scope, "response_type": "code"}
    code = press(f"{sandbox.url}/oauth/authorize?{urllib.parse.urlencode(asked)}")
    given = {name: app[name] for name in ("client_id", "client_secret")} | {"redirect_uri": back, "code": code}
    made = call(sandbox.url, "POST", "/oauth/token", {**given, "grant_type": "authorization_code"})
    return str(made["access_token"])


def test_a_clock_that_is_off_is_told_by_how_much(profile: Profile) -> None:
    class Ahead(BaseHTTPRequestHandler):
        """X as it refuses a signature, a little more than twelve minutes ahead of us."""

        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((timestamp or time.time()) + 725)  # type: ignore[arg-type]

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    tokens = dict.fromkeys(("consumer_key", "consumer_secret", "token", "token_secret"), "1-abc")
    with HTTPServer(("127.0.0.1", 0), Ahead) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        env = {"TWEETDESK_X_URL": url, "TWEETDESK_X_TOKENS": json.dumps(tokens)}
        done = profile.run("login", "x", "--store", "environment", env=env)
        server.shutdown()
    assert done.returncode == 1
    assert "The clock of this machine is 12 minutes" in done.stderr
    assert "behind X's" in done.stderr
    assert "set the clock right" in done.stderr
