"""The desk itself: help, palette, outbox, accounts, links, leaving."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from tweetdesk.domain.outbox import Draft
from tweetdesk.domain.posts import SpanKind
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.handing import open_address
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.choice import Choice


async def _push(stage: StageScreen, screen: Screen[Any]) -> None:
    await stage.app.push_screen(screen)


@action("help", opens=True)
def help_screen(stage: StageScreen, key: str) -> Work:
    """The keys of this place."""
    from tweetdesk.ui.screens.help import HelpScreen

    return _push(stage, HelpScreen(stage.session.commands))


@action("palette", opens=True)
def palette(stage: StageScreen, key: str) -> Work:
    """Every command by name."""
    from tweetdesk.ui.palette import PaletteScreen

    async def choose() -> None:
        command = await stage.app.push_screen_wait(PaletteScreen(stage.session.commands))
        if command:
            stage.run(command)

    return choose()


@action("go_outbox", opens=True)
def outbox(stage: StageScreen, key: str) -> Work:
    """What is on its way, and what is half written."""
    from tweetdesk.ui.screens.outbox import OutboxScreen

    async def show() -> None:
        draft = await stage.app.push_screen_wait(OutboxScreen(stage.session))
        if isinstance(draft, Draft):
            await (await stage.composing()).resume(draft)

    return show()


@action("go_accounts", opens=True)
def accounts(stage: StageScreen, key: str) -> Work:
    """The accounts, and how they are doing."""
    from tweetdesk.ui.screens.accounts import AccountsScreen

    return _push(stage, AccountsScreen(stage.session))


@action("go_costs", opens=True)
def costs(stage: StageScreen, key: str) -> Work:
    """Requests left, what was read, and what it costs."""
    from tweetdesk.ui.screens.costs import CostsScreen

    return _push(stage, CostsScreen(stage.session))


@action("log_in", opens=True)
def log_in(stage: StageScreen, key: str) -> Work:
    """A fresh login for the account that is paused; where it is not plain which one, the accounts are shown."""
    from tweetdesk.ui.login import log_in_again
    from tweetdesk.ui.screens.accounts import AccountsScreen

    paused = [account for account in stage.session.accounts if account.id in stage.session.engine.paused]

    async def ask() -> None:
        stage.tell(await log_in_again(stage.app, stage.session, paused[0]))

    return ask() if len(paused) == 1 else _push(stage, AccountsScreen(stage.session))


@action("open_conversation", opens=True)
def conversation(stage: StageScreen, key: str) -> Work | None:
    """The whole conversation."""
    from tweetdesk.ui.screens.conversation import ConversationScreen

    item = stage.selected
    if item is None:
        stage.tell("There is no item here to open.")
        return None
    return _push(stage, ConversationScreen(stage.session, item))


@action("redraw")
def redraw(stage: StageScreen, key: str) -> None:
    """Paint the screen again."""
    stage.app.refresh(layout=True)


@action("quit")
def leave(stage: StageScreen, key: str) -> Work:
    """Close what is open, or leave."""
    return stage.app.leave_stage(stage)  # type: ignore[attr-defined, no-any-return]


@action("yank_link")
def yank_link(stage: StageScreen, key: str) -> None:
    """The address of the post to the clipboard."""
    item = stage.selected
    if item and item.post.url:
        stage.app.copy_to_clipboard(item.post.url)
        stage.tell(f"Copied {clean(item.post.url, newlines=False)}")
    else:
        stage.tell("A direct message has no address; Y copies its text.")


@action("yank_text")
def yank_text(stage: StageScreen, key: str) -> None:
    """The text of the post to the clipboard."""
    if item := stage.selected:
        stage.app.copy_to_clipboard(clean(item.post.text))
        stage.tell("The text is copied.")


@action("view_in_browser")
def view_in_browser(stage: StageScreen, key: str) -> None:
    """The post on its network's own page."""
    item = stage.selected
    if item and item.post.url:
        open_address(stage, item.post.url)
    else:
        stage.tell("A direct message has no page of its own.")


@action("open_links", opens=True)
def open_links(stage: StageScreen, key: str) -> Work | None:
    """The links and pictures of the post."""
    item = stage.selected
    if item is None:
        return None
    post = item.post
    found = [span.target for span in post.spans if span.kind is SpanKind.LINK]
    found += [post.card.url] if post.card else []
    found += [media.url for media in post.media if media.url]
    addresses = list(dict.fromkeys(one for one in found if one.startswith(("https://", "http://"))))
    if len(addresses) < 2:
        if addresses:
            open_address(stage, addresses[0])
        else:
            stage.tell("There is no link in it.")
        return None

    async def ask() -> None:
        chosen = await (await stage.asked()).choose("Open which?", [Choice(clean(one), "") for one in addresses])
        if chosen is not None:
            open_address(stage, addresses[chosen])

    return ask()
