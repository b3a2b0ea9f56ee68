"""People to help: what counts as asking, and that every point of the score has its reason."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.helping import Relationship, asks, judge
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostRef, Span, SpanKind

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TOM = Identity("bluesky", "did:plc:tom", "tom.example.com", "Tom")
LABELLED = Path(__file__).parents[2].parent / "shared" / "data" / "labelled" / "help_own" / "open.tsv"


def post(text: str, *, hours: float = 1, **more: object) -> Post:
    created = NOW - timedelta(hours=hours)
    return replace(Post(PostRef("bluesky", "at://1"), TOM, text, created, reply_count=0), **more)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Does anyone know a way to cancel a TaskGroup from outside?", "asks"),
        ("Is there a good way to back up sqlite? Any tips for a small server?", "asks"),
        ("Looking for two testers for our screen-reader build, any platform.", "seeks"),
        ("Busco a alguien que sepa de bases de datos", "seeks"),
        ("Kennt jemand ein gutes Buch über Datenbanken?", "asks"),
        ("Alguém conhece um bom curso?", "asks"),
        ("First release of my keyboard layout editor is out! Feedback very welcome", "shows own work"),
        ("Our neighbour's cat is missing, please share", "wants it shared"),
    ],
)
def test_what_asks(text: str, kind: str) -> None:
    found = asks(text)
    assert found is not None
    assert found[0] == kind


@pytest.mark.parametrize(
    "text",
    [
        "What a beautiful morning.",
        "I am looking forward to the weekend",
        "Looking for growth? Book a free call and 10x your audience!",
        "They said nobody can do it. We did it.",
        "",
    ],
)
def test_what_does_not_ask(text: str) -> None:
    assert asks(text) is None


def test_the_reasons_are_in_words() -> None:
    candidate = judge(
        post("Does anyone know a good sqlite book?"),
        Relationship(on_help_list=True, answered_us=2, last_helped=NOW - timedelta(weeks=6)),
        NOW,
        ["sqlite"],
    )
    assert candidate is not None
    assert candidate.reasons[0].startswith("asks")
    assert set(candidate.reasons[1:]) == {
        "no answers yet", "on your help list", "answered you twice", "not helped for 6 weeks",
        'your topic "sqlite"',
    }  # fmt: skip


def test_a_relationship_counts_but_is_not_enough() -> None:
    knows = Relationship(on_help_list=True, answered_us=9)
    assert judge(post("Lovely weather today"), knows, NOW) is None


def test_what_was_answered_is_no_candidate() -> None:
    asking = post("Does anyone know a good sqlite book?")
    assert judge(asking, Relationship(), NOW) is not None
    assert judge(asking, Relationship(answered_this=True), NOW) is None


def test_old_posts_are_no_candidates() -> None:
    assert judge(post("Does anyone know a good book?", hours=24 * 11), Relationship(), NOW) is None


def test_a_link_is_no_request() -> None:
    text = "Notes https://example.com/does-anyone-know-this?"
    spans = (Span(6, len(text), SpanKind.LINK, text[6:]),)
    assert judge(post(text, spans=spans), Relationship(), NOW) is None


@given(st.text(max_size=300), st.integers(0, 400), st.booleans(), st.integers(0, 50))
def test_any_text_can_be_judged_and_the_same_way_twice(text: str, hours: int, listed: bool, answered: int) -> None:
    one = post(text, hours=hours)
    knows = Relationship(on_help_list=listed, answered_us=answered)
    first = judge(one, knows, NOW)
    assert first == judge(one, knows, NOW)
    if first:
        assert first.reasons


def test_precision_on_labelled_posts() -> None:
    """Written for quiet precision: of what it calls asking in labelled public posts, little is not."""
    if not LABELLED.exists():
        pytest.skip("shared/data/labelled/help_own/open.tsv is not here")
    rows = list(csv.reader(LABELLED.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE))
    wrong = [text for label, text in rows if label == "0" and asks(text)]
    assert len(wrong) <= 0.02 * sum(label == "0" for label, _ in rows), wrong
