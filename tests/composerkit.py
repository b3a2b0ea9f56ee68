"""A composer on a page of its own, which collects what it saves and what it says."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from tweetdesk.domain.drafting import parts_of
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.networks.base import Length
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.ui.widgets.composer import Composer
from tweetdesk.ui.widgets.paper import Heading, Paper

ACT = Act(ActKind.REPLY, "bluesky:did:plc:ada")


class ComposerPage(App[None]):
    """Something above, and the composer on a paper that `more` says more of; `seen` has the keys it let by."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, act: Act, heading: Heading, limit: int = 30, **more: object) -> None:
        super().__init__()
        self.begun, self.heading, self.limit, self.more = act, heading, limit, more
        self.saved: list[Act] = []
        self.said: list[object] = []
        self.seen: list[str] = []
        self.trouble: StoreTrouble | None = None
        self.composer = Composer(save_after=0.01)

    def compose(self) -> ComposeResult:
        yield Static("above")
        yield self.composer

    async def save(self, act: Act) -> None:
        """Keep a text, or fail as the test says."""
        if self.trouble is not None:
            raise self.trouble
        self.saved.append(act)

    def on_mount(self) -> None:
        paper = Paper(
            self.begun,
            heading=self.heading,
            measure=lambda text, warning: Length(len(text) + len(warning), self.limit),
            save=self.save,
            hold_seconds=10,
        )
        self.composer.open(replace(paper, **self.more))  # type: ignore[arg-type]

    def on_key(self, event: events.Key) -> None:
        self.seen.append(event.key)

    def on_composer_send(self, message: Composer.Send) -> None:
        self.said.append(message)

    def on_composer_closed(self, message: Composer.Closed) -> None:
        self.said.append(message)

    def on_composer_ask(self, message: Composer.Ask) -> None:
        self.said.append(message)

    def shown(self, name: str) -> str:
        """The text of one of the composer's lines, "" where it is not shown."""
        line = self.query_one(f"#composer-{name}", Static)
        return str(line.render()) if line.display else ""

    @property
    def texts(self) -> list[str]:
        """The texts of the posts as they stand in the composer."""
        assert self.composer.act is not None
        return [part.text for part in parts_of(self.composer.act)]

    @property
    def saves(self) -> list[str]:
        """The first text of each save."""
        return [act.text for act in self.saved]
