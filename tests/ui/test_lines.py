"""How items are laid out as lines: every part in its place, every line within its width."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from columnworld import NOW, OURS, US, conversation, item, mentions, person, post
from hostile import FORBIDDEN, HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.items import Item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Media, Poll, PollOption, PostRef, Span, SpanKind, Viewer
from tweetdesk.domain.triage import TriageState
from tweetdesk.networks.base import Vocabulary
from tweetdesk.ui.lines import Role, layout_item
from tweetdesk.ui.times import age, moment, unanswered
from tweetdesk.ui.wording import in_words
from tweetdesk.ui.wrap import line_cells

INES = person("Ines Marín")


def shown(one: Item, width: int = 40, **more: object) -> str:
    """An item's lines as text."""
    lines = layout_item(one, width, now=NOW, ours=OURS, **more)  # type: ignore[arg-type]
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def roles(one: Item, width: int = 40) -> dict[str, Role]:
    """The role of each piece."""
    return {text: role for line in layout_item(one, width, now=NOW, ours=OURS) for text, role in line}


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-90), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=6, seconds=59), "6 m"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=30), "30 d"),
        (timedelta(days=42), "24 Mar"),
        (timedelta(days=420), "11 Mar 2025"),
    ],
)
def test_ages(ago: timedelta, words: str) -> None:
    assert age(NOW - ago, NOW) == words


def test_moments() -> None:
    assert moment(NOW + timedelta(hours=1), NOW) == "15:02"
    assert moment(NOW + timedelta(days=1), NOW) == "tomorrow 14:02"
    assert moment(NOW + timedelta(days=3), NOW) == "Fri 14:02"
    assert moment(NOW + timedelta(days=30), NOW) == "4 Jun"


def test_a_mention() -> None:
    one = item(
        1, post(1, INES, "@ada.example.com do you have the notes? #sqlite", minutes=6), why=("asks you", "x")
    )
    assert shown(one) == (
        "Ines Marín  @ines.example.com        6 m\n@ada.example.com do you have the notes?\n#sqlite\nasks you · x"
    )
    found = roles(one)
    assert found["Ines Marín"] is Role.NAME
    assert found["@ada.example.com"] is Role.MENTION
    assert found["#sqlite"] is Role.TAG
    assert roles(replace(one, state=TriageState.DONE))["Ines Marín"] is Role.NAME_SEEN


def test_a_narrow_heading_keeps_name_and_age() -> None:
    one = item(1, post(1, person("Bartholomew Featherstonehaugh"), "x", minutes=600))
    assert shown(one, 20).splitlines()[0] == "Bartholomew F…  10 h"


def test_what_it_answers_is_one_line() -> None:
    made = post(1, INES, "yes", reply_to=PostRef("bluesky", "p"))
    asked = Excerpt(PostRef("bluesky", "p"), person("Tom"), "A question\nover\nlines, and many words more of them")
    assert shown(item(1, replace(made, parent=asked))).splitlines()[1] == "↳ Tom: A question over lines, and many…"
    gone = Excerpt(None, None, missing="deleted")
    assert shown(item(1, replace(made, parent=gone))).splitlines()[1] == "↳ (deleted)"
    ours = Excerpt(None, US, "ours")
    assert shown(item(1, replace(made, parent=ours))).splitlines()[1] == "↳ you: ours"
    assert shown(item(1, made)).splitlines()[1] == "↳ an answer"


@pytest.mark.parametrize(
    ("text", "target", "words"),
    [
        ("example.com/a/b", "https://www.example.com/a/b", "example.com/a/b"),
        ("https://example.com/", "https://example.com/", "example.com"),
        ("example.com/aaa…", "https://example.com/" + "a" * 60, "example.com/" + "a" * 27 + "…"),
        ("click here", "https://example.com/x", "click here (example.com)"),
        ("bank.example", "https://bank.example.evil.example", "bank.example (bank.example.evil.example)"),
        ("bank.example", "https://bank.example@evil.example/", "bank.example (evil.example)"),
        ("bücher.example", "https://bücher.example/", "bücher.example (xn--bcher-kva.example)"),
        ("look", "javascript:alert(1)", "look (not a web address)"),
        ("look", "https://[broken", "look (not a web address)"),
    ],
)
def test_links_are_shown_by_their_real_host(text: str, target: str, words: str) -> None:
    made = replace(post(1, INES, text), spans=(Span(0, len(text), SpanKind.LINK, target),))
    assert shown(item(1, made), 60).splitlines()[1] == words


