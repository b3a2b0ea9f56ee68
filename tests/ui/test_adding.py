"""Adding columns: lists by name, people by handle, hashtags asked for or taken from a post."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import sandbox_desk
from stagekit import screen_text

from tweetdesk.domain.events import SourceState
from tweetdesk.domain.layouts import Column


class Adding(Hands):
    """A desk on which columns are added."""

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.deck.layout_shown.columns

    async def choose(self, kind: str) -> None:
        """Press a, and choose a kind of column."""
        await self.press("a")
        await self.sees("Which column?")
        choices = [choice.label for choice in self.deck.prompt._choices]
        await self.press(*["j"] * choices.index(kind), "enter")


@asynccontextmanager
async def open_deck(folder: Path, networks: tuple[str, ...] = ("bluesky",)) -> AsyncIterator[Adding]:
    async with sandbox_desk(folder, started=False, networks=networks) as desk, hands_on(desk, Adding) as opened:
        yield opened


async def test_a_list_is_chosen_by_its_name(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.choose("List")
        await opened.sees("Which list?")
        await opened.sees("Terminals for everybody")
        await opened.press("enter")
        await opened.settle()
        (made,) = [one for one in opened.columns if one.kind == "list"]
        assert made.title == "Terminals for everybody"
        assert made.words.startswith(f"at://{opened.desk.account.user_id}/app.bsky.graph.list/")
        pane = next(one for one in opened.deck.panes if one.column is made)
        assert pane.head.title == "Terminals for everybody"
        assert pane.view.selected is not None
        saved, mistakes = opened.desk.session.layouts.load_all()
        assert (mistakes, made in saved[0].columns) == ([], True)


async def test_a_person_is_found_by_handle(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.choose("Person")
        await opened.sees("Whose posts?")
        await opened.press(*"@mira", "full_stop", *"example", "full_stop", *"org", "enter")
        await opened.settle()
        (made,) = [one for one in opened.columns if one.kind == "person"]
        mira = opened.desk.world.people.by_key["mira"]
        assert (made.words, made.title) == (mira.did, "@mira.example.org")
        pane = next(one for one in opened.deck.panes if one.column is made)
        assert pane.view.selected is not None
        assert pane.view.selected.post.author.id == mira.did


async def test_an_unknown_handle_is_a_sentence(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        before = opened.columns
        await opened.choose("Person")
        await opened.sees("Whose posts?")
        await opened.press(*"nobody", "full_stop", *"example", "full_stop", *"com", "enter")
        await opened.sees("Nobody is called @nobody.example.com there.")
        assert opened.columns == before


async def test_a_hashtag_is_asked_for(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.choose("Hashtag")
        await opened.sees("Which hashtag")
        await opened.press("number_sign", *"python", "enter")
        await opened.settle()
        assert Column("hashtag", "", "python") in opened.columns
        assert "#python" in screen_text(opened.app)


@pytest.mark.parametrize("tags", [(), ("sourdough",), ("sourdough", "Bread")])
async def test_hashtags_of_the_post_in_hand(tmp_path: Path, tags: tuple[str, ...]) -> None:
    async with open_deck(tmp_path) as opened:
        world = opened.desk.world
        text = " ".join(
            [f"@{world.account.handle} look", *(f"#{tag}" for tag in tags), *(f"#{tag}" for tag in tags)]
        )
        world.post("mira.example.org", text)
        await opened.desk.fetch(opened.desk.source("mentions"))
        await opened.settle()
        await opened.press("g", "m", "G")
        await opened.press("number_sign")
        if not tags:
            await opened.sees("There is no hashtag in it.")
            return
        if len(tags) > 1:
            await opened.sees("A column of which?")
            await opened.press("2")
        await opened.settle()
        assert Column("hashtag", "", tags[-1]) in opened.columns
        await opened.press("g", "m", "number_sign")
        if len(tags) == 1:
            await opened.sees("That column is here already.")


async def test_an_account_is_named_with_its_network(tmp_path: Path) -> None:
    async with open_deck(tmp_path, ("bluesky", "mastodon")) as opened:
        await opened.choose("Home")
        await opened.sees("For which account?")
        for account in opened.desk.session.accounts:
            assert f"@{account.handle}  {account.network_name}" in screen_text(opened.app)
        await opened.press("3")
        await opened.settle()
        mastodon = opened.desk.session.accounts[1]
        (made,) = [one for one in opened.columns if one.kind == "home"]
        assert made.account == mastodon.handle
        pane = next(one for one in opened.deck.panes if one.column is made)
        assert pane.head.detail == f"@{mastodon.handle} Mastodon"
        mentions = next(one for one in opened.deck.panes if one.column.kind == "mentions")
        assert mentions.head.detail == "Bluesky · Mastodon"


async def test_esc_at_any_question_changes_nothing(tmp_path: Path) -> None:
    async with open_deck(tmp_path, ("bluesky", "mastodon")) as opened:
        before = opened.columns
        for kind, question in (("List", "For which account?"), ("Person", "For which account?"),
                               ("Hashtag", "Which hashtag")):  # fmt: skip
            await opened.choose(kind)
            await opened.sees(question)
            await opened.press("escape")
            await opened.settle()
        assert opened.columns == before


@pytest.mark.parametrize("network", ["bluesky", "mastodon", "x"])
async def test_every_network_has_lists_people_and_hashtags(tmp_path: Path, network: str) -> None:
    async with open_deck(tmp_path, (network,)) as opened:
        desk = opened.desk
        account = desk.account
        desk.engine.set_budget(None)
        found = await desk.engine.lists(account.id)
        author = (await desk.items(desk.source("mentions")))[0].post.author
        sources = [desk.source("person", author.id), desk.source("hashtag", "python")]
        sources += [desk.source("list", one.id) for one in found]
        desk.engine.watch(sources)
        for _ in range(2):
            desk.engine.fetch_now(sources)  # on X hashtags are read when the user asks
            await desk.engine.idle()
        states = {source.kind: status.state for source, status in desk.engine.statuses().items()}
        assert set(states.values()) == {SourceState.FRESH}, desk.engine.statuses()
        assert await desk.items(sources[0], triaged=False)
