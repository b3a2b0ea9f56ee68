"""The login to a server of the Mastodon API: the app is registered, a person allows it, the code becomes a token.

Sources: docs.joinmastodon.org (methods/apps, methods/oauth, api/oauth-scopes); recorded answers of GoToSocial.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import (
    Login,
    LoginNeeded,
    NetworkError,
    NotPermitted,
    Refused,
    ServerTrouble,
)
from tweetdesk.networks.http import Answer, Clock, Http, Transport, utc_now
from tweetdesk.networks.mastodon_records import scoped
from tweetdesk.networks.mastodon_session import too_many
from tweetdesk.networks.oauth import Proof, authorization_address, fresh_proof
from tweetdesk.networks.oauth_answers import object_in, text_of, token_in
from tweetdesk.networks.server_address import server_address as tidied
from tweetdesk.networks.server_address import shown, visible

#: The redirect address with which the server shows the code instead of sending the browser anywhere.
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
#: What the server calls the app when it asks the person.
NAME = "tweetdesk"
_WRITES = (
    "bookmarks", "blocks", "conversations", "favourites", "follows", "media", "mutes", "reports", "statuses",
)  # fmt: skip
#: What the app may do. `read` is whole: the columns need nearly all that it covers (posts, notifications, search,
#: lists, follows, mutes, blocks, bookmarks), and some servers give their stream for nothing less. Writing is named
#: piece by piece, so that the app can never change the profile, the password, filters or lists, nor administer;
#: `push` is left out, since nothing is ever sent to this program.
SCOPES = " ".join(["read", *(f"write:{what}" for what in _WRITES)])
#: For servers that know no pieces of `write`.
PLAIN_SCOPES = "read write"

_USERNAME = re.compile(r"[\w](?:[\w.-]{0,198}[\w])?\Z")
_DOMAIN = re.compile(r"[a-z0-9_.-]{1,253}(?::[0-9]{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class Registration:
    """The app as one server knows it, and one login with it: where to allow it, and what to do with the code."""

    server: str
    domain: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    redirect: str
    proof: Proof = field(repr=False)
    transport: Transport | None = field(default=None, repr=False)
    clock: Clock = field(default=utc_now, repr=False)

    @property
    def address(self) -> str:
        """Where a person allows the app."""
        page = f"{self.server}/oauth/authorize"
        return authorization_address(page, self.client_id, self.redirect, self.scope, self.proof)

    async def redeem(self, code: str) -> Login:
        """The login for a code. Raises Refused with code "invalid_grant" for one that is wrong or expired: another
        code of the same address can be tried. Raises the other NetworkErrors."""
        form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", self.client_id),
            ("client_secret", self.client_secret),
            ("redirect_uri", self.redirect),
            ("scope", self.scope),
            ("code_verifier", self.proof.verifier),
        ]
        http = Http(self.server, transport=self.transport, clock=self.clock)
        try:
            answer = await http.call("POST", "/oauth/token", form=form)
            if not answer.ok:
                raise _no_token(answer, self.server, self.clock)
            body = object_in(answer)
            token = token_in(body)
            if not token:
                raise _stranger(self.server)
            secret = {
                "access_token": token,
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "scope": text_of(body, "scope") or self.scope,
            }
            login = await _verified(http, self.server, self.domain, secret, self.clock)
            return replace(login, note=_missing(self.scope, secret["scope"]))
        finally:
            await http.close()


async def register(
    server: str,
    redirect: str = OUT_OF_BAND,
    *,
    transport: Transport | None = None,
    clock: Clock = utc_now,
    proof: Proof | None = None,
) -> Registration:
    """Look whether there is a Mastodon server (`server_address` tidies the name), and register the app with it.

    Raises NetworkError; each sentence says what to change.
    """
    http = Http(server, transport=transport, clock=clock)
    try:
        domain = await _domain(http, server, clock)
        scope = await _scopes(http)
        # One string for the addresses: a JSON list is refused by GoToSocial, and by Mastodon before 4.3.
        uris = "\n".join(dict.fromkeys((redirect, OUT_OF_BAND)))
        form = [("client_name", NAME), ("redirect_uris", uris), ("scopes", scope)]
        answer = await http.call("POST", "/api/v1/apps", form=form)
        if answer.status in (400, 422) and scope != PLAIN_SCOPES:
            scope = PLAIN_SCOPES
            form[2] = ("scopes", scope)
            answer = await http.call("POST", "/api/v1/apps", form=form)
        if not answer.ok:
            raise _refusal(answer, server, clock)
        body = object_in(answer)
        client_id, client_secret = token_in(body, "client_id"), token_in(body, "client_secret")
        if not client_id or not client_secret:
            raise _stranger(server)
    finally:
        await http.close()
    return Registration(
        server, domain, client_id, client_secret, scope, redirect, proof or fresh_proof(), transport, clock
    )


async def log_in(
    server: str,
    code_for: Callable[[str], Awaitable[str]],
    *,
    transport: Transport | None = None,
    clock: Clock = utc_now,
) -> Login:
    """The whole login: `code_for` gets the address where the app is allowed, and gives the code shown there."""
    registration = await register(server_address(server), transport=transport, clock=clock)
    return await registration.redeem(await code_for(registration.address))


async def log_in_with_token(
    server: str, token: str, *, transport: Transport | None = None, clock: Clock = utc_now
) -> Login:
    """The login for a token that was made by hand (Mastodon: Preferences, Development)."""
    http = Http(server, transport=transport, clock=clock)
    try:
        domain = await _domain(http, server, clock)
        secret = {"access_token": token_in({"access_token": token.strip()})}
        if not secret["access_token"]:
            raise Refused("That is not an access token.", "BadToken")
        return await _verified(http, server, domain, secret, clock)
    finally:
        await http.close()


async def revoke(
    server: str, secret: Mapping[str, Any], *, transport: Transport | None = None, clock: Clock = utc_now
) -> bool:
    """Take a token back on its server; whether that worked. A token made by hand, without an app, stays."""
    if not (text_of(secret, "client_id") and text_of(secret, "access_token")):
        return False
    form = [(name, text_of(secret, name)) for name in ("client_id", "client_secret")]
    form.append(("token", text_of(secret, "access_token")))
    http = Http(server, transport=transport, clock=clock)
    try:
        return (await http.call("POST", "/oauth/revoke", form=form)).ok
    except NetworkError:
        return False
    finally:
        await http.close()


def server_address(text: str) -> str:
    """The base URL for what was typed as the server: a name, a pasted address, or a handle (@ada@example.com).

    Raises Refused for what cannot be one.
    """
    typed = visible(text)
    if "://" not in typed and "@" in typed:
        typed = typed.rpartition("@")[2]
    return tidied(typed, "mastodon.example.com", "a token")


# --- the questions -----------------------------------------------------------------------------------------------


async def _domain(http: Http, server: str, clock: Clock) -> str:
    """The domain of the server's handles. Raises ServerTrouble where it is no server of this API."""
    answer = await http.call("GET", "/api/v2/instance")
    if answer.status in (404, 410):
        answer = await http.call("GET", "/api/v1/instance")
    body = object_in(answer)
    host = urlsplit(server).netloc
    if answer.status in (401, 403) and text_of(body, "error"):
        return host  # a server that tells nothing to strangers; the registration shows what it is
    if not answer.ok:
        raise _moved(answer, server) or _refusal(answer, server, clock)
    if not text_of(body, "version") or not (text_of(body, "domain") or text_of(body, "uri")):
        raise _stranger(server)
    told = [text_of(body, name).lower().removeprefix("https://") for name in ("account_domain", "domain", "uri")]
    return next((domain for domain in told if _DOMAIN.match(domain)), host)


