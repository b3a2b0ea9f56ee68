"""The user's settings, in settings.toml: each with a default, mistakes named by line, comments kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tweetdesk.domain.layouts import Mistake
from tweetdesk.store.errors import as_trouble
from tweetdesk.store.toml_files import TomlText, read_toml, unknown_keys, write_whole

LONGEST_HOLD = 120

_KEYS = ("theme", "hold_seconds", "keys")
_HEAD = (
    "# Settings of tweetdesk: theme, hold_seconds (how long a public act can be taken back, 0 to 120),\n"
    "# and [keys] with other keys for commands.\n"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """`theme` is a theme's name ("" for the first); `hold_seconds` is how long a public act is held, in seconds;
    `keys` has the keys of rebound commands, by the command's id."""

    theme: str = ""
    hold_seconds: int = 10
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class SettingsFile:
    """The file settings.toml in the user's config folder."""

    def __init__(self, config: Path) -> None:
        self.path = config / "settings.toml"

    def load(self) -> tuple[Settings, list[Mistake]]:
        """The settings, and the mistakes; a setting with a mistake has its default."""
        read = read_toml(self.path)
        if read.mistake:
            return Settings(), [read.mistake]
        good, mistakes = _checked(read)
        return Settings(**good), [*unknown_keys(read, read.values, _KEYS), *mistakes]

    def set(self, key: str, value: str | int) -> Mistake | None:
        """Change one setting in the file, comments kept.

        Nothing is written where the file on the disk has a mistake, which is returned.
        """
        import tomlkit

        _, mistakes = self.load()
        if mistakes:
            return mistakes[0]
        read = read_toml(self.path)
        wrong = _checked(TomlText(self.path.name, values={key: value}))[1]
        if wrong or key not in ("theme", "hold_seconds"):
            return wrong[0] if wrong else read.wrong(f'"{key}" cannot be set')
        document: Any = tomlkit.parse(read.text or _HEAD)
        document[key] = value
        try:
            write_whole(self.path, tomlkit.dumps(document))
        except OSError as error:
            return Mistake(self.path.name, 1, str(as_trouble(error)))
        return None


def _checked(read: TomlText) -> tuple[dict[str, Any], list[Mistake]]:
    """The settings that are right, and the mistakes."""
    good: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    values = read.values
    theme = values.get("theme", "")
    if isinstance(theme, str):
        good["theme"] = theme
    else:
        mistakes.append(read.wrong('"theme" has to be a text in quotes', "theme"))
    hold = values.get("hold_seconds", Settings().hold_seconds)
    if isinstance(hold, bool) or not isinstance(hold, int) or not 0 <= hold <= LONGEST_HOLD:
        what = f'"hold_seconds" has to be a whole number from 0 to {LONGEST_HOLD}'
        mistakes.append(read.wrong(what, "hold_seconds"))
    else:
        good["hold_seconds"] = hold
    keys = values.get("keys", {})
    if not isinstance(keys, dict):
        mistakes.append(read.wrong("keys are written as [keys] with one command a line", "keys"))
        return good, mistakes
    bound: dict[str, tuple[str, ...]] = {}
    for command, wanted in keys.items():
        listed = [wanted] if isinstance(wanted, str) else wanted
        if isinstance(listed, list) and all(isinstance(key, str) and key for key in listed):
            bound[command] = tuple(listed)
        else:
            what = f'the keys of "{command}" have to be a text in quotes, or a list of such'
            mistakes.append(read.wrong(what, command, "keys"))
    good["keys"] = bound
    return good, mistakes