def test_spans_that_cannot_be() -> None:
    spans = (
        Span(-3, 2, SpanKind.TAG, "x"),
        Span(5, 5, SpanKind.TAG, "x"),
        Span(2, 9_000, SpanKind.TAG, "x"),
        Span(3, 4, SpanKind.MENTION, "x"),
        Span(9_000, 9_001, SpanKind.LINK, "x"),
    )
    assert shown(item(1, replace(post(1, INES, "some words"), spans=spans))).splitlines()[1] == "some words"


def test_a_span_never_cuts_a_grapheme() -> None:
    made = replace(post(1, INES, "a 👩‍👩‍👧 b"), spans=(Span(2, 4, SpanKind.TAG, "x"),))
    assert "👩‍👩‍👧" in roles(item(1, made))


def test_pictures_are_told_in_words() -> None:
    media = (Media("image", "a cat"), Media("image"), Media("image"), Media("video", "waves"))
    assert shown(item(1, post(1, INES, "", media=media))).splitlines()[1:] == [
        "picture: a cat",
        "video: waves",
        "2 pictures without description",
    ]


def test_a_warning_folds_all_but_its_words() -> None:
    one = item(1, post(1, INES, "the butler", warning="spoilers", media=(Media("image", "him"),)))
    assert shown(one).splitlines()[1:] == ["warning: spoilers · Enter shows"]
    assert shown(one, folded=False).splitlines()[1:] == ["warning: spoilers", "the butler", "picture: him"]
    assert roles(one)["warning: spoilers"] is Role.WARNING


TEA = (PollOption("tea [b]", 12), PollOption("coffee", 7))


@pytest.mark.parametrize(
    ("poll", "words"),
    [
        (Poll(TEA), "( ) tea [b] 12 · ( ) coffee 7"),
        (Poll(TEA, True, closes_at=NOW + timedelta(days=3)), "[ ] tea [b] 12 · [ ] coffee 7 · closes Fri 14:02"),
        (Poll(TEA, closed=True), "tea [b] 63 % · coffee 37 % · closed"),
        (Poll(TEA, closes_at=NOW - timedelta(days=3)), "tea [b] 63 % · coffee 37 % · closed"),
        (Poll((PollOption("a"), PollOption("b"))), "( ) a · ( ) b"),
        (Poll((PollOption("a", 0), PollOption("b\nc", 0)), closed=True), "a 0 % · b c 0 % · closed"),
    ],
)
def test_polls_are_told_in_words(poll: Poll, words: str) -> None:
    assert shown(item(1, post(1, INES, "", poll=poll)), 60).splitlines()[1:] == [words]
    folded = item(1, post(1, INES, "", poll=poll, warning="breakfast"))
    assert shown(folded, 60).splitlines()[1:] == ["warning: breakfast · Enter shows"]


def test_who_sees_it_that_it_was_changed_and_that_it_is_kept_are_quiet_words() -> None:
    made = post(
        1, INES, "x", visibility="private", edited_at=NOW - timedelta(hours=2), viewer=Viewer(bookmarked="y")
    )
    one = item(1, made, why=("asks you",))
    words = "followers only · edited 2 h · bookmarked · asks you"
    assert shown(one, 60).splitlines()[2:] == [words]
    assert roles(one, 60)[words] is Role.QUIET
    assert len(shown(item(1, post(1, INES, "x", visibility="public"))).splitlines()) == 2
    assert shown(item(1, post(1, INES, "x", visibility="local\n[b]"))).splitlines()[2:] == ["local [b]"]


