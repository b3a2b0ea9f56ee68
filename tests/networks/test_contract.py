"""What every network's file must offer: a new file is tested here on the day on which it appears."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind, Attachment
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef, Span, SpanKind
from tweetdesk.domain.selections import Source
from tweetdesk.networks import base
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = ("", "plain", "see https://example.com/x and @name.example.com #tag", "👨‍👩‍👧‍👦é\u202e\x00", "a" * 10_000)


@dataclass(frozen=True)
class Kit:
    """What the networks differ in: our login, and somebody else's id, handle and post."""

    account: Account
    secret: dict[str, Any]
    other: str
    handle: str
    post: PostRef

    @property
    def author(self) -> Identity:
        return Identity(self.account.network, self.other, self.handle)


KITS = {
    "bluesky": Kit(
        Account("bluesky", "did:plc:own", "own.example.com", "https://example.com"),
        {"accessJwt": "a", "refreshJwt": "b", "did": "did:plc:own"},
        "did:plc:other",
        "other.example.com",
        PostRef("bluesky", "at://did:plc:other/app.bsky.feed.post/1"),
    ),
    "mastodon": Kit(
        Account("mastodon", "1@social.example.com", "own@example.com", "https://social.example.com"),
        {"access_token": "a", "client_id": "b", "client_secret": "c", "scope": "read write"},
        "2@social.example.com",
        "other@far.example.com",
        PostRef("social.example.com", "01M828N3VBC6E1YSMYFQBXP5XB"),
    ),
    "x": Kit(
        Account("x", "1", "own", "https://api.example.com"),
        {
            "kind": "oauth2",
            "client_id": "b",
            "client_secret": "",
            "access_token": "a",
            "refresh_token": "c",
            "expires_at": datetime(2100, 1, 1, tzinfo=UTC).timestamp(),
            "scope": "tweet.read users.read tweet.write offline.access",
        },
        "2",
        "other",
        PostRef("x", "1460323737035677698"),
    ),
}


async def _nobody(scope: object, receive: object, send: object) -> None:
    """A server that breaks every connection."""
    raise ConnectionRefusedError


class _Ignorant:
    """A server that knows nothing of what it is asked for, and remembers what it was to change."""

    def __init__(self) -> None:
        self.changes: list[str] = []

    async def __call__(self, scope: Any, receive: object, send: Any) -> None:
        if scope["method"] != "GET":
            self.changes.append(scope["path"])
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 404, "headers": kind})
        await send({"type": "http.response.body", "body": b'{"error": "NotFound"}'})


def _opened(name: str, server: Any = _nobody) -> base.Network:
    async def no_time(seconds: float) -> None:
        await asyncio.sleep(0)

    kit = KITS[name]
    network: base.Network = base.load(name).open(
        kit.account, MemoryPlace(kit.secret), transport=AsgiTransport(server), clock=lambda: NOW, sleep=no_time
    )
    return network


def _posts(name: str) -> list[Post | None]:
    """What the desk may hand in: nothing, their post, our post, a message."""
    kit = KITS[name]
    theirs = Post(kit.post, kit.author, "text", NOW, url="https://example.com/1", conversation=kit.post.id)
    ours = replace(theirs, author=kit.account.identity)
    return [None, theirs, ours, replace(theirs, kind=PostKind.MESSAGE, conversation="1")]


def test_there_are_networks_and_nothing_that_is_not_one() -> None:
    assert {"bluesky", "mastodon"} <= set(base.names())
    assert set(base.names()) <= set(KITS), "a new network needs a kit here"
    with pytest.raises(KeyError):
        base.load("base")


@pytest.mark.parametrize("name", base.names())
async def test_a_file_has_all_that_the_protocol_names(name: str) -> None:
    module, network = base.load(name), _opened(name)
    assert list(inspect.signature(module.open).parameters) == [
        "account", "secrets", "transport", "clock", "sleep", "pace", "languages", "shelf", "options",
    ]  # fmt: skip
    assert (network.name, network.account.network) == (name, name)
    for method, wanted in inspect.getmembers(base.Network, inspect.isfunction):
        if method.startswith("_"):
            continue
        ours = getattr(type(network), method)
        if method == "listen":
            assert inspect.isasyncgenfunction(ours)
        else:
            assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(wanted), method
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(wanted).parameters), method
        assert ours.__doc__, method
    assert isinstance(network.vocabulary, base.Vocabulary)
    assert network.vocabulary.network
    assert isinstance(network.limits, base.Limits)
    assert isinstance(network.limits_for("mentions"), base.Limits)
    assert network.price_date == "" or datetime.fromisoformat(network.price_date)
    await network.close()


