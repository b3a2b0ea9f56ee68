"""X's text rules against Twitter's own conformance suite, and against an independent implementation.

Of the suite's extract.yml all cases are run; where "mentions_or_lists_with_indices" names a list it is asserted
that there is no mention, since lists are not linked here. Of validate.yml all cases of weights, handles, hashtags
and links without protocol; left out are "lists" (not linked), two of "tweets" (141 characters: once too many), and
four of "urls": a user name, an IP address or a sign at the end that are right by the grammar of addresses, but
that twitter-text itself does not find in a text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import SpanKind
from tweetdesk.networks import x_text

SUITE = Path(__file__).parents[2] / "../shared/data/twitter_text/conformance"

NOT_FOUND_IN_TEXTS = {
    "Valid url: port and userinfo",
    "Valid url: ipv4",
    "Valid url: ipv6",
    "Valid url: sub delims and question marks",
}


def _cases(name: str, *groups: str) -> list[Any]:
    path = SUITE / f"{name}.yml"
    if not path.exists():
        reason = f"{path.name} of ../shared/data/twitter_text is not there"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    yaml = pytest.importorskip("yaml")
    tests = yaml.safe_load(path.read_text())["tests"]
    return [
        pytest.param(case, id=f"{group} {number} {case['description']}"[:90])
        for group in groups
        for number, case in enumerate(tests[group])
    ]


def _found(text: str, kind: str) -> list[str]:
    if kind == "urls":
        return [text[start:end] for start, end in x_text.links(text)]
    spans = {"mentions": x_text.mentions, "cashtags": x_text.cashtags}.get(kind)
    if spans is None:
        return [span.target for span in x_text.spans(text) if span.kind is SpanKind.TAG and span.target[0] != "$"]
    return [span.target.removeprefix("$") for span in spans(text)]


@pytest.mark.parametrize("case", _cases("extract", "mentions"))
def test_mentions(case: Any) -> None:
    assert _found(case["text"], "mentions") == case["expected"]


@pytest.mark.parametrize("case", _cases("extract", "replies"))
def test_what_is_answered(case: Any) -> None:
    assert x_text.answered(case["text"]) == (case["expected"] or "")


@pytest.mark.parametrize("case", _cases("extract", "urls", "tco_urls_with_params"))
def test_links(case: Any) -> None:
    assert _found(case["text"], "urls") == case["expected"]


@pytest.mark.parametrize("case", _cases("extract", "hashtags", "hashtags_from_astral"))
def test_hashtags(case: Any) -> None:
    assert _found(case["text"], "hashtags") == case["expected"]


@pytest.mark.parametrize("case", _cases("extract", "cashtags"))
def test_cashtags(case: Any) -> None:
    assert _found(case["text"], "cashtags") == case["expected"]


@pytest.mark.parametrize(
    "case",
    _cases(
        "extract",
        "mentions_with_indices",
        "mentions_or_lists_with_indices",
        "urls_with_indices",
        "urls_with_directional_markers",
        "hashtags_with_indices",
        "cashtags_with_indices",
    ),
)
def test_places(case: Any) -> None:
    text = case["text"]
    for wanted in case["expected"]:
        if wanted.get("list_slug"):
            assert wanted["screen_name"] not in _found(text, "mentions")
        elif "url" in wanted:
            assert tuple(wanted["indices"]) in x_text.links(text)
        else:
            made = (*x_text.mentions(text), *x_text.hashtags(text), *x_text.cashtags(text))
            places = {(span.start, span.end): span.target.removeprefix("$") for span in made}
            name = next(wanted[key] for key in ("screen_name", "hashtag", "cashtag") if key in wanted)
            assert places.get(tuple(wanted["indices"])) == name
    if case["expected"] and "url" in case["expected"][0]:
        assert len(x_text.links(text)) == len(case["expected"])


@pytest.mark.parametrize("case", _cases("validate", "tweets"))
def test_what_can_be_posted_by_the_old_rule(case: Any) -> None:
    if case["description"].startswith("Invalid Tweet: 141 characters"):
        pytest.skip("141 characters were too many before 2017 only")
    assert x_text.weigh(case["text"]).valid == case["expected"]


@pytest.mark.parametrize("case", _cases("validate", "usernames"))
def test_handles(case: Any) -> None:
    text = case["text"]
    assert ([(span.start, span.end) for span in x_text.mentions(text)] == [(0, len(text))]) == case["expected"]


@pytest.mark.parametrize("case", _cases("validate", "hashtags"))
def test_whole_hashtags(case: Any) -> None:
    text = case["text"]
    assert ([(span.start, span.end) for span in x_text.hashtags(text)] == [(0, len(text))]) == case["expected"]


@pytest.mark.parametrize("case", _cases("validate", "urls_without_protocol", "urls"))
def test_whole_links(case: Any) -> None:
    if case["description"] in NOT_FOUND_IN_TEXTS:
        pytest.skip("right as an address, not found in a text by twitter-text either")
    text = case["text"]
    assert (x_text.links(text) == [(0, len(text))]) == case["expected"]


def _units(text: str) -> int:
    """The length in UTF-16 units, in which the suite counts places."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("case", "emoji"),
    [
        pytest.param(one.values[0], emoji, id=f"{one.id} {emoji}", marks=one.marks)
        for group, emoji in (
            ("WeightedTweetsCounterTest", False),
            ("WeightedTweetsWithDiscountedEmojiCounterTest", True),
            ("UnicodeDirectionalMarkerCounterTest", True),
        )
        for one in _cases("validate", group)
    ],
)
def test_weights(case: Any, emoji: bool) -> None:
    weighed, wanted = x_text.weigh(case["text"], emoji=emoji), case["expected"]
    assert (weighed.weight, weighed.valid) == (wanted["weightedLength"], wanted["valid"])
    assert weighed.weight * 1000 // x_text.POST_LIMIT == wanted["permillage"]


