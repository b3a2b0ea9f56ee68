"""What is typed into a search, as X's recent search takes it; held against the sandbox's reader of queries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.networks.base import Refused
from tweetdesk.networks.x_query import LONGEST, hashtag, query
from tweetdesk.sandbox.x_search import BadQuery, parse


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("", ""),
        ("  ", ""),
        ("postgres backups", "postgres backups -is:retweet"),
        ("  postgres\n backups ", "postgres backups -is:retweet"),
        ('"who can help" postgres', '"who can help" postgres -is:retweet'),
        ("cats OR dogs", "(cats OR dogs) -is:retweet"),
        ("(cats OR dogs) lang:en", "(cats OR dogs) lang:en -is:retweet"),
        ("cats AND dogs", "cats dogs -is:retweet"),
        ("cats NOT dogs", "cats -dogs -is:retweet"),
        ('"cats AND dogs"', '"cats AND dogs" -is:retweet'),
        ("cats -is:reply", "cats -is:reply"),
        ("cats is:retweet", "cats is:retweet"),
        ("from:ada has:links", "from:ada has:links -is:retweet"),
        ("#python -has:media", "#python -has:media -is:retweet"),
        ('url:"https://example.com/a"', 'url:"https://example.com/a" -is:retweet'),
        ("https://example.com", "https://example.com -is:retweet"),
    ],
)
def test_a_query_is_helped(typed: str, asked: str) -> None:
    assert query(typed) == asked


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ('"open', "quotation mark"),
        ("(open", "parentheses"),
        ("cats OR", "beside OR"),
        ("()", "between parentheses"),
        ("cats OR has:links", "at least one word"),
        ("-(cats)", "at least one word"),
        ("cats -", "stands alone"),
        ("NOT OR cats", "stands alone"),
        (")(", "parentheses"),
        ("cats )", "parentheses"),
        ("min_faves:10 cats", "on the page"),
        ("since:2026-01-01 cats", "on the page"),
        ("nonsense:10 cats", "no operator"),
        ("lang:en", "at least one word"),
        ("-cats", "at least one word"),
        ("has:links", "at least one word"),
        ("has:kittens cats", "goes with"),
        ("is:funny cats", "goes with"),
        ("a" * 513, "525 characters"),
        ("a " * 250 + "a", "513 characters"),
    ],
)
def test_what_cannot_be_asked_is_said(typed: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as told:
        query(typed)
    assert str(told.value).endswith(".")


def test_the_longest_query() -> None:
    room = LONGEST - len(" -is:retweet")
    assert len(query("a" * room)) == LONGEST
    with pytest.raises(Refused):
        query("a" * (room + 1))


@pytest.mark.parametrize(("typed", "asked"), [("#caturday", "#caturday -is:retweet"), ("çay", "#çay -is:retweet")])
def test_hashtags(typed: str, asked: str) -> None:
    assert hashtag(typed) == asked


@pytest.mark.parametrize("typed", ["two words", "a-b", "12", "#a!"])
def test_what_is_no_hashtag(typed: str) -> None:
    with pytest.raises(Refused, match="no hashtag"):
        hashtag(typed)


@given(
    st.lists(
        st.sampled_from(
            ["cats", "dogs", '"a b"', "OR", "-(", "AND", "NOT", "-", "(", ")", "from:ada", "is:reply", "-is:quote",
             "#tag", "@ada", "lang:en", "has:links", ":", "x:", "url:example", "-dogs", '"']
        ),
        max_size=8,
    ).map(" ".join)
)  # fmt: skip
def test_what_we_ask_is_understood(typed: str) -> None:
    try:
        asked = query(typed)
    except Refused:
        return
    if asked:
        try:
            parse(asked)
        except BadQuery as error:
            pytest.fail(f"{typed!r} became {asked!r}: {error}")
