"""Composing on the desk: threads, pictures and drafts through to the outbox, cautions, answers to everybody."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from deckkit import Hands, hands_on
from deskkit import Desk, sandbox_desk
from textual.widgets import Input, Static

from tweetdesk.domain.drafting import parts_of
from tweetdesk.domain.events import ItemsChanged
from tweetdesk.domain.outbox import ActKind, OutboxState, Part
from tweetdesk.domain.posts import PostKind


def png() -> bytes:
    """A small picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\7")) + chunk(b"IEND", b"")


class Writer(Hands):
    """A desk on which one writes."""

    def line(self, name: str) -> str:
        """A line of the composer, "" while it is hidden."""
        line = self.app.screen.query(f"#composer-{name}").first(Static) if self.deck.composer else None
        return str(line.render()) if line is not None and line.display else ""

    async def reads(self, what: str, name: str) -> None:
        """Wait until a line of the composer says something."""
        for _ in range(400):
            if what in self.line(name):
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"{what!r} is not in {self.line(name)!r}")

    async def asks(self, what: str) -> None:
        """Wait until the line at the bottom asks something."""
        for _ in range(400):
            prompt = self.deck.prompt
            if prompt is not None and prompt.is_open and what in self.shown:
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"{what!r} is not asked: {self.shown[-300:]}")

    @property
    def texts(self) -> list[str]:
        assert self.deck.composer is not None
        assert self.deck.composer.act is not None
        return [part.text for part in parts_of(self.deck.composer.act)]


@asynccontextmanager
async def writer(folder: Path, network: str = "bluesky") -> AsyncIterator[tuple[Writer, Desk]]:
    async with sandbox_desk(folder, started=False, networks=(network,)) as desk, hands_on(desk, Writer) as hands:
        yield hands, desk


async def test_a_thread_goes_into_the_outbox_and_comes_back_as_one_draft(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, desk):
        await hands.press("n", *"one", "ctrl+n", *"two", "escape")
        await hands.settle()
        (draft,) = await desk.store.drafts.all()
        assert parts_of(draft.act) == (Part("one"), Part("two"))
        await hands.press("n")
        await hands.reads("post 2 of 2", "length")
        await hands.press("ctrl+s")
        await hands.settle()
        rows = await desk.store.outbox.rows(5)
        assert sorted(row.act.text for row in rows) == ["one", "two"]
        assert await desk.store.drafts.all() == []
        await hands.press("z")
        await hands.reads("post 2 of 2", "length")
        assert hands.texts == ["one", "two"]


