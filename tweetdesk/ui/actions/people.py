"""People: who somebody is, following, notes, and the list of people to help."""

from __future__ import annotations

from tweetdesk.domain.outbox import ActKind
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.acting import acting, perform
from tweetdesk.ui.composing import known_to, other_side
from tweetdesk.ui.screens.deck import DeckScreen
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean, one_line


@action("person", opens=True)
def person(stage: StageScreen, key: str) -> Work | None:
    """The person card of the author."""
    from tweetdesk.ui.screens.person import PersonScreen

    item = stage.selected
    if item is None:
        return None
    who = other_side(stage.session, item).post.author

    async def show() -> None:
        command = await stage.app.push_screen_wait(PersonScreen(stage.session, item.account, who))
        if command:
            stage.run(command)

    return show()


@action("follow")
def follow(stage: StageScreen, key: str) -> Work | None:
    """Follow the author; stop following after asking."""
    item = stage.selected
    if item is None:
        return None
    other = other_side(stage.session, item)
    account = acting(stage, item)
    engine = stage.session.engine

    async def carry_out() -> None:
        known = await known_to(stage.session, account, other)
        who = clean(known.post.author.called, newlines=False)
        profile = await engine.profile(account, known.post.author.id)
        if not profile.following:
            if await perform(stage, act_on(ActKind.FOLLOW, known, account=account), known):
                stage.tell(f"Following {who} from in a moment on · z takes it back")
        elif await stage.confirm(f"Stop following {who}?"):
            act = act_on(ActKind.UNFOLLOW, known, account=account, record=profile.following)
            if await perform(stage, act, known, moves=False):
                stage.tell(f"You no longer follow {who}.")

    return carry_out()


@action("note", opens=True)
def note(stage: StageScreen, key: str) -> Work | None:
    """A private note on the author."""
    item = stage.selected
    if item is None:
        return None
    who = other_side(stage.session, item).post.author

    async def ask() -> None:
        before = await stage.session.store.people.note(who.network, who.id)
        name = one_line(who.called)
        hints = ["only you see it; the person card shows it", *(["an empty one takes it away"] if before else [])]
        text = await (await stage.asked()).line(f"Your note on {name}", before, hints)
        if text is None or text == one_line(before).strip():
            return
        await stage.session.engine.acts.note(who, text)
        stage.tell(f"Your note on {name} is {'kept' if text else 'gone'} · z undo")

    return ask()


@action("help_list")
def help_list(stage: StageScreen, key: str) -> Work | None:
    """Put the author on the list of people to help, or take them off."""
    item = stage.selected
    if item is None:
        return None
    who = other_side(stage.session, item).post.author
    if who.id in {account.user_id for account in stage.session.accounts}:
        raise NotAllowed("That is you.")

    async def carry_out() -> None:
        on = await stage.session.engine.acts.help_list(item.account, who)
        name = clean(who.called, newlines=False)
        stage.tell(
            f"{name} is on your help list: what they ask for comes into People to help · z undo"
            if on
            else f"{name} is off your help list · z undo"
        )
        if isinstance(stage, DeckScreen):
            await stage.app.watch_sources()  # type: ignore[attr-defined]

    return carry_out()
