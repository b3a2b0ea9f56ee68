"""As whom one acts: always named, another account for one act, and never one of another network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import START, Desk, FakeClock, logged_in, sandbox_desk
from textual.widgets import Static

from tweetdesk.cli.demo import SERVER
from tweetdesk.domain.events import ItemsChanged
from tweetdesk.domain.outbox import ActKind, OutboxState
from tweetdesk.domain.selections import Source
from tweetdesk.domain.triage import TriageState
from tweetdesk.networks.bluesky import log_in
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.bluesky import face
from tweetdesk.sandbox.world import World
from tweetdesk.store.posts import Arrival
from tweetdesk.ui.widgets.composer import ONE_ACCOUNT, Composer


class Acting(Hands):
    """A desk on which one acts, as one account or another."""

    @property
    def composer(self) -> Composer:
        assert self.deck.composer is not None
        return self.deck.composer

    @property
    def text(self) -> str:
        assert self.composer.act is not None
        return self.composer.act.text

    async def until(self, what: str, where: str = "") -> None:
        """Wait until the status line (or a part of the composer) says something."""
        for _ in range(300):
            if what in (shown := self.line(where) if where else self.status):
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"{what!r} is not in {shown!r}")

    def line(self, name: str) -> str:
        """A line of the composer, "" while it is hidden."""
        line = self.app.screen.query(f"#composer-{name}").first(Static) if self.deck.composer else None
        return str(line.render()) if line is not None and line.display else ""


@asynccontextmanager
async def two_accounts(folder: Path, hold_seconds: float = 10) -> AsyncIterator[Acting]:
    """Ada's desk with a second account on the same network: Tom's."""
    clock = FakeClock()
    world = World(1, epoch=START, clock=clock.now, live_seconds=0)
    transport = AsgiTransport(face(world))
    tom = next(person for person in world.people.by_did.values() if person.handle.startswith("tom"))
    logins = [
        await log_in(SERVER, handle, password, transport=transport, clock=clock.now)
        for handle, password in ((world.account.handle, world.account.password), (tom.handle, tom.password))
    ]
    async with (
        logged_in(folder, logins, {"bluesky": world}, transport, clock, hold_seconds) as desk,
        hands_on(desk, Acting) as hands,
    ):
        yield hands


@asynccontextmanager
async def one_account(folder: Path, network: str = "bluesky") -> AsyncIterator[tuple[Acting, Desk]]:
    async with sandbox_desk(folder, started=False, networks=(network,)) as desk, hands_on(desk, Acting) as hands:
        yield hands, desk


async def pick(hands: Acting, account: int) -> None:
    """A column of that account's mentions under the hand, with an item selected."""
    own = hands.session.accounts[account].id
    for _ in range(40):
        if hands.deck.selected is not None and hands.deck.selected.account == own:
            return
        await hands.press("j")
    raise AssertionError("there is no item of that account")


async def test_the_heading_names_account_and_network_where_there_are_several(tmp_path: Path) -> None:
    async with two_accounts(tmp_path) as hands:
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        own = hands.session.account(item.account)
        assert own is not None
        await hands.press("r")
        await hands.until(f"reply as @{own.handle} (Bluesky) to ", "heading")


async def test_another_account_acts_once(tmp_path: Path) -> None:
    async with two_accounts(tmp_path) as hands:
        await hands.press("2")
        await pick(hands, 0)
        item = hands.deck.selected
        assert item is not None
        ada, tom = hands.session.accounts
        await hands.press("A", "2")
        await hands.until(f"as @{tom.handle} (Bluesky)")
        await hands.press("r")
        await hands.until(f"reply as @{tom.handle} (Bluesky)", "heading")
        await hands.press(*"Hi!", "ctrl+s")
        await hands.settle()
        (row,) = await hands.session.store.outbox.rows(5)
        assert (row.act.account, row.act.target, row.item, row.item_account) == (
            tom.id, item.post.ref, item.id, ada.id,
        )  # fmt: skip
        assert (await hands.session.store.triage.state(ada.id, item.id)).state is TriageState.ANSWERING
        assert hands.deck.acting_as == ""


