"""The HTML of posts as text: what real servers send, what hostile ones could, and properties."""

from __future__ import annotations

import time

import pytest
from hostile import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from mastodon_replay import PLACE, status
from replaykit import NOW

from tweetdesk.domain.posts import SpanKind
from tweetdesk.networks.mastodon_html import LONGEST, Link, LinkKind, read, read_whole
from tweetdesk.networks.mastodon_records import post

MARKUP = st.text("<>/!-=\"'&#;[] \n\tabpliu0123456789é👩\u200d\u202e\x00\ud800", max_size=80)
PIECES = st.lists(
    st.sampled_from([
        "<p>", "</p>", "<a href='https://e.example/x'>", "</a>", "<br>", "<br/>", "<span class=invisible>",
        "</span>", "<span class='ellipsis'>", "<ul>", "<ol>", "<li>", "</li>", "</ul>", "</ol>", "<pre>", "</pre>",
        "<blockquote>", "</blockquote>", "<a class='mention hashtag' rel=tag href='//x'>#",
        "<a class='u-url mention' href='y'>@", "<p class=quote-inline>", "<script>", "</script>", "text", " ",
        "\n", "&amp;", "&#x1F600;", "👩‍🚀", "<!--", "-->", "<![CDATA[", "]]>", "<?php", "<x", ">",
        "<img alt=':blob:'>",
    ]),
    max_size=40,
).map("".join)  # fmt: skip


def _text(html: str) -> str:
    return read(html)[0]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one<br>two<br /><br/>three</p>\n<p>four</p>\n", "one\ntwo\n\nthree\n\nfour"),
        ("<p>a &lt;b&gt; &amp; c &#8230; &nbsp;d</p>", "a <b> & c … \xa0d"),
        ("plain text without any tag", "plain text without any tag"),
        ("<p>two  spaces   stay</p>", "two  spaces   stay"),
        ("<div>one\n   two</div>", "one two"),
        ("<ul><li>one</li><li><p>two</p></li></ul><p>after</p>", "• one\n• two\n\nafter"),
        ("<ol><li>one<ul><li>in</li></ul></li><li>two</li></ol>", "1. one\n  • in\n2. two"),
        ("<p>see</p><pre><code>def f():\n    return 1\n</code></pre>", "see\n\ndef f():\n    return 1"),
        ("<blockquote><p>one<br>two</p></blockquote><p>no</p>", "> one\n> two\n\nno"),
        ("<p><del>gone</del> <strong>kept</strong> <em>too</em></p>", "gone kept too"),
        ('<p class="quote-inline">RE: <a href="https://x.example">x</a></p><p>yes</p>', "yes"),
        ("<script>alert(1)</script><style>p{}</style>text", "text"),
        ('<p>smile <img src="x" alt=":blob:"></p>', "smile :blob:"),
        ("", ""),
        ("<p></p><br><p> </p>", ""),
        ("one<b>two", "onetwo"),
        ("</p></a></b>text</i>", "text"),
        ("<![foo[ text", "<![foo[ text"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
    ],
)
def test_text(html: str, text: str) -> None:
    assert _text(html) == text


def test_links_are_shortened_as_their_server_wants_it_and_kept_whole() -> None:
    html = (
        '<p>see <a href="https://example.com/a/rather/long"><span class="invisible">https://</span>'
        '<span class="ellipsis">example.com/a/rat</span><span class="invisible">her/long</span></a>.</p>'
    )
    text, links = read(html)
    assert text == "see example.com/a/rat…."
    assert links == (Link(4, 22, "https://example.com/a/rather/long", LinkKind.PAGE),)
    assert read_whole(html) == "see https://example.com/a/rather/long."


