"""Writing: replies, quotes, direct messages and posts of one's own."""

from __future__ import annotations

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, draft_key
from tweetdesk.domain.posts import PostKind
from tweetdesk.engine.acts import NotAllowed, act_on
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.triage import answered_words, heading_of, other_side
from tweetdesk.ui.screens.stage import StageScreen


@action("reply", opens=True)
def reply(stage: StageScreen, key: str) -> Work | None:
    """Answer the author: in public, or in the direct message conversation."""
    item = stage.selected
    if item is None:
        return None
    kind = ActKind.MESSAGE if item.post.kind is PostKind.MESSAGE else ActKind.REPLY
    return _write(stage, act_on(kind, other_side(stage, item), account=stage.acting_as), item)


@action("quote", opens=True)
def quote(stage: StageScreen, key: str) -> Work | None:
    """Repost with words of one's own."""
    item = stage.selected
    if item is None:
        return None
    return _write(stage, act_on(ActKind.QUOTE, item, account=stage.acting_as), item)


@action("message", opens=True)
def message(stage: StageScreen, key: str) -> Work | None:
    """Write to the author privately."""
    item = stage.selected
    if item is None:
        return None
    if item.post.kind is PostKind.MESSAGE:
        return reply(stage, key)
    person = item.post.author
    if person.id in {account.user_id for account in stage.session.accounts}:
        raise NotAllowed("That is you.")
    act = Act(ActKind.MESSAGE, stage.acting_as or item.account, person=person)
    return _write(stage, act, None)


@action("new_post", opens=True)
def new_post(stage: StageScreen, key: str) -> Work | None:
    """Write something of one's own."""
    item = stage.selected
    account = stage.acting_as or (item.account if item else "")
    if not account and stage.session.accounts:
        account = stage.session.accounts[0].id
    return _write(stage, Act(ActKind.POST, account), None)


def _write(stage: StageScreen, act: Act, item: Item | None) -> Work:
    """Open the composer, with the draft that there may be."""
    stage.session.engine.acts.check(act.account, act.kind, item.post if item else None)

    async def open_composer() -> None:
        draft = await stage.session.store.drafts.get(act.account, draft_key(act, item.id if item else ""))
        await stage.compose_act(
            act,
            item,
            heading=heading_of(stage, act),
            answered=answered_words(item),
            text=draft.text if draft else "",
        )

    return open_composer()
