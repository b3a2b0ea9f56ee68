"""A session with Bluesky: asks with the account's tokens, renews them, and turns refusals into sentences.

Sources: lexicons com.atproto.server.createSession, refreshSession, deleteSession, getSession; AT Protocol, XRPC.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import (
    LoginNeeded,
    NetworkError,
    NotThere,
    RateLimited,
    Refused,
    SecretPlace,
    ServerTrouble,
)
from tweetdesk.networks.bluesky_records import Json, Unreadable, entry, inner, members, words
from tweetdesk.networks.http import Answer, Clock, Http, Params, Sleep, Transport, Upload, is_loopback, utc_now
from tweetdesk.networks.http_limits import wait_in

#: What a user can do about a session that is gone.
LOG_IN = "Log in again with: tweetdesk login bluesky"
#: How long to wait after 429 where the server does not say (seconds).
_USUAL_WAIT = 60

_GONE = ("NotFound", "RecordNotFound", "RepoNotFound", "ProfileNotFound", "AccountNotFound")
_GONE_TEXTS = ("not found", "could not locate", "could not find")
_ACCOUNT_STATES = {
    "AccountTakedown": "This account has been taken down by its server: nothing can be done with it from here.",
    "AccountSuspended": "This account is suspended by its server: nothing can be done with it from here.",
    "AccountDeactivated": "This account is deactivated: activate it in the official app first.",
}
_SAID_NO = {
    "BlockedActor": "You have blocked this person.",
    "BlockedByActor": "This person has blocked you.",
    "BlobTooLarge": "The server takes nothing so large: choose a smaller picture.",
}


class Session:
    """The requests of one account. Every method raises NetworkError."""

    def __init__(
        self,
        account: Account,
        secrets: SecretPlace,
        *,
        transport: Transport | None,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.account, self.clock = account, clock
        self._secrets, self._transport, self._sleep = secrets, transport, sleep
        self._secret: dict[str, Any] = {}
        self._unsaved = False
        self._lock = asyncio.Lock()
        self._http = self._client(account.server)
        self._left: list[Http] = []  # clients of a server that the account has moved away from

    @property
    def did(self) -> str:
        """The account's own permanent id."""
        return self.account.user_id

    @property
    def http(self) -> Http:
        """The client for the account's server, for its rate limit."""
        return self._http

    async def get(self, method: str, params: Params = (), *, service: str = "") -> bytes:
        """Ask a query (an NSID), by way of the account's server to `service` where one is named; the body."""
        return await self._ask("GET", method, params=params, service=service)

    async def post(self, method: str, body: Json | None, *, service: str = "") -> bytes:
        """Call a procedure (an NSID); the body of the answer."""
        return await self._ask("POST", method, body=body, service=service)

    async def upload(self, method: str, file: Upload) -> bytes:
        """Call a procedure that takes bytes; the body of the answer."""
        return await self._ask("POST", method, upload=file)

    async def _ask(
        self,
        verb: str,
        method: str,
        *,
        params: Params = (),
        body: Json | None = None,
        upload: Upload | None = None,
        service: str = "",
    ) -> bytes:
        for attempt in (1, 2):
            token = await self._token()
            headers = {"authorization": f"Bearer {token}"}
            if service:
                headers["atproto-proxy"] = service
            answer = await self._http.call(
                verb, f"/xrpc/{method}", params=params, json=body, upload=upload, headers=headers,
                retry=verb == "GET",
            )  # fmt: skip
            if answer.ok:
                return answer.body
            if attempt == 2 or not _wants_a_new_token(answer):
                break
            await self._renew(token)
        raise refusal(answer, self._http.base_url, self.clock)

    async def log_out(self) -> None:
        """End the session on the server, if it can be reached; the saved session is for the caller to delete."""
        try:
            token = words(self._secret or await self._secrets.read(), "refreshJwt")
            if token:
                headers = {"authorization": f"Bearer {token}"}
                await self._http.call("POST", "/xrpc/com.atproto.server.deleteSession", headers=headers)
        except NetworkError:
            return  # the session ends by itself; logging out must work offline

    async def close(self) -> None:
        """Let go of connections."""
        for http in (self._http, *self._left):
            await http.close()

    # --- tokens --------------------------------------------------------------------------------------------------

    async def _token(self) -> str:
        token = words(self._secret, "accessJwt")
        if token and not self._unsaved:
            return token
        async with self._lock:
            await self._load()
            if self._unsaved:
                await self._save()
            return words(self._secret, "accessJwt")

    async def _load(self) -> None:
        """The session as it was saved, or a fresh one where only a password is kept."""
        if words(self._secret, "accessJwt"):
            return
        saved = await self._secrets.read()
        if saved is None:
            raise LoginNeeded(f"{self.account.handle} is not logged in. {LOG_IN}")
        self._use(saved)
        if not words(self._secret, "accessJwt"):
            await self._log_in_afresh()

    async def _renew(self, spent: str) -> None:
        """New tokens in place of a spent one; only the first of several callers asks for them."""
        async with self._lock:
            if words(self._secret, "accessJwt") != spent:
                return
            saved = await self._secrets.read() or {}
            if words(saved, "accessJwt") not in ("", spent):  # another process has renewed it
                self._use(saved)
                return
            headers = {"authorization": f"Bearer {words(self._secret, 'refreshJwt')}"}
            answer = await self._http.call("POST", "/xrpc/com.atproto.server.refreshSession", headers=headers)
            if answer.ok:
                await self._adopt(session_in(answer, self._http.base_url, self._secret))
            elif answer.status in (400, 401, 403) and words(_error(answer), "error"):
                await self._log_in_afresh(_error(answer))
            else:
                raise refusal(answer, self._http.base_url, self.clock)

    async def _log_in_afresh(self, said: Json | None = None) -> None:
        password = words(self._secret, "password")
        if words(said, "error") in _ACCOUNT_STATES:
            raise LoginNeeded(_ACCOUNT_STATES[words(said, "error")])
        if not password:
            raise LoginNeeded(f"The session of {self.account.handle} has ended. {LOG_IN}")
        http = self._client(self.account.server)
        try:
            fresh = await create_session(http, self.account.user_id, password, self.clock)
        finally:
            await http.close()
        await self._adopt(fresh)

    async def _adopt(self, fresh: Mapping[str, Any]) -> None:
        """Take new tokens: kept first, then used. What could not be saved is saved before the next request."""
        self._use(fresh)
        await self._save()

    async def _save(self) -> None:
        self._unsaved = True
        await self._secrets.write({name: value for name, value in self._secret.items() if name != "password"})
        self._unsaved = False

    def _use(self, secret: Mapping[str, Any]) -> None:
        self._secret = {**self._secret, **secret}
        server = words(self._secret, "pds") or self.account.server
        if server.rstrip("/") != self._http.base_url:
            self._left.append(self._http)
            self._http = self._client(server)

    def _client(self, server: str) -> Http:
        return Http(server, transport=self._transport, clock=self.clock, sleep=self._sleep)


