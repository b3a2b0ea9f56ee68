"""The accounts: which there are, where their sessions are kept, and how each of their sources is doing."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.content import Content

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.events import Event, SourceState, SourceStatus, StatusChanged
from tweetdesk.domain.selections import Source
from tweetdesk.engine.session import Session
from tweetdesk.ui.lines import moment
from tweetdesk.ui.screens.card import CardScreen, Page
from tweetdesk.ui.text import one_line

KEPT = {
    "keyring": "its session is in the operating system's keyring",
    "file": "its session is in a file that only you can read",
    "environment": "its session comes from the environment",
    "sandbox": "the sandbox: nothing leaves this machine",
}
NO_ACCOUNT = "There is no account yet. `tweetdesk login bluesky` adds one; `tweetdesk demo` needs none."


class AccountsScreen(CardScreen):
    """One paragraph an account; kept up to date while it is open."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.commands, "Accounts")
        self.session = session
        self._page = Page(self._make)
        self._unsubscribe: Callable[[], None] = lambda: None

    def compose_body(self) -> ComposeResult:
        """The paragraphs."""
        yield self._page

    def on_mount(self) -> None:
        """Hear how sources are doing."""
        self._unsubscribe = self.session.engine.bus.subscribe(self._hear)

    def on_unmount(self) -> None:
        """Hear no more."""
        self._unsubscribe()

    def _hear(self, event: Event) -> None:
        if isinstance(event, StatusChanged):
            self.call_later(self._page.show)

    def _make(self, width: int) -> Content:
        accounts = self.session.accounts
        if not accounts:
            return Content(NO_ACCOUNT)
        return Content("\n\n").join([self._account(account) for account in accounts])

    def _account(self, account: Account) -> Content:
        network = self.session.engine.networks.get(account.id)
        called = network.vocabulary.network if network else account.network
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
        statuses = [
            status
            for source, status in sorted(self.session.engine.statuses().items())
            if source.account == account.id
        ]
        return Content("\n").join([*lines, *(self._status(status) for status in statuses)])

    def _named(self, source: Source) -> str:
        """What is fetched there, in words."""
        if source.kind == "person":
            own = any(source.words == account.user_id for account in self.session.accounts)
            return "your own posts" if own else "somebody on your help list"
        words = {"helping": "people to help", "home": "home timeline"}.get(source.kind, source.kind)
        return f'{words} "{one_line(source.words)}"' if source.words else words

    def _status(self, status: SourceStatus) -> Content:
        now = self.session.now().astimezone()
        name = self._named(status.source)
        words = f"{status.state.value}"
        if status.state is SourceState.FRESH:
            words += f" since {moment(status.at, now)}"
        if status.until:
            words += f", next try {moment(status.until, now)}"
        if status.why:
            words += f" · {one_line(status.why)}"
        good = status.state in (SourceState.FRESH, SourceState.LOADING)
        return Content.assemble((f"  {name}: ", "$text-muted"), (words, "" if good else "$warning"))
