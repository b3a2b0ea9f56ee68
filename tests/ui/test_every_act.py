"""Every act on every kind of column and in the open conversation: it acts, asks, or says why not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import sandbox_desk

from tweetdesk.columns.base import names
from tweetdesk.domain.triage import Move
from tweetdesk.ui.screens.conversation import ConversationScreen
from tweetdesk.ui.screens.stage import StageScreen

#: The acts, in an order in which those that take the item away come late.
ACTS = (
    "r", "R", "T", "d", "t", "f", "asterisk", "F", "i", "P", "x", "X", "b", "w", "B", "M", "ampersand",
    "exclamation_mark", "full_stop", "H", "delete", "E", "Z", "u", "e", "z",
)  # fmt: skip
HASHTAG = "help"
NETWORKS = ("bluesky", "mastodon", "x")
#: Mentions and messages on each network, every other kind on one of them.
PLACES = [(kind, network) for kind in ("mentions", "messages") for network in NETWORKS] + [
    (kind, NETWORKS[place % 3])
    for place, kind in enumerate(one for one in names() if one not in ("mentions", "messages"))
]


async def words_of(folder: Path, network: str) -> dict[str, str]:
    """What the columns that need words are of: a list's and a person's id, a hashtag, a search."""
    async with sandbox_desk(folder, networks=(network,)) as desk:
        await desk.watch(desk.source("mentions"))
        person = (await desk.items(desk.source("mentions")))[0].post.author.id
        (first, *_) = await desk.engine.lists(desk.account.id)
        return {"list": first.id, "person": person, "hashtag": HASHTAG, "search": "sqlite"}


@asynccontextmanager
async def deck_of(folder: Path, network: str, kind: str) -> AsyncIterator[Hands]:
    """A deck with a column of this kind, one of mentions, and a few that are put off."""
    words = await words_of(folder / "before", network)
    layouts = folder / "config" / "layouts"
    layouts.mkdir(parents=True)
    columns = [f'[[column]]\nkind = "{one}"\nwords = "{words.get(one, "")}"\n' for one in (kind, "mentions")]
    (layouts / "1-all.toml").write_text('name = "all"\n\n' + "\n".join(columns))
    async with (
        sandbox_desk(folder, started=False, networks=(network,)) as desk,
        hands_on(desk, Hands, size=(100, 40)) as hands,
    ):
        assert [pane.column.kind for pane in hands.deck.panes] == [kind, "mentions"]
        put_off = hands.deck.panes[1].view.loaded()[:6]
        until = desk.clock.now().replace(year=2030)
        await desk.engine.acts.decide(put_off, Move.SNOOZE, words="snoozed", until=until)
        await hands.settle()
        yield hands


def looks(stage: StageScreen) -> tuple[object, ...]:
    """What a key press changes for the eye."""
    view = stage.view
    assert view is not None
    return (
        stage.app.screen,
        stage.is_busy,
        stage.status._sentence,
        view.selected_id,
        view.marked(),
        [(row.id, row.ids) for row in view.loaded()],
        view.selected and (view.selected.state, view.selected.pending, view.selected.post.viewer),
    )


async def answers(hands: Hands, stage: StageScreen, key: str) -> bool:
    """Whether a key does anything to be seen; what it opens is closed again."""
    stage.status._sentence = None
    before = looks(stage)
    await hands.press(key)
    for _ in range(40):
        if looks(stage) != before:
            break
        await hands.pilot.pause(0.02)
    seen = looks(stage) != before
    for _ in range(4):
        if hands.app.screen is stage and not stage.is_busy:
            break
        await hands.press("escape")
        await hands.pilot.pause(0.02)
    assert hands.app.screen is stage, f"{key} leads out of {stage}"
    if stage.view is not None:
        stage.view.unmark()
    await hands.session.engine.idle()
    return seen


async def something_under(hands: Hands) -> None:
    """An item under the hand: the last ones that left are taken back where the column has become empty."""
    for _ in range(6):
        if hands.deck.selected is not None:
            return
        await hands.press("g", "g")
        if hands.deck.selected is None:
            await answers(hands, hands.deck, "z")
            await hands.settle()
    assert hands.deck.selected is not None


@pytest.mark.parametrize(("kind", "network"), PLACES)
async def test_every_act_on_every_column(
    tmp_path: Path, kind: str, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tweetdesk.ui.browser._open", lambda address: True)
    silent = []
    async with deck_of(tmp_path, network, kind) as hands:
        await hands.press("1", "g", "g")
        for key in ACTS:
            await something_under(hands)
            if not await answers(hands, hands.deck, key):
                silent.append(key)
    assert silent == []


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("kind", ["mentions", "messages"])
async def test_every_act_in_the_open_conversation(
    tmp_path: Path, network: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tweetdesk.ui.browser._open", lambda address: True)
    silent = []
    async with (
        sandbox_desk(tmp_path, started=False, networks=(network,)) as desk,
        hands_on(desk, Hands, size=(120, 40)) as hands,
    ):
        await hands.press("g", "m" if kind == "mentions" else "d", "g", "g", "enter")
        await hands.sees("up to date")
        stage = hands.app.screen
        assert isinstance(stage, ConversationScreen)
        await hands.settle()
        silent = [key for key in ACTS if not await answers(hands, stage, key)]
    assert silent == []