# --- making sessions ---------------------------------------------------------------------------------------------


async def create_session(http: Http, identifier: str, password: str, clock: Clock) -> dict[str, Any]:
    """A fresh session as the mapping that is kept: accessJwt, refreshJwt, did, handle, pds.

    Raises LoginNeeded (wrong password, second factor), NotThere (unknown handle), Refused (account taken down),
    RateLimited, ServerTrouble (also: not a server of the AT Protocol), Unreachable.
    """
    body = {"identifier": identifier, "password": password}
    answer = await http.call("POST", "/xrpc/com.atproto.server.createSession", json=body)
    if answer.ok:
        return session_in(answer, http.base_url, {})
    said = _error(answer)
    error = words(said, "error")
    if error == "AuthFactorTokenRequired":
        raise LoginNeeded(
            "This account asks for a second factor. Make an app password (official app: Settings, Privacy and "
            "security, App passwords) and log in with that."
        )
    if error in _ACCOUNT_STATES:
        raise Refused(_ACCOUNT_STATES[error], error)
    if not error and 300 <= answer.status < 500 and answer.status != 429:
        raise _stranger(http.base_url)
    if answer.status == 401 or error == "AuthenticationRequired":
        raise await _wrong(http, identifier)
    raise refusal(answer, http.base_url, clock)


