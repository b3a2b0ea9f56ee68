"""Posts of one thread as one item, what is owed and what was put off, and words that are muted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hostile import HOSTILE
from storekit import (
    ACCOUNT,
    ADA,
    BOB,
    HOME,
    IN_MESSAGES,
    ME,
    MENTIONS,
    MESSAGES,
    SEARCH,
    SECOND,
    arrivals,
    at,
    message,
    post,
    ref,
    reply_to,
)

from tweetdesk.domain.items import Item, conversation_item
from tweetdesk.domain.muting import folded
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Card, Excerpt, Media, Poll, PollOption, Post
from tweetdesk.domain.selections import Selection, Shows, Source
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.store.store import Store

NOW = at(60)
IN_THREADS = Selection((MENTIONS,), by_thread=True)
OWED = Selection((MENTIONS, MESSAGES), by_conversation=True, by_thread=True, shows=Shows.OWED)
LATER = Selection((MENTIONS, MESSAGES), by_conversation=True, by_thread=True, shows=Shows.LATER)
MEI = Identity("bluesky", "did:plc:mei", "mei.example.com", "Mei")


def said(name: str, minutes: float, author: Identity = ADA, thread: str = "at://root") -> Post:
    """A post of a thread."""
    return post(name, f"text {name}", author=author, minutes=minutes, conversation=thread)


async def take(store: Store, *posts: Post, source: Source = MENTIONS, why: Sequence[str] = ()) -> None:
    """Take posts in."""
    await store.posts.ingest(source, arrivals(*posts, why=why), cursor="", now=NOW)


async def move(store: Store, how: Move, *names: str, act: str = "", account: str = ACCOUNT.id) -> None:
    """Decide about posts, by their short names (or conversations, by their whole ids)."""
    items = [name if " " in name else str(ref(name)) for name in names]
    await store.triage.apply(account, items, how, until=at(600), act=act, now=NOW)


async def shown(store: Store, selection: Selection = IN_THREADS) -> list[list[str]]:
    """The short names of what each row stands for, as rows and items tell it alike."""
    rows = await store.posts.rows(selection)
    places = [(account, item) for _, item, account in rows.keys]
    items = await store.posts.items(selection, places, rows.members)
    assert list(items) == places
    for place, item in items.items():
        assert item.ids == rows.members.get(place, (place[1],))
        assert item.id == item.ids[0] == place[1]
    return [[one.removeprefix("bluesky at://") for one in item.ids] for item in items.values()]


async def whole(store: Store, name: str, selection: Selection = IN_THREADS) -> Item:
    """The item of a row."""
    rows = await store.posts.rows(selection)
    place = (ACCOUNT.id, str(ref(name)))
    return (await store.posts.items(selection, [place], rows.members))[place]


# -- threads -----------------------------------------------------------------------------------------------------


async def test_posts_of_one_thread_are_one_item_at_its_oldest(store: Store) -> None:
    await take(store, said("a", 1), said("x", 2, thread=""), said("y", 2, thread="at://other"), why=["names you"])
    before = await store.posts.item_keys(IN_THREADS)
    await take(store, said("b", 3, BOB), said("c", 4, MEI), said("d", 5, BOB), why=["answers you"])
    assert await shown(store) == [["a", "b", "c", "d"], ["x"], ["y"]]
    assert await store.posts.item_keys(IN_THREADS) == before
    item = await whole(store, "a")
    assert [one.text for one in item.messages] == ["text b", "text c", "text d"]
    assert (item.post.text, item.at, item.key) == ("text d", at(5), before[0][0])
    assert item.why == ("names you", "answers you")
    assert (await store.posts.counts([IN_THREADS])) == [3]
    alone = await store.posts.item(ACCOUNT.id, str(ref("b")))
    assert alone is not None
    assert (alone.ids, alone.messages) == ((str(ref("b")),), ())


async def test_posts_without_a_thread_and_of_other_servers_and_accounts_stay_alone(store: Store) -> None:
    other = Source(SECOND.id, "mentions")
    elsewhere = said("e", 3)
    elsewhere = Post(type(elsewhere.ref)("mastodon", "e"), ADA, "elsewhere", at(3), conversation="at://root")
    await take(store, said("a", 1), said("n", 2, thread=""), said("m", 4, thread=""), elsewhere)
    await take(store, said("a", 1), source=other)
    both = Selection((MENTIONS, other), by_thread=True)
    assert len((await store.posts.rows(both)).keys) == 5
    assert (await store.posts.rows(both)).members == {}
    assert await store.posts.counts([both]) == [5]


async def test_only_what_stands_alike_is_one_item(store: Store) -> None:
    await take(store, *(said(name, minute) for minute, name in enumerate("abcdef")))
    await move(store, Move.ANSWER, "a", "b", act="reply")
    assert await shown(store) == [["a", "b"], ["c", "d", "e", "f"]]
    await move(store, Move.SENT, "a", "b")
    await move(store, Move.FINISH, "c", act="followed up")
    await move(store, Move.SNOOZE, "d")
    assert await shown(store) == [["e", "f"]]
    done = Selection((MENTIONS,), by_thread=True, show_done=True)
    assert await shown(store, done) == [["a", "b"], ["c"], ["d"], ["e", "f"]]
    assert await store.posts.counts([done]) == [1]
    # What came back is one with what arrived since, and says why it did.
    await move(store, Move.DUE, "d", act="you said Thursday")
    assert await shown(store) == [["d", "e", "f"]]
    assert (await whole(store, "d")).how == "you said Thursday"


@pytest.mark.parametrize("which", [0, 1, 6])
async def test_what_is_on_its_way_is_told_by_the_whole_thread(store: Store, which: int) -> None:
    posts = [said(name, minute) for minute, name in enumerate("abcdefg")]
    await take(store, *posts)
    item = str(posts[which].ref)
    await store.outbox.put(reply_to(posts[which]), item, material="{}", held_until=at(99), now=NOW)
    await move(store, Move.REFUSED, item)
    assert (await whole(store, "a")).pending == "reply held"


async def test_the_thread_goes_on_when_its_oldest_post_is_gone_or_an_older_comes(store: Store) -> None:
    await take(store, said("b", 2), said("c", 3), said("d", 4))
    await store.posts.remove([ref("b")])
    assert await shown(store) == [["c", "d"]]
    await take(store, said("a", 1))
    assert await shown(store) == [["a", "c", "d"]]
    await store.posts.remove([ref("a"), ref("d")])
    assert await shown(store) == [["c"]]


async def test_a_thread_of_hundreds_is_read_in_a_page(store: Store) -> None:
    await take(store, *(said(f"p{number:03}", number, BOB if number % 2 else ADA) for number in range(500)))
    [row] = await shown(store)
    assert len(row) == 500
    assert [one.text for one in (await whole(store, "p000")).messages] == ["text p497", "text p498", "text p499"]


async def test_a_part_of_the_rows_has_the_threads_around_it(store: Store) -> None:
    await take(store, *(said(f"p{number:03}", number, thread=f"at://{number // 2}") for number in range(900)))
    everything = await store.posts.rows(IN_THREADS)
    assert len(everything.keys) == 450
    key = everything.keys[225][0]
    part = await store.posts.rows(IN_THREADS, key)
    assert part.keys[100][0] == key
    assert len(part.keys) == 200
    assert part.members.items() <= everything.members.items()


async def test_a_filter_shows_those_of_a_thread_that_fit(store: Store) -> None:
    await take(store, said("a", 1), said("b", 2, BOB), said("c", 3, BOB))
    assert await shown(store, Selection((MENTIONS,), by_thread=True, words="bob")) == [["b", "c"]]


# -- what is owed, and what was put off --------------------------------------------------------------------------


async def test_owed_is_what_is_addressed_to_us_and_all_that_came_back(store: Store) -> None:
    await take(store, said("m1", 1), said("m2", 9, BOB), said("m3", 5, thread="at://other"))
    await take(store, message("dm", minutes=3), message("dm2", minutes=4, to="c2"), source=MESSAGES)
    await take(store, post("found", minutes=2), post("found2", minutes=2), source=SEARCH)
    await take(store, post("read", minutes=2), source=HOME)
    second = Source(SECOND.id, "search", "x")
    await take(store, post("theirs", minutes=2), source=second)
    await move(store, Move.SNOOZE, "found", "read", conversation_item("c2"))
    await move(store, Move.SNOOZE, "theirs", account=SECOND.id)
    assert await shown(store, OWED) == [["m1", "m2"], ["conversation c1"], ["m3"]]
    assert await store.posts.back([ACCOUNT.id, SECOND.id]) == 0
    await move(store, Move.DUE, "found", conversation_item("c2"), act="you said so")
    await move(store, Move.DUE, "theirs", account=SECOND.id, act="you said so")
    expected = [["m1", "m2"], ["found"], ["conversation c1"], ["conversation c2"], ["m3"]]
    assert await shown(store, OWED) == expected
    assert await store.posts.counts([OWED, IN_MESSAGES, IN_THREADS]) == [5, 2, 2]
    assert await store.posts.back([ACCOUNT.id]) == 2
    assert await store.posts.back([ACCOUNT.id, SECOND.id]) == 3
    assert await store.posts.back([]) == 0
    assert (await whole(store, "found", OWED)).how == "you said so"
    await move(store, Move.FINISH, "m1", "m2", "found", act="followed up")
    assert await shown(store, OWED) == [["conversation c1"], ["conversation c2"], ["m3"]]


async def test_later_is_what_was_put_off_soonest_first(store: Store) -> None:
    await take(store, said("a", 1), said("b", 2, BOB), said("c", 3, thread="at://other"))
    await take(store, post("found", minutes=4), source=SEARCH)
    await take(store, message("dm", minutes=5), source=MESSAGES)
    assert await shown(store, LATER) == []
    for name, minutes in (("c", 900), ("found", 200), (conversation_item("c1"), 400)):
        item = name if " " in name else str(ref(name))
        await store.triage.apply(ACCOUNT.id, [item], Move.SNOOZE, until=at(minutes), now=NOW)
    await move(store, Move.WAIT, "a", "b")
    assert await shown(store, LATER) == [["found"], ["conversation c1"], ["a", "b"], ["c"]]
    assert await store.posts.counts([LATER]) == [4]
    item = await whole(store, "a", LATER)
    assert (item.state, item.until, item.at) == (TriageState.WAITING, at(600), at(2))
    await store.posts.hide_author(ACCOUNT.id, BOB.id)
    assert await shown(store, LATER) == [["found"], ["conversation c1"], ["a"], ["c"]]
    await move(store, Move.HAND_OFF, "c", act="handed off: reply")
    assert (await whole(store, "c", LATER)).how == "handed off: reply"


async def test_a_post_of_a_thread_that_no_source_has_can_be_put_off(store: Store) -> None:
    one = said("t", 3)
    await store.posts.keep(ACCOUNT.id, [one])
    await take(store, said("a", 1))
    await move(store, Move.SNOOZE, "t")
    assert await shown(store, LATER) == [["t"]]
    found = await store.posts.item(ACCOUNT.id, str(one.ref))
    assert found is not None
    assert (found.state, found.post) == (TriageState.SNOOZED, one)
    await move(store, Move.DUE, "t", act="you said so")
    assert await shown(store, OWED) == [["a", "t"]]
    assert (await whole(store, "a", OWED)).how == "you said so"


async def test_reads_of_what_came_back_stay_on_its_index(store: Store) -> None:
    from tweetdesk.store.reading import keys_query

    for selection, index in ((OWED, "triage_back"), (LATER, "triage_until")):
        query, values = keys_query(selection)
        plan = " ".join(str(row[3]) for row in await store.database.read(f"EXPLAIN QUERY PLAN {query}", values))
        assert index in plan
        assert "SCAN t " not in plan


async def test_whether_anything_was_decided(store: Store) -> None:
    assert not await store.posts.any_decided(IN_THREADS)
    await take(store, said("a", 1))
    assert not await store.posts.any_decided(IN_THREADS)
    await move(store, Move.FINISH, "a", act="followed up")
    assert await store.posts.any_decided(IN_THREADS)
    assert not await store.posts.any_decided(Selection((SEARCH,)))
    assert not await store.posts.any_decided(Selection(()))


# -- muted words -------------------------------------------------------------------------------------------------


async def names(store: Store, *sources: Source) -> set[str]:
    """What the columns of these sources show."""
    keys = await store.posts.item_keys(Selection(sources))
    return {item.removeprefix("bluesky at://") for _, item, _ in keys}


TEXTS = {
    "plain": "Buy my coin now",
    "shout": "COINS are not meant, the COIN is",
    "tag": "see #coin.",
    "accent": "ein Cöin, say they",
    "part": "a coincidence, coins, bitcoin",
    "quiet": "nothing of the kind",
    "japanese": "これはcoinです",
}


async def test_muted_words_leave_the_columns_and_stay_out(store: Store) -> None:
    await take(store, *(post(name, text) for name, text in TEXTS.items()))
    await take(store, post("mine", "my coin", author=ME), post("plain", TEXTS["plain"]), source=HOME)
    await take(store, message("dm", "a coin"), source=MESSAGES)
    assert await store.posts.mute_words(" Coín ", None, NOW) == {MENTIONS, HOME}
    assert await names(store, MENTIONS) == {"part", "quiet"}
    assert await names(store, HOME) == {"mine"}
    assert len(await store.posts.item_keys(IN_MESSAGES)) == 1
    await take(store, post("later", "one more coin"), post("fine", "one more"))
    assert await names(store, MENTIONS) == {"part", "quiet", "fine"}
    assert await store.posts.mute_words("coin", at(99), NOW) == frozenset()
    [muted] = await store.posts.muted_words()
    assert (muted.words, muted.since, muted.until) == ("coin", NOW, at(99))
    assert await store.posts.unmute_words("COÏN") == {MENTIONS, HOME}
    assert await names(store, MENTIONS) == {*TEXTS, "later", "fine"}
    assert await store.posts.muted_words() == []
    assert await store.posts.unmute_words("coin") == frozenset()


@pytest.mark.parametrize(
    ("words", "found", "spared"),
    [
        ("async  Python", "I like ASYNC python\nbest", "async, python"),
        ("c++", "c++ and me", "vitamin c"),
        ("#help", "please #help", "please help"),
        ("don't", "I don't know", "I do know"),
        ("москва", "МОСКВА слезам", "москвали"),
        ("勉強", "来週の勉強会で発表", "来週の会で発表"),
        ("東京 bar", "in 東京 bar", "東京の bar"),
        ("각", "생각이", "가나"),
        ("🎉", "hurray 🎉🎉", "hurray"),
        ("caf\u00e9", "cafe\u0301 noir", "cafeteria"),
        ("straße", "STRASSE", "strassen"),
        ("a.b", "say a.b", "say axb"),
        ("[/b] %s {0}", "x [/b] %S {0} y", "[/b]"),
        ("\u202eover\x1b[31m", "is \u202eover\x1b[31m now", "over"),
    ],
)
async def test_muted_words_are_whole_words(store: Store, words: str, found: str, spared: str) -> None:
    await take(store, post("found", found), post("spared", spared))
    await store.posts.mute_words(words, None, NOW)
    assert await names(store, MENTIONS) == {"spared"}
    await take(store, post("found2", found), post("spared2", spared))
    assert await names(store, MENTIONS) == {"spared", "spared2"}
    await store.posts.unmute_words(words)
    assert await names(store, MENTIONS) == {"found", "found2", "spared", "spared2"}


async def test_what_a_post_shows_is_muted_too(store: Store) -> None:
    shown_by = {
        "alt": {"media": (Media("image", "a coin"),)},
        "warning": {"warning": "coin"},
        "card": {"card": Card("https://example.com", "Coin!")},
        "quote": {"quote": Excerpt(None, BOB, "coin")},
        "poll": {"poll": Poll((PollOption("coin"), PollOption("none")))},
        "name": {"author": Identity("bluesky", "did:plc:coin", "coin.example.com", "Coin")},
    }
    await store.posts.mute_words("coin", None, NOW)
    await take(store, *(post(name, "look", **more) for name, more in shown_by.items()))
    assert await names(store, MENTIONS) == {"name"}


async def test_muted_words_and_people_come_and_go_apart(store: Store) -> None:
    await take(store, post("both", "coin"), post("hers", "hello"), post("word", "coin", author=BOB))
    await store.posts.mute_words("coin", None, NOW)
    await store.posts.hide_author(ACCOUNT.id, ADA.id)
    assert await names(store, MENTIONS) == set()
    assert await store.posts.unhide_author(ACCOUNT.id, ADA.id) == {MENTIONS}
    assert await names(store, MENTIONS) == {"hers"}
    await store.posts.hide_author(ACCOUNT.id, ADA.id)
    await store.posts.unmute_words("coin")
    assert await names(store, MENTIONS) == {"word"}
    await store.posts.unhide_author(ACCOUNT.id, ADA.id)
    assert await names(store, MENTIONS) == {"both", "hers", "word"}


async def test_words_that_others_hide_too_stay_hidden(store: Store) -> None:
    await take(store, post("both", "coin and token"), post("one", "token"))
    await store.posts.mute_words("coin", None, NOW)
    await store.posts.mute_words("token", at(90), NOW)
    assert [one.words for one in await store.posts.muted_words()] == ["coin", "token"]
    assert await store.posts.show_again(at(89)) == frozenset()
    assert await store.posts.show_again(at(90)) == {MENTIONS}
    assert await names(store, MENTIONS) == {"one"}
    assert [one.words for one in await store.posts.muted_words()] == ["coin"]


async def test_an_edit_can_bring_a_post_back_or_take_it_out(store: Store) -> None:
    await store.posts.mute_words("coin", None, NOW)
    await take(store, post("a", "coin"), post("b", "hello"))
    await take(store, post("a", "hello"), post("b", "coin"))
    assert await names(store, MENTIONS) == {"a"}


@pytest.mark.parametrize("words", ["", "   ", "\n\t", "\0", "\u0301"])
async def test_words_that_say_nothing_are_not_muted(store: Store, words: str) -> None:
    with pytest.raises(ValueError, match="no words"):
        await store.posts.mute_words(words, None, NOW)


async def test_any_words_can_be_muted(store: Store) -> None:
    await take(store, post("a", "hello"))
    for words in [*HOSTILE[::25][:30], "*", '"', "a*", "NEAR(", "(", "\\", "\ud800", "%", "_", "-", "OR"]:
        if folded(words.replace("\0", " ")):
            await store.posts.mute_words(words, None, NOW)
    await take(store, post("b", "hello"))
    for one in await store.posts.muted_words():
        await store.posts.unmute_words(one.words)
    assert await store.posts.muted_words() == []
    assert await names(store, MENTIONS) == {"a", "b"}
