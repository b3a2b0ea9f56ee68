"""Drafts: threads and pictures are kept whole, and what comes back is put beside what is there."""

from __future__ import annotations

from dataclasses import replace

from storekit import ACCOUNT, at

from tweetdesk.domain.drafting import parts_of
from tweetdesk.domain.outbox import Act, ActKind, Attachment, Draft, Part
from tweetdesk.store.drafts import give_back
from tweetdesk.store.store import Store

ME = ACCOUNT.id
CAT = Attachment("cat.png", "a cat", "image/png", 10, 3, 2)
ACT = Act(ActKind.POST, ME, visibility="public", warning="plot", language="de")


def draft(act: Act) -> Draft:
    return Draft(ME, "", act, act.text, at(0))


async def given_back(store: Store, act: Act) -> Draft | None:
    async with store.database.write() as writer:
        await give_back(writer, draft(act))
    return await store.drafts.get(ME, "")


async def test_a_draft_keeps_all_of_its_act(store: Store) -> None:
    whole = replace(ACT, text="one", media=(CAT,), more=(Part("two"), Part("", (CAT,))))
    await store.drafts.save(draft(whole))
    assert await store.drafts.get(ME, "") == draft(whole)


async def test_only_a_picture_or_only_a_second_post_is_a_draft_too(store: Store) -> None:
    for act in (replace(ACT, media=(CAT,)), replace(ACT, more=(Part("two"),))):
        await store.drafts.save(draft(act))
        assert await store.drafts.get(ME, "") == draft(act)
    await store.drafts.save(draft(replace(ACT, text=" \n", more=(Part(""),))))
    assert await store.drafts.get(ME, "") is None


async def test_what_comes_back_is_above_what_was_written_since(store: Store) -> None:
    thread = replace(ACT, text="one", more=(Part("two", (CAT,)),))
    await store.drafts.save(draft(replace(ACT, text="since", media=(CAT,))))
    back = await given_back(store, thread)
    assert back is not None
    assert back.text == "one"
    assert parts_of(back.act) == (Part("one"), Part("two", (CAT,)), Part("since", (CAT,)))
    assert back.act.language == "de"
    assert await given_back(store, back.act) == back, "coming back twice changes nothing"


async def test_two_texts_are_one_draft_with_the_pictures_of_both(store: Store) -> None:
    await store.drafts.save(draft(replace(ACT, text="since", media=(CAT,))))
    back = await given_back(store, replace(ACT, text="sent"))
    assert back is not None
    assert (back.text, back.act.text, back.act.media) == ("sent\n\nsince", "sent\n\nsince", (CAT,))
