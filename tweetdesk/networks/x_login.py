"""The login to X with an app of one's own: OAuth 2.0 with PKCE, or the four static tokens of OAuth 1.0a.

Sources: docs.x.com (fundamentals/authentication: OAuth 2.0 authorization code flow with PKCE, OAuth 1.0a), the X
API's OpenAPI document 2.167 (scopes, GET /2/users/me).
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import (
    Login,
    LoginNeeded,
    NetworkError,
    NotPermitted,
    OutOfMoney,
    RateLimited,
    Refused,
    ServerTrouble,
)
from tweetdesk.networks.http import Answer, Clock, Http, Transport, utc_now
from tweetdesk.networks.http_limits import wait_in
from tweetdesk.networks.oauth import Proof, authorization_address, fresh_proof, sign
from tweetdesk.networks.oauth_answers import object_in, text_of, token_in
from tweetdesk.networks.server_address import server_address as tidied
from tweetdesk.networks.server_address import shown

USUAL_SERVER, AUTHORIZE = "https://api.x.com", "https://x.com/i/oauth2/authorize"
#: The port of the redirect address: X wants the very address that stands in the app's settings.
PORT = 8742
#: What the app may do: posts and one's own name, posting, pictures, hiding replies, direct messages, mutes, lists
#: and bookmarks; offline.access gives the refresh token without which the login would end after two hours.
SCOPES = (
    "tweet.read users.read tweet.write media.write tweet.moderate.write offline.access dm.read dm.write "
    "mute.read mute.write block.read list.read bookmark.read bookmark.write"
)
#: How long a code lives at X (seconds).
CODE_SECONDS = 30
#: The fields of a session with four static tokens.
STATIC = ("consumer_key", "consumer_secret", "token", "token_secret")

#: A signed request is refused when its time is off by about five minutes; less is told as well (seconds).
_CLOCK_OFF = 60
_USUAL_WAIT = 60
_GRANT = (
    "in the developer console, set the app's permissions (User authentication settings) to Read and write and "
    "Direct message, make new tokens, and log in again."
)
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,50}\Z")


@dataclass(frozen=True, slots=True)
class App:
    """An app of X's developer console, and one login with it."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    redirect: str = f"http://127.0.0.1:{PORT}/callback"
    server: str = USUAL_SERVER
    proof: Proof = field(default_factory=fresh_proof, repr=False)
    transport: Transport | None = field(default=None, repr=False)
    clock: Clock = field(default=utc_now, repr=False)

    @property
    def address(self) -> str:
        """Where a person allows the app."""
        page = AUTHORIZE if self.server == USUAL_SERVER else f"{self.server}/i/oauth2/authorize"
        return authorization_address(page, self.client_id, self.redirect, SCOPES, self.proof)

    async def redeem(self, code: str) -> Login:
        """The login for a code. Raises Refused with code "invalid_grant" for one that is wrong or too old: another
        code of the same address can be tried. Raises the other NetworkErrors."""
        form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect),
            ("code_verifier", self.proof.verifier),
        ]
        http = Http(self.server, transport=self.transport, clock=self.clock)
        try:
            headers, form = client_proof(self.client_id, self.client_secret, form)
            answer = await http.call("POST", "/2/oauth2/token", form=form, headers=headers)
            if not answer.ok:
                raise _no_token(answer, self.client_secret, self.clock)
            secret = session_in(answer, self.client_id, self.client_secret, self.clock)
            headers = {"authorization": f"Bearer {secret['access_token']}"}
            answer = await http.call("GET", "/2/users/me", headers=headers)
            return Login(_account(answer, self.server, self.clock), secret, _missing(secret["scope"]))
        finally:
            await http.close()


def client_proof(
    client_id: str, client_secret: str, form: list[tuple[str, str]]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """How an app names itself at the token endpoint: a public client in the form, one with a secret by Basic."""
    if not client_secret:
        return {}, [*form, ("client_id", client_id)]
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}, form


