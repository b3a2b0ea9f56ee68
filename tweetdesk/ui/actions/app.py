"""The desk itself: help, palette, outbox, accounts, links, leaving."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from tweetdesk.domain.outbox import Draft
from tweetdesk.domain.posts import SpanKind
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.triage import answered_words, heading_of
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
            item_id = draft.item.removeprefix("quote ")
            item = await stage.session.store.posts.item(draft.account, item_id) if item_id else None
            await stage.compose_act(
                draft.act,
                item,
                heading=heading_of(stage, draft.act),
                answered=answered_words(item),
                text=draft.text,
            )

    return show()


@action("go_accounts", opens=True)
def accounts(stage: StageScreen, key: str) -> Work:
    """The accounts, and how they are doing."""
    from tweetdesk.ui.screens.accounts import AccountsScreen

    return _push(stage, AccountsScreen(stage.session))


@action("act_as", opens=True)
def act_as(stage: StageScreen, key: str) -> Work | None:
    """The next acts come from another account."""
    accounts = stage.session.accounts
    if len(accounts) < 2:
        stage.tell("You have one account. `tweetdesk login` adds another.")
        return None

    async def ask() -> None:
        usual = Choice("as received", "each act from the account that received the post")
        choices = [usual, *(Choice(f"@{one.handle}", one.network) for one in accounts)]
        chosen = await (await stage.asked()).choose("Act as", choices)
        if chosen is not None:
            stage.acting_as = accounts[chosen - 1].id if chosen else ""

    return ask()


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


def open_address(stage: StageScreen, address: str) -> None:
    """Open an address outside; where there is no browser, copy it and show it."""
    import webbrowser

    shown = clean(address, newlines=False)
    try:
        opened = webbrowser.open(address)
    except webbrowser.Error:
        opened = False
    if opened:
        stage.tell(f"Opening {shown}")
    else:
        stage.app.copy_to_clipboard(address)
        stage.tell(f"No browser here; copied instead: {shown}")
