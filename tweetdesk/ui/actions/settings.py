"""Settings: the theme, and how long public acts can be taken back; each change is saved at once."""

from __future__ import annotations

from dataclasses import replace

from tweetdesk.domain.events import Severity
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.widgets.choice import Choice

#: For how many seconds a public act can be held.
HOLDS = (0, 5, 10, 20, 60)


@action("settings", opens=True)
def settings(stage: StageScreen, key: str) -> Work:
    """Choose what to change, and then how."""

    async def ask() -> None:
        now = stage.session.settings
        questions = [
            Choice("theme", f"now {stage.app.theme}"),
            Choice("public acts are held", f"now {now.hold_seconds} s"),
        ]
        chosen = await (await stage.asked()).choose("Change which setting?", questions)
        if chosen == 0:
            await _theme(stage)
        elif chosen == 1:
            await _hold(stage)

    return ask()


async def _theme(stage: StageScreen) -> None:
    names = [theme.name for theme in stage.app.themes()]  # type: ignore[attr-defined]
    here = names.index(stage.app.theme) if stage.app.theme in names else 0
    labels = [Choice(name, "dark" if stage.app.available_themes[name].dark else "light") for name in names]
    chosen = await (await stage.asked()).choose("Which theme?", labels, selected=here)
    if chosen is not None:
        stage.app.theme = names[chosen]
        _save(stage, "theme", names[chosen])


async def _hold(stage: StageScreen) -> None:
    labels = [Choice(f"{seconds} s", "sent at once" if not seconds else "") for seconds in HOLDS]
    chosen = await (await stage.asked()).choose("How long can a public act be taken back?", labels)
    if chosen is not None:
        stage.session.engine.acts.hold_seconds = HOLDS[chosen]
        _save(stage, "hold_seconds", HOLDS[chosen])


def _save(stage: StageScreen, key: str, value: str | int) -> None:
    if mistake := stage.session.settings_file.set(key, value):
        stage.tell(f"In use, but not saved: {mistake}", Severity.WARNING)
        return
    session = stage.session
    session.settings = (
        replace(session.settings, theme=str(value))
        if key == "theme"
        else replace(session.settings, hold_seconds=int(value))
    )
    stage.tell(f"Saved: {key.replace('_', ' ')} {value}")
