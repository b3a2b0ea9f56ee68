"""The person card: known things at once, fresh ones after, and acts handed to the stage."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from deskkit import START, Desk, sandbox_desk
from stagekit import StageApp, screen_text, until

from tweetdesk.domain.people import Identity, Profile, Touch
from tweetdesk.ui.screens.person import PersonScreen, standing, touch_words

WHO = Identity("bluesky", "did:plc:x", "x.example.com", "X")


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (Profile(WHO, following="at://f", follows_us=True), "You follow each other."),
        (Profile(WHO, following="at://f"), "You follow them; they do not follow you."),
        (Profile(WHO, follows_us=True), "They follow you; you do not follow them."),
        (Profile(WHO), "Neither of you follows the other."),
    ],
)
def test_how_you_stand(profile: Profile, words: str) -> None:
    assert standing(profile, ours=False) == [(words, "")]


def test_blocks_and_mutes_are_said() -> None:
    words = [text for text, _ in standing(Profile(WHO, blocking="at://b", blocks_us=True, muted=True), ours=False)]
    assert words[1:] == [
        "You have blocked them.", "They have blocked you: you cannot answer.", "You have muted them.",
    ]  # fmt: skip


def test_moments_in_words() -> None:
    assert (
        touch_words(Touch(START, "theirs", "mention", text="do you\nhave [it]?"))
        == "mentioned you: do you have [it]?"
    )
    assert touch_words(Touch(START, "ours", "reply", text="gladly")) == "you answered: gladly"
    assert touch_words(Touch(START, "ours", "introduce")) == "you: introduce"


def somebody(desk: Desk) -> Identity:
    handle = next(one for one in desk.world.people.by_handle if one != desk.account.handle)
    person = desk.world.people.by_handle[handle]
    return Identity("bluesky", person.did, handle, "")


async def test_the_card(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        who = somebody(desk)
        touch = Touch(START - timedelta(days=3), "ours", "reply", "bluesky at://x", "here [/b] they are")
        await desk.store.people.add_touch(desk.account.id, "bluesky", who.id, touch)
        await desk.store.people.set_helped(desk.account.id, who, True, START)
        await desk.store.people.set_note("bluesky", who.id, "met at the book fair", START)
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = PersonScreen(desk.session, desk.account.id, who)
            await app.push_screen(screen)
            await until(lambda: screen.profile is not None and not screen.state, pilot)
            await pilot.pause()
            text = screen_text(app)
            assert f"@{who.handle}" in text
            assert "On your list of people to help." in text
            assert "Your note: met at the book fair" in text
            assert "3 d  → you answered: here [/b] they are" in text
            assert "P off the help list" in text
            assert "followers" not in text


async def test_offline_it_shows_what_is_known(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        who = somebody(desk)
        await desk.store.people.save_profile(desk.account.id, Profile(who, bio="knows [red]knots"), START)
        desk.world.faults.add("app.bsky.actor.getProfile", times=20, kind="drop_before")
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = PersonScreen(desk.session, desk.account.id, who)
            await app.push_screen(screen)
            await until(lambda: "known before" in screen_text(app), pilot)
            assert "knows [red]knots" in screen_text(app)


@pytest.mark.parametrize(
    ("key", "answer"),
    [("F", "follow"), ("P", "help_list"), ("B", "block"), ("M", "mute"), ("d", "message"), ("escape", None),
     ("p", None), ("q", None)],
)  # fmt: skip
async def test_keys(tmp_path: Path, key: str, answer: str | None) -> None:
    async with sandbox_desk(tmp_path) as desk:
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 24)) as pilot:
            await app.push_screen(PersonScreen(desk.session, desk.account.id, somebody(desk)), app.answers.append)
            await pilot.pause()
            await pilot.press("j", "x", key)
            await until(lambda: bool(app.answers), pilot)
            assert app.answers == [answer]


async def test_nothing_is_done_to_oneself(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 24)) as pilot:
            await app.push_screen(
                PersonScreen(desk.session, desk.account.id, desk.account.identity), app.answers.append
            )
            await until(lambda: "This is you." in screen_text(app), pilot)
            await pilot.press("B")
            assert app.answers == []
