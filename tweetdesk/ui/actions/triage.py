"""Triage: the decisions that need one key."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import PostKind
from tweetdesk.domain.triage import Move
from tweetdesk.engine.acts import act_on
from tweetdesk.ui.actions import Work, action
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
        stage.tell(undone.words[:1].upper() + undone.words[1:] + ".")
        if stage.view and undone.items:
            await stage.view.refresh_items(undone.items)
            stage.view.select(undone.items[0])
        if undone.draft is not None:
            item = stage.selected if stage.selected and stage.selected.id == undone.draft.item else None
            if item is None and undone.draft.item:
                item = await stage.session.store.posts.item(undone.draft.account, undone.draft.item)
            await stage.compose_act(
                undone.draft.act,
                item,
                heading=heading_of(stage, undone.draft.act),
                answered=answered_words(item),
                text=undone.draft.text,
            )

    return take_back()


@action("repost")
def repost(stage: StageScreen, key: str) -> Work | None:
    """Repost it, or take the repost back."""
    return _once(stage, ActKind.REPOST)


@action("like")
def like(stage: StageScreen, key: str) -> Work | None:
    """Like it, or take the like back."""
    return _once(stage, ActKind.LIKE)


def _once(stage: StageScreen, kind: ActKind) -> Work | None:
    """An act that a post bears once: the same key again takes it back."""
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None
    record = item.post.viewer.reposted if kind is ActKind.REPOST else item.post.viewer.liked
    acting = stage.acting_as or item.account
    acts = stage.session.engine.acts
    network = stage.session.engine.networks.get(acting)
    word = network.vocabulary.repost if network and kind is ActKind.REPOST else kind.value
    if record and kind.opposite:
        act = act_on(kind.opposite, item, account=acting, record=record)

        async def take_back() -> None:
            await acts.send(act, None)
            stage.tell(f"{word.capitalize()} of {item.post.author.called} is being taken back.")

        return take_back()
    acts.check(acting, kind, item.post)
    leaves = kind is ActKind.REPOST and item.state != "done"
    if leaves:
        view.leave([item.id], f"{word} held · z undo" if acts.hold_seconds else f"{word} · z undo")

    async def carry_out() -> None:
        await acts.send(act_on(kind, item, account=acting), item)
        stage.tell(f"{word.capitalize()} held for {acts.hold_seconds:.0f} s · z takes it back")

    return carry_out()


@action("block", opens=True)
def block(stage: StageScreen, key: str) -> Work | None:
    """Block the author, after asking."""
    return _out_of_sight(
        stage, ActKind.BLOCK, "Block @{} everywhere? Nothing of theirs is shown any more.", "blocked"
    )


@action("mute", opens=True)
def mute(stage: StageScreen, key: str) -> Work | None:
    """Mute the author, after asking."""
    return _out_of_sight(stage, ActKind.MUTE, "Mute @{}? They will not know.", "muted")


def _out_of_sight(stage: StageScreen, kind: ActKind, question: str, done: str) -> Work | None:
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None
    acting = stage.acting_as or item.account
    other = other_side(stage, item)
    act = act_on(kind, other, account=acting)
    stage.session.engine.acts.check(acting, kind, other.post)
    if act.person and act.person.id in {account.user_id for account in stage.session.accounts}:
        stage.tell("That is you.")
        return None
    handle = clean(act.person.handle if act.person else "", newlines=False)

    async def ask() -> None:
        if await stage.confirm(question.format(handle)):
            await stage.session.engine.acts.send(act, other)
            view.leave([item.id], f"{done} · z undo")
            stage.tell(f"@{handle} is {done} · z takes it back")

    return ask()


@action("mute_thread")
def mute_thread(stage: StageScreen, key: str) -> Work | None:
    """No more notifications from this conversation."""
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None
    act = act_on(ActKind.MUTE_THREAD, item, account=stage.acting_as)
    view.leave([item.id], "conversation muted · z undo")

    async def carry_out() -> None:
        await stage.session.engine.acts.send(act, item)

    return carry_out()


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


def other_side(stage: StageScreen, item: Item) -> Item:
    """The item with the other person as its author, where the newest direct message is our own."""
    own = {account.user_id for account in stage.session.accounts}
    if item.post.kind is PostKind.MESSAGE and item.post.author.id in own:
        for message in reversed(item.messages):
            if message.author.id not in own:
                return replace(item, post=message)
    return item


def heading_of(stage: StageScreen, act: Act) -> str:
    """The first line of the composer: what is written, as whom, to whom."""
    account = stage.session.account(act.account)
    me = f"@{account.handle}" if account else "?"
    whom = clean(act.person.called, newlines=False) if act.person else ""
    match act.kind:
        case ActKind.REPLY:
            return f"reply as {me} to {whom}"
        case ActKind.QUOTE:
            return f"quote {whom} as {me}"
        case ActKind.MESSAGE:
            return f"direct message as {me} to {whom}"
        case _:
            return f"new post as {me}"


def answered_words(item: Item | None) -> str:
    """What is being answered, in one line."""
    if item is None:
        return ""
    return clean(" ".join(item.post.text.split()), newlines=False)
