"""A session: one profile's store, accounts, settings and engine, opened together and closed together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from tweetdesk.columns.base import ColumnKind
from tweetdesk.columns.base import load as load_column
from tweetdesk.columns.base import names as column_names
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.commands import COMMANDS, Command, KeyConflict, bind, face
from tweetdesk.domain.layouts import Column, Layout, Mistake
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.engine.clock import Clock, SystemClock
from tweetdesk.engine.engine import Engine
from tweetdesk.store.accounts import AccountsFile
from tweetdesk.store.folders import Folders
from tweetdesk.store.layouts import LayoutFolder
from tweetdesk.store.settings import Settings, SettingsFile
from tweetdesk.store.store import Store

if TYPE_CHECKING:
    from tweetdesk.networks.base import Network, SecretPlace

__all__ = ["Session", "open_session"]

T = TypeVar("T")


@dataclass
class Session:
    """Everything that a desk, or a command without a screen, works with.

    `saved_layouts` are the layouts as they were at the start, `shown_layout` the name of the one shown last ("" at
    first). `mistakes` are those of the user's files that were found at the start, each with file and line.
    `title` is shown beside the program's name ("demo"), "" for the usual profile.
    """

    folders: Folders
    store: Store
    engine: Engine
    accounts: tuple[Account, ...]
    layouts: LayoutFolder
    settings: Settings
    settings_file: SettingsFile
    commands: tuple[Command, ...]
    saved_layouts: list[Layout]
    shown_layout: str = ""
    title: str = ""
    mistakes: list[Mistake] = field(default_factory=list)

    def now(self) -> datetime:
        """The time by the engine's clock, aware UTC."""
        return self.engine.clock.now()

    def account(self, account_id: str) -> Account | None:
        """An account by its id."""
        return next((account for account in self.accounts if account.id == account_id), None)

    def kind(self, column: Column) -> ColumnKind:
        """The kind of a column."""
        return load_column(column.kind)

    def selection(self, column: Column) -> Selection:
        """What a column shows."""
        return self.kind(column).selection(column, self.accounts)

    async def sources(self, deck: Sequence[Column]) -> set[Source]:
        """Everything that has to be kept fresh for these columns."""
        helped = [person for account in self.accounts for person in await self.store.people.helped(account.id)]
        return {source for column in deck for source in self.kind(column).sources(column, self.accounts, helped)}

    async def watched(self, shown: Sequence[Column], hidden: Sequence[Column]) -> set[Source]:
        """What to keep fresh: everything; but what costs money only where it is shown, or is addressed to us."""
        from tweetdesk.engine.budget import FIRST_KINDS

        seen = await self.sources(shown)
        own = {Source(account.id, "person", account.user_id) for account in self.accounts}
        free = {account for account, network in self.engine.networks.items() if not network.price_date}
        return seen | {
            source
            for source in await self.sources(hidden)
            if source.account in free or source.kind in FIRST_KINDS or source in own
        }

    def look_only(self, on: bool) -> None:
        """Let nothing leave this machine from now on, or let acts out, also those that wait in the outbox."""
        key = next((face(one.keys[0]) for one in self.commands if one.id == "settings" and one.keys), ",")
        self.engine.acts.lock(f"Read-only: nothing leaves this machine; {key} switches it off." if on else "")

    async def close(self) -> None:
        """Stop the engine, then let go of networks and store."""
        try:
            await self.engine.stop()
        finally:
            await self.store.close()


async def open_session(
    folders: Folders,
    *,
    accounts: Sequence[Account] | None = None,
    places: Mapping[str, SecretPlace] | None = None,
    transport: Any = None,
    clock: Clock | None = None,
    pace: float = 1.0,
    title: str = "",
    read_only: bool = False,
) -> Session:
    """Open a profile.

    `accounts` and `places` (where each account's secrets are, by its id) replace those of the profile, for the
    demo; `transport` replaces the line to the network; `pace` multiplies how often sources are asked. With
    `read_only`, or where the settings say so, nothing leaves this machine.
    Raises StoreTrouble (also DatabaseNewer) if the store cannot be opened.
    """
    clock = clock or SystemClock()
    mistakes: list[Mistake] = []
    settings_file = SettingsFile(folders.config)
    settings = _noted(settings_file.load(), mistakes)
    commands = _commands(settings, mistakes)
    layouts = LayoutFolder(folders.config, kinds=column_names())
    saved = _noted(layouts.load_all(), mistakes)
    if accounts is None:
        accounts = _with_network(_noted(AccountsFile(folders.config).load(), mistakes), mistakes)
    ours = tuple(accounts)
    store, shown = await _opened(folders, clock)
    engine = Engine(
        store,
        ours,
        _opener(folders, settings, store, places or {}, transport, clock, pace),
        clock=clock,
        hold_seconds=settings.hold_seconds,
        budget_micros=settings.budget_micros,
    )
    session = Session(
        folders, store, engine, ours, layouts, settings, settings_file, commands, saved, shown, title, mistakes
    )
    if read_only or settings.read_only:
        session.look_only(True)
    return session


async def _opened(folders: Folders, clock: Clock) -> tuple[Store, str]:
    """The store, and the name of the layout that was shown last; the store is closed if that cannot be read."""
    async with AsyncExitStack() as undo:
        store = await Store.open(folders.data, clock=clock.now)
        undo.push_async_callback(store.close)
        shown = await store.columns.shown_layout()
        undo.pop_all()
    return store, shown


def _noted(read: tuple[T, list[Mistake]], mistakes: list[Mistake]) -> T:
    """What was read of a file, its mistakes kept."""
    found, wrong = read
    mistakes += wrong
    return found


def _commands(settings: Settings, mistakes: list[Mistake]) -> tuple[Command, ...]:
    """The commands with the user's keys; with the usual ones where two of theirs are in each other's way."""
    try:
        return bind(COMMANDS, settings.keys)
    except KeyConflict as error:
        mistakes.append(Mistake("settings.toml", 0, f"{error}; the usual keys are used"))
        return COMMANDS


def _opener(
    folders: Folders,
    settings: Settings,
    store: Store,
    places: Mapping[str, SecretPlace],
    transport: Any,
    clock: Clock,
    pace: float,
) -> Callable[[Account], Network]:
    """Opens the network of an account; what that needs is imported then."""

    def opened(account: Account) -> Network:
        from tweetdesk.engine.shelf import StoreShelf
        from tweetdesk.networks.base import load as load_network
        from tweetdesk.networks.credentials import place_for

        network: Network = load_network(account.network).open(
            account,
            places.get(account.id) or place_for(account, folders.config, os.environ),
            transport=transport,
            clock=clock.now,
            sleep=clock.pause,
            pace=pace,
            shelf=StoreShelf(store, account),
            options=settings.networks.get(account.network, {}),
        )
        return network

    return opened


def _with_network(accounts: Sequence[Account], mistakes: list[Mistake]) -> list[Account]:
    """The accounts whose network there is; of each of the others a sentence."""
    from tweetdesk.networks import names

    there = names()
    for account in accounts:
        if account.network not in there:
            rests = f"@{account.handle} rests: this tweetdesk has no network “{account.network}”"
            mistakes.append(Mistake("accounts.toml", 0, rests))
    return [account for account in accounts if account.network in there]