async def test_acting_ends_with_esc_and_does_not_go_on_to_another_item(tmp_path: Path) -> None:
    async with two_accounts(tmp_path) as hands:
        await hands.press("2")
        await pick(hands, 0)
        tom = hands.session.accounts[1]
        await hands.press("A", "2")
        await hands.until(f"as @{tom.handle}")
        await hands.press("j")
        assert hands.deck.acting_as == ""
        assert f"as @{tom.handle}" not in hands.status
        await hands.press("k")
        assert hands.deck.acting_as == tom.id
        await hands.press("A", "escape")
        await hands.settle()
        assert hands.deck.acting_as == ""
        assert f"as @{tom.handle}" not in hands.status


async def test_a_like_as_another(tmp_path: Path) -> None:
    async with two_accounts(tmp_path) as hands:
        await hands.press("2")
        await pick(hands, 0)
        await hands.press("A", "2")
        await hands.settle()
        await hands.press("f")
        await hands.settle()
        (row,) = await hands.session.store.outbox.rows(5)
        assert (row.act.kind, row.act.account) == (ActKind.LIKE, hands.session.accounts[1].id)
        assert hands.deck.acting_as == ""
        await hands.press("f")
        await hands.settle()
        assert (await hands.session.store.outbox.rows(5))[0].act.account == hands.session.accounts[0].id


async def test_with_one_account_there_is_none_other(tmp_path: Path) -> None:
    async with one_account(tmp_path) as (hands, desk):
        await hands.press("2", "A")
        await hands.until(f"Only @{desk.account.handle} of your accounts can act on this.")
        await hands.press("r")
        await hands.until(f"reply as @{desk.account.handle} to ", "heading")
        await hands.press("ctrl+g")
        await hands.until(ONE_ACCOUNT, "foot")


async def test_the_composer_goes_on_as_another_account_with_the_text_and_its_draft(tmp_path: Path) -> None:
    async with two_accounts(tmp_path) as hands:
        ada, tom = hands.session.accounts
        await hands.press("2")
        await pick(hands, 0)
        item = hands.deck.selected
        assert item is not None
        await hands.press("r")
        await hands.until(f"reply as @{ada.handle}", "heading")
        await hands.press(*"Half", "ctrl+g", "2")
        await hands.until(f"reply as @{tom.handle} (Bluesky)", "heading")
        await hands.settle()
        assert hands.text == "Half"
        await hands.press(*" a", "escape")
        await hands.settle()
        (draft,) = await hands.session.store.drafts.all()
        assert (draft.account, draft.item, draft.act.account, draft.text) == (tom.id, item.id, tom.id, "Half a")
        await hands.press("r")
        await hands.until(f"reply as @{tom.handle} (Bluesky)", "heading")
        assert hands.text == "Half a"
        await hands.press("ctrl+s")
        await hands.settle()
        (row,) = await hands.session.store.outbox.rows(5)
        assert (row.act.account, row.item_account, row.act.target) == (tom.id, ada.id, item.post.ref)
        assert await hands.session.store.drafts.all() == []


async def test_drafts_of_both_accounts_are_put_together(tmp_path: Path) -> None:
    async with two_accounts(tmp_path) as hands:
        ada, tom = hands.session.accounts
        await hands.press("n")
        await hands.until("new post as", "heading")
        first = ada if ada.handle in hands.line("heading") else tom
        other = tom if first is ada else ada
        await hands.press(*"one", "ctrl+g", "2" if first is ada else "1")
        await hands.until(f"new post as @{other.handle}", "heading")
        await hands.press("escape")
        await hands.until("g o has it")
        await hands.press("n")
        await hands.until(f"new post as @{first.handle}", "heading")
        await hands.press(*"two", "ctrl+g", "2" if first is ada else "1")
        await hands.until(f"new post as @{other.handle}", "heading")
        await hands.settle()
        assert hands.text == "two\n\none"
        (draft,) = await hands.session.store.drafts.all()
        assert (draft.account, draft.text) == (other.id, "two\n\none")