async def test_a_picture_needs_words_and_goes_with_the_post(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    (tmp_path / "note.txt").write_text("no picture")
    async with writer(tmp_path / "home") as (hands, desk):
        await hands.press("n", *"look", "ctrl+r")
        await hands.asks("Picture file")
        field = hands.app.screen.focused
        assert isinstance(field, Input)
        field.value = f"{tmp_path}/note.txt"
        await hands.press("enter")
        await hands.sees("note.txt is not a picture that can be sent: it is text.")
        field.value = f"'{tmp_path}/ca"
        await hands.press("tab")
        await hands.sees("cat.png")
        await hands.press("enter")
        await hands.asks("What is to be seen in it")
        await hands.press("enter")
        await hands.sees("Say in a few words what is to be seen")
        await hands.press(*"a cat", "enter")
        await hands.reads("picture (1 of 4): a cat", "pictures")
        await hands.press("ctrl+s")
        await hands.settle()
        (row,) = await desk.store.outbox.rows(5)
        (one,) = row.act.media
        assert (one.alt, one.mime, one.width) == ("a cat", "image/png", 1)
        assert await desk.store.attachments.read(one.file) == png()


async def test_esc_while_a_picture_is_asked_for_keeps_the_text(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    async with writer(tmp_path / "home") as (hands, desk):
        await hands.press("n", *"look", "ctrl+r")
        await hands.asks("Picture file")
        await hands.press("escape", "!")
        await hands.pilot.pause()
        assert hands.texts == ["look!"]
        await hands.press("escape")
        await hands.settle()
        (draft,) = await desk.store.drafts.all()
        assert draft.text == "look!"


async def test_no_picture_in_a_direct_message_and_no_way_back_is_said(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, _):
        await hands.press("2", "d")
        await hands.reads("direct message as", "heading")
        assert "cannot be taken back" in hands.line("setting")
        await hands.press("ctrl+r")
        await hands.reads("No pictures can go with this", "foot")
        await hands.press("x", "ctrl+n")
        await hands.reads("This is one text", "foot")


async def test_the_language_is_chosen_or_typed_and_kept_in_the_draft(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, desk):
        await hands.press("n", *"hallo", "ctrl+l")
        await hands.asks("In which language")
        await hands.press("3")
        await hands.reads("in de", "setting")
        await hands.press("ctrl+l")
        await hands.asks("In which language")
        await hands.press("end", "enter")
        await hands.asks("Language:")
        await hands.press("backspace", "backspace", *"klingon!", "enter")
        await hands.sees("A language is written as")
        await hands.press("escape", "escape")
        await hands.settle()
        (draft,) = await desk.store.drafts.all()
        assert draft.act.language == "de"


async def test_what_is_sent_later_waits_for_its_time(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, desk):
        await hands.press("n", *"later", "ctrl+b")
        await hands.asks("Send it when")
        await hands.press("1")
        await hands.told("will be sent")
        assert "z takes it back" in hands.status
        (row,) = await desk.store.outbox.rows(5)
        assert (row.state, row.later) == (OutboxState.HELD, True)
        assert row.not_before - desk.clock.now() == timedelta(hours=2)


async def test_nothing_is_sent_later_that_cannot_be_sent(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, desk):
        await hands.press("n", "ctrl+b")
        await hands.asks("Send it when")
        await hands.press("1")
        await hands.reads("nothing to send", "foot")
        assert await desk.store.outbox.rows(5) == []


async def test_nearly_the_same_to_somebody_else_needs_a_second_key(tmp_path: Path) -> None:
    text = "Hello! I saw what you wrote and would like to hear more of it."
    async with writer(tmp_path) as (hands, desk):
        await hands.press("2")
        first = hands.deck.selected
        assert first is not None
        await hands.press("r", *text.replace("!", ""), "ctrl+s")
        await hands.settle()
        for _ in range(20):
            now = hands.deck.selected
            if now is not None and now.post.author.id != first.post.author.id and now.post.kind is PostKind.POST:
                break
            await hands.press("j")
        await hands.press("r")
        await hands.reads("reply as", "heading")
        await hands.settle()
        await hands.press(*text, "ctrl+s")
        await hands.reads(f"Nearly the same went to {first.post.author.called}", "foot")
        await hands.press("ctrl+s")
        await hands.settle()
        assert len([row for row in await desk.store.outbox.rows(5) if row.act.kind is ActKind.REPLY]) == 2


async def test_an_earlier_answer_is_told_and_a_deleted_post_too(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, desk):
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        await hands.press("r", *"first", "ctrl+s")
        await hands.settle()
        hands.deck.pane.view.select(item.id)
        await hands.press("r")
        await hands.reads("You answered this today.", "cautions")
        await hands.press(*"second")
        source = desk.source("mentions")
        await desk.store.posts.ingest(source, [], cursor=None, gone=[item.post.ref], now=desk.clock.now())
        desk.engine.bus.publish(ItemsChanged(frozenset({source})))
        await hands.reads("The post was deleted meanwhile", "cautions")
        assert hands.texts == ["second"]


async def test_everybody_is_answered_with_another_key(tmp_path: Path) -> None:
    async with writer(tmp_path, "mastodon") as (hands, desk):
        await hands.press("2")
        for _ in range(30):
            item = hands.deck.selected
            assert item is not None
            others = {one.handle for one in item.post.mentions} - {desk.account.handle}
            if item.post.kind is PostKind.POST and others:
                break
            await hands.press("j")
        await hands.press("r", *"x", "escape")
        await hands.settle()
        (before,) = await desk.store.drafts.all()
        await hands.press("R")
        await hands.reads("and all", "heading")
        assert hands.texts[0].endswith("x")
        assert len(hands.texts[0]) >= len(before.text)
        await hands.press("y", "escape")
        await hands.settle()
        (draft,) = await desk.store.drafts.all()
        assert draft.act.everyone


async def test_people_one_knows_are_offered_and_no_key_of_the_desk_is_shown(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, _):
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        assert "? keys" in hands.status
        await hands.press("n")
        await hands.reads("new post as", "heading")
        assert "? keys" not in hands.status
        handle = item.post.author.handle
        await hands.press("@", *handle[:3])
        await hands.reads(f"@{handle}", "offers")
        await hands.press("escape", "escape")
        await hands.settle()
        assert hands.deck.composer is not None
        assert not hands.deck.composer.is_open
        hands.deck.status._end_sentence(hands.deck.status._forget)
        await hands.told("? keys")


async def test_while_nothing_may_leave_the_text_stays(tmp_path: Path) -> None:
    async with writer(tmp_path) as (hands, desk):
        desk.engine.acts.lock("Nothing leaves this machine now.")
        await hands.press("n", *"hello", "ctrl+s")
        await hands.reads("Nothing leaves this machine now.", "foot")
        assert hands.texts == ["hello"]
        assert await desk.store.outbox.rows(5) == []
