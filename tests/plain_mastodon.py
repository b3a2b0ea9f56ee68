"""The other people of the live tests on Mastodon-API servers: a client on the standard library alone.

It shares no code with tweetdesk, so that both cannot misread the protocol in the same way.
"""

from __future__ import annotations

import json
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html import unescape
from typing import Any

Json = dict[str, Any]


class PlainError(Exception):
    """The server said no: `status`, and its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


def call(server: str, verb: str, path: str, given: Json | None = None, token: str = "") -> Any:
    """One call by HTTP: a query for GET, a JSON body else; the JSON of the answer. Raises PlainError."""
    url, body, headers = f"{server}{path}", None, {"accept": "application/json"}
    if verb == "GET" and given:
        url += "?" + urllib.parse.urlencode(given, doseq=True)
    elif given is not None:
        body = json.dumps(given).encode()
        headers["content-type"] = "application/json"
    if token:
        headers["authorization"] = f"Bearer {token}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=verb), timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            raise PlainError(error.code, error.read().decode(errors="replace")[:300]) from None


def plain(html: str) -> str:
    """The text of a status without its tags, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@dataclass
class Person:
    """Somebody on a server, with a token that may do everything."""

    server: str
    handle: str
    token: str
    id: str = ""

    def log_in(self) -> Person:
        """Learn one's own id. Raises PlainError."""
        found = self.get("/api/v1/accounts/verify_credentials")
        self.id, self.handle = found["id"], found["acct"]
        return self

    def get(self, path: str, **given: Any) -> Any:
        """Ask something. Raises PlainError."""
        return call(self.server, "GET", path, given, self.token)

    def do(self, path: str, verb: str = "POST", **given: Any) -> Any:
        """Do something. Raises PlainError."""
        return call(self.server, verb, path, given, self.token)

    def post(self, text: str, **more: Any) -> Json:
        """Write a status; `more` are the API's own parameters. Raises PlainError."""
        made: Json = self.do("/api/v1/statuses", status=text, **more)
        return made

    def statuses(self) -> list[Json]:
        """One's own newest statuses, answers included."""
        found: list[Json] = self.get(f"/api/v1/accounts/{self.id}/statuses", limit=40)
        return found

    def replies(self, status: Json) -> list[Json]:
        """The direct answers to a status."""
        below = self.get(f"/api/v1/statuses/{status['id']}/context")["descendants"]
        return [one for one in below if one["in_reply_to_id"] == status["id"]]

    def seen(self, status: Json) -> Json:
        """A status as the server shows it to this person now."""
        found: Json = self.get(f"/api/v1/statuses/{status['id']}")
        return found

    def relationship(self, other: Person) -> Json:
        """What there is between oneself and another person."""
        found: list[Json] = self.get("/api/v1/accounts/relationships", **{"id[]": other.id})
        return found[0]


def new_person(server: str, name: str) -> Person | None:
    """A fresh account, or None where the server does not give them out to tests (mastodon-mock does)."""
    try:
        made = call(server, "POST", "/api/v1/_mock/dev_user", {"username": f"{name}{secrets.token_hex(3)}"})
    except PlainError:
        return None
    return Person(server, made["username"], made["access_token"]).log_in()