async def test_a_refused_reply_is_a_draft_that_the_same_key_opens(tmp_path: Path) -> None:
    async with one_account(tmp_path) as (hands, desk):
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        await hands.press("r", *"Well, well", "ctrl+s")
        await hands.settle()
        (row,) = await desk.store.outbox.rows(5)
        assert row.state is OutboxState.HELD
        await desk.store.outbox.refused(row.id, "The author has closed the replies.", desk.clock.now())
        await hands.deck.pane.complete()
        hands.deck.pane.view.select(item.id)
        await hands.press("r")
        await hands.until("reply as", "heading")
        assert hands.text == "Well, well"


async def test_an_answer_on_mastodon_begins_with_the_handle_and_keeps_who_may_see_it(tmp_path: Path) -> None:
    async with one_account(tmp_path, "mastodon") as (hands, desk):
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        await hands.press("r")
        await hands.until("reply as", "heading")
        begins = hands.text
        assert begins.startswith(f"@{item.post.author.handle} ")
        assert "visible to: " in hands.line("setting")
        await hands.press("ctrl+s")
        await hands.until("nothing to send yet", "foot")
        await hands.press(*"Yes", "ctrl+t", "3", "tab", *"plot", "escape", "escape")
        await hands.settle()
        (draft,) = await desk.store.drafts.all()
        assert (draft.text, draft.act.visibility, draft.act.warning) == (begins + "Yes", "private", "plot")
        await hands.press("r")
        await hands.until("followers only", "setting")
        await hands.press("ctrl+s")
        await hands.settle()
        (row,) = await desk.store.outbox.rows(5)
        assert (row.act.visibility, row.act.warning) == ("private", "plot")


async def test_words_of_the_network_and_how_long_a_mute_lasts(tmp_path: Path) -> None:
    async with one_account(tmp_path, "mastodon") as (hands, desk):
        await hands.press("2", "f")
        await hands.until("Favourite held for 10 s")
        await hands.press("M", "2")
        await hands.settle()
        muted = (await desk.store.outbox.rows(5))[0]
        assert muted.act.kind is ActKind.MUTE
        assert muted.act.seconds > 0


async def test_a_bookmark_and_a_report(tmp_path: Path) -> None:
    async with one_account(tmp_path, "mastodon") as (hands, desk):
        await hands.press("2", "asterisk")
        await hands.until("Bookmark")
        await hands.settle()
        kept = (await desk.store.outbox.rows(5))[0]
        assert (kept.act.kind, kept.state) == (ActKind.BOOKMARK, OutboxState.SENT)
        await hands.press("exclamation_mark", "5")
        for _ in range(200):
            if hands.deck.prompt is not None and hands.deck.prompt.is_open:
                break
            await hands.pilot.pause(0.01)
        await hands.pilot.pause(0.1)
        await hands.press(*"spam", "enter")
        await hands.settle()
        told = (await desk.store.outbox.rows(5))[0]
        assert (told.act.kind, told.act.text, told.state) == (ActKind.REPORT, "spam", OutboxState.SENT)


@pytest.mark.parametrize("key", ["t", "ampersand"])
async def test_what_one_account_did_leaves_the_same_post_of_the_other_in_sight(tmp_path: Path, key: str) -> None:
    async with two_accounts(tmp_path) as hands:
        await hands.press("2")
        ada, tom = hands.session.accounts
        view = hands.deck.panes[1].view
        await hands.press("g", "g")
        while (item := view.selected) and (item.account, item.ids) != (ada.id, (str(item.post.ref),)):
            await hands.press("j")
        assert item is not None
        assert item.post.author.id != tom.user_id
        source = Source(tom.id, "mentions")
        arrived = [Arrival(item.post, item.post.created_at)]
        taken = await hands.session.store.posts.ingest(source, arrived, cursor=None, now=START)
        hands.session.engine.bus.publish(ItemsChanged(frozenset({source}), taken.items))
        await hands.settle()
        pair = [(one.account, one.id) for one in view.loaded() if one.id == item.id]
        assert len(pair) == 2
        assert view.select(item.id, pair[0][0])
        await hands.press(key)
        await hands.settle()
        assert view.selected is not None
        assert (view.selected.account, view.selected.id) == pair[1]
        assert pair[0] not in {(one.account, one.id) for one in view.loaded()}
