"""Offering: handles and tags for a text being written, from what is known here, then from the network."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.domain.people import Identity
from tweetdesk.engine.session import Session
from tweetdesk.networks.errors import NetworkError
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.ui.widgets.paper import Offer


class Known:
    """What one account can be offered: people of its network, and the tags of posts that are here."""

    def __init__(self, session: Session, account: str) -> None:
        """`account` is the id of the account that writes."""
        self._session, self._account = session, account
        acting = session.account(account)
        self._network = acting.network if acting else ""

    async def near(self, sign: str, word: str) -> Sequence[Offer]:
        """People one had to do with, and tags."""
        try:
            if sign == "#":
                return [Offer(f"#{tag}") for tag in await self._session.store.hints.tags(word)]
            return [_offer(one) for one in await self._session.store.hints.people(self._network, word)]
        except StoreTrouble:  # whatever reads next tells of it; here it only means that nothing is offered
            return ()

    async def far(self, sign: str, word: str) -> Sequence[Offer]:
        """People whom the network knows; nothing for tags, while the line is down, or where asking costs."""
        if sign == "#":
            return ()
        try:
            return [_offer(one) for one in await self._session.engine.people(self._account, word)]
        except NetworkError:  # nobody asked for it: nothing is offered then
            return ()


def _offer(one: Identity) -> Offer:
    return Offer(f"@{one.handle}", one.name)
