"""kill -9 at every step of an act, on every network: nothing is lost, nothing is done twice.

What else can go wrong on the way of an act is in test_faults.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from lives import NETWORKS, Life, NewLife, attach
from plain_bluesky import until
from sandbox_faces import png

pytestmark = pytest.mark.journey


def written(life: Life, column: str, shown: str, text: str) -> None:
    """Write an answer, be killed while writing, find the text again, send it, and be killed while it is held."""
    life.answer(column, shown, text)
    until(lambda: life.profile.drafts(text) == 1, 10, "the draft is saved")
    life.kill()
    desk = life.at(column, shown)
    desk.keys("r")
    desk.wait(rf"(?s)(reply|message) as @.*{text}")
    desk.keys("ctrl+s")
    life.state("held")
    life.kill()


@pytest.mark.parametrize("network", NETWORKS)
def test_a_reply(life: NewLife, network: str) -> None:
    """Killed while it is written, held, and on its way, while it is looked for, and before it is stored."""
    me = life(network, "replier")
    asked = me.face.asked("what is the time?")
    written(me, "m", "what is the time", "half past nine")
    assert not me.face.posts()
    _sent_through_kills(me, "reply", "settle")
    (answer,) = me.face.posts()
    assert answer.answers == asked
    assert "half past nine" in answer.text


@pytest.mark.parametrize("network", NETWORKS)
def test_a_direct_message(life: NewLife, network: str) -> None:
    me = life(network, "whisperer")
    me.face.told("can you keep a secret?")
    written(me, "d", "keep a secret", "as long as you can")
    assert not me.face.messages()
    _sent_through_kills(me, "message", "settle message")
    (message,) = me.face.messages()
    assert "as long as you can" in message


def _sent_through_kills(me: Life, kind: str, settling: str) -> None:
    """What is held now goes its way through kills at every later step.

    The request that carries the act out arrives after the desk has died: the one case in which sending it again
    would double it.
    """
    trap = me.line.trap(me.sends[kind], hold=True)
    me.open()
    me.kill_when(trap)
    trap = me.line.trap(me.sends[settling], hold=True)
    me.open()
    me.kill_when(trap)
    me.killed_before_it_is_stored(me.sends[settling])
    me.ends_well()


@pytest.mark.parametrize("network", NETWORKS)
def test_a_thread_of_three_posts(life: NewLife, network: str) -> None:
    """Killed between two posts, while the second is looked for, and when the answer about the third is lost."""
    me = life(network, "threader")
    asked = me.face.asked("tell me everything")
    texts = ("it began early", "it went on for long", "it ended well")
    me.answer("m", "tell me everything", *texts)
    until(lambda: me.profile.drafts(texts[-1]) == 1, 10, "the draft is saved")
    me.kill()
    desk = me.at("m", "tell me everything")
    desk.keys("r")
    desk.wait(r"reply as @.*of 3")
    desk.keys("ctrl+s")
    me.state("held")
    me.kill()
    assert not me.face.posts()
    trap = me.line.trap(me.sends["reply"], skip=1, hold=True)
    me.open()
    me.kill_when(trap)
    assert me.profile.outbox("sent") == 1
    trap = me.line.trap(me.sends["settle"], hold=True)
    me.open()
    me.kill_when(trap)
    trap = me.line.trap(me.sends["reply"], "after", hold=True, lost=True)
    me.open()
    me.kill_when(trap)
    me.ends_well()
    posts = me.face.posts()
    assert len(posts) == 3
    ordered = [next(post for post in posts if text in post.text) for text in texts]
    assert [post.answers for post in ordered] == [asked, ordered[0].id, ordered[1].id]


@pytest.mark.parametrize("network", NETWORKS)
def test_a_picture(life: NewLife, network: str, tmp_path: Path) -> None:
    """Killed while the picture goes up, when it has arrived there, and while the post is on its way."""
    me = life(network, "painter")
    me.face.asked("what does it look like?")
    picture = tmp_path / "red.png"
    picture.write_bytes(png())
    attach(me.answer("m", "what does it look like", "like this"), picture, "a red square")
    until(lambda: me.profile.drafts("a red square") == 1, 10, "the draft is saved")
    me.kill()
    picture.unlink()
    desk = me.at("m", "what does it look like")
    desk.keys("r")
    desk.wait("a red square · Ctrl")
    desk.keys("ctrl+s")
    me.state("held")
    me.kill()
    for moment in ("before", "after"):
        trap = me.line.trap(me.sends["upload"], moment, hold=True, lost=True)
        me.open()
        me.kill_when(trap, "queued")
    assert not me.face.posts()
    _sent_through_kills(me, "reply", "settle")
    (post,) = me.face.posts()
    assert "like this" in post.text
    assert post.alts == ("a red square",)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_repost(life: NewLife, network: str) -> None:
    """It never arrives, then its answer is lost, then its answer cannot be stored."""
    me = life(network, "reposter")
    asked = me.face.asked("spread the word")
    desk = me.at("m", "spread the word")
    desk.keys("t")
    me.state("held")
    me.kill()
    assert not me.face.reposts()
    _done_through_kills(me, "repost")
    assert me.face.reposts() == [asked]


@pytest.mark.parametrize("network", ["bluesky", "mastodon"])
def test_a_block(life: NewLife, network: str) -> None:
    me = life(network, "blocker")
    me.face.asked("buy my pills")
    trap = me.line.trap(me.sends["block"], hold=True, lost=True)
    desk = me.at("m", "buy my pills")
    desk.keys("B")
    desk.wait(r"Block @tom.*y/n")
    desk.keys("y")
    me.kill_when(trap)
    assert me.face.blocks() == []
    _done_through_kills(me, "block")
    assert len(me.face.blocks()) == 1


def _done_through_kills(me: Life, kind: str) -> None:
    """An act without a text goes its way through kills."""
    trap = me.line.trap(me.sends[kind], hold=True, lost=True)
    me.open()
    me.kill_when(trap)
    trap = me.line.trap(me.sends[kind], "after", hold=True, lost=True)
    me.open()
    me.kill_when(trap)
    settles = me.face.network == "bluesky"
    me.killed_before_it_is_stored(me.sends["settle" if settles else kind])
    me.ends_well()


# --- other bad days ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_a_login_that_ends_between_two_posts_of_a_thread(life: NewLife, network: str) -> None:
    """The thread stops after its first post, and goes on when the login works again: each post once, in order."""
    me = life(network, "expired")
    me.face.asked("and then?")
    desk = me.answer("m", "and then", "first this", "then that")
    me.face.fault("reply", kind="expired", after=1)
    desk.keys("ctrl+s")
    until(lambda: me.profile.outbox("sent") >= 1, 20, "the first post is sent")
    if network != "bluesky":  # where a session is made fresh without the user
        desk.wait("L logs in again", 20)
        assert len(me.face.posts()) == 1
        desk.keys("ctrl+r")
    until(lambda: me.profile.outbox("sent") == 2, 20, "the thread is whole")
    second, first = sorted(me.face.posts(), key=lambda post: "first this" in post.text)
    assert second.answers == first.id
    assert len(me.face.posts()) == 2


def test_the_second_of_two_desks_takes_over_when_the_first_dies(life: NewLife) -> None:
    """While the first lives the second only reads; what the first leaves unsent and in doubt it sends, once."""
    me = life("mastodon", "heir")
    me.face.asked("who comes after you?")
    trap = me.line.trap(me.sends["reply"], hold=True)
    desk = me.answer("m", "who comes after you", "my second desk")
    desk.keys("ctrl+s")
    desk.wait_gone("reply as @")
    with me.profile.open(columns=160, rows=40) as second:
        second.wait("this one only reads")
        second.wait("who comes after you|No mention waits|Nothing")
        trap.wait()
        desk.keys("t")
        until(lambda: me.profile.outbox("held", "queued") == 1, 20, "a repost waits behind the answer")
        assert not me.face.posts()
        me.kill()
        trap.let_go()
        second.wait("this one fetches, sends and saves from now on", 20)
        until(lambda: me.profile.outbox("sent") == 2, 20, "both are sent")
    (answer,) = me.face.posts()
    assert "my second desk" in answer.text
    assert len(me.face.reposts()) == 1
