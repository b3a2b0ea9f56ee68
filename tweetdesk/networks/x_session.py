"""A session with X: asks with the account's tokens, renews them, and turns refusals into errors.

Sources: docs.x.com (OAuth 2.0 with PKCE: refresh tokens; OAuth 1.0a), RFC 6749 section 6, RFC 5849.
"""

from __future__ import annotations

import asyncio
import secrets as chance
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import LoginNeeded, NetworkError, Refused, SecretPlace, ServerTrouble
from tweetdesk.networks.http import Answer, Clock, Http, Params, Sleep, Transport, utc_now
from tweetdesk.networks.json_values import words
from tweetdesk.networks.oauth import sign
from tweetdesk.networks.x_errors import LOG_IN, refusal
from tweetdesk.networks.x_login import client_proof, clock_off, session_in

#: An access token is renewed so long before it ends (seconds).
EARLY = 60
_T = TypeVar("_T")
_STATIC = ("consumer_key", "consumer_secret", "token", "token_secret")


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
        self.account, self.clock, self.sleep = account, clock, sleep
        self.http = Http(account.server, transport=transport, clock=clock, sleep=sleep)
        self._secrets = secrets
        self._secret: dict[str, Any] = {}
        self._unsaved = False
        self._lock = asyncio.Lock()

    @property
    def own(self) -> str:
        """The account's own id."""
        return self.account.user_id

    async def get(self, path: str, params: Params, *, group: str, scopes: str = "tweet.read users.read") -> bytes:
        """Ask for something; `group` names the rate limit, `scopes` the permissions that it needs. The body."""
        return await self._ask("GET", path, params, None, group, scopes)

    async def change(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        group: str,
        scopes: str,
        again: bool = False,
    ) -> bytes:
        """Change something with POST, PUT or DELETE; the body of the answer.

        `again` says that it does no harm twice, so that it may be tried again at once.
        """
        return await self._ask(verb, path, (), body, group, f"tweet.read users.read {scopes}", again)

    def lacks(self, scope: str) -> bool:
        """Whether the login is known to be without a permission; static tokens do not tell theirs."""
        granted = words(self._secret, "scope").split()
        return _kind(self._secret) == "oauth2" and bool(granted) and scope not in granted

    async def load(self) -> None:
        """Read the saved session, so that it is known what it may do. Raises LoginNeeded where there is none."""
        async with self._lock:
            await self._load()

    async def _ask(
        self,
        verb: str,
        path: str,
        params: Params,
        body: Mapping[str, Any] | None,
        group: str,
        scopes: str,
        again: bool = False,
    ) -> bytes:
        for attempt in (1, 2):
            secret = await self._before(self._ready())
            signed = _kind(secret) == "oauth1"
            answer = await self.http.call(
                verb,
                path,
                params=params,
                json=body,
                headers={"authorization": self._authorization(secret, verb, path, params)},
                retry=(again or verb == "GET") and not signed,  # a signature must not be sent twice
                limit_key=group,
            )
            if answer.ok:
                return answer.body
            if answer.status != 401 or attempt == 2 or signed:
                break
            await self._before(self._renew(words(secret, "access_token")))
        if answer.status == 401 and signed and (off := clock_off(answer, self.clock())):
            raise LoginNeeded(off)
        granted = None if signed else words(secret, "scope") or None
        raise refusal(answer, self.clock(), scopes, granted)

    async def _before(self, doing: Awaitable[_T]) -> _T:
        """What has to be done before a request leaves: if it fails, nothing was sent."""
        try:
            return await doing
        except NetworkError as error:
            error.unsent = True
            raise

    def _authorization(self, secret: Mapping[str, Any], verb: str, path: str, params: Params) -> str:
        if _kind(secret) != "oauth1":
            return f"Bearer {words(secret, 'access_token')}"
        return sign(
            verb,
            f"{self.http.base_url}{path}",
            params,
            **{name: words(secret, name) for name in _STATIC},
            nonce=chance.token_hex(16),
            timestamp=int(self.clock().timestamp()),
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self.http.close()

    # --- tokens --------------------------------------------------------------------------------------------------

    async def _ready(self) -> Mapping[str, Any]:
        """A session that can be used now: loaded, saved, and not about to end."""
        if not self._secret or self._unsaved:
            async with self._lock:
                await self._load()
                if self._unsaved:
                    await self._save()
        if self._ending():
            await self._renew(words(self._secret, "access_token"))
        return self._secret

    async def _load(self) -> None:
        if self._secret:
            return
        saved = await self._secrets.read()
        if saved is None or not (words(saved, "access_token") or _kind(saved) == "oauth1"):
            raise LoginNeeded(f"{self.account.handle} is not logged in to X. {LOG_IN}")
        self._secret = dict(saved)

    def _ending(self) -> bool:
        ends = self._secret.get("expires_at")
        if not isinstance(ends, int | float) or not words(self._secret, "refresh_token"):
            return False
        return self.clock().timestamp() > ends - EARLY

    async def _renew(self, spent: str) -> None:
        """New tokens in place of spent ones; only the first of several callers asks for them.

        A refresh token can be used once: the new pair is saved before it is used.
        """
        async with self._lock:
            if words(self._secret, "access_token") != spent:
                return
            saved = await self._secrets.read() or {}
            if words(saved, "access_token") not in ("", spent):  # another process has renewed them
                self._secret = dict(saved)
                return
            token = words(self._secret, "refresh_token")
            if not token:
                raise LoginNeeded(f"The login of {self.account.handle} at X has ended. {LOG_IN}")
            self._secret = await self._renewed(token)
            await self._save()

    async def _renewed(self, token: str) -> dict[str, Any]:
        client_id, client_secret = words(self._secret, "client_id"), words(self._secret, "client_secret")
        form = [("grant_type", "refresh_token"), ("refresh_token", token)]
        headers, form = client_proof(client_id, client_secret, form)
        answer = await self.http.call("POST", "/2/oauth2/token", form=form, headers=headers)
        if not answer.ok:
            raise self._no_renewal(answer)
        try:
            fresh = session_in(answer, client_id, client_secret, self.clock)
        except Refused as error:
            raise ServerTrouble(str(error)) from error
        return {**self._secret, **{name: value for name, value in fresh.items() if value}}

    def _no_renewal(self, answer: Answer) -> Exception:
        if answer.status in (400, 401, 403):
            return LoginNeeded(
                f"The login of {self.account.handle} at X has ended, and X does not renew it. {LOG_IN}"
            )
        error = refusal(answer, self.clock())
        return ServerTrouble(f"X does not renew the login now: {error}") if isinstance(error, Refused) else error

    async def _save(self) -> None:
        self._unsaved = True
        await self._secrets.write(self._secret)
        self._unsaved = False


def _kind(secret: Mapping[str, Any]) -> str:
    """How the account has logged in: oauth2 or oauth1."""
    return words(secret, "kind") or "oauth2"
