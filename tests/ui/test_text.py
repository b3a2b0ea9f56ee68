"""Text from outside: the same characters to see, and none that command, reorder or hide."""

from __future__ import annotations

import unicodedata

import pytest
from hostile import FORBIDDEN, HOSTILE, REAL
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tweetdesk.ui.marks import clusters, marked
from tweetdesk.ui.text import cells, clean, content, graphemes, one_line, shortened
from tweetdesk.ui.wrap import Role, line_cells, wrap

needs_hostile = pytest.mark.skipif(not HOSTILE, reason=f"{REAL}/injection and naughty_strings are not there")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jx", "␛[2Jx"),
        ("\x9b2J", "⟨U+009B⟩2J"),
        ("a\x00b\x7f", "a␀b␡"),
        ("a\tb", "a␉b"),
        ("a\r\nb\rc", "a\nb␍c"),
        ("a\u2028b", "a␤\nb"),
        ("x\u202egpj.exe", "x⟨RLO⟩gpj.exe"),
        ("\u2066a\u2069", "⟨LRI⟩a⟨PDI⟩"),
        ("a\u200fb", "a⟨RLM⟩b"),
        ("שלום\u200f!", "שלום!"),
        ("pay\u200bpal", "pay⟨ZWSP⟩pal"),
        ("\u200b" * 12, "⟨ZWSP×12⟩"),
        ("a\u200db", "a⟨ZWJ⟩b"),
        ("x\U000e0041\U000e0042", "x⟨TAG×2⟩"),
        ("x\ufe01\ufe02", "x⟨VS×2⟩"),
        ("\u3164", "␢"),
        ("co\xadop", "co‧op"),
        ("a\ud83db", "a�b"),
        ("\uffff", "�"),
        ("a\U0001f3fd", "a⟨TONE⟩"),
        ("[bold]x[/] [/", "[bold]x[/] [/"),
        ("a\nb", "a\nb"),
    ],
)
def test_marks(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 ❤️‍🔥 🏃🏽‍♀️ 🏳️‍🌈 👍🏽",
        "1️⃣ #️⃣ ☺︎ 🇫🇷",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می‌خواهم",
        "葛\U000e0100城",
        "é à naïve — “quotes” … 日本語 한국어 ไทย",
        "ไทย\u200bไทย",
    ],
)
def test_what_belongs_to_a_script_or_an_emoji_stays(text: str) -> None:
    assert clean(text) == text


def test_a_joiner_in_a_script_keeps_its_letters_width() -> None:
    word = clean("ශ්\u200dරී")
    assert word.replace("\u200d", "") == "ශ්රී"
    assert cells(word) == cells("ශ්රී")


def test_one_line_only() -> None:
    assert clean("a\nb", newlines=False) == "a␤b"
    assert one_line(" a\n\n  b\tc ") == "a b c"


def test_content_holds_characters_not_markup() -> None:
    assert content("[red]a[/] [/").plain == "[red]a[/] [/"
    assert not content("[red]a[/]").spans


@needs_hostile
def test_hostile_strings_become_harmless() -> None:
    for text in HOSTILE:
        shown = clean(text)
        assert not FORBIDDEN.search(shown), (ascii(text), ascii(shown))
        shown.encode("utf-8")
        assert clean(shown) == shown
        assert content(text).plain == shown


@needs_hostile
def test_what_can_be_seen_in_hostile_strings_stays() -> None:
    for text in HOSTILE:
        seen = [c for c in text if unicodedata.category(c)[0] in "LNPS" and ord(c) not in (0x3164, 0xFFA0, 0x1160)]
        shown = iter(clean(text))
        assert all(c in shown for c in seen if not 0x1F3FB <= ord(c) <= 0x1F3FF), ascii(text)


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text(text: str) -> None:
    shown = clean(text)
    assert not FORBIDDEN.search(shown)
    shown.encode("utf-8")
    assert clean(shown) == shown
    assert sum(cells(each) for each in graphemes(shown) if each != "\n") == sum(
        cell_len(line) for line in shown.split("\n")
    )


@given(st.text(st.characters(codec=None), max_size=80), st.integers(1, 30))
def test_wrapped_lines_fit_and_lose_nothing_but_space(text: str, width: int) -> None:
    shown = clean(text)
    lines = wrap([(shown[:7], Role.TEXT), (shown[7:], Role.LINK)], width)
    assert all(line_cells(line) <= width for line in lines)
    if width >= 2:
        kept = "".join(piece for line in lines for piece, _ in line)
        assert "".join(kept.split()) == "".join(shown.split())


@given(st.text("a é日🎉👩‍👧\u0301", max_size=30), st.integers(2, 12))
def test_no_line_begins_within_a_grapheme(text: str, width: int) -> None:
    shown = clean(text)
    units = "".join(graphemes(shown))
    edges = {0}
    for unit in graphemes(units):
        edges.add(max(edges) + len(unit))
    at = 0
    for line in wrap([(shown, Role.TEXT)], width):
        words = "".join(piece for piece, _ in line)
        at = shown.index(words, at) if words else at
        assert at in edges or not words
        at += len(words)


@given(st.text(max_size=40), st.integers(0, 20))
def test_shortened_text_fits(text: str, width: int) -> None:
    assert cells(shortened(clean(text, newlines=False), width)) <= width


PLAIN_AND_NEAR = st.text(
    st.one_of(
        st.characters(max_codepoint=0x52F),
        st.characters(min_codepoint=0x1E00, max_codepoint=0x30FF),
        st.characters(min_codepoint=0xFE00, max_codepoint=0xFFFF),
        st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    )
)


@given(st.one_of(PLAIN_AND_NEAR, st.text()))
@example("\u00ad")
@example("a\u0301")
@example("👋🏽")
@example("“quoted” – dash… 日本 ひらがな 한국 👋")
def test_the_short_way_for_plain_texts_gives_the_same(text: str) -> None:
    assert clean(text) == marked(text)
    assert graphemes(text) == clusters(text)
