"""Handing off: acts that a network allows on its own page only; and the menu of every act on an item."""

from __future__ import annotations

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import ActKind, OutboxRow
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.acting import acting, said
from tweetdesk.ui.actions.trash import hide_reply, report
from tweetdesk.ui.browser import open_in_browser
from tweetdesk.ui.screens.outbox import act_words, page_host
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import cells, clean, one_line
from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.wording import wording

AFTERWARDS = "H when it is done there · z takes it back"


def open_page(stage: StageScreen, url: str, what: str, why: str = "") -> None:
    """Open the page where an act that was handed off can be done, and say what to press afterwards.

    `what` is the act ("like"), `why` the network's reason. Where there is no browser the address is copied and
    shown in full.
    """
    name = f"{what[:1].upper()}{what[1:]} on {page_host(url)}"
    stage.later(_open(stage, url, name, f"{name}: {AFTERWARDS}", why, always=True))


def open_address(stage: StageScreen, address: str) -> None:
    """Open an address outside; where there is no browser, copy it and show it."""
    shown = clean(address, newlines=False)
    stage.later(_open(stage, address, "The address", f"Opening {shown}", ""))


async def _open(stage: StageScreen, url: str, name: str, words: str, why: str, *, always: bool = False) -> None:
    """Without a browser a long address (and, with `always`, any) gets a page of its own."""
    if await open_in_browser(url):
        stage.tell(" · ".join(part for part in (words, one_line(why)) if part))
        return
    stage.app.copy_to_clipboard(url)
    told = f"No browser here; copied instead: {clean(url, newlines=False)}"
    if not always and cells(told) < stage.size.width - 1:
        stage.tell(told)
        return
    from tweetdesk.ui.screens.address import AddressScreen

    stage.tell(words if always else "No browser here; the address is copied.")
    sentences = [part for part in (why, f"Afterwards: {AFTERWARDS}." if always else "") if part]
    await stage.app.push_screen(AddressScreen(stage.session.commands, name, url, " ".join(sentences)))


@action("done_there", opens=True)
def done_there(stage: StageScreen, key: str) -> Work:
    """What was handed off has been done on the network's page."""
    item = stage.selected

    async def settle() -> None:
        rows = await stage.session.store.outbox.handed_off()
        here = [row for row in rows if item and (row.item_account, row.item) == (item.account, item.id)]
        rows = here or rows
        if not rows:
            raise NotAllowed("Nothing waits to be done on a network's own page.")
        chosen: int | None = 0
        if len(rows) > 1:
            choices = [_choice(stage, row) for row in rows]
            chosen = await (await stage.asked()).choose("Which one is done there?", choices)
        if chosen is not None:
            row = rows[chosen]
            await stage.session.engine.acts.done_there(row)
            word = said(stage, row.act.account, row.act.kind.value).capitalize()
            stage.tell(f"{word} on {page_host(row.page)}: done.")

    return settle()


def _choice(stage: StageScreen, row: OutboxRow) -> Choice:
    """A handed off act among several."""
    account = stage.session.account(row.act.account)
    whose = f" as @{account.handle}" if account else ""
    return Choice(act_words(row.act, wording(stage.session)), f"on {page_host(row.page)}{whose}")


@action("act_menu", opens=True)
def act_menu(stage: StageScreen, key: str) -> Work | None:
    """Every act on this item, with its key and what the network allows."""
    item = stage.selected
    if item is None:
        return None

    async def choose() -> None:
        from tweetdesk.ui.screens.menu import MenuScreen, Offer

        offer = await stage.app.push_screen_wait(MenuScreen(stage.session, item, acting(stage, item)))
        if not isinstance(offer, Offer):
            return
        if stage.selected is None or stage.selected.id != item.id:
            stage.tell("That item is no longer under the hand, so nothing was done.")
        elif offer.command:
            stage.run(offer.command)
        elif offer.kind is not None:
            await _without_key(stage, offer.kind, item)

    return choose()


async def _without_key(stage: StageScreen, kind: ActKind, item: Item) -> None:
    """An act that has no key of its own."""
    match kind:
        case ActKind.REPORT:
            await report(stage, item)
        case ActKind.HIDE_REPLY:
            await hide_reply(stage, item)
        case _:
            raise NotAllowed(f"There is no way to {kind} from here.")