def test_an_answer_pays_nothing_for_the_handles_it_begins_with() -> None:
    assert x_text.measure(ActKind.REPLY, "@ada @grace thanks").used == len("thanks")
    assert x_text.measure(ActKind.POST, "@ada @grace thanks").used == len("@ada @grace thanks")
    assert x_text.measure(ActKind.REPLY, "thanks @ada").used == len("thanks @ada")


def test_the_limits_are_told() -> None:
    assert x_text.measure(ActKind.POST, "a" * 280).left == 0
    over = x_text.measure(ActKind.POST, "の" * 141)
    assert (over.left, over.why) == (-2, "too long: a post holds 280 characters")
    assert x_text.measure(ActKind.MESSAGE, "a" * 10_001).left == -1


def _oracle(text: str) -> int:
    parse = pytest.importorskip("twitter_text", exc_type=Exception).parse_tweet
    weight: int = parse(text).weightedLength
    return weight


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["a", "é", "e\u0301", "の", "😀", "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "1️⃣", " ", "\n", "https://example.com/a?b=c",
             "example.org", "@ada ", "#tag ", "…", "—", "\u200d", "x.co ", ".", "(", ")", "ß"]
        ),
        max_size=12,
    ).map("".join)
)  # fmt: skip
def test_an_independent_implementation_weighs_the_same(text: str) -> None:
    assert x_text.weigh(text).weight == _oracle(text)


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    length = x_text.measure(ActKind.POST, text)
    assert length.used >= 0
    assert (length.left < 0) == bool(length.why)
    end = 0
    for span in x_text.spans(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end


def test_every_emoji_that_there_is_weighs_two() -> None:
    path = Path(__file__).parents[2] / "../shared/data/unicode/emoji-test.txt"
    if not path.exists():
        pytest.skip("emoji-test.txt of ../shared/data/unicode is not there")
    weights: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        codes, semicolon, kind = line.partition(";")
        if semicolon and kind.strip().startswith("fully-qualified"):
            emoji = "".join(chr(int(code, 16)) for code in codes.split())
            weights[emoji] = x_text.weigh(emoji).weight
    assert len(weights) > 3000
    assert {emoji: weight for emoji, weight in weights.items() if weight != 2} == {}
