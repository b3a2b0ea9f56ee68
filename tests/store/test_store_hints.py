"""Hints: people by the beginning of their names, tags, earlier answers, texts sent lately."""

from __future__ import annotations

from dataclasses import replace

import pytest
from storekit import ACCOUNT, ADA, BOB, HOME, ME, SECOND, arrivals, at, post, ref, reply_to

from tweetdesk.domain.outbox import OutboxState
from tweetdesk.domain.people import Identity, Profile, Touch
from tweetdesk.domain.posts import Span, SpanKind
from tweetdesk.store.store import Store

OWN = [(ACCOUNT.id, ACCOUNT.user_id), (SECOND.id, SECOND.user_id)]


async def test_people_by_handle_and_by_either_name_the_best_known_first(store: Store) -> None:
    inga = Identity("bluesky", "did:plc:inga", "inga.example.com", "Inga")
    ines = Identity("bluesky", "did:plc:ines", "ines.example.com", "Maria Ines Marín")
    other = Identity("mastodon", "1", "ingo@social.example.com", "Ingo")
    for one in (inga, ines, other, replace(BOB, handle="", name="In")):
        await store.people.save_profile(ACCOUNT.id, Profile(one), at(0))
    assert await store.hints.people("bluesky", "in") == [ines, inga], "by handle"
    for minute in range(3):
        await store.people.add_touch(
            ACCOUNT.id, "bluesky", inga.id, Touch(at(minute), "ours", "reply", f"p{minute}")
        )
    assert await store.hints.people("bluesky", "in") == [inga, ines]
    assert await store.hints.people("bluesky", "INES") == [ines]
    assert await store.hints.people("bluesky", "mar") == [ines]
    assert await store.hints.people("mastodon", "in") == [other]


@pytest.mark.parametrize("word", ["%", "_n", "\\", '"', "\0", "' OR 1", "\ud800", "*"])
async def test_no_word_does_harm(store: Store, word: str) -> None:
    await store.people.save_profile(ACCOUNT.id, Profile(ADA), at(0))
    assert await store.hints.people("bluesky", word) == []
    assert await store.hints.tags(word) == []


async def test_tags_as_they_are_written_the_most_used_first(store: Store) -> None:
    def tagged(name: str, text: str, minutes: int) -> object:
        spans = tuple(
            Span(text.index(word), text.index(word) + len(word), SpanKind.TAG, word[1:].lower())
            for word in text.split()
            if word.startswith("#")
        )
        return post(name, text, minutes=minutes, spans=spans)

    posts = [tagged("a", "on #Sqlite3 and #SQLite", 0), tagged("b", "#SQLite again", 1), tagged("c", "#square", 2)]
    plain = post("d", "squash is no tag", minutes=3)
    await store.posts.ingest(HOME, arrivals(*posts, plain), cursor="c", now=at(9))  # type: ignore[arg-type]
    assert await store.hints.tags("sq") == ["SQLite", "Sqlite3", "square"]
    assert await store.hints.tags("sqlite3") == ["Sqlite3"]


async def test_an_answer_from_here_or_from_elsewhere(store: Store) -> None:
    target = post("a", minutes=0, conversation="c")
    assert await store.hints.answered(OWN, target.ref, "c") is None
    row = await store.outbox.put(reply_to(target), "", material="", held_until=at(5), now=at(5))
    assert await store.hints.answered(OWN, target.ref, "c") == at(5)
    await store.outbox.take_back(row.id, at(6))
    assert await store.hints.answered(OWN, target.ref, "c") is None
    elsewhere = post("b", author=ME, minutes=7, conversation="c", reply_to=target.ref)
    theirs = post("x", author=BOB, minutes=8, conversation="c", reply_to=target.ref)
    await store.posts.ingest(HOME, arrivals(target, elsewhere, theirs), cursor="c", now=at(9))
    assert await store.hints.answered(OWN, target.ref, "c") == at(7)
    assert await store.hints.answered(OWN, ref("other"), "c") is None


async def test_texts_that_went_out_lately(store: Store) -> None:
    target = post("a")
    await store.outbox.put(reply_to(target, "long ago"), "", material="", held_until=at(0), now=at(0))
    await store.outbox.put(reply_to(target, "now"), "", material="", held_until=at(60), now=at(60))
    row = await store.outbox.put(reply_to(target, "no"), "", material="", held_until=at(61), now=at(61))
    await store.outbox.refused(row.id, "No.", at(61))
    assert (await store.outbox.rows(5))[0].state is OutboxState.REFUSED
    assert [(one.person, one.text) for one in await store.hints.sent_since(at(30))] == [(ADA.id, "now")]


async def test_whether_a_post_is_there(store: Store) -> None:
    await store.posts.ingest(HOME, arrivals(post("a")), cursor="c", now=at(9))
    assert await store.hints.there(ref("a"))
    assert not await store.hints.there(ref("b"))
