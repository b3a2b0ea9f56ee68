"""Triage: the decisions that need one key."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.triage import Move
from tweetdesk.engine.acts import act_on
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.acting import acting, check, perform, prepare, said
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.choice import Choice


def snooze_choices(now: datetime) -> list[tuple[str, datetime]]:
    """When a snoozed item can be back, in the user's own time zone: words and moments."""
    local = now.astimezone()

    def at(days: int, hour: int) -> datetime:
        day = (local + timedelta(days=days)).date()
        return datetime.combine(day, time(hour)).astimezone()

    choices = [("in two hours", local + timedelta(hours=2))]
    if local.hour < 17:
        choices.append(("this evening", at(0, 18)))
    choices.append(("tomorrow morning", at(1, 9)))
    if local.weekday() != 6:
        choices.append(("next Monday", at(7 - local.weekday(), 9)))
    choices.append(("in two weeks", at(14, 9)))
    return choices


@action("followed_up")
def followed_up(stage: StageScreen, key: str) -> Work | None:
    """Done with it; on to the next."""
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None
    view.leave([item.id], "followed up · z undo")
    return stage.session.engine.acts.decide([item], Move.FINISH, words="followed up")


@action("reopen")
def reopen(stage: StageScreen, key: str) -> Work | None:
    """Back to open."""
    item = stage.selected
    if item is None:
        return None
    return stage.session.engine.acts.decide([item], Move.REOPEN, words="back to open")


@action("snooze", opens=True)
def snooze(stage: StageScreen, key: str) -> Work | None:
    """Out of sight until later."""
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None

    async def ask() -> None:
        choices = snooze_choices(stage.session.now())
        labels = [Choice(words, f"{when:%a %d %b, %H:%M}") for words, when in choices]
        chosen = await (await stage.asked()).choose("Back when?", labels)
        if chosen is None:
            return
        words, when = choices[chosen]
        await stage.session.engine.acts.decide(
            [item], Move.SNOOZE, words=f"snoozed until {when:%a %d %b, %H:%M}", until=when
        )
        view.leave([item.id], f"back {words} · z undo")

    return ask()


@action("undo", opens=True)
def undo(stage: StageScreen, key: str) -> Work:
    """Take the last act back."""

    async def take_back() -> None:
        undone = await stage.session.engine.acts.undo()
        stage.tell(said(stage, undone.account, undone.words[:1].upper() + undone.words[1:] + "."))
        if stage.view and undone.items:
            await stage.view.refresh_items(undone.items)
            stage.view.select(undone.items[0])
        stage.end_acting()
        if undone.draft is not None:
            item = stage.selected if stage.selected and stage.selected.id == undone.draft.item else None
            await (await stage.composing()).resume(undone.draft, item)

    return take_back()


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
            view.leave([item.id], f"{words} · z undo")

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
    act = act_on(ActKind.DELETE, item, account=owner.id, record=item.post.ref.id)

    async def ask() -> None:
        if await stage.confirm("Delete this post of yours? This cannot be undone."):
            await stage.session.engine.acts.send(act, item)
            view.leave([item.id], "deleted")

    return ask()
