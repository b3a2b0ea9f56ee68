"""The composer: nothing typed is lost, nothing too long is sent, and no key of the desk acts meanwhile."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from composerkit import ACT, ComposerPage
from stagekit import until
from textual import events
from textual.widgets import TextArea

from tweetdesk.domain.posts import Span, SpanKind
from tweetdesk.networks.base import Form, Price
from tweetdesk.store.errors import FULL_DISK, StoreTrouble
from tweetdesk.ui.editor import NO_EDITOR, EditorTrouble, edit, editor_command
from tweetdesk.ui.widgets.composer import NO_CHOICES, ONE_ACCOUNT, Composer
from tweetdesk.ui.widgets.paper import Heading, money
from tweetdesk.ui.widgets.sheet import EMPTY
from tweetdesk.ui.widgets.writing import typed

#: As Mastodon has it, with what the answer has to hold.
SEEN_BY = (("public", "everybody"), ("unlisted", "everybody, not listed"), ("private", "followers only"))
FORM = Form("@ines@social.example.com ", "public", SEEN_BY, warns=True, note="Ines wrote to her followers only.")


def costs(text: str, place: int) -> Price:
    """What a post costs where a link is dear."""
    return Price(200_000, "with a link") if "https://" in text else Price(15_000)


class Page(ComposerPage):
    """A reply that begins with a text."""

    def __init__(self, text: str = "", limit: int = 30, *, form: Form | None = None, **more: object) -> None:
        form = form or Form()
        super().__init__(
            replace(ACT, text=text, visibility=form.visibility, warning=form.warning),
            Heading("reply as @ada.example.com to Ines [/b] Marín", "@ada.example.com"),
            limit,
            form=form,
            answered="Ines: do you still have the [red]notes?",
            spans=lambda text: (Span(0, 4, SpanKind.MENTION, "x"),) if text.startswith("@tom") else (),
            **more,
        )


async def test_names_who_acts_and_what_is_answered_as_plain_text() -> None:
    app = Page()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.shown("heading") == "reply as @ada.example.com to Ines [/b] Marín"
        assert app.shown("answered") == "Ines: do you still have the [red]notes?"
        assert app.shown("foot") == "Ctrl+s send (held 10 s) · Esc keep the draft · Ctrl+o editor"
        assert app.shown("length") == "30 left"
        assert isinstance(app.focused, TextArea)


async def test_saves_shortly_after_typing_and_says_the_length() -> None:
    app = Page()
    async with app.run_test() as pilot:
        await pilot.press(*"Yes!")
        await until(lambda: app.saves[-1:] == ["Yes!"], pilot)
        assert app.shown("length") == "26 left"
        await pilot.press(*"x" * 10)
        assert app.query_one("#composer-length").has_class("-near")
        await pilot.press(*"x" * 20)
        assert app.shown("length") == "4 too long"
        assert app.query_one("#composer-length").has_class("-over")


async def test_esc_keeps_the_draft_and_gives_the_focus_back() -> None:
    app = Page("half of a")
    async with app.run_test() as pilot:
        await pilot.press(*" word", "escape")
        await until(lambda: bool(app.said), pilot)
        closed = app.said[0]
        assert isinstance(closed, Composer.Closed)
        assert closed.act.text == "half of a word"
        await until(lambda: app.saves[-1:] == ["half of a word"], pilot)
        assert not app.composer.is_open
        assert app.focused is None
        assert not app.composer.display


async def test_unmounting_saves() -> None:
    app = Page()
    app.composer = Composer(save_after=60)
    async with app.run_test() as pilot:
        await pilot.press(*"going")
        assert app.saves == []
    assert app.saves == ["going"]


async def test_send_hands_over_once_and_saves_nothing_afterwards() -> None:
    app = Page()
    async with app.run_test() as pilot:
        await pilot.press(*"Hello", "ctrl+s", "ctrl+s", "x")
        await until(lambda: bool(app.said), pilot)
        assert [type(one) for one in app.said] == [Composer.Send]
        assert app.said[0].act.text == "Hello"  # type: ignore[attr-defined]
        assert app.composer.is_open
        saves = list(app.saves)
        await app.composer.close()
        await pilot.pause()
    assert app.saves == saves


async def test_a_refused_send_stays_open_with_the_reason_and_the_text() -> None:
    app = Page()
    async with app.run_test() as pilot:
        await pilot.press(*"Hello", "ctrl+s")
        await until(lambda: bool(app.said), pilot)
        app.composer.refuse("Bluesky does not allow this [/].")
        await pilot.pause()
        assert app.shown("foot") == "Bluesky does not allow this [/]."
        await pilot.press("!", "ctrl+s")
        await until(lambda: len(app.said) == 2, pilot)
        assert app.said[1].act.text == "Hello!"  # type: ignore[attr-defined]


async def test_empty_and_too_long_texts_are_not_sent() -> None:
    app = Page(limit=5)
    async with app.run_test() as pilot:
        await pilot.press("space", "enter", "ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == EMPTY
        await pilot.press(*"more than five", "ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == "This is 11 too long to be sent."
        assert app.said == []


async def test_trouble_of_the_store_is_shown_and_tried_again() -> None:
    app = Page()
    app.trouble = StoreTrouble(FULL_DISK)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("a")
        await until(lambda: app.shown("foot") == FULL_DISK, pilot)
        assert app.query_one("#composer-foot").has_class("-trouble")
        app.trouble = None
        await pilot.press("b")
        await until(lambda: app.saves == ["ab"], pilot)
        await until(lambda: app.shown("foot").startswith("Ctrl+s"), pilot)


async def test_no_key_reaches_the_desk_and_ctrl_j_is_a_new_line() -> None:
    app = Page()
    async with app.run_test() as pilot:
        await pilot.press("B", "tab", "ctrl+j", "q", "f5", "left", "up", "pagedown", "ctrl+l", "shift+tab")
        assert app.composer.act is not None
        assert app.composer.act.text == "B\nq"
        assert app.seen == []
        assert app.said == []
        assert isinstance(app.focused, TextArea)


async def test_a_paste_is_text() -> None:
    app = Page(limit=200_000)
    async with app.run_test() as pilot:
        app.screen.post_message(events.Paste("one\r\ntwo\x1b[31m\x13\udc80 [b]"))
        await until(lambda: app.composer.act is not None and app.composer.act.text != "", pilot)
        assert app.composer.act is not None
        assert app.composer.act.text == "one\ntwo[31m [b]"
        assert app.said == []


@pytest.mark.parametrize("piece", ["word " * 20_000, ("word " * 15 + "\n") * 1_300, "x" * 100_000])
async def test_a_huge_paste_stays_usable(piece: str) -> None:
    app = Page()
    async with app.run_test(size=(80, 24)) as pilot:
        app.screen.post_message(events.Paste(piece))
        await until(lambda: app.composer.act is not None and len(app.composer.act.text) == len(piece), pilot)
        async with asyncio.timeout(5):
            await pilot.press(*"hello")
        await until(lambda: "too long" in app.shown("length"), pilot)
        assert app.query_one(TextArea).size.height == 3


async def test_grows_with_the_text_and_not_on_a_small_screen() -> None:
    app = Page()
    async with app.run_test(size=(100, 40)) as pilot:
        assert app.query_one(TextArea).size.height == 3
        await pilot.press(*["enter"] * 5)
        assert app.query_one(TextArea).size.height == 6
        await pilot.press(*["enter"] * 9)
        assert app.query_one(TextArea).size.height == 8
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.query_one(TextArea).size.height == 3


async def test_narrow_screens_show_fewer_keys() -> None:
    app = Page()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert app.shown("foot") == "Ctrl+s send · Esc keep the draft"


async def test_discard_saves_nothing_unless_writing_goes_on() -> None:
    app = Page("old")
    async with app.run_test() as pilot:
        await pilot.press("!", "ctrl+x")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Ask)
        saves = list(app.saves)
        await app.composer.close()
        assert app.saves == saves

    app = Page("old")
    async with app.run_test() as pilot:
        await pilot.press("ctrl+x", "!", "escape")
        await until(lambda: app.saves == ["old!"], pilot)


async def test_mentions_have_their_colour() -> None:
    app = Page("@tom hi")
    async with app.run_test() as pilot:
        await pilot.pause()
        line = app.query_one(TextArea).get_line(0)
        assert [(span.start, span.end) for span in line.spans] == [(0, 4)]


async def test_without_an_editor_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    app = Page("text")
    async with app.run_test() as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: app.shown("foot") == NO_EDITOR, pilot)


async def test_a_terminal_that_cannot_step_aside_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")
    app = Page("text")
    async with app.run_test() as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: "cannot be opened" in app.shown("foot"), pilot)


@pytest.mark.parametrize(
    ("does", "text", "foot"), [("printf ' more' >>", "text more", ""), ("exit 3;", "text", "ended with status 3")]
)
async def test_the_desk_steps_aside_for_the_editor_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, text: str, foot: str
) -> None:
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\n{does} "$1"\n')
    script.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(script))
    app = Page("text")
    aside: list[str] = []

    @contextmanager
    def suspend() -> Iterator[None]:
        aside.append("left")
        yield  # as the real one: an error would skip what follows
        aside.append("back")

    monkeypatch.setattr(app, "suspend", suspend)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: aside == ["left", "back"], pilot)
        await until(lambda: app.composer.act is not None and app.composer.act.text == text, pilot)
        await until(lambda: foot in app.shown("foot"), pilot)


def test_typed_drops_controls_only() -> None:
    assert typed("a\tb\r\nc\rd\x00\x9f\ud800é👍🏽") == "a\tb\nc\ndé👍🏽"


async def test_the_editor_gets_a_private_file_and_its_text_comes_back(tmp_path: Path) -> None:
    seen = tmp_path / "mode"
    script = tmp_path / "my editor.py"
    script.write_text(
        "import os, pathlib, sys\n"
        f"pathlib.Path({str(seen)!r}).write_text(oct(os.stat(sys.argv[-1]).st_mode) + ' ' + sys.argv[-1])\n"
        "path = pathlib.Path(sys.argv[-1]); path.write_text(path.read_text() + ' ✓\\n')\n"
    )
    command = editor_command({"VISUAL": f"{sys.executable} '{script}' -f", "EDITOR": "ed"})
    assert await edit("Grüße", command) == "Grüße ✓"
    mode, path = seen.read_text().split(" ", 1)
    assert stat.S_IMODE(int(mode, 8)) == 0o600
    assert not Path(path).parent.exists()


async def test_editor_troubles_are_sentences() -> None:
    with pytest.raises(EditorTrouble, match="No editor"):
        editor_command({"VISUAL": " "})
    with pytest.raises(EditorTrouble, match="cannot be read"):
        editor_command({"EDITOR": "vi 'x"})
    with pytest.raises(EditorTrouble, match="could not be started"):
        await edit("x", ["/nowhere/editor"])
    with pytest.raises(EditorTrouble, match="status 3"):
        await edit("x", ["sh", "-c", "exit 3"])


async def test_begins_with_what_the_form_has_and_that_is_no_draft() -> None:
    app = Page(limit=500, form=FORM)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.shown("foot") == EMPTY
        assert app.said == []
        await pilot.press(*"hi")
        await until(lambda: app.saves[-1:] == ["@ines@social.example.com hi"], pilot)
        await pilot.press("backspace", "backspace")
        await until(lambda: app.saves[-1] == "", pilot)
        await pilot.press("escape")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Closed)
        assert app.said[0].act.empty


async def test_says_who_may_see_it_and_what_the_form_says() -> None:
    app = Page(form=FORM, limit=500)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.shown("setting").startswith("visible to: everybody · Ctrl+t changes · Ines wrote")
        assert app.shown("warning") == ""
    app = Page()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert app.shown("setting") == app.shown("warning") == ""
        assert app.shown("foot") == NO_CHOICES


async def test_visibility_and_warning_are_chosen_kept_and_sent() -> None:
    app = Page(form=FORM, limit=100)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"Yes", "ctrl+t", "3")
        await pilot.pause()
        assert app.composer.act is not None
        assert app.composer.act.visibility == "private"
        await pilot.press("right", "up", "tab", *"plot [b] 2", "enter", *"!")
        await until(lambda: app.saves[-1].endswith("Yes!"), pilot)
        assert (app.saved[-1].visibility, app.saved[-1].warning) == ("private", "plot [b] 2")
        assert app.shown("setting").startswith("visible to: followers only")
        assert app.shown("warning") == "content warning: plot [b] 2"
        assert app.shown("length") == f"{100 - len('@ines@social.example.com Yes!') - len('plot [b] 2')} left"
        await pilot.press("ctrl+t", "tab", "x", "ctrl+s")
        await until(lambda: bool(app.said), pilot)
        act = app.said[0].act  # type: ignore[attr-defined]
        assert (act.visibility, act.warning) == ("private", "plot [b] 2x")
        assert app.seen == []


async def test_text_typed_or_pasted_at_the_choices_is_the_warning_and_chooses_nothing() -> None:
    app = Page(form=FORM)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+t", *"jokes hl", "escape")
        await pilot.pause()
        assert app.composer.act is not None
        assert (app.composer.act.visibility, app.composer.act.warning) == ("public", "jokes hl")
        await pilot.press("ctrl+t")
        await pilot.pause()
        app.screen.focused.post_message(events.Paste(" and\nkinks"))
        await pilot.pause()
        assert app.composer.act is not None
        assert (app.composer.act.visibility, app.composer.act.warning) == ("public", "jokes hland kinks")


async def test_esc_among_the_choices_goes_back_to_the_text() -> None:
    app = Page(form=FORM)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+t", "9", "q", "escape", "x")
        await pilot.pause()
        assert app.composer.is_open
        assert app.composer.act is not None
        assert (app.composer.act.text[-1], app.composer.act.visibility) == ("x", "public")
        assert app.seen == []


async def test_where_there_are_only_warnings_one_writes_at_once() -> None:
    app = Page(form=Form(warns=True, warning="old"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+t", *"er", "escape", *"x")
        await pilot.pause()
        assert app.composer.act is not None
        assert (app.composer.act.warning, app.composer.act.text) == ("older", "x")
        assert app.shown("setting") == "Ctrl+t content warning"


async def test_tells_the_price_while_one_types() -> None:
    app = Page(limit=280, price=costs)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"hi ")
        assert app.shown("length") == "277 left · $0.015"
        app.screen.post_message(events.Paste("https://example.com"))
        await until(lambda: app.shown("length") == "258 left · $0.20 with a link", pilot)


@pytest.mark.parametrize(
    ("micros", "words"),
    [(15_000, "$0.015"), (200_000, "$0.20"), (1_000_000, "$1.00"), (0, "$0.00"), (1, "$0.000001")],
)
def test_money(micros: int, words: str) -> None:
    assert money(micros) == words


async def test_the_foot_says_that_sending_opens_a_page() -> None:
    app = Page(sends="opens x.com with this text")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.shown("foot").startswith("Ctrl+s opens x.com with this text · Esc keep the draft")


async def test_another_account_is_asked_for_where_there_is_one() -> None:
    app = Page()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+g")
        await pilot.pause()
        assert app.shown("foot") == ONE_ACCOUNT
        assert app.said == []
    app = Page(choosable=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"hm", "ctrl+g")
        await until(lambda: bool(app.said), pilot)
        assert isinstance(app.said[0], Composer.Ask)
        assert app.said[0].command == "choose_account"
        assert app.said[0].act.text == "hm"
        assert "Ctrl+g account" in app.shown("foot")


async def test_a_small_screen_still_has_three_lines_to_write_in() -> None:
    app = Page(form=FORM, limit=500)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("x")
        assert app.query_one(TextArea).size.height == 3
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert app.query_one(TextArea).region.bottom <= 12
