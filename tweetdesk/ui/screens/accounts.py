"""The accounts: which there are, where their sessions are kept, and how each of their sources is doing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.content import Content

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.commands import Command
from tweetdesk.domain.events import AccountChanged, SourceState, SourceStatus, StatusChanged
from tweetdesk.domain.layouts import Layout
from tweetdesk.domain.selections import Source
from tweetdesk.engine.session import Session
from tweetdesk.ui.screens.card import LiveCard, Page, indented
from tweetdesk.ui.text import one_line
from tweetdesk.ui.times import moment

KEPT = {
    "keyring": "its session is in the operating system's keyring",
    "file": "its session is in a file that only you can read",
    "environment": "its session comes from the environment",
    "sandbox": "the sandbox: nothing leaves this machine",
}
NO_ACCOUNT = "There is no account yet. `tweetdesk login` adds one; `tweetdesk demo` needs none."
_NAMES = {"helping": "people to help", "home": "home timeline", "messages": "direct messages"}


def source_words(session: Session, source: Source, layouts: Iterable[Layout] = ()) -> str:
    """What a source fetches, in words: a list or person by the name that a column has for it."""
    columns = (column for layout in layouts for column in layout.columns)
    titles = {(column.kind, column.words): column.title for column in columns if column.title}
    title = titles.get((source.kind, source.words), "")
    if source.kind == "person" and not title:
        own = any(source.words == account.user_id for account in session.accounts)
        return "your own posts" if own else "somebody on your help list"
    if source.kind in ("person", "list"):
        return f'{source.kind} "{one_line(title or source.words)}"'
    if source.kind == "hashtag":
        return f"hashtag #{one_line(source.words)}"
    name = _NAMES.get(source.kind, source.kind)
    return f'{name} "{one_line(source.words)}"' if source.words else name


class AccountsScreen(LiveCard):
    """One paragraph an account, one of them selected; kept up to date while it is open."""

    closes = frozenset({"back", "quit", "go_accounts"})
    hears = (StatusChanged, AccountChanged)

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Accounts")
        self.selected = 0
        self._starts: list[int] = []
        self._page = Page(self._make)

    def compose_body(self) -> ComposeResult:
        """The paragraphs."""
        yield self._page

    def foot(self) -> Sequence[tuple[str, str]]:
        """What can be done about the selected account."""
        if not self.session.accounts:
            return ()
        return (("log_in", "log in again"), ("fetch_now", "try again now"), ("go_costs", "costs and limits"))

    def on_mount(self) -> None:
        """A paused account is selected."""
        paused = [account.id in self.session.engine.paused for account in self.session.accounts]
        self.selected = paused.index(True) if True in paused else 0

    def read_again(self) -> None:
        """Show how the sources are doing now."""
        self.call_later(self._page.show)

    # -- keys --------------------------------------------------------------------------------------------------
    def scroll(self, by: int, *, pages: bool = False) -> None:
        """Lines move the hand from account to account; pages scroll."""
        count = len(self.session.accounts)
        if pages or count < 2:
            super().scroll(by, pages=pages)
            return
        before, self.selected = self.selected, max(0, min(count - 1, self.selected + by))
        if self.selected == before:
            super().scroll(by)  # what is above the first, or below the beginning of the last
            return
        self._page.show()
        self._page.scroll_to(y=self._starts[self.selected], animate=False)

    def act(self, command: Command, key: str) -> None:
        """Log in again, try again, costs."""
        accounts = self.session.accounts
        if not accounts:
            return
        account = accounts[self.selected]
        if command.id == "log_in":
            self.later(self._log_in(account))
        elif command.id == "fetch_now":
            engine = self.session.engine
            engine.resume(account.id)
            engine.fetch_now([source for source in engine.statuses() if source.account == account.id])
            self.tell(f"Asking {account.network_name} again as @{one_line(account.handle)} …")
        elif command.id == "go_costs":
            from tweetdesk.ui.screens.costs import CostsScreen

            self.app.push_screen(CostsScreen(self.session))

    async def _log_in(self, account: Account) -> None:
        from tweetdesk.ui.login import log_in_again

        self.tell(await log_in_again(self.app, self.session, account))
        self._page.show()

    # -- words -------------------------------------------------------------------------------------------------
    @property
    def _layouts(self) -> Sequence[Layout]:
        """The layouts as they are now: their columns have names for lists and people."""
        return getattr(self.app, "layouts", self.session.saved_layouts)

    def _make(self, width: int) -> Content:
        accounts = self.session.accounts
        if not accounts:
            return Content(NO_ACCOUNT)
        lines: list[Content] = []
        self._starts = []
        for number, account in enumerate(accounts):
            self._starts.append(len(lines))
            mark = Content("▌" if number == self.selected else " ").stylize("$accent")
            lines += [mark + line for whole in self._account(account) for line in indented(whole, width - 1)]
            lines.append(Content(""))
        return Content("\n").join(lines[:-1])

    def _account(self, account: Account) -> list[Content]:
        network = self.session.engine.networks.get(account.id)
        called = network.vocabulary.network if network else account.network_name
        kept = KEPT.get(account.secrets, f"its session is kept in: {account.secrets}")
        lines = [
            Content.assemble(
                (f"@{one_line(account.handle)}", "bold"), (f"  {one_line(account.name)}", "$text-muted")
            ),
            Content(f"  {called} at {one_line(account.server)}"),
            Content(f"  {one_line(kept)}"),
        ]
        if network is None:
            lines.append(Content("  It is not logged in: `tweetdesk login` again.").stylize("$error"))
        if why := self.session.engine.paused.get(account.id):
            lines.append(Content(f"  paused: {one_line(why)}").stylize("$error"))
        statuses = [
            status
            for source, status in sorted(self.session.engine.statuses().items())
            if source.account == account.id
        ]
        return [*lines, *(self._status(status, paused=bool(why)) for status in statuses)]

    def _status(self, status: SourceStatus, *, paused: bool) -> Content:
        now = self.session.now().astimezone()
        name = source_words(self.session, status.source, self._layouts)
        if paused and status.state is SourceState.REFUSED:
            return Content.assemble((f"  {name}: ", "$text-muted"), "paused")
        words = f"{status.state.value}"
        if status.state is SourceState.FRESH:
            words += f" since {moment(status.at, now)}"
        if status.until:
            words += f", next try {moment(status.until, now)}"
        if status.why:
            words += f" · {one_line(status.why)}"
        good = status.state in (SourceState.FRESH, SourceState.LOADING)
        return Content.assemble((f"  {name}: ", "$text-muted"), (words, "" if good else "$warning"))
