"""Mastodon's rules: lengths, links while writing, what composers begin with, and which acts are allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hostile import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from mastodon_replay import ACCOUNT, PLACE, status
from replaykit import NOW

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef, SpanKind, Viewer
from tweetdesk.networks.base import Allowed, No
from tweetdesk.networks.mastodon_instance import Instance
from tweetdesk.networks.mastodon_records import post
from tweetdesk.networks.mastodon_rules import form, permission
from tweetdesk.networks.mastodon_text import measure, same_text, spans

MASTODON, OTHER = Instance(api=7), Instance(mastodon=False, characters_per_url=25, max_characters=5000)
BOB = Identity("mastodon", "2@social.example.com", "bob@example.com")
ADA, EVE = ACCOUNT.identity, Identity("mastodon", "3@social.example.com", "eve@far.example.com")
THEIRS = Post(PostRef(PLACE.host, "9"), BOB, "text", NOW, visibility="public")


@pytest.mark.parametrize(
    ("text", "warning", "used"),
    [
        ("", "", 0),
        ("plain", "", 5),
        ("plain", "warned", 11),
        ("https://example.com/" + "x" * 300, "", 23),
        ("see https://e.io.", "", 4 + 23 + 1),
        ("@bob@far.example.com hi", "", len("@bob hi")),
        ("@bob hi", "", 7),
        ("👩‍👩‍👧‍👦é", "", 2),
        ("mail me@example.com", "", 19),
        ("#tag", "", 4),
    ],
)
def test_lengths_as_mastodon_counts(text: str, warning: str, used: int) -> None:
    assert measure(text, warning, MASTODON, "h").used == used


def test_lengths_where_the_server_counts_otherwise() -> None:
    long = "https://example.com/" + "x" * 300
    assert measure(long, "", OTHER, "h").used == len(long)
    assert measure("https://e.io", "", OTHER, "h").used == 25
    assert measure("👩‍👩‍👧‍👦", "", OTHER, "h").used == 7
    too_long = measure("x" * 5001, "", OTHER, "h.example.com")
    assert (too_long.left, too_long.why) == (-1, "Too long by 1: h.example.com takes 5000 characters.")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "see https://example.com/a_(b), or (http://x.example/y).",
            ["https://example.com/a_(b)", "http://x.example/y"],
        ),
        ("@bob and @eve@far.example.com.", ["bob", "eve@far.example.com"]),
        ("a@b.example @ @- x/@bob", []),
        ("#one #2 #3d ##x a#b &#39;", ["one", "3d"]),
        ("https://example.com/@bob#frag", ["https://example.com/@bob#frag"]),
        ("ftp://x javascript:alert(1) https://", []),
    ],
)
def test_links_mentions_and_tags_while_writing(text: str, found: list[str]) -> None:
    assert [span.target for span in spans(text)] == found


@given(st.one_of(st.text(max_size=60), st.text("@#abc.-_:/htps() \n", max_size=60)))
def test_spans_stay_in_the_text_and_never_overlap(text: str) -> None:
    at = 0
    for span in spans(text):
        assert at <= span.start < span.end <= len(text)
        at = span.end
    assert measure(text, "", OTHER, "h").used >= measure(text, "", MASTODON, "h").used - 25 * len(text)


@pytest.mark.skipif(not HOSTILE, reason="the collections of ../shared/data are not there")
def test_hostile_strings_are_measured() -> None:
    for text in HOSTILE:
        assert measure(text, text, MASTODON, "h").used >= 0
        for span in spans(text):
            assert span.kind is not SpanKind.LINK or span.target.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("written", "html", "same"),
    [
        ("hello", "<p>hello</p>", True),
        ("one\n\ntwo  three ", "<p>one</p><p>two three</p>", True),
        ("@bob@far.example.com yes", '<p><a href="https://a.example/@bob" class="mention">@bob</a> yes</p>', True),
        (
            "see https://example.com/a/b?x=1&y=2 ok",
            '<p>see <a href="https://example.com/a/b?x=1&amp;y=2"><span class="invisible">https://</span><span '
            'class="ellipsis">example.com/a</span><span class="invisible">/b?x=1&amp;y=2</span></a> ok</p>',
            True,
        ),
        ("https://EXAMPLE.com", '<p><a href="https://example.com/">example.com</a></p>', True),
        ("see https://example.com/1", '<p>see <a href="https://example.com/2">example.com/1</a></p>', False),
        (
            "#tag and <b>",
            '<p><a href="https://x/tags/tag" class="mention hashtag">#<span>tag</span></a> and &lt;b&gt;</p>',
            True,
        ),
        ("hello", "<p>hello!</p>", False),
        ("", "", True),
    ],
)  # fmt: skip
def test_the_same_text_is_known_behind_its_html(written: str, html: str, same: bool) -> None:
    assert same_text(written, html, "") is same


def test_the_plain_text_decides_where_it_is_told() -> None:
    assert same_text("*bold*", "<p><em>bold</em></p>", "*bold*")
    assert not same_text("*bold*", "<p><em>bold</em></p>", "")


# --- forms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
def test_a_reply_begins_as_private_as_what_it_answers(visibility: str) -> None:
    asked = replace(THEIRS, visibility=visibility, warning="spiders", mentions=(ADA, EVE, BOB))
    found = form(ActKind.REPLY, asked, PLACE, MASTODON, everyone=True)
    assert (found.text, found.visibility, found.warning) == ("@bob @eve@far.example.com ", visibility, "spiders")
    alone = "@bob @eve@far.example.com " if visibility == "direct" else "@bob "
    assert form(ActKind.REPLY, asked, PLACE, MASTODON).text == alone
    if visibility == "direct":
        assert [one for one, _ in found.visibilities] == ["direct"]


def test_a_reply_to_a_circle_that_only_the_server_knows_tells_nobody_else() -> None:
    for word in ("limited", "mutuals_only", "local"):
        found = form(ActKind.REPLY, replace(THEIRS, visibility=word), PLACE, MASTODON)
        assert found.visibility == "direct"
        assert len(found.visibilities) == 4


def test_a_reply_is_never_wider_than_ones_own_default() -> None:
    shy = replace(MASTODON, visibility="private")
    assert form(ActKind.REPLY, THEIRS, PLACE, shy).visibility == "private"
    assert form(ActKind.POST, None, PLACE, shy).visibility == "private"
    assert form(ActKind.POST, None, PLACE, MASTODON).visibility == "public"


def test_an_answer_to_oneself_addresses_the_others_only() -> None:
    own = replace(THEIRS, author=ADA, mentions=(BOB,))
    assert form(ActKind.REPLY, own, PLACE, MASTODON).text == "@bob "
    assert form(ActKind.REPLY, replace(own, mentions=()), PLACE, MASTODON).text == ""


# --- permissions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "change", "allowed"),
    [
        (ActKind.REPOST, {}, True),
        (ActKind.REPOST, {"visibility": "unlisted"}, True),
        (ActKind.REPOST, {"visibility": "private"}, False),
        (ActKind.REPOST, {"visibility": "private", "author": ADA}, True),
        (ActKind.REPOST, {"visibility": "direct"}, False),
        (ActKind.REPOST, {"kind": PostKind.MESSAGE}, False),
        (ActKind.QUOTE, {}, True),
        (ActKind.QUOTE, {"viewer": Viewer(quotes_closed=True)}, False),
        (ActKind.QUOTE, {"visibility": "private"}, False),
        (ActKind.REPLY, {"viewer": Viewer(replies_closed=True)}, False),
        (ActKind.REPOST, {"viewer": Viewer(reposts_closed=True)}, False),
        (ActKind.UNREPOST, {"viewer": Viewer(reposts_closed=True)}, True),
        (ActKind.LIKE, {"viewer": Viewer(likes_closed=True)}, False),
        (ActKind.UNLIKE, {"viewer": Viewer(likes_closed=True)}, True),
        (ActKind.QUOTE, {"kind": PostKind.MESSAGE}, False),
        (ActKind.DELETE, {}, False),
        (ActKind.DELETE, {"author": ADA}, True),
        (ActKind.FOLLOW, {"author": ADA}, False),
        (ActKind.MESSAGE, {"author": ADA}, False),
        (ActKind.MESSAGE, {"author": ADA, "kind": PostKind.MESSAGE}, True),
        (ActKind.LIKE, {"kind": PostKind.MESSAGE}, True),
        (ActKind.HIDE_REPLY, {}, False),
    ],
)
def test_what_is_allowed(kind: ActKind, change: dict[str, object], allowed: bool) -> None:
    found = permission(kind, replace(THEIRS, **change), PLACE, MASTODON)  # type: ignore[arg-type]
    assert isinstance(found, Allowed if allowed else No)


def test_the_authors_wish_counts_where_the_server_knows_quotes() -> None:
    for approval, closed in (("automatic", False), ("manual", False), ("denied", True), ("unknown", True)):
        made = post({**status("1"), "quote_approval": {"current_user": approval}}, PLACE, NOW)
        assert made.viewer.quotes_closed is closed
        assert ("has to agree" in form(ActKind.QUOTE, made, PLACE, MASTODON).note) is (approval == "manual")
        assert "no quotes" in form(ActKind.QUOTE, made, PLACE, OTHER).note
        assert isinstance(permission(ActKind.QUOTE, made, PLACE, MASTODON), No if closed else Allowed)
    assert isinstance(permission(ActKind.QUOTE, made, PLACE, OTHER), Allowed), "a link asks nobody"


@pytest.mark.parametrize(
    ("rules", "closed", "reviewed"),
    [
        ({"automatic_approval": ["public", "me"], "manual_approval": []}, False, False),
        ({"automatic_approval": ["author"], "manual_approval": ["public", "me"]}, False, True),
        ({"automatic_approval": ["author", "followers"], "manual_approval": []}, True, False),
        ({"automatic_approval": [], "manual_approval": ["https://example.com/users/else"]}, True, False),
        ({"always": ["author", "me"], "with_approval": []}, False, False),
        ({"always": ["author"], "with_approval": ["me"]}, False, True),
        ({"always": ["author"], "with_approval": []}, True, False),
        ({"always": None, "with_approval": 7}, True, False),
        ({"automatic_approval": ["public"], "manual_approval": []}, False, False),
        ({}, False, False),
        (None, False, False),
        ("public", False, False),
    ],
)
def test_the_authors_rules_count_where_the_server_tells_them(rules: object, closed: bool, reviewed: bool) -> None:
    for name, kind in (
        ("can_reply", ActKind.REPLY),
        ("can_reblog", ActKind.REPOST),
        ("can_favourite", ActKind.LIKE),
    ):
        made = post({**status("1"), "interaction_policy": {name: rules}}, PLACE, NOW)
        assert isinstance(permission(kind, made, PLACE, OTHER), No if closed else Allowed)
        for other in {ActKind.REPLY, ActKind.REPOST, ActKind.LIKE} - {kind}:
            assert isinstance(permission(other, made, PLACE, OTHER), Allowed)
        noted = "has to agree" in form(ActKind.REPLY, made, PLACE, OTHER).note
        assert noted is (reviewed and kind is ActKind.REPLY)