async def _scopes(http: Http) -> str:
    """Those of SCOPES that the server knows (RFC 8414), or their parents; all where it tells nothing."""
    answer = await http.call("GET", "/.well-known/oauth-authorization-server")
    known = object_in(answer).get("scopes_supported") if answer.ok else None
    if not isinstance(known, list) or not known or all(scope in known for scope in SCOPES.split()):
        return SCOPES
    return PLAIN_SCOPES


async def _verified(http: Http, server: str, domain: str, secret: Mapping[str, Any], clock: Clock) -> Login:
    headers = {"authorization": f"Bearer {secret['access_token']}"}
    answer = await http.call("GET", "/api/v1/accounts/verify_credentials", headers=headers)
    if answer.status == 401:
        raise LoginNeeded(
            f"{urlsplit(server).netloc} does not take this access token: it is wrong, or was revoked."
        )
    if not answer.ok:
        raise _refusal(answer, server, clock)
    body = object_in(answer)
    user_id, username = text_of(body, "id"), text_of(body, "username")
    if not (token_in(body, "id") and _USERNAME.match(username)):
        raise _stranger(server)
    account = Account("mastodon", scoped(user_id, urlsplit(server).netloc), f"{username}@{domain}", server)
    whole = {name: text_of(secret, name) for name in ("access_token", "client_id", "client_secret", "scope")}
    return Login(account, whole)


def _missing(asked: str, given: str) -> str:
    """The sentence about permissions that were not given; a part is given with its whole."""
    has = set(given.split())
    missing = [scope for scope in asked.split() if scope not in has and scope.partition(":")[0] not in has]
    if not missing:
        return ""
    return (
        f"The server did not give these permissions: {', '.join(missing)}. What needs them will be refused; "
        "log in again, and allow all that is asked for."
    )


# --- refusals ----------------------------------------------------------------------------------------------------


def _no_token(answer: Answer, server: str, clock: Clock) -> NetworkError:
    error = text_of(object_in(answer), "error")
    if error == "invalid_grant":
        return Refused(
            "The server does not take this code: it is wrong, was used before, or is too old. "
            "Open the address again for another one.",
            error,
        )
    if error in ("invalid_client", "unauthorized_client"):
        return Refused("The server does not know our app any more: begin the login again.", error)
    if error == "invalid_scope":
        return NotPermitted("The server does not give this app the permissions that it needs.", error)
    return _refusal(answer, server, clock)


def _refusal(answer: Answer, server: str, clock: Clock) -> NetworkError:
    host = urlsplit(server).netloc
    body = object_in(answer)
    error = text_of(body, "error")
    told = shown(text_of(body, "error_description") or error, 200)
    if answer.status == 429:
        return too_many(answer, host, clock())
    if answer.status >= 500:
        return ServerTrouble(f"{host} is in trouble (error {answer.status}): try again later.")
    if 400 <= answer.status < 500 and told and answer.status != 404:
        return Refused(f"{host} says no: “{told}”.", error)
    return _stranger(server)


def _moved(answer: Answer, server: str) -> NetworkError | None:
    """The sentence for a server that sends us to another one: the handles' domain often is not the server's."""
    target = urlsplit(answer.headers.get("location", "")).netloc if 300 <= answer.status < 400 else ""
    if not _DOMAIN.match(target.lower()) or target == urlsplit(server).netloc:
        return None
    return Refused(f"{urlsplit(server).netloc} sends us on to {target}: log in with --server {target}", "Moved")


def _stranger(server: str) -> ServerTrouble:
    host = urlsplit(server).netloc
    return ServerTrouble(f"{host} answers, but not as a Mastodon server does: check the address.")
