"""The composer with more than one text: threads, pictures, languages, offers, second thoughts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from composerkit import ACT, ComposerPage
from stagekit import until
from textual.widgets import TextArea

from tweetdesk.domain.drafting import parts_of
from tweetdesk.domain.outbox import Act, Attachment, Part
from tweetdesk.networks.base import Form, Pictures, Price
from tweetdesk.ui.widgets.composer import FIRST_PART, NO_LANGUAGE, NO_THREAD, Composer
from tweetdesk.ui.widgets.paper import Heading, Offer
from tweetdesk.ui.widgets.sheet import EMPTY, FIRST_EMPTY, NO_PICTURES, ONE_POST

CAT = Attachment("cat.png", "a cat on a chair", "image/png", 10)
TAKES = Pictures(2, ("image/png",), 1000, 100)
HEADING = Heading(
    "reply as @ada-of-the-long-name.example.com (Bluesky) to Ines Marín",
    "@ada-of-the-long-name.example.com (Bluesky)",
)


class Shelf:
    """Offers from a fixed list; the network's come when the test says so."""

    def __init__(self, near: Sequence[Offer], far: Sequence[Offer] = ()) -> None:
        self.known, self.others = near, far
        self.asked: list[str] = []
        self.answers = asyncio.Event()

    async def near(self, sign: str, word: str) -> Sequence[Offer]:
        return [one for one in self.known if one.text.startswith(sign + word)]

    async def far(self, sign: str, word: str) -> Sequence[Offer]:
        self.asked.append(sign + word)
        await self.answers.wait()
        return self.others


class Page(ComposerPage):
    """A reply, or another act, that may become a thread."""

    def __init__(self, act: Act = ACT, limit: int = 30, *, threads: bool = True, **more: object) -> None:
        super().__init__(act, HEADING, limit, threads=threads, **more)


# -- threads ---------------------------------------------------------------------------------------------------
async def test_a_thread_is_written_post_by_post_and_is_one_draft() -> None:
    app = Page()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"one", "ctrl+n", *"two", "ctrl+n")
        await pilot.pause()
        assert app.shown("length") == "post 3 of 3 · 30 left"
        await pilot.press(*"three", "ctrl+p", "ctrl+p", "!")
        await until(lambda: app.shown("length").startswith("post 1 of 3"), pilot)
        assert app.texts == ["one!", "two", "three"]
        await pilot.press("ctrl+n", "?")
        await until(lambda: bool(app.saved) and app.saved[-1].more[0].text == "two?", pilot)
        assert app.saved[-1].text == "one!"
        await pilot.press("ctrl+s")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Send)
        assert parts_of(app.said[0].act) == (Part("one!"), Part("two?"), Part("three"))


async def test_empty_posts_are_left_behind() -> None:
    app = Page()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+n")
        assert "first" in app.shown("foot")
        await pilot.press(*"one", "ctrl+n", "ctrl+p")
        await pilot.pause()
        assert app.texts == ["one"], "an empty one that is left is gone"
        await pilot.press("ctrl+p")
        assert app.shown("foot") == FIRST_PART
        await pilot.press("ctrl+n", "space", "ctrl+s")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Send)
        assert parts_of(app.said[0].act) == (Part("one"),)


async def test_an_empty_first_post_and_one_that_is_too_long_are_shown() -> None:
    app = Page(replace(ACT, text="x" * 40, more=(Part("two"),)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == "Post 1 is 10 too long to be sent."
        assert app.shown("length") == "post 1 of 2 · 10 too long"
        await pilot.press("ctrl+u", "ctrl+n", "ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == FIRST_EMPTY
        assert app.shown("length").startswith("post 1 of 2")


async def test_what_is_too_long_can_be_split_and_put_together_again() -> None:
    app = Page(limit=30)
    text = "This is a sentence of words. And here is another one of them."
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*text)
        await until(lambda: "Ctrl+n splits it" in app.shown("foot"), pilot)
        await pilot.press("ctrl+n")
        await until(lambda: app.shown("foot").startswith("Split into 3 posts"), pilot)
        assert app.texts == ["This is a sentence of words.", "And here is another one of", "them."]
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert app.texts == [text]
        await pilot.press("ctrl+n", "ctrl+n", "!", "ctrl+z")
        await pilot.pause()
        assert len(app.texts) == 3, "what was written since is not undone with it"


async def test_what_cannot_be_a_thread_says_so() -> None:
    app = Page(threads=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"one", "ctrl+n")
        assert app.shown("foot") == NO_THREAD
        await pilot.press(*"x" * 40)
        await pilot.pause()
        assert app.shown("foot").startswith("Ctrl+s send")


async def test_the_editor_has_the_posts_with_a_line_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/seen\nprintf "one\\n---\\ntwo\\n---\\nthree\\n" > "$1"\n')
    script.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(script))
    app = Page(replace(ACT, text="a", media=(CAT,), more=(Part("b"),)), form=Form(pictures=TAKES))

    @contextmanager
    def suspend() -> Iterator[None]:
        yield

    monkeypatch.setattr(app, "suspend", suspend)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: app.texts == ["one", "two", "three"], pilot)
        assert (tmp_path / "seen").read_text() == "a\n---\nb"
        assert app.composer.act is not None
        assert app.composer.act.media == (CAT,)
        await until(lambda: bool(app.saved) and len(app.saved[-1].more) == 2, pilot)


