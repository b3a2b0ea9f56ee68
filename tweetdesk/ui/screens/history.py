"""The history: every decision and act with its time and what became of it; each line leads to its post."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Static

from tweetdesk.domain.commands import Command
from tweetdesk.domain.events import OutboxChanged, TriageChanged
from tweetdesk.domain.items import Item
from tweetdesk.domain.posts import Post
from tweetdesk.engine.session import Session
from tweetdesk.engine.undoing import NotAllowed, Sent
from tweetdesk.store.history import OUTCOMES, Decision
from tweetdesk.ui.browser import open_in_browser
from tweetdesk.ui.moments import clock_words, deletion_question, local_now
from tweetdesk.ui.screens.address import AddressScreen
from tweetdesk.ui.screens.card import LiveCard
from tweetdesk.ui.text import content, one_line
from tweetdesk.ui.widgets.listing import Entry, Listing
from tweetdesk.ui.wording import wording

#: So many lines are read at once; more when one comes near the oldest of them.
PAGE = 100
AHEAD = 20
NOTHING = "Nothing has been decided yet."
UNKNOWN = "Its post is not here any more, and its address is not known."
UNSENT = "There is no post to open: {}."


class HistoryScreen(LiveCard):
    """The newest first. Dismissed with the Draft of a text that was taken back, or None."""

    hears = (OutboxChanged, TriageChanged)
    closes = frozenset({"back", "quit", "history"})
    DEFAULT_CSS = """
    HistoryScreen #history-whole { height: auto; max-height: 6; padding: 0 1; color: $text-muted; display: none; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, "History")
        self.decisions: list[Decision] = []
        self.lines: list[tuple[Decision, ...]] = []
        self.words = ""
        self._say = wording(session)
        self._complete = self._reading = False
        self._list = Listing(empty=NOTHING)
        self._whole = Static(id="history-whole")

    def compose_body(self) -> ComposeResult:
        """The list, and what the selected line says in full."""
        yield self._list
        yield self._whole

    def foot(self) -> Sequence[tuple[str, str]]:
        """What can be done with the selected line."""
        find = ("filter", "find")
        if self.selected is None:
            return (find,)
        return (("open_conversation", "its post"), ("undo", "take back"), ("view_in_browser", "browser"), find)

    def read_again(self) -> None:
        """Read the newest decisions, and those that are shown."""
        self.later(self._read(), group="read")

    @property
    def selected(self) -> Decision | None:
        """What is under the hand: of several posts that were one item the newest."""
        return self.lines[self._list.selected][0] if self.lines else None

    # -- keys --------------------------------------------------------------------------------------------------
    def scroll(self, by: int, *, pages: bool = False) -> None:
        """Select another line; older ones are read when the hand comes near the last."""
        self._list.move(by * (max(1, self._list.page // 2) if pages else 1))
        self._show_selected()
        if self._list.selected >= len(self.lines) - AHEAD and not self._complete and not self._reading:
            self._reading = True
            self.later(self._read_on(), group="older")

    def run(self, command: Command, key: str) -> None:
        """The first Esc ends the search; what was said of the key before is no longer shown."""
        self.tell("")
        if command.id == "back" and self.words:
            self.words = ""
            self.later(self._search())
            return
        super().run(command, key)

    def act(self, command: Command, key: str) -> None:
        """Search, open, or take back."""
        chosen = self.selected
        if command.id == "filter":
            self.later(self._ask_words())
        elif chosen is None:
            return
        elif command.id == "open_conversation":
            self.later(self._open(chosen))
        elif command.id == "view_in_browser":
            self.later(self._open_outside(chosen))
        elif command.id == "undo":
            self.later(self._take_back(self.lines[self._list.selected]))

    async def _ask_words(self) -> None:
        hints = ("words of the post, of yours, a name, or what was done",)
        words = await self.prompt.line("Find in the history", self.words, hints)
        if words is not None and words != self.words:
            self.words = words
            await self._search()

    async def _search(self) -> None:
        self.decisions, self.lines, self._complete = [], [], False
        await self._read()

    async def _open(self, chosen: Decision) -> None:
        """The conversation of its post; what is not here any more is opened on the network."""
        from tweetdesk.ui.screens.conversation import ConversationScreen

        item = await self.session.store.posts.item(chosen.owner or chosen.account, chosen.item)
        if item is None and (post := await self._post(chosen)) is not None:
            item = Item(0, str(post.ref), chosen.owner or chosen.account, post, post.created_at)
        if item is None:
            await self._open_outside(chosen)
        else:
            await self.app.push_screen(ConversationScreen(self.session, item))

    async def _post(self, chosen: Decision) -> Post | None:
        """What it was about; of a new post of ours that post itself."""
        if chosen.post is not None or chosen.outbox is None or (chosen.act and chosen.act.target):
            return chosen.post
        row = await self.session.store.outbox.row(chosen.outbox)
        return await self.session.store.posts.own(chosen.account, row.result) if row and row.result else None

    async def _open_outside(self, chosen: Decision) -> None:
        post = await self._post(chosen)
        if post is None or not post.url:
            unsent = not chosen.item and chosen.outcome and chosen.outcome != OUTCOMES["sent"]
            raise NotAllowed(UNSENT.format(chosen.outcome) if unsent else UNKNOWN)
        url = post.url
        if await open_in_browser(url):
            self.tell(f"Opening {one_line(url)}")
            return
        self.app.copy_to_clipboard(url)
        await self.app.push_screen(AddressScreen(self.session.commands, "The post", url))

    async def _take_back(self, lines: tuple[Decision, ...]) -> None:
        """Take this very decision back; a text goes back into the composer."""
        acts = self.session.engine.acts
        try:
            undone = await acts.undo_decision(lines)
        except Sent as sent:
            if not await self.prompt.confirm(deletion_question(self.session, sent.row)):
                return
            undone = await acts.delete_sent(sent.row)
        if undone.draft is not None:
            self.dismiss(undone.draft)
            return
        words = self._say(undone.account, undone.words)
        self.tell(f"{words[:1].upper()}{words[1:]}.")
        await self._read()

    # -- reading -----------------------------------------------------------------------------------------------
    async def _read(self) -> None:
        """The newest, as many as are shown already; the selected line stays selected."""
        before = self.selected
        many = max(PAGE, len(self.decisions))
        found = await self.session.store.triage.history(many, None, self.words)
        self._complete = len(found) < many
        self.decisions, self.lines = found, as_lines(found)
        places = [_name(line[0]) for line in self.lines]
        at = places.index(_name(before)) if before is not None and _name(before) in places else self._list.selected
        self._show(at)

    async def _read_on(self) -> None:
        """Older ones below."""
        try:
            last = self.decisions[-1].place if self.decisions else None
            older = await self.session.store.triage.history(PAGE, last, self.words)
            self._complete = len(older) < PAGE
            self.decisions += older
            self.lines = as_lines(self.decisions)
            self._show(self._list.selected)
        finally:
            self._reading = False

    def _show(self, selected: int) -> None:
        now = local_now(self.session)
        entries = [self._entry(line, clock_words(line[0].at, now)) for line in self.lines]
        self._list.empty = f"Nothing has these words: {one_line(self.words)}" if self.words else NOTHING
        self._list.show(entries, selected)
        found = f" · “{one_line(self.words)}”" if self.words else ""
        many = f" · {'' if self._complete else 'the newest '}{len(self.lines)}" if self.lines else ""
        self.head(f"History{found}{many}")
        self._show_selected()

    def _show_selected(self) -> None:
        """The whole of what we wrote, which has one line in the list only."""
        chosen = self.selected
        text = chosen.act.text.strip() if chosen and chosen.act else ""
        self._whole.update(content(f"You wrote: {text}" if text else ""))
        self._whole.display = bool(text)
        self.show_foot()

    def _entry(self, line: tuple[Decision, ...], when: str) -> Entry:
        one = line[0]
        account = self.session.account(one.account)
        me = f" · as @{account.handle}" if account and len(self.session.accounts) > 1 else ""
        person = one.act.person if one.act and one.act.person else one.post.author if one.post else None
        what = self._say(one.account, one.words)
        label = f"{what} · {one_line(person.called)}" if person else what
        about = one.post.text if one.post else one.act.text if one.act else ""
        posts = f" · {len(line)} posts" if len(line) > 1 else ""
        return Entry(label, f"{when}{me}{posts}", one.outcome, about, _tone(one.outcome))


def as_lines(decisions: Sequence[Decision]) -> list[tuple[Decision, ...]]:
    """One line a decision: the posts of one conversation that were one item stand together, the newest first."""
    lines: list[tuple[Decision, ...]] = []
    for one in decisions:
        if lines and _together(lines[-1][0], one):
            lines[-1] += (one,)
        else:
            lines.append((one,))
    return lines


def _together(first: Decision, one: Decision) -> bool:
    same = first.batch is not None and (first.batch, first.outcome) == (one.batch, one.outcome)
    posts = first.post, one.post
    return same and posts[0] is not None and posts[1] is not None and _thread(posts[0]) == _thread(posts[1])


def _thread(post: Post) -> object:
    return post.conversation or post.ref


def _tone(outcome: str) -> str:
    if outcome.startswith("refused"):
        return "error"
    return "warning" if outcome in ("held", "perhaps sent", "handed off") else ""


def _name(one: Decision) -> tuple[int | None, int | None]:
    """Which line that is."""
    return one.id, one.outbox
