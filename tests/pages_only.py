"""A network that costs money and allows some acts on its own page only: Bluesky's, with other rules."""

from __future__ import annotations

from typing import Any

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import HandOff, No, Page, Permission, Price, SecretPlace
from tweetdesk.networks.bluesky import Bluesky
from tweetdesk.networks.spending import count

PAGE = "https://pages.example.com/intent"
WHY = "Apps may not do this here."
#: What reading one post costs, in micro-dollars.
READ = 5_000


class PagesOnly(Bluesky):
    """Likes, follows and blocks are done on its page; reposts not at all; posts cost, and so does reading them."""

    @property
    def price_date(self) -> str:
        """It costs."""
        return "2026-03-01"

    def can(self, kind: ActKind, post: Post | None) -> Permission:
        """As the module says."""
        if kind in (ActKind.LIKE, ActKind.FOLLOW, ActKind.BLOCK):
            return HandOff(f"{PAGE}/{kind}", WHY)
        if kind is ActKind.REPOST:
            return No("Reposts are for paying customers.")
        return super().can(kind, post)

    def page(self, act: Act) -> str:
        """A page with the post in it."""
        return f"{PAGE}/{act.kind}?post={act.target.id if act.target else ''}"

    def price(self, kind: ActKind, text: str, post: Post | None = None) -> Price | None:
        """An answer costs."""
        return Price(15_000, "each") if kind is ActKind.REPLY else None

    async def fetch(self, source: Source, cursor: str) -> Page:
        """What is new; each post costs."""
        page = await super().fetch(source, cursor)
        count(resources=len(page.posts), micros=READ * len(page.posts))
        return page


def open_pages_only(account: Account, secrets: SecretPlace, *, shelf: Any = None, options: Any = None,
                    **more: Any) -> PagesOnly:  # fmt: skip
    """In the place of tweetdesk.networks.bluesky.open."""
    return PagesOnly(account, secrets, **more)