def test_acts_are_told_in_the_words_of_the_network() -> None:
    words = Vocabulary("Mastodon", "post", "boost", "boosted", "favourite")
    assert in_words("Repost held for 10 s", words) == "Boost held for 10 s"
    assert in_words("undo like waiting", words) == "undo favourite waiting"
    assert in_words("liked", words) == "favourited"
    assert in_words("liked", Vocabulary("Bluesky")) == "liked"
    one = item(1, post(1, INES, "x"), reposted_by=person("Tom"), pending="repost held", state=TriageState.DONE)
    lines = shown(replace(one, how="reposted"), wording=lambda account, text: in_words(text, words)).splitlines()
    assert lines[0] == "Tom boosted"
    assert lines[-2:] == ["boost held", "done: boosted"]


def test_a_long_post_is_cut() -> None:
    one = item(1, post(1, INES, "\n".join(f"line {n}" for n in range(30))))
    lines = shown(one).splitlines()
    assert len(lines) == 13
    assert lines[-2:] == ["line 10", "… 19 more lines · Enter"]
    assert len(shown(one, folded=False).splitlines()) == 31


def test_states_in_words() -> None:
    one = item(1, post(1, INES, "x"))
    last = {
        "done: replied": replace(one, state=TriageState.DONE, how="replied"),
        "snoozed · back tomorrow, 14:02": replace(one, state=TriageState.SNOOZED, until=NOW + timedelta(days=1)),
        "answer held": replace(one, state=TriageState.ANSWERING, pending="answer held"),
        "screened": replace(one, state=TriageState.SCREENED),
    }
    for words, each in last.items():
        assert shown(each).splitlines()[-1] == words


def test_when_what_was_put_off_comes_back() -> None:
    one = item(1, post(1, INES, "x"))
    soon, far = NOW + timedelta(hours=2), NOW + timedelta(days=300)
    for words, each in {
        "snoozed · back today, 16:02": replace(one, state=TriageState.SNOOZED, until=soon),
        "snoozed · back Mon 1 Mar 2027, 14:02": replace(one, state=TriageState.SNOOZED, until=far),
        "waiting until today, 16:02, unless they answer": replace(one, state=TriageState.WAITING, until=soon),
        "handed off · back today, 16:02": replace(
            one, state=TriageState.WAITING, until=soon, how="handed off: reply"
        ),
        # Chosen at two hours east of UTC: nine there is nine wherever one is.
        "snoozed · back Thu 7 May, 09:00": replace(
            one, state=TriageState.SNOOZED, until=datetime(2026, 5, 7, 7, tzinfo=UTC), offset=120
        ),
    }.items():
        assert shown(each, 80).splitlines()[-1] == words


# -- why it came back, and for how long it waits ------------------------------------------------------------------


def test_why_it_came_back_stands_with_the_reasons_in_amber() -> None:
    one = item(1, post(1, INES, "x", minutes=9000), why=("asks you",), how="you said Thursday")
    assert shown(one).splitlines()[-1] == "asks you · you said Thursday"
    assert roles(one)["you said Thursday"] is Role.PENDING
    assert roles(one)["asks you"] is Role.QUIET
    assert shown(replace(one, why=())).splitlines()[-1] == "you said Thursday"
    assert shown(one, owing=True).splitlines()[-1] == "asks you · you said Thursday"
    assert "you said" not in shown(replace(one, state=TriageState.ANSWERING))


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(hours=23), ""),
        (timedelta(hours=25), "unanswered since Monday"),
        (timedelta(days=6), "unanswered since Wednesday"),
        (timedelta(days=7), "unanswered for 7 days"),
        (timedelta(days=20), "unanswered for 20 days"),
        (timedelta(days=30), "unanswered for 4 weeks"),
        (timedelta(days=-3), ""),
    ],
)
def test_for_how_long_somebody_waits(ago: timedelta, words: str) -> None:
    assert unanswered(NOW - ago, NOW) == words


