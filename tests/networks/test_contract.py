"""What every network's file must offer: a new file is tested here on the day on which it appears."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks import base
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = ("", "plain", "see https://example.com/x and @name.example.com #tag", "👨‍👩‍👧‍👦é\u202e\x00", "a" * 10_000)


async def _nobody(scope: object, receive: object, send: object) -> None:
    """A server that breaks every connection."""
    raise ConnectionRefusedError


def _opened(name: str) -> base.Network:
    account = Account(name, "did:plc:own", "own.example.com", "https://example.com")
    secret = {"accessJwt": "a", "refreshJwt": "b", "did": "did:plc:own", "access_token": "a"}

    async def no_time(seconds: float) -> None:
        await asyncio.sleep(0)

    network: base.Network = base.load(name).open(
        account, MemoryPlace(secret), transport=AsgiTransport(_nobody), sleep=no_time
    )
    return network


def test_there_is_bluesky_and_nothing_that_is_not_a_network() -> None:
    assert "bluesky" in base.names()
    assert not {"base", "http", "credentials"} & set(base.names())
    with pytest.raises(KeyError):
        base.load("base")


@pytest.mark.parametrize("name", base.names())
async def test_a_file_has_all_that_the_protocol_names(name: str) -> None:
    module, network = base.load(name), _opened(name)
    assert callable(module.log_in)
    assert (network.name, network.account.network) == (name, name)
    for method, wanted in inspect.getmembers(base.Network, inspect.isfunction):
        if method.startswith("_"):
            continue
        ours = getattr(type(network), method)
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(wanted), method
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(wanted).parameters), method
        assert ours.__doc__, method
    assert isinstance(network.vocabulary, base.Vocabulary)
    assert network.vocabulary.network
    assert isinstance(network.limits, base.Limits)
    await network.close()


@pytest.mark.parametrize("name", base.names())
async def test_what_needs_no_network(name: str) -> None:
    network = _opened(name)
    for kind in ("mentions", "messages", "home", "search", "person"):
        assert network.poll_seconds(kind) > 0
    author = Identity(name, "did:plc:other", "other.example.com")
    post = Post(PostRef(name, "1"), author, "text", NOW)
    for kind in ActKind:
        for shown in (None, post):
            assert isinstance(network.can(kind, shown), base.Allowed | base.HandOff | base.No)
    for text in TEXTS:
        length = network.measure(ActKind.REPLY, text)
        assert length.limit > 0
        assert (length.left < 0) == bool(length.why) or length.left >= 0
        for span in network.spans(text):
            assert 0 <= span.start < span.end <= len(text)
    assert network.measure(ActKind.POST, "").used == 0
    assert network.measure(ActKind.POST, "a" * 10_000).left < 0
    material = network.begin(Act(ActKind.POST, network.account.id, text="a"), NOW, b"12345678")
    assert isinstance(json.loads(material), dict)
    await network.close()


@pytest.mark.parametrize("name", base.names())
async def test_a_dead_line_is_said_to_be_one(name: str) -> None:
    network = _opened(name)
    act = Act(ActKind.POST, network.account.id, text="hello")
    material = network.begin(act, NOW, b"12345678")
    for asking in (
        network.fetch(Source(network.account.id, "mentions"), ""),
        network.fetch(Source(network.account.id, "home"), ""),
        network.thread(PostRef(name, "at://did:plc:other/app.bsky.feed.post/1")),
        network.profile("other.example.com"),
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
        "print([n for n in ('rich', 'textual', 'click', 'keyring') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_names_and_credentials_load_neither_network_nor_keyring() -> None:
    script = (
        "import sys; from tweetdesk.networks import base, credentials; base.names(); "
        "print([n for n in sys.modules if n in ('httpx', 'keyring') or n.startswith('tweetdesk.networks.blue')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