async def _wrong(http: Http, identifier: str) -> NetworkError:
    """Wrong password or unknown handle: the server says the same for both, so it is asked for the handle."""
    host = urlsplit(http.base_url).netloc
    if "@" not in identifier and not identifier.startswith("did:"):
        try:
            params = [("handle", identifier)]
            found = await http.call("GET", "/xrpc/com.atproto.identity.resolveHandle", params=params)
        except NetworkError:
            found = None
        if found is not None and found.status == 400:
            return NotThere(f"{host} knows nobody called {identifier}: check the handle, or name the --server.")
    return LoginNeeded(
        f"The password for {identifier} is wrong. Use an app password (official app: Settings, Privacy and "
        "security, App passwords)."
    )


def session_in(answer: Answer, server: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """The session in an answer of createSession or refreshSession. Raises ServerTrouble, Refused."""
    try:
        body = entry(answer.body)
    except Unreadable:
        raise _stranger(server) from None
    session = {name: words(body, name) for name in ("accessJwt", "refreshJwt", "did", "handle")}
    if not (session["accessJwt"] and session["refreshJwt"] and session["did"].startswith("did:")):
        raise _stranger(server)
    status = words(body, "status")
    if body.get("active") is False:
        state = {"takendown": "AccountTakedown", "suspended": "AccountSuspended"}.get(status, "AccountDeactivated")
        raise Refused(_ACCOUNT_STATES[state], state)
    session["pds"] = _pds(inner(body, "didDoc")) or words(before, "pds") or server
    return session


def _pds(document: Json) -> str:
    """The account's own server, as its DID document names it; "" where it names none that can be trusted."""
    for service in members(document, "service"):
        if words(service, "id").endswith("#atproto_pds"):
            url = words(service, "serviceEndpoint")
            parts = urlsplit(url)
            host = parts.hostname or ""
            if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
                return url.rstrip("/")
    return ""


def _stranger(server: str) -> ServerTrouble:
    host = urlsplit(server).netloc
    return ServerTrouble(f"{host} answers, but not as a Bluesky (AT Protocol) server does: check the address.")


# --- refusals ----------------------------------------------------------------------------------------------------


def _error(answer: Answer) -> Json:
    """The error object of an answer, empty where there is none."""
    try:
        return entry(answer.body)
    except Unreadable:
        return {}


def _wants_a_new_token(answer: Answer) -> bool:
    """Whether the access token is spent: said as 400 ExpiredToken (or 401) by the servers of the network."""
    said = _error(answer)
    error, text = words(said, "error"), words(said, "message")
    return error == "ExpiredToken" or (error == "InvalidToken" and not _lacks_right(text)) or answer.status == 401


def _lacks_right(text: str) -> bool:
    return text.startswith(("Bad token method", "Bad token scope"))


def refusal(answer: Answer, server: str, clock: Clock) -> NetworkError:
    """The error for an answer that is not 2xx."""
    host = urlsplit(server).netloc
    said = _error(answer)
    error, text = words(said, "error"), words(said, "message")
    told = f' ("{text}")' if text else ""
    if answer.status == 429:
        now = clock()
        until = wait_in(answer.headers, now) or now + timedelta(seconds=_USUAL_WAIT)
        return RateLimited(f"{host} wants us to wait: too many requests.", max(until, now + timedelta(seconds=1)))
    if error in _ACCOUNT_STATES:
        return Refused(_ACCOUNT_STATES[error], error)
    if _lacks_right(text):
        return Refused("This app password may not do that: make one with the right to it.", error)
    if answer.status == 401 or error in ("ExpiredToken", "InvalidToken"):
        return LoginNeeded(f"{host} does not know this session any more{told}. {LOG_IN}")
    if answer.status == 501:
        return Refused(f"{host} cannot do that{told}.", error or "MethodNotImplemented")
    if answer.status == 413:
        return Refused(f"{host} takes nothing so large: choose a smaller picture.", error or "BlobTooLarge")
    if answer.status >= 500:
        return ServerTrouble(f"{host} is in trouble (error {answer.status}); it will be asked again later.")
    if not 400 <= answer.status < 500 or not error:
        return _stranger(server)
    if error in _SAID_NO:
        return Refused(_SAID_NO[error], error)
    if error in _GONE or any(part in text.lower() for part in _GONE_TEXTS):
        return NotThere("It does not exist (any more).", error)
    return Refused(f"Bluesky says no: {text or error}", error)
