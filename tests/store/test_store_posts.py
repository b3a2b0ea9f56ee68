"""Posts: ingest, sources, columns, conversations, search, hidden people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from storekit import (
    ACCOUNT,
    ADA,
    BOB,
    HOME,
    IN_MENTIONS,
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

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Excerpt, Media, Post, PostRef, Span, SpanKind, Viewer
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.store.posts import Arrival
from tweetdesk.store.store import Store

NOW = at(60)


async def test_a_post_comes_back_as_it_was(store: Store) -> None:
    whole = Post(
        ref("a"), ADA, "see https://example.com", at(1), spans=(Span(4, 23, SpanKind.LINK, "https://example.com"),),
        version="cid", conversation="at://root", reply_to=ref("r"), reply_root=ref("root"), root_version="rc",
        parent=Excerpt(ref("r"), BOB, "earlier"), quote=Excerpt(None, missing="deleted"),
        media=(Media("image", "a cat"),), warning="cats", languages=("en",), url="https://example.com/a",
        reply_count=3, viewer=Viewer(liked="like-1"),
    )  # fmt: skip
    await store.posts.ingest(MENTIONS, arrivals(whole), cursor="c1", now=NOW)
    assert await store.posts.post(whole.ref, ACCOUNT.id) == whole
    assert await store.posts.post(whole.ref, SECOND.id) == replace(whole, viewer=Viewer())
    assert await store.posts.post(ref("none")) is None
    assert await store.sources.cursor(MENTIONS) == "c1"
    assert await store.posts.known([whole.ref, ref("b")]) == {whole.ref}


async def test_the_same_post_in_two_sources(store: Store) -> None:
    one = post("a", minutes=1)
    first = await store.posts.ingest(HOME, arrivals(one), cursor="h", now=NOW)
    second = await store.posts.ingest(MENTIONS, arrivals(one, why=["mentions you"]), cursor="m", now=NOW)
    again = await store.posts.ingest(MENTIONS, arrivals(one, why=["mentions you"]), cursor="m", now=NOW)
    assert (first.new, second.new, again.new) == (1, 1, 0)
    assert second.items == frozenset({str(one.ref)})
    assert again.items == frozenset()
    for selection in (Selection((HOME,), triaged=False), IN_MENTIONS, Selection((HOME, MENTIONS))):
        [(key, item, account)] = await store.posts.item_keys(selection)
        assert (item, account) == (str(one.ref), ACCOUNT.id)
        found = (await store.posts.items(selection, [(account, item)]))[account, item]
        assert found.post == one
        assert found.key == key
        assert found.at == one.created_at
    assert (await store.posts.items(Selection((HOME, MENTIONS)), [(ACCOUNT.id, str(one.ref))]))[
        ACCOUNT.id, str(one.ref)
    ].why == ("mentions you",)


async def test_one_post_of_two_accounts_is_two_items(store: Store) -> None:
    other = Source(SECOND.id, "mentions")
    await store.posts.ingest(MENTIONS, arrivals(post("a")), cursor="", now=NOW)
    await store.posts.ingest(other, arrivals(post("a", viewer=Viewer(reposted="r"))), cursor="", now=NOW)
    both = Selection((MENTIONS, other))
    assert [account for _, _, account in await store.posts.item_keys(both)] == [ACCOUNT.id, SECOND.id]
    await store.triage.apply(SECOND.id, [str(ref("a"))], Move.FINISH, act="followed up", now=NOW)
    assert [account for _, _, account in await store.posts.item_keys(both)] == [ACCOUNT.id]
    items = await store.posts.items(both, [(ACCOUNT.id, str(ref("a"))), (SECOND.id, str(ref("a")))])
    assert items[ACCOUNT.id, str(ref("a"))].post.viewer == Viewer()
    assert items[SECOND.id, str(ref("a"))].post.viewer == Viewer(reposted="r")


async def test_keys_follow_time_and_stay(store: Store) -> None:
    same = [post(f"s{count}", minutes=5) for count in range(3)]
    await store.posts.ingest(MENTIONS, arrivals(post("late", minutes=9), *same), cursor="", now=NOW)
    before = await store.posts.item_keys(IN_MENTIONS)
    await store.posts.ingest(
        MENTIONS, arrivals(post("early", minutes=1), post("late", "edited", minutes=9)), cursor="", now=NOW
    )
    after = await store.posts.item_keys(IN_MENTIONS)
    assert [item for _, item, _ in after] == [str(ref(name)) for name in ("early", "s0", "s1", "s2", "late")]
    assert after[1:] == before
    assert len({key for key, _, _ in after}) == 5


@pytest.mark.parametrize("year", [1, 1960, 2300, 9999])
async def test_times_that_no_key_can_hold(store: Store, year: int) -> None:
    strange = replace(post("x"), created_at=datetime(year, 1, 1, tzinfo=UTC))
    await store.posts.ingest(MENTIONS, arrivals(strange, post("normal")), cursor="", now=NOW)
    order = [item for _, item, _ in await store.posts.item_keys(IN_MENTIONS)]
    assert order.index(str(strange.ref)) == (0 if year < 2000 else 1)
    assert await store.posts.post(strange.ref) == strange


async def test_a_repost_sorts_by_its_own_moment_and_names_who(store: Store) -> None:
    arrival = Arrival(post("old", minutes=-900), at(7), reposted_by=BOB)
    await store.posts.ingest(HOME, [arrival, *arrivals(post("new", minutes=3))], cursor="", now=NOW)
    keys = await store.posts.item_keys(Selection((HOME,), triaged=False))
    assert [item for _, item, _ in keys] == [str(ref("new")), str(ref("old"))]
    item = await store.posts.item(ACCOUNT.id, str(ref("old")))
    assert item is not None
    assert (item.reposted_by, item.at) == (BOB, at(7))


async def test_an_edit_changes_the_post_and_search(store: Store) -> None:
    await store.posts.ingest(MENTIONS, arrivals(post("a", "first words", reply_count=2)), cursor="", now=NOW)
    same = await store.posts.ingest(MENTIONS, arrivals(post("a", "first words")), cursor="", now=NOW)
    assert (same.new, same.changed, same.items) == (0, 0, frozenset())
    edited = await store.posts.ingest(MENTIONS, arrivals(post("a", "second words")), cursor="", now=NOW)
    assert (edited.new, edited.changed, edited.items) == (0, 1, frozenset({str(ref("a"))}))
    assert await store.posts.search("first", 5) == []
    [found] = await store.posts.search("second", 5)
    assert found.post.reply_count == 2


async def test_a_deleted_post_leaves_everything_but_the_history(store: Store) -> None:
    await store.posts.ingest(MENTIONS, arrivals(post("a"), post("b", minutes=1)), cursor="", now=NOW)
    await store.triage.apply(ACCOUNT.id, [str(ref("a"))], Move.SNOOZE, until=at(99), now=NOW)
    gone = await store.posts.ingest(MENTIONS, [], cursor="", gone=[ref("a"), ref("none")], now=NOW)
    assert gone.items == {str(ref("a"))}
    assert [item for _, item, _ in await store.posts.item_keys(Selection((MENTIONS,), show_done=True))] == [
        str(ref("b"))
    ]
    assert await store.posts.post(ref("a")) is None
    assert [item.id for item in await store.posts.search("hello", 5)] == [str(ref("b"))]
    assert len(await store.triage.log(ACCOUNT.id, str(ref("a")))) == 1


async def test_arrivals_of_other_sources_in_the_same_answer(store: Store) -> None:
    helping = Source(ACCOUNT.id, "helping")
    one = post("a")
    await store.posts.ingest(
        SEARCH, arrivals(one), cursor="9", also=[(helping, Arrival(one, at(0), ("asks: sqlite",)))], now=NOW
    )
    [(_, item, account)] = await store.posts.item_keys(Selection((helping,)))
    assert (await store.posts.items(Selection((helping,)), [(account, item)]))[account, item].why == (
        "asks: sqlite",
    )
    assert await store.sources.cursor(helping) == ""
    assert await store.sources.cursor(SEARCH) == "9"


async def test_no_cursor_leaves_the_cursor(store: Store) -> None:
    await store.posts.ingest(HOME, [], cursor="one", now=NOW)
    await store.posts.ingest(HOME, [], cursor=None, now=NOW)
    assert await store.sources.cursor(HOME) == "one"


async def test_states_decide_what_a_column_shows(store: Store) -> None:
    names = ("open", "answering", "waiting", "snoozed", "done", "screened")
    posts = [post(name, minutes=minute) for minute, name in enumerate(names)]
    await store.posts.ingest(MENTIONS, arrivals(*posts), cursor="", now=NOW)
    for name, move in zip(names[1:], (Move.ANSWER, Move.WAIT, Move.SNOOZE, Move.FINISH, Move.SCREEN), strict=True):
        await store.triage.apply(ACCOUNT.id, [str(ref(name))], move, until=at(500), act="followed up", now=NOW)

    async def shown(selection: Selection) -> list[str]:
        return [item.removeprefix("bluesky at://") for _, item, _ in await store.posts.item_keys(selection)]

    assert await shown(IN_MENTIONS) == ["open", "answering"]
    assert await shown(Selection((MENTIONS,), show_done=True)) == list(names[:5])
    assert await shown(Selection((MENTIONS,), triaged=False)) == list(names[:5])
    assert await store.posts.counts([IN_MENTIONS, Selection((HOME,)), Selection(())]) == [1, 0, 0]
    done = await store.posts.item(ACCOUNT.id, str(ref("done")))
    assert done is not None
    assert (done.state, done.how) == (TriageState.DONE, "followed up")


async def test_the_filter_of_a_column_finds_all_words_anywhere(store: Store) -> None:
    await store.posts.ingest(
        MENTIONS,
        arrivals(post("a", "GRÜSSE an alle"), post("b", "alle", author=BOB), post("c", "日本語のテキスト")),
        cursor="",
        now=NOW,
    )

    async def shown(words: str) -> list[str]:
        keys = await store.posts.item_keys(Selection((MENTIONS,), words=words))
        assert len(keys) == (await store.posts.counts([Selection((MENTIONS,), words=words)]))[0]
        return [item[-1] for _, item, _ in keys]

    assert await shown("grüsse ALL") == ["a"]
    assert await shown("bob") == ["b"]
    assert await shown("本語") == ["c"]
    assert await shown("100% _") == []
    assert await shown("  ") == ["a", "b", "c"]


async def test_conversations_are_one_item_with_the_newest_messages(store: Store) -> None:
    many = [message(f"m{minute}", f"text {minute}", minutes=minute) for minute in range(5)]
    await store.posts.ingest(
        MESSAGES, arrivals(*many, message("other", author=BOB, minutes=2, to="c2")), cursor="", now=NOW
    )
    keys = await store.posts.item_keys(IN_MESSAGES)
    assert [item for _, item, _ in keys] == [conversation_item("c2"), conversation_item("c1")]
    item = (await store.posts.items(IN_MESSAGES, [(ACCOUNT.id, conversation_item("c1"))]))[
        ACCOUNT.id, conversation_item("c1")
    ]
    assert [one.text for one in item.messages] == ["text 2", "text 3", "text 4"]
    assert item.post == many[4]
    assert item.key == keys[1][0]
    assert item == await store.posts.item(ACCOUNT.id, conversation_item("c1"))
    assert await store.posts.conversation("c1") == many


async def test_a_new_message_by_somebody_else_reopens(store: Store) -> None:
    item = conversation_item("c1")
    await store.posts.ingest(MESSAGES, arrivals(message("m1")), cursor="", now=NOW)
    for step, (move, act) in enumerate([(Move.FINISH, "followed up"), (Move.SNOOZE, ""), (Move.WAIT, "")]):
        await store.triage.apply(ACCOUNT.id, [item], move, until=at(999), act=act, now=NOW)
        fresh = message(f"n{step}", minutes=10 + step)
        answer = await store.posts.ingest(MESSAGES, arrivals(fresh), cursor="", now=NOW)
        assert item in answer.items
        assert (await store.triage.state(ACCOUNT.id, item)).state is TriageState.OPEN
        assert (await store.triage.log(ACCOUNT.id, item))[-1].move is Move.ACTIVITY


async def test_old_edited_and_own_messages_do_not_reopen(store: Store) -> None:
    item = conversation_item("c1")
    await store.posts.ingest(MESSAGES, arrivals(message("m5", minutes=5)), cursor="", now=NOW)
    await store.triage.apply(ACCOUNT.id, [item], Move.FINISH, act="followed up", now=NOW)
    for one in (message("m1", minutes=1), message("m5", "edited", minutes=5), message("o", author=ME, minutes=6)):
        await store.posts.ingest(MESSAGES, arrivals(one), cursor="", now=NOW)
        assert (await store.triage.state(ACCOUNT.id, item)).how == "followed up"


async def test_a_block_is_not_undone_by_a_new_message(store: Store) -> None:
    item = conversation_item("c1")
    await store.posts.ingest(MESSAGES, arrivals(message("m1")), cursor="", now=NOW)
    await store.triage.apply(ACCOUNT.id, [item], Move.FINISH, act="blocked", now=NOW)
    await store.posts.ingest(MESSAGES, arrivals(message("m2", minutes=3)), cursor="", now=NOW)
    assert (await store.triage.state(ACCOUNT.id, item)).how == "blocked"


async def test_a_conversation_whose_newest_message_is_ours_is_answered(store: Store) -> None:
    await store.posts.ingest(
        MESSAGES, arrivals(message("m1"), message("m2", author=ME, minutes=1)), cursor="", now=NOW
    )
    assert await store.posts.item_keys(IN_MESSAGES) == []
    assert (await store.triage.state(ACCOUNT.id, conversation_item("c1"))).how == "answered"
    await store.posts.ingest(MESSAGES, arrivals(message("m3", minutes=2)), cursor="", now=NOW)
    assert len(await store.posts.item_keys(IN_MESSAGES)) == 1
    # Answered with another client.
    await store.posts.ingest(MESSAGES, arrivals(message("m4", author=ME, minutes=3)), cursor="", now=NOW)
    assert await store.posts.item_keys(IN_MESSAGES) == []


async def test_what_was_waited_for_comes_back_with_their_answer(store: Store) -> None:
    asked = post("a", conversation="at://root", minutes=1)
    await store.posts.ingest(MENTIONS, arrivals(asked), cursor="", now=NOW)
    await store.triage.apply(ACCOUNT.id, [str(asked.ref)], Move.WAIT, until=at(9999), now=NOW)
    other = post("b", author=BOB, conversation="at://root", minutes=2)
    older = post("o", conversation="at://root", minutes=0)
    await store.posts.ingest(MENTIONS, arrivals(other, older), cursor="", now=NOW)
    assert (await store.triage.state(ACCOUNT.id, str(asked.ref))).state is TriageState.WAITING
    answer = await store.posts.ingest(
        MENTIONS, arrivals(post("c", conversation="at://root", minutes=3)), cursor="", now=NOW
    )
    assert answer.items == {str(asked.ref), str(ref("c"))}
    assert (await store.triage.state(ACCOUNT.id, str(asked.ref))).state is TriageState.OPEN


async def test_our_own_sent_post_and_message(store: Store) -> None:
    mine = post("mine", "sent", author=ME, minutes=4)
    await store.posts.add_own(ACCOUNT, mine, HOME)
    assert await store.posts.post(mine.ref) == mine
    again = await store.posts.ingest(HOME, arrivals(mine), cursor="", now=NOW)
    assert (again.new, again.changed) == (0, 0)
    await store.posts.ingest(MESSAGES, arrivals(message("m1")), cursor="", now=NOW)
    await store.posts.add_own(ACCOUNT, message("m2", author=ME, minutes=8), MESSAGES)
    item = await store.posts.item(ACCOUNT.id, conversation_item("c1"))
    assert item is not None
    assert (item.state, [one.ref for one in item.messages]) == (TriageState.OPEN, [ref("m1"), ref("m2")])
    await store.posts.add_own(ACCOUNT, message("m3", author=ME, to="c9"), MESSAGES)
    assert (await store.triage.state(ACCOUNT.id, conversation_item("c9"))).how == "answered"
    [touch] = await store.people.touches("bluesky", ADA.id, 1)
    assert (touch.direction, touch.kind) == ("ours", "message")


async def test_kept_posts_stand_in_threads_and_search_only(store: Store) -> None:
    thread = [
        post(f"t{minute}", f"about sqlite {minute}", minutes=minute, conversation="at://t0") for minute in (0, 1)
    ]
    assert await store.posts.keep(ACCOUNT.id, thread) == 2
    assert await store.posts.keep(ACCOUNT.id, thread) == 0
    assert await store.posts.conversation("at://t0") == thread
    assert [item.id for item in await store.posts.search("sqlite", 9)] == [str(ref("t1")), str(ref("t0"))]
    assert await store.posts.item_keys(Selection((HOME, MENTIONS))) == []


async def test_search_is_newest_first_and_takes_any_input(store: Store) -> None:
    texts = [
        "Postgres backups?",
        "über backup-Pläne 🎉",
        "東京で会いましょう",
        'a "quoted" word',
        "nul\0byte here",
    ]
    await store.posts.ingest(
        HOME, arrivals(*(post(f"p{count}", text, minutes=count) for count, text in enumerate(texts))), cursor="",
        now=NOW,
    )  # fmt: skip

    async def found(words: str) -> list[str]:
        return [item.post.text for item in await store.posts.search(words, 10)]

    assert await found("backup") == [texts[1], texts[0]]
    assert await found("UBER plane") == [texts[1]]
    assert await found("会いま") == [texts[2]]
    assert await found("ada.example.com 東京") == [texts[2]]
    assert await found('"quoted" a"') == [texts[3]]
    assert await found("nul\0byte") == [texts[4]]
    for odd in ("", "   ", '"', "* OR NOT", "a AND", "(", "NEAR(", "col:x", "-", "🎉", "\ud800"):
        await found(odd)
    assert [item.post.text for item in await store.posts.search("example", 2)] == [texts[4], texts[3]]


async def test_a_hidden_person_leaves_the_columns_and_comes_back(store: Store) -> None:
    await store.posts.ingest(MENTIONS, arrivals(post("a"), post("b", author=BOB, minutes=1)), cursor="", now=NOW)
    await store.posts.ingest(HOME, [Arrival(post("c", author=BOB), at(2), reposted_by=ADA)], cursor="", now=NOW)
    await store.posts.ingest(
        MESSAGES,
        arrivals(message("m1"), message("m2", author=ME, minutes=1), message("m3", minutes=3)),
        cursor="",
        now=NOW,
    )
    assert await store.posts.hide_author(ACCOUNT.id, ADA.id) == {MENTIONS, HOME, MESSAGES}
    await store.posts.ingest(MENTIONS, arrivals(post("later", minutes=4)), cursor="", now=NOW)
    assert [item for _, item, _ in await store.posts.item_keys(Selection((MENTIONS, HOME)))] == [str(ref("b"))]
    assert await store.posts.item_keys(IN_MESSAGES) == []
    assert await store.posts.counts([IN_MESSAGES, IN_MENTIONS]) == [0, 1]
    assert await store.posts.hide_author(ACCOUNT.id, BOB.id) == {MENTIONS}
    assert await store.posts.unhide_author(ACCOUNT.id, ADA.id) == {MENTIONS, MESSAGES}
    assert [item for _, item, _ in await store.posts.item_keys(Selection((MENTIONS, HOME)))] == [
        str(ref("a")),
        str(ref("later")),
    ]
    assert await store.posts.unhide_author(ACCOUNT.id, BOB.id) == {MENTIONS, HOME}


async def test_a_forgotten_source_begins_again(store: Store) -> None:
    await store.posts.ingest(SEARCH, arrivals(post("a")), cursor="7", now=NOW)
    await store.posts.forget_source(SEARCH)
    assert await store.sources.cursor(SEARCH) == ""
    assert await store.posts.item_keys(Selection((SEARCH,))) == []
    assert await store.posts.post(ref("a")) is not None


async def test_posts_leave_one_source_or_all(store: Store) -> None:
    for source in (HOME, SEARCH):
        await store.posts.ingest(source, arrivals(post("a"), post("b", minutes=1)), cursor="", now=NOW)
    await store.posts.leave(SEARCH, [ref("a"), ref("none")])
    assert [item for _, item, _ in await store.posts.item_keys(Selection((SEARCH,)))] == [str(ref("b"))]
    assert len(await store.posts.item_keys(Selection((HOME,)))) == 2
    assert await store.posts.remove([ref("b")]) == {str(ref("b"))}
    assert await store.posts.known([ref("a"), ref("b")]) == {ref("a")}


async def test_what_an_account_did_to_a_post(store: Store) -> None:
    await store.posts.ingest(HOME, arrivals(post("a", conversation="t")), cursor="", now=NOW)
    await store.posts.set_viewer(ACCOUNT.id, ref("a"), Viewer(reposted="r"))
    await store.posts.set_viewer(ACCOUNT.id, ref("none"), Viewer(reposted="r"))
    [found] = await store.posts.conversation("t", ACCOUNT.id)
    assert found.viewer == Viewer(reposted="r")
    assert (await store.posts.conversation("t", SECOND.id))[0].viewer == Viewer()
    # The network's next answer counts.
    await store.posts.ingest(HOME, arrivals(post("a", conversation="t")), cursor="", now=NOW)
    assert (await store.posts.conversation("t", ACCOUNT.id))[0].viewer == Viewer()


async def test_nothing_asked_is_nothing_answered(store: Store) -> None:
    assert await store.posts.item_keys(Selection(())) == []
    assert await store.posts.items(IN_MENTIONS, []) == {}
    assert await store.posts.items(IN_MENTIONS, [(ACCOUNT.id, "gone")]) == {}
    assert await store.posts.item(ACCOUNT.id, "gone") is None
    empty = await store.posts.ingest(HOME, [], cursor="", now=NOW)
    assert (empty.new, empty.changed, empty.items) == (0, 0, frozenset())


async def test_touches_of_our_own_quotes_and_mentions(store: Store) -> None:
    to_bob = (Span(0, 4, SpanKind.MENTION, BOB.id), Span(5, 8, SpanKind.MENTION, ME.id))
    ours = post("o", "@bob look", author=ME, minutes=4, quote=Excerpt(ref("q"), ADA, "words"), spans=to_bob)
    await store.posts.add_own(ACCOUNT, ours, HOME)
    assert [(touch.kind, touch.post) for touch in await store.people.touches("bluesky", ADA.id)] == [
        ("quote", str(ref("q")))
    ]
    assert [touch.kind for touch in await store.people.touches("bluesky", BOB.id)] == ["mention"]
    assert await store.people.touches("bluesky", ME.id) == []


async def test_touches_of_both_directions(store: Store) -> None:
    mention = post("m", "hi", author=BOB, minutes=1)
    answer = post("r", "thanks", minutes=2, reply_to=ref("mine"), parent=Excerpt(ref("mine"), ME, "mine"))
    quote = post("q", "look", minutes=3, quote=Excerpt(ref("mine"), ME, "mine"))
    ours = post("o", "sure", author=ME, minutes=4, reply_to=ref("m"), parent=Excerpt(ref("m"), BOB, "hi"))
    await store.posts.ingest(MENTIONS, arrivals(mention, answer, quote), cursor="", now=NOW)
    await store.posts.ingest(HOME, arrivals(ours, answer, post("x", "no touch", author=BOB)), cursor="", now=NOW)
    assert [(t.direction, t.kind, t.post) for t in await store.people.touches("bluesky", BOB.id)] == [
        ("ours", "reply", str(ref("m"))),
        ("theirs", "mention", str(ref("m"))),
    ]
    assert [t.kind for t in await store.people.touches("bluesky", ADA.id)] == ["quote", "reply"]
    last = await store.people.last_touches("bluesky", [ADA.id, BOB.id, "did:plc:nobody"])
    assert last == {ADA.id: {"theirs": at(3)}, BOB.id: {"theirs": at(1), "ours": at(4)}}


async def test_a_sent_reply_and_its_arrival_are_one_touch(store: Store) -> None:
    asked = post("m", author=BOB)
    row = await store.outbox.put(reply_to(asked), str(asked.ref), material="{}", held_until=NOW, now=NOW)
    await store.outbox.sent(row.id, "at://mine", NOW)
    ours = post("mine", "an answer", author=ME, minutes=4, reply_to=ref("m"), parent=Excerpt(ref("m"), BOB, "hi"))
    await store.posts.ingest(HOME, arrivals(ours), cursor="", now=NOW)
    assert len(await store.people.touches("bluesky", BOB.id)) == 1


async def test_people_of_posts_and_answers_are_known(store: Store) -> None:
    renamed = Identity("bluesky", ADA.id, "ada.example.org", "")
    profile = Profile(BOB, bio="writes", following="at://follow")
    await store.posts.ingest(HOME, arrivals(post("a")), cursor="", people=[profile], now=NOW)
    await store.posts.ingest(HOME, arrivals(post("b", author=renamed)), cursor="", now=NOW)
    assert await store.people.identity("bluesky", ADA.id) == Identity("bluesky", ADA.id, "ada.example.org", "Ada")
    assert await store.people.profile(ACCOUNT.id, "bluesky", BOB.id) == profile


@pytest.mark.parametrize("text", ["lone \ud83d half", "nul \0 here", "\x1b[31mred", "[/b] {0} %s", "\u202eover"])
async def test_any_text_can_be_stored(store: Store, text: str) -> None:
    strange = Identity("bluesky", "did:plc:x", "x.example.com", text)
    one = Post(PostRef("bluesky", f"at://{text}"), strange, text, at(0), media=(Media("image", text),))
    await store.posts.ingest(
        MENTIONS, [Arrival(one, at(0), (text,), strange)], cursor="", people=[Profile(strange, bio=text)], now=NOW
    )
    expected = text.replace("\ud83d", "\ufffd")
    [(_, item, account)] = await store.posts.item_keys(IN_MENTIONS)
    found = (await store.posts.items(IN_MENTIONS, [(account, item)]))[account, item]
    assert (found.post.text, found.post.media[0].alt, found.why) == (expected, expected, (expected,))
    assert found.reposted_by is not None
    assert found.reposted_by.name == expected
