"""The requests of one Mastodon account: its token, what its server can do, and refusals turned into sentences.

Sources: Mastodon documentation, "Guidelines", "Rate limits", "OAuth scopes", entity Error; recorded answers of
Mastodon and GoToSocial.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import (
    LoginNeeded,
    NetworkError,
    NotPermitted,
    NotThere,
    RateLimited,
    Refused,
    SecretPlace,
    ServerTrouble,
)
from tweetdesk.networks.http import Answer, Clock, Http, Params, Sleep, Transport, Upload, utc_now
from tweetdesk.networks.http_limits import moment_in, wait_in
from tweetdesk.networks.json_values import Json, Unreadable, decode, entry, inner, noted, words
from tweetdesk.networks.mastodon_instance import Instance, instance_in
from tweetdesk.networks.mastodon_records import Place, moment
from tweetdesk.networks.server_address import shown
from tweetdesk.networks.shelf import EmptyShelf, Shelf

#: How long to wait after 429 where the server does not say; how long its description is good for.
_USUAL_WAIT, _GOOD_FOR = timedelta(minutes=5), timedelta(days=1)
#: After so long a server that did not describe itself is asked to again.
_ASK_AGAIN = timedelta(minutes=10)
#: Refusals in the words of these servers' own English that are about our app's scopes.
_SCOPE_WORDS = ("outside the authorized scopes", "insufficient scope", "insufficient_scope")
#: A server's own words are shown up to so many characters.
_LONGEST_REASON = 300


class Session:
    """The requests of one account. Every method that asks raises NetworkError."""

    def __init__(
        self,
        account: Account,
        secrets: SecretPlace,
        *,
        transport: Transport | None,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        shelf: Shelf | None = None,
    ) -> None:
        self.account, self.clock, self.sleep = account, clock, sleep
        self.shelf: Shelf = shelf or EmptyShelf()
        self.http = Http(account.server, transport=transport, clock=clock, sleep=sleep)
        #: What stands in for the line, in tests and in the demo.
        self.transport = transport
        host = urlsplit(account.server).netloc
        self.place = Place(host, account.handle.partition("@")[2] or host, account.user_id)
        #: What the server can do, as far as it was asked.
        self.instance = Instance(mastodon=False)
        #: How far the server's clock is ahead of ours.
        self.ahead = timedelta()
        self._secrets = secrets
        self._secret: Mapping[str, Any] = {}
        self._learnt: datetime | None = None
        self._lock = asyncio.Lock()

    @property
    def host(self) -> str:
        """The server, as it is called in sentences and in references."""
        return self.place.host

    # --- requests ------------------------------------------------------------------------------------------------

    async def get(self, path: str, params: Params = (), *, scope: str = "read") -> Answer:
        """A read; `scope` is the permission that it needs."""
        return await self._ask("GET", path, scope, params=params)

    async def send(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """A write, asked once; the body of the answer."""
        return (await self._ask(method, path, scope, body=body, headers=headers)).body

    async def upload(self, path: str, file: Upload, *, scope: str) -> Answer:
        """A file, sent once."""
        return await self._ask("POST", path, scope, upload=file)

    async def _ask(
        self,
        method: str,
        path: str,
        scope: str,
        *,
        params: Params = (),
        body: Json | None = None,
        upload: Upload | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        for attempt in (1, 2):
            token = await self.token()
            sent = {"authorization": f"Bearer {token}", **(headers or {})}
            answer = await self.http.call(
                method, path, params=params, json=body, upload=upload, headers=sent, retry=method == "GET"
            )
            self._compare_clocks(answer)
            if answer.ok:
                return answer
            if answer.status != 401 or attempt == 2 or not await self._other_token(token):
                break
        raise refusal(answer, self.account, self.clock(), scope, words(self._secret, "scope"))

    def _compare_clocks(self, answer: Answer) -> None:
        theirs = moment_in(answer.headers.get("date", ""), now := self.clock())
        if theirs is not None:
            self.ahead = theirs - now

    async def token(self) -> str:
        """The access token. Raises LoginNeeded where there is none, or where the account's id is not `scoped`."""
        if not words(self._secret, "access_token"):
            self._secret = await self._secrets.read() or {}
        if not (token := words(self._secret, "access_token")) or not self.place.own_id:
            raise LoginNeeded(f"{self.account.handle} is not logged in. {log_in_again(self.account)}")
        return token

    async def _other_token(self, refused: str) -> bool:
        """Whether another process has logged in meanwhile."""
        self._secret = await self._secrets.read() or {}
        return words(self._secret, "access_token") not in ("", refused)

    async def close(self) -> None:
        """Let go of connections."""
        await self.http.close()

    # --- what the server can do ----------------------------------------------------------------------------------

    async def learn(self) -> Instance:
        """What the server can do: asked once a day, remembered over restarts. Raises NetworkError."""
        async with self._lock:
            now = self.clock()
            if self._learnt is None:
                await self._recall()
            if self._learnt is None or not now - _GOOD_FOR < self._learnt <= now:
                try:
                    self.instance = instance_in(await self._description(), await self._preferences())
                except (Refused, ServerTrouble):  # the rest may work without it
                    self._learnt = now - _GOOD_FOR + _ASK_AGAIN
                    return self.instance
                self._learnt = now
                note = {"at": now.isoformat(), "instance": asdict(self.instance)}
                await self.shelf.set_note("instance", json.dumps(note))
            return self.instance

    async def _recall(self) -> None:
        note = noted(await self.shelf.note("instance"))
        known, at = Instance.from_note(inner(note, "instance")), moment(note.get("at"))
        if known is not None and at is not None:
            self.instance, self._learnt = known, at

    async def _description(self) -> Json:
        try:
            answer = await self.get("/api/v2/instance")
        except Refused:
            answer = await self.get("/api/v1/instance")
        return decode(answer.body, dict[str, Any])

    async def _preferences(self) -> Json:
        try:
            return decode((await self.get("/api/v1/preferences", scope="read:accounts")).body, dict[str, Any])
        except (Refused, ServerTrouble):
            return {}  # not every server has them, nor every app the right to them


