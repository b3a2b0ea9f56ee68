"""As whom one acts: another account for one act; and how an act is sent, or handed off to the network's page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.networks.base import HandOff, No
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.composing import known_to, named, reachable
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.wording import in_words


@action("act_as", opens=True)
def act_as(stage: StageScreen, key: str) -> Work | None:
    """The next act on this item comes from another account of its network."""
    item = stage.selected
    if item is None:
        stage.tell("There is no item here to act on; in a new post Ctrl+g chooses the account.")
        return None
    session = stage.session
    received = session.account(item.account)
    others = [one for one in reachable(session, item) if one.id != item.account]
    if not others or received is None:
        stage.end_acting()
        stage.tell(f"Only {named(session, item.account)} of your accounts can act on this.")
        return None

    async def ask() -> None:
        usual = Choice(f"@{clean(received.handle, newlines=False)}", "as received")
        choices = [usual, *(Choice(f"@{clean(one.handle, newlines=False)}", one.network_name) for one in others)]
        chosen = await (await stage.asked()).choose("Act once as", choices)
        if chosen:
            account = others[chosen - 1].id
            stage.act_as(account, item, f"the next act on this is as {named(session, account)}")
        else:
            stage.end_acting()

    return ask()


def acting(stage: StageScreen, item: Item) -> str:
    """The account (id) that acts on an item now."""
    return stage.acting_as or item.account


def said(stage: StageScreen, account: str, text: str) -> str:
    """One of our own sentences in the words of the account's network."""
    network = stage.session.engine.networks.get(account)
    return in_words(text, network.vocabulary if network else None)


def check(stage: StageScreen, account: str, kind: ActKind, item: Item) -> bool:
    """Whether the act can be sent from here; False where it is to be handed off. Raises NotAllowed."""
    permission = stage.session.engine.acts.permission(account, kind, item.post)
    if isinstance(permission, No):
        raise NotAllowed(permission.why)
    return not isinstance(permission, HandOff)


def prepare(stage: StageScreen, kind: ActKind, item: Item, then: Callable[[Item, str], Awaitable[None]]) -> Work:
    """Go on with the item as the acting account's server knows it, and that account.

    Raises NotAllowed, at once where the account is the one that received the item.
    """
    stage.session.engine.acts.must_leave()
    account = acting(stage, item)
    if account == item.account:
        check(stage, account, kind, item)

    async def go_on() -> None:
        known = await known_to(stage.session, account, item)
        check(stage, account, kind, known)
        await then(known, account)

    return go_on()


async def perform(stage: StageScreen, act: Act, item: Item, *, moves: bool = True) -> bool:
    """Send an act, or open the page where it can be done; whether it was sent. Raises NotAllowed.

    With `moves=False` the item stays where it is.
    """
    acts = stage.session.engine.acts
    permission = acts.permission(act.account, act.kind, item.post)
    stage.end_acting()
    if not isinstance(permission, HandOff):
        await acts.send(act, item if moves else None)
        return True
    from tweetdesk.ui.actions.handing import open_page

    handed = await acts.hand_off(act, item)
    open_page(stage, handed.url, said(stage, act.account, act.kind.value), permission.why)
    return False
