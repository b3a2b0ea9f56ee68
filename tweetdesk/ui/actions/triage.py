"""Triage: taking back, and the public acts that need one key."""

from __future__ import annotations

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import ActKind, Draft, OutboxRow
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.undoing import Sent
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.acting import acting, check, perform, prepare, said
from tweetdesk.ui.moments import deletion_question
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean


@action("undo", opens=True)
def undo(stage: StageScreen, key: str) -> Work:
    """Take the last act back."""

    async def take_back() -> None:
        try:
            undone = await stage.session.engine.acts.undo()
        except Sent as sent:
            if not await _deletes(stage, sent.row):
                return
            undone = await stage.session.engine.acts.delete_sent(sent.row)
        stage.tell(said(stage, undone.account, undone.words[:1].upper() + undone.words[1:] + "."))
        if stage.view and undone.items:
            await stage.view.refresh_items(undone.items)
            stage.view.select(undone.items[0])
        stage.end_acting()
        if undone.draft is not None:
            item = stage.selected if stage.selected and stage.selected.id == undone.draft.item else None
            await (await stage.composing()).resume(undone.draft, item)

    return take_back()


async def _deletes(stage: StageScreen, row: OutboxRow) -> bool:
    """Whether a text that was sent is to be deleted there."""
    if await stage.confirm(deletion_question(stage.session, row)):
        return True
    stage.tell("It stays. z again takes back what was done before it.")
    return False


@action("history", opens=True)
def history(stage: StageScreen, key: str) -> Work:
    """Every decision, what became of it, and the way to its post."""
    from tweetdesk.ui.screens.history import HistoryScreen

    async def show() -> None:
        draft = await stage.app.push_screen_wait(HistoryScreen(stage.session))
        if isinstance(draft, Draft):
            await (await stage.composing()).resume(draft)

    return show()


@action("repost")
def repost(stage: StageScreen, key: str) -> Work | None:
    """Repost it, or take the repost back."""
    return _once(stage, ActKind.REPOST)


@action("like")
def like(stage: StageScreen, key: str) -> Work | None:
    """Like it, or take the like back."""
    return _once(stage, ActKind.LIKE)


@action("bookmark")
def bookmark(stage: StageScreen, key: str) -> Work | None:
    """Keep it among the bookmarks, or take it out again."""
    return _once(stage, ActKind.BOOKMARK)


def _once(stage: StageScreen, kind: ActKind) -> Work | None:
    """An act that a post bears once: the same key again takes it back."""
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None
    acts = stage.session.engine.acts
    author = clean(item.post.author.called, newlines=False)
    hold = f"held for {acts.hold_seconds:.0f} s" if acts.hold_seconds and kind.public else "on its way"

    def leave(account: str) -> None:
        if kind is ActKind.REPOST and item.state != "done":
            words = said(stage, account, "repost held" if acts.hold_seconds else "repost")
            view.leave([(item.account, item.id)], f"{words} · z undo")

    async def carry_out(known: Item, account: str) -> None:
        word = said(stage, account, kind.value).capitalize()
        record = _record(known, kind)
        if record and kind.opposite:
            act = act_on(kind.opposite, known, account=account, record=record)
            if await perform(stage, act, known, moves=False):
                stage.tell(f"{word} of {author} is being taken back.")
            return
        sends = check(stage, account, kind, known)
        if sends and account != item.account:
            leave(account)
        if await perform(stage, act_on(kind, known, account=account), known):
            stage.tell(f"{word} {hold} · z takes it back")

    account = acting(stage, item)
    if _record(item, kind) and kind.opposite and account == item.account:
        return prepare(stage, kind.opposite, item, carry_out)
    work = prepare(stage, kind, item, carry_out)
    if account == item.account and check(stage, account, kind, item):
        leave(account)
    return work


def _record(item: Item, kind: ActKind) -> str:
    """The network's reference of our own act of this kind on a post, "" for none."""
    viewer = item.post.viewer
    records = {ActKind.REPOST: viewer.reposted, ActKind.LIKE: viewer.liked, ActKind.BOOKMARK: viewer.bookmarked}
    return records.get(kind, "")


@action("delete_post", opens=True)
def delete_post(stage: StageScreen, key: str) -> Work | None:
    """Delete a post of one's own, after asking."""
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None
    owner = next((one for one in stage.session.accounts if one.user_id == item.post.author.id), None)
    if owner is None:
        stage.tell("Only your own posts can be deleted; B blocks the author of this one.")
        return None
    stage.session.engine.acts.must_leave()
    act = act_on(ActKind.DELETE, item, account=owner.id, record=item.post.ref.id)

    async def ask() -> None:
        if await stage.confirm("Delete this post of yours? This cannot be undone."):
            await stage.session.engine.acts.send(act, item)
            view.leave([(item.account, item.id)], "deleted")

    return ask()
