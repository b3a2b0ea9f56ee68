"""Cautions: what the desk finds out about an act while its text is being written; no network is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.cautions import LATELY, Sent, answered_words, old_words, sent_alike
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import PostKind
from tweetdesk.store.store import Store


async def cautions(
    store: Store, accounts: Sequence[Account], act: Act, about: Item | None, now: datetime
) -> list[str]:
    """What to mind in an act on what was under the hand; `now` is in the user's own time zone."""
    if about is None or about.post.kind is PostKind.MESSAGE:
        return []
    found = []
    received = next((one for one in accounts if one.id == about.account), None)
    if act.account != about.account and received is not None:
        found.append(f"This came to @{received.handle}, and another account answers.")
    if act.kind in (ActKind.REPLY, ActKind.QUOTE):
        found.append(old_words(about.post.created_at, now))
    if act.kind is ActKind.REPLY:
        own = [(one.id, one.user_id) for one in accounts]
        refs = {ref for ref in (about.post.ref, act.target) if ref}
        times = [await store.hints.answered(own, ref, about.post.conversation) for ref in sorted(refs)]
        found.append(answered_words(max((at for at in times if at), default=None), now))
    return [sentence for sentence in found if sentence]


async def sent_lately(store: Store, now: datetime) -> tuple[Sent, ...]:
    """The texts with which a new one is compared."""
    return tuple(await store.hints.sent_since(now - LATELY))


def second_thought(act: Act, sent: Sequence[Sent]) -> str:
    """A sentence where somebody else got nearly the same text lately, else ""."""
    person = act.person.id if act.person else ""
    alike = sent_alike(act.text, person, sent) if person else None
    return f"Nearly the same went to {alike.called} these days: each text is for one person." if alike else ""
