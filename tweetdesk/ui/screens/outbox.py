"""The outbox: what is on its way, what was refused or is unsure, and what is half written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.widgets import Static

from tweetdesk.domain.commands import Command
from tweetdesk.domain.dates import when_words
from tweetdesk.domain.events import AccountChanged, OutboxChanged, TriageChanged, Uploading
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState
from tweetdesk.engine.session import Session
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.ui.browser import open_in_browser
from tweetdesk.ui.screens.address import AddressScreen
from tweetdesk.ui.screens.card import LiveCard
from tweetdesk.ui.text import clean, content, one_line
from tweetdesk.ui.times import age
from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.widgets.listing import Entry, Listing
from tweetdesk.ui.wording import Wording, wording

#: How many settled acts are shown at first, the newest before the others, and how many more at the end of them.
NEWEST = 100

#: Where somebody can still do something: shown first.
_UNDECIDED = (
    OutboxState.UNSURE, OutboxState.HANDED_OFF, OutboxState.HELD, OutboxState.SENDING, OutboxState.QUEUED,
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
    """Where an act stands: "held until 14:02:10", "goes Thu 26 Nov, 09:00", "refused".

    `now` is in the zone in which times are told.
    """
    at = row.not_before.astimezone(now.tzinfo)
    match row.state:
        case OutboxState.HELD if row.later:
            return f"goes {when_words(at, now)}"
        case OutboxState.HELD:
            return f"held until {at:%H:%M:%S}"
        case OutboxState.HANDED_OFF:
            return f"to be done on {page_host(row.page)}"
        case OutboxState.QUEUED if row.not_before > now:
            return f"queued, next try {at:%H:%M:%S}"
        case OutboxState.SENDING if row.not_before > now:
            return f"perhaps sent, asks again {at:%H:%M:%S}"
        case _:
            return row.state.value


def page_host(url: str) -> str:
    """Whose page that is: "x.com"."""
    return clean((urlsplit(url).hostname or "its own page").removeprefix("www."), newlines=False)


def act_words(act: Act, wording: Wording) -> str:
    """What an act is, in its network's words, and whom it concerns: "boost of Ines Marín"."""
    whom = one_line(act.person.called) if act.person else ""
    what = wording(act.account, _CALLED.get(act.kind, act.kind.value))
    return f"{what} {whom}" if whom else what.removesuffix(" to").removesuffix(" of")


def text_words(act: Act) -> str:
    """The text of an act in one line, and how many pictures and further posts there are."""
    pictures = len(act.media) + sum(len(part.media) for part in act.more)
    counts = (
        (f"{pictures} picture{'s' if pictures > 1 else ''}", pictures),
        (f"a thread of {len(act.more) + 1} posts", len(act.more)),
    )
    return " · ".join([one_line(act.text), *(words for words, count in counts if count)]).removeprefix(" · ")


