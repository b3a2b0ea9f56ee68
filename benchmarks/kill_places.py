"""Where replies are killed: a server of each network, somebody who is mentioned there, and what they answered."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections import Counter
from typing import Any, Protocol

from live_servers import Server
from plain_bluesky import until
from program import Profile, Sandbox

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.credentials import FilePlace
from tweetdesk.store.accounts import AccountsFile

#: The person of the sandbox who is mentioned, new in each run, and one who mentions them.
DESK, FRIEND = "desk.example.com", "tom.example.com"


class Place(Protocol):
    """A server, and two people on it."""

    name: str

    def log_in(self, profile: Profile) -> None:
        """Give the user of a profile their account."""

    def mention(self, count: int) -> None:
        """Let the user be mentioned so many times."""

    def answers(self) -> Counter[str]:
        """How often the user has answered each post, by the post's id, as the server has it."""

    def close(self) -> None:
        """End what was started for it."""


class BlueskyServer:
    """A real PDS with its AppView."""

    name = "a real Bluesky network"

    def __init__(self, server: Server) -> None:
        self.server = server
        self.me, self.friend = server.person("desk"), server.person("friend")

    def log_in(self, profile: Profile) -> None:
        """By app password."""
        done = profile.log_in(self.server.url, self.me.handle, self.me.password)
        if done.returncode != 0:
            raise SystemExit(done.stderr)

    def mention(self, count: int) -> None:
        """Posts, and the wait until the AppView tells of them."""
        for number in range(count):
            self.friend.post(f"question {number} for @{self.me.handle}", (self.me,))
        until(lambda: self._noticed() >= count, 60, "the network tells of the mentions")

    def _noticed(self) -> int:
        return len(self.me.get("app.bsky.notification.listNotifications", limit=100)["notifications"])

    def answers(self) -> Counter[str]:
        """From the repository itself."""
        found = self.me.records("app.bsky.feed.post")
        return Counter(one["value"]["reply"]["parent"]["uri"] for one in found if "reply" in one["value"])

    def close(self) -> None:
        """The server stays."""


class MastodonServer:
    """A real server of the Mastodon API."""

    name = "mastodon-mock"

    def __init__(self, server: Server) -> None:
        self.server = server
        self.me, self.friend = server.person("desk"), server.person("friend")

    def log_in(self, profile: Profile) -> None:
        """By a token."""
        done = profile.log_in_with_token("mastodon", self.server.url, self.me.token)
        if done.returncode != 0:
            raise SystemExit(done.stderr)

    def mention(self, count: int) -> None:
        """Statuses."""
        for number in range(count):
            self.friend.post(f"@{self.me.handle} question {number}")

    def answers(self) -> Counter[str]:
        """From the user's own statuses, page by page."""
        found: Counter[str] = Counter()
        last: dict[str, str] = {}
        while page := self.me.get(f"/api/v1/accounts/{self.me.id}/statuses", limit=40, **last):
            found.update(one["in_reply_to_id"] for one in page if one["in_reply_to_id"])
            last = {"max_id": page[-1]["id"]}
        return found

    def close(self) -> None:
        """The server stays."""


class SandboxFace:
    """A network of the sandbox, served by a process of its own; `extra` are arguments of `sandbox serve`."""

    def __init__(self, network: str, *extra: str) -> None:
        self.network = network
        self.name = " ".join(["sandbox", network, *extra])
        self.sandbox = Sandbox(*extra)
        # So many starts in so short a time would use up any limit, and wait for its end.
        self.sandbox.ask(f"{network}/limit", requests=10_000_000)
        self.sandbox.ask(f"{network}/person", handle=DESK, name="Desk", bio="")
        self.token = f"sandbox-{network}-{DESK}"
        self.me = self._get("/api/v1/accounts/verify_credentials" if network == "mastodon" else "/2/users/me")
        self.me = self.me.get("data", self.me)

    def log_in(self, profile: Profile, url: str = "") -> None:
        """By a token, at another address of the server where one is given."""
        url = url or self.sandbox.url
        if self.network == "mastodon":
            done = profile.log_in_with_token("mastodon", url, self.token)
            if done.returncode != 0:
                raise SystemExit(done.stderr)
            return
        folder = profile.folder("layouts")
        account = Account(self.network, self.me["id"], self.me["username"], url, secrets="file")
        AccountsFile(folder).save(account)
        secret: dict[str, Any] = {"access_token": self.token, "client_id": "", "client_secret": "", "scope": ""}
        secret |= {"kind": "oauth2", "refresh_token": "", "expires_at": 4102444800.0}
        asyncio.run(FilePlace(account.id, folder).write(secret))

    def mention(self, count: int) -> None:
        """Posts of somebody else."""
        for number in range(count):
            self.sandbox.ask(f"{self.network}/post", handle=FRIEND, text=f"question {number} for @{DESK}")

    def answers(self) -> Counter[str]:
        """From the user's own posts."""
        if self.network == "x":
            asked = f"/2/users/{self.me['id']}/tweets?max_results=100&tweet.fields=referenced_tweets"
            found = self._get(asked).get("data", [])
            return Counter(one["referenced_tweets"][0]["id"] for one in found if "referenced_tweets" in one)
        answered: Counter[str] = Counter()
        path = f"/api/v1/accounts/{self.me['id']}/statuses?limit=40"
        last = ""
        while page := self._get(path + last):
            answered.update(one["in_reply_to_id"] for one in page if one["in_reply_to_id"])
            last = f"&max_id={page[-1]['id']}"
        return answered

    def _get(self, path: str) -> Any:
        headers = {"authorization": f"Bearer {self.token}"}
        with urllib.request.urlopen(
            urllib.request.Request(self.sandbox.url + path, headers=headers), timeout=30
        ) as answer:
            return json.loads(answer.read())

    def close(self) -> None:
        """End the process."""
        self.sandbox.close()
