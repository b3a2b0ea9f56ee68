"""Costs and limits: what each account and column has used, what it still may, and what X costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from textual.app import ComposeResult
from textual.content import Content

from tweetdesk.domain.commands import Command
from tweetdesk.domain.events import AccountChanged, StatusChanged
from tweetdesk.domain.layouts import Layout
from tweetdesk.engine.costs import AccountCosts, Costs, SourceCosts, costs
from tweetdesk.engine.session import Session
from tweetdesk.networks.base import Limits
from tweetdesk.networks.spending import DOLLAR
from tweetdesk.ui.screens.accounts import source_words
from tweetdesk.ui.screens.card import LiveCard, Page, indented
from tweetdesk.ui.text import one_line
from tweetdesk.ui.times import moment
from tweetdesk.ui.widgets.paper import money

#: The steps of the day's budget, in dollars.
STEPS = (0.0, 0.10, 0.25, 0.50, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
#: How wide the bar of the budget is at most, in cells.
WIDEST_BAR = 40


def dollars(micros: int) -> str:
    """An amount for a gauge: whole cents; below ten cents tenths of a cent."""
    if micros >= DOLLAR // 10 or micros == 0:
        return f"${micros / DOLLAR:.2f}"
    return money(round(micros, -3)) if micros >= 500 else "less than $0.001"


def next_step(micros: int | None, by: int) -> float:
    """The next higher or lower budget, in dollars."""
    now = STEPS[-1] if micros is None else micros / DOLLAR
    if by > 0:
        return next((step for step in STEPS if step > now + 1e-9), max(now, STEPS[-1]))
    return next((step for step in reversed(STEPS) if step < now - 1e-9), STEPS[0])


def bar(used: int, whole: int, width: int) -> str:
    """A gauge in plain characters: "[####......] 40 %"."""
    part = 1.0 if not whole else min(1.0, used / whole)
    room = max(4, min(WIDEST_BAR, width - 9))
    full = round(part * room)
    return f"[{'#' * full}{'.' * (room - full)}] {round(100 * part)} %"


def limit_words(limits: Limits, now: datetime) -> str:
    """What a rate limit leaves: "2,990 of 3,000 requests left, all again at 14:05"; "" where nothing was told."""
    if limits.left is None:
        return ""
    words = f"{limits.left:,}" + (f" of {limits.limit:,}" if limits.limit is not None else "") + " requests left"
    if limits.until and limits.until > now:
        words += f", all again at {limits.until.astimezone(now.tzinfo):%H:%M}"
    return words


def used_words(one: AccountCosts | SourceCosts) -> str:
    """What was used today: "12 requests, 240 read"."""
    requests = f"{one.requests:,} request{'' if one.requests == 1 else 's'}"
    return f"{requests}, {one.resources:,} read"


class CostsScreen(LiveCard):
    """One paragraph an account; kept up to date while it is open."""

    closes = frozenset({"back", "quit", "go_costs"})
    hears = (StatusChanged, AccountChanged)

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Costs and limits · today, UTC")
        self.costs: Costs | None = None
        self._page = Page(self._make)
        self._reading = self._wanted = False

    def compose_body(self) -> ComposeResult:
        """The paragraphs."""
        yield self._page

    def foot(self) -> Sequence[tuple[str, str]]:
        """The budget, where something costs."""
        return (("wider", "more a day"), ("narrower", "less a day")) if self._priced else ()

    @property
    def _priced(self) -> bool:
        return self.costs is not None and any(one.price_date for one in self.costs.accounts)

    def read_again(self) -> None:
        """Read soon; what is asked for meanwhile is done in one go after it."""
        self._wanted = True
        if not self._reading:
            self._reading = True
            self.later(self._read(), group="read")

    async def _read(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                self.costs = await costs(self.session)
                self._page.show()
                self.show_foot()
        finally:
            self._reading = False

    # -- the budget --------------------------------------------------------------------------------------------
    def act(self, command: Command, key: str) -> None:
        """A higher or a lower budget."""
        if command.id in ("wider", "narrower") and self._priced:
            self._set_budget(next_step(self.session.engine.budget_micros, 1 if command.id == "wider" else -1))

    def _set_budget(self, wanted: float) -> None:
        micros = round(wanted * DOLLAR)
        if micros == self.session.engine.budget_micros:
            return
        self.session.engine.set_budget(micros)
        self.session.settings = replace(self.session.settings, budget_micros=micros)
        if mistake := self.session.settings_file.set("budget.dollars_a_day", wanted):
            self.tell(f"In use, but not saved: {mistake}", "warning")
        else:
            self.tell(f"Saved: ${wanted:.2f} a day" + ("" if wanted else ", so only what you ask for is read"))
        self.read_again()

    # -- words -------------------------------------------------------------------------------------------------
    @property
    def _layouts(self) -> Sequence[Layout]:
        return getattr(self.app, "layouts", self.session.saved_layouts)

    def _make(self, width: int) -> Content:
        if self.costs is None:
            return Content("Counting …")
        if not self.costs.accounts:
            return Content("There is no account yet, so nothing was asked of any network.")
        now = self.session.now().astimezone()
        parts = [self._budget(width)] if self._priced else []
        parts += [self._account(one, now, width) for one in self.costs.accounts]
        return Content("\n\n").join(parts)

    def _budget(self, width: int) -> Content:
        """The day's budget as a gauge, and how it is changed."""
        assert self.costs is not None
        spent, budget = sum(one.micros for one in self.costs.accounts), self.costs.budget_micros
        if budget is None:
            return Content.assemble(("Budget", "bold"), f"  no limit is set · spent today {dollars(spent)}")
        if budget == 0:
            said = f"  $0.00 a day: what costs is read only when you ask · spent today {dollars(spent)}"
            return Content.assemble(("Budget", "bold"), said)
        tone = "$error" if spent >= budget else "$warning" if spent >= budget * 0.8 else "$success"
        return Content("\n").join([
            Content.assemble(("Budget", "bold"), f"  {dollars(spent)} of {dollars(budget)} today"),
            Content(bar(spent, budget, width)).stylize(tone),
        ])  # fmt: skip

    def _account(self, one: AccountCosts, now: datetime, width: int) -> Content:
        network = self.session.engine.networks.get(one.account.id)
        called = network.vocabulary.network if network else one.account.network_name
        lines = [Content.assemble((f"@{one_line(one.account.handle)}", "bold"), (f"  {called}", "$text-muted"))]
        if one.paused:
            lines.append(Content(f"  paused: {one_line(one.paused)}").stylize("$error"))
        limits = limit_words(one.limits, now)
        lines.append(Content(f"  {used_words(one)}" + (f" · {limits}" if limits else "")))
        if one.price_date:
            lines.append(Content(f"  {dollars(one.micros)} today · {dollars(one.micros_month)} this month"))
            dated = f"  by the price list of {_day(one.price_date)}; a day in brackets, estimated"
            lines.append(Content(dated).stylize("$text-muted"))
        else:
            lines.append(Content("  free").stylize("$text-muted"))
        told: set[str] = set()
        for source in one.sources:
            if source.requests or source.resources or source.source is None or source.source.kind != "helping":
                lines += self._source(source, one, now, told)
        return Content("\n").join(line for whole in lines for line in indented(whole, width))

    def _source(self, one: SourceCosts, account: AccountCosts, now: datetime, told: set[str]) -> list[Content]:
        """One column's source: what it used and costs, and why it stands still (a reason is told once)."""
        name = source_words(self.session, one.source, self._layouts) if one.source else "acts and look-ups"
        words = used_words(one)
        if account.price_date and (one.micros or one.micros_a_day):
            words += f", {dollars(one.micros)} [{dollars(one.micros_a_day)}]"
        if one.limits != account.limits and (limits := limit_words(one.limits, now)):
            words += f" · {limits}"
        lines = [Content.assemble((f"  {name}: ", "$text-muted"), words)]
        status = self.session.engine.statuses().get(one.source) if one.source else None
        if status is not None and status.until and status.why and not account.paused:
            until = f" (until {moment(status.until, now)})"
            why = "stopped as above" if status.why in told else f"{one_line(status.why)}{until}"
            told.add(status.why)
            lines.append(Content(f"    {why}").stylize("$warning"))
        return lines


def _day(text: str) -> str:
    """A date as people read it; what is no date stays as it is."""
    try:
        return f"{date.fromisoformat(text):%d %b %Y}"
    except ValueError:
        return one_line(text)
