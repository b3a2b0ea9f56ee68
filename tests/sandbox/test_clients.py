"""Other people's clients against the served sandbox: they are the judges of its faces.

Each is a package of the extra `clients`; where it is not installed, its tests skip and say so.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

pytest.importorskip("uvicorn")

SERVE = (sys.executable, "-m", "tweetdesk.sandbox", "--port", "0", "--live-seconds", "0")

#: How a picture begins; nobody here looks further.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def needs(package: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{package} is not installed: pip install 'tweetdesk[clients]'")


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    """A served sandbox in which nothing happens by itself: the line that it prints."""
    with subprocess.Popen(SERVE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


class Toot:
    """The command `toot` with a configuration of its own, logged in as our account."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(folder), "NO_COLOR": "1", "PYTHONWARNINGS": ""}

    def __call__(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "toot", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=self.environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def asking(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-u", "-m", "toot", *arguments]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=self.environment, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def log_in(self) -> str:
        """Goes through the login in a browser, without one; what toot says at the end."""
        with self.asking("login", "--instance", self.url) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            address = next(line.strip() for line in process.stdout if "/oauth/authorize" in line)
            given = dict(parse_qsl(urlsplit(address).query))
            assert "Authorize</button>" in httpx.get(address).text
            page = httpx.post(f"{self.url}/oauth/authorize", data=given).text
            code = re.search(r"oauth-code>([^<]+)<", page)
            assert code is not None, page
            process.stdin.write(f"n\n{code[1]}\n")
            process.stdin.flush()
            return process.stdout.read()


@pytest.fixture(scope="module")
def toot(served: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Toot:
    client = Toot(served["url"], tmp_path_factory.mktemp("toot"))
    assert "Successfully logged in" in client.log_in()
    return client


@needs("toot")
def test_toot_logs_in_and_knows_who_it_is(toot: Toot) -> None:
    assert "ada@social.example.com" in toot("auth")
    assert "Ada Winter" in toot("whoami")
    assert "The sandbox" in toot("instance")


@needs("toot")
def test_toot_reads_timelines(toot: Toot) -> None:
    home = json.loads(toot("timelines", "home", "--limit", "5", "--json"))
    assert len(home) == 5
    assert home[0]["account"]["acct"] in toot("timelines", "home", "--no-pager", "--limit", "5")
    assert "#help" in toot("timelines", "tag", "--no-pager", "help", "--limit", "3")
    assert "@" in toot("timelines", "public", "--no-pager", "--limit", "3")


@needs("toot")
def test_toot_posts_and_replies(toot: Toot, served: dict[str, Any]) -> None:
    made = json.loads(toot("post", "--json", "Hello from another client. #help"))
    answer = json.loads(toot("post", "--json", "--reply-to", made["id"], "And an answer to myself."))
    assert answer["in_reply_to_id"] == made["id"]
    thread = toot("thread", made["id"])
    assert "Hello from another client." in thread
    assert "And an answer to myself." in thread
    toot("favourite", made["id"])
    toot("bookmark", made["id"])
    assert "Hello from another client." in toot("bookmarks")
    assert json.loads(toot("status", "--json", made["id"]))["favourited"] is True
    toot("delete", answer["id"])
    assert "And an answer to myself." not in toot("thread", made["id"])


@needs("toot")
def test_toot_sends_a_picture(toot: Toot, tmp_path: Path) -> None:
    path = tmp_path / "garden.png"
    path.write_bytes(PNG)
    made = json.loads(toot("post", "--json", "--media", str(path), "--description", "a garden", "Look."))
    assert [(one["type"], one["description"]) for one in made["media_attachments"]] == [("image", "a garden")]


@needs("toot")
def test_toot_shows_notifications(toot: Toot, served: dict[str, Any]) -> None:
    post = {"handle": "tom.example.com", "text": "@ada.example.com does this arrive in the other client?"}
    httpx.post(f"{served['url']}/_sandbox/mastodon/post", json=post).raise_for_status()
    shown = toot("notifications")
    assert "does this arrive in the other client?" in " ".join(shown.split())
    assert "tom@photos.example.net" in shown


@needs("toot")
def test_toot_finds_and_follows_people(toot: Toot) -> None:
    assert "tom@photos.example.net" in toot("search", "tom")
    assert "✓" in toot("mute", "tom@photos.example.net")
    assert "tom@photos.example.net" in toot("muted")
    toot("unmute", "tom@photos.example.net")
    assert "Terminals for everybody" in toot("lists", "list")


@needs("atproto")
def test_the_atproto_sdk_logs_in_posts_and_lists_notifications(served: dict[str, Any]) -> None:
    code = """
import json, sys
from atproto import Client
url, handle, password = sys.argv[1:]
client = Client(url)
profile = client.login(handle, password)
ref = client.send_post("Hello from the SDK. @tom.example.com")
post = client.get_post_thread(ref.uri).thread.post
notices = client.app.bsky.notification.list_notifications({"limit": 30}).notifications
timeline = client.get_timeline(limit=5).feed
print(json.dumps([profile.handle, post.record.text, len(notices), {n.reason for n in notices} >= {"mention"},
    len(timeline)]))
"""
    account = served["networks"]["bluesky"]
    command = [sys.executable, "-W", "ignore", "-c", code, served["url"], account["handle"], account["password"]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    handle, text, notices, mentioned, posts = json.loads(done.stdout)
    assert (handle, text, posts) == (account["handle"], "Hello from the SDK. @tom.example.com", 5)
    assert notices >= 10
    assert mentioned


@needs("atproto")
def test_the_atproto_sdk_sends_a_picture(served: dict[str, Any]) -> None:
    code = """
import json, sys
from atproto import Client
url, handle, password, picture = sys.argv[1:]
client = Client(url)
client.login(handle, password)
ref = client.send_image("Look.", bytes.fromhex(picture), "a garden")
(image,) = client.get_post_thread(ref.uri).thread.post.embed.images
print(json.dumps([image.alt, image.fullsize]))
"""
    account = served["networks"]["bluesky"]
    given = [served["url"], account["handle"], account["password"], PNG.hex()]
    command = [sys.executable, "-W", "ignore", "-c", code, *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    alt, address = json.loads(done.stdout)
    assert (alt, address.startswith("https://")) == ("a garden", True)
