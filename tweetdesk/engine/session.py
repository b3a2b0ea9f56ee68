"""A session: one profile's store, accounts, settings and engine, opened together and closed together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tweetdesk.columns.base import ColumnKind
from tweetdesk.columns.base import load as load_column
from tweetdesk.columns.base import names as column_names
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.commands import COMMANDS, Command, KeyConflict, bind
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
) -> Session:
    """Open a profile.

    `accounts` and `places` (where each account's secrets are, by its id) replace those of the profile, for the
    demo; `transport` replaces the line to the network; `pace` multiplies how often sources are asked.
    Raises StoreTrouble (also DatabaseNewer) if the store cannot be opened.
    """
    clock = clock or SystemClock()
    mistakes: list[Mistake] = []
    settings_file = SettingsFile(folders.config)
    settings, wrong = settings_file.load()
    mistakes += wrong
    if accounts is None:
        saved, wrong = AccountsFile(folders.config).load()
        accounts, left_out = _with_network(saved)
        mistakes += [*wrong, *left_out]
    try:
        commands = bind(COMMANDS, settings.keys)
    except KeyConflict as error:
        commands = COMMANDS
        mistakes.append(Mistake("settings.toml", 0, f"{error}; the usual keys are used"))
    store = await Store.open(folders.data, clock=clock.now)

    def opener(account: Account) -> Network:
        from tweetdesk.engine.shelf import StoreShelf
        from tweetdesk.networks.base import load as load_network

        place = (places or {}).get(account.id) or _place(account, folders)
        network: Network = load_network(account.network).open(
            account,
            place,
            transport=transport,
            clock=clock.now,
            sleep=clock.pause,
            pace=pace,
            shelf=StoreShelf(store, account),
            options=settings.networks.get(account.network, {}),
        )
        return network

    engine = Engine(
        store,
        accounts,
        opener,
        clock=clock,
        hold_seconds=settings.hold_seconds,
        budget_micros=settings.budget_micros,
    )
    layouts = LayoutFolder(folders.config, kinds=column_names())
    saved_layouts, wrong = layouts.load_all()
    return Session(
        folders,
        store,
        engine,
        tuple(accounts),
        layouts,
        settings,
        settings_file,
        commands,
        saved_layouts,
        await store.columns.shown_layout(),
        title,
        mistakes + wrong,
    )


def _place(account: Account, folders: Folders) -> SecretPlace:
    from tweetdesk.networks.credentials import place_for

    return place_for(account, folders.config, os.environ)


def _with_network(accounts: Sequence[Account]) -> tuple[list[Account], list[Mistake]]:
    """The accounts whose network there is, and a sentence for each of the others."""
    from tweetdesk.networks import names

    there = names()
    return [account for account in accounts if account.network in there], [
        Mistake("accounts.toml", 0, f"@{account.handle} rests: this tweetdesk has no network “{account.network}”")
        for account in accounts
        if account.network not in there
    ]
