"""Staying away from trash: mute, block, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import PostKind
from tweetdesk.engine.acts import act_on
from tweetdesk.networks.base import No
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.acting import acting, perform, prepare
from tweetdesk.ui.actions.words import mute_words, muted_words
from tweetdesk.ui.composing import other_side
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.choice import Choice


@action("block", opens=True)
def block(stage: StageScreen, key: str) -> Work | None:
    """Block the author, after asking."""
    return _out_of_sight(stage, ActKind.BLOCK)


@action("mute", opens=True)
def mute(stage: StageScreen, key: str) -> Work | None:
    """Mute the author, after asking: for how long, where the network lets one choose."""
    return _out_of_sight(stage, ActKind.MUTE)


def _out_of_sight(stage: StageScreen, kind: ActKind) -> Work | None:
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None
    other = other_side(stage.session, item)
    if _is_ours(stage, other):
        stage.tell("That is you.")
        return None

    async def ask(known: Item, account: str) -> None:
        handle = clean(known.post.author.handle, newlines=False)
        seconds = await _asked(stage, kind, known, account)
        if seconds is None:
            return
        done = "blocked" if kind is ActKind.BLOCK else "muted"
        if await perform(stage, replace(act_on(kind, known, account=account), seconds=seconds), known):
            view.leave([(item.account, item.id)], f"{done} · z undo")
            stage.tell(f"@{handle} is {done} · z takes it back")

    return prepare(stage, kind, other, ask)


async def _asked(stage: StageScreen, kind: ActKind, item: Item, account: str) -> int | None:
    """For how many seconds (0: until it is taken back), None for not at all."""
    handle = clean(item.post.author.handle, newlines=False)
    if kind is ActKind.BLOCK:
        sure = await stage.confirm(f"Block @{handle} everywhere? Nothing of theirs is shown any more.")
        return 0 if sure else None
    durations = stage.session.engine.networks[account].form(kind, item.post).durations
    if not durations:
        return 0 if await stage.confirm(f"Mute @{handle}? They will not know.") else None
    choices = [Choice(clean(words, newlines=False)) for words, _ in durations]
    question = f"Mute @{handle} for how long? They will not know."
    chosen = await (await stage.asked()).choose(question, choices)
    return None if chosen is None else durations[chosen][1]


@action("mute_thread")
def mute_thread(stage: StageScreen, key: str) -> Work | None:
    """No more notifications from this conversation."""
    item, view = stage.selected, stage.view
    if item is None or view is None:
        return None

    async def carry_out(known: Item, account: str) -> None:
        if await perform(stage, act_on(ActKind.MUTE_THREAD, known, account=account), known):
            view.leave([(item.account, item.id)], "conversation muted · z undo")

    return prepare(stage, ActKind.MUTE_THREAD, item, carry_out)


@action("trash", opens=True)
def trash(stage: StageScreen, key: str) -> Work | None:
    """Everything that keeps an item, or its author, away: one of a short list."""
    item = stage.selected
    if item is None:
        return None
    if _is_ours(stage, other_side(stage.session, item)):
        stage.tell("That is you.")
        return None
    who = f"@{clean(other_side(stage.session, item).post.author.handle, newlines=False)}"
    offered: list[tuple[Choice, Callable[[], object]]] = [
        (Choice(f"mute {who}", "they will not know"), lambda: stage.run("mute")),
        (Choice("mute the conversation", "no more notifications from it"), lambda: stage.run("mute_thread")),
        (Choice(f"block {who}", "nothing of theirs is shown any more"), lambda: stage.run("block")),
        (
            Choice("mute words …", "posts with them stay out of sight"),
            lambda: stage.later(mute_words(stage)),
        ),
        (
            Choice("report", "cannot be taken back"),
            lambda: stage.later(report(stage, item)),
        ),
        (
            Choice("muted words …", "letting them in again"),
            lambda: stage.later(muted_words(stage)),
        ),
    ]
    if item.post.kind is PostKind.MESSAGE:
        del offered[1]
    if item.post.reply_to is not None and _can(stage, item, ActKind.HIDE_REPLY):
        offered.append(
            (
                Choice("hide this reply", "others see it after one more click"),
                lambda: stage.later(hide_reply(stage, item)),
            )
        )

    async def ask() -> None:
        chosen = await (await stage.asked()).choose("Away with it", [choice for choice, _ in offered])
        if chosen is not None and stage.selected is not None and stage.selected.id == item.id:
            offered[chosen][1]()

    return ask()


async def report(stage: StageScreen, item: Item) -> None:
    """Ask what is wrong, and tell those who moderate."""

    async def ask(known: Item, account: str) -> None:
        network = stage.session.engine.networks[account]
        handle = clean(known.post.author.handle, newlines=False)
        note = network.form(ActKind.REPORT, known.post).note
        to = note or f"It goes to the moderators of {network.vocabulary.network}, with the post and your words."
        hints = [to, "A report cannot be taken back."]
        comment = await (await stage.asked()).line(f"Report @{handle}: what is wrong with it?", "", hints)
        if comment is None:
            return
        act = act_on(ActKind.REPORT, known, account=account, text=comment)
        if await perform(stage, act, known, moves=False):
            stage.tell(f"Your report about @{handle} is on its way.")

    await prepare(stage, ActKind.REPORT, other_side(stage.session, item), ask)


def hide_reply(stage: StageScreen, item: Item) -> Work:
    """Hide an answer to a post of one's own."""

    async def carry_out(known: Item, account: str) -> None:
        if await perform(stage, act_on(ActKind.HIDE_REPLY, known, account=account), known):
            stage.tell("The reply is being hidden · z shows it again")

    return prepare(stage, ActKind.HIDE_REPLY, item, carry_out)


def _can(stage: StageScreen, item: Item, kind: ActKind) -> bool:
    permission = stage.session.engine.acts.permission(acting(stage, item), kind, item.post)
    return not isinstance(permission, No)


def _is_ours(stage: StageScreen, item: Item) -> bool:
    return item.post.author.id in {account.user_id for account in stage.session.accounts}
