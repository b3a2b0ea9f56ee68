"""Writing: replies, quotes, direct messages and posts of one's own."""

from __future__ import annotations

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import PostKind
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.networks.base import No
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.acting import acting
from tweetdesk.ui.composing import other_side
from tweetdesk.ui.screens.stage import StageScreen


@action("reply", opens=True)
def reply(stage: StageScreen, key: str) -> Work | None:
    """Answer the author: in public, or in the direct message conversation."""
    item = stage.selected
    if item is None:
        return None
    kind = ActKind.MESSAGE if item.post.kind is PostKind.MESSAGE else ActKind.REPLY
    return _write(stage, kind, other_side(stage.session, item))


@action("reply_all", opens=True)
def reply_all(stage: StageScreen, key: str) -> Work | None:
    """Answer everybody whom the post names; in a direct message conversation that is all who are in it."""
    item = stage.selected
    if item is None or item.post.kind is PostKind.MESSAGE:
        return reply(stage, key)
    return _write(stage, ActKind.REPLY, item, everyone=True)


@action("quote", opens=True)
def quote(stage: StageScreen, key: str) -> Work | None:
    """Repost with words of one's own."""
    item = stage.selected
    return _write(stage, ActKind.QUOTE, item) if item else None


@action("message", opens=True)
def message(stage: StageScreen, key: str) -> Work | None:
    """Write to the author privately."""
    item = stage.selected
    if item is None:
        return None
    if item.post.kind is PostKind.MESSAGE:
        return reply(stage, key)
    if item.post.author.id in {account.user_id for account in stage.session.accounts}:
        raise NotAllowed("That is you.")
    return _write(stage, ActKind.MESSAGE, item)


@action("new_post", opens=True)
def new_post(stage: StageScreen, key: str) -> Work | None:
    """Write something of one's own."""
    return _write(stage, ActKind.POST, None)


def _write(stage: StageScreen, kind: ActKind, item: Item | None, everyone: bool = False) -> Work:
    """Open the composer, with the draft that there may be: also one begun as another account of this network."""
    account = acting(stage, item) if item else stage.posting_account
    others: list[str] = []
    if item is None or account == item.account:
        answered = (
            item.post if item and (kind is not ActKind.MESSAGE or item.post.kind is PostKind.MESSAGE) else None
        )
        permission = stage.session.engine.acts.permission(account, kind, answered)
        if isinstance(permission, No):
            raise NotAllowed(permission.why)
    if item is not None and account == item.account:
        network = item.post.author.network
        others = [one.id for one in stage.session.accounts if one.network == network and one.id != account]

    async def open_composer() -> None:
        await (await stage.composing()).begin(kind, item, account, others, everyone)

    return open_composer()
