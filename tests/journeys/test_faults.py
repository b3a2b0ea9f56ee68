"""A network that misbehaves, and kill -9 while nobody knows what became of an act: each act once, nobody is asked.

The network loses its answer, gets a request twice, breaks down after it has carried it out, or wants the program
to wait. The desk is killed while the act is in doubt or waits; the next one finds out by itself.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from lives import NETWORKS, Life, NewLife, attach
from sandbox_faces import FAULTS, png

pytestmark = pytest.mark.journey

#: How long the network wants to be left alone, in seconds.
WAIT = 3
TEXTS = ("it began early", "it ended well")
ALT = "a red square"


def _asked_for(me: Life, kind: str) -> str:
    """Something that an act of a kind is about; its id where it is a post."""
    if kind == "message":
        me.face.told("tell me everything")
        return ""
    return me.face.asked("tell me everything")


def _done(me: Life, kind: str, folder: Path) -> None:
    """The user does an act of a kind, and nothing holds it back."""
    if kind == "repost":
        me.at("m", "tell me everything").keys("t")
        return
    texts = TEXTS if kind == "thread" else TEXTS[:1]
    desk = me.answer("d" if kind == "message" else "m", "tell me everything", *texts)
    if kind == "picture":
        picture = folder / "red.png"
        picture.write_bytes(png())
        attach(desk, picture, ALT)
    desk.keys("ctrl+s")


def _once(me: Life, kind: str, asked: str) -> None:
    """The network has what was done once, and whole."""
    if kind == "repost":
        assert me.face.reposts() == [asked]
        return
    if kind == "message":
        (message,) = me.face.messages()
        assert TEXTS[0] in message
        return
    texts = TEXTS if kind == "thread" else TEXTS[:1]
    posts = me.face.posts()
    assert len(posts) == len(texts)
    for text in texts:
        (post,) = (one for one in posts if text in one.text)
        assert post.answers == asked
        assert post.alts == ((ALT,) if kind == "picture" else ())
        asked = post.id


def _request(kind: str) -> str:
    """Which request carries out an act of a kind, as SENDS names it."""
    return kind if kind in ("message", "repost") else "reply"


# A second post of a thread is in doubt when the first has been sent. X knows of a text that it had before by
# itself, and says no to the second of two: then too the desk has to look for the first.
DOUBTS = [
    (network, kind, fault)
    for network in NETWORKS
    for kind, fault in (
        ("reply", "lost answer"), ("reply", "5xx after"), ("thread", "5xx after"), ("picture", "lost answer"),
        ("message", "5xx after"),
    )
] + [("x", "reply", "twice")]  # fmt: skip


@pytest.mark.parametrize(("network", "kind", "fault"), DOUBTS)
def test_killed_while_it_asks_what_became_of_an_act(
    life: NewLife, tmp_path: Path, network: str, kind: str, fault: str
) -> None:
    """The act was carried out, and the desk has no good answer: the next one finds it."""
    me = life(network, f"{kind}-{fault.replace(' ', '-')}", held=0)
    asked = _asked_for(me, kind)
    last = 1 if kind == "thread" else 0
    me.face.fault(kind, after=last, **FAULTS[fault])
    settles = me.sends["settle message" if kind == "message" else "settle"]
    trap = me.line.trap_behind(me.sends[_request(kind)], settles, skip=last, hold=True, lost=True)
    _done(me, kind, tmp_path)
    me.kill_when(trap)
    _once(me, kind, asked)
    me.ends_well()
    _once(me, kind, asked)


@pytest.mark.parametrize("kind", ["reply", "repost"])
@pytest.mark.parametrize("network", NETWORKS)
def test_killed_before_the_answer_to_a_request_that_arrived_twice(
    life: NewLife, tmp_path: Path, network: str, kind: str
) -> None:
    me = life(network, f"twice-{kind}", held=0)
    asked = _asked_for(me, kind)
    me.face.fault(kind, **FAULTS["twice"])
    trap = me.line.trap(me.sends[_request(kind)], "after", hold=True, lost=True)
    _done(me, kind, tmp_path)
    me.kill_when(trap)
    me.ends_well()
    _once(me, kind, asked)


@pytest.mark.parametrize("network", NETWORKS)
def test_killed_while_it_waits_as_long_as_the_network_wants(life: NewLife, tmp_path: Path, network: str) -> None:
    """429 with Retry-After: the next desk waits for the rest of the time, and sends it then."""
    me = life(network, "waiter", held=0)
    asked = _asked_for(me, "reply")
    me.face.fault("reply", kind="status", status=429, headers={"retry-after": str(WAIT)})
    moments: list[float] = []
    told = me.line.trap(me.sends["reply"], "after", caught=lambda: moments.append(time.monotonic()))
    _done(me, "reply", tmp_path)
    assert told.answered.wait(20)
    me.state("queued")
    me.kill()
    me.line.trap(me.sends["reply"], caught=lambda: moments.append(time.monotonic()))
    me.open()
    me.settles()
    _once(me, "reply", asked)
    refused, sent = moments
    assert sent - refused > WAIT - 0.1


def test_what_x_has_never_had_is_asked_and_sent_when_the_user_says_so(life: NewLife, tmp_path: Path) -> None:
    """A request that was lost: X does not show the text, which proves nothing, so nobody but the user can say."""
    me = life("x", "loser", held=0)
    asked = _asked_for(me, "reply")
    me.face.fault("reply", **FAULTS["lost request"])
    trap = me.line.trap_behind(me.sends["reply"], me.sends["settle"], hold=True, lost=True)
    _done(me, "reply", tmp_path)
    me.kill_when(trap)
    me.line.clear()
    desk = me.open()
    me.state("unsure")
    desk.wait("say whether it is there")
    desk.keys("g", "o")
    desk.wait("unsure")
    desk.keys("enter")
    desk.wait("it was not: send it again")
    desk.keys("down", "enter")
    me.state("sent")
    _once(me, "reply", asked)
