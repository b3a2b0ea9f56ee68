"""Texts on X: weights and links after Twitter's conformance suite, cutting, facets of what was typed."""

from __future__ import annotations

from typing import Any

import pytest

from tweetdesk.sandbox.x_text import Shown, Span, cut, links, short_link, show, typed_facets, weigh

from .lexicon import SHARED

SUITE = SHARED / "twitter_text" / "conformance"
needs_suite = pytest.mark.skipif(not SUITE.is_dir(), reason=f"{SUITE} is not there")
OTHER_HOSTS = ("http://ああ", "http://あ-あ", "http://✪", "exampleこれは", "it.so", "twitter.みんな")
"""Links that the sandbox does not find: hosts in other scripts, and rare domains without a scheme."""
SHORTENED = ("t.co/pbY2NfTZ's", "t.co/FNkPfmii-", "t.co/abcdefghijklmnopqrstuvwxyz012345678901234")
"""Rules for t.co links that people type themselves: nobody does here."""


def cases(file: str, kind: str) -> list[dict[str, Any]]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install pyyaml")
    found: list[dict[str, Any]] = yaml.safe_load((SUITE / file).read_text(encoding="utf-8"))["tests"][kind]
    return found


@needs_suite
def test_weights_are_those_of_the_suite() -> None:
    found = cases("validate.yml", "WeightedTweetsWithDiscountedEmojiCounterTest")
    known = [case for case in found if "http://あいうえお" not in case["text"]]
    assert len(known) == len(found) - 2
    assert [(c["text"], weigh(c["text"])) for c in known] == [
        (c["text"], c["expected"]["weightedLength"]) for c in known
    ]


@needs_suite
def test_links_are_those_of_the_suite() -> None:
    found = cases("extract.yml", "urls")
    known = [case for case in found if not any(part in case["text"] for part in (*OTHER_HOSTS, *SHORTENED))]
    assert len(found) - len(known) == 10
    extracted = [(c["text"], [c["text"][a:b] for a, b in links(c["text"])]) for c in known]
    assert extracted == [(c["text"], c["expected"]) for c in known]


def test_the_names_that_a_reply_begins_with_weigh_nothing() -> None:
    assert weigh("@tom @mira hello", reply=True) == 5
    assert weigh("@tom hello") == 10
    assert weigh("é") == weigh("e\u0301") == 1


def test_facets_count_bytes() -> None:
    text = "é @tom and @nobody: example.com/a, #Größe"
    facets = typed_facets(text, {"tom": "did:plc:tom"}.get)
    raw = text.encode()
    parts = [raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode() for f in facets]
    assert parts == ["@tom", "example.com/a", "#Größe"]
    assert facets[1]["features"][0]["uri"] == "https://example.com/a"


def test_a_text_with_broken_facets_is_shown_all_the_same() -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com"}
    facets = [
        {"index": {"byteStart": 0, "byteEnd": 3}, "features": [link]},
        {"index": {"byteStart": 2, "byteEnd": 5}, "features": [link]},
        {"index": {"byteStart": 6, "byteEnd": 900}, "features": [link]},
        {"index": {"byteStart": 6, "byteEnd": 7}, "features": [{"did": "did:plc:nobody"}]},
        {"index": {"byteStart": 7, "byteEnd": 8}, "features": []},
    ]
    shown = show({"text": "one two", "facets": facets}, lambda did: None).shown()
    assert shown.text == f"{short_link('https://example.com')} two"
    assert len(shown.spans) == 1


def test_cutting_breaks_no_entity_and_no_escape() -> None:
    assert cut(Shown("short", []), 10).text == "short"
    assert cut(Shown("abcdef &amp; more", []), 10).text == "abcdef…"
    whole = Shown("abc @somebody else", [Span(4, 13, "mentions")])
    assert cut(whole, 8) == Shown("abc…", [])
    assert cut(whole, 15).spans == whole.spans
