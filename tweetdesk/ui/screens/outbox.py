"""The outbox: what is on its way, what was refused or is unsure, and what is half written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.widgets import Static

from tweetdesk.domain.commands import Command
from tweetdesk.domain.events import Event, OutboxChanged, TriageChanged
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState
from tweetdesk.engine.session import Session
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.ui.browser import open_in_browser
from tweetdesk.ui.screens.address import AddressScreen
from tweetdesk.ui.screens.card import CardScreen
from tweetdesk.ui.text import clean, content, one_line
from tweetdesk.ui.times import age
from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.widgets.listing import Entry, Listing

#: How many acts are shown, the newest first.
NEWEST = 100

#: Where somebody can still do something: shown first.
_UNDECIDED = (
    OutboxState.UNSURE, OutboxState.HANDED_OFF, OutboxState.HELD, OutboxState.SENDING, OutboxState.QUEUED,
    OutboxState.REFUSED,
)  # fmt: skip
_TAKEN_BACK_FROM = (
    OutboxState.HELD, OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT, OutboxState.HANDED_OFF,
)  # fmt: skip
_TONES = {
    OutboxState.HELD: "warning", OutboxState.UNSURE: "warning", OutboxState.REFUSED: "error",
    OutboxState.SENT: "success", OutboxState.HANDED_OFF: "warning",
}  # fmt: skip
_CALLED = {
    ActKind.POST: "new post", ActKind.MESSAGE: "direct message to", ActKind.REPLY: "reply to",
    ActKind.QUOTE: "quote of", ActKind.REPOST: "repost of", ActKind.LIKE: "like of",
}  # fmt: skip
#: What the user may say of an unsure act, and where that leaves it.
DOUBT = (
    (Choice("it was sent", "it is done"), OutboxState.SENT),
    (Choice("it was not: send it again", "as it is"), OutboxState.QUEUED),
    (Choice("it was not: give it back", "its text is a draft again"), OutboxState.REFUSED),
)


def state_words(row: OutboxRow, now: datetime) -> str:
    """Where an act stands: "held until 14:02:10", "refused: ..."; `now` in the zone in which times are told."""
    at = row.not_before.astimezone(now.tzinfo)
    match row.state:
        case OutboxState.HELD:
            return f"held until {at:%H:%M:%S}"
        case OutboxState.HANDED_OFF:
            return f"to be done on {page_host(row.page)}"
        case OutboxState.QUEUED if row.not_before > now:
            return f"queued, next try {at:%H:%M:%S}"
        case _:
            return row.state.value


def page_host(url: str) -> str:
    """Whose page that is: "x.com"."""
    return clean((urlsplit(url).hostname or "its own page").removeprefix("www."), newlines=False)


def act_words(act: Act) -> str:
    """What an act is, and whom it concerns: "reply to Ines Marín"."""
    whom = one_line(act.person.called) if act.person else ""
    what = _CALLED.get(act.kind, act.kind.value)
    return f"{what} {whom}" if whom else what.removesuffix(" to").removesuffix(" of")


class OutboxScreen(CardScreen):
    """Drafts first, then acts; why the selected one was refused stands below in full.

    Dismissed with the Draft to go on with, or None.
    """

    DEFAULT_CSS = """
    OutboxScreen #outbox-why { height: auto; max-height: 6; padding: 0 1; display: none; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session.commands, "Outbox and drafts")
        self.session = session
        self.rows: list[Draft | OutboxRow] = []
        self._list = Listing(empty="Nothing is on its way, and nothing is half written.")
        self._why = Static(id="outbox-why")
        self._unsubscribe: Callable[[], None] = lambda: None

    def compose_body(self) -> ComposeResult:
        """The list, and the sentence about the selected row."""
        yield self._list
        yield self._why

    def foot(self) -> Sequence[tuple[str, str]]:
        """What can be done with the selected row."""
        match self.selected:
            case Draft():
                return (("open_conversation", "go on writing"), ("delete_post", "throw away"))
            case OutboxRow(state=OutboxState.HANDED_OFF):
                again = ("view_in_browser", "open the page again")
                return (("done_there", "done there"), again, ("undo", "take back"))
            case OutboxRow(state=OutboxState.HELD | OutboxState.QUEUED):
                return (("undo", "take back"),)
            case OutboxRow(state=OutboxState.UNSURE):
                return (("open_conversation", "say whether it was sent"),)
            case OutboxRow(state=OutboxState.REFUSED, act=act) if act.kind.writes_text:
                return (("open_conversation", "go on writing"),)
            case _:
                return ()

    def on_mount(self) -> None:
        """Read, and hear what changes."""
        self._unsubscribe = self.session.engine.bus.subscribe(self._hear)
        self.later(self._read())

    def on_unmount(self) -> None:
        """Hear no more."""
        self._unsubscribe()

    def _hear(self, event: Event) -> None:
        if isinstance(event, OutboxChanged | TriageChanged):
            self.later(self._read(), group="read")

    @property
    def selected(self) -> Draft | OutboxRow | None:
        """What is under the hand."""
        return self.rows[self._list.selected] if self.rows else None

    def scroll(self, by: int, *, pages: bool = False) -> None:
        """Select another row."""
        self._list.move(by * (max(1, self._list.page // 2) if pages else 1))
        self._show_selected()

    # -- acts --------------------------------------------------------------------------------------------------
    def act(self, command: Command, key: str) -> None:
        """Resume, take back, throw away."""
        chosen = self.selected
        self.tell("")
        if command.id == "open_conversation" and chosen is not None:
            self.later(self._resume(chosen))
        elif command.id == "undo" and isinstance(chosen, OutboxRow):
            self.later(self._take_back(chosen))
        elif command.id == "delete_post" and isinstance(chosen, Draft):
            self.later(self._throw_away(chosen))
        elif isinstance(chosen, OutboxRow) and chosen.state is OutboxState.HANDED_OFF:
            if command.id == "done_there":
                self.later(self._done_there(chosen))
            elif command.id == "view_in_browser":
                self.later(self._open_again(chosen))

    async def _resume(self, chosen: Draft | OutboxRow) -> None:
        """Into the composer with a draft, or with a text that was not sent; an unsure act is decided."""
        if isinstance(chosen, Draft):
            self.dismiss(chosen)
            return
        match chosen.state:
            case OutboxState.UNSURE:
                await self._end_doubt(chosen)
            case OutboxState.REFUSED if chosen.act.kind.writes_text:
                draft = await self._draft_of(chosen)
                if draft is None:
                    raise NotAllowed("Its text is no longer a draft: it was sent or thrown away since.")
                self.dismiss(draft)
            case OutboxState.HANDED_OFF:
                await self._open_again(chosen)
            case OutboxState.HELD | OutboxState.QUEUED:
                raise NotAllowed("This is on its way; z takes it back.")
            case _:
                raise NotAllowed("There is nothing to go on with in this.")

    async def _done_there(self, row: OutboxRow) -> None:
        await self.session.engine.acts.done_there(row)
        self.tell(f"Done on {page_host(row.page)}.")
        await self._read()

    async def _open_again(self, row: OutboxRow) -> None:
        """The page of an act that was handed off; without a browser its address in full."""
        name = f"{act_words(row.act).capitalize()} on {page_host(row.page)}"
        if await open_in_browser(row.page):
            self.tell(f"{name}: H when it is done there, z takes it back.")
            return
        self.app.copy_to_clipboard(row.page)
        await self.app.push_screen(AddressScreen(self.session.commands, name, row.page))

    async def _end_doubt(self, row: OutboxRow) -> None:
        """Nobody could find out whether it was carried out: the user looks, and says."""
        chosen = await self.prompt.choose("Was it sent? Look on the network, then", [one for one, _ in DOUBT])
        if chosen is not None:
            await self.session.engine.acts.end_doubt(row, DOUBT[chosen][1])
            await self._read()

    async def _draft_of(self, row: OutboxRow) -> Draft | None:
        """The draft that a text became again when it was refused."""
        drafts = await self.session.store.drafts.all()
        text = row.act.text.strip()
        mine = [draft for draft in drafts if draft.account == row.act.account and text in draft.text]
        return next((draft for draft in mine if draft.act.kind is row.act.kind), None)

    async def _take_back(self, row: OutboxRow) -> None:
        """A text goes back into the composer; of anything else it is said that it was taken back."""
        if row.state not in _TAKEN_BACK_FROM:
            raise NotAllowed("There is nothing to take back: this was not sent.")
        undone = await self.session.engine.acts.take_back(row)
        if undone.draft is not None:
            self.dismiss(undone.draft)
            return
        self.tell(undone.words[:1].upper() + undone.words[1:] + ".")
        await self._read()

    async def _throw_away(self, draft: Draft) -> None:
        if await self.prompt.confirm("Throw this draft away?"):
            await self.session.store.drafts.delete(draft.account, draft.item)
            self.tell("The draft is gone.")
            await self._read()

    # -- reading -----------------------------------------------------------------------------------------------
    async def _read(self) -> None:
        before = self.selected
        drafts = await self.session.store.drafts.all()
        acts = await self.session.store.outbox.rows(NEWEST)
        shown = [row for row in acts if row.state is not OutboxState.TAKEN_BACK]
        waiting = [row for row in shown if row.state in _UNDECIDED]
        settled = [row for row in shown if row.state not in _UNDECIDED]
        self.rows = [*drafts, *waiting, *settled]
        self._list.show([self._entry(row) for row in self.rows], self._find(before))
        count = f"{len(drafts)} draft{'s' if len(drafts) != 1 else ''} · {len(waiting)} on the way or refused"
        self.head(f"Outbox and drafts · {count}" if self.rows else "Outbox and drafts")
        self._show_selected()

    def _show_selected(self) -> None:
        """What can be done with the selected row, and its sentence in full: a row has one line for it only."""
        chosen = self.selected
        why = chosen.why if isinstance(chosen, OutboxRow) and chosen.state is not OutboxState.SENT else ""
        self._why.update(content(why, newlines=False))
        self._why.display = bool(why)
        self.show_foot()

    def _find(self, before: Draft | OutboxRow | None) -> int:
        """Where the row that was selected is now."""

        def name(row: Draft | OutboxRow) -> tuple[str, object]:
            return ("act", row.id) if isinstance(row, OutboxRow) else (row.account, row.item)

        if before is None:
            return 0
        names = [name(row) for row in self.rows]
        return names.index(name(before)) if name(before) in names else self._list.selected

    def _entry(self, row: Draft | OutboxRow) -> Entry:
        now = self.session.now().astimezone()
        account = self.session.account(row.act.account)
        me = f"as @{account.handle}" if account else f"as {row.act.account}"
        if isinstance(row, Draft):
            when = age(row.changed_at, now)
            return Entry(act_words(row.act), f"{me} · {when}", "draft", row.text.strip(), "warning")
        words = one_line(row.act.text)
        below = " · ".join(part for part in (row.why if row.state is not OutboxState.SENT else "", words) if part)
        detail = f"{me} · {age(row.created_at, now)}"
        return Entry(act_words(row.act), detail, state_words(row, now), below, _TONES.get(row.state, ""))