def session_in(answer: Answer, client_id: str, client_secret: str, clock: Clock) -> dict[str, Any]:
    """The session to keep from an answer of the token endpoint, after a login and after a refresh alike.

    Raises ServerTrouble for an answer that makes no sense, NotPermitted where there is no refresh token.
    """
    body = object_in(answer)
    access, refresh = token_in(body), token_in(body, "refresh_token")
    if not access:
        raise ServerTrouble("X answers, but with no token: try again later.")
    if not refresh:
        raise NotPermitted(
            "X gave no refresh token, so that the login would end after two hours: the permission offline.access "
            "is missing. Begin again, and allow all that is asked for.",
            "offline.access",
        )
    seconds = text_of(body, "expires_in")
    lasts = int(seconds) if seconds.isascii() and seconds.isdigit() else 7200
    return {
        "kind": "oauth2",
        "client_id": client_id,
        "client_secret": client_secret,
        "access_token": access,
        "refresh_token": refresh,
        "expires_at": int(clock().timestamp()) + lasts,
        "scope": text_of(body, "scope"),
    }


async def log_in(
    client_id: str,
    code_for: Callable[[str], Awaitable[str]],
    *,
    server: str = USUAL_SERVER,
    client_secret: str = "",
    transport: Transport | None = None,
    clock: Clock = utc_now,
) -> Login:
    """The whole login with OAuth 2.0: `code_for` gets the address where the app is allowed, and gives the code."""
    app = App(client_id, client_secret, server=server, transport=transport, clock=clock)
    return await app.redeem(await code_for(app.address))


async def log_in_with_tokens(
    tokens: Mapping[str, str],
    *,
    server: str = USUAL_SERVER,
    transport: Transport | None = None,
    clock: Clock = utc_now,
) -> Login:
    """The login with the four static tokens (STATIC) of one's own app, checked by asking who that is.

    Raises Refused for tokens that are missing, LoginNeeded for wrong ones and for a clock that is off.
    """
    secret = {"kind": "oauth1", **{name: token_in({name: tokens.get(name, "").strip()}, name) for name in STATIC}}
    missing = [name.replace("_", " ") for name in STATIC if not secret[name]]
    if missing:
        raise Refused(f"Not given, or with spaces in it: {', '.join(missing)}.", "BadToken")
    now = clock()
    header = sign(
        "GET",
        f"{server}/2/users/me",
        (),
        **{name: secret[name] for name in STATIC},
        nonce=secrets.token_hex(16),
        timestamp=int(now.timestamp()),
    )
    http = Http(server, transport=transport, clock=clock)
    try:
        answer = await http.call("GET", "/2/users/me", headers={"authorization": header})
        if answer.status in (401, 403) and (off := clock_off(answer, now)):
            raise LoginNeeded(off)
        return Login(_account(answer, server, clock), secret, _lesser(answer))
    finally:
        await http.close()


async def revoke(
    server: str, secret: Mapping[str, Any], *, transport: Transport | None = None, clock: Clock = utc_now
) -> bool:
    """Take the tokens of OAuth 2.0 back at X; whether that worked. Static tokens are the user's to revoke."""
    token = text_of(secret, "refresh_token")
    if text_of(secret, "kind") != "oauth2" or not token:
        return False
    form = [("token", token), ("token_type_hint", "refresh_token")]
    headers, form = client_proof(text_of(secret, "client_id"), text_of(secret, "client_secret"), form)
    http = Http(server, transport=transport, clock=clock)
    try:
        return (await http.call("POST", "/2/oauth2/revoke", form=form, headers=headers)).ok
    except NetworkError:
        return False
    finally:
        await http.close()


def server_address(text: str) -> str:
    """The base URL of the API: X's own, or a server on this machine that stands in for it. Raises Refused."""
    if not text.strip():
        return USUAL_SERVER
    address = tidied(text, "http://127.0.0.1:8080", "a token")
    if address != USUAL_SERVER and urlsplit(address).scheme != "http":
        raise Refused("X has one server; another can only be one of this machine, named with http.", "BadServer")
    return address


