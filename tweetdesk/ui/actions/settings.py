"""Settings: the theme, how long public acts can be taken back, read-only, muted words; saved at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tweetdesk.domain.events import Severity
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.words import muted_words
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.widgets.choice import Choice

#: For how many seconds a public act can be held.
HOLDS = (0, 5, 10, 20, 60)


@action("settings", opens=True)
def settings(stage: StageScreen, key: str) -> Work:
    """Choose what to change, and then how."""

    async def ask() -> None:
        now = stage.session.settings
        muted = len(await stage.session.store.posts.muted_words())
        questions = [
            (Choice("theme", f"now {stage.app.theme}"), _theme),
            (Choice("public acts are held", f"now {now.hold_seconds} s"), _hold),
            (
                Choice("read-only", "now on" if _locked(stage) else "now off"),
                _read_only,
            ),
            (Choice("muted words", f"{muted} now; one can be let in again" if muted else "none"), muted_words),
        ]
        chosen = await (await stage.asked()).choose("Change which setting?", [choice for choice, _ in questions])
        if chosen is not None:
            await questions[chosen][1](stage)

    return ask()


@action("read_only")
def read_only(stage: StageScreen, key: str) -> Work:
    """Nothing leaves this machine from now on, or may again."""
    return _read_only(stage)


async def _theme(stage: StageScreen) -> None:
    names = [theme.name for theme in stage.app.themes()]  # type: ignore[attr-defined]
    here = names.index(stage.app.theme) if stage.app.theme in names else 0
    labels = [Choice(name, "dark" if stage.app.available_themes[name].dark else "light") for name in names]
    chosen = await (await stage.asked()).choose("Which theme?", labels, selected=here)
    if chosen is not None:
        stage.app.theme = names[chosen]
        if _saved(stage, "theme", names[chosen], theme=names[chosen]):
            stage.tell(f"Saved: theme {names[chosen]}")


async def _hold(stage: StageScreen) -> None:
    labels = [Choice(f"{seconds} s", "sent at once" if not seconds else "") for seconds in HOLDS]
    chosen = await (await stage.asked()).choose("How long can a public act be taken back?", labels)
    if chosen is not None:
        stage.session.engine.acts.hold_seconds = HOLDS[chosen]
        if _saved(stage, "hold_seconds", HOLDS[chosen], hold_seconds=HOLDS[chosen]):
            stage.tell(f"Saved: hold seconds {HOLDS[chosen]}")


async def _read_only(stage: StageScreen) -> None:
    on = not _locked(stage)
    stage.session.look_only(on)
    if _saved(stage, "desk.read_only", on, read_only=on):
        stage.tell(
            "Read-only: nothing leaves this machine now; what waits in the outbox stays there."
            if on
            else "Read-only is off: acts are sent again, also those that wait in the outbox."
        )


def _locked(stage: StageScreen) -> bool:
    return bool(stage.session.engine.acts.locked)


def _saved(stage: StageScreen, key: str, value: str | int, **changed: Any) -> bool:
    """Keep a setting in the file and in the session; where the file cannot be written, that is said."""
    if mistake := stage.session.settings_file.set(key, value):
        stage.tell(f"In use, but not saved: {mistake}", Severity.WARNING)
        return False
    stage.session.settings = replace(stage.session.settings, **changed)
    return True