def test_what_waits_for_us_says_for_how_long() -> None:
    one = item(1, post(1, INES, "x", minutes=9000), why=("asks you",))
    assert shown(one, owing=True).splitlines()[-1] == "asks you · unanswered since Wednesday"
    assert shown(one).splitlines()[-1] == "asks you"
    for silent in (
        replace(one, state=TriageState.DONE),
        replace(one, pending="reply held"),
        item(1, post(1, US, "ours", minutes=9000)),
    ):
        assert "unanswered" not in shown(silent, owing=True)
    talk = conversation(1, INES, [(True, "hello"), (False, "hi"), (False, "there?")])
    assert "unanswered" not in shown(talk, owing=True)
    later = {"now": NOW + timedelta(days=2)}
    lines = layout_item(talk, 40, ours=OURS, owing=True, **later)
    assert "".join(text for text, _ in lines[-1]) == "unanswered since Tuesday"


# -- several posts of a thread ------------------------------------------------------------------------------------


def thread(*posts: tuple[Identity, str], earlier: int = 0, **more: object) -> Item:
    """An item of several posts: who wrote them and what, oldest first, the last an hour ago."""
    made = [
        post(at, who, text, minutes=60 * (len(posts) - at), conversation="c")
        for at, (who, text) in enumerate(posts)
    ]
    ids = (*(f"before {number}" for number in range(earlier)), *(str(one.ref) for one in made))
    whole = Item(1, ids[0], "bluesky/ada", made[-1], made[-1].created_at, messages=tuple(made), members=ids)
    return replace(whole, **more)  # type: ignore[arg-type]


TOM, MEI = person("Tom Okafor"), person("梅 Mei", "mei.example.org")


def test_several_posts_of_a_thread_are_one_item() -> None:
    one = thread(
        (MEI, "First."), (TOM, "I'd say so too, and so would everybody."), (INES, "And I."), why=("answers",)
    )
    assert shown(one, 48) == (
        "Ines Marín, Tom Okafor, 梅 Mei · 3 new       1 h\n"
        "梅 Mei: First.                               3 h\n"
        "Tom Okafor: I'd say so too, and so would\n"
        "everybody.                                   2 h\n"
        "Ines Marín: And I.\n"
        "answers"
    )
    assert shown(one, 40).splitlines()[0] == "Ines Marín and 2 more · 3 new        1 h"
    assert shown(one, 120).splitlines()[0].startswith("Ines Marín, Tom Okafor, 梅 Mei · 3 new")
    found = roles(one)
    assert found["Ines Marín and 2 more"] is Role.NAME
    assert found["Tom Okafor: "] is Role.HANDLE
    assert roles(replace(one, state=TriageState.DONE))["Ines Marín and 2 more"] is Role.NAME_SEEN


def test_a_thread_of_one_person_names_them_once() -> None:
    one = thread((INES, "One."), (INES, "Two."), earlier=5)
    assert shown(one).splitlines() == [
        "Ines Marín · 7 new                   1 h",
        "5 earlier · Enter",
        "One.                                 2 h",
        "Two.",
    ]


def test_a_thread_that_came_back_or_is_done_is_not_new() -> None:
    one = thread((INES, "One."), (US, "Mine."), (TOM, "Two."), how="they answered")
    assert shown(one).splitlines()[0] == "Tom Okafor and 2 more · 3 posts      1 h"
    assert shown(one).splitlines()[-1] == "they answered"
    assert "3 posts" in shown(replace(one, state=TriageState.DONE, how="followed up"))


def test_what_all_of_a_thread_answer_stands_once_above() -> None:
    asked = Excerpt(PostRef("bluesky", "p"), US, "Who comes?")
    one = thread((INES, "I."), (TOM, "I too."))
    same = replace(one, messages=tuple(replace(each, parent=asked) for each in one.messages))
    same = replace(same, post=same.messages[-1])
    assert shown(same).splitlines()[1] == "↳ you: Who comes?"
    mixed = replace(same, messages=(one.messages[0], same.messages[1]))
    assert "↳" not in shown(mixed)


