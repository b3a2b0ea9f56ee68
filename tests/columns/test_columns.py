"""Every column kind: it says what it is, and which sources of which accounts it needs."""

from __future__ import annotations

import pytest

from tweetdesk.columns.base import load, names
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Shows, Source
from tweetdesk.store.layouts import NEED_WORDS

ADA = Account("bluesky", "did:plc:ada", "ada.example.com", "https://bsky.example.com")
WORK = Account("bluesky", "did:plc:work", "work.example.com", "https://bsky.example.com")
SOCIAL = Account("mastodon", "17", "ada@social.example.com", "https://social.example.com")
X = Account("x", "99", "ada", "https://api.example.com")
ALL = (ADA, WORK, SOCIAL, X)
HELPED = (Identity("bluesky", "did:plc:ines", "ines.example.com"), Identity("x", "7", "ines"))


def sample(name: str, account: str = "") -> Column:
    return Column(name, account, "words" if load(name).needs_words else "")


@pytest.mark.parametrize("name", names())
def test_a_kind_says_what_it_is(name: str) -> None:
    kind, column = load(name), sample(name)
    assert kind.name == name
    assert kind.title
    assert kind.help
    assert kind.opens_at in ("oldest", "newest")
    assert kind.heading(column)
    assert kind.empty(column).splitlines()[0].endswith(".")
    assert kind.heading(Column(name, words="words", title="My own")) == "My own"


@pytest.mark.parametrize("name", names())
def test_what_is_shown_is_fetched(name: str) -> None:
    kind, column = load(name), sample(name)
    assert set(kind.selection(column, ALL).sources) <= set(kind.sources(column, ALL, HELPED))
    assert kind.sources(column, (), HELPED) == ()


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("account", [ADA.handle, SOCIAL.id])
def test_a_column_for_one_account_asks_that_one_only(name: str, account: str) -> None:
    sources = load(name).sources(sample(name, account), ALL, HELPED)
    assert {source.account for source in sources} == {ADA.id if account == ADA.handle else SOCIAL.id}


def test_the_layout_files_know_which_kinds_need_words() -> None:
    assert set(NEED_WORDS) == {name for name in names() if load(name).needs_words}


@pytest.mark.parametrize("name", ["search", "hashtag"])
def test_what_two_accounts_would_both_find_is_asked_for_once_a_network(name: str) -> None:
    found = load(name).selection(Column(name, words="sqlite"), ALL).sources
    assert found == tuple(Source(account.id, name, "sqlite") for account in (ADA, SOCIAL, X))


@pytest.mark.parametrize("name", ["list", "person"])
def test_an_id_of_one_account_is_asked_of_one_account(name: str) -> None:
    assert load(name).one_account
    assert load(name).selection(Column(name, words="5"), ALL).sources == (Source(ADA.id, name, "5"),)
    assert load(name).selection(Column(name, X.id, "5"), ALL).sources == (Source(X.id, name, "5"),)


@pytest.mark.parametrize("name", ["home", "list", "person", "hashtag"])
def test_nothing_has_to_be_decided_in_reading_columns(name: str) -> None:
    assert not load(name).selection(sample(name), ALL).triaged
    assert load(name).opens_at == "newest"


def test_a_hashtag_with_and_without_its_sign_is_the_same() -> None:
    kind = load("hashtag")
    one, other = Column("hashtag", words="#Brot"), Column("hashtag", words="Brot")
    assert kind.selection(one, ALL) == kind.selection(other, ALL)
    assert kind.heading(one) == kind.heading(other) == "#Brot"


def test_a_search_over_several_networks_shows_one_column() -> None:
    assert {source.account for source in load("search").sources(Column("search", words="x"), ALL, ())} == {
        ADA.id, SOCIAL.id, X.id,
    }  # fmt: skip


def test_threads_are_one_item_where_they_are_addressed_to_us() -> None:
    assert load("mentions").selection(Column("mentions"), ALL).by_thread
    assert not load("home").selection(Column("home"), ALL).by_thread


@pytest.mark.parametrize(("name", "shows"), [("owed", Shows.OWED), ("later", Shows.LATER)])
def test_what_is_due_or_put_off_is_shown_of_all_that_is_addressed_to_us(name: str, shows: Shows) -> None:
    kind = load(name)
    selection = kind.selection(Column(name, X.handle), ALL)
    assert set(selection.sources) == {Source(X.id, "mentions"), Source(X.id, "messages")}
    assert (selection.by_thread, selection.by_conversation, selection.shows) == (True, True, shows)
    # What was answered elsewhere is known by our own posts.
    asked = {
        *load("mentions").sources(Column("mentions"), ALL, ()),
        *load("messages").sources(Column("messages"), ALL, ()),
    }
    assert set(kind.sources(Column(name), ALL, ())) == asked
    assert kind.addressed is (name == "owed")
