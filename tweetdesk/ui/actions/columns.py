"""Columns and layouts: adding, closing, moving, sizing, filtering; each change is saved at once."""

from __future__ import annotations

from tweetdesk.columns.base import ColumnKind, load, names
from tweetdesk.domain.events import Severity
from tweetdesk.domain.layouts import Column, Layout
from tweetdesk.domain.posts import SpanKind
from tweetdesk.engine.undoing import Undone
from tweetdesk.networks.errors import NotThere
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.screens.deck import DeckScreen
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.choice import Choice

#: How much wider or narrower a key makes a column, in cells.
STEP = 4


def change(stage: DeckScreen, layout: Layout, focus: int) -> Work:
    """Change the layout now, so that the next key finds it changed; then show it, save it, watch what it needs."""
    stage.layout_shown, stage.focus_index = layout, max(0, min(focus, len(layout.columns) - 1))
    return _show(stage, focus)


async def _show(stage: DeckScreen, focus: int) -> None:
    await stage.show_layout(focus)
    if mistake := stage.session.layouts.save(stage.layout_shown):
        stage.tell(f"Shown, but not saved: {mistake}", Severity.WARNING)
    await stage.app.layout_changed(stage.layout_shown)  # type: ignore[attr-defined]


@action("column_earlier", "column_later")
def move(stage: StageScreen, key: str) -> Work | None:
    """The column changes place."""
    if not isinstance(stage, DeckScreen) or not stage.panes:
        return None
    by = -1 if key == "less_than_sign" else 1
    to = stage.focus_index + by
    if not 0 <= to < len(stage.layout_shown.columns):
        stage.tell("It is the outermost column already.")
        return None
    return change(stage, stage.layout_shown.moved(stage.focus_index, by), to)


@action("narrower", "wider")
def resize(stage: StageScreen, key: str) -> Work | None:
    """The column narrower or wider."""
    if not isinstance(stage, DeckScreen) or not stage.panes:
        return None
    by = -STEP if key == "minus" else STEP
    layout = stage.layout_shown.resized(stage.focus_index, by)
    if layout == stage.layout_shown:
        stage.tell("A column cannot be " + ("narrower." if by < 0 else "wider."))
        return None
    if stage.one_column:
        stage.tell(f"{layout.columns[stage.focus_index].width} cells, where columns stand side by side.")
    return change(stage, layout, stage.focus_index)


@action("equal_widths")
def equal(stage: StageScreen, key: str) -> Work | None:
    """All columns of the usual width."""
    if not isinstance(stage, DeckScreen) or not stage.panes:
        return None
    return change(stage, stage.layout_shown.equal(), stage.focus_index)


@action("close_column")
def close(stage: StageScreen, key: str) -> Work | None:
    """Close the column; undo brings it back."""
    if not isinstance(stage, DeckScreen) or stage.pane is None:
        return None
    index, column, heading = stage.focus_index, stage.pane.column, stage.pane.kind.heading(stage.pane.column)

    async def carry_out() -> None:
        await change(stage, stage.layout_shown.without(index), index)

        async def undo() -> Undone:
            place = min(index, len(stage.layout_shown.columns))
            await change(stage, stage.layout_shown.with_column(place, column), place)
            return Undone(f"{heading} is back")

        stage.session.engine.acts.remember(undo)
        stage.tell(f"{heading} is closed · z brings it back")

    return carry_out()


@action("add_column", opens=True)
def add(stage: StageScreen, key: str) -> Work | None:
    """Ask for kind, account and words, and add a column beside this one."""
    if not isinstance(stage, DeckScreen):
        return None

    async def ask() -> None:
        kinds = [load(name) for name in names()]
        chosen = await (await stage.asked()).choose(
            "Which column?", [Choice(kind.title, kind.help) for kind in kinds]
        )
        column = await _asked_column(stage, kinds[chosen]) if chosen is not None else None
        if column is not None:
            await add_column(stage, column)

    return ask()


async def _asked_column(stage: DeckScreen, kind: ColumnKind) -> Column | None:
    """A column of a kind, its words and account asked for; None: never mind, or the user was told why not."""
    words = title = ""
    if kind.needs_words and not kind.one_account:
        words = (await (await stage.asked()).line(_QUESTIONS.get(kind.name, kind.title)) or "").strip().lstrip("#")
        if not words:
            stage.tell("No words, no column.")
            return None
    account = await _which_account(stage, every=not kind.one_account)
    if account is None:
        return None
    if kind.one_account:
        found = await (_which_list if kind.name == "list" else _which_person)(stage, account)
        if found is None:
            return None
        words, title = found
    return Column(kind.name, account_name(stage, account), words, title=title)


_QUESTIONS = {"search": "Search for", "hashtag": "Which hashtag"}


async def _which_account(stage: DeckScreen, *, every: bool) -> str | None:
    """The account's id, "" for all (where `every`); asks only if there are several. None: never mind."""
    accounts = stage.session.accounts
    if len(accounts) < 2:
        return accounts[0].id if accounts and not every else ""
    choices = [Choice("every account", "")] if every else []
    choices += [Choice(f"@{one.handle}", one.network_name) for one in accounts]
    chosen = await (await stage.asked()).choose("For which account?", choices)
    if chosen is None:
        return None
    chosen -= every
    return accounts[chosen].id if chosen >= 0 else ""


