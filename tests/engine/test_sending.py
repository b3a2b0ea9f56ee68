"""Sending: threads post by post, texts put off to a time, a line that comes back, clocks that jump, pictures."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from deskkit import START, Desk, sandbox_desk
from pricedkit import priced_desk

from tweetdesk.domain.events import Event, SourceState, Uploading
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, Attachment, OutboxRow, OutboxState, Part
from tweetdesk.domain.triage import TriageState
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.pictures import ActPictures, tidy
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.networks.base import Unreachable

PUT = "com.atproto.repo.putRecord"
NO = {"kind": "status", "status": 400, "body": {"error": "InvalidRequest", "message": "no"}}


def thread(desk: Desk, *texts: str) -> Act:
    """A thread of new posts."""
    first, *more = texts
    return Act(ActKind.POST, desk.account.id, text=first, more=tuple(Part(text) for text in more))


def ours(desk: Desk) -> list[tuple[str, str]]:
    """What we have posted since the start, with the text that each answers ("" for none), in order."""
    posts = desk.world.records.repos[desk.account.user_id]["app.bsky.feed.post"].values()
    texts = {one.uri: one.value["text"] for repo in desk.world.records.repos.values()
             for one in repo.get("app.bsky.feed.post", {}).values()}  # fmt: skip
    new = sorted((one for one in posts if one.value["createdAt"] >= f"{START:%Y-%m-%dT%H:%M}"),
                 key=lambda one: one.rkey)  # fmt: skip
    return [(one.value["text"], texts.get(one.value.get("reply", {}).get("parent", {}).get("uri"), ""))
            for one in new]  # fmt: skip


async def states(desk: Desk) -> list[str]:
    """The states of all rows, oldest first."""
    return [row.state.value for row in (await desk.store.outbox.rows())[::-1]]


async def mentions(desk: Desk, count: int) -> list[Item]:
    """So many mentions, each by somebody else, fetched."""
    authors = [handle for handle in desk.world.people.by_handle if handle != desk.account.handle]
    uris = [
        desk.world.post(author, f"@{desk.world.account.handle} question {number}")
        for number, author in enumerate(authors[:count])
    ]
    await desk.watch(desk.source("mentions"))
    found = [await desk.store.posts.item(desk.account.id, f"bluesky {uri}") for uri in uris]
    return [item for item in found if item is not None]


# -- threads ---------------------------------------------------------------------------------------------
async def test_a_thread_goes_out_in_order_each_below_the_one_before(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        [item] = await mentions(desk, 1)
        act = replace(act_on(ActKind.REPLY, item, text="one"), more=(Part("two"), Part(" "), Part("three")))
        row = await desk.engine.acts.send(act, item)
        assert (row.part, row.parts) == (1, 3)
        await desk.later(11)
        assert ours(desk) == [("one", item.post.text), ("two", "one"), ("three", "two")]
        assert await states(desk) == ["sent"] * 3
        assert (await desk.store.triage.state(item.account, item.id)).state is TriageState.DONE


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "status_after", "twice", "rate_limit"])
async def test_a_thread_survives_every_trouble_between_two_posts(tmp_path: Path, fault: str) -> None:
    async with sandbox_desk(tmp_path) as desk:
        more = {"status": 502} if fault == "status_after" else {"seconds": 2} if fault == "rate_limit" else {}
        desk.world.faults.add(PUT, times=1, kind=fault, after=1, **more)
        await desk.engine.acts.send(thread(desk, "one", "two", "three"), None)
        for _ in range(6):
            await desk.later(60)
        assert ours(desk) == [("one", ""), ("two", "one"), ("three", "two")]


async def test_what_a_post_answers_is_written_down_with_the_sending_of_the_one_before(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        desk.world.faults.add(PUT, times=-1, kind="drop_before", after=1)
        await desk.engine.acts.send(thread(desk, "one", "two"), None)
        await desk.later(12)
        assert "sent" in await states(desk)
        second = (await desk.store.outbox.rows(1))[0]
        assert second.state is not OutboxState.SENT
        assert second.act.target is not None


async def test_a_post_that_is_refused_comes_back_with_the_rest_and_can_be_sent_on(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        [item] = await mentions(desk, 1)
        heard = desk.told()
        act = replace(act_on(ActKind.REPLY, item, text="one"), more=(Part("two"), Part("three")))
        desk.world.faults.add(PUT, times=1, after=1, **NO)
        await desk.engine.acts.send(act, item)
        await desk.later(11)
        assert ours(desk) == [("one", item.post.text)]
        assert any("Post 2 of 3" in text and "1 of 3 sent" in text for text in heard)
        draft = await desk.store.drafts.get(desk.account.id, item.id)
        assert draft is not None
        assert (await desk.store.triage.state(item.account, item.id)).state is TriageState.DONE
        await desk.engine.acts.send(draft.act, item, draft=draft)
        await desk.later(11)
        assert ours(desk) == [("one", item.post.text), ("two", "one"), ("three", "two")]
        assert await desk.store.drafts.all() == []


async def test_z_takes_back_the_whole_thread_or_what_is_left_of_it(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.engine.acts.send(thread(desk, "one", "two", "three"), None)
        undone = await desk.engine.acts.undo()
        assert undone.draft is not None
        assert undone.draft.act.more == (Part("two"), Part("three"))
        row = await desk.engine.acts.send(undone.draft.act, None, draft=undone.draft)
        desk.world.faults.add(PUT, times=-1, kind="rate_limit", after=1, seconds=600)
        await desk.later(12)
        undone = await desk.engine.acts.take_back(row)
        assert "1 of 3" in undone.words
        assert undone.draft is not None
        assert (undone.draft.act.text, undone.draft.act.more) == ("two", (Part("three"),))
        desk.world.faults.clear()
        await desk.later(3600)
        assert ours(desk) == [("one", "")]
        await desk.engine.acts.send(undone.draft.act, None, draft=undone.draft)
        await desk.later(11)
        assert ours(desk) == [("one", ""), ("two", "one"), ("three", "two")]


async def test_after_a_doubt_that_only_the_user_could_end_the_rest_is_a_draft(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.engine.connect()
        row = await desk.engine.acts.send(thread(desk, "one", "two"), None)
        await desk.store.outbox.ready(desk.clock.now() + timedelta(hours=1))
        await desk.store.outbox.begin_sending(row.id, row.material, START)
        await desk.store.outbox.unsure(row.id, "The line broke.", START)
        await desk.engine.start()
        await desk.engine.acts.end_doubt(row, OutboxState.SENT)
        await desk.later(30)
        assert await states(desk) == ["sent", "refused"]
        assert [draft.act.text for draft in await desk.store.drafts.all()] == ["two"]


async def test_a_thread_is_measured_post_by_post_and_a_message_cannot_be_one(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        with pytest.raises(NotAllowed, match="Post 2 of the thread is 12 too long"):
            await desk.engine.acts.send(thread(desk, "one", "x" * 312), None)
        message = Act(ActKind.MESSAGE, desk.account.id, conversation="c", text="a", more=(Part("b"),))
        with pytest.raises(NotAllowed, match="further post"):
            await desk.engine.acts.send(message, None)
        assert await states(desk) == []


# -- put off to a time -----------------------------------------------------------------------------------
async def test_what_is_put_off_goes_at_its_time_and_says_that_time(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        at = START + timedelta(hours=3)
        row = await desk.engine.acts.send(thread(desk, "good morning"), None, at=at)
        assert row.later
        await desk.engine.acts.send(thread(desk, "now"), None)
        await desk.later(3 * 3600 - 60)
        assert ours(desk) == [("now", "")]
        await desk.later(61)
        assert ours(desk) == [("now", ""), ("good morning", "")]
        posts = desk.world.records.repos[desk.account.user_id]["app.bsky.feed.post"].values()
        [made] = [one for one in posts if one.value["text"] == "good morning"]
        assert made.value["createdAt"].startswith(f"{at:%Y-%m-%dT%H:%M}")
        with pytest.raises(NotAllowed, match="over"):
            await desk.engine.acts.send(thread(desk, "too late"), None, at=START)


async def test_what_is_put_off_is_taken_back_or_sent_now(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        at = START + timedelta(hours=3)
        await desk.engine.acts.send(thread(desk, "one", "two"), None, at=at)
        undone = await desk.engine.acts.undo()
        assert undone.draft is not None
        row = await desk.engine.acts.send(undone.draft.act, None, draft=undone.draft, at=at)
        await desk.engine.acts.send_now(row)
        await desk.later(1)
        assert ours(desk) == [("one", ""), ("two", "one")]
        with pytest.raises(NotAllowed, match="wait"):
            await desk.engine.acts.send_now(row)


async def test_what_is_hours_late_is_held_once_more_and_told(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.engine.acts.send(thread(desk, "good morning"), None, at=START + timedelta(hours=1))
        heard = desk.told()
        desk.clock.jump(START + timedelta(hours=9))  # the machine slept
        await desk.later(1)
        assert ours(desk) == []
        assert any("could not be sent then" in text for text in heard)
        await desk.later(11)
        assert ours(desk) == [("good morning", "")]


# -- clocks and lines ------------------------------------------------------------------------------------
@pytest.mark.parametrize("hours", [-5, 5])
async def test_a_clock_that_jumps_keeps_nothing_held(tmp_path: Path, hours: int) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.engine.acts.send(thread(desk, "soon"), None)
        desk.clock.jump(START + timedelta(hours=hours))
        await desk.later(11)
        assert await states(desk) == ["sent"]


async def test_ten_answers_without_a_line_go_once_and_in_order_when_it_is_back(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        items = await mentions(desk, 3)
        desk.world.faults.add("*", times=-1, kind="drop_before")
        for number in range(10):
            item = items[number % 3]
            await desk.engine.acts.send(act_on(ActKind.REPLY, item, text=f"answer {number}"), item)
        for _ in range(10):
            await desk.later(300)
        assert desk.engine.statuses()[desk.source("mentions")].state is SourceState.OFFLINE
        assert set(await states(desk)) <= {"queued", "sending"}
        desk.world.faults.clear()
        await desk.fetch(desk.source("mentions"))
        await desk.later(2)
        sent = ours(desk)
        assert len(sent) == 10
        for place, item in enumerate(items):
            here = [text for text, answered in sent if answered == item.post.text]
            assert here == [f"answer {number}" for number in range(place, 10, 3)]


async def test_a_source_that_is_back_sends_what_waited_for_the_line_only(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls={"mentions": 60.0}) as (desk, network):
        await desk.watch(desk.source("mentions"))
        network.trouble = Unreachable("No answer.")
        row = await desk.engine.acts.send(thread(desk, "patience"), None)
        await desk.later(100)
        network.trouble = None
        far = desk.clock.now() + timedelta(days=1)
        await desk.store.outbox.again(row.id, far, "No answer.", desk.clock.now(), offline=True)
        assert desk.engine.statuses()[desk.source("mentions")].state is SourceState.OFFLINE
        await desk.later(300)
        assert await states(desk) == ["sent"]


async def test_what_the_disk_does_not_take_is_not_sent_until_it_does(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.engine.acts.send(thread(desk, "one", "two"), None)
        told = desk.told()
        writer = desk.store.database._writer
        assert writer is not None
        await writer.execute("PRAGMA query_only = ON")
        await desk.later(11)
        [sentence] = told
        assert "Is the disk full or read-only? What waits is tried again in half a minute." in sentence
        assert ours(desk) == []
        await writer.execute("PRAGMA query_only = OFF")
        await desk.later(31)
        assert ours(desk) == [("one", ""), ("two", "one")]
        assert told == [sentence]


async def test_nothing_leaves_while_the_desk_only_looks(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.engine.acts.send(thread(desk, "one", "two"), None)
        desk.engine.acts.lock("Only looking.")
        await desk.later(3600)
        assert ours(desk) == []
        desk.engine.acts.lock("")
        await desk.later(1)
        assert ours(desk) == [("one", ""), ("two", "one")]


# -- pictures --------------------------------------------------------------------------------------------
#: The smallest PNG that there is.
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PICTURE = Attachment("0" * 32 + ".png", "a boat", "image/png", 4)


async def test_a_picture_that_is_gone_is_refused_and_its_text_kept(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.engine.acts.send(replace(thread(desk, "look"), media=(PICTURE,)), None)
        await desk.later(11)
        row = await only(desk)
        assert (row.state, "gone from the store" in row.why) == (OutboxState.REFUSED, True)
        draft = await desk.store.drafts.get(desk.account.id, "")
        assert draft is not None
        assert draft.act.media == (PICTURE,)


async def test_a_picture_goes_with_its_post_and_is_told_on_its_way(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        heard: list[Event] = []
        desk.engine.bus.subscribe(heard.append)
        file = tmp_path / "dot.png"
        file.write_bytes(DOT)
        picture = await desk.store.attachments.take_in(file, "a dot")
        await desk.engine.acts.send(replace(thread(desk, "one", "two"), media=(picture,)), None)
        await desk.later(11)
        assert ours(desk) == [("one", ""), ("two", "one")]
        told = [event for event in heard if isinstance(event, Uploading)]
        assert told
        assert told[-1].sent == told[-1].total > 0
        assert desk.engine.uploading == {}


async def test_progress_is_told_a_few_times_a_second_only(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        heard: list[Event] = []
        desk.engine.bus.subscribe(heard.append)
        files = ActPictures(7, desk.engine._tools)
        for sent in (10, 20, 30):
            files.progress(sent, 200)
        assert desk.engine.uploading == {7: 5}
        desk.clock.jump(START + timedelta(seconds=1))
        files.progress(100, 200)
        files.progress(200, 200)
        assert heard == [Uploading(7, 10, 200), Uploading(7, 100, 200), Uploading(7, 200, 200)]
        assert desk.engine.uploading == {7: 100}


def attached(folder: Path, name: str) -> Attachment:
    """A picture in the folder of attachments."""
    (folder / "data" / "attachments").mkdir(exist_ok=True)
    file = name * 32 + ".png"
    (folder / "data" / "attachments" / file).write_bytes(b"png")
    return Attachment(file, "", "image/png", 3)


async def test_pictures_that_nothing_names_are_tidied_away(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.engine.connect()
        first, second, third, _unused = (attached(tmp_path, name) for name in "abcd")
        act = Act(ActKind.POST, desk.account.id, text="x", media=(first,), more=(Part("y", (second,)),))
        await desk.engine.acts.send(act, None)
        undone = await desk.engine.acts.undo()
        assert undone.draft is not None
        await desk.engine.acts.send(replace(act, media=(third,), more=()), None)
        assert await tidy(desk.store, START) == 0
        far = START.replace(year=START.year + 50)
        assert await tidy(desk.store, far) == 1
        assert await tidy(desk.store, far) == 0


async def only(desk: Desk) -> OutboxRow:
    """The only row of the outbox."""
    [row] = await desk.store.outbox.rows()
    return row


async def test_an_item_of_several_posts_is_answered_as_one(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        first, second = await mentions(desk, 2)
        grouped = replace(first, members=(first.id, second.id))
        await desk.engine.acts.send(act_on(ActKind.REPLY, grouped, text="to both"), grouped)
        assert set((await only(desk)).items) == set(grouped.ids)
        for state in (TriageState.ANSWERING, TriageState.DONE):
            assert {(await desk.store.triage.state(first.account, one)).state for one in grouped.ids} == {state}
            await desk.later(11)