async def test_the_price_is_that_of_all_posts() -> None:
    def costs(text: str, place: int) -> Price:
        return Price(200_000, "with a link") if "http" in text else Price(10_000 if place else 15_000)

    app = Page(replace(ACT, text="a", more=(Part("b"), Part("http"))), price=costs, limit=100)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.shown("length") == "post 3 of 3 · 96 left · $0.225 with a link"


# -- pictures and languages ------------------------------------------------------------------------------------
async def test_a_picture_is_shown_by_its_words_and_is_enough_to_send() -> None:
    app = Page(form=Form("@ines ", pictures=TAKES, languages=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+s")
        assert app.shown("foot") == EMPTY
        await pilot.press("ctrl+r")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Ask)
        assert app.said[0].command == "attach"
        app.composer.attach([CAT])
        app.composer.set_language("de")
        await pilot.pause()
        assert app.shown("pictures") == "picture (1 of 2): a cat on a chair · Ctrl+r changes"
        assert app.shown("setting") == "in de"
        await until(lambda: bool(app.saved), pilot)
        assert (app.saved[-1].text, app.saved[-1].media, app.saved[-1].language) == ("", (CAT,), "de")
        await pilot.press("ctrl+s")
        await until(lambda: len(app.said) == 2, pilot)
        assert isinstance(app.said[1], Composer.Send)
        assert (app.said[1].act.text, app.said[1].act.media) == ("@ines ", (CAT,))


@pytest.mark.parametrize(
    ("media", "pictures", "why"),
    [
        ((CAT,), None, NO_PICTURES),
        ((CAT, CAT, CAT), TAKES, "3 pictures are too many: 2 can go with a post here."),
        ((replace(CAT, alt=" "),), TAKES, "A picture has no words for those who cannot see it: Ctrl+r adds them."),
    ],
)
async def test_pictures_that_cannot_go_are_told_before(
    media: tuple[Attachment, ...], pictures: Pictures | None, why: str
) -> None:
    app = Page(replace(ACT, text="hi", media=media), form=Form(pictures=pictures))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == why
        assert app.said == []


async def test_where_posts_have_no_language_it_says_so() -> None:
    app = Page()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+l")
        assert app.shown("foot") == NO_LANGUAGE


# -- offers ----------------------------------------------------------------------------------------------------
INES, INGA, INGO = Offer("@ines.example.com", "Ines [/b]"), Offer("@inga.example.com"), Offer("@ingo.example.com")


async def test_handles_are_offered_taken_and_the_next_one_instead() -> None:
    app = Page(limit=300, offering=Shelf([INES, INGA]))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"hi @in")
        await until(lambda: "@inga" in app.shown("offers"), pilot)
        assert app.shown("offers") == "Tab @ines.example.com Ines [/b] · @inga.example.com"
        await pilot.press("tab")
        await pilot.pause()
        assert app.texts == ["hi @ines.example.com "]
        await pilot.press("tab")
        await pilot.pause()
        assert app.texts == ["hi @inga.example.com "]
        await pilot.press(*"and")
        await pilot.pause()
        assert app.shown("offers") == ""
        await pilot.press("tab")
        assert app.texts == ["hi @inga.example.com and"], "where nothing is offered Tab means nothing"


async def test_typing_narrows_esc_hides_and_the_composer_stays() -> None:
    app = Page(limit=300, offering=Shelf([INES, INGA]))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"@in")
        await until(lambda: "@inga" in app.shown("offers"), pilot)
        await pilot.press("g")
        await until(lambda: "@ines" not in app.shown("offers"), pilot)
        assert "@inga" in app.shown("offers")
        await pilot.press("escape", "a")
        await pilot.pause()
        assert app.composer.is_open
        assert app.shown("offers") == ""
        await pilot.press("space", *"@ine")
        await until(lambda: "@ines" in app.shown("offers"), pilot)
        await pilot.press("escape", "escape")
        assert not app.composer.is_open


async def test_the_network_is_asked_after_a_pause_and_never_waited_for() -> None:
    shelf = Shelf([INES], [INES, INGO])
    app = Page(limit=300, offering=shelf)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("@", "i", "n")
        await until(lambda: shelf.asked == ["@in"], pilot)
        assert app.shown("offers") == "Tab @ines.example.com Ines [/b]"
        shelf.answers.set()
        await until(lambda: "@ingo" in app.shown("offers"), pilot)
        assert app.shown("offers").count("@ines") == 1


@pytest.mark.parametrize(
    "text", ["@a\x1b[31mb", "@ab\u202ecd", "@a b", "@" + "a" * 200, "@a\nb", "https://example.com"]
)
async def test_what_is_no_handle_is_never_offered(text: str) -> None:
    app = Page(limit=300, offering=Shelf([Offer(text), Offer("@abc", "\x1b[2J\u202e")]))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("@", "a")
        await until(lambda: "@abc" in app.shown("offers"), pilot)
        assert app.shown("offers") == "Tab @abc ␛[2J⟨RLO⟩"