def test_long_posts_pictures_and_warnings_of_a_thread_are_folded() -> None:
    one = thread((INES, "words " * 60), (TOM, "secret"), (MEI, "words " * 60))
    hidden = replace(one.messages[1], warning="the ending", media=(Media("image", "the murderer"),))
    one = replace(one, messages=(one.messages[0], hidden, one.messages[2]))
    lines = shown(one).splitlines()
    assert len(lines) <= 1 + 3 + 2 + 5
    assert lines[3].endswith("3 h") or lines[3].endswith("…")
    assert "secret" not in shown(one)
    assert "murderer" not in shown(one)
    assert "Tom Okafor: warning: the ending · Enter" in shown(one)


def test_a_conversation_names_the_other_and_marks_our_words() -> None:
    one = conversation(1, person("Tom Okafor"), [(False, "We meet on Thursday."), (True, "glad it worked out!")])
    assert shown(one).splitlines() == [
        "Tom Okafor  @tom.example.com         1 h",
        "We meet on Thursday.                 2 h",
        "you: glad it worked out!",
    ]


def test_a_notice_stands_where_the_age_was() -> None:
    one = item(1, post(1, INES, "x"))
    assert shown(one, notice="followed up · z undo").splitlines()[0] == "Ines Marín  @ines…  followed up · z undo"


@pytest.mark.parametrize("width", [-1, 0, 1, 2, 3, 5, 8, 13, 20, 30, 44, 120])
@pytest.mark.parametrize("folded", [True, False])
def test_every_line_fits(width: int, folded: bool) -> None:
    tom = conversation(1, person("Tom"), [(False, "日本語 " * 30), (True, "words " * 40)])
    several = thread((INES, "日本語 " * 30), (TOM, "words " * 40), earlier=3, how="they answered")
    for one in (*mentions(), tom, several, replace(mentions()[0], until=NOW, pending="answer held", how="x" * 99)):
        for notice in ("", "followed up · z undo"):
            for line in layout_item(one, width, now=NOW, ours=OURS, folded=folded, notice=notice):
                assert line_cells(line) <= max(0, width), (width, line)
                assert all("\n" not in text for text, _ in line)


@given(st.text(st.characters(codec=None), max_size=60), st.text(max_size=20), st.integers(1, 50))
def test_any_text_anywhere_fits(text: str, other: str, width: int) -> None:
    who = replace(INES, name=text, handle=other)
    made = replace(
        post(1, who, text, warning=other, parent=Excerpt(None, who, text), quote=Excerpt(None, who, text)),
        spans=(Span(1, 4, SpanKind.LINK, text), Span(5, 9, SpanKind.LINK, f"https://{other}/{text}")),
        media=(Media(other, text),),
        poll=Poll((PollOption(text, 3), PollOption(other))),
        visibility=text,
    )
    one = item(1, made, reposted_by=who, why=(text, other), pending=text, state=TriageState.DONE, how=text)
    several = replace(one, messages=(replace(made, author=US), replace(made, warning="")), members=(text, other))
    for each in (one, several, replace(several, state=TriageState.OPEN)):
        for folded in (True, False):
            for line in layout_item(each, width, now=NOW, ours=OURS, folded=folded, owing=True):
                assert line_cells(line) <= width
                assert all("\n" not in piece for piece, _ in line)


@pytest.mark.skipif(not HOSTILE, reason="the hostile strings are not here")
def test_hostile_text_in_a_thread_is_no_control() -> None:
    for text in HOSTILE:
        who = replace(INES, name=text, handle=text)
        one = thread((who, text), (TOM, text), (who, text), why=(text,), how=text)
        for width in (40, 120):
            for line in layout_item(one, width, now=NOW, ours=OURS):
                assert line_cells(line) <= width
                assert not FORBIDDEN.search("".join(piece for piece, _ in line))