# --- refusals ----------------------------------------------------------------------------------------------------


def log_in_again(account: Account) -> str:
    """What a user can do about a login that is gone."""
    return f"Log in again with: tweetdesk login mastodon --server {urlsplit(account.server).netloc}"


def login_gone(account: Account, told: str = "") -> LoginNeeded:
    """The error for a token that the server does not know (any more); `told` are its own words."""
    host = urlsplit(account.server).netloc
    return LoginNeeded(f"{host} does not know this login any more{told}. {log_in_again(account)}")


def too_many(answer: Answer, host: str, now: datetime) -> RateLimited:
    """The error for status 429."""
    until = wait_in(answer.headers, now) or now + _USUAL_WAIT
    return RateLimited(f"{host} wants us to wait: too many requests.", max(until, now + timedelta(seconds=1)))


def refusal(answer: Answer, account: Account, now: datetime, scope: str, granted: str) -> NetworkError:
    """The error for an answer that is not 2xx; `scope` is the permission needed, `granted` are those we have."""
    host, reason = urlsplit(account.server).netloc, _reason(answer)
    told = f" (“{reason}”)" if reason else ""
    status = answer.status
    if status == 429:
        return too_many(answer, host, now)
    if status == 401:
        return login_gone(account, told)
    if status == 403 and _lacks(scope, granted, reason):
        again = log_in_again(account)
        return NotPermitted(f"{host} did not grant this app the permission {scope!r}{told}. {again}", "403")
    if status == 413:
        return Refused(f"{host} takes nothing so large{told}: choose a smaller picture.", str(status))
    if status in (404, 410):
        return NotThere("It does not exist (any more).", str(status))
    if status >= 500:
        return ServerTrouble(f"{host} is in trouble (error {status}); it will be asked again later.")
    if 400 <= status < 500 and reason:
        return Refused(f"{host} says no: “{reason}”.", str(status))
    if status in (403, 405, 501):
        return Refused(f"{host} does not allow that (error {status}).", str(status))
    return ServerTrouble(f"{host} answers, but not as a Mastodon server does (error {status}): check the address.")


def _reason(answer: Answer) -> str:
    """The server's own words, in whichever language."""
    try:
        said = entry(answer.body)
    except Unreadable:
        return ""
    return shown(words(said, "error_description") or words(said, "error"), _LONGEST_REASON).rstrip(".")


def _lacks(scope: str, granted: str, reason: str) -> bool:
    """Whether a 403 is about a permission of our app: by the server's words, or because it was never granted."""
    if any(part in reason.lower() for part in _SCOPE_WORDS):
        return True
    have = granted.split()
    return bool(have) and scope not in have and scope.partition(":")[0] not in have