def account_name(stage: StageScreen, account_id: str) -> str:
    """An account as a layout file names it: its handle, where no other account has the same one."""
    account = stage.session.account(account_id)
    if account is None:
        return account_id
    alike = [one for one in stage.session.accounts if one.handle == account.handle]
    return account.handle if len(alike) == 1 else account.id


async def _which_list(stage: DeckScreen, account: str) -> tuple[str, str] | None:
    """The network's id of one of the account's lists, and its name."""
    stage.tell("Asking the network for your lists …")
    lists = await stage.session.engine.lists(account)
    if not lists:
        stage.tell("This account has no lists. They are made on the network's own page.")
        return None
    chosen = await (await stage.asked()).choose("Which list?", [Choice(clean(one.title), "") for one in lists])
    return (lists[chosen].id, lists[chosen].title) if chosen is not None else None


async def _which_person(stage: DeckScreen, account: str) -> tuple[str, str] | None:
    """The network's id of a person, and the @handle."""
    handle = (await (await stage.asked()).line("Whose posts? @") or "").strip().lstrip("@")
    if not handle:
        stage.tell("No handle, no column.")
        return None
    try:
        found = (await stage.session.engine.profile(account, f"@{handle}")).identity
    except NotThere:
        shown = clean(handle, newlines=False)
        stage.tell(
            f"Nobody is called @{shown} there. Look at the handle on the person's own page.", Severity.WARNING
        )
        return None
    return found.id, f"@{found.handle}"


async def add_column(stage: DeckScreen, column: Column) -> None:
    """Put a column beside the one under the hand, unless it is there already."""
    for index, pane in enumerate(stage.panes):
        if pane.column.id == column.id:
            stage.focus_column(index)
            stage.tell("That column is here already.")
            return
    place = stage.focus_index + 1 if stage.panes else 0
    await change(stage, stage.layout_shown.with_column(place, column), place)


@action("search", opens=True)
def search(stage: StageScreen, key: str) -> Work | None:
    """Ask for words, and make a column of them."""
    if not isinstance(stage, DeckScreen):
        return None

    async def ask() -> None:
        words = (await (await stage.asked()).line("Search for") or "").strip()
        if words:
            await add_column(stage, Column("search", "", words))

    return ask()


@action("hashtags", opens=True)
def hashtags(stage: StageScreen, key: str) -> Work | None:
    """A column of a hashtag of this post."""
    item = stage.selected
    if not isinstance(stage, DeckScreen) or item is None:
        stage.tell("A column of a hashtag is made on the desk, with a post in hand.")
        return None
    tags = {span.target.casefold(): span.target for span in item.post.spans if span.kind is SpanKind.TAG}
    found = list(tags.values())

    async def ask() -> None:
        choices = [Choice(f"#{clean(tag, newlines=False)}", "") for tag in found]
        chosen = 0 if len(found) == 1 else await (await stage.asked()).choose("A column of which?", choices)
        if chosen is not None:
            await add_column(stage, Column("hashtag", "", found[chosen]))

    if not found:
        stage.tell("There is no hashtag in it.")
        return None
    return ask()


@action("filter", opens=True)
def narrow(stage: StageScreen, key: str) -> Work | None:
    """Only items with these words."""
    if not isinstance(stage, DeckScreen) or stage.pane is None:
        return None
    pane = stage.pane

    async def ask() -> None:
        words = await (await stage.asked()).line("Only with", value=pane.selection.words)
        if words is not None:
            await pane.reselect(words=words.strip())

    return ask()


@action("show_done")
def show_done(stage: StageScreen, key: str) -> Work | None:
    """Decided items come back into the column, or go again."""
    if not isinstance(stage, DeckScreen) or stage.pane is None:
        return None
    return stage.pane.reselect(show_done=not stage.pane.selection.show_done)


@action("fetch_now")
def fetch_now(stage: StageScreen, key: str) -> None:
    """Ask the network at once for this column."""
    if isinstance(stage, DeckScreen) and stage.pane:
        stage.session.engine.fetch_now(stage.pane.sources())
        stage.tell("Asking the network …")


@action("previous_layout", "next_layout")
def switch(stage: StageScreen, key: str) -> Work:
    """To another layout."""
    return stage.app.switch_layout(-1 if key == "left_square_bracket" else 1)  # type: ignore[attr-defined, no-any-return]


@action("go_layouts", opens=True)
def choose(stage: StageScreen, key: str) -> Work:
    """Choose a layout by name."""

    async def ask() -> None:
        layouts = stage.app.layouts  # type: ignore[attr-defined]
        choices = [Choice(one.name, ", ".join(column.kind for column in one.columns)) for one in layouts]
        chosen = await (await stage.asked()).choose("Which layout?", choices)
        if chosen is not None:
            await stage.app.show_layout(layouts[chosen].name)  # type: ignore[attr-defined]

    return ask()
