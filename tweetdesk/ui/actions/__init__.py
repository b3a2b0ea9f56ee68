"""What the commands do: one function a command, found by its id.

An action looks at the stage at the moment of the key press and may return a coroutine for what takes longer; so
the item that is acted on is the one that was under the hand when the key was pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tweetdesk.ui.screens.stage import StageScreen

Work = Coroutine[Any, Any, None]
#: Gets the stage and the key that was pressed.
Action = Callable[["StageScreen", str], Work | None]

ACTIONS: dict[str, Action] = {}
#: Commands that open a prompt, the composer or a screen: keys typed before it is there belong to it.
OPENS: set[str] = set()
#: Commands for one item at a time: others see what they do, or what they write is for one.
ONE_AT_A_TIME = frozenset({
    "reply", "reply_all", "repost", "quote", "like", "bookmark", "message", "follow", "block", "mute",
    "mute_thread", "trash", "delete_post",
})  # fmt: skip


def action(*ids: str, opens: bool = False) -> Callable[[Action], Action]:
    """Register a function for commands of these ids; `opens` if a prompt, the composer or a screen follows."""

    def register(function: Action) -> Action:
        for one in ids:
            ACTIONS[one] = function
        if opens:
            OPENS.update(ids)
        return function

    return register


def load_all() -> dict[str, Action]:
    """Every action; the modules that hold them are imported at the first key, not before the first screen."""
    from tweetdesk.ui.actions import (  # noqa: F401
        acting,
        app,
        columns,
        deciding,
        handing,
        moving,
        people,
        settings,
        trash,
        triage,
        writing,
    )

    return ACTIONS