@pytest.mark.parametrize("name", base.names())
async def test_what_needs_no_network(name: str) -> None:
    network = _opened(name)
    for kind in ("mentions", "messages", "home", "search", "person", "list", "hashtag", "recheck"):
        assert network.poll_seconds(kind) > 0
    for kind in ActKind:
        for shown in _posts(name):
            permission = network.can(kind, shown)
            assert isinstance(permission, base.Allowed | base.HandOff | base.No)
            if isinstance(permission, base.HandOff | base.No):
                assert permission.why.endswith((".", "!", "?")), (kind, permission.why)
            for everyone in (False, True):
                _is_sane(network.form(kind, shown, everyone), kind)
        act = Act(kind, network.account.id, target=KITS[name].post, person=KITS[name].author, text="a")
        assert network.page(act) == "" or network.page(act).startswith("https://"), kind
        for shown in _posts(name):
            price = network.price(kind, "a", shown)
            assert price is None or (price.micros >= 0 and network.price_date), kind
    await network.close()


def _is_sane(form: base.Form, kind: ActKind) -> None:
    assert form.visibility == "" or form.visibility in dict(form.visibilities), kind
    assert form.warning == "" or form.warns, kind
    if (takes := form.pictures) is not None:
        assert kind.writes_text, "only what is written has pictures"
        assert takes.most >= 1
        assert takes.bytes >= 500_000
        assert takes.alt >= 100
        assert {"image/jpeg", "image/png"} <= set(takes.types)


@pytest.mark.parametrize("name", base.names())
async def test_an_answer_to_everyone_names_nobody_less(name: str) -> None:
    network, kit = _opened(name), KITS[name]
    others = tuple(Identity(name, f"{kit.other}{number}", f"a{number}{kit.handle}") for number in (1, 2))
    text, spans = "", []
    for who in (kit.account.identity, *others):
        spans.append(Span(len(text), len(text) + len(who.handle) + 1, SpanKind.MENTION, who.id))
        text += f"@{who.handle} "
    named = (kit.account.identity, *others)
    post = Post(kit.post, kit.author, f"{text}what now?", NOW, spans=tuple(spans), mentions=named)
    alone, all_of_them = (network.form(ActKind.REPLY, post, everyone) for everyone in (False, True))
    assert set(alone.text.split()) <= set(all_of_them.text.split())
    said = f"{all_of_them.text} {all_of_them.note}"
    assert all(f"@{one.handle}" in said for one in others), "those who are named are shown"
    assert not any(f"@{one.handle}" in alone.text for one in others)
    assert kit.account.handle not in alone.text + all_of_them.text, "nobody answers themselves"
    await network.close()


class Files:
    """One picture, and how often it was read."""

    def __init__(self, content: bytes) -> None:
        self.content, self.reads = content, 0

    async def read(self, attachment: Attachment) -> bytes:
        self.reads += 1
        return self.content

    def progress(self, sent: int, total: int) -> None:
        assert 0 <= sent <= total


def _unfit(takes: base.Pictures) -> list[tuple[Attachment, ...]]:
    """Pictures that a form does not take: too many, too large, of another type, with too long an alt text."""
    good = Attachment("a", "what it shows", takes.types[0], 100)
    wrong = (replace(good, size=takes.bytes + 1), replace(good, mime="image/x-other"),
             replace(good, alt="a" * (takes.alt + 1)))  # fmt: skip
    return [(good,) * (takes.most + 1), *((one,) for one in wrong)]