class OutboxScreen(LiveCard):
    """Drafts first, then acts; why the selected one was refused stands below in full.

    Dismissed with the Draft to go on with, or None.
    """

    hears = (OutboxChanged, TriageChanged, AccountChanged, Uploading)
    DEFAULT_CSS = """
    OutboxScreen #outbox-why { height: auto; max-height: 6; padding: 0 1; display: none; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Outbox and drafts")
        self.rows: list[Draft | OutboxRow] = []
        self._settled, self._more = NEWEST, False
        self._wording = wording(session)
        self._list = Listing(empty="Nothing is on its way, and nothing is half written.")
        self._why = Static(id="outbox-why")

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
            case OutboxRow(state=OutboxState.HELD):
                return (("undo", "take back"), ("fetch_now", "send now"))
            case OutboxRow(state=OutboxState.SENDING):
                return (("fetch_now", "try now"),)
            case OutboxRow(state=OutboxState.QUEUED):
                return (("undo", "take back"), ("fetch_now", "try now"))
            case OutboxRow(state=OutboxState.UNSURE):
                return (("open_conversation", "say whether it was sent"),)
            case OutboxRow(state=OutboxState.REFUSED, act=act) if act.kind.writes_text:
                return (("open_conversation", "go on writing"),)
            case _:
                return ()

    def read_again(self) -> None:
        """Read what there is now."""
        self.later(self._read(), group="read")

    @property
    def selected(self) -> Draft | OutboxRow | None:
        """What is under the hand."""
        return self.rows[self._list.selected] if self.rows else None

    def scroll(self, by: int, *, pages: bool = False) -> None:
        """Select another row."""
        self._list.move(by * (max(1, self._list.page // 2) if pages else 1))
        self._show_selected()
        if self._more and self._list.selected == len(self.rows) - 1:
            self._settled += NEWEST
            self.later(self._read(), group="read")

    # -- acts --------------------------------------------------------------------------------------------------
    def act(self, command: Command, key: str) -> None:
        """Resume, take back, throw away."""
        chosen = self.selected
        self.tell("")
        if command.id == "open_conversation" and chosen is not None:
            self.later(self._resume(chosen))
        elif command.id == "undo" and isinstance(chosen, OutboxRow):
            self.later(self._take_back(chosen))
        elif command.id == "fetch_now" and isinstance(chosen, OutboxRow):
            self.later(self._send_now(chosen))
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
                draft = _draft_of(chosen, await self.session.store.drafts.all())
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
        called = act_words(row.act, self._wording)
        name = f"{called[:1].upper()}{called[1:]} on {page_host(row.page)}"
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

    async def _send_now(self, row: OutboxRow) -> None:
        """What is held, or waits for its time, goes; what waits for the line or the network is tried."""
        engine = self.session.engine
        if row.state in (OutboxState.QUEUED, OutboxState.SENDING):
            engine.acts.must_leave()
            engine.try_again(row.act.account)
            self.tell("It is tried again.")
        elif row.state is OutboxState.HELD:
            await engine.acts.send_now(row)
        else:
            raise NotAllowed("This does not wait for a time.")

    async def _take_back(self, row: OutboxRow) -> None:
        """A text goes back into the composer; of anything else it is said that it was taken back."""
        if row.state not in _TAKEN_BACK_FROM:
            raise NotAllowed("There is nothing to take back: this was not sent.")
        undone = await self.session.engine.acts.take_back(row)
        if undone.draft is not None:
            self.dismiss(undone.draft)
            return
        words = self._wording(row.act.account, undone.words)
        self.tell(words[:1].upper() + words[1:] + ".")
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
        outbox = self.session.store.outbox
        newest = await outbox.rows(self._settled)
        self._more = len(newest) == self._settled
        waiting = sorted(await outbox.unfinished(), key=lambda row: (_UNDECIDED.index(row.state), *_newest(row)))
        # What was refused is settled as soon as its text was sent, or thrown away.
        waiting += [row for row in newest if row.state is OutboxState.REFUSED and _draft_of(row, drafts)]
        first = {row.id for row in waiting}
        settled = [row for row in newest if row.id not in first and row.state is not OutboxState.TAKEN_BACK]
        settled.sort(key=_newest)
        self.rows = [*drafts, *waiting, *settled]
        self._list.show([self._entry(row) for row in self.rows], self._find(before))
        later = sum(row.later and row.state is OutboxState.HELD for row in waiting)
        counts = [
            f"{len(drafts)} draft{'s' if len(drafts) != 1 else ''}",
            f"{len(waiting) - later} on the way or refused",
            *([f"{later} for later"] if later else []),
        ]
        self.head(" · ".join(["Outbox and drafts", *(counts if self.rows else [])]))
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
        called = act_words(row.act, self._wording)
        if isinstance(row, Draft):
            return Entry(called, f"{me} · {age(row.changed_at, now)}", "draft", text_words(row.act), "warning")
        if row.parts > 1:
            called = f"{called if row.part == 1 else 'thread'} · post {row.part} of {row.parts}"
        why = row.why if row.state is not OutboxState.SENT else ""
        below = " · ".join(part for part in (why, text_words(row.act)) if part)
        detail = f"{me} · {age(row.created_at, now)}"
        tone = "" if row.later and row.state is OutboxState.HELD else _TONES.get(row.state, "")
        return Entry(called, detail, self._stands(row, now), below, tone)

    def _stands(self, row: OutboxRow, now: datetime) -> str:
        """Where an act stands, and what else it waits for."""
        engine = self.session.engine
        if (percent := engine.uploading.get(row.id)) is not None:
            return f"sending picture {percent} %"
        if row.state is not OutboxState.QUEUED:
            return state_words(row, now)
        if engine.acts.locked:
            return "queued, while you only look"
        if row.act.account in engine.paused:
            return "queued, the account is paused"
        if row.follows is not None and row.act.target is None:
            return f"after post {row.part - 1}"
        return state_words(row, now)


def _newest(row: OutboxRow) -> tuple[int, int]:
    """What to sort by: the newest act first, the posts of a thread in their order."""
    return -(row.thread or row.id), row.part


def _draft_of(row: OutboxRow, drafts: Sequence[Draft]) -> Draft | None:
    """The draft that a text became again when it was refused."""
    act, text = row.act, row.act.text.strip()
    for one in drafts:
        same = (one.account, one.act.kind) == (act.account, act.kind) and text in one.text
        if same and set(act.media) <= set(one.act.media):
            return one
    return None
