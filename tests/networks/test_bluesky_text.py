"""Bluesky's text rules against the recorded results of the network's own client, and by properties."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import Span, SpanKind
from tweetdesk.networks.bluesky_text import facets_for, graphemes, is_did, is_handle, measure, spans, spans_of

RECORDED = Path(__file__).parents[2] / "../shared/data/bluesky_recorded"
SYNTAX = Path(__file__).parents[2] / "../shared/data/atproto_interop/syntax"


def _loaded(name: str) -> Any:
    path = RECORDED / name
    return json.loads(path.read_text()) if path.exists() else None


DETECTED, COUNTED = _loaded("facets.detected.json"), _loaded("graphemes.expected.json")


def _bytes(text: str, span: Span) -> tuple[int, int]:
    return len(text[: span.start].encode()), len(text[: span.end].encode())


@pytest.mark.skipif(
    DETECTED is None, reason="facets.detected.json of ../shared/data/bluesky_recorded is not there"
)
@pytest.mark.parametrize("case", DETECTED or (), ids=lambda case: case["text"][:20])
def test_detection_is_that_of_the_official_client(case: dict[str, Any]) -> None:
    text = case["text"]
    found = [(*_bytes(text, span), span.target) for span in spans(text)]
    expected = [
        (
            facet["index"]["byteStart"],
            facet["index"]["byteEnd"],
            next(v for k, v in feature.items() if k != "$type"),
        )
        for facet in case["facets"]
        for feature in facet["features"]
    ]
    assert found == sorted(expected)
    assert graphemes(text) == case["graphemes"]


@pytest.mark.skipif(
    COUNTED is None, reason="graphemes.expected.json of ../shared/data/bluesky_recorded is not there"
)
def test_graphemes_are_those_of_the_official_client() -> None:
    assert [graphemes(case["text"]) for case in COUNTED] == [case["graphemes"] for case in COUNTED]


def _lines(name: str) -> list[str]:
    path = SYNTAX / name
    if not path.exists():
        pytest.skip(f"{name} of ../shared/data/atproto_interop/syntax is not there")
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_syntax_of_handles_and_dids() -> None:
    assert [text for text in _lines("handle_syntax_valid.txt") if not is_handle(text)] == []
    assert [text for text in _lines("handle_syntax_invalid.txt") if is_handle(text)] == []
    assert [text for text in _lines("did_syntax_valid.txt") if not is_did(text)] == []
    assert [text for text in _lines("did_syntax_invalid.txt") if is_did(text)] == []


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(_TEXTS, st.data())
def test_spans_and_facets_are_each_other_back(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = Span(start, end, SpanKind.TAG, "tag")
    facets = facets_for(text, [span])
    assert spans_of(text, facets) == ((span,) if start < end else ())
    index = facets[0]["index"]
    assert text.encode()[index["byteStart"] : index["byteEnd"]].decode() == text[start:end]


@given(_TEXTS, st.integers(-3, 300), st.integers(-3, 300))
def test_made_up_ranges_give_whole_characters_or_nothing(text: str, start: int, end: int) -> None:
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com/"}
    for span in spans_of(text, [{"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}]):
        assert text[span.start : span.end].encode() == text.encode()[start:end]
        assert 0 <= span.start < span.end <= len(text)


@given(_TEXTS)
def test_detected_spans_are_in_order_apart_and_can_be_written(text: str) -> None:
    found = spans(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    plain = [span for span in found if span.kind is not SpanKind.MENTION]
    assert spans_of(text, facets_for(text, found)) == tuple(plain)


@pytest.mark.parametrize(
    "feature",
    [
        {"$type": "app.bsky.richtext.facet#link", "uri": "javascript:alert(1)"},
        {"$type": "app.bsky.richtext.facet#link", "uri": "https://a\x1b]8;;b"},
        {"$type": "app.bsky.richtext.facet#link", "uri": 5},
        {"$type": "app.bsky.richtext.facet#mention", "did": "nobody"},
        {"$type": "app.bsky.richtext.facet#tag", "tag": ""},
        {"$type": "com.example.other"},
        "text",
        None,
    ],
)
def test_what_cannot_be_followed_is_plain_text(feature: object) -> None:
    assert spans_of("hello", [{"index": {"byteStart": 0, "byteEnd": 5}, "features": [feature]}]) == ()


def test_overlaps_are_left_out() -> None:
    def facet(start: int, end: int) -> dict[str, Any]:
        tag = {"$type": "app.bsky.richtext.facet#tag", "tag": "a"}
        return {"index": {"byteStart": start, "byteEnd": end}, "features": [tag]}

    found = spans_of("hello there", [facet(3, 8), facet(0, 5), facet(6, 11), facet(True, 4)])
    assert [(span.start, span.end) for span in found] == [(0, 5), (6, 11)]


def test_length_by_characters_and_by_bytes() -> None:
    assert measure(ActKind.REPLY, "a" * 300).left == 0
    too_long = measure(ActKind.REPLY, "a" * 301)
    assert (too_long.left, too_long.why) == (-1, "too long: a post holds 300 characters")
    family = "👨‍👩‍👧‍👦"
    heavy = measure(ActKind.POST, family * 130)
    assert heavy.left == 3000 - 130 * len(family.encode())
    assert "3000 bytes" in heavy.why
    assert measure(ActKind.MESSAGE, "a" * 1000).left == 0
