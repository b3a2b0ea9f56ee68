"""People on Mastodon: by id or by handle, with our relationship to them.

Sources: Mastodon documentation, methods accounts (get, lookup, search, relationships), search (v2).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tweetdesk.domain.people import Identity, Profile
from tweetdesk.networks.base import NetworkError, NotThere, Refused, ServerTrouble
from tweetdesk.networks.json_values import Json, Unreadable, decode, entry
from tweetdesk.networks.mastodon_records import NAME, id_of, identity, in_path, profile
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.mastodon_text import mentions

#: Relationships asked for in one request.
AT_ONCE = 40

#: People that are offered while a handle is written; longer words are no beginning of one.
_FEW, _LONGEST_WORDS = 8, 100

_ACCOUNTS = "/api/v1/accounts"


class _Found(msgspec.Struct):
    accounts: list[msgspec.Raw] = []


class People:
    """The people whom one account's server knows. Every method that asks raises NetworkError."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def profile(self, who: str) -> Profile:
        """A person by id, or by @user@domain: also one whom the server has to look up elsewhere."""
        try:
            if who.startswith("@"):
                view = await self._by_handle(who.removeprefix("@"))
            elif here := self._session.place.id_here(who):
                view = entry((await self._session.get(f"{_ACCOUNTS}/{in_path(here)}", scope="read:accounts")).body)
            else:
                view = await self._by_handle(await self._known_handle(who))
            told = await self._relationships([id_of(view)])
            return profile(view, self._session.place, told.get(id_of(view), {}))
        except Unreadable:
            raise ServerTrouble("The server's answer about this person makes no sense; try again later.") from None

    async def begun(self, written: str) -> tuple[Identity, ...]:
        """A few people whose handle or name begins so; whoever makes no sense is left out."""
        words = written.strip().lstrip("@")
        if not words or len(words) > _LONGEST_WORDS:
            return ()
        params = [("q", words), ("limit", str(_FEW)), ("resolve", "false")]
        answer = await self._session.get(f"{_ACCOUNTS}/search", params, scope="read:accounts")
        found: dict[str, Identity] = {}
        for view in decode(answer.body, list[Any]):
            try:
                who = identity(view, self._session.place)
            except Unreadable:
                continue
            if mentions(f"@{who.handle}") == (who.handle.lower(),):  # written down it means them, and no more
                found.setdefault(who.id, who)
        return tuple(found.values())[:_FEW]

    async def blocks_us(self, person: str) -> bool:
        """Whether somebody blocks us, as far as the server tells."""
        here = self._session.place.id_here(person)
        if not here:
            return False
        try:
            told = await self._relationships([here])
        except Refused:
            return False
        return told.get(here, {}).get("blocked_by") is True

    async def id_here(self, person: str, handle: str = "") -> str:
        """A person's id as this server writes it; one whose id another server gave is looked up by handle."""
        if here := self._session.place.id_here(person):
            return here
        try:
            return id_of(await self._by_handle(handle or await self._known_handle(person)))
        except Unreadable:
            raise ServerTrouble("The server's answer about this person makes no sense; try again later.") from None

    async def _known_handle(self, person: str) -> str:
        """What somebody is called whose id another server gave."""
        known = (await self._session.shelf.people(NAME, [person])).get(person)
        if known is None or not known.handle:
            raise NotThere(f"{self._session.host} cannot tell who this is: look the person up by handle.", "404")
        return known.handle

    async def _by_handle(self, handle: str) -> Json:
        """An account by user@domain. Raises NotThere, Unreadable."""
        name = handle.removesuffix(f"@{self._session.place.domain}")
        try:
            answer = await self._session.get(f"{_ACCOUNTS}/lookup", [("acct", name)], scope="read:accounts")
            found = [entry(answer.body)]
        except Refused:
            params = [("q", f"@{name}"), ("type", "accounts"), ("resolve", "true"), ("limit", "1")]
            answer = await self._session.get("/api/v2/search", params, scope="read:search")
            found = [entry(raw) for raw in decode(answer.body, _Found).accounts]
        for view in found:
            if identity(view, self._session.place).handle.lower() == handle.lower():
                return view
        raise NotThere(f"{self._session.host} knows nobody called {handle}.", "404")

    async def met(self, views: Iterable[Json]) -> tuple[Profile, ...]:
        """People with our relationship to them; none where the server does not tell it."""
        accounts = {id_of(view): view for view in views if id_of(view) not in ("", self._session.place.own_id)}
        ids = list(accounts)[:AT_ONCE]
        if not ids:
            return ()
        try:
            told = await self._relationships(ids)
        except NetworkError:
            return ()  # an addition: the posts themselves are there
        found = []
        for identifier in ids:
            try:
                if identifier in told:
                    found.append(profile(accounts[identifier], self._session.place, told[identifier]))
            except Unreadable:
                continue
        return tuple(found)

    async def _relationships(self, ids: Iterable[str]) -> dict[str, Json]:
        """Our relationships to people, by their ids here."""
        params = [("id[]", one) for one in ids]
        answer = await self._session.get(f"{_ACCOUNTS}/relationships", params, scope="read:follows")
        return {id_of(one): one for one in decode(answer.body, list[Any]) if isinstance(one, dict)}