def clock_off(answer: Answer, now: datetime) -> str:
    """The sentence for a clock that does not agree with the server's (its Date header); "" where it does."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError, IndexError):
        return ""
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    seconds = round((now - theirs).total_seconds())
    if abs(seconds) < _CLOCK_OFF:
        return ""
    words = "ahead of" if seconds > 0 else "behind"
    return (
        f"The clock of this machine is {_duration(abs(seconds))} {words} X's, and signed requests (OAuth 1.0a) "
        "are refused for that: set the clock right and try again."
    )


def _duration(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = seconds // size
            rest = f" {seconds % 60} s" if name == "minute" and seconds % 60 else ""
            return f"{count} {name}{'s' if count > 1 else ''}{rest}"
    return "0 seconds"


def _missing(scope: str) -> str:
    """The sentence about permissions that X did not give; "" where all are there."""
    given = scope.split()
    missing = [wanted for wanted in SCOPES.split() if wanted not in given]
    if not given or not missing:
        return ""
    return f"X did not give these permissions: {', '.join(missing)}. What needs them will be refused; {_GRANT}"


def _lesser(answer: Answer) -> str:
    """The sentence about static tokens that may do less than all, as X tells it in a header; "" otherwise."""
    level = shown(answer.headers.get("x-access-level", ""), 40)
    if not level or level == "read-write-directmessages":
        return ""
    return f"These tokens may do less than tweetdesk needs (“{level}”). What they may not do is refused; {_GRANT}"


# --- answers -----------------------------------------------------------------------------------------------------


def _account(answer: Answer, server: str, clock: Clock) -> Account:
    """The account in an answer of GET /2/users/me. Raises NetworkError."""
    if not answer.ok:
        raise _refusal(answer, clock)
    data = object_in(answer).get("data")
    user = data if isinstance(data, dict) else {}
    user_id, username = token_in(user, "id"), text_of(user, "username")
    if not user_id or not _USERNAME.match(username):
        raise ServerTrouble("X answers, but does not say whose account this is: try again later.")
    return Account("x", user_id, username, server)


def _no_token(answer: Answer, client_secret: str, clock: Clock) -> NetworkError:
    """The error for a refusal of the token endpoint."""
    body = object_in(answer)
    error, told = text_of(body, "error"), text_of(body, "error_description").lower()
    if error == "invalid_grant" or (error == "invalid_request" and "authorization code" in told):
        return Refused(
            f"X does not take this code: it is wrong, was used before, or is older than {CODE_SECONDS} seconds. "
            "Open the address again for another one.",
            "invalid_grant",
        )
    if error in ("unauthorized_client", "invalid_client") or answer.status == 401:
        if client_secret:
            return LoginNeeded("X does not know this client id with this client secret: copy both again.")
        return LoginNeeded(
            "X does not take this client id alone: either it is wrong, or the app is no Native App. Copy the "
            "OAuth 2.0 client id again (it is not the API key), or give the client secret as well."
        )
    return _refusal(answer, clock)


def _refusal(answer: Answer, clock: Clock) -> NetworkError:
    """The error for an answer of X that is not 2xx: problem+json, or the older list of errors."""
    body = object_in(answer)
    kind = text_of(body, "type").rpartition("/")[2]
    told = shown(text_of(body, "detail") or text_of(body, "error_description") or text_of(body, "title"), 200)
    if answer.status == 429:
        now = clock()
        until = wait_in(answer.headers, now) or now + timedelta(seconds=_USUAL_WAIT)
        return RateLimited("X wants us to wait: too many requests.", max(until, now + timedelta(seconds=1)))
    if answer.status == 402 or "spend-cap" in kind:
        return OutOfMoney(
            "X wants money first: the app has no credits left, or its spending limit is reached. Buy credits in "
            "the developer console (console.x.com), then log in."
        )
    if answer.status == 401:
        return LoginNeeded("X does not take these tokens: one of them is wrong, or was revoked. Copy them again.")
    if answer.status == 403 and ("permissions" in kind or "enrolled" in kind or "forbidden" in kind):
        return NotPermitted(
            f"X does not let this app ask: “{told or kind}”. In the developer console, see that the app belongs "
            "to a project, and that User authentication settings give it Read, write and direct messages; then "
            "make new tokens.",
            kind,
        )
    if answer.status >= 500:
        return ServerTrouble(f"X is in trouble (error {answer.status}): try again later.")
    if 400 <= answer.status < 500 and told:
        return Refused(f"X says no: “{told}”.", kind or text_of(body, "error"))
    return ServerTrouble("X answers with something that makes no sense: try again later.")