@pytest.mark.parametrize("name", base.names())
async def test_pictures_that_the_form_does_not_take_are_refused_before_anything_is_sent(name: str) -> None:
    server = _Ignorant()
    network, kit = _opened(name, server), KITS[name]

    async def refused(kind: ActKind, shown: Post | None, media: tuple[Attachment, ...]) -> None:
        act = Act(kind, network.account.id, text="look", person=kit.author, media=media)
        if shown is not None:
            act = replace(act, target=shown.ref, root=shown.ref, conversation=shown.conversation)
        files = Files(b"\x89PNG\r\n\x1a\n" + bytes(max(one.size for one in media) - 8))
        with pytest.raises(base.Refused) as told:
            await network.prepare(act, network.begin(act, NOW, b"12345678"), files)
        assert len(str(told.value).split()) > 5, "a sentence"
        assert not server.changes

    message = _posts(name)[-1]
    picture = Attachment("a", "what it shows", "image/png", 100)
    for kind, shown in ((ActKind.POST, None), (ActKind.MESSAGE, message)):
        takes = network.form(kind, shown).pictures
        for media in _unfit(takes) if takes else [(picture,)]:
            await refused(kind, shown, media)
    await network.close()


@pytest.mark.parametrize("name", base.names())
async def test_people_are_looked_for_or_it_is_said_why_not(name: str) -> None:
    network, told = _opened(name), []
    for words in ("other", "@oth", "", "ü\x00\u202e"):
        try:
            assert await network.people(words) == (), "there is no line"
        except base.NetworkError as error:
            told.append(str(error))
    assert all(one.endswith(".") for one in told)
    await network.close()


@pytest.mark.parametrize("name", base.names())
async def test_texts_are_measured_before_they_are_sent(name: str) -> None:
    network = _opened(name)
    for text in TEXTS:
        for kind in (ActKind.POST, ActKind.REPLY, ActKind.MESSAGE):
            length = network.measure(kind, text)
            assert length.limit > 0
            assert (length.left < 0) == bool(length.why) or length.left >= 0
        at = 0
        for span in network.spans(text):
            assert at <= span.start < span.end <= len(text)
            at = span.end
    assert network.measure(ActKind.POST, "").used == 0
    assert network.measure(ActKind.MESSAGE, "a" * 100_000).left < 0
    material = network.begin(Act(ActKind.POST, network.account.id, text="a"), NOW, b"12345678")
    assert isinstance(json.loads(material), dict)
    assert material != network.begin(Act(ActKind.POST, network.account.id, text="a"), NOW, b"87654321")
    await network.close()


@pytest.mark.parametrize("name", base.names())
async def test_a_dead_line_is_said_to_be_one(name: str) -> None:
    network, kit = _opened(name), KITS[name]
    act = Act(ActKind.POST, network.account.id, text="hello")
    material = network.begin(act, NOW, b"12345678")
    for asking in (
        network.fetch(Source(network.account.id, "mentions"), ""),
        network.fetch(Source(network.account.id, "messages"), ""),
        network.fetch(Source(network.account.id, "home"), ""),
        network.fetch(Source(network.account.id, "search", "words"), ""),
        network.fetch(Source(network.account.id, "person", kit.other), ""),
        network.thread(kit.post),
        network.messages("1"),
        network.profile(f"@{kit.handle}"),
        network.posts((kit.post,)),
        network.lists(),
        network.send(act, await network.prepare(act, material)),
    ):
        with pytest.raises(base.Unreachable) as told:
            await asking
        assert str(told.value).endswith(".")
        assert "example.com" in str(told.value)
    await network.close()


@pytest.mark.parametrize("module", ["tweetdesk.networks.base", "tweetdesk.networks"])
def test_the_contract_is_light(module: str) -> None:
    script = (
        f"import sys, {module}; print([n for n in ('httpx', 'keyring', 'msgspec', 'textual') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", base.names())
def test_a_network_loads_no_screen(name: str) -> None:
    script = (
        f"import sys; from tweetdesk.networks import base; base.load({name!r}); "
        "print([n for n in ('rich', 'textual', 'click', 'keyring', 'websockets') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_names_and_credentials_load_neither_network_nor_keyring() -> None:
    script = (
        "import sys; from tweetdesk.networks import base, credentials; "
        "OURS = tuple('tweetdesk.networks.' + name for name in base.names()); "
        "print([n for n in sys.modules if n in ('httpx', 'keyring') or n.startswith(OURS)])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