@pytest.mark.parametrize("text", ["a@in", "https://example.com/@in", "mail ines@in", "##in", "@", "@ in"])
async def test_what_only_looks_like_a_handle_offers_nothing(text: str) -> None:
    shelf = Shelf([INES])
    app = Page(limit=300, offering=shelf)
    async with app.run_test(size=(120, 40)) as pilot:
        app.query_one(TextArea).insert(text)
        await pilot.pause(0.02)
        assert app.shown("offers") == ""
        await pilot.press("tab")
        assert app.texts == [text]


# -- what to mind ----------------------------------------------------------------------------------------------
async def test_cautions_are_shown_and_only_a_second_thought_needs_a_second_key() -> None:
    thoughts: list[Act] = []

    def think(act: Act) -> str:
        thoughts.append(act)
        return "Nearly the same went to Tom."

    app = Page(cautions=("This post is from 12 March.",), second_thought=think)
    async with app.run_test(size=(120, 40)) as pilot:
        app.composer.caution("You answered this on [b]Tuesday.")
        await pilot.pause()
        assert app.shown("cautions") == "This post is from 12 March.\nYou answered this on [b]Tuesday."
        await pilot.press(*"hi", "ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == "Nearly the same went to Tom. Ctrl+s again sends it all the same."
        assert app.said == []
        await pilot.press("!", "ctrl+s")
        await pilot.pause()
        assert app.said == [], "another text, another thought"
        await pilot.press("ctrl+s")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Send)
        assert app.said[0].act.text == "hi!"


async def test_a_time_that_was_chosen_outlives_the_second_thought_but_not_another_text() -> None:
    tomorrow = datetime(2026, 5, 5, 9, 0, tzinfo=UTC)
    app = Page(second_thought=lambda act: "Nearly the same went to Tom.")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"hi")
        app.composer.send(tomorrow)
        await pilot.press("ctrl+s")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Send)
        assert app.said[0].at == tomorrow
    app = Page(second_thought=lambda act: "Nearly the same went to Tom.")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"hi")
        app.composer.send(tomorrow)
        await pilot.press("!", "ctrl+s", "ctrl+s")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Send)
        assert app.said[0].at is None


# -- small screens and odd input -------------------------------------------------------------------------------
async def test_on_a_small_screen_it_is_still_said_to_whom() -> None:
    app = Page(replace(ACT, text="a", more=(Part("b"),)), cautions=("This post is from 12 March.",), limit=300)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert "to Ines Marín" in app.shown("heading")
        assert "as @ad" in app.shown("heading")
        assert app.shown("length") == "2/2 · 299 left"
        assert app.query_one(TextArea).region.height == 3
        assert app.query_one("#composer-foot").region.bottom <= 12


@pytest.mark.parametrize("piece", ["👨‍👩‍👧‍👦", "🇦🇹", "e\u0301", "\u200d\u200d", "\u2066x"])
async def test_what_looks_like_one_character_stays_whole_at_the_limit(piece: str) -> None:
    app = Page(limit=4)
    async with app.run_test(size=(80, 24)) as pilot:
        for one in piece * 3:
            app.query_one(TextArea).insert(one)
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert "".join(app.texts) == piece * 3


async def test_a_page_pasted_without_brackets_is_text() -> None:
    app = Page(limit=300)
    page = "Dear all,\n\nq e r t B! 3 gg Z\n\t- x\nsend: now\n"
    keys = {"\n": "enter", "\t": "tab", " ": "space"}
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*[keys.get(one, one) for one in page])
        await pilot.pause()
        assert app.texts == [page.replace("\t", "")]
        assert app.said == []


async def test_a_very_long_line_is_shown_where_the_cursor_is_with_tabs_and_marks() -> None:
    app = Page(limit=300)
    async with app.run_test(size=(80, 24)) as pilot:
        area = app.query_one(TextArea)
        area.insert("first " + "some words " * 9_000 + "a\tb \u202ethe end")
        await pilot.press("!")
        await pilot.pause()
        painted = [area.render_line(y).text.rstrip() for y in range(area.size.height)]
        assert any(line.endswith("the end!") and "�" in line for line in painted)
        await pilot.press("ctrl+home", "up", *["pageup"] * 2)
        area.move_cursor((0, 0))
        await pilot.pause()
        assert area.render_line(0).text.strip().startswith("first some words")
        assert app.shown("length").endswith("too long")
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert (
            app.shown("foot") == "That would be more than 25 posts, the most that a thread has here: shorten it."
        )


async def test_a_thread_cannot_be_handed_to_another_page() -> None:
    act = replace(ACT, text="one", media=(CAT,), more=(Part("two"),))
    app = Page(act, threads=False, sends="opens x.com with this text", form=Form(pictures=TAKES))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == ONE_POST
        await pilot.press("ctrl+u", "ctrl+p", "ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == NO_PICTURES
        assert app.said == []