def test_mentions_and_tags_lead_to_people_and_tags() -> None:
    html = (
        '<p><span class="h-card"><a href="https://far.example.com/@bob" class="u-url mention">@<span>bob</span>'
        '</a></span> look: <a href="https://a.example/tags/help" class="mention hashtag" rel="tag">#<span>help'
        '</span></a> <a href="javascript:alert(1)">here</a> <a href="https://a.example/">there</a></p>'
    )
    people = [
        {"id": "7", "username": "bob", "acct": "bob@other.example.com", "url": "https://other.example.com/@bob"},
        {"id": "8", "username": "bob", "acct": "bob@far.example.com", "url": "https://far.example.com/@bob"},
    ]
    made = post({**status("1"), "content": html, "mentions": people}, PLACE, NOW)
    assert made.text == "@bob look: #help here there"
    assert [(made.text[one.start : one.end], one.kind, one.target) for one in made.spans] == [
        ("@bob", SpanKind.MENTION, "8@social.example.com"),
        ("#help", SpanKind.TAG, "help"),
        ("there", SpanKind.LINK, "https://a.example/"),
    ]
    assert [one.handle for one in made.mentions] == ["bob@other.example.com", "bob@far.example.com"]


def test_names_that_the_html_does_not_link() -> None:
    people = [{"id": "7", "acct": "bob"}, {"id": "8", "acct": "eve@far.example.com"}]
    text = "@bob and @eve@far.example.com, not @ann or x@bob.example: #Help me#not #other"
    made = post({**status("1", text), "mentions": people, "tags": [{"name": "help"}]}, PLACE, NOW)
    assert [(made.text[one.start : one.end], one.target) for one in made.spans] == [
        ("@bob", "7@social.example.com"),
        ("@eve@far.example.com", "8@social.example.com"),
        ("#Help", "Help"),
    ]


@given(st.one_of(MARKUP, PIECES, st.text(max_size=60)))
def test_nothing_raises_and_links_stay_in_the_text(html: str) -> None:
    text, links = read(html)
    at = 0
    for link in links:
        assert at <= link.start < link.end <= len(text)
        assert text[link.start : link.end].strip() == text[link.start : link.end]
        at = link.end
    assert text == text.rstrip()
    read_whole(html)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<>&"), max_size=60))
def test_text_without_markup_is_left_alone(text: str) -> None:
    assert _text(text) == text.rstrip()


@given(PIECES, st.lists(st.sampled_from(["bob", "eve@far.example.com", "@", ""]), max_size=3))
def test_spans_of_a_post_never_overlap(html: str, names: list[str]) -> None:
    people = [{"id": name or None, "acct": name, "url": "y"} for name in names]
    view = {**status("1"), "content": html, "mentions": people, "tags": [{"name": "text"}, {}]}
    made = post(view, PLACE, NOW)
    at = 0
    for span in made.spans:
        assert at <= span.start < span.end <= len(made.text)
        at = span.end


@pytest.mark.skipif(not HOSTILE, reason="the collections of ../shared/data are not there")
def test_hostile_strings_as_html_and_inside_it() -> None:
    for text in HOSTILE:
        for html in (text, f"<p>{text}</p>", f'<a href="{text}">x</a>', f'<p class="{text}">{text}'):
            shown, links = read(html)
            assert all(0 <= one.start < one.end <= len(shown) for one in links)
            made = post({**status("1"), "content": html, "spoiler_text": text, "url": text}, PLACE, NOW)
            for span in made.spans:
                if span.kind is SpanKind.LINK:
                    assert span.target.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "piece",
    ["<a ", '<a href="<', "<!--", "<!--a>", "<!", "<", "</", "<?", "&#9", "<![CDATA[", "<p>", "<script>", "<li>",
     "<blockquote>x<br>", '<a b=">', "<a b='c'>", "<br>", "<span class=invisible>", "<title>", "</a b=\"'>"],
)  # fmt: skip
def test_no_html_takes_long(piece: str) -> None:
    """The parser of the standard library alone takes half a minute for some of these, and raises at others."""
    began = time.process_time()
    text, _ = read(piece * (LONGEST // len(piece)))
    assert time.process_time() - began < 3
    assert len(text) < 10 * LONGEST
    _text("&#" + "9" * LONGEST + ";")
